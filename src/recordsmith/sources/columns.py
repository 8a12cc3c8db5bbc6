"""Which columns of a table become what: label, features, uid, metadata, or nothing.

The rules, for every source that has columns:

- `features` names them in the order wanted; by default all that are left, in the table's
  order. Several numeric columns, and vectors of fixed width, form one dense feature; a
  mapping of names to lists of columns gives several named features.
- A column of lists alone is a feature of any width (token lists); beside other columns
  all of its lists must have the length of the first.
- A struct of keys (or indices) and values is a sparse feature, and stands alone.
- Text, categories of text, times and nested data have no place in a record. They are
  refused by name, all at once, unless they are left out with `drop` or taken as `uid` or
  `metadata`.
- The index that pandas stores beside a frame is no feature.
- The dtype is decided by the table's schema, never by the values of a batch: the smallest
  that holds all of a feature's columns without loss.
"""

from __future__ import annotations

import difflib
import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from ..errors import InputError, UnsupportedTypeError
from .arrow_types import Kind, common_dtype, describe, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Columns",
    "Feature",
    "Layout",
    "Selection",
    "index_columns",
    "lay_out",
    "near",
    "select",
]

Selector = Union[str, int, Sequence[Union[str, int]], None]

_SHOWN = 8


@dataclass(frozen=True)
class Columns:
    """What the user said about the columns; each by name, or by position from 0.

    Attributes
    ----------
    label : str, int, or list of them, optional
        Several give a vector label.
    features : str, int, list of them, or mapping of names to those, optional
        By default all columns that are left.
    drop : str, int or list of them, default ()
    uid, metadata : str or int, optional
        Columns of text or integers that go into the record's uid and metadata.
    """

    label: Selector = None
    features: Any = None
    drop: Selector = ()
    uid: str | int | None = None
    metadata: str | int | None = None


@dataclass(frozen=True)
class Selection:
    """Names of the columns by what they become."""

    features: tuple[tuple[str, tuple[str, ...]], ...]
    label: tuple[str, ...] = ()
    uid: str | None = None
    metadata: str | None = None

    @property
    def needed(self) -> list[str]:
        """All columns that are read, each once."""
        names = [name for _, columns in self.features for name in columns]
        names += [
            *self.label,
            *(one for one in (self.uid, self.metadata) if one is not None),
        ]
        return list(dict.fromkeys(names))


def select(
    names: Sequence[str], columns: Columns, index: Sequence[str] = ()
) -> Selection:
    """Resolve what the user said against the names that exist.

    Parameters
    ----------
    index : sequence of str
        Names of columns that are an index: left out unless they are named.

    Raises
    ------
    InputError
        If a name does not exist or exists twice, or a column is to become two things.
    """
    repeated = (
        sorted({name for name in names if names.count(name) > 1})
        if (len(set(names)) < len(names))
        else []
    )
    if repeated:
        raise InputError(
            f"several columns have the name {_listed(repeated)}",
            advice="rename them: each column needs a name of its own",
        )
    label = _resolve(columns.label, names, "label")
    dropped = _resolve(columns.drop, names, "drop")
    uid = _resolve(columns.uid, names, "uid")
    metadata = _resolve(columns.metadata, names, "metadata")
    taken = {"label": label, "drop": dropped, "uid": uid, "metadata": metadata}
    features = _features(columns.features, names, taken, index)
    taken["features"] = [name for _, group in features for name in group]
    _refuse_double_use(taken)
    return Selection(
        tuple((name, tuple(group)) for name, group in features),
        tuple(label),
        uid[0] if uid else None,
        metadata[0] if metadata else None,
    )


def _features(
    wanted: Any, names: Sequence[str], taken: dict[str, list[str]], index: Sequence[str]
) -> list[tuple[str, list[str]]]:
    if isinstance(wanted, Mapping):
        groups = [(str(k), _resolve(v, names, "features")) for k, v in wanted.items()]
    elif wanted is not None:
        groups = [("values", _resolve(wanted, names, "features"))]
    else:
        gone = {*index, *(name for used in taken.values() for name in used)}
        groups = [("values", [name for name in names if name not in gone])]
    if not groups or any(not group for _, group in groups):
        raise InputError(
            f"no column is left for the features (the columns are {_listed(names)})",
            advice="name them with features=",
        )
    return groups


def _resolve(wanted: Any, names: Sequence[str], option: str) -> list[str]:
    if wanted is None:
        return []
    if isinstance(wanted, (str, int)) or not hasattr(wanted, "__iter__"):
        wanted = [wanted]
    return [_resolve_one(one, names, option) for one in wanted]


def _resolve_one(wanted: Any, names: Sequence[str], option: str) -> str:
    if isinstance(wanted, str):
        if wanted in names:
            return wanted
        raise InputError(
            f"{option}={wanted!r}: no such column; the columns are {_listed(names)}",
            advice=near(wanted, names),
        )
    if isinstance(wanted, bool) or not hasattr(wanted, "__index__"):
        raise InputError(f"{option}={wanted!r}: expected a column's name or position")
    at = operator.index(wanted)
    if not -len(names) <= at < len(names):
        raise InputError(
            f"{option}={at}: no such position, the table has {len(names)} columns",
            advice="positions count from 0; -1 is the last column",
        )
    return names[at]


def near(wanted: str, names: Sequence[str]) -> str:
    """Advice that lists the names that look like the one that was wanted."""
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(wanted.lower(), list(lower), n=3)
    return (
        f"did you mean {' or '.join(repr(lower[one]) for one in close)}?" if close else ""
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "none"


def _refuse_double_use(taken: dict[str, list[str]]) -> None:
    first: dict[str, str] = {}
    for option, names in taken.items():
        for name in names:
            if name in first:
                raise InputError(
                    f"column {name!r} is named twice: {first[name]}= and {option}=",
                    advice="a column can become one thing only",
                )
            first[name] = option


# -- against a schema ------------------------------------------------------------------


@dataclass(frozen=True)
class Feature:
    """One numeric field to be: its columns, what each is, and the dtype that holds all.

    Attributes
    ----------
    form : {"dense", "ragged", "csr"}
    natural : str
        NumPy dtype in which the columns come together before the cast to the wire's.
    shape : tuple of int or None
        Shape of a single column of arrays with more than one dimension.
    """

    role: str
    name: str
    form: str
    columns: tuple[tuple[str, Kind], ...]
    natural: str
    shape: tuple[int, ...] | None = None

    @property
    def what(self) -> str:
        """What messages call the values."""
        return {"feature": "features", "label": "labels"}[self.role]


@dataclass(frozen=True)
class Layout:
    """How the columns of a table become the fields of a batch."""

    numeric: tuple[Feature, ...]
    texts: tuple[tuple[str, str], ...]
    selection: Selection


def lay_out(schema: pa.Schema, columns: Columns, nulls: Any = "error") -> Layout:
    """Decide, from the schema alone, which fields a table's batches have.

    Parameters
    ----------
    schema : pyarrow.Schema
    columns : Columns
    nulls : "error", "nan" or number
        What missing features become: it must fit into their dtype.

    Raises
    ------
    InputError
        If a name is wrong or used twice, or columns cannot stand beside each other.
    UnsupportedTypeError
        If columns have types that no record can hold; the message names all of them.
    """
    selection = select(schema.names, columns, index_columns(schema))
    used = set(selection.needed)
    kinds = {field.name: kind_of(field.type) for field in schema if field.name in used}
    _refuse_types(schema, selection, kinds)
    numeric = []
    for name, group in selection.features:
        numeric.append(
            _feature(name, [(one, kinds[one]) for one in group], schema, nulls)
        )
    if selection.label:
        numeric.append(_label([(one, kinds[one]) for one in selection.label]))
    roles = (("uid", selection.uid), ("metadata", selection.metadata))
    texts = tuple((role, name) for role, name in roles if name is not None)
    return Layout(tuple(numeric), texts, selection)


def index_columns(schema: pa.Schema) -> list[str]:
    """Columns that pandas stored as the index of a frame."""
    raw = (schema.metadata or {}).get(b"pandas")
    try:
        stored = json.loads(raw)["index_columns"] if raw else []
    except (ValueError, KeyError, TypeError):
        return []
    return [name for name in stored if isinstance(name, str)]


def _refuse_types(
    schema: pa.Schema, selection: Selection, kinds: dict[str, Kind]
) -> None:
    numeric = [name for _, group in selection.features for name in group]
    bad = [name for name in numeric if kinds[name].form in ("text", "refused")]
    if bad:
        advice = "; or ".join(sorted({kinds[name].advice for name in bad}))
        found = [
            f"{name!r} ({describe(schema.field(name).type)})" for name in bad[:_SHOWN]
        ]
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise UnsupportedTypeError(
            f"columns that are no numbers: {', '.join(found)}{more}",
            advice=f"leave them out with drop={bad[:_SHOWN]!r}, or {advice}",
        )
    for name in selection.label:
        if kinds[name].form not in ("scalar", "fixed"):
            found_type = describe(schema.field(name).type)
            raise UnsupportedTypeError(
                f"the label {name!r} is {found_type}, expected numbers",
                advice="encode the classes as 0, 1, 2, ...",
            )
    for role, column in (("uid", selection.uid), ("metadata", selection.metadata)):
        if column is None:
            continue
        kind = kinds[column]
        integral = kind.form == "scalar" and kind.dtype[0] in "iun"
        if kind.form != "text" and not integral:
            raise UnsupportedTypeError(
                f"the {role} column {column!r} is {describe(schema.field(column).type)}, "
                "expected text or integers"
            )


def _feature(
    name: str, columns: list[tuple[str, Kind]], schema: pa.Schema, nulls: Any
) -> Feature:
    as_float = nulls == "nan" or (nulls != "error" and not _is_int32(nulls))
    natural = common_dtype([kind.dtype for _, kind in columns], as_float=as_float)
    sparse = [column for column, kind in columns if kind.form == "sparse"]
    if sparse and len(columns) > 1:
        raise InputError(
            f"column {sparse[0]!r} holds sparse rows, which stand alone",
            advice="pass features= with this column alone, or features={name: [...]} for "
            "several named features",
        )
    if sparse:
        return Feature("feature", name, "csr", tuple(columns), natural)
    single = columns[0][1] if len(columns) == 1 else None
    if single is not None and single.form == "list":
        return Feature("feature", name, "ragged", tuple(columns), natural)
    shape = None
    if single is not None and single.form == "fixed":
        shape = _stored_shape(schema.field(columns[0][0]), single)
    return Feature("feature", name, "dense", tuple(columns), natural, shape)


def _is_int32(number: float) -> bool:
    return -(2**31) <= number < 2**31 and number == int(number)


def _stored_shape(field: pa.Field, kind: Kind) -> tuple[int, ...] | None:
    """Shape of a column of arrays; `Batch.to_arrow` keeps it in the metadata."""
    raw = (field.metadata or {}).get(b"recordsmith.shape")
    if raw is not None:
        try:
            shape = tuple(int(part) for part in raw.split(b","))
        except ValueError:
            shape = ()
        if Kind("fixed", shape=shape).width == kind.width and shape:
            return shape
    return kind.shape if len(kind.shape) > 1 else None


def _label(columns: list[tuple[str, Kind]]) -> Feature:
    natural = common_dtype([kind.dtype for _, kind in columns])
    return Feature("label", "values", "dense", tuple(columns), natural)
