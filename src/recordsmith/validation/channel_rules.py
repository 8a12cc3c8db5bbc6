"""Rules about the settings of the channel that the data are for.

They are those of :func:`recordsmith.channels.lint`, which is given a channel with the
settings that were told.
"""

from __future__ import annotations

from typing import Any

from ..channels.linting import lint
from ..reporting.findings import Place
from .context import Context, rule
from .request import Request

__all__ = ["RULES"]

_IDS = (
    "channel/content-type",
    "channel/content-type-parameter",
    "channel/label-size",
    "channel/input-mode",
    "channel/compression",
    "channel/distribution",
)
_ANYWHERE = "s3://bucket/prefix/"


@rule(*_IDS, early=False)
def settings(ctx: Context) -> None:
    """The algorithm takes the channel as it is set."""
    request = ctx.request
    if request.algorithm is None:
        return
    if not request.trains:
        _request_type(ctx)
        return
    told = {
        "ContentType": request.content_type,
        "InputMode": request.input_mode,
        "CompressionType": request.compression,
        "S3DataDistributionType": request.distribution,
    }
    found = lint(
        _channel(request), algorithm=request.algorithm, container=request.container
    )
    for one in found.findings:
        setting = one.places[0].setting if one.places else None
        if one.rule in _IDS and told.get((setting or "").split(".")[-1]) is not None:
            ctx.findings.add(one, about=one.found)
    if request.content_type is None:
        _default_type(ctx)


def _channel(request: Request) -> dict[str, Any]:
    """The channel as boto3 has it."""
    source = {"S3DataType": "S3Prefix", "S3Uri": _ANYWHERE}
    if request.distribution is not None:
        source["S3DataDistributionType"] = request.distribution
    channel: dict[str, Any] = {
        "ChannelName": request.channel,
        "DataSource": {"S3DataSource": source},
    }
    if request.content_type is not None:
        parameters = (f";{name}={value}" for name, value in request.parameters.items())
        channel["ContentType"] = request.content_type + "".join(parameters)
    if request.input_mode is not None:
        channel["InputMode"] = request.input_mode
    if request.compression is not None:
        channel["CompressionType"] = request.compression
    return channel


def _at(ctx: Context, setting: str) -> list[Place]:
    return [Place(channel=ctx.request.channel, setting=setting)]


def _default_type(ctx: Context) -> None:
    """A channel without a content type is taken for the default."""
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
        at=_at(ctx, "ContentType"),
        fact=default,
        severity="note",
        message="Blankspace and colon not found in firstline '...'. ContentType by "
        "default is in libsvm"
        if default.value == "text/libsvm"
        else None,
    )


def _request_type(ctx: Context) -> None:
    algorithm, given = ctx.request.algorithm, ctx.request.content_type
    assert algorithm is not None
    taken = algorithm.inference.requests
    if given is not None and given not in taken.value:
        ctx.report(
            "channel/content-type",
            f"ContentType of the request is {given!r}",
            " or ".join(taken.value),
            f"send {taken.value[0]}",
            at=_at(ctx, "ContentType"),
            fact=taken,
            message="unable to evaluate payload provided",
        )


RULES = (settings,)
