"""Rules about data for a trained model: the same fields as in training, and requests that
are small enough."""

from __future__ import annotations

from ..wording import plural
from .context import Context, rule
from .field_facts import FieldFacts, Variant
from .profile import FieldProfile
from .record_rules import is_nothing, name_of, numeric, others
from .references import BATCH_TRANSFORM, INFERENCE_FORMATS

__all__ = ["RULES"]

_DENSIFIED_LIMIT = 1 << 30  # bytes of dense rows that one request makes
_XGBOOST_ISSUE = "https://github.com/aws/sagemaker-python-sdk/issues/345"


@rule("request/labels")
def labels(ctx: Context) -> None:
    """Requests carry no labels."""
    if ctx.request.trains or not ctx.facts.labels:
        return
    one = ctx.facts.labels[0]
    algorithm = ctx.request.algorithm
    fact = algorithm.inference.label_size if algorithm is not None else None
    sure = fact is not None and fact.value == (0,)
    ctx.report(
        "request/labels",
        f"{plural(one.rows, 'row')} with a label",
        "no labels in requests",
        "leave the label column out: drop=, or features only",
        at=others(one, lambda _: True),
        fact=fact if sure else None,
        severity="error" if sure else "warning",
        sources=(INFERENCE_FORMATS,),
    )


@rule("request/width", "request/dtype", "request/density", "request/fields")
def like_training(ctx: Context) -> None:
    """Rows have the features of the training data."""
    if ctx.against is None:
        for one in (
            "request/width",
            "request/dtype",
            "request/density",
            "request/fields",
        ):
            why = "pass against=: the training data, or their report"
            ctx.skip(one, "" if ctx.request.trains else why)
        return
    if not ctx.facts.rows:
        return
    found = {field.name: (field, model) for field, model in numeric(ctx)}
    trained = {one.name: one for one in ctx.against.fields if one.role == "feature"}
    for name in trained.keys() - found.keys():
        ctx.report(
            "request/fields",
            f"there is no feature {name!r}; "
            f"found {', '.join(map(repr, found)) or 'none'}",
            f"the features of the training data: {', '.join(map(repr, trained))}",
            "write the same features as for training",
            about=name,
        )
    for name, (field, model) in found.items():
        if name in trained:
            _compare(ctx, field, model, trained[name])


def _compare(
    ctx: Context, one: FieldFacts, model: Variant, trained: FieldProfile
) -> None:
    def other_width(v: Variant) -> bool:
        return v.width != trained.width and v.width is not None and not is_nothing(v)

    # Of libsvm the rule libsvm/width tells it, with the lines.
    if model.width is None and trained.width is not None and ctx.kind != "libsvm":
        _open_width(ctx, one, trained.width)
    wide = others(one, other_width)
    if trained.width is not None and wide:
        width = (
            model.width
            if other_width(model)
            else next(v.width for v in one.variants if other_width(v))
        )
        more = width == trained.width + 1
        ctx.report(
            "request/width",
            f"{name_of(one)} have {width:,} columns, the training data {trained.width:,}",
            f"{trained.width:,} columns",
            "is the label still among the columns? leave it out: drop="
            if more
            else "write the same columns as for training",
            at=wide,
            message=f"The feature dimension of the input: {width} does not match the "
            f"feature dimension of the model: {trained.width}",
            sources=(_XGBOOST_ISSUE,),
            about=one.name,
        )
    if ctx.kind not in ("recordio-protobuf", "memory") or is_nothing(model):
        return
    for rule_id, mine, theirs in (
        ("request/dtype", model.dtype, trained.dtype),
        ("request/density", model.density, trained.density),
    ):
        if mine != theirs and not (ctx.kind == "memory" and rule_id == "request/dtype"):
            ctx.report(
                rule_id,
                f"{name_of(one)} are {mine}, in the training data {theirs}",
                theirs,
                "write them as for training",
                at=others(one, lambda v: v == model),
                severity="warning",
                about=one.name,
            )


def _open_width(ctx: Context, one: FieldFacts, trained: int) -> None:
    """Rows that do not say how wide they are have no column that was not trained on."""
    if one.max_key >= trained:
        ctx.report(
            "request/width",
            f"the largest column of {name_of(one)} is {one.max_key:,}, the training data "
            f"have {trained:,} columns",
            f"columns below {trained:,}",
            "write the same columns as for training, counted from the same base",
            message=f"Feature size of inference data {one.max_key + 1} is not consistent "
            f"with feature size of trained model {trained}",
            sources=(_XGBOOST_ISSUE,),
            about=one.name,
        )


@rule("request/label-values", early=False)
def label_set(ctx: Context) -> None:
    """Labels to validate with are among those of the training data."""
    if ctx.against is None or not ctx.request.trains:
        return
    for one in ctx.facts.labels:
        trained = ctx.against.get("label", one.name)
        values = trained.values if trained is not None else None
        if values is None or not one.counts or one.fractions:
            continue
        new = sorted(set(one.counts) - set(values))
        if new and len(values) <= 100:
            shown = ", ".join(map(str, new[:5])) + (", ..." if len(new) > 5 else "")
            ctx.report(
                "request/label-values",
                f"labels that the training data do not have: {shown}",
                f"the {len(values):,} labels of the training data",
                "split the data anew, so that every class is in both",
                severity="warning",
                message="Given label size mismatched with prediction size. Please ensure "
                "the first column is label",
                about=one.name,
            )


@rule("request/payload", early=False)
def payload(ctx: Context) -> None:
    """A record fits into one request."""
    if ctx.request.trains or ctx.largest is None:
        return
    n_bytes, spot = ctx.largest
    algorithm = ctx.request.algorithm
    fact = algorithm.inference.max_bytes if algorithm is not None else None
    limit = fact.value if fact is not None else 6 << 20
    if n_bytes > limit:
        ctx.report(
            "request/payload",
            f"the longest record takes {n_bytes:,} bytes",
            f"at most {limit:,} bytes in one request",
            "write sparse records, or fewer columns"
            + ("" if ctx.request.purpose == "inference" else "; or raise MaxPayloadInMB"),
            at=[ctx.place(spot)],
            fact=fact,
            severity="error" if ctx.request.purpose == "inference" else "warning",
            message="HTTP content length exceeded",
            sources=(BATCH_TRANSFORM,) if ctx.request.purpose == "transform" else (),
        )


@rule("request/densified", early=False)
def densified(ctx: Context) -> None:
    """Rows of a request fit into memory even if the container makes them dense."""
    if ctx.request.trains or not ctx.facts.rows:
        return
    algorithm = ctx.request.algorithm
    limit = algorithm.inference.max_bytes.value if algorithm is not None else 6 << 20
    total = sum(one.size or 0 for one in ctx.files if one.compression is None)
    for one, model in numeric(ctx):
        if model.density != "sparse" or not total:
            continue
        rows = min(ctx.facts.rows, max(1, limit * ctx.facts.rows // total))
        width = one.max_key + 1 if model.width is None else model.width
        dense = rows * width * (8 if model.dtype == "float64" else 4)
        if dense > _DENSIFIED_LIMIT:
            ctx.report(
                "request/densified",
                f"about {rows:,} rows fit into one request of {limit:,} bytes; as dense "
                f"rows they take {dense:,} bytes",
                f"not confirmed: less than {_DENSIFIED_LIMIT:,} bytes, since containers "
                "may make dense rows of sparse ones",
                "send fewer rows at once: a smaller MaxPayloadInMB, or "
                "BatchStrategy SingleRecord",
                severity="warning",
                message="Unable to get response from algorithm",
                sources=(BATCH_TRANSFORM,),
                about=one.name,
            )


RULES = (labels, like_training, label_set, payload, densified)
