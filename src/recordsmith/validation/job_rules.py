"""Rules about hyperparameters that the data decide."""

from __future__ import annotations

from ..wording import plural
from .context import Context, rule
from .record_rules import name_of, numeric, others, row_width

__all__ = ["RULES"]

_SHARDED = "ShardedByS3Key"


@rule("job/feature-dim")
def feature_dim(ctx: Context) -> None:
    """The width of the rows is what the hyperparameters say, and within the limits."""
    width = row_width(ctx)
    one = ctx.request.algorithm.hyperparameter("width") if ctx.request.algorithm else None
    if one is None or width is None:
        return
    stated = ctx.request.value_of("width")[1]
    field, model = next(numeric(ctx))
    at = others(field, lambda v: v == model)
    if stated is not None and stated != width:
        ctx.report(
            "job/feature-dim",
            f"rows are {width:,} wide, {one.name} is {stated:,}",
            f"{one.name}={width}",
            f"set {one.name} to {width}, or check whether a label or id column is among "
            f"the {name_of(field)}",
            at=at,
            fact=one.required,
            message=f"The feature dimension of the input: {width} does not match the "
            f"feature dimension of the model: {stated}",
        )
    limits = one.limits.value if one.limits is not None else (None, None)
    low, high = limits
    if (low is not None and width < low) or (high is not None and width > high):
        ctx.report(
            "job/feature-dim",
            f"rows are {width:,} wide",
            f"{one.name} from {low or 0:,g} to {high or 0:,g}",
            "leave columns out, or choose another algorithm",
            at=at,
            fact=one.limits,
            about="limits",
        )


@rule("job/mini-batch-size", early=False)
def mini_batch_size(ctx: Context) -> None:
    """Each instance has the rows of a mini-batch."""
    name, size = ctx.request.value_of("batch")
    if size is None:
        name, size = ctx.request.value_of("rows")
    wanted = ctx.request.trains and ctx.request.channel == "train"
    if size is None or not wanted or not ctx.facts.rows:
        return
    rows, instances = ctx.facts.rows, ctx.request.instances or 1
    all_rows = ctx.request.constraint("mini_batch_size is the number of training records")
    if all_rows is not None:
        if size != rows:
            ctx.report(
                "job/mini-batch-size",
                f"{name} is {size:,}, the channel holds {plural(rows, 'row')}",
                f"{name}={rows}: the number of rows",
                f"set {name} to {rows}",
                fact=all_rows,
            )
        return
    sharded = ctx.request.distribution == _SHARDED and instances > 1
    share = rows // instances if sharded else rows
    if size > share:
        fact = ctx.request.constraint("mini_batch_size is at most")
        each = f" on each of {instances} instances" if sharded else ""
        expected = f"at least {plural(size, 'row')}{each}"
        ctx.report(
            "job/mini-batch-size",
            f"{name} is {size:,}, of rows there are {share:,}{each}",
            expected if fact is not None else f"not confirmed: {expected}",
            f"set {name} to {max(1, share)} or less",
            fact=fact,
            severity="warning",
            message="The number of input images must be bigger or equal to the "
            "mini_batch_size",
        )


RULES = (feature_dim, mini_batch_size)
