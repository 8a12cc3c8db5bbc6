"""The verb: sample, candidates, measurements, advice."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from ..algorithm_table.loading import algorithm as look_up
from ..algorithm_table.types import Algorithm
from ..batch import FEATURE, LABEL, Batch
from ..errors import InputError
from ..storage import expand, is_path
from .advice import choose, one_line, reasons
from .candidates import Plan, Rows, plans
from .commands import command_line, destination, python_call
from .loss import count_nonzero
from .measuring import Measured, Progress, measure_all
from .results import Candidate, Comparison, Sample
from .sampling import take_sample

__all__ = ["compare"]

_MODES = ("File", "Pipe", "FastFile")
_FEW_S = 0.005


def compare(
    src: Any,
    algorithm: str | Algorithm,
    y: Any = None,
    *,
    container: str | None = None,
    input_mode: str | None = None,
    sample_rows: int = 20_000,
    sample_bytes: int = 64 << 20,
    repeat: int = 3,
    seed: int = 0,
    measure: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Comparison:
    """Say which format to use for an algorithm, measured on a sample of the data.

    Parameters
    ----------
    src : whatever :func:`recordsmith.convert` or :func:`recordsmith.encode` takes
    algorithm : str or Algorithm
        As :func:`recordsmith.algorithm` takes it: "linear-learner".
    y : labels, if src is an array or a table
    container : str, optional
        Tag of the algorithm's image, where the versions differ ("3.0-5" of XGBoost); by
        default the newest.
    input_mode : {"File", "Pipe", "FastFile"}, optional
        What cannot be read so is not recommended. By default that decides nothing.
    sample_rows : int, default 20,000
        Rows to measure, at most.
    sample_bytes : int, default 64 MiB
        Memory that they may take, which bounds what is read and written, too: see Notes.
    repeat : int, default 3
        Timed passes.
    seed : int, default 0
        For the choice of rows.
    measure : bool, default False
        Measure even where the algorithm takes one format only.
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        As for a source: label, header, index_base, ... With dtype and label_dtype, that
        is what is written; by default what the table names first.

    Returns
    -------
    Comparison
        The rule by which it recommends is in :mod:`recordsmith.comparison`.

    Raises
    ------
    InputError
        If the algorithm is unknown or needs a label that is not there, or the source
        holds no row.
    UnsupportedTypeError
        If columns are text.

    Notes
    -----
    Each candidate is written as `convert` writes it and read back with recordsmith's own
    reader, in one thread, in turn. The container's readers are not at hand. There is one
    temporary file at a time, in a folder that is always removed, and none is larger than
    about four times `sample_bytes`, as text takes up to 25 bytes a number.

    Examples
    --------
    >>> import numpy as np, recordsmith as rs
    >>> X = np.zeros((500, 400), "float32")
    >>> X[:, ::50] = 1
    >>> found = rs.compare(X, "ntm")
    >>> [one.name for one in found.candidates]
    ['RecordIO-protobuf, dense', 'RecordIO-protobuf, sparse', 'CSV']
    >>> found.candidates[0].bytes  # 500 times 8 bytes of header and 1,620 of payload
    814000
    >>> found.sample.density, found.candidates[1].loss.nothing
    (0.02, True)
    """
    one = algorithm if isinstance(algorithm, Algorithm) else look_up(algorithm)
    asked = _Asked(
        src,
        y,
        one,
        container,
        _checked_mode(input_mode),
        _at_least_1("sample_rows", sample_rows),
        _at_least_1("sample_bytes", sample_bytes),
        _at_least_1("repeat", repeat),
        seed,
        {name: value for name, value in options.items() if value is not None},
        progress,
    )
    usable = [plan for plan in plans(one, None) if plan.problem is None]
    if not usable or (len({entry.kind for entry in one.formats}) == 1 and not measure):
        return asked.at_once()
    return asked.measured()


def _checked_mode(mode: str | None) -> str | None:
    known = {one.lower(): one for one in _MODES}
    if mode is None or mode.lower() in known:
        return None if mode is None else known[mode.lower()]
    raise InputError(f"input_mode is {mode!r}, not one of {', '.join(_MODES)}")


def _at_least_1(name: str, value: int) -> int:
    if value < 1:
        raise InputError(f"{name} is {value}, expected 1 or more")
    return value


@dataclass(frozen=True)
class _Asked:
    """What was asked for."""

    src: Any
    y: Any
    algorithm: Algorithm
    container: str | None
    input_mode: str | None
    sample_rows: int
    sample_bytes: int
    repeat: int
    seed: int
    options: dict[str, Any]
    progress: Progress | None

    # -- nothing to choose from --------------------------------------------------------

    def at_once(self) -> Comparison:
        """Where one format is taken, or none that can be written."""
        if _is_files(self.src):
            expand(self.src)  # raises if there is no such file
        one = self.algorithm
        found = [
            self._candidate(plan, None, None)
            for plan in plans(
                one,
                None,
                container=self.container,
                dtype=self.options.get("dtype"),
                label_dtype=self.options.get("label_dtype"),
                keeps_label=not self._drops_label(),
            )
        ]
        able = [each for each in found if each.problem is None]
        best = able[0] if len(able) == 1 else None
        names = " or ".join(dict.fromkeys(_with_type(each) for each in found))
        notes = list(self._container_note())
        if best is not None:
            advice = f"Use {names}: {one.name} takes nothing else."
            densities = one.formats[0].densities
            if densities is not None and len(densities.value) > 1:
                notes.append(
                    "To compare dense with sparse records, ask for it: measure=True, or "
                    "--measure."
                )
            if best.command is None and best.settings.get("features"):
                words = ", ".join(best.settings["features"].values())
                notes.append(f"{words}: put the names of your columns there.")
        else:
            advice = (
                f"{one.name} takes {names}, which recordsmith does not make of rows of "
                "numbers: there is nothing to convert."
            )
        return self._comparison(None, found, best, advice, reasons_of(found), notes)

    # -- a choice ----------------------------------------------------------------------

    def measured(self) -> Comparison:
        """Where there is a choice, or it is to be measured anyway."""
        source = {
            name: value
            for name, value in self.options.items()
            if name not in ("dtype", "label_dtype")
        }
        batch, sample = take_sample(
            self.src,
            self.y,
            rows=self.sample_rows,
            max_bytes=self.sample_bytes,
            seed=self.seed,
            options=source,
            progress=self.progress,
        )
        if not batch.n_rows or not any(batch.all(FEATURE)):
            raise InputError("the rows have no features, so there is nothing to compare")
        self._refuse_missing_label(batch)
        dropped = any(batch.all(LABEL)) and self._drops_label()
        if dropped:
            fields = tuple(each for each in batch.fields if each.role != LABEL)
            batch = replace(batch, fields=fields)
        wanted = self._plans(batch)
        taken = measure_all(
            wanted,
            batch,
            max_bytes=self.sample_bytes,
            repeat=self.repeat,
            progress=self.progress,
        )
        found = [self._candidate(each.plan, each, sample) for each in taken]
        best = choose(found)
        name = self.algorithm.name
        notes = [*self._container_note(), *_notes(found, sample, self.repeat, batch)]
        if dropped:
            notes.insert(0, f"Labels are left out: {name} learns from features alone.")
        return self._comparison(
            sample,
            found,
            best,
            one_line(best, found, sample, name),
            reasons(best, found, sample, name),
            notes,
        )

    def _plans(self, batch: Batch) -> list[Plan]:
        nonzero = sum(map(count_nonzero, batch.all(FEATURE)))
        return plans(
            self.algorithm,
            Rows.of(batch, nonzero),
            container=self.container,
            dtype=self.options.get("dtype"),
            label_dtype=self.options.get("label_dtype"),
        )

    def _label_rules(self) -> set[str | None]:
        rules = (entry.label_rule() for entry in self.algorithm.formats)
        return {None if rule is None else rule.value for rule in rules}

    def _refuse_missing_label(self, batch: Batch) -> None:
        if any(batch.all(LABEL)) or self._label_rules() != {"required"}:
            return
        raise InputError(
            f"{self.algorithm.name} needs a label in each row, and these have none",
            advice="name the label's column, label=NAME, or take a source with labels"
            if self.y is None and (_is_files(self.src) or hasattr(self.src, "columns"))
            else "pass the labels as y=",
        )

    def _drops_label(self) -> bool:
        """Are labels left out, as the algorithm has no use for them and they can be?"""
        given = self.y is not None or self.options.get("label") is not None
        return given and self._label_rules() <= {"ignored", "forbidden"}

    # -- results -----------------------------------------------------------------------

    def _candidate(
        self, plan: Plan, taken: Measured | None, sample: Sample | None
    ) -> Candidate:
        problem, unconfirmed = plan.problem, plan.unconfirmed
        measured: dict[str, Any] = {}
        if taken is not None:
            problem = taken.problem
        if taken is not None and problem is None:
            total = None
            if sample is not None and sample.total_rows is not None:
                total = round(taken.bytes / max(1, taken.rows) * sample.total_rows)
            measured = {
                "rows": taken.rows,
                "bytes": taken.bytes,
                "total_bytes": total,
                "write": taken.timing("write"),
                "read": taken.timing("read"),
                "loss": taken.loss,
            }
        if problem is None:
            problem, doubt = self._mode_problem(plan)
            unconfirmed += doubt
        made: dict[str, Any] = {}
        if plan.problem is None:
            settings = self._settings(plan)
            dest = destination(self.src, plan.suffix, self.algorithm.key)
            has_y = self.y is not None and not self._drops_label()
            made = {
                "settings": settings,
                "command": command_line(self.src, dest, settings),
                "python": python_call(self.src, dest, settings, has_y),
            }
        shared = (
            "name kind density content_type dtype meaning pipe pipe_sure fast_file "
            "fast_file_sure shards restrictions"
        )
        return Candidate(
            problem=problem,
            unconfirmed=unconfirmed,
            **{name: getattr(plan, name) for name in shared.split()},
            **measured,
            **made,
        )

    def _mode_problem(self, plan: Plan) -> tuple[str | None, tuple[str, ...]]:
        """(why it cannot be read in the mode asked for, or what is not confirmed)."""
        if self.input_mode in (None, "File"):
            return None, ()
        able, sure = (
            (plan.pipe, plan.pipe_sure)
            if self.input_mode == "Pipe"
            else (plan.fast_file, plan.fast_file_sure)
        )
        if able is False:
            known = "" if sure else " (inferred)"
            return f"it is not read in {self.input_mode} mode{known}", ()
        return None, () if able and sure else (f"{self.input_mode} mode",)

    def _settings(self, plan: Plan) -> dict[str, Any]:
        """What `convert` has to be told."""
        found = dict(self.options)
        if self._drops_label() and "label" in found:
            labels = _listed(found.pop("label"))
            if found.get("features") is None:
                found["drop"] = [*_listed(found.get("drop", ())), *labels]
        has_extras = any(found.get(name) is not None for name in ("uid", "metadata"))
        sink = dict(plan.sink)
        if not has_extras:
            sink.pop("extras", None)
        dtypes = {"dtype": plan.dtype, "label_dtype": plan.label_dtype}
        found.update({name: value for name, value in dtypes.items() if value is not None})
        if plan.names not in ((), ("values",)) and not isinstance(
            found.get("features"), dict
        ):
            found["features"] = {name: name.upper() for name in plan.names}
        # With the algorithm's name the rows are checked before anything is published.
        checks = {"algorithm": self.algorithm.key, "container": self.container}
        return {**found, **sink, **{k: v for k, v in checks.items() if v is not None}}

    def _container_note(self) -> list[str]:
        known = self.algorithm.image_tags
        if self.container is None or self.container in known:
            return []
        listed = ", ".join(known) or "none"
        return [
            f"The table knows no tag {self.container!r} of this image (it knows "
            f"{listed}): the newest is taken."
        ]

    def _comparison(
        self,
        sample: Sample | None,
        found: list[Candidate],
        best: Candidate | None,
        advice: str,
        why: tuple[str, ...],
        notes: list[str],
    ) -> Comparison:
        return Comparison(
            algorithm=self.algorithm.key,
            algorithm_name=self.algorithm.name,
            container=self.container,
            input_mode=self.input_mode,
            source=_name(self.src),
            sample=sample,
            candidates=tuple(found),
            recommended=best,
            advice=advice,
            reasons=why,
            notes=tuple(notes),
        )


def reasons_of(found: list[Candidate]) -> tuple[str, ...]:
    """Why candidates are none, where nothing was measured."""
    return tuple(
        f"{one.name}: {one.problem}." for one in found if one.problem is not None
    )


def _with_type(one: Candidate) -> str:
    if one.name == one.content_type:
        return one.name
    return f"{one.name} ({one.content_type})"


def _is_files(src: Any) -> bool:
    entries = src if isinstance(src, (list, tuple)) else [src]
    return bool(entries) and all(map(is_path, entries))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _name(src: Any) -> str:
    if _is_files(src):
        entries = src if isinstance(src, (list, tuple)) else [src]
        names = [os.fsdecode(one) for one in entries]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    name = getattr(src, "name", None)
    return name if isinstance(name, str) else type(src).__name__


def _notes(
    found: list[Candidate], sample: Sample, repeat: int, batch: Batch
) -> list[str]:
    measured = [one for one in found if one.bytes is not None]
    notes = [
        f"Times are medians of {repeat} passes in turn, in one thread, of files in the "
        "page cache; each file is read with recordsmith's own reader, as the container's "
        "is not at hand."
    ]
    if measured and all(one.read and one.read.seconds < _FEW_S for one in measured):
        notes.append(
            "So few rows are read in a few milliseconds: the times are mostly those of "
            "opening and closing."
        )
    for rows in sorted({one.rows for one in measured if one.rows < batch.n_rows}):
        names = " and ".join(one.name for one in measured if one.rows == rows)
        notes.append(
            f"Measured on {rows:,} of the rows, as more would not fit the memory set by "
            f"sample_bytes with all zeros written: {names}."
        )
    if measured:
        largest = max(one.bytes or 0 for one in measured)
        notes.append(
            f"Temporary space on disk: one file at a time, the largest of {largest:,} "
            "bytes; it is removed."
        )
        notes.append("No candidate keeps the names of columns.")
    for name, count in sample.changes.items():
        notes.append(f"Reading the source changed it: {name} {count:,}.")
    return notes
