"""Which files an algorithm would take, by the table, and how each is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..batch import FEATURE, LABEL, Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..algorithm_table.types import Algorithm, Fact, Format

__all__ = ["Plan", "Rows", "plans"]

# kind of the table: (format and suffix of recordsmith, name for people)
_WRITTEN = {
    "recordio-protobuf": ("recordio", ".pbr", "RecordIO-protobuf"),
    "csv": ("csv", ".csv", "CSV"),
    "libsvm": ("libsvm", ".libsvm", "libsvm"),
    "parquet": ("parquet", ".parquet", "Parquet"),
}
_NOT_WRITTEN = {
    "jsonlines": "its keys are the algorithm's own, which recordsmith does not write",
    "json": "its keys are the algorithm's own, which recordsmith does not write",
    "recordio": "these are RecordIO files of images, not of rows of numbers",
    "image": "these are images, not rows of numbers",
    "text": "this is plain text, not rows of numbers",
    "folder": "these are folders of files, not rows of numbers",
}
# Algorithms whose CSV holds text: nothing in the table says so for each column.
_CSV_OF_TEXT = {
    "ipinsights": "two columns of text, an entity and an IPv4 address",
    "text-classification-tensorflow": "a class and a text",
}
# "Sparse elements are missing to the tree booster, zero to the linear one": frequently
# asked questions of the XGBoost documentation, under missing values.
_ABSENT_IS_MISSING = ("xgboost",)
_SHARDS = {
    "recordio-protobuf": "cut and joined at any record",
    "csv": "cut and joined at any line",
    "libsvm": "cut and joined at any line",
    "parquet": "whole files only",
}


@dataclass(frozen=True)
class Rows:
    """What kind of rows there are, as far as formats differ in what they hold.

    Attributes
    ----------
    kind : {"dense", "csr", "ragged", "several", "blobs", "none"}
        Of the feature; "several": there are several.
    width, label_width : int or None
    names : tuple of str
        Of the features.
    nonzero : int
        Numbers that are not zero.
    places : int
        Rows times width.
    """

    kind: str
    names: tuple[str, ...] = ("values",)
    width: int | None = None
    label_width: int | None = None
    nonzero: int = 0
    places: int = 0

    @staticmethod
    def of(batch: Batch, nonzero: int) -> Rows:
        """Of the rows of a batch."""
        features = list(batch.all(FEATURE))
        kinds = {one.kind for one in features}
        kind = kinds.pop() if len(features) == 1 else "several" if features else "none"
        width = features[0].width if len(features) == 1 else None
        label = next(batch.all(LABEL), None)
        return Rows(
            kind,
            tuple(one.name for one in features),
            width,
            None if label is None else label.width,
            nonzero,
            batch.n_rows * (width or 0),
        )


@dataclass(frozen=True)
class Plan:
    """One candidate, before it is measured; the names are those of `Candidate`.

    Attributes
    ----------
    format, suffix : str
        As recordsmith calls it.
    names : tuple of str
        Of the features that its records must have.
    label_dtype : str or None
    sink : dict
        Options of the sink.
    source : dict
        Options to read it back.
    """

    name: str
    kind: str
    content_type: str
    format: str = ""
    suffix: str = ""
    names: tuple[str, ...] = ()
    density: str | None = None
    dtype: str | None = None
    label_dtype: str | None = None
    problem: str | None = None
    unconfirmed: tuple[str, ...] = ()
    meaning: str | None = None
    pipe: bool | None = None
    pipe_sure: bool = False
    fast_file: bool | None = None
    fast_file_sure: bool = False
    restrictions: tuple[str, ...] = ()
    sink: dict[str, Any] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)

    @property
    def shards(self) -> str:
        """How files of it can be cut and joined."""
        return _SHARDS.get(self.kind, "")


def plans(
    algorithm: Algorithm,
    rows: Rows | None,
    *,
    container: str | None = None,
    dtype: str | None = None,
    label_dtype: str | None = None,
    keeps_label: bool = True,
) -> list[Plan]:
    """The candidates of an algorithm, in the order of the table.

    Parameters
    ----------
    rows : Rows or None
        None: nothing is known of the rows; RecordIO-protobuf is one candidate then.
    container : str, optional
        Tag of the image.
    dtype, label_dtype : str, optional
        What the user wants; else what the table names first.
    keeps_label : bool
        Whether the labels, if there are any, are written.
    """
    found = []
    for one in algorithm.formats:
        wanted = _Wanted(algorithm, one, rows, container, dtype, label_dtype, keeps_label)
        found += wanted.plans()
    return found


@dataclass(frozen=True)
class _Wanted:
    """One format of the table, and what it is wanted for."""

    algorithm: Algorithm
    format: Format
    rows: Rows | None
    container: str | None
    dtype: str | None
    label_dtype: str | None
    keeps_label: bool

    def plans(self) -> list[Plan]:
        kind = self.format.kind
        reason = self._not_written()
        if reason is not None:
            name = _WRITTEN[kind][2] if kind in _WRITTEN else self.format.content_type
            return [self._plan(name=name, problem=reason)]
        if kind == "recordio-protobuf":
            return [self._records(density) for density in self._densities()]
        return [
            {"csv": self._csv, "libsvm": self._libsvm, "parquet": self._parquet}[kind]()
        ]

    def _not_written(self) -> str | None:
        kind = self.format.kind
        if kind == "csv" and self.algorithm.key in _CSV_OF_TEXT:
            found = _CSV_OF_TEXT[self.algorithm.key]
            return f"it holds {found}; recordsmith writes numbers"
        if kind == "parquet" and not _value(self.format.label_position):
            return "its columns are the algorithm's own, which recordsmith does not write"
        if kind not in _WRITTEN:
            return _NOT_WRITTEN.get(kind, "recordsmith does not write it")
        return None

    def _plan(self, **settings: Any) -> Plan:
        modes = self.format.input_modes(self.container)
        named = "FastFile" in modes.value
        fast = modes if named else self.algorithm.fast_file
        plan: dict[str, Any] = {
            "name": _WRITTEN.get(self.format.kind, ("", "", self.format.kind))[2],
            "kind": self.format.kind,
            "content_type": self._content_type(),
            "pipe": "Pipe" in modes.value,
            "pipe_sure": modes.sure,
            "fast_file": named or fast.value,
            "fast_file_sure": fast.sure,
        }
        if self.format.kind in _WRITTEN:
            plan["format"], plan["suffix"], _ = _WRITTEN[self.format.kind]
            plan["problem"] = self._label_problem()
        given = {name: value for name, value in settings.items() if value is not None}
        return Plan(**{**plan, **given})

    # -- what holds for all ------------------------------------------------------------

    def _label_width(self) -> int:
        if self.rows is None or not self.keeps_label:
            return 0
        return self.rows.label_width or 0

    def _content_type(self) -> str:
        """With label_size, where it is not what the container assumes anyway."""
        one, parameters = self.format, _value(self.format.parameters)
        if one.kind != "csv" or not parameters or "label_size" not in parameters:
            return one.content_type
        width = self._label_width()
        if self.rows is None:
            rule = _value(one.label_rule())
            width = 1 if rule in ("required", "optional") else 0
        if width == _value(one.label_size_default):
            return one.content_type
        return f"{one.content_type};label_size={width}"

    def _label_problem(self) -> str | None:
        width = self._label_width()
        if width and _value(self.format.label_rule()) == "forbidden":
            return "rows carry labels, which it must not have in the train channel"
        allowed = _value(self.format.label_width)
        sizes = _value(self.format.label_size)
        if allowed is not None and width > allowed:
            return f"a label has {width} values, it takes {allowed}"
        if width > 1 and sizes is not None and width not in sizes:
            return f"a label has {width} values, it takes {', '.join(map(str, sizes))}"
        return None

    def _rows_problem(self) -> str | None:
        """Why the rows have no place in a table of numbers."""
        if self.rows is None or self.rows.kind in ("dense", "csr"):
            return None
        return {
            "several": "rows have several features, it holds one",
            "ragged": "rows differ in length, it has the same columns in each",
        }.get(self.rows.kind, "rows have no features that are numbers")

    def _meaning(self, density: str) -> str | None:
        """What zeros would turn into where the density changes."""
        if self.rows is None or self.algorithm.key not in _ABSENT_IS_MISSING:
            return None
        zeros = self.rows.places - self.rows.nonzero
        if not zeros:
            return None
        if self.rows.kind == "dense" and density == "sparse":
            return f"{zeros:,} zeros of the sample would count as missing"
        if self.rows.kind == "csr" and density == "dense":
            return f"{zeros:,} values that are missing in the sample would count as 0"
        return None

    # -- each format -------------------------------------------------------------------

    def _densities(self) -> tuple[str | None, ...]:
        if self.rows is None or self.rows.kind not in ("dense", "csr"):
            return (None,)
        return _value(self.format.densities) or ("dense",)

    def _records(self, density: str | None) -> Plan:
        one = self.format
        dtypes = _value(one.dtypes) or ()
        dtype = self.dtype or (dtypes[0] if dtypes else None)
        labels = _value(one.label_dtypes)
        unconfirmed = []
        if density == "sparse" and one.densities is not None and not one.densities.sure:
            unconfirmed.append(f"sparse records ({one.densities.status})")
        if one.dtypes is not None and one.dtypes.status not in ("confirmed", "inferred"):
            unconfirmed.append(f"{dtype} features ({one.dtypes.status})")
        sink: dict[str, Any] = {}
        kind = None if self.rows is None else self.rows.kind
        if density == "sparse" and kind == "dense":
            sink["sparsify"] = True
        if density == "dense" and kind == "csr":
            sink["densify"] = True
        restrictions = []
        if _value(one.empty_rows) == "explicit-zero" and density != "dense":
            sink["empty_rows"] = "explicit-zero"
            if density == "sparse":
                restrictions.append("rows without values get one explicit zero")
        name = "RecordIO-protobuf" + (f", {density}" if density else "")
        return self._plan(
            name=name,
            density=density,
            dtype=dtype,
            names=_value(one.feature_names) or (),
            label_dtype=self._dtype_of_labels(labels, dtype),
            problem=self._records_problem(dtype),
            unconfirmed=tuple(unconfirmed),
            meaning=self._meaning(density or ""),
            restrictions=tuple(restrictions),
            sink=sink,
        )

    def _dtype_of_labels(
        self, labels: tuple[str, ...] | None, dtype: str | None
    ) -> str | None:
        rule = _value(self.format.label_rule())
        unknown = self.rows is None and self.keeps_label and rule != "forbidden"
        if not (self._label_width() or unknown):
            return None
        return self.label_dtype or (labels[0] if labels else dtype)

    def _records_problem(self, dtype: str | None) -> str | None:
        names = _value(self.format.feature_names) or ("values",)
        dtypes = _value(self.format.dtypes) or ()
        if dtype is not None and dtypes and dtype not in dtypes:
            return f"{dtype} was asked for, it takes {' or '.join(dtypes)}"
        if self.rows is None:
            return self._label_problem()
        if self.rows.kind in ("blobs", "none"):
            return "rows have no features that are numbers"
        if set(self.rows.names) != set(names):
            found = ", ".join(map(repr, self.rows.names))
            return f"the features are named {found}, it takes {', '.join(names)}"
        return self._label_problem()

    def _csv(self) -> Plan:
        return self._plan(
            density="dense",
            label_dtype=self.label_dtype,
            dtype=self.dtype,
            problem=self._rows_problem() or self._label_problem(),
            meaning=self._meaning("dense"),
            restrictions=tuple(self._table_restrictions()),
            sink={**self._densify(), "extras": "drop"},
            source={"header": False, **self._label_columns(range(self._label_width()))},
        )

    def _parquet(self) -> Plan:
        width = self._label_width()
        names = ["label"] if width == 1 else [f"label{at}" for at in range(width)]
        return self._plan(
            density="dense",
            label_dtype=self.label_dtype,
            dtype=self.dtype,
            problem=self._rows_problem() or self._label_problem(),
            meaning=self._meaning("dense"),
            restrictions=("a column for each number", *self._table_restrictions()),
            sink={**self._densify(), "extras": "drop", "flat": True},
            source=self._label_columns(names),
        )

    def _libsvm(self) -> Plan:
        base = self.format.index_base
        start = 1 if base is None or base.value is None else base.value
        unconfirmed = () if base is not None and base.sure else ("where indices begin",)
        width = self._label_width()
        return self._plan(
            density="sparse",
            label_dtype=self.label_dtype,
            dtype=self.dtype,
            problem=self._rows_problem() or self._label_problem(),
            unconfirmed=unconfirmed,
            meaning=self._meaning("sparse"),
            restrictions=(f"indices from {start}",),
            sink={
                "write_index_base": start,
                "extras": "drop",
                **({} if width else {"no_label": "omit"}),
            },
            source={
                "index_base": start,
                "labels": bool(width),
                "n_features": None if self.rows is None else self.rows.width,
            },
        )

    def _densify(self) -> dict[str, Any]:
        return {"densify": True} if self.rows and self.rows.kind == "csr" else {}

    @staticmethod
    def _label_columns(columns: Sequence[Any]) -> dict[str, Any]:
        return {"label": list(columns)} if columns else {}

    def _table_restrictions(self) -> list[str]:
        found = []
        if _value(self.format.header) is False:
            found.append("no header line")
        required = _value(self.format.label_rule()) == "required"
        if self._label_width() or (self.rows is None and required):
            found.append("the label first")
        return found


def _value(fact: Fact[Any] | None) -> Any:
    return None if fact is None else fact.value
