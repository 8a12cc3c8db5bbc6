"""Every byte of a RecordIO-protobuf file looked at: framing, protobuf, one schema."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from .batch import Batch, Field
from .errors import FormatError, InputError, RecordsmithError
from .exports import row_counts
from .folders import files_below, manifest_path, read_manifest
from .payload_stream import PayloadStream
from .payloads import Raw, raw_payloads
from .resync import Lost, walk
from .storage import Input, open_input
from .threads import map_ordered, n_threads

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["Problem", "VerifyReport", "verify"]

_LOOK_AT = 1 << 18


@dataclass(frozen=True)
class Problem:
    """One place where a file is not as it should be.

    Attributes
    ----------
    record : int or None
        Number of the record, from 1 (of the record that would stand there, for damage).
        None where the problem is a file as a whole.
    offset : int or None
        Byte offset, where it is known.
    reason : str
    file : str or None
        Its name in the folder, where that is what is verified.
    """

    record: int | None
    offset: int | None
    reason: str
    file: str | None = None

    def __str__(self) -> str:
        place = [] if self.record is None else [f"record {self.record}"]
        if self.offset is not None:
            place.append(f"byte {self.offset}")
        parts = (self.file, ", ".join(place), self.reason)
        return ": ".join(part for part in parts if part)


@dataclass
class VerifyReport:
    """What :func:`verify` found.

    Attributes
    ----------
    path : str
    records, bytes : int
        Whole records, and bytes of the file.
    schema : str
        The fields of the first record, as text.
    n_problems : int
    problems : list of Problem
        The first ones, at most `max_problems`.
    """

    path: str
    records: int = 0
    bytes: int = 0
    schema: str = ""
    n_problems: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Was nothing found?"""
        return self.n_problems == 0


def verify(
    src: Any, *, max_problems: int = 20, progress: Progress | None = None
) -> VerifyReport:
    """Check every byte of a RecordIO-protobuf file, and every record against the first;
    or a folder against the manifest beside it.

    Parameters
    ----------
    src : path, "-", or binary file object
        A folder is what :func:`recordsmith.convert` made of shards, or
        :func:`recordsmith.transform_files` wrote.
    max_problems : int, default 20
        How many problems are kept; all are counted.
    progress : callable(bytes_done, bytes_total or None, records_done), optional

    Returns
    -------
    VerifyReport

    Notes
    -----
    Checked are the frames, the protobuf messages, UTF-8 texts, shapes against values,
    keys against shapes, and that each record has the fields, dtypes, shapes, widths and
    density of the first. Memory use is flat. After damage the check goes on at the next
    record.

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> data = rs.encode([[1, 2]]) + rs.encode([[1, 2, 3]])
    >>> report = verify(io.BytesIO(data))
    >>> print(report.problems[0])
    record 2: feature 'values' has 3 values, the first record has 2
    """
    if isinstance(src, (str, os.PathLike)) and Path(src).is_dir():
        return _verify_folder(os.fspath(src), max_problems, progress)
    return _verify_file(src, max_problems, progress)


def _verify_file(src: Any, max_problems: int, progress: Progress | None) -> VerifyReport:
    with open_input(src) as source:
        report = VerifyReport(source.name)
        raw = raw_payloads(bytes(source.file.peek(_LOOK_AT)))
        if raw is not None:
            _verify_raw(source, raw, report)
            return report
        model: _Model | None = None
        for item in walk(source.file):
            report.bytes = item.end
            if isinstance(item, Lost):
                size = item.end - item.begin
                found = [
                    Problem(item.record, item.begin, f"{item.reason} ({size} bytes)")
                ]
            else:
                if model is None:
                    model = _Model(item.batch)
                    report.schema = model.text
                report.records += item.batch.n_rows
                found = list(model.compare(item.batch))
                lacking = (item.begin - item.end) % 4
                if lacking:  # only the end of the file may be such a place
                    reason = f"the last frame lacks {lacking} bytes of padding"
                    found.append(Problem(report.records, item.end, reason))
            for problem in found:
                report.n_problems += 1
                if len(report.problems) < max_problems:
                    report.problems.append(problem)
            if progress is not None:
                progress(source.position(), source.size, report.records)
    return report


def _verify_folder(
    folder: str, max_problems: int, progress: Progress | None
) -> VerifyReport:
    """Are the files of a folder those that its manifest tells of, byte for byte?"""
    manifest = _manifest_of(folder)
    files = {one["name"]: one for one in manifest["files"]}
    report = VerifyReport(folder, schema=_fields_in_words(manifest.get("fields", [])))
    here = files_below(Path(folder))
    unknown = "the manifest does not know this file"
    found = [Problem(None, None, unknown, one) for one in sorted(here - files.keys())]
    total = sum(one["bytes"] for one in files.values())

    def check(name: str) -> tuple[str, list[Problem]]:
        return name, list(_against(Path(folder), files[name], name in here, max_problems))

    for name, problems in map_ordered(check, list(files), n_threads(None)):
        found += problems
        report.bytes += files[name]["bytes"] if name in here else 0
        report.records += _rows_of(files[name]) if name in here else 0
        if progress is not None:
            progress(report.bytes, total, report.records)
    report.n_problems = len(found)
    report.problems = found[:max_problems]
    return report


def _manifest_of(folder: str) -> dict[str, Any]:
    try:
        manifest = read_manifest(folder)
        for one in manifest["files"]:
            if not isinstance(one["bytes"], int) or not isinstance(one["sha256"], str):
                raise TypeError
            _rows_of(one)
    except FileNotFoundError:
        raise InputError(
            "there is no manifest beside the folder",
            path=manifest_path(folder),
            advice="name the files one by one to have their records verified",
        ) from None
    except (KeyError, TypeError):
        raise FormatError(
            "the manifest does not tell name, rows, bytes and sha256 of each file",
            path=manifest_path(folder),
        ) from None
    return manifest


def _rows_of(file: dict[str, Any]) -> int:
    rows: int = file["rows"] if "rows" in file else file["end"] - file["begin"]
    return rows


def _fields_in_words(fields: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{one['role']} {one['name']!r}: {one['kind']} {one['dtype'] or 'bytes'}"
        + (f", {one['width']} wide" if one["width"] is not None else "")
        for one in fields
    )


def _against(
    folder: Path, file: dict[str, Any], is_here: bool, max_problems: int
) -> Iterator[Problem]:
    """Problems of one file: of its bytes, and where its digest is another, of its
    records."""
    name = file["name"]
    if not is_here:
        yield Problem(None, None, "the file is missing", name)
        return
    digest, n_bytes = hashlib.sha256(), 0
    with (folder / name).open("rb") as opened:
        while data := opened.read(_LOOK_AT):
            digest.update(data)
            n_bytes += len(data)
    if n_bytes != file["bytes"]:
        reason = f"{n_bytes:,} bytes, the manifest says {file['bytes']:,}"
        yield Problem(None, None, reason, name)
    elif digest.hexdigest() == file["sha256"]:
        return
    else:
        yield Problem(None, None, "its SHA-256 is another than the manifest says", name)
    if name.endswith(".pbr"):
        inner = _verify_file(folder / name, max_problems, None)
        yield from (replace(one, file=name) for one in inner.problems)


def _verify_raw(source: Input, raw: Raw, report: VerifyReport) -> None:
    """One problem for all frames: they hold no records. And damage among them."""
    reason = f"the frames hold {raw.what}, not records of SageMaker's schema"
    report.problems.append(Problem(1, 0, reason))
    stream = PayloadStream(source.file)
    try:
        for _ in stream:
            report.bytes = stream.n_bytes
    except RecordsmithError as error:
        record = stream.n_records + 1
        report.problems.append(Problem(record, error.offset, error.reason))
    report.n_problems = len(report.problems)


class _Model:
    """The fields of the first record, which all others are held against."""

    def __init__(self, batch: Batch) -> None:
        self._first = batch.rows(0, 1)
        self._fields = {
            (one.role, one.name): one
            for one in self._first.fields
            if one.present is None or one.present[0]
        }
        self._widths = {key: int(row_counts(f)[0]) for key, f in self._fields.items()}
        self.text = ", ".join(map(repr, self._fields.values()))

    def compare(self, batch: Batch) -> Iterator[Problem]:
        """Problems of a batch, at most one for each field, at its first record."""
        seen = set()
        for one in batch.fields:
            key = (one.role, one.name)
            seen.add(key)
            yield from self._compare_field(key, one, batch.first_row)
        for role, name in self._fields.keys() - seen:
            reason = f"{role} {name!r} is missing, the first record has it"
            yield Problem(batch.first_row + 1, None, reason)

    def _compare_field(
        self, key: tuple[str, str], one: Field, first_row: int
    ) -> Iterator[Problem]:
        what = f"{key[0]} {key[1]!r}"
        model = self._fields.get(key)
        here = np.ones(one.n_rows, bool) if one.present is None else one.present
        if model is None:
            row = first_row + int(np.argmax(here)) + 1
            yield Problem(row, None, f"{what} is new, the first record lacks it")
            return
        if not here.all():
            row = first_row + int(np.argmin(here)) + 1
            n_missing = int((~here).sum())
            records = "1 record" if n_missing == 1 else f"{n_missing:,} records"
            reason = f"{what} is missing in {records} from here on"
            yield Problem(row, None, reason)
        yield from _compare_types(what, model, one, first_row)
        if one.kind in ("dense", "ragged"):
            counts = row_counts(one)
            other = here & (counts != self._widths[key])
            if other.any():
                row = int(np.argmax(other))
                reason = (
                    f"{what} has {counts[row]} values, the first record has "
                    f"{self._widths[key]}"
                )
                if np.count_nonzero(other) > 1:
                    reason += f" ({np.count_nonzero(other):,} such records from here on)"
                yield Problem(first_row + row + 1, None, reason)
        if one.kind == "text":
            yield from _bad_texts(what, one, first_row)


def _compare_types(
    what: str, model: Field, one: Field, first_row: int
) -> Iterator[Problem]:
    sparse = (one.kind == "csr", model.kind == "csr")
    if sparse[0] != sparse[1]:
        names = ["sparse" if is_sparse else "dense" for is_sparse in sparse]
        reason = f"{what} is {names[0]}, the first record's is {names[1]}"
        yield Problem(first_row + 1, None, reason)
    for attribute in ("dtype", "shape", "content_type"):
        found, expected = getattr(one, attribute), getattr(model, attribute)
        if found != expected:
            reason = f"{what} has {attribute} {found}, the first record has {expected}"
            yield Problem(first_row + 1, None, reason)


def _bad_texts(what: str, one: Field, first_row: int) -> Iterator[Problem]:
    try:
        bytes(one.stored).decode("utf-8")
    except UnicodeDecodeError:
        for row, text in enumerate(one.texts()):
            if text is not None and any(0xDC80 <= ord(c) <= 0xDCFF for c in text):
                yield Problem(first_row + row + 1, None, f"{what} is not UTF-8")
                return
