"""Rules about the settings of the channel that the data are for, against the table."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..algorithm_table.types import Fact, Format
from ..reporting.findings import Place
from .context import Context, rule
from .references import CHANNEL_API

__all__ = ["RULES"]


def _at(ctx: Context, setting: str) -> list[Place]:
    return [Place(channel=ctx.request.channel, setting=setting)]


@rule(
    "channel/content-type",
    "channel/content-type-parameter",
    "channel/label-size",
    early=False,
)
def content_type(ctx: Context) -> None:
    """The content type is one that the algorithm knows, spelled as it knows it."""
    algorithm, given, fmt = ctx.request.algorithm, ctx.request.content_type, ctx.format
    if algorithm is None:
        return
    if not ctx.request.trains:
        _request_type(ctx)
    elif given is None:
        _default_type(ctx)
    elif fmt is not None and given in (fmt.content_type, *fmt.spellings.value):
        _parameters(ctx)
    else:
        known = [fmt.content_type for fmt in algorithm.formats]
        near = next(
            (fmt.content_type for fmt in algorithm.formats if fmt.kind == given),
            (get_close_matches(given, known, 1) or known)[0],
        )
        ctx.report(
            "channel/content-type",
            f"ContentType is {given!r}",
            f"{' or '.join(known)} for {algorithm.name}",
            f"set ContentType to {near}",
            at=_at(ctx, "ContentType"),
            fact=(fmt or algorithm.formats[0]).spellings,
            message="No iterator has been registered for ContentType "
            f"(u'{given}', '1.0')",
        )


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


def _parameters(ctx: Context) -> None:
    fmt, given = ctx.format, ctx.request.parameters
    if fmt is None:
        return
    fact = fmt.parameters
    for name, value in given.items():
        if fact is None or fact.value is None:
            continue
        allowed = fact.value.get(name)
        if name not in fact.value or (allowed and value not in allowed):
            takes = ", ".join(fact.value) or "no parameter"
            ctx.report(
                "channel/content-type-parameter",
                f"ContentType has {name}={value}",
                f"{fmt.content_type} with {takes}",
                f"leave {name}= out"
                if name not in fact.value
                else f"set {name} to {' or '.join(allowed or ())}",
                at=_at(ctx, "ContentType"),
                fact=fact,
                message=f"{fmt.content_type};{name}={value} is not an accepted "
                "ContentType",
                about=name,
            )
    _label_size(ctx, fmt)


def _label_size(ctx: Context, fmt: Format) -> None:
    """`label_size=` says how many columns are labels; without it, one is."""
    if fmt.kind != "csv" or fmt.label_size_default is None:
        return
    label = fmt.label_rule(ctx.request.channel)
    stated = ctx.request.parameters.get("label_size")
    size = stated if stated is not None else str(fmt.label_size_default.value)
    if label is None or not size.isdecimal():
        return
    fact: Fact[Any] = label
    severity = "error"
    if label.value == "forbidden" and int(size) != 0:
        found, wanted = "columns are taken for labels", "0"
    elif label.value == "ignored" and int(size) != 0 and stated is None:
        # Stated, it says that there is a label, which does no harm.
        found, wanted = "the first column is taken for a label, and not learned from", "0"
        fact, severity = fmt.label_size_default, "warning"
    elif label.value == "required" and int(size) == 0:
        found, wanted = "no column is taken for the label", "1"
    else:
        return
    ctx.report(
        "channel/label-size",
        f"label_size is {size}{'' if stated else ' by default'}: {found}",
        f"{fmt.content_type};label_size={wanted} in channel {ctx.request.channel}",
        f"set ContentType to {fmt.content_type};label_size={wanted}",
        at=_at(ctx, "ContentType"),
        fact=fact,
        severity=severity,
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


@rule("channel/input-mode", "channel/compression", early=False)
def input_mode(ctx: Context) -> None:
    """The image has the input mode for that format; compression needs Pipe."""
    mode, fmt = ctx.request.input_mode, ctx.format
    if not ctx.request.trains:
        return
    if mode is not None and fmt is not None:
        taken = fmt.input_modes(ctx.request.container)
        fast = ctx.request.algorithm.fast_file if ctx.request.algorithm else None
        if mode == "FastFile":
            if fast is not None and fast.value is not True:
                ctx.report(
                    "channel/input-mode",
                    "the input mode is FastFile",
                    "not confirmed: that this algorithm takes FastFile",
                    "use File",
                    at=_at(ctx, "InputMode"),
                    severity="warning",
                    sources=fast.sources,
                )
        elif mode not in taken.value:
            ctx.report(
                "channel/input-mode",
                f"the input mode is {mode}",
                f"{' or '.join(taken.value)} for {fmt.content_type}"
                + (f" in image {ctx.request.container}" if ctx.request.container else ""),
                f"set InputMode to {taken.value[0]}",
                at=_at(ctx, "InputMode"),
                fact=taken,
                message="Pipe mode for RecordIO-Protobuf is no longer supported. Please "
                "use Fast File mode"
                if ctx.is_xgboost
                else None,
            )
    compression = (ctx.request.compression or "none").lower()
    if compression != "none" and mode != "Pipe":
        ctx.report(
            "channel/compression",
            f"CompressionType is {ctx.request.compression} in {mode or 'File'} mode",
            "None: compression is for Pipe mode only",
            "set CompressionType to None, or InputMode to Pipe",
            at=_at(ctx, "CompressionType"),
            message=f"Invalid compression type for channel {ctx.request.channel}: File "
            "mode only supports NONE, got Gzip",
            sources=(CHANNEL_API,),
        )


@rule("channel/distribution", early=False)
def distribution(ctx: Context) -> None:
    """The channel is distributed as the algorithm needs it."""
    given, algorithm = ctx.request.distribution, ctx.request.algorithm
    if given is None or algorithm is None or not ctx.request.trains:
        return
    allowed = algorithm.distribution
    fact = allowed.get(ctx.request.channel, allowed.get("*"))
    if fact is not None and fact.value and given not in fact.value:
        ctx.report(
            "channel/distribution",
            f"channel {ctx.request.channel} is {given}",
            f"{' or '.join(fact.value)} for {algorithm.name}",
            f"set S3DataDistributionType to {fact.value[0]}",
            at=_at(ctx, "DataSource.S3DataSource.S3DataDistributionType"),
            fact=fact,
        )


RULES = (content_type, input_mode, distribution)
