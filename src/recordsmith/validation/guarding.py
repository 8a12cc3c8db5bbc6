"""Checks while rows are written: nothing that an algorithm would refuse gets out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..algorithm_table.types import Algorithm, Format
from ..batch import FEATURE, LABEL, Batch, Field
from ..casts import cast_array
from ..errors import InputError, ValidationError
from ..reporting.findings import Report
from ..storage import is_path
from ..tally import Tally
from .checks import Checks
from .file_facts import FileFacts
from .offenders import Origin
from .profile import Profile, profile_of
from .request import KINDS, Request, make_request

__all__ = ["OPTIONS", "Guard", "pop_options"]

# What a verb takes beside the options of sources and sinks.
OPTIONS = ("algorithm", "channel", "hyperparameters", "purpose", "container")


def pop_options(options: dict[str, Any]) -> dict[str, Any]:
    """Take what is about checks out of a verb's options."""
    found = {name: options.pop(name) for name in OPTIONS if name in options}
    found = {name: value for name, value in found.items() if value is not None}
    if found and "algorithm" not in found:
        raise InputError(
            f"{', '.join(found)} is about an algorithm, and none is given",
            advice="pass algorithm=",
        )
    return found


class Guard:
    """Makes rows what an algorithm takes, and checks them before they are written.

    Parameters
    ----------
    algorithm : Algorithm or str
    dest_format : str
        As sinks call it.
    options : dict
        Those of the verb; what the table decides and the user did not state is added:
        empty_rows.
    tally : Tally
        Counts what casts change.
    source : path, optional
        The file that the rows come from, where it is one.
    channel, hyperparameters, purpose, container
        As for :func:`recordsmith.validate`.
    against : Report, its JSON or a path to that, optional
        The training data's.

    Raises
    ------
    InputError
        If the algorithm does not take the format.
    """

    def __init__(
        self,
        algorithm: Algorithm | str,
        dest_format: str,
        options: dict[str, Any],
        tally: Tally,
        *,
        source: Any = None,
        channel: str = "train",
        hyperparameters: Mapping[str, Any] | None = None,
        purpose: str = "train",
        container: str | None = None,
        against: Any = None,
    ) -> None:
        request = make_request(
            algorithm,
            channel=channel,
            hyperparameters=hyperparameters,
            purpose=purpose,
            container=container,
        )
        kind = KINDS.get(dest_format, dest_format)
        fmt = _format(request, kind)
        self._tally = tally
        self._casts = _casts(fmt, options)
        mended = _mended(fmt, options)
        threads = options.get("threads")
        self._checks = Checks(
            request,
            kind,
            against=_profile(against),
            threads=threads,
            mended=mended,
            dtypes=self._casts,
        )
        self._first = 0  # rows of arrays count from 0, records of a file from 1
        if is_path(source) and Path(os.fsdecode(source)).is_file():
            self._checks.context.files.append(FileFacts(os.fsdecode(source)))
            self._first = 1
        self.failed = False

    def batch(self, batch: Batch) -> Batch | None:
        """The batch as it is to be written; None once there is an error."""
        self._checks.batch(batch, Origin(first=self._first))
        self._first += batch.n_rows
        self.failed = self.failed or self._checks.failed
        return None if self.failed else self._cast(batch)

    def _cast(self, batch: Batch) -> Batch:
        fields = tuple(map(self._cast_field, batch.fields))
        return replace(batch, fields=fields)

    def _cast_field(self, one: Field) -> Field:
        target = self._casts.get(one.role)
        if target is None or one.kind in ("text", "blobs") or one.dtype.name == target:
            return one
        what = "features" if one.role == FEATURE else "labels"
        return replace(one, values=cast_array(one.values, target, what, self._tally))

    def finish(self, subject: str) -> Report:
        """The report, which holds no error.

        Raises
        ------
        ValidationError
            If there is an error; `report` is the report.
        """
        report = self._checks.finish(subject)
        if not report.ok:
            raise refusal(report)
        return report


def refusal(report: Report) -> ValidationError:
    """The exception for a report with errors."""
    errors = [one for one in report.findings if one.severity == "error"]
    first = errors[0]
    more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
    place = first.places[0] if first.places else None
    error = ValidationError(
        f"{first.rule}: {first.found}, expected {first.expected}{more}",
        advice=f"{first.fix}; nothing was written, error.report holds all findings",
        path=None if place is None else place.path,
        row=None if place is None else place.record,
        unit="row" if place is None or place.path is None else "record",
        column=None if place is None else place.column,
    )
    error.report = report
    return error


def _profile(against: Any) -> Profile | None:
    found = profile_of(against)
    if found is None and against is not None:
        raise InputError(
            "against is no report of the training data",
            advice="pass what validate() gave, or the path of its JSON",
        )
    return found


def _format(request: Request, kind: str) -> Format | None:
    """What the table says of the format that is to be written."""
    algorithm = request.algorithm
    assert algorithm is not None
    fmt = request.format(kind)
    if fmt is None and request.trains:
        kinds = [one.kind for one in algorithm.formats]
        raise InputError(
            f"{algorithm.name} does not train on {kind}, it takes {' or '.join(kinds)}",
            advice="choose another destination: see recordsmith algorithms "
            f"{algorithm.key}",
        )
    return fmt


def _casts(fmt: Format | None, options: dict[str, Any]) -> dict[str, str]:
    """The dtypes to write, by role, where the user asked for none."""
    found = {}
    if fmt is not None and fmt.kind == "recordio-protobuf":
        if fmt.dtypes is not None and fmt.dtypes.value and not options.get("dtype"):
            found[FEATURE] = fmt.dtypes.value[0]
        taken = fmt.label_dtypes.value if fmt.label_dtypes is not None else ()
        if taken and not options.get("label_dtype"):
            found[LABEL] = taken[0]
    return found


def _mended(fmt: Format | None, options: dict[str, Any]) -> set[str]:
    """Rules about what the encoder puts right."""
    if fmt is None or fmt.kind != "recordio-protobuf":
        return {"record/empty-row"}
    mended = set()
    wanted = fmt.empty_rows.value if fmt.empty_rows is not None else None
    if wanted is not None and options.get("empty_rows") is None:
        options["empty_rows"] = wanted
    if options.get("empty_rows") == "explicit-zero":
        mended.add("record/empty-row")
    if options.get("sparsify") or options.get("densify"):
        mended.add("record/density")
    if options.get("duplicates") != "keep":
        mended |= {"record/unsorted-keys", "record/duplicate-keys"}
    return mended
