"""RecordIO-protobuf files become batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import FormatError
from ..payloads import raw_payloads
from ..reader import iter_batches_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..batch import Batch
    from ..decoder import Room
    from ..tally import Tally
    from .files import Files

__all__ = ["from_recordio"]

_LOOK_AT = 1 << 16
_OF_FRAMES = ("RS_E_MAGIC", "RS_E_FRAME_TRUNCATED", "RS_E_TRAILING")


def from_recordio(
    files: Files,
    *,
    n_features: int | None = None,
    ragged: bool = False,
    threads: int | None = 1,
    tally: Tally,
    room: Room | None = None,
) -> Iterator[Batch]:
    """Batches of RecordIO-protobuf files, one after another."""
    first_row = 0
    for opened in files:
        head = bytes(opened.file.peek(_LOOK_AT)[:_LOOK_AT])
        batches = iter_batches_from(
            opened.file,
            name=opened.name,
            n_features=n_features,
            ragged=ragged,
            threads=threads,
            room=room,
        )
        try:
            for batch in batches:
                yield replace(batch, first_row=first_row)
                first_row += batch.n_rows
        except FormatError as error:
            raise _explained(error, head) from None


def _explained(error: FormatError, head: bytes) -> FormatError:
    """The error, or what is said of a file that holds no records from the first on."""
    if error.row != 1 or error.code in _OF_FRAMES:
        return error
    raw = raw_payloads(head)
    if raw is None:
        return error
    reason = f"the RecordIO frames hold {raw.what}, not records of SageMaker's schema"
    advice = (
        "recordsmith inspect describes it, recordsmith.read_frames() gives the payloads"
    )
    if set(raw.kinds) == {"recordio"}:
        advice = "the records were framed twice: write the payloads of the outer frames"
    elif set(raw.kinds) <= {"bytes", "empty"}:
        reason += f" ({error.reason})"
    path, row, unit = error.path, error.row, error.unit
    return FormatError(reason, advice=advice, path=path, row=row, unit=unit, offset=0)
