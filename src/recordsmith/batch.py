"""Rows in memory: a batch is a list of fields, as a record is.

This module owns what a batch may look like. `casts` owns how arrays of other kinds become
one; `exports` how a batch becomes something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, UnsupportedTypeError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas
    import pyarrow
    from scipy.sparse import csr_matrix

    Array = npt.NDArray[Any]

__all__ = ["CONFIGURATION", "FEATURE", "LABEL", "METADATA", "UID", "Batch", "Field"]

FEATURE = "feature"
LABEL = "label"
UID = "uid"
METADATA = "metadata"
CONFIGURATION = "configuration"
_TEXT_ROLES = (UID, METADATA, CONFIGURATION)
_NUMBERS = ("float32", "float64", "int32")
# kind -> (dimensions of `values`, do they hold numbers, arrays needed)
_KINDS = {
    "dense": (2, True, ("values",)),
    "ragged": (1, True, ("values", "offsets")),
    "csr": (1, True, ("values", "offsets", "keys")),
    "text": (1, False, ("values", "offsets")),
    "blobs": (1, False, ("values", "offsets", "item_offsets")),
}


@dataclass(frozen=True, eq=False)
class Field:
    """One field of all rows of a batch.

    Attributes
    ----------
    role : {"feature", "label", "uid", "metadata", "configuration"}
        The part of the record that it belongs to.
    kind : {"dense", "ragged", "csr", "text", "blobs"}
        dense: `width` numbers a row; ragged: any count; csr: numbers with keys; text:
        UTF-8 (uid, metadata, configuration); blobs: any count of byte strings.
    values : ndarray
        dense: (n_rows, width); ragged and csr: (n_values,); of float32, float64 or int32
        in native byte order. text and blobs: (n_bytes,) uint8. A dense row's numbers are
        adjacent in memory; rows may lie apart.
    name : str, default "values"
        Key in the features or label map; "" for uid, metadata, configuration.
    shape : tuple of int or None, default None
        Shape written into each record; None for none. Keys of csr count through it in C
        order. Required of csr unless the records that it was read from had none.
    offsets : ndarray (n_rows + 1,) of int64 or int32, optional
        Row boundaries in `values` (blobs: in `item_offsets`), not for dense.
    keys : ndarray (n_values,) of int64 or int32, optional
        csr only.
    item_offsets : ndarray (n_items + 1,) of int64, optional
        blobs only: boundaries of the byte strings in `values`.
    content_type : str or None
        blobs only.
    present : ndarray (n_rows,) of bool, optional
        False where a row lacks the field; None: all rows have it.
    """

    role: str
    kind: str
    values: Array
    name: str = "values"
    shape: tuple[int, ...] | None = None
    offsets: Array | None = None
    keys: Array | None = None
    item_offsets: Array | None = None
    content_type: str | None = None
    present: Array | None = None

    def __post_init__(self) -> None:
        _check_parts(self)
        _check_lengths(self)

    @property
    def n_rows(self) -> int:
        """Rows, those that lack the field included."""
        return len(self.values) if self.offsets is None else len(self.offsets) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers; uint8 for text and blobs."""
        return self.values.dtype

    @property
    def width(self) -> int | None:
        """Numbers of a dense row, columns of a sparse one; None where that varies."""
        if self.kind == "dense":
            return int(self.values.shape[1])
        if self.kind == "csr" and self.shape is not None:
            return int(np.prod(self.shape, dtype=object))
        return None

    @property
    def bounds(self) -> Array:
        """`offsets` of a kind that has them: (n_rows + 1,)."""
        if self.offsets is None:
            raise InputError(f"{self.kind} rows have no offsets")
        return self.offsets

    @property
    def stored(self) -> Array:
        """The part of `values` that the rows use (a batch may be a part of another)."""
        if self.offsets is None:
            return self.values
        return self.values[int(self.offsets[0]) : int(self.offsets[-1])]

    @property
    def stored_keys(self) -> Array:
        """The part of `keys` that the rows use, for csr."""
        if self.keys is None:
            raise InputError(f"{self.kind} rows have no keys")
        return self.keys[int(self.bounds[0]) : int(self.bounds[-1])]

    @property
    def item_bounds(self) -> Array:
        """The part of `item_offsets` that the rows use, for blobs."""
        if self.item_offsets is None:
            raise InputError(f"{self.kind} rows have no byte strings")
        return self.item_offsets[int(self.bounds[0]) : int(self.bounds[-1]) + 1]

    def __repr__(self) -> str:
        size = {
            "dense": f"{self.width} wide",
            "csr": f"shape {self.shape}, {len(self.values)} stored",
        }.get(self.kind, f"{len(self.values)} in all")
        name = "" if self.role in _TEXT_ROLES else f" {self.name!r}"
        return f"<{self.role}{name}: {self.kind} {self.dtype}, {size}>"

    def rows(self, begin: int, end: int) -> Field:
        """The field of rows [begin, end), without a copy of the values."""
        part = object.__new__(Field)  # a part of what was checked needs no check
        state = part.__dict__
        state.update(self.__dict__)
        if self.offsets is None:
            state["values"] = self.values[begin:end]
        else:
            state["offsets"] = self.offsets[begin : end + 1]
        if self.present is not None:
            state["present"] = self.present[begin:end]
        return part

    def texts(self) -> list[str | None]:
        """The strings of a text field; None where a row has none."""
        raw = self.values.tobytes()
        here = np.ones(self.n_rows, bool) if self.present is None else self.present
        bounds = self.bounds.tolist()
        return [
            raw[a:b].decode("utf-8", "surrogateescape") if ok else None
            for a, b, ok in zip(bounds, bounds[1:], here.tolist())
        ]

    @staticmethod
    def from_texts(role: str, texts: list[str | None]) -> Field:
        """A text field of strings; None where a row is to have none.

        Examples
        --------
        >>> Field.from_texts("uid", ["a", None, "b"]).texts()
        ['a', None, 'b']
        """
        raw = [b"" if t is None else t.encode("utf-8", "surrogateescape") for t in texts]
        offsets = np.zeros(len(raw) + 1, np.int64)
        np.cumsum([len(r) for r in raw], out=offsets[1:])
        present = np.array([t is not None for t in texts], bool)
        return Field(
            role,
            "text",
            np.frombuffer(b"".join(raw), np.uint8),
            name="",
            offsets=offsets,
            present=None if present.all() else present,
        )


def _check_parts(field: Field) -> None:
    """A field has the arrays that its kind needs, of types that the core can step
    over."""
    if field.kind not in _KINDS or field.role not in (FEATURE, LABEL, *_TEXT_ROLES):
        raise InputError(f"a field is no {field.role!r} of kind {field.kind!r}")
    ndim, numbers, needed = _KINDS[field.kind]
    allowed = _NUMBERS if numbers else ("uint8",)
    for name, types in (
        ("values", allowed),
        ("offsets", ("int32", "int64")),
        ("keys", ("int32", "int64")),
        ("item_offsets", ("int64",)),
        ("present", ("bool",)),
    ):
        array = getattr(field, name)
        if name != "present" and (array is not None) != (name in needed):
            has = "no" if array is None else "surplus"
            raise InputError(
                f"{field.role} {field.name!r}: {field.kind} has {has} {name}"
            )
        if array is None:
            continue
        if array.dtype.name not in types or not array.dtype.isnative:
            raise UnsupportedTypeError(
                f"{field.role} {field.name!r}: {name} are {array.dtype}, expected "
                f"{' or '.join(types)} in native byte order",
                advice="encode() casts arrays; a Field takes them as they are",
            )
        expected = ndim if name == "values" else 1
        if array.ndim != expected:
            raise InputError(
                f"{field.role} {field.name!r}: {name} have {array.ndim} dimensions, "
                f"expected {expected}"
            )


def _check_lengths(field: Field) -> None:
    what = f"{field.role} {field.name!r}"
    for offsets in (field.offsets, field.item_offsets):
        if offsets is not None and not len(offsets):
            raise InputError(f"{what}: no offsets, expected one more than rows")
    if field.keys is not None and len(field.keys) != len(field.values):
        raise InputError(f"{what}: {len(field.keys)} keys for {len(field.values)} values")
    if field.present is not None and len(field.present) != field.n_rows:
        n = len(field.present)
        raise InputError(f"{what}: presence of {n} rows, expected {field.n_rows}")
    if field.kind == "dense" and field.shape is not None:
        n = int(np.prod(field.shape, dtype=object))
        if n != field.values.shape[1]:
            raise InputError(
                f"{what}: shape {field.shape} asks for {n} values, a row has "
                f"{field.values.shape[1]}"
            )


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows in memory, as a list of fields.

    Attributes
    ----------
    fields : tuple of Field
    n_rows : int
    first_row : int, default 0
        Position of the batch's first row in what it was read from, from 0.
    n_padding : int, default 0
        Rows at the end that only fill the batch: see :class:`recordsmith.pipe.Channel`.

    Examples
    --------
    >>> import recordsmith as rs
    >>> batch = rs.decode(rs.encode([[1.0, 2.0], [3.0, 4.0]], [0, 1]))
    >>> batch.features
    array([[1., 2.],
           [3., 4.]])
    >>> batch.labels
    array([0, 1], dtype=int32)
    """

    fields: tuple[Field, ...]
    n_rows: int
    first_row: int = field(default=0)
    n_padding: int = field(default=0)

    def __post_init__(self) -> None:
        for one in self.fields:
            if one.n_rows != self.n_rows:
                raise InputError(
                    f"{one.role} {one.name!r} has {one.n_rows} rows, not {self.n_rows}",
                    advice="features, labels and ids go by position: one for each row",
                )

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        return f"<Batch of {self.n_rows} rows: {', '.join(map(repr, self.fields))}>"

    def rows(self, begin: int, end: int) -> Batch:
        """Rows [begin, end), without a copy of the values."""
        begin = min(max(0, begin), self.n_rows)
        end = max(begin, min(end, self.n_rows))
        parts = tuple(one.rows(begin, end) for one in self.fields)
        padding = min(end - begin, max(0, end - self.n_valid))
        return Batch(parts, end - begin, self.first_row + begin, padding)

    @property
    def n_valid(self) -> int:
        """Rows that count: all but the padding at the end."""
        return self.n_rows - self.n_padding

    def all(self, role: str) -> Iterator[Field]:
        """The fields of one role."""
        return (one for one in self.fields if one.role == role)

    def get(self, role: str, name: str = "values") -> Field | None:
        """The field of a role and name (the name counts for features and labels only)."""
        named = role not in _TEXT_ROLES
        for one in self.fields:
            if one.role == role and (one.name == name or not named):
                return one
        return None

    @property
    def features(self) -> Array | csr_matrix:
        """The only feature: an ndarray (n_rows, *shape), or SciPy CSR if it is sparse.

        Raises InputError if there is none or more than one, if a row lacks it, or if the
        rows differ in width; the message says which.
        """
        return self._only(FEATURE)

    @property
    def labels(self) -> Array | None:
        """The only label: (n_rows,) of numbers, or (n_rows, k); None if there is none."""
        if not any(self.all(LABEL)):
            return None
        labels = self._only(LABEL)
        one: Array = labels[:, 0] if labels.shape[1:] == (1,) else labels
        return one

    @property
    def uids(self) -> list[str | None] | None:
        """The uid of each row, None where a row has none; None if no row has."""
        return self._texts(UID)

    @property
    def metadata(self) -> list[str | None] | None:
        """The metadata of each row, as `uids`."""
        return self._texts(METADATA)

    @property
    def configuration(self) -> list[str | None] | None:
        """The configuration of each row, as `uids`."""
        return self._texts(CONFIGURATION)

    def _texts(self, role: str) -> list[str | None] | None:
        one = self.get(role)
        return None if one is None else one.texts()

    def _only(self, role: str) -> Any:
        found = list(self.all(role))
        if len(found) != 1:
            names = ", ".join(repr(one.name) for one in found) or "none"
            raise InputError(
                f"expected one {role}, found {names}",
                advice=f"take the one you want with batch.get({role!r}, name)",
            )
        from . import exports

        return exports.field_to_array(found[0], self.first_row)

    def to_numpy(self) -> tuple[Array, Array | None]:
        """Features as a dense ndarray (n_rows, n_cols), whatever they were, and
        labels."""
        features = self.features
        dense = features if isinstance(features, np.ndarray) else features.toarray()
        return dense, self.labels

    def to_csr(self) -> tuple[csr_matrix, Array | None]:
        """Features as SciPy CSR (zeros of dense features are not stored), and labels."""
        features = self.features
        if isinstance(features, np.ndarray):
            from scipy.sparse import csr_matrix

            features = csr_matrix(features.reshape(self.n_rows, -1))
        return features, self.labels

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow Table: a column a field; dense rows as fixed-size lists, sparse ones
        as structs of keys and values, token lists as lists."""
        from . import exports

        return exports.batch_to_arrow(self)

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas DataFrame: the label, then a column a feature value (`f0`, `f1`,
        ...)."""
        from . import exports

        return exports.batch_to_pandas(self)
