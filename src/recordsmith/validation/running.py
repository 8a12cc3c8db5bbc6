"""`validate`: sources to batches, batches to checks, checks to a report."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..errors import (
    FormatError,
    InputError,
    LimitError,
    ParseError,
    RecordsmithError,
    UnsupportedTypeError,
)
from ..reporting.findings import Report
from ..sources.files import Files
from ..sources.open_source import is_files, known_options, open_files, open_source
from ..storage import is_path
from ..tally import Tally
from .checks import Checks
from .csv_files import CSV_OPTIONS, read_csv
from .defaults import content_unknown, source_defaults
from .file_facts import FileFacts
from .libsvm_files import LIBSVM_OPTIONS, read_libsvm
from .line_files import line_reader
from .listing import kind_of, list_files, stray_files
from .offenders import NOWHERE, Origin, Spot
from .profile import Profile, profile_of
from .recordio_files import note_damage, read_recordio
from .request import KINDS, Request, make_request

if TYPE_CHECKING:
    from ..algorithm_table.types import Algorithm
    from ..storage import Input

    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["validate"]


def validate(
    src: Any,
    algorithm: Algorithm | str | None = None,
    *,
    channel: str = "train",
    content_type: str | None = None,
    input_mode: str | None = None,
    compression: str | None = None,
    distribution: str | None = None,
    instances: int | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    container: str | None = None,
    purpose: str = "train",
    against: Any = None,
    max_places: int = 5,
    threads: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Report:
    """Find what would make a SageMaker job fail, or learn from wrong data.

    Parameters
    ----------
    src : path, list of paths, folder, glob, "-", binary file, array, table, batches
        One channel's data: RecordIO-protobuf, CSV, libsvm, Parquet, Arrow, .npy, .npz,
        JSON Lines, or rows in memory. All files are held against the first record of the
        first.
    algorithm : str, optional
        A built-in algorithm, by the names of :func:`recordsmith.algorithm`. Without it
        only the rules are applied that hold for any.
    channel : str, default "train"
    content_type, input_mode, compression, distribution : str, optional
        The channel's ContentType, InputMode, CompressionType, S3DataDistributionType.
    instances : int, optional
        Of the training job.
    hyperparameters : mapping, optional
        The job's: they tell which labels and widths are right.
    container : str, optional
        Tag of the image, such as "1.7-1"; default: the newest.
    purpose : {"train", "inference", "transform"}, default "train"
        Whether the data are for training, for an endpoint or for a batch transform.
    against : Report, its JSON or a path to that, or a source, optional
        The training data: width, dtype, density and labels must be like theirs.
    max_places : int, default 5
        How many places of each finding are kept; all are counted.
    threads : int, optional
        Default: all cores. The report does not depend on it.
    progress : callable(bytes_done, bytes_total or None, rows_done), optional
    **options
        As for a source: source_format, label, header, index_base, ... For CSV and Parquet
        the label is by default where the algorithm expects it, and CSV has no header.

    Returns
    -------
    Report
        `.ok` if there is no error, `.clean` if there is no warning either.

    Raises
    ------
    InputError
        If an option is wrong. What is wrong with the data is in the report.
    OSError
        If a file cannot be read.

    Notes
    -----
    Memory use is flat. A finding that rests on a fact which no source confirms is a
    warning that says so, never an error.

    Examples
    --------
    >>> import io, numpy as np, recordsmith as rs
    >>> data = rs.encode(np.array([[1.0, np.nan]]), [2.0])
    >>> report = validate(
    ...     io.BytesIO(data),
    ...     "linear-learner",
    ...     hyperparameters={"predictor_type": "binary_classifier"},
    ... )
    >>> sorted({one.rule for one in report.findings})
    ['data/nan', 'label/dtype', 'label/values', 'record/dtype']
    """
    if max_places < 1:
        raise InputError(f"max_places is {max_places}, expected 1 or more")
    request = make_request(
        algorithm,
        channel=channel,
        content_type=content_type,
        input_mode=input_mode,
        compression=compression,
        distribution=distribution,
        instances=instances,
        hyperparameters=hyperparameters,
        container=container,
        purpose=purpose,
    )
    run = _Run(request, max_places, threads, progress, options)
    trained = None if against is None else _trained(against, run)
    if is_files(src):
        checks = run.files(src, trained)
    else:
        checks = run.memory(src, trained)
    return checks.finish(_subject(src, request))


def _trained(against: Any, run: _Run) -> Profile | None:
    found = profile_of(against)
    if found is not None:
        return found
    request = make_request(run.request.algorithm)
    training = _Run(request, 1, run.threads, None, run.options)
    if is_files(against):
        report = training.files(against, None).finish()
    else:
        report = training.memory(against, None).finish()
    return Profile.of_dict(report.profile)


def _subject(src: Any, request: Request) -> str:
    if isinstance(src, (list, tuple)) and src and is_path(src[0]):
        more = f" and {len(src) - 1} more" if len(src) > 1 else ""
        name = os.fsdecode(src[0]) + more
    elif is_path(src):
        name = os.fsdecode(src)
    else:
        name = str(getattr(src, "name", None) or type(src).__name__)
    if request.algorithm is None:
        return name
    use = f"channel {request.channel}" if request.trains else request.purpose
    return f"{name} for {request.algorithm.key}, {use}"


# Text is read here line by line, unless options say that it is of some other form.
_TEXT: dict[str, tuple[Callable[..., None], Collection[str]]] = {
    "csv": (read_csv, CSV_OPTIONS),
    "libsvm": (read_libsvm, LIBSVM_OPTIONS),
}


class _Run:
    """One validation: its options, and how far it has come."""

    def __init__(
        self,
        request: Request,
        max_places: int,
        threads: int | None,
        progress: Progress | None,
        options: dict[str, Any],
    ) -> None:
        self.request = request
        self.threads = threads
        self.options = {k: v for k, v in options.items() if v is not None}
        self._max_places = max_places
        self._progress = progress
        self._size: int | None = None
        self._done = 0

    def _checks(
        self, kind: str | None, trained: Profile | None, of_files: bool = True
    ) -> Checks:
        return Checks(
            self.request,
            kind,
            max_places=self._max_places,
            against=trained,
            threads=self.threads,
            of_files=of_files,
        )

    def memory(self, src: Any, trained: Profile | None) -> Checks:
        """Arrays, tables and batches."""
        checks = self._checks("memory", trained, of_files=False)
        for batch in open_source(src, tally=Tally(), **self.options).batches:
            checks.batch(batch, Origin(first=checks.context.facts.rows))
            self._tell(0, checks.context.facts.rows)
        return checks

    def files(self, src: Any, trained: Profile | None) -> Checks:
        """Files of one channel, one after another."""
        entries = list_files(src)
        whole = Files(entries) if entries else None
        if whole is not None:
            whole.measure()
            self._size = whole.size
        checks: Checks | None = None
        for number, entry in enumerate(entries):
            files = whole if number == 0 and whole is not None else Files([entry])
            files.entries = [entry]
            try:
                opened = files.first()
                file = FileFacts(opened.name, number, size=opened.size)
                file.compression, file.location = opened.compression, opened.path
                damage = self._look_at(opened, file)
                if checks is None:
                    checks = self._checks(self._kind(file), trained)
                checks.context.files.append(file)
                if damage is not None:
                    _note_error(checks, file, damage)
                else:
                    self._read(checks, files, file)
            finally:
                files.close()
            self._done += file.size or 0
        if checks is None:
            checks = self._checks(None, trained)
        checks.context.stray = stray_files(src)
        return checks

    def _kind(self, file: FileFacts) -> str | None:
        """What the channel is declared to hold; else what its first file is."""
        declared = self.request.format(None) if self.request.trains else None
        if declared is not None:
            return declared.kind
        return KINDS.get(file.kind or "", file.kind)

    def _look_at(self, opened: Any, file: FileFacts) -> FormatError | None:
        """Find out the kind of a file; the error, if it cannot even be decompressed."""
        declared = self.request.format(None)
        stated = self.options.get("source_format")
        expected = None if declared is None else declared.kind
        try:
            file.kind = kind_of(opened.name, opened.head(), stated, expected)
        except FormatError as error:
            return error
        return None

    def _read(self, checks: Checks, files: Files, file: FileFacts) -> None:
        ctx = checks.context
        start = Spot(file.number, 1, offset=0)
        if file.size == 0:
            return
        if file.kind is None:
            reason = "neither the first bytes nor the name tell what this file is"
            fix = "leave it out, or say what it is: source_format="
            note_damage(ctx, "file/unreadable", reason, fix, start)
            return
        reader = line_reader(self.request, file.kind)
        if reader is not None:
            self._read_text(reader, checks, files, file, {})
            return
        why = content_unknown(self.request, file.kind)
        if why:
            file.looked_at = False
            for name in ("data/parse", "data/nan", "record/width", "label/values"):
                ctx.skip(name, why)
            return
        if file.kind == "recordio":
            self._read_recordio(checks, files, file)
            return
        known = known_options(file.kind)
        settings = source_defaults(self.request, file.kind, known)
        if "threads" in known:
            settings["threads"] = self.threads
        settings.update(self.options)
        settings.pop("source_format", None)
        reader, takes = _TEXT.get(file.kind, (None, ()))
        if reader is not None and all(name in takes for name in settings):
            self._read_text(reader, checks, files, file, settings)
            return
        try:
            source = open_files(files, file.kind, Tally(), settings)
            for batch in source.batches:
                checks.batch(batch, Origin(file.number, 1 + batch.first_row))
                file.rows += batch.n_rows
                self._tell(files.position(), ctx.facts.rows)
        except (FormatError, ParseError, UnsupportedTypeError, InputError) as error:
            if isinstance(error, InputError) and error.row is None:
                raise
            _note_error(checks, file, error)

    def _read_recordio(self, checks: Checks, files: Files, file: FileFacts) -> None:
        known = known_options("recordio")
        for name, value in self.options.items():
            if name in known:
                raise InputError(
                    f"{name}= says how records are to be read; they are checked as they "
                    "are",
                    advice="leave it out",
                )
            if name != "source_format":  # refused, with what is known of it
                open_files(files, "recordio", Tally(), {name: value})
        for opened in files:
            before = checks.context.facts.rows
            try:
                read_recordio(
                    checks.context,
                    checks.batch,
                    opened,
                    file,
                    self.threads,
                    self._teller(opened, before),
                )
            except FormatError as error:  # of the compression around it
                _note_error(checks, file, error)

    def _read_text(
        self,
        reader: Callable[..., None],
        checks: Checks,
        files: Files,
        file: FileFacts,
        settings: dict[str, Any],
    ) -> None:
        before = checks.context.facts.rows
        for opened in files:
            try:
                reader(
                    checks.context,
                    checks.batch,
                    opened,
                    file,
                    settings,
                    self.threads,
                    self._teller(opened, before),
                )
            except (FormatError, LimitError) as error:  # of the compression, of a line
                _note_error(checks, file, error)

    def _teller(self, opened: Input, before: int) -> Callable[[int], None]:
        """What tells how far a file is, given its rows so far."""
        return lambda rows: self._tell(opened.position(), before + rows)

    def _tell(self, done: int, rows: int) -> None:
        if self._progress is not None:
            self._progress(self._done + done, self._size, rows)


def _note_error(checks: Checks, file: FileFacts, error: RecordsmithError) -> None:
    """What a source says of data that it cannot read."""
    parse = isinstance(error, (ParseError, UnsupportedTypeError, InputError))
    column = error.column if isinstance(error.column, int) else NOWHERE
    name = f"column {error.column!r}: " if isinstance(error.column, str) else ""
    line = f"line {error.row}: " if error.unit == "line" and error.row else ""
    record = file.rows + 1 if error.row is None or line else error.row
    record += error.unit == "row" and error.row is not None
    spot = Spot(
        file.number, record, column, NOWHERE if error.offset is None else error.offset
    )
    note_damage(
        checks.context,
        "data/parse" if parse else "file/unreadable",
        f"{line}{name}{error.reason}; what comes after it was not looked at",
        error.advice or "correct the file",
        spot,
    )
