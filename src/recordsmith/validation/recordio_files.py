"""RecordIO-protobuf files: all whole records to the checks, and an account of the rest.

Runs of whole records are decoded as reading does it. Where a record cannot be read, or
differs from those before it, the walk goes on record by record, so that all are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from .. import _core
from ..errors import RecordsmithError
from ..exports import row_counts
from ..payload_stream import PayloadStream
from ..payloads import raw_payloads
from ..resync import Lost, Whole, walk
from ..storage import Input
from ..threads import n_threads, prefetch
from .context import Context
from .file_facts import Damage, FileFacts
from .offenders import Offenders, Origin, Spot

__all__ = ["is_magic", "note_damage", "read_recordio", "sniff_text"]

_MAGIC = b"\x0a\x23\xd7\xce"
_LOOK_AT = 1 << 18
_MAX_DECODERS = 8  # each has a part of the window: memory stays small on large machines
_DETAILS = 64 << 10  # records shorter than this are never too long for a request
_SALVAGE = "copy the file again, or take the whole records: recordsmith salvage"
_ANEW = "write the rows anew from one array or sparse matrix"
_CONVERT = "write the file anew: recordsmith convert FILE NEW.pbr"
# The core's error -> (rule, what to do)
_RULES = {
    "RS_E_KEY": (
        "record/key-range",
        "check the number of features, and whether keys count from 0 or 1",
    ),
    "RS_E_KEY_COUNT": ("record/key-count", _ANEW),
    "RS_E_SHAPE": ("record/shape-mismatch", _ANEW),
    "RS_E_RANK": ("record/shape-mismatch", _ANEW),
    "RS_E_TEXT": ("record/text", "write the texts anew, in UTF-8"),
    "RS_E_MAGIC": ("file/damaged", _SALVAGE),
    "RS_E_PART": ("file/damaged", _SALVAGE),
    "RS_E_FRAME_TRUNCATED": ("file/truncated", _SALVAGE),
    "RS_E_TRAILING": ("file/trailing", "cut the file off where its last record ends"),
}

Progress = Callable[[int], None]


def read_recordio(
    ctx: Context,
    add: Callable[[Any, Origin], None],
    opened: Input,
    file: FileFacts,
    threads: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Look at every byte of a file.

    Parameters
    ----------
    ctx : Context
        Takes damage, and the longest record.
    add : callable(Batch, Origin)
        Takes the rows.
    opened : Input
    file : FileFacts
        Takes the number of rows.
    threads : int, optional
        That decode; default: all cores.
    progress : callable(rows), optional
    """
    head = bytes(opened.file.peek(_LOOK_AT))
    if _is_other(ctx, opened, file, head):
        return
    reader = _Reader(ctx, add, file)
    # One half of the threads reads and decodes, the other looks at what came out before.
    items = walk(opened.file, min(max(1, n_threads(threads) // 2), _MAX_DECODERS))
    for item in items if threads == 1 else prefetch(items, 1):
        if isinstance(item, Lost):
            reader.lost(item)
        else:
            reader.whole(item)
        if progress is not None:
            progress(file.rows)
    reader.end()


class _Reader:
    """Counts records of one file, and hands them on."""

    def __init__(
        self, ctx: Context, add: Callable[[Any, Origin], None], file: FileFacts
    ) -> None:
        self._ctx = ctx
        self._add = add
        self._file = file
        self._seen = 0  # records that were passed, those that cannot be read included
        self._last: Lost | None = None  # to be reported when it is known what follows

    def whole(self, item: Whole) -> None:
        self._tell()
        size, n_bytes = item.end - item.begin, len(item.frames)
        offset: Callable[[int], int] = partial(_offset, item.frames, item.begin)
        if size != n_bytes:  # a split record, or one without its padding: alone
            offset = partial(_always, item.begin)
        origin = Origin(self._file.number, self._seen + 1, offset)
        self._add(item.batch, origin)
        if size > n_bytes:
            reason = "a record is split over several frames"
            note_damage(self._ctx, "file/split", reason, _CONVERT, origin.spot(0))
        elif size < n_bytes:
            reason = f"the last frame lacks {n_bytes - size} bytes of padding"
            spot = Spot(self._file.number, self._seen + 1, offset=item.begin)
            note_damage(self._ctx, "file/padding", reason, _CONVERT, spot)
        self._measure(item, origin)
        self._seen += item.batch.n_rows
        self._file.rows += item.batch.n_rows

    def lost(self, item: Lost) -> None:
        self._tell()
        self._last = item

    def end(self) -> None:
        """The file has ended: bytes after its last record are of another kind."""
        item = self._last
        if item is not None and item.code == "RS_E_MAGIC" and self._file.rows:
            reason = f"{item.end - item.begin:,} bytes after the last record are no frame"
            self._last = replace(item, reason=reason, code="RS_E_TRAILING")
        self._tell()

    def _tell(self) -> None:
        item, self._last = self._last, None
        if item is None:
            return
        rule, fix = _RULES.get(item.code or "", ("record/protobuf", _SALVAGE))
        reason = item.reason
        if not item.framed and rule != "file/trailing":
            reason += f" ({item.end - item.begin:,} bytes)"
            if rule == "record/protobuf":
                rule = "file/damaged"
        spot = Spot(self._file.number, self._seen + 1, offset=item.begin)
        note_damage(self._ctx, rule, reason, fix, spot, item.code or "")
        self._seen += item.framed

    def _measure(self, item: Whole, origin: Origin) -> None:
        """Remember the longest record, for requests."""
        ctx = self._ctx
        if ctx.request.trains or _longest_possible(item) <= _DETAILS:
            return
        at = row = 0
        while at < len(item.frames):
            _, _, _, length = _core.frame_peek(item.frames, at)
            if ctx.largest is None or length > ctx.largest[0]:
                ctx.largest = (length, origin.spot(row))
            at, row = at + length, row + 1


def _offset(frames: Any, begin: int, row: int) -> int:
    """Byte offset of a record of a run."""
    return begin + _core.scan(frames, 0, len(frames), row).n_bytes if row else begin


def _always(offset: int, row: int) -> int:
    return offset


def _longest_possible(item: Whole) -> int:
    """A bound of the bytes of a record in a run."""
    if len(item.frames) <= _DETAILS:
        return len(item.frames)
    total = 64
    for one in item.batch.fields:
        if one.kind in ("text", "blobs"):
            return len(item.frames)
        most = int(row_counts(one).max(initial=0))
        total += most * (one.dtype.itemsize + 10) + 64 + len(one.name) * 4
    return total


def note_damage(
    ctx: Context, rule: str, reason: str, fix: str, spot: Spot, about: str = ""
) -> None:
    """Count something that is wrong with a file."""
    key = f"{rule} {about}"
    limit = ctx.facts.limit
    damage = ctx.damages.setdefault(key, Damage(rule, reason, fix, Offenders(limit)))
    damage.found.add(1, lambda room: [spot])


# -- files that are something else -------------------------------------------------------


def is_magic(head: bytes) -> bool:
    """Does a RecordIO frame begin here?"""
    return head[:4] == _MAGIC


def sniff_text(head: bytes) -> str | None:
    """ "csv", "libsvm" or "jsonl", if these are the first bytes of text.

    Examples
    --------
    >>> sniff_text(b"1 3:0.5 7:1\\n"), sniff_text(b"1,2\\n"), sniff_text(b"\\x00\\x01")
    ('libsvm', 'csv', None)
    """
    line = head.split(b"\n", 1)[0].strip()
    if not line or any(byte < 9 or 13 < byte < 32 for byte in line):
        return None
    if line.startswith(b"{"):
        return "jsonl"
    words = line.split()
    if len(words) > 1 and all(b":" in word for word in words[1:]):
        return "libsvm"
    return "csv"


def _is_other(ctx: Context, opened: Input, file: FileFacts, head: bytes) -> bool:
    """Report a file that is no RecordIO-protobuf; then nothing is to be walked over."""
    first = Spot(file.number, 1, offset=0)
    if not is_magic(head):
        text = sniff_text(head)
        if text is None:
            return False
        shown = head.split(b"\n", 1)[0][:40].decode("utf-8", "replace")
        reason = f"this is text, perhaps {text}: {shown!r}"
        fix = f"recordsmith convert FILE train.pbr --from {text}"
        note_damage(ctx, "file/not-recordio", reason, fix, first)
        return True
    raw = raw_payloads(head)
    if raw is None:
        return False
    if set(raw.kinds) == {"recordio"}:
        reason = "every frame holds RecordIO again: the records are wrapped twice"
        fix = "leave RecordWrapperType unset for data that are RecordIO already"
        rule = "file/double-wrapped"
    else:
        reason = f"the frames hold {raw.what}, not records of SageMaker's protobuf schema"
        fix = "for images the content type is application/x-recordio; else write records"
        rule = "file/raw-recordio"
    n_frames = _count_frames(opened)
    note_damage(ctx, rule, f"{reason} ({n_frames:,} frames)", fix, first)
    return True


def _count_frames(opened: Input) -> int:
    """Records to the end of the file, or to the first that is none."""
    stream = PayloadStream(opened.file)
    with suppress(RecordsmithError):
        for _ in stream:
            pass
    return stream.n_records
