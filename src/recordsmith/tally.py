"""What a conversion did to the data, counted: nothing is lost in silence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

__all__ = ["Tally"]


@dataclass
class Tally:
    """Counts of everything that was changed, filled in or left out on the way.

    One is passed down a pipeline and added to by every stage; its values end in
    :class:`recordsmith.WriteResult`.

    Attributes
    ----------
    rows : int
        Rows that came out.
    nulls : int
        Missing values that were replaced as the option said.
    bad_rows : int
        Rows skipped because the user asked for it.
    values_rounded : int
        Numbers that a cast changed without overflow (float64 -> float32, say).
    max_relative_error : float
        Largest relative change among them.
    keys_sorted, duplicates_summed : int
        Sparse rows whose keys were put in order; stored entries merged into another.
    empty_rows, zeros_added : int
        Sparse rows without a stored value; explicit zeros written for them.
    dropped : int
        Values that have no place in the target and were left out on request (weights,
        qid).
    """

    rows: int = 0
    nulls: int = 0
    bad_rows: int = 0
    values_rounded: int = 0
    max_relative_error: float = 0.0
    keys_sorted: int = 0
    duplicates_summed: int = 0
    empty_rows: int = 0
    zeros_added: int = 0
    dropped: int = 0

    def changes(self) -> dict[str, int | float]:
        """Everything but `rows` that is not zero, by name."""
        return {k: v for k, v in asdict(self).items() if k != "rows" and v}

    def add(self, other: Tally) -> None:
        """Take over another tally's counts."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            both = (
                max(mine, theirs) if field.name == "max_relative_error" else mine + theirs
            )
            setattr(self, field.name, both)
