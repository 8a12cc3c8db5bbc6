"""Rules about labels: there or not, their type, and their values."""

from __future__ import annotations

from ..algorithm_table.types import Fact, LabelValues
from ..wording import plural
from .context import Context, rule
from .field_facts import FieldFacts, Variant
from .offenders import Offenders
from .record_rules import others, severity
from .references import XGBOOST_READER

__all__ = ["RULES"]

_NO_LABELS = (
    "Got input data without labels. Please check the input data set. If training job is "
    "running on multiple instances, please switch to using single instance if number of "
    "records in the data set is less than number of workers"
)
_MANY = 20


def _label(ctx: Context) -> FieldFacts | None:
    """The label that algorithms read."""
    return next((one for one in ctx.facts.labels if one.name == "values"), None)


def _present(one: FieldFacts) -> Offenders:
    return others(one, lambda _: True)


@rule("label/missing", "label/forbidden")
def presence(ctx: Context) -> None:
    """Rows have a label where the channel wants one, and none where it does not."""
    if not ctx.facts.rows or not ctx.request.trains:
        return
    one, fmt = _label(ctx), ctx.format
    fact = fmt.label_rule(ctx.request.channel) if fmt is not None else None
    wanted = fact.value if fact is not None else None
    if one is None or one.missing:
        _report_missing(ctx, one, fact, wanted)
    if one is not None and wanted in ("forbidden", "ignored"):
        forbidden = wanted == "forbidden"
        ctx.report(
            "label/forbidden",
            f"{one.rows:,} of {plural(ctx.facts.rows, 'row')} with a label",
            f"no labels in channel {ctx.request.channel}"
            if forbidden
            else "no labels: they are ignored here",
            _without_label(ctx) if forbidden else "leave the labels out to save space",
            at=_present(one),
            fact=fact,
            severity="error" if forbidden else "note",
        )


def _without_label(ctx: Context) -> str:
    if ctx.kind == "csv":
        return "say that there is none: ContentType text/csv;label_size=0"
    return "write the rows without labels"


def _report_missing(
    ctx: Context, one: FieldFacts | None, fact: Fact[str] | None, wanted: str | None
) -> None:
    rows = ctx.facts.rows
    missing = one.missing if one is not None else None
    if missing is None and wanted != "required":
        return
    if missing is None:
        missing = Offenders(ctx.facts.limit, rows, list(ctx.facts.first))
    some = missing.count < rows
    required = wanted == "required"
    if not required and not some:
        return
    ctx.report(
        "label/missing",
        f"{missing.count:,} of {plural(rows, 'row')} without a label"
        if some
        else f"no row has a label{_other_names(ctx)}",
        "a label in every row" if required else "a label in every row, or in none",
        "name the label when converting: label=COLUMN; leave rows without one out"
        if not some
        else "leave these rows out, or fill their labels in",
        at=missing,
        fact=fact if required else None,
        severity="error" if required else severity(ctx),
        message=_NO_LABELS if required and ctx.is_xgboost else None,
        sources=(XGBOOST_READER,) if some else (),
    )


def _other_names(ctx: Context) -> str:
    names = [repr(one.name) for one in ctx.facts.labels if one.name != "values"]
    return f" named 'values' (found: {', '.join(names)})" if names else ""


@rule("label/width", "label/dtype")
def form(ctx: Context) -> None:
    """A label is one number of the right type."""
    one, fmt = _label(ctx), ctx.format
    model = None if one is None else ctx.facts.model(one)
    if one is None or model is None:
        return
    width_fact = fmt.label_width if fmt is not None else None
    width = width_fact.value if width_fact is not None else None
    if width is None:
        width, width_fact = model.width, None

    def other_width(v: Variant) -> bool:
        return v.width != width or v.density == "sparse"

    wrong = others(one, other_width)
    if wrong:
        first = min((v for v in one.variants if other_width(v)), key=lambda v: v[3] or 0)
        kind = "sparse" if first.density == "sparse" else f"{first.width} values wide"
        ctx.report(
            "label/width",
            f"labels are {kind} in {plural(wrong.count, 'row')}",
            f"{width} value{'' if width == 1 else 's'} in a label",
            "write one label a row: y of shape (n_rows,)",
            at=wrong,
            fact=width_fact,
            severity=severity(ctx),
            sources=(XGBOOST_READER,),
        )
    _dtype(ctx, one, model)


def _dtype(ctx: Context, one: FieldFacts, model: Variant) -> None:
    fmt = ctx.format
    if any(variant.dtype != model.dtype for variant in one.variants):
        ctx.report(
            "label/dtype",
            f"labels are not all {model.dtype}, as in the first record",
            "one dtype in all records",
            f'convert again with label_dtype="{model.dtype}"',
            at=others(one, lambda v: v.dtype != model.dtype),
            severity=severity(ctx),
            about="mixed",
        )
    fact = fmt.label_dtypes if fmt is not None else None
    if fact is None or ctx.kind != "recordio-protobuf":
        return
    if fact.value and model.dtype not in fact.value:
        ctx.report(
            "label/dtype",
            f"labels are {model.dtype}",
            " or ".join(fact.value),
            f'convert with label_dtype="{fact.value[0]}"',
            at=others(one, lambda v: v.dtype not in fact.value),
            fact=fact,
        )


@rule("label/values")
def values(ctx: Context) -> None:
    """Labels are what the task takes."""
    one, taken = _label(ctx), ctx.request.label_values()
    if one is None or not one.rows or not _labels_matter(ctx):
        return
    if taken is None:
        if ctx.request.algorithm is not None and ctx.request.algorithm.labels:
            names = {
                name for entry in ctx.request.algorithm.labels for name in entry.when
            }
            ctx.skip("label/values", f"pass hyperparameters=: {', '.join(sorted(names))}")
        return
    wrong = Offenders(one.limit)
    wrong.merge(one.outside)
    if taken.values.value != "real":
        wrong.merge(one.fractions)
    if wrong:
        ctx.report(
            "label/values",
            f"{plural(wrong.count, 'label')} other than {_wanted(ctx, taken)}: "
            f"{_seen(one)}",
            _wanted(ctx, taken),
            _fix(one, taken),
            at=wrong,
            fact=taken.values,
        )


def _labels_matter(ctx: Context) -> bool:
    fact = ctx.format.label_rule(ctx.request.channel) if ctx.format is not None else None
    return ctx.request.trains and (fact is None or fact.value in ("required", "optional"))


def _wanted(ctx: Context, taken: LabelValues) -> str:
    n = ctx.request.n_classes()
    classes = f"the whole numbers 0 to {n - 1}" if n else "whole numbers from 0"
    if taken.values.value == "classes" and n:
        classes += f" ({taken.classes_from}={n})"
    return {
        "binary": "0 and 1",
        "classes": classes,
        "counts": "whole numbers from 0",
        "integers": "whole numbers",
    }.get(taken.values.value, "finite numbers")


def _seen(one: FieldFacts) -> str:
    if one.counts and not one.fractions and len(one.counts) <= _MANY:
        return "found " + ", ".join(map(str, sorted(one.counts)))
    fractions = ", with fractions" if one.fractions else ""
    return f"found {one.minimum:g} to {one.maximum:g}{fractions}"


def _fix(one: FieldFacts, taken: LabelValues) -> str:
    if taken.values.value == "binary" and one.counts and set(one.counts) == {-1, 1}:
        return "map -1 to 0: y = (y + 1) / 2"
    if taken.values.value == "classes" and one.counts and min(one.counts) == 1:
        return f"count classes from 0: y - 1; or check {taken.classes_from}"
    return "renumber the labels, or choose the task that they belong to"


@rule("label/classes", early=False)
def classes(ctx: Context) -> None:
    """All classes occur."""
    one, taken = _label(ctx), ctx.request.label_values()
    if one is None or not one.counts or not _labels_matter(ctx) or one.fractions:
        return
    if taken is None or taken.values.value not in ("binary", "classes"):
        return
    n = 2 if taken.values.value == "binary" else ctx.request.n_classes()
    if taken.values.value == "classes" and n is None:
        n = max(one.counts) + 1
        name = taken.classes_from
        ctx.report(
            "channel/hyperparameter-missing",
            f"{name} is not given; the labels are {_seen(one)[6:]}",
            f"{name}, for this task",
            f"set {name}={n}",
            fact=taken.values,
            about=str(name),
        )
    inside = [value for value in one.counts if 0 <= value < (n or 0)]
    absent = (n or 0) - len(inside)
    if absent > 0 and inside:
        lacking = [v for v in range(n or 0) if v not in one.counts][:5]
        ctx.report(
            "label/classes",
            f"{absent:,} of {n:,} classes missing: {', '.join(map(str, lacking))}"
            f"{', ...' if absent > 5 else ''}",
            f"rows of all {n:,} classes in channel {ctx.request.channel}",
            "check the number of classes, and whether the data are complete",
            severity="warning" if ctx.request.channel == "train" else "note",
            sources=taken.values.sources,
        )


RULES = (presence, form, values, classes)
