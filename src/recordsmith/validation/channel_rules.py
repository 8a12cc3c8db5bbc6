"""Settings of the channel and the job that the data are for.

They are judged by the rules of :mod:`recordsmith.channels`, with what is known of the
files filled in. Here is only what needs the data: what they are, and how many rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..channels import lint
from ..reporting.findings import Finding, Place
from ..wording import plural
from .context import Context, rule
from .record_rules import row_width

__all__ = ["JOB_RULES", "RULES"]

_CHANNEL = (
    "channel/content-type",
    "channel/content-type-parameter",
    "channel/label-size",
    "channel/input-mode",
    "channel/compression",
    "channel/distribution",
    "channel/shards",
)
_JOB = (
    "channel/instances",
    "channel/hyperparameter-missing",
    "channel/hyperparameter-value",
)


def _channel(ctx: Context) -> dict[str, Any]:
    """The channel as boto3 takes it, as far as it is known.

    Where no content type is given, that of the data stands for it: `_default_type` tells
    what is wrong with that.
    """
    request = ctx.request
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/prefix"}
    if request.distribution is not None:
        source["S3DataDistributionType"] = request.distribution
    value: dict[str, Any] = {
        "ChannelName": request.channel,
        "DataSource": {"S3DataSource": source},
    }
    base = request.content_type or (ctx.format.content_type if ctx.format else None)
    if base is not None:
        pairs = (f"{name}={text}" for name, text in request.parameters.items())
        value["ContentType"] = ";".join([base, *pairs])
    if request.compression is not None:
        value["CompressionType"] = request.compression
    if request.input_mode is not None:
        value["InputMode"] = request.input_mode
    elif request.compression is not None:
        value["InputMode"] = "File"
    return value


def _lint(ctx: Context, ids: tuple[str, ...]) -> None:
    """Take over what the linter finds by these rules."""
    request = ctx.request
    objects = [(one.path, one.size or 0) for one in ctx.files]
    report = lint(
        _channel(ctx),
        algorithm=request.algorithm,
        container=request.container,
        instances=request.instances,
        hyperparameters=request.hyperparameters or None,
        objects={request.channel: objects} if objects else None,
    )
    for one in report.findings:
        if one.rule in ids and one.rule not in ctx.mended:
            one = _with_width(ctx, one) if one.rule.endswith("missing") else one
            ctx.findings.add(one, one.places, one.count, about=one.found)
    for name, why in report.skipped:
        if name in ids:
            ctx.skip(name, why if name in _SAID else "")


# Of what is not given, only this is worth a line: the other rules then have no bearing.
_SAID = ("channel/hyperparameter-missing",)


def _with_width(ctx: Context, finding: Finding) -> Finding:
    """A missing width is known from the data."""
    one = ctx.request.algorithm.hyperparameter("width") if ctx.request.algorithm else None
    width = row_width(ctx)
    if one is None or width is None or f"no {one.name}" not in finding.found:
        return finding
    return replace(finding, fix=f"{finding.fix} to {width}")


@rule(*_CHANNEL, early=False)
def channel(ctx: Context) -> None:
    """The channel's settings fit the algorithm and the files."""
    if not ctx.request.trains:
        _request_type(ctx)
        return
    if ctx.request.algorithm is not None and ctx.request.content_type is None:
        _default_type(ctx)
    _lint(ctx, tuple(one for one in _CHANNEL if _has_bearing(ctx, one)))


def _has_bearing(ctx: Context, rule_id: str) -> bool:
    """Whether what the rule judges is known; the linter has a default for each."""
    request = ctx.request
    if rule_id in ("channel/distribution", "channel/shards"):
        return request.distribution is not None
    if rule_id == "channel/input-mode":
        return request.input_mode is not None
    if rule_id == "channel/content-type":
        return request.content_type is not None
    return True


def _default_type(ctx: Context) -> None:
    """Without a content type, the data are taken for what they are not."""
    assert ctx.request.algorithm is not None
    default = ctx.request.algorithm.default_content_type
    if ctx.format is None or default.value in (None, ctx.format.content_type):
        return
    if ctx.kind == "memory":
        return
    ctx.report(
        "channel/content-type",
        f"no ContentType is given, and the data are {ctx.format.kind}",
        f"ContentType {ctx.format.content_type}: without one they are taken for "
        f"{default.value}",
        f'set the channel\'s ContentType (content_type="{ctx.format.content_type}")',
        at=[Place(channel=ctx.request.channel, setting="ContentType")],
        fact=default,
        severity="note",
        message="Blankspace and colon not found in firstline '...'. ContentType by "
        "default is in libsvm"
        if default.value == "text/libsvm"
        else None,
    )


def _request_type(ctx: Context) -> None:
    """The endpoint takes requests of that content type."""
    algorithm, given = ctx.request.algorithm, ctx.request.content_type
    taken = algorithm.inference.requests if algorithm is not None else None
    if given is not None and taken is not None and given not in taken.value:
        ctx.report(
            "channel/content-type",
            f"ContentType of the request is {given!r}",
            " or ".join(taken.value),
            f"send {taken.value[0]}",
            at=[Place(channel=ctx.request.channel, setting="ContentType")],
            fact=taken,
            message="unable to evaluate payload provided",
        )


@rule(*_JOB, early=False)
def job(ctx: Context) -> None:
    """The job's settings fit the algorithm."""
    if ctx.request.trains and ctx.request.algorithm is not None:
        _lint(ctx, _JOB)


@rule("job/instances", early=False)
def rows_for_instances(ctx: Context) -> None:
    """Every instance gets a row."""
    n = ctx.request.instances
    if n is not None and ctx.request.trains and 0 < ctx.facts.rows < n:
        ctx.report(
            "job/instances",
            f"{plural(ctx.facts.rows, 'row')} for {n:,} instances",
            f"at least {n:,} rows",
            "use one instance",
        )


RULES = (channel,)
JOB_RULES = (job, rows_for_instances)
