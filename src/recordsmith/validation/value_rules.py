"""Rules about numbers: NaN, infinity, range, tokens, counts."""

from __future__ import annotations

from ..wording import plural
from .context import Context, rule
from .field_facts import BEYOND_FLOAT32, FieldFacts
from .record_rules import name_of, numeric
from .references import XGBOOST_ERRORS
from .request import holds_tokens

__all__ = ["RULES"]

# These learn from missing values: that of a feature is no damage to them.
_TAKE_NAN = ("xgboost", "lightgbm", "catboost", "autogluon-tabular", "tabtransformer")


def _fields(ctx: Context) -> list[FieldFacts]:
    return [one for one, _ in numeric(ctx)] + ctx.facts.labels


def _severity(ctx: Context, one: FieldFacts, tolerated: bool = False) -> str:
    if tolerated and one.role == "feature":
        return "note"
    return "warning" if ctx.request.algorithm is None else "error"


@rule("data/nan")
def nan(ctx: Context) -> None:
    """No value is missing."""
    key = ctx.request.algorithm.key if ctx.request.algorithm else ""
    for one in _fields(ctx):
        if not one.nan:
            continue
        tolerated = key in _TAKE_NAN and one.role == "feature"
        ctx.report(
            "data/nan",
            f"{one.nan.count:,} NaN in {name_of(one)}",
            "finite numbers; this algorithm takes NaN for missing"
            if tolerated
            else "finite numbers",
            "leave these rows out, or fill the values in before converting",
            at=one.nan,
            severity=_severity(ctx, one, tolerated),
            message=None
            if tolerated
            else f"Unable to read data channel '{ctx.request.channel}'. Found missing "
            "(NaN) values",
            sources=(XGBOOST_ERRORS,),
            about=f"{one.role} {one.name}",
        )


@rule("data/infinity")
def infinity(ctx: Context) -> None:
    """No value is infinite, or becomes so as float32."""
    for one in _fields(ctx):
        if one.infinite:
            _report_infinite(ctx, one)
        if one.large and ctx.request.algorithm is not None:
            ctx.report(
                "data/infinity",
                f"{plural(one.large.count, 'value')} of {name_of(one)} too large for "
                f"float32, infinite there (up to {max(one.maximum, -one.minimum):g})",
                f"numbers below {BEYOND_FLOAT32:.4g}",
                "scale the columns, or take their logarithm",
                at=one.large,
                severity=_severity(ctx, one),
                message=f"Unable to read data channel '{ctx.request.channel}'. Found "
                "infinite floating point values",
                sources=(XGBOOST_ERRORS,),
                about=f"{one.role} {one.name} large",
            )


def _report_infinite(ctx: Context, one: FieldFacts) -> None:
    ctx.report(
        "data/infinity",
        f"{plural(one.infinite.count, 'infinite value')} in {name_of(one)}",
        "finite numbers",
        "look for divisions by zero and overflows; leave these rows out, or cap values",
        at=one.infinite,
        severity=_severity(ctx, one),
        message=f"Unable to read data channel '{ctx.request.channel}'. Found infinite "
        "floating point values",
        sources=(XGBOOST_ERRORS,),
        about=f"{one.role} {one.name}",
    )


@rule("data/tokens")
def tokens(ctx: Context) -> None:
    """Tokens are ids of the vocabulary."""
    if not holds_tokens(ctx.format):
        return
    name, size = ctx.request.value_of("vocabulary")
    for one, _ in numeric(ctx):
        if not one.outside:
            continue
        most = "" if size is None else f", below {name}={size:,}"
        ctx.report(
            "data/tokens",
            f"{plural(one.outside.count, 'token')} of {name_of(one)} outside the "
            f"vocabulary ({one.minimum:,.0f} to {one.maximum:,.0f})",
            f"ids from 0{most}",
            "encode the text with the vocabulary that is given to the job, or correct "
            f"{name or 'its size'}",
            at=one.outside,
            message=f"Inconsistent vocab for {one.name} found. Vocab id "
            f'"{one.maximum:.0f}" is not less than vocab_size={size}'
            if size is not None
            else None,
            about=one.name,
        )


@rule("data/negative")
def negative(ctx: Context) -> None:
    """Counts of words are not negative."""
    fact = ctx.request.constraint("counts of words")
    if fact is None:
        return
    for one, _ in numeric(ctx):
        if one.outside:
            ctx.report(
                "data/negative",
                f"{plural(one.outside.count, 'negative value')} in {name_of(one)}, down "
                f"to {one.minimum:g}",
                "counts of words, from 0",
                "pass counts, not scaled or centred values",
                at=one.outside,
                fact=fact,
                severity="warning",
                about=one.name,
            )


RULES = (nan, infinity, tokens, negative)
