"""Rules about records: all have the same fields, types, width and density, and those are
what the algorithm takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..wording import plural
from .context import Context, rule
from .field_facts import FieldFacts, Variant
from .offenders import Offenders
from .references import TRAINING_FORMATS, XGBOOST_READER
from .request import holds_tokens

__all__ = ["RULES", "is_nothing", "name_of", "numeric", "others", "severity"]

_RECORDIO = "recordio-protobuf"


def numeric(ctx: Context) -> Iterator[tuple[FieldFacts, Variant]]:
    """Features that hold numbers, with what the first record says of them."""
    for one in ctx.facts.features:
        model = ctx.facts.model(one)
        if model is not None and model.density != "bytes":
            yield one, model


def row_width(ctx: Context) -> int | None:
    """Features of a row, where that is certain."""
    if ctx.kind == "libsvm" or holds_tokens(ctx.format):
        return None  # the width of libsvm is only the largest index that occurs
    widths = [model.width for _, model in numeric(ctx)]
    if not widths or any(width is None for width in widths):
        return None
    return sum(width for width in widths if width is not None)


def is_nothing(variant: Variant) -> bool:
    """A row without values and shape, which is neither dense nor sparse."""
    return variant.density == "dense" and not variant.width and variant.shape is None


def others(one: FieldFacts, differs: Callable[[Variant], bool]) -> Offenders:
    """The rows whose variant differs."""
    found = Offenders(one.limit)
    for variant, rows in one.variants.items():
        if differs(variant):
            found.merge(rows)
    return found


def unlike(**wanted: object) -> Callable[[Variant], bool]:
    """Whether a variant, which is no row without values, has another dtype or density."""

    def differs(v: Variant) -> bool:
        if is_nothing(v) and "density" in wanted:
            return False
        return any(getattr(v, name) != value for name, value in wanted.items())

    return differs


def name_of(one: FieldFacts) -> str:
    """A field, for people."""
    plural = {"feature": "features", "label": "labels"}.get(one.role, one.role)
    return plural if one.name in ("values", "") else f"{one.role} {one.name!r}"


def severity(ctx: Context) -> str:
    """Of what no algorithm reads well; without one, a warning."""
    return "error" if ctx.request.algorithm is not None else "warning"


def _first(one: FieldFacts, variants: Callable[[Variant], bool]) -> Variant:
    """The variant of the first row that is found."""
    found = [variant for variant in one.variants if variants(variant)]
    return min(found, key=lambda variant: one.variants[variant].spots[:1])


@rule("record/feature-name", "record/fields", "record/bytes")
def fields(ctx: Context) -> None:
    """Records have the features that the algorithm looks for, and all have the same."""
    if not ctx.facts.rows:
        return
    fact = ctx.format.feature_names if ctx.format is not None else None
    names: tuple[str, ...] = ()
    if fact is not None and ctx.kind == _RECORDIO:
        names = tuple(fact.value)
        _feature_names(ctx, names)
    for one in ctx.facts.features:
        model = ctx.facts.model(one)
        if model is not None and model.density == "bytes":
            message, sources = ctx.reader("No records found in RecordIO-Protobuf data")
            ctx.report(
                "record/bytes",
                f"{name_of(one)} are byte strings",
                "numbers",
                "write numbers: recordsmith.write() or convert",
                at=others(one, lambda variant: variant.density == "bytes"),
                severity=severity(ctx),
                message=message,
                sources=sources,
                about=one.name,
            )
        elif one.missing and one.name in (names or (one.name,)):
            has = "has" if ctx.facts.in_first(one) else "lacks"
            ctx.report(
                "record/fields",
                f"{name_of(one)} are missing in {one.missing.count:,} of "
                f"{plural(ctx.facts.rows, 'record')}; the first record {has} them",
                "the same fields in every record",
                "leave these records out, or write them anew with all fields",
                at=one.missing
                if ctx.facts.in_first(one)
                else others(one, lambda _: True),
                severity=severity(ctx),
                about=one.name,
            )


def _feature_names(ctx: Context, names: tuple[str, ...]) -> None:
    assert ctx.format is not None
    fact = ctx.format.feature_names
    found = [one.name for one in ctx.facts.features]
    if all(name in found for name in names) and len(found) == len(names):
        return
    surplus = [one for one in ctx.facts.features if one.name not in names]
    lacking = [name for name in names if name not in found]
    at = Offenders(ctx.facts.limit, ctx.facts.rows, list(ctx.facts.first))
    if surplus:
        at = others(surplus[0], lambda _: True)
    message, _ = ctx.reader(
        "No records found in RecordIO-Protobuf data", "has an unknown feature named ..."
    )
    ctx.report(
        "record/feature-name",
        f"features are named {', '.join(map(repr, found)) or 'nothing: there is none'}",
        f"features named {', '.join(map(repr, names))}",
        "name them so when writing: write(dest, {name: array}); a plain array is "
        "named 'values'",
        at=at,
        fact=fact,
        severity="error" if lacking else "warning",
        message=message if lacking else None,
    )


@rule("record/density")
def density(ctx: Context) -> None:
    """Dense and sparse records are not mixed, and the algorithm takes what there is."""
    fmt = ctx.format
    for one, model in numeric(ctx):
        kinds = {v.density for v in one.variants if not is_nothing(v)}
        mine = model.density if not is_nothing(model) else min(kinds, default="dense")
        if len(kinds) > 1:
            message, sources = ctx.reader(
                "blocks[:,0] has incompatible column dimensions",
                f"is not {mine} while it is expected to be {mine}",
            )
            ctx.report(
                "record/density",
                f"{name_of(one)}: dense and sparse records are mixed; the first is "
                f"{mine}",
                f"{mine} records only",
                f"convert the data again, as {mine} rows only",
                at=others(one, unlike(density=mine)),
                severity=severity(ctx),
                message=message,
                sources=sources,
                about=f"{one.name} mixed",
            )
        if fmt is None or fmt.densities is None or ctx.kind != _RECORDIO:
            continue
        taken = fmt.densities.value
        if kinds and not kinds & set(taken):
            ctx.report(
                "record/density",
                f"{name_of(one)} are {mine}",
                f"{' or '.join(taken)} records",
                "write a dense array: X.toarray()"
                if "dense" in taken
                else "write a sparse matrix: scipy.sparse.csr_matrix(X)",
                at=others(one, lambda v: not is_nothing(v)),
                fact=fmt.densities,
                about=one.name,
            )


@rule("record/dtype")
def dtype(ctx: Context) -> None:
    """All records have one dtype, and the algorithm takes it."""
    fmt = ctx.format
    for one, model in numeric(ctx):
        if any(variant.dtype != model.dtype for variant in one.variants):
            other = _first(one, unlike(dtype=model.dtype))
            message, sources = ctx.reader(
                None,
                f"has the data type {other.dtype} while it is expected to have "
                f"{model.dtype}",
            )
            ctx.report(
                "record/dtype",
                f"{name_of(one)} are {other.dtype}, those of the first record "
                f"{model.dtype}",
                "one dtype in all records",
                f'convert them again with dtype="{model.dtype}"',
                at=others(one, unlike(dtype=model.dtype)),
                severity=severity(ctx),
                message=message,
                sources=sources,
                about=f"{one.name} mixed",
            )
        if fmt is None or fmt.dtypes is None or ctx.kind != _RECORDIO:
            continue
        taken = fmt.dtypes.value
        if not any(variant.dtype in taken for variant in one.variants):
            ctx.report(
                "record/dtype",
                f"{name_of(one)} are {model.dtype}",
                f"{' or '.join(taken)}",
                f'convert with dtype="{taken[0]}"; NumPy makes float64 by default',
                at=others(one, lambda _: True),
                fact=fmt.dtypes,
                about=one.name,
            )


@rule("record/width")
def width(ctx: Context) -> None:
    """All rows are equally wide."""
    if holds_tokens(ctx.format):
        ctx.skip("record/width", "lists of tokens may be of any length")
        return
    for one, model in numeric(ctx):
        anything = ctx.request.algorithm is None
        if anything and (model.dtype, model.density) == ("int32", "dense"):
            ctx.skip("record/width", "int32 rows may be lists of tokens")
            continue
        base = model
        if is_nothing(model) and len(one.variants) > 1:
            base = _first(one, lambda v: not is_nothing(v))

        def differs(v: Variant, m: Variant = base) -> bool:
            # Of a row without values, density says nothing, and sparse ones may be empty.
            if is_nothing(v):
                return m.density == "dense" and m != v
            return v.density == m.density and v.width != m.width

        found = others(one, differs)
        if found:
            other = _first(one, differs)
            message, sources = ctx.reader(
                "all the input array dimensions except for the concatenation axis must "
                "match exactly"
            )
            what = "columns" if base.density == "sparse" else "values"
            n_widths = len({v.width for v in one.variants if differs(v)})
            more = f" ({n_widths:,} other widths in all)" if n_widths > 1 else ""
            ctx.report(
                "record/width",
                f"{name_of(one)} have {_number(other.width)} {what}, in the first record "
                f"{_number(base.width)}{more}",
                f"{_number(base.width)} {what} in every record",
                "find out where these rows come from; convert all shards from one table",
                at=found,
                severity=severity(ctx),
                message=message,
                sources=sources,
                about=one.name,
            )


def _number(n: int | None) -> str:
    return "an unknown number of" if n is None else f"{n:,}"


@rule("record/shape", "record/rank")
def shape(ctx: Context) -> None:
    """Sparse records carry their shape, and a row is a vector."""
    if ctx.kind == "libsvm":
        for name in ("record/shape", "record/rank"):
            ctx.skip(name, "")
        return
    for one, model in numeric(ctx):

        def lacks(v: Variant) -> bool:
            return v.density == "sparse" and v.shape is None

        if any(map(lacks, one.variants)):
            message, sources = ctx.reader(
                "incompatible dimensions for axis 1",
                "sparse feature ... has no shape specified",
            )
            ctx.report(
                "record/shape",
                f"sparse {name_of(one)} carry no shape: how wide a row is, is left to be "
                f"guessed from its largest key (here at most {one.max_key:,})",
                "a shape in every sparse record",
                "write them anew with a width: n_features=",
                at=others(one, lacks),
                message=message,
                sources=(TRAINING_FORMATS, *sources),
                about=f"{one.name} missing",
            )
        same = [v for v in one.variants if v.shape is not None and v.width == model.width]
        if model.shape is not None and any(v.shape != model.shape for v in same):

            def differs(v: Variant, m: Variant = model) -> bool:
                return v.shape not in (None, m.shape) and v.width == m.width

            ctx.report(
                "record/shape",
                f"{name_of(one)} have shape {_first(one, differs).shape}, in the first "
                f"record {model.shape}",
                "one shape in all records",
                "convert the data again from one array",
                at=others(one, differs),
                severity="warning",
                about=one.name,
            )
        _rank(ctx, one)


def _rank(ctx: Context, one: FieldFacts) -> None:
    def deep(v: Variant) -> bool:
        return v.shape is not None and len(v.shape) > 1

    fmt = ctx.format
    takes_vectors = fmt is not None and fmt.feature_names is not None
    if not any(map(deep, one.variants)) or not takes_vectors or holds_tokens(fmt):
        return
    found = _first(one, deep).shape
    sure = ctx.is_xgboost
    expected = "a vector: a shape of one number"
    ctx.report(
        "record/rank",
        f"{name_of(one)} have shape {found}",
        expected if sure else f"not confirmed: {expected}",
        "flatten them: X.reshape(len(X), -1)",
        at=others(one, deep),
        severity="error" if sure else "warning",
        sources=(XGBOOST_READER,),
        about=one.name,
    )


@rule("record/duplicate-keys", "record/unsorted-keys", "record/key-range")
def keys(ctx: Context) -> None:
    """Keys of a sparse row ascend, each is there once, and all are within the row."""
    for one, model in numeric(ctx):
        if one.duplicates:
            ctx.report(
                "record/duplicate-keys",
                f"{plural(one.duplicates.count, 'row')} with a key stored twice",
                "each key once in a row",
                'decide what it means: duplicates="sum" adds the values',
                at=one.duplicates,
                severity="warning",
                sources=(XGBOOST_READER,),
                about=one.name,
            )
        if one.unordered:
            ctx.report(
                "record/unsorted-keys",
                f"{plural(one.unordered.count, 'row')} with keys out of order",
                "keys in ascending order",
                "write the rows anew: recordsmith sorts them",
                at=one.unordered,
                severity="warning",
                about=one.name,
            )
        if model.width is not None and one.max_key >= model.width:
            ctx.report(
                "record/key-range",
                f"the largest key is {one.max_key:,}, rows have {model.width:,} columns",
                "keys from 0, below the number of columns",
                "check the number of features, and whether keys count from 0 or 1",
                at=others(one, lambda v: v.density == "sparse"),
                about=one.name,
            )


@rule("record/empty-row")
def empty_rows(ctx: Context) -> None:
    """Every sparse row can be read, be it empty."""
    fmt = ctx.format
    for one, model in numeric(ctx):
        sparse = any(v.density == "sparse" for v in one.variants)
        if (
            not one.empty
            or ctx.kind == "libsvm"
            or (not sparse and not is_nothing(model))
        ):
            continue
        fact = fmt.empty_rows if fmt is not None else None
        needed = fact is not None and fact.value == "explicit-zero"
        if not needed and ctx.request.algorithm is not None and sparse:
            continue
        ctx.report(
            "record/empty-row",
            f"{plural(one.empty.count, 'row')} without a stored value",
            "at least one stored value in every row"
            if needed or not sparse
            else "nothing, but the XGBoost container's reader of 2026 needs a value",
            'write an explicit zero: empty_rows="explicit-zero"'
            if sparse
            else "leave these rows out",
            at=one.empty,
            fact=fact if needed else None,
            severity="error" if needed else "note" if sparse else "warning",
            message="blocks[:,0] has incompatible column dimensions. Got "
            "blocks[1,0].shape[1] == 0, expected ..."
            if needed
            else None,
            about=one.name,
        )


@rule("record/text")
def texts(ctx: Context) -> None:
    """uid, metadata and configuration are UTF-8."""
    for one in ctx.facts.fields.values():
        if one.bad_text:
            ctx.report(
                "record/text",
                f"{one.role} is not UTF-8 in {plural(one.bad_text.count, 'record')}",
                "UTF-8",
                "write them anew, decoded with their right encoding",
                at=one.bad_text,
                severity=severity(ctx),
                about=one.role,
            )


RULES = (fields, density, dtype, width, shape, keys, empty_rows, texts)
