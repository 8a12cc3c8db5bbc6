"""Rules about the text of CSV files."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from ..reporting.findings import Place
from .context import Context, rule
from .csv_cells import FIXES, WORDS
from .offenders import NOWHERE, Spot
from .references import CSV_REQUESTS, SPARK_VECTOR, TRAINING_FORMATS, XGBOOST_DATA
from .text_facts import CsvFacts, Issue

__all__ = ["RULES", "fix_for", "grave", "report_issue", "text_places", "unreadable"]

_ANYTHING = ("autogluon-tabular", "catboost", "tabtransformer")  # that take text, too
_LABEL_NAMES = ("label", "labels", "target", "y", "class", "outcome")
_INDEX_NAMES = ("", "unnamed: 0", "index", "row_id", "rowid", "level_0")
_FEWEST_COUNTED = 5  # rows of a column that counts them
_MOST_CLASSES = 20
_NEARLY_ALL = 0.9
_MOST_COLUMNS = 8
_CONVERT = "{convert}"  # in the text of a fix: a command that reads the file as it is


def text_places(ctx: Context, spots: Iterable[Spot]) -> tuple[Place, ...]:
    """Places of spots that have a line as their record, and columns of the file."""
    names = {one.number: one.names for one in ctx.text.csv}
    places = []
    for spot in spots:
        known = names.get(spot.file)
        column: int | str | None = None if spot.column == NOWHERE else spot.column
        if known is not None and isinstance(column, int) and column < len(known):
            column = known[column] or column
        places.append(
            Place(
                path=ctx.files[spot.file].path,
                channel=ctx.request.channel if ctx.request.algorithm else None,
                line=spot.record,
                column=column,
                offset=None if spot.offset == NOWHERE else spot.offset,
            )
        )
    return tuple(places)


def report_issue(
    ctx: Context,
    rule: str,
    about: str,
    found: str,
    expected: str,
    fix: str,
    *,
    severity: str | None = None,
    message: str | None = None,
    sources: tuple[str, ...] = (),
) -> None:
    """Report an issue of the text, if there is one; `{n}` and `{text}` in `found` are how
    many, and the first one."""
    issue = ctx.text.issues.found.get((rule, about))
    if issue is None:
        return
    count = issue.found.count
    ctx.report_places(
        rule,
        found.replace("{n}", f"{count:,}").replace("{text}", issue.text),
        expected,
        fix_for(ctx, fix, issue.found.spots),
        text_places(ctx, issue.found.spots),
        count,
        severity=severity or grave(ctx),
        message=message,
        sources=sources,
        about=about,
    )


def fix_for(ctx: Context, fix: str, spots: Sequence[Spot]) -> str:
    """What to do, with the command that converts the file of the first spot.

    `{path}` in the text stands for its path, `{convert}` for the command.
    """
    number = spots[0].file if spots else 0
    path = shlex.quote(ctx.files[number].path)
    command = f"recordsmith convert {path} OUT.libsvm --index-base 0"
    for one in ctx.text.csv:
        if one.number == number:
            command = f"recordsmith convert {path} OUT.csv"
            command += "" if one.names else " --no-header"
            if one.delimiter != ",":
                command += f" --delimiter {shlex.quote(one.delimiter)}"
    return fix.replace("{convert}", command).replace("{path}", path)


def grave(ctx: Context) -> str:
    """Of what no algorithm reads; without one, a warning."""
    return "error" if ctx.request.algorithm is not None else "warning"


def _key(ctx: Context) -> str:
    return ctx.request.algorithm.key if ctx.request.algorithm is not None else ""


def unreadable(ctx: Context, content_type: str = "text/csv") -> str | None:
    """What a training job says of text that it cannot read."""
    if ctx.request.algorithm is None or not ctx.request.trains:
        return None
    return (
        f"Unable to read data channel '{ctx.request.channel}'. Requested content-type is "
        f"'{content_type}'. Please verify the data matches the requested content-type."
    )


# -- the first line ----------------------------------------------------------------------


@rule("csv/header", early=False)
def header(ctx: Context) -> None:
    """There is no header where none is taken; elsewhere it is there once."""
    fact = ctx.format.header if ctx.format is not None else None
    for one in ctx.text.csv if fact is not None and fact.value is False else ():
        if one.names is not None:
            names = ", ".join(map(repr, one.names[:_MOST_COLUMNS]))
            more = ", ..." if len(one.names) > _MOST_COLUMNS else ""
            label = next((n for n in one.names if n.lower() in _LABEL_NAMES), None)
            wanted = one.label is not None
            ctx.report(
                "csv/header",
                f"the first line holds names: {names}{more}",
                "no header: rows from the first line on",
                fix_for(
                    ctx,
                    _CONVERT
                    + (f" --label {shlex.quote(label or 'NAME')}" if wanted else "")
                    + " writes "
                    + ("the label first and no header" if wanted else "no header"),
                    [one.head],
                ),
                at=text_places(ctx, [one.head]),
                fact=fact,
                message=unreadable(ctx),
            )
    report_issue(
        ctx,
        "csv/header",
        "repeated",
        "lines that repeat the header: {n}; it is {text}",
        "names in the first line of a file, if at all",
        "files with headers were joined: take the header away from each before "
        f"joining them ({_CONVERT})",
        message=unreadable(ctx),
    )
    for one in ctx.text.csv:
        if one.plain_header:
            ctx.report(
                "csv/header",
                f"the first line counts the columns: 0, 1, 2, ... {one.width - 1}",
                "rows of data; pandas writes such a line for a frame without names",
                "if it is a header, write the frame without: "
                "frame.to_csv(path, header=False, index=False)",
                at=text_places(ctx, [one.head]),
                severity="warning",
                about="counted",
            )


@rule("csv/bom", "csv/encoding", "csv/blank", early=False)
def encoding(ctx: Context) -> None:
    """The text is UTF-8 without a mark, zero bytes and blank lines."""
    report_issue(
        ctx,
        "csv/bom",
        "",
        "files that begin with a byte order mark (EF BB BF), as Excel writes it: {n}",
        "not confirmed: text that begins with the first field; a reader that does not "
        "know the mark takes it for a part of the first number",
        f"{_CONVERT} writes none",
        severity="warning",
        message=unreadable(ctx),
    )
    for about in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        report_issue(
            ctx,
            "csv/encoding",
            about,
            "files in {text}: {n}",
            "UTF-8",
            f"{_CONVERT} --encoding {about}",
            message=unreadable(ctx),
        )
    for about, what, fix in (
        ("zero", "with zero bytes", "copy the file again: it may be damaged, or binary"),
        ("return", "with a carriage return in the middle", "end all lines alike"),
        ("", "that are not UTF-8", f"{_CONVERT} --encoding latin-1, or what it is"),
    ):
        report_issue(
            ctx,
            "csv/encoding",
            about,
            f"lines {what}: {{n}}; first {{text}}",
            "UTF-8 text of numbers",
            fix,
            message=unreadable(ctx),
        )
    report_issue(
        ctx,
        "csv/blank",
        "",
        "blank lines: {n}",
        "a row in each line; readers mostly pass over blank ones",
        f"{_CONVERT} leaves them out",
        severity="note",
    )


@rule("csv/delimiter", early=False)
def delimiters(ctx: Context) -> None:
    """Fields are separated by commas, in all files."""
    files = [one for one in ctx.text.csv if one.width]
    xgboost = _key(ctx) == "xgboost"
    for one in files:
        first = files[0].delimiter if xgboost else ","
        if one.delimiter != first and not (one.stated and ctx.request.algorithm is None):
            ctx.report(
                "csv/delimiter",
                f"fields are separated by {one.delimiter!r}",
                f"{first!r}, as in the first file" if xgboost else "','",
                fix_for(ctx, f"{_CONVERT} writes commas", [one.head]),
                at=text_places(ctx, [one.head]),
                severity=grave(ctx),
                message=unreadable(ctx),
                sources=(XGBOOST_DATA,) if xgboost else (TRAINING_FORMATS,),
            )
        elif one.width == 1 and _needs_label(ctx):
            ctx.report(
                "csv/delimiter",
                "every line has one field",
                "a label and features, separated by commas",
                "check the delimiter, and whether features were left out",
                at=text_places(ctx, [one.head]),
                severity=grave(ctx),
                message=unreadable(ctx),
                about="single",
            )


def _needs_label(ctx: Context) -> bool:
    fact = ctx.format.label_rule(ctx.request.channel) if ctx.format is not None else None
    return ctx.request.trains and fact is not None and fact.value == "required"


# -- lines and cells ---------------------------------------------------------------------


@rule("csv/ragged", "csv/quotes", early=False)
def lines(ctx: Context) -> None:
    """Lines have equally many fields, and their quotes are closed."""
    width = ctx.text.csv[0].width if ctx.text.csv else 0
    report_issue(
        ctx,
        "csv/ragged",
        "",
        "lines with another number of fields than most: {n}; the first has {text}",
        f"{width:,} fields in each line",
        "correct these lines, or leave them out: "
        f"{_CONVERT} --on-bad-row skip; a number with commas in it needs none",
        message=unreadable(ctx),
    )
    report_issue(
        ctx,
        "csv/quotes",
        "open",
        "lines with a quote that is not closed: {n}; first {text}",
        "as many quotes that close as open, and no line end between them",
        "correct these lines; if quotes are plain characters, take them out",
        message=unreadable(ctx),
    )
    xgboost = _key(ctx) == "xgboost"
    report_issue(
        ctx,
        "csv/quotes",
        "",
        "lines with cells in quotes: {n}; first {text}",
        "not confirmed: numbers without quotes, since not all readers know quotes",
        f"{_CONVERT} writes numbers plainly",
        severity="warning" if xgboost else "note",
    )


@rule("csv/cell", "csv/spark-vector", early=False)
def cells(ctx: Context) -> None:
    """All cells are numbers."""
    vector = "Unable to parse csv: rows 1-1000, file .../part-00000"
    report_issue(
        ctx,
        "csv/spark-vector",
        "",
        "vectors as Spark prints them: {n}; first {text}",
        "one number in each field",
        FIXES["vector"],
        message=vector if ctx.request.algorithm is not None else None,
        sources=(SPARK_VECTOR,),
    )
    severity = "note" if _key(ctx) in _ANYTHING else grave(ctx)
    for kind, word in WORDS.items():
        issue = ctx.text.issues.found.get(("csv/cell", kind))
        if issue is not None:
            ctx.report_places(
                "csv/cell",
                f"cells that hold {word}: {issue.found.count:,}; first {issue.text}"
                f"{_columns(ctx, issue)}",
                "numbers in all cells",
                fix_for(ctx, FIXES[kind], issue.found.spots),
                text_places(ctx, issue.found.spots),
                issue.found.count,
                severity=severity,
                message=None if severity == "note" else unreadable(ctx),
                about=kind,
            )


def _columns(ctx: Context, issue: Issue) -> str:
    """In which columns they are."""
    rows = sum(one.rows for one in ctx.text.csv)
    names = next((one.names for one in ctx.text.csv if one.names is not None), None)

    def name(column: int) -> str:
        return repr(names[column]) if names and column < len(names) else str(column)

    whole = [
        at for at, n in sorted(issue.columns.items()) if rows and n >= _NEARLY_ALL * rows
    ]
    chosen = whole or sorted(issue.columns)
    if not chosen:
        return ""
    text = ", ".join(map(name, chosen[:_MOST_COLUMNS]))
    more = f", ... ({len(chosen):,} columns)" if len(chosen) > _MOST_COLUMNS else ""
    plural = "" if len(chosen) == 1 else "s"
    rest = len(issue.columns) - len(chosen)
    beside = f", and cells of {rest:,} others" if whole and rest else ""
    return f"; {'all of ' if whole else 'in '}column{plural} {text}{more}{beside}"


# -- columns -----------------------------------------------------------------------------


@rule("csv/label-position", early=False)
def label_position(ctx: Context) -> None:
    """The label is in the first column, where the algorithm takes it from."""
    fact = ctx.format.label_position if ctx.format is not None else None
    if fact is None or fact.value != "first" or not _needs_label(ctx):
        return
    for one in ctx.text.csv:
        evidence = _misplaced(ctx, one)
        if evidence is not None:
            severity, found, column, name = evidence
            ctx.report(
                "csv/label-position",
                found,
                f"the label in column 0: {ctx.request.algorithm.name} takes it from there"
                if ctx.request.algorithm
                else "",
                fix_for(
                    ctx,
                    f"{_CONVERT} --label {shlex.quote(name)} writes the label first",
                    [one.head],
                ),
                at=text_places(ctx, [one.head._replace(column=column)]),
                fact=fact,
                severity=severity,
                message="Given label size mismatched with prediction size. Please ensure "
                "the first column is label"
                if _key(ctx) == "xgboost"
                else None,
            )


def _misplaced(ctx: Context, one: CsvFacts) -> tuple[str, str, int, str] | None:
    """(severity, what shows it, column, name) of a label that is not in column 0."""
    if one.label not in (None, 0):
        assert one.label is not None
        name = one.names[one.label] if one.names else str(one.label)
        return "warning", f"the label is column {one.label}, as stated", one.label, name
    names = [name.lower() for name in one.names or ()]
    if names and names[0] not in _LABEL_NAMES and one.label in (None, 0):
        for at, name in enumerate(names):
            if name in _LABEL_NAMES:
                shown_name = (one.names or ())[at]
                return "warning", f"column {at} is called {shown_name!r}", at, shown_name
    values = ctx.request.label_values()
    task = values.values.value if values is not None else ""
    first, last = one.first, one.last
    if first.n < _FEWEST_COUNTED or one.width < 2 or task in ("counts", "integers"):
        return None
    classes = last.whole and 0 <= last.low < last.high <= _MOST_CLASSES
    if classes and not first.whole:
        sure = task in ("binary", "classes")
        at = one.width - 1
        found = (
            f"column 0 holds fractions ({first.low:g} to {first.high:g}), the last one "
            f"only whole numbers ({last.low:g} to {last.high:g}), as classes do"
        )
        return "warning" if sure else "note", found, at, str(at)
    return None


@rule("csv/index-column", early=False)
def index_column(ctx: Context) -> None:
    """No column is the index of a frame."""
    for one in ctx.text.csv:
        series, name = one.first, one.names[0].lower() if one.names else None
        counts = series.counting and series.first in (0.0, 1.0)
        if not counts or series.n < _FEWEST_COUNTED:
            if name not in ("", "unnamed: 0"):
                continue
        elif one.width < 2 or (name is not None and name not in _INDEX_NAMES):
            continue
        what = "counts the rows" if counts else "has no name"
        ctx.report(
            "csv/index-column",
            f"column 0 {what}"
            + (f" ({series.first:g}, {series.first + 1:g}, ...)" if counts else "")
            + (", and is taken for the label" if one.label == 0 else ""),
            "columns of data: pandas writes the index of a frame as a first column",
            fix_for(
                ctx,
                "write the frame without it: frame.to_csv(path, index=False); or "
                f"{_CONVERT} --drop 0",
                [one.head],
            ),
            at=text_places(ctx, [one.head._replace(column=0)]),
            severity="warning",
        )


@rule("csv/label-size", early=False)
def label_size(ctx: Context) -> None:
    """A request says label_size= only where the algorithm takes it."""
    stated, algorithm = ctx.request.parameters.get("label_size"), ctx.request.algorithm
    if ctx.request.trains or stated is None or algorithm is None:
        return
    fact = algorithm.inference.label_size
    if fact.value is None or stated in map(str, fact.value):
        return
    ctx.report(
        "csv/label-size",
        f"ContentType of the request has label_size={stated}",
        f"label_size={' or '.join(map(str, fact.value))}, or none at all"
        if fact.value
        else "no label_size at all",
        f"send {ctx.request.content_type}",
        fact=fact,
        message=f"text/csv;label_size={stated} is not an accepted csv ContentType. "
        "Optional parameter label_size must be equal to 1"
        if algorithm.key == "xgboost"
        else None,
        sources=(CSV_REQUESTS,) if algorithm.key == "xgboost" else (),
    )


RULES = (
    header,
    encoding,
    delimiters,
    lines,
    cells,
    label_position,
    index_column,
    label_size,
)
