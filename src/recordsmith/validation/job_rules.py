"""Rules about a job's settings against its data: hyperparameters, instances, files."""

from __future__ import annotations

from ..algorithm_table.types import Hyperparameter
from ..wording import plural
from .context import Context, rule
from .record_rules import name_of, numeric, others
from .request import holds_tokens

__all__ = ["RULES"]

_SHARDED = "ShardedByS3Key"
_DOCUMENTED_SHARDING = (
    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html"
)


def _width(ctx: Context) -> int | None:
    """Features of a row, where that is certain."""
    if ctx.kind == "libsvm" or holds_tokens(ctx.format):
        return None  # the width of libsvm is only the largest index that occurs
    widths = [model.width for one, model in numeric(ctx)]
    if not widths or any(width is None for width in widths):
        return None
    return sum(width for width in widths if width is not None)


@rule("job/feature-dim")
def feature_dim(ctx: Context) -> None:
    """The width of the rows is what the hyperparameters say, and within the limits."""
    width = _width(ctx)
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


@rule("job/instances", early=False)
def instances(ctx: Context) -> None:
    """Every instance gets data."""
    n, algorithm = ctx.request.instances, ctx.request.algorithm
    if n is None or not ctx.request.trains:
        return
    if algorithm is not None and n > 1 and algorithm.instances.value == "one":
        ctx.report(
            "job/instances",
            f"the job has {n:,} instances",
            f"one instance for {algorithm.name}",
            "set InstanceCount to 1",
            fact=algorithm.instances,
            about="one",
        )
    files = [one for one in ctx.files if one.rows or one.size]
    if ctx.request.distribution == _SHARDED and ctx.files and len(files) < n:
        ctx.report(
            "job/instances",
            f"{plural(len(files), 'file')} for {n:,} instances with {_SHARDED}",
            f"at least {n:,} files: a file is never split between instances",
            f"write {n} files or a multiple of it, or use fewer instances",
            message="Got input data without labels. ... please switch to using single "
            "instance if number of records in the data set is less than number of workers"
            if ctx.is_xgboost
            else None,
            sources=(_DOCUMENTED_SHARDING,),
            about="files",
        )
    if n > 1 and 0 < ctx.facts.rows < n:
        ctx.report(
            "job/instances",
            f"{plural(ctx.facts.rows, 'row')} for {n:,} instances",
            f"at least {n:,} rows",
            "use one instance",
            about="rows",
        )


@rule("job/hyperparameters", early=False)
def hyperparameters(ctx: Context) -> None:
    """Hyperparameters that the data depend on are there, and within their limits."""
    algorithm, given = ctx.request.algorithm, ctx.request.hyperparameters
    if algorithm is None or not ctx.request.trains:
        return
    if not given:
        ctx.skip("job/hyperparameters", "pass hyperparameters=")
        return
    for one in algorithm.hyperparameters:
        value = given.get(one.name)
        if value is None and one.required.value and one.meaning != "other":
            ctx.report(
                "job/hyperparameters",
                f"{one.name} is not given",
                f"{one.name}: {algorithm.name} requires it",
                _advice(ctx, one),
                fact=one.required,
                about=one.name,
            )
        elif value is not None:
            _check_value(ctx, one, value)


def _advice(ctx: Context, one: Hyperparameter) -> str:
    width = _width(ctx)
    if one.meaning == "width" and width is not None:
        return f"set {one.name} to {width}"
    return f"set {one.name}"


def _check_value(ctx: Context, one: Hyperparameter, value: str) -> None:
    if one.auto and value == "auto":
        return
    if one.choices is not None and value not in one.choices.value:
        ctx.report(
            "job/hyperparameters",
            f"{one.name} is {value!r}",
            f"one of {', '.join(one.choices.value)}",
            f"correct {one.name}",
            fact=one.choices,
            about=one.name,
        )
    if one.limits is None:
        return
    low, high = one.limits.value
    try:
        number = float(value)
    except ValueError:
        return
    if (low is not None and number < low) or (high is not None and number > high):
        to = f" to {high:,g}" if high is not None else ""
        ctx.report(
            "job/hyperparameters",
            f"{one.name} is {value}",
            f"{'from ' if low is not None else 'up'}{'' if low is None else f'{low:,g}'}"
            f"{to}",
            f"correct {one.name}",
            fact=one.limits,
            about=one.name,
        )


RULES = (feature_dim, mini_batch_size, instances, hyperparameters)
