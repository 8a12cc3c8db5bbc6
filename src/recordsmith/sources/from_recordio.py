"""RecordIO-protobuf files become batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..reader import iter_batches_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..batch import Batch
    from ..decoder import Room
    from ..tally import Tally
    from .files import Files

__all__ = ["from_recordio"]


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
        for batch in iter_batches_from(
            opened.file,
            name=opened.name,
            n_features=n_features,
            ragged=ragged,
            threads=threads,
            room=room,
        ):
            yield replace(batch, first_row=first_row)
            first_row += batch.n_rows
