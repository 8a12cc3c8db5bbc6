"""Batches in, a report out: what `validate`, `write` and `convert` share."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping

from ..batch import Batch
from ..reporting.findings import Findings, Report
from ..threads import n_threads
from . import (
    channel_rules,
    csv_rules,
    file_rules,
    job_rules,
    label_rules,
    libsvm_rules,
    line_files,
    record_rules,
    request_rules,
    value_rules,
)
from .context import Context, Rule
from .facts import Facts
from .offenders import Origin
from .profile import Profile
from .request import KINDS, Request

__all__ = ["RULES", "Checks"]

_OF_FILES: tuple[Rule, ...] = (
    *file_rules.RULES,
    *channel_rules.RULES,
)
# By what the table calls the kind of file.
_OF_TEXT: dict[str, tuple[Rule, ...]] = {
    "csv": (*csv_rules.RULES, line_files.RULES[1]),
    "jsonlines": (csv_rules.encoding, line_files.RULES[0]),
    "libsvm": (csv_rules.encoding, *libsvm_rules.RULES),
}
RULES: tuple[Rule, ...] = (
    *record_rules.RULES,
    *value_rules.RULES,
    *label_rules.RULES,
    *job_rules.RULES,
    *channel_rules.JOB_RULES,
    *request_rules.RULES,
)


class Checks:
    """Looks at batches as they go by, and reports at the end.

    Parameters
    ----------
    request : Request
        What the data are for.
    kind : str or None
        What the table calls the format that the rows are in, or will be: see
        :data:`recordsmith.validation.request.KINDS`; "memory" for arrays.
    max_places : int, default 5
    against : Profile, optional
        The training data's.
    threads : int, optional
        Default: all cores. The report does not depend on it.
    mended : collection of str
        Rules about what is put right after the checks.
    dtypes : mapping of role to str, optional
        What numbers will be cast to after the checks.
    of_files : bool, default False
        Whether the rows come from the files of a channel, which are to be judged too.

    Examples
    --------
    >>> import recordsmith as rs
    >>> checks = Checks(Request(), "memory")
    >>> checks.batch(rs.decode(rs.encode([[1.0, float("nan")]])))
    >>> [(one.rule, one.places[0].column) for one in checks.finish().findings]
    [('data/nan', 1)]
    """

    def __init__(
        self,
        request: Request,
        kind: str | None,
        *,
        max_places: int = 5,
        against: Profile | None = None,
        threads: int | None = None,
        mended: Collection[str] = (),
        dtypes: Mapping[str, str] | None = None,
        of_files: bool = False,
    ) -> None:
        self._threads = max(1, n_threads(threads) // 2)
        self._of_files = of_files
        fmt = request.format(kind)
        open_width = kind == "libsvm"  # as wide as the largest index that occurs
        facts = Facts(max_places, request.bounds(fmt), dtypes or {}, open_width)
        findings = Findings(max_places)
        self.context = Context(
            request,
            kind,
            fmt,
            facts,
            against=against,
            findings=findings,
            mended=mended,
        )

    def batch(self, batch: Batch, origin: Origin | None = None) -> None:
        """Look at the rows that come next.

        `origin` says where they are from; by default they are an array's, from
        `batch.first_row`.
        """
        place = Origin(first=batch.first_row) if origin is None else origin
        self.context.facts.add(batch, place, self._threads)

    @property
    def failed(self) -> bool:
        """Is there an error already that no further rows can mend?"""
        trial = copy.copy(self.context)
        trial.findings = Findings(1)
        trial.skipped = []
        for one in RULES:
            if one.early:
                one.apply(trial)
        return any(found.severity == "error" for found in trial.findings.sorted())

    def finish(self, subject: str = "data") -> Report:
        """Apply all rules; the report."""
        ctx = self.context
        rules = [*(_OF_FILES if self._of_files else ()), *self._of_text(), *RULES]
        for one in rules:
            one.apply(ctx)
        skipped = {**dict.fromkeys(ctx.mended, ""), **dict(ctx.skipped)}
        checked = [name for one in rules for name in one.ids if name not in skipped]
        files = tuple(one.path for one in ctx.files)
        request = ctx.request
        return Report(
            subject,
            ctx.findings.sorted(),
            algorithm=request.algorithm.key if request.algorithm else None,
            channel=request.channel if request.algorithm else None,
            files=files,
            rows=ctx.facts.rows or sum(one.rows for one in ctx.files),
            bytes=sum(one.size or 0 for one in ctx.files),
            schema=_schema(ctx.facts),
            checked=tuple(dict.fromkeys(checked)),
            skipped=tuple((name, why) for name, why in skipped.items() if why),
            profile=Profile.of_facts(ctx.facts, _locations(ctx)).as_dict(),
        )

    def _of_text(self) -> tuple[Rule, ...]:
        """Rules about the text of the files that were read as text."""
        kinds = {KINDS[str(one.kind)] for one in self.context.files if one.by_line}
        return tuple(one for kind in sorted(kinds) for one in _OF_TEXT.get(kind, ()))


def _locations(ctx: Context) -> tuple[str, ...]:
    return tuple(one.location for one in ctx.files if one.location is not None)


def _schema(facts: Facts) -> str:
    """The fields of the first record, as text."""
    texts = []
    for one in facts.fields.values():
        model = facts.model(one)
        if model is None or not facts.in_first(one):
            continue
        if model.density in ("text", "bytes"):
            texts.append(f"{one.role} {model.density}")
            continue
        name = "" if one.name == "values" else f" {one.name!r}"
        width = f"at least {one.max_key + 1:,}"
        if model.width is not None:
            width = f"{model.width:,}"
        texts.append(f"{one.role}{name}: {model.density} {model.dtype}, {width} wide")
    return "; ".join(texts)
