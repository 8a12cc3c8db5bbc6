"""What a comparison found: plain values, and how they print."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

__all__ = ["Candidate", "Comparison", "Loss", "Sample", "Timing"]

_VERSION = 1
_FLOAT32_STEP = 2.0**-23  # rounding to the nearest float32 changes half of that at most


@dataclass(frozen=True)
class Sample:
    """The rows on which all was measured.

    Attributes
    ----------
    rows : int
    bytes : int
        Of these rows in memory.
    total_rows : int or None
        Rows of the whole source, None if nothing tells.
    exact : bool
        Whether `total_rows` was counted; else it is worked out from bytes.
    total_bytes : int or None
        Size of the source as it is stored.
    how : str
        Which rows were taken.
    schema : str
        The fields, as text.
    width : int or None
        Features of a row, None where that varies.
    density : float or None
        Part of the features that is not zero.
    break_even : float or None
        Below this part of non-zeros, sparse records of this width are smaller.
    changes : dict
        What reading the source changed, counted: see :class:`recordsmith.Tally`.
    """

    rows: int
    bytes: int
    total_rows: int | None
    exact: bool
    total_bytes: int | None
    how: str
    schema: str = ""
    width: int | None = None
    density: float | None = None
    break_even: float | None = None
    changes: dict[str, int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """Seconds for the candidate's rows: the median of several passes, and their range."""

    seconds: float
    fastest: float
    slowest: float
    passes: int

    @property
    def spread(self) -> float:
        """Slowest less fastest, as a part of the median."""
        return (self.slowest - self.fastest) / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Loss:
    """What came back otherwise than it was, found by reading the file and comparing.

    Attributes
    ----------
    rows : int
        Rows that did not come back.
    values_changed : int
        Features that came back as another number; `whole_changed` of them were whole.
    max_relative_error : float
        The largest relative change among them.
    values_lost : int
        Features that came back as zero or not at all, or came from nowhere.
    labels_changed : int
        Labels that came back as another number, by `label_error` of it at most.
    labels_wrong : int
        Labels that did not come back, or were whole numbers and came back as others.
    extras_dropped : int
        Ids and metadata that the format has no place for.
    explicit_zeros : int
        Zeros that were stored in sparse rows and are not any more.
    """

    rows: int = 0
    values_changed: int = 0
    whole_changed: int = 0
    max_relative_error: float = 0.0
    values_lost: int = 0
    labels_changed: int = 0
    label_error: float = 0.0
    labels_wrong: int = 0
    extras_dropped: int = 0
    explicit_zeros: int = 0

    @property
    def nothing(self) -> bool:
        """Did everything come back as it was?"""
        return self == Loss()

    @property
    def only_rounding(self) -> bool:
        """Is all that changed what rounding to the nearest float32 changes?

        Examples
        --------
        >>> Loss(values_changed=3, max_relative_error=4e-8).only_rounding
        True
        >>> Loss(values_lost=1).only_rounding
        False
        """
        worst = max(self.max_relative_error, self.label_error)
        wrong = self.rows or self.values_lost or self.labels_wrong
        return not wrong and worst <= _FLOAT32_STEP

    def __str__(self) -> str:
        parts = []
        if self.rows:
            parts.append(f"{self.rows:,} rows")
        if self.values_lost:
            parts.append(f"{self.values_lost:,} values")
        if self.values_changed:
            whole = (
                f", {self.whole_changed:,} of them whole" if self.whole_changed else ""
            )
            parts.append(
                f"{self.values_changed:,} values changed{whole} (by at most "
                f"{self.max_relative_error:.1e} of the value)"
            )
        if self.labels_changed:
            parts.append(f"{self.labels_changed:,} labels changed")
        if self.labels_wrong:
            parts.append(f"{self.labels_wrong:,} labels wrong")
        if self.extras_dropped:
            parts.append(f"{self.extras_dropped:,} ids or metadata")
        if self.explicit_zeros:
            parts.append(f"{self.explicit_zeros:,} stored zeros")
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True)
class Candidate:
    """One way to write the rows, and what it costs.

    Attributes
    ----------
    name : str
        "RecordIO-protobuf, sparse".
    kind : str
        As the table calls it: "recordio-protobuf", "csv", "libsvm", "parquet", ...
    density : {"dense", "sparse"} or None
    content_type : str
        The channel's ContentType, with what `label_size` has to be.
    dtype : str or None
        Of the features as they are written; None in text, which holds what it is given.
    problem : str or None
        Why it was not measured, or cannot be used; what follows is then unknown.
    unconfirmed : tuple of str
        Facts on which its use rests and that nobody confirmed.
    meaning : str or None
        What the rows would mean that they do not mean now.
    pipe, fast_file : bool or None
        Whether it can be streamed so; None: nobody knows.
    pipe_sure, fast_file_sure : bool
        Whether that is confirmed.
    shards : str
        How files of it can be cut and joined.
    restrictions : tuple of str
        What the file must or must not have.
    rows : int
        Rows that were measured: fewer than the sample if these took too much space.
    bytes : int or None
    total_bytes : int or None
        Of the whole source, extrapolated.
    write, read : Timing or None
        In one thread. What is read is read with recordsmith's own reader.
    loss : Loss or None
    settings : dict
        Parameters of :func:`recordsmith.convert` that make it.
    command, python : str or None
        The same as a command line, and as a call.
    """

    name: str
    kind: str
    content_type: str
    density: str | None = None
    dtype: str | None = None
    problem: str | None = None
    unconfirmed: tuple[str, ...] = ()
    meaning: str | None = None
    pipe: bool | None = None
    pipe_sure: bool = False
    fast_file: bool | None = None
    fast_file_sure: bool = False
    shards: str = ""
    restrictions: tuple[str, ...] = ()
    rows: int = 0
    bytes: int | None = None
    total_bytes: int | None = None
    write: Timing | None = None
    read: Timing | None = None
    loss: Loss | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    command: str | None = None
    python: str | None = None

    @property
    def bytes_per_row(self) -> float | None:
        """Bytes of the file divided by its rows."""
        return None if self.bytes is None else self.bytes / max(1, self.rows)

    @property
    def write_s_per_row(self) -> float | None:
        """Seconds to write one row."""
        return None if self.write is None else self.write.seconds / max(1, self.rows)

    @property
    def read_s_per_row(self) -> float | None:
        """Seconds to read one row back."""
        return None if self.read is None else self.read.seconds / max(1, self.rows)


@dataclass(frozen=True)
class Comparison:
    """What :func:`recordsmith.compare` found.

    Attributes
    ----------
    algorithm, algorithm_name : str
        "linear-learner", "Linear Learner".
    container, input_mode : str or None
        As they were asked for.
    source : str
        What was compared, for people.
    sample : Sample or None
        None where nothing was measured.
    candidates : tuple of Candidate
        In the order of the table, which begins with what to prefer.
    recommended : Candidate or None
        One of them; None if none can be used.
    advice : str
        The one line: what to do.
    reasons : tuple of str
        Why, with figures.
    notes : tuple of str
        What else to know: how it was measured, what is not confirmed.

    Notes
    -----
    `str()` gives tables for a terminal, notebooks show HTML.
    """

    algorithm: str
    algorithm_name: str
    container: str | None
    input_mode: str | None
    source: str
    sample: Sample | None
    candidates: tuple[Candidate, ...]
    recommended: Candidate | None
    advice: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def measured(self) -> tuple[Candidate, ...]:
        """The candidates that were measured."""
        return tuple(one for one in self.candidates if one.bytes is not None)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values; the keys are stable."""
        found = {"version": _VERSION, **asdict(self)}
        found["recommended"] = self.recommended and self.recommended.name
        for one, plain in zip(self.candidates, found["candidates"]):
            plain["bytes_per_row"] = one.bytes_per_row
            plain["write_s_per_row"] = one.write_s_per_row
            plain["read_s_per_row"] = one.read_s_per_row
        return found

    def to_json(self) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict(), default=str)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw size, time to write and time to read as bars.

        Parameters
        ----------
        path : path
            The suffix tells the kind of picture: .svg, .png, .pdf.

        Raises
        ------
        InputError
            If nothing was measured, or matplotlib is not installed.
        """
        from .drawing import draw

        draw(self, path)

    def __str__(self) -> str:
        from .rendering import to_text

        return to_text(self)

    def _repr_html_(self) -> str:
        from .rendering import to_html

        return to_html(self)
