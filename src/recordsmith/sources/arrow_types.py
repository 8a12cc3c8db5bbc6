"""What an Arrow type can be in a record: a number, a vector, a sparse row, or text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPARSE_KEYS", "Kind", "common_dtype", "describe", "kind_of", "storage_type"]

_INT_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
_UINT_BITS = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}


@dataclass(frozen=True)
class Kind:
    """What a column of some Arrow type can be.

    Attributes
    ----------
    form : {"scalar", "fixed", "list", "sparse", "text", "refused"}
        A number a row; a vector of one width; of any width; keys and values; text (uid
        and metadata only); no place in a record.
    dtype : str, default ""
        NumPy dtype that holds the numbers without loss: "bool", "int8" ... "float64";
        "null" for a column without any value.
    shape : tuple of int, default ()
        Of the vectors of "fixed".
    advice : str, default ""
        What to do about a column that is refused.
    """

    form: str
    dtype: str = ""
    shape: tuple[int, ...] = ()
    advice: str = ""

    @property
    def width(self) -> int:
        """Numbers of a row, for "scalar" and "fixed"."""
        return math.prod(self.shape)


def storage_type(type_: pa.DataType) -> pa.DataType:
    """The type that an extension type is stored as; any other type itself."""
    while hasattr(type_, "storage_type"):
        type_ = type_.storage_type
    return type_


def kind_of(type_: pa.DataType) -> Kind:
    """What a column of this type can be."""
    shape = tuple(getattr(type_, "shape", ()))  # of the canonical fixed_shape_tensor
    plain = storage_type(type_)
    dtype = _number(plain)
    if dtype:
        return Kind("scalar", dtype)
    if _is(plain, "fixed_size_list"):
        return _fixed(plain, shape)
    if _is(plain, "list", "large_list", "list_view", "large_list_view"):
        return _list(plain)
    if _is(plain, "struct"):
        return _struct(plain)
    return _other(plain)


def _is(type_: pa.DataType, *names: str) -> bool:
    """Is it one of these? Older releases of pyarrow lack the newest types."""
    from pyarrow import types

    return any(getattr(types, f"is_{name}", _never)(type_) for name in names)


def _never(type_: pa.DataType) -> bool:
    return False


def _number(type_: pa.DataType) -> str:
    """The NumPy dtype of a numeric type, or ""."""
    if _is(type_, "dictionary", "run_end_encoded"):
        return _number(storage_type(type_.value_type))
    if _is(type_, "null"):
        return "null"
    if _is(type_, "boolean"):
        return "bool"
    if _is(type_, "decimal"):
        return "float64"
    if _is(type_, "integer", "floating"):
        return str(np.dtype(type_.to_pandas_dtype()).name)
    return ""


def _fixed(type_: pa.DataType, shape: tuple[int, ...]) -> Kind:
    sizes = [type_.list_size]
    inner = storage_type(type_.value_type)
    while _is(inner, "fixed_size_list"):
        sizes.append(inner.list_size)
        inner = storage_type(inner.value_type)
    dtype = _number(inner)
    if not dtype:
        return Kind("refused", advice="turn its items into numbers first")
    return Kind("fixed", dtype, shape or tuple(sizes))


def _list(type_: pa.DataType) -> Kind:
    dtype = _number(storage_type(type_.value_type))
    if dtype:
        return Kind("list", dtype)
    return Kind("refused", advice="flatten it to a list of numbers first")


SPARSE_KEYS = ("keys", "indices", "index")


def _struct(type_: pa.DataType) -> Kind:
    """Structs of keys and values are sparse rows: Spark's vectors, and our own."""
    parts = {field.name: kind_of(field.type) for field in struct_fields(type_)}
    keys = next((parts[name] for name in SPARSE_KEYS if name in parts), None)
    values = parts.get("values")
    if (
        keys is not None
        and values is not None
        and keys.form == values.form == "list"
        and np.dtype(keys.dtype if keys.dtype != "null" else "f8").kind in "iu"
        and set(parts) <= {*SPARSE_KEYS, "values", "size", "shape", "type"}
    ):
        return Kind("sparse", values.dtype)
    return Kind("refused", advice="make its fields columns of their own")


def struct_fields(type_: pa.DataType) -> list[pa.Field]:
    """The fields of a struct type."""
    return [type_.field(i) for i in range(type_.num_fields)]


def _other(type_: pa.DataType) -> Kind:
    if _is(type_, "dictionary") and kind_of(type_.value_type).form == "text":
        return Kind("text", advice="encode it as numbers first (one-hot or ordinal)")
    if _is(type_, "string", "large_string", "string_view"):
        return Kind("text", advice="encode it as numbers first (one-hot or ordinal)")
    if _is(type_, "timestamp", "date", "time", "duration", "interval"):
        return Kind("refused", advice="turn it into a number first, such as seconds")
    return Kind("refused", advice="turn it into numbers first")


def common_dtype(dtypes: list[str], *, as_float: bool = False) -> str:
    """The smallest NumPy dtype that holds numbers of all these without loss.

    int64 and uint64 beside floats give float64, which is exact to 2^53 only: the values
    are checked.

    Parameters
    ----------
    dtypes : list of str
        As `Kind.dtype` has them.
    as_float : bool, default False
        NaN must fit as well.

    Examples
    --------
    >>> common_dtype(["int32", "float32"]), common_dtype(["uint8", "float32"])
    ('float64', 'float32')
    >>> common_dtype(["bool", "int64"]), common_dtype(["null", "int16"])
    ('int64', 'int32')
    """
    found = {name for name in dtypes if name != "null"}
    if not found:
        return "float64"
    int_bits = max(
        [{**_INT_BITS, **_UINT_BITS}.get(name, 1) for name in found if name[0] in "iub"],
        default=0,
    )
    floats = {name for name in found if name.startswith("float")}
    if floats or as_float:
        single = "float64" not in floats and int_bits <= 16
        return "float32" if single else "float64"
    if found == {"uint64"}:
        return "uint64"
    return "int64" if int_bits == 64 or "uint32" in found else "int32"


def describe(type_: Any) -> str:
    """An Arrow type in a message: short."""
    text = str(type_)
    return text if len(text) <= 60 else text[:57] + "..."
