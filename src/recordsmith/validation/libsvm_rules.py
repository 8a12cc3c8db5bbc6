"""Rules about the text of libsvm files."""

from __future__ import annotations

from ..reporting.findings import Place
from .context import Context, rule
from .csv_rules import fix_for, grave, report_issue, text_places, unreadable
from .offenders import Spot
from .references import XGBOOST_DATA

__all__ = ["RULES"]

_LIBSVM = "text/libsvm"
_LINE = "label index:value index:value ..."
_SIGN = (
    "Failed to load libsvm data with exception: ... Check failed: sign == true (0 vs. 1)"
)
# (rule, about, found, expected, fix)
_LINES = (
    (
        "libsvm/label",
        "number",
        "lines whose label is no number: {n}; first {text}",
        f"a number at the head of each line: {_LINE}",
        "map classes to numbers; where the label is missing, write it",
    ),
    (
        "libsvm/label",
        "weight",
        "labels with a weight that is no number: {n}; first {text}",
        "label:weight, both numbers",
        "correct the weights, or leave them out",
    ),
    (
        "libsvm/label",
        "several",
        "lines that have not one label: {n}; first {text}",
        "one label in each line",
        "write a file for each label, or classes as one number",
    ),
    (
        "libsvm/pair",
        "colon",
        "lines with a field without a colon: {n}; first {text}",
        f"index:value in all fields after the label: {_LINE}",
        "write the rows anew, from the table they come from",
    ),
    (
        "libsvm/pair",
        "qid",
        "lines with a qid that is no whole number: {n}; first {text}",
        "qid:N",
        "number the groups",
    ),
    (
        "libsvm/pair",
        "other",
        "lines that cannot be read: {n}; first {text}",
        _LINE,
        "write the rows anew, from the table they come from",
    ),
    (
        "libsvm/index",
        "negative",
        "lines with a negative index: {n}; first {text}",
        "indices from 0",
        "add what is missing to all indices, in training and for requests",
    ),
    (
        "libsvm/index",
        "number",
        "lines with an index that is no whole number: {n}; first {text}",
        "whole numbers as indices",
        "give each feature a number",
    ),
    (
        "libsvm/index",
        "large",
        "lines with an index that is too large: {n}; first {text}",
        "indices below the number of columns, and below 2^31 in any case",
        "number the features from 0; are there hashes among the indices?",
    ),
    (
        "libsvm/index",
        "base",
        "lines with an index below the index base: {n}; first {text}",
        "indices from 1, as stated by index_base=1",
        "pass index_base=0",
    ),
    (
        "libsvm/value",
        "number",
        "lines with a value that is no number: {n}; first {text}",
        "a number after each colon",
        "leave features out that have no value, or write nan",
    ),
)


@rule("libsvm/not-libsvm", early=False)
def other_text(ctx: Context) -> None:
    """The file holds libsvm text."""
    report_issue(
        ctx,
        "libsvm/not-libsvm",
        "",
        "files whose lines are no libsvm text: {n}; the first begins with {text}",
        _LINE,
        "if they are CSV, set the channel's ContentType to text/csv: without one, libsvm "
        "is assumed. Take files that are no data away from the prefix",
        message="Blankspace and colon not found in firstline '...' of file '...'. "
        "ContentType by default is in libsvm"
        if ctx.request.algorithm is not None
        else None,
        sources=(XGBOOST_DATA,),
    )


@rule("libsvm/label", "libsvm/pair", "libsvm/index", "libsvm/value", early=False)
def lines(ctx: Context) -> None:
    """All lines can be read."""
    for name, about, found, expected, fix in _LINES:
        message = unreadable(ctx, _LIBSVM)
        if about == "negative" and message is not None:
            message = _SIGN
        report_issue(ctx, name, about, found, expected, fix, message=message)
    for one in ctx.text.libsvm:
        if ctx.request.trains and one.rows and one.weights == one.rows and one.pairs_only:
            ctx.report(
                "libsvm/label",
                "every line begins with index:value, whose value would be a weight",
                f"a label at the head of each line: {_LINE}",
                "write the labels; if these are label:weight, nothing is wrong",
                at=_head(ctx, one.number),
                severity="warning",
                about="missing",
            )


def _head(ctx: Context, number: int) -> tuple[Place, ...]:
    return text_places(ctx, [Spot(number, 1, offset=0)])


@rule("libsvm/weights", "libsvm/comment", early=False)
def oddities(ctx: Context) -> None:
    """Weights are in all lines or in none; lines are rows."""
    for one in ctx.text.libsvm:
        if 0 < one.weights < one.rows:
            ctx.report(
                "libsvm/weights",
                f"{one.weights:,} of {one.rows:,} labels have a weight",
                "label:weight in all lines, or in none",
                "write a weight of 1 where there is none",
                at=_head(ctx, one.number),
                severity="warning",
            )
    report_issue(
        ctx,
        "libsvm/comment",
        "",
        "blank lines and comments: {n}",
        "a row in each line; readers mostly pass over others",
        "{convert} leaves them out",
        severity="note",
    )


@rule("libsvm/index-base", early=False)
def index_base(ctx: Context) -> None:
    """Indices count from where the algorithm counts."""
    files = [one for one in ctx.text.libsvm if one.high >= 0]
    fact = ctx.format.index_base if ctx.format is not None else None
    if not files or fact is None or fact.value != 0:
        return
    low, high = min(one.low for one in files), max(one.high for one in files)
    if low < 1:
        return
    trained = _trained_width(ctx)
    shifted = low == 1 and high == trained
    if not ctx.request.trains:
        text = (
            "index 0 in at least one row: else the container of 2026 takes all indices "
        )
        constraint = ctx.request.constraint("libsvm requests: index 0")
        severity, expected = "warning", text + "to count from 1"
        fix = "write an index 0, with the value 0 if it must be: 0:0"
        sources = constraint.sources if constraint is not None else ()
    else:
        severity = "warning" if shifted else "note"
        expected = "indices from 0; where column 0 is never stored, nothing is wrong"
        fix = (
            "if they count from 1, as Spark's do: recordsmith convert {path} OUT.libsvm "
            "--index-base 1 --write-index-base 0"
        )
        sources = fact.sources
    more = f": one more than the {trained:,} columns of training" if shifted else ""
    ctx.report(
        "libsvm/index-base",
        f"the smallest index is {low:,}, the largest {high:,}{more}",
        expected,
        fix_for(ctx, fix, [Spot(files[0].number, 1)]),
        at=[place for one in files for place in _head(ctx, one.number)],
        severity=severity,
        sources=sources,
    )


def _trained_width(ctx: Context) -> int | None:
    trained = ctx.against.get("feature", "values") if ctx.against is not None else None
    return None if trained is None else trained.width


@rule("libsvm/width", early=False)
def width(ctx: Context) -> None:
    """No index is beyond the columns of the training data."""
    trained = _trained_width(ctx)
    if trained is None:
        ctx.skip("libsvm/width", "")
        return
    stated = {one.number: one.high for one in ctx.text.libsvm}
    wide = {number: high for number, high in stated.items() if high >= trained}
    if wide:
        number = min(wide)
        ctx.report(
            "libsvm/width",
            f"the largest index is {max(wide.values()):,}",
            f"indices from 0 to {trained - 1:,}, as in the training data",
            "check whether both count from 0, and write the same columns as for training",
            at=[place for at in sorted(wide) for place in _head(ctx, at)],
            severity=grave(ctx),
            message=f"Feature size of libsvm inference data {wide[number] + 1} is larger "
            f"than feature size of trained model {trained}",
            sources=(XGBOOST_DATA,),
        )


RULES = (other_text, lines, oddities, index_base, width)
