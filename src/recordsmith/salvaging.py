"""All whole records out of a damaged file, and an account of what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from .publish import open_output
from .resync import Lost, walk
from .storage import open_input

if TYPE_CHECKING:
    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["SalvageReport", "salvage"]


@dataclass(frozen=True)
class SalvageReport:
    """What :func:`salvage` kept and lost.

    Attributes
    ----------
    records : int
        Whole records written.
    bytes_read, bytes_kept : int
        Bytes of the input, and those of them in whole records.
    lost : tuple of Lost
        The stretches in between, in order: begin, end (byte offsets), record, reason.
    """

    records: int
    bytes_read: int
    bytes_kept: int
    lost: tuple[Lost, ...]

    @property
    def bytes_lost(self) -> int:
        """Bytes in no whole record."""
        return self.bytes_read - self.bytes_kept


def salvage(
    src: Any,
    dest: Any,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> SalvageReport:
    """Write all whole records of a damaged RecordIO-protobuf file to another file.

    Parameters
    ----------
    src, dest : path, "-", or binary file object
        dest appears only when it is complete.
    overwrite : bool, default False
    progress : callable(bytes_done, bytes_total or None, records_done), optional

    Returns
    -------
    SalvageReport

    Notes
    -----
    Damage inside the numbers of a record leaves no trace: such a record counts as whole.
    Split records are written as whole ones.

    Examples
    --------
    >>> import io, recordsmith as rs
    >>> data = bytearray(rs.encode([[1], [2], [3]]))
    >>> data[len(data) // 3] ^= 1
    >>> out = io.BytesIO()
    >>> report = salvage(io.BytesIO(data), out)
    >>> report.records, [(one.begin, one.end) for one in report.lost]
    (2, [(28, 56)])
    """
    lost: list[Lost] = []
    records = kept = end = 0
    with open_input(src) as source, open_output(dest, overwrite=overwrite) as sink:
        for item in walk(source.file):
            if isinstance(item, Lost):
                lost.append(item)
            else:
                sink.write(item.frames)
                records += item.batch.n_rows
                kept += item.end - item.begin
            end = item.end
            if progress is not None:
                progress(source.position(), source.size, records)
    return SalvageReport(records, end, kept, tuple(lost))
