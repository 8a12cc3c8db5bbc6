"""Rules about what an algorithm takes a channel's files for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..algorithm_table.types import Algorithm, Fact, Format
from .collecting import GUIDE, Notes, Rule, listed, nearest
from .job import Channel, ContentType, Job

__all__ = ["RULES", "holds_rows", "loses_first_column", "wanted_label_size"]

# Without an algorithm, what these hold is known all the same.
_ROWS = ("train", "training", "validation", "test")
_OUR_TYPE = "application/x-recordio-protobuf"
_NO_CONTENT_TYPE = (
    "Please verify the correct data channel configuration is provided",
    "Blankspace and colon not found in firstline",
)
_PIPE_REFUSED = {
    "csv": "Pipe mode for CSV is no longer supported. Please use Fast File mode",
    "parquet": "Pipe mode for Parquet is no longer supported. Please use Fast File mode",
    "recordio-protobuf": "Pipe mode for RecordIO-Protobuf is no longer supported. Please "
    "use Fast File mode",
    "libsvm": "Pipe mode not supported for LibSVM",
}


def holds_rows(entry: Algorithm | None, name: str) -> bool:
    """Whether a channel of that name holds rows in one of the formats."""
    return name in _ROWS if entry is None else entry.holds_rows(name)


def _data_channels(job: Job) -> Iterator[tuple[Channel, Algorithm]]:
    for channel in job.channels:
        if job.algorithm is not None and job.algorithm.holds_rows(channel.name):
            yield channel, job.algorithm


def _other_types(job: Job, notes: Notes) -> None:
    """Content types of channels that hold no rows: vocabularies, models, masks."""
    for channel in job.channels:
        entry, given = job.algorithm, channel.content_type
        if entry is None:
            continue
        fact = entry.channel_content_types.get(entry.channel(channel.name))
        if fact is None or not fact.value or (given and given.plain in fact.value):
            continue
        unset = "ContentType" not in channel.value
        if not unset and given is None:
            continue
        notes.add(
            "channel/content-type",
            "note" if unset else "error",
            channel.where("ContentType"),
            channel=channel,
            found="no ContentType" if given is None else repr(given.whole),
            expected=f"{listed(fact.value)} for channel {channel.name!r} of {entry.key}",
            fix=f"set it to {listed(fact.value)}",
            facts=[fact],
        )


def _content_type(job: Job, notes: Notes) -> None:
    for channel, entry in _data_channels(job):
        if "ContentType" not in channel.value:
            _unset(channel, entry, notes)
            continue
        given = channel.content_type
        if given is None:
            continue
        form = _exactly(entry, given.plain)
        if form is None:
            _unknown(channel, entry, given, notes)
        else:
            _parameters(channel, entry, form, given, notes)


def _exactly(entry: Algorithm, plain: str) -> Format | None:
    """The format with that content type; unlike `Algorithm.format` not by its kind."""
    for form in entry.formats:
        if plain in (form.content_type, *form.spellings.value):
            return form
    return None


def _unset(channel: Channel, entry: Algorithm, notes: Notes) -> None:
    default = entry.default_content_type
    choices = listed(form.content_type for form in entry.formats)
    if default.value == "auto" or not any(map(_stated, entry.formats)):
        return
    if default.value is None:
        notes.add(
            "channel/content-type",
            "warning",
            channel.where("ContentType"),
            channel=channel,
            found="no ContentType",
            expected=f"one, for {entry.key}",
            fix=f"set it to {choices}",
            facts=[default],
            message=_NO_CONTENT_TYPE[0],
        )
        return
    # The mistake that is made most: CSV that is read as libsvm.
    surprising = (
        len(entry.formats) > 1 and default.value != "application/x-recordio-protobuf"
    )
    notes.add(
        "channel/content-type",
        "warning" if surprising and default.sure else "note",
        channel.where("ContentType"),
        channel=channel,
        found=f"no ContentType, which {entry.key} takes for {default.value}",
        expected="a content type that says what the files are",
        fix=f"set it to {choices}",
        facts=[default],
        message=_NO_CONTENT_TYPE[1] if entry.key == "xgboost" else None,
    )


def _stated(form: Format) -> bool:
    """Whether a source states the format's content type at all."""
    return form.content_type_known is None or bool(form.content_type_known.value)


def _unknown(
    channel: Channel, entry: Algorithm, given: ContentType, notes: Notes
) -> None:
    by_name = {
        name: form
        for form in reversed(entry.formats)
        for name in (form.content_type, form.kind, *form.spellings.value)
    }
    near = nearest(given.plain, by_name, 0.8)
    if near is None:
        tail = given.plain.rsplit("/", 1)[-1]
        near = nearest(tail, [one for one in by_name if "/" not in one], 0.8)
    form = by_name[near] if near is not None else None
    choices = listed(one.content_type for one in entry.formats)
    fix = f"take one of them, or convert the data: {choices}"
    if form is not None:
        fix = f"write {form.content_type}"
    message = None
    if "/" not in given.plain and entry.key != "xgboost":
        message = (
            f"No iterator has been registered for ContentType ('{given.plain}', '1.0')"
        )
    notes.add(
        "channel/content-type",
        "error",
        channel.where("ContentType"),
        channel=channel,
        found=repr(given.whole),
        expected=f"{choices} for {entry.key}",
        fix=fix,
        facts=_sure_of(entry, form),
        message=message,
        sources=(f"{GUIDE}cdf-training.html",),
    )


def _sure_of(entry: Algorithm, form: Format | None) -> list[Fact[Any] | None]:
    """What it rests on that a content type is none of the algorithm's."""
    if form is not None:
        return [form.spellings, form.content_type_known]
    unsure = [one.spellings for one in entry.formats if not one.spellings.sure]
    guessed = [one.content_type_known for one in entry.formats]
    return [*(unsure or [entry.formats[0].spellings])[:1], *guessed]


def _parameters(
    channel: Channel, entry: Algorithm, form: Format, given: ContentType, notes: Notes
) -> None:
    fact = form.parameters
    for name, value in given.parameters.items():
        allowed = None if fact.value is None else fact.value.get(name)
        if allowed is not None and (not allowed or value in allowed):
            continue
        if fact.value is None:
            severity, expected = "note", "no parameter that no page shows"
        elif not fact.value:
            severity, expected = "error", f"{form.content_type} and nothing behind it"
        elif allowed is None:
            severity, expected = "warning", f"of parameters, {listed(fact.value)} only"
        else:
            severity, expected = "error", f"{name}={listed(allowed)}"
        near = nearest(name, fact.value or ())
        fix = f"leave {name} out"
        if near is not None:
            fix = f"write {near}={listed(allowed) if allowed else value}"
        message = None
        if entry.key == "xgboost" and name == "label_size" and value != "1":
            message = (
                f"{given.whole} is not an accepted csv ContentType. Optional parameter "
                "label_size must be equal to 1"
            )
        notes.add(
            "channel/content-type-parameter",
            severity,
            channel.where("ContentType"),
            channel=channel,
            found=f"{name}={value}" if value else f"the parameter {name!r}",
            expected=f"{expected} ({entry.key})",
            fix=fix,
            facts=[fact],
            message=message,
        )


def wanted_label_size(entry: Algorithm, form: Format, channel: str) -> str | None:
    """What a channel's content type has to say of the label, where that is certain.

    Examples
    --------
    >>> from recordsmith import algorithm
    >>> forest = algorithm("randomcutforest")
    >>> csv = forest.format("csv")
    >>> wanted_label_size(forest, csv, "train"), wanted_label_size(forest, csv, "test")
    ('0', '1')
    """
    takes = form.parameters.value
    if form.kind != "csv" or not takes or "label_size" not in takes:
        return None
    rule, sizes = form.label_rule(entry.channel(channel)), form.label_size
    if rule is None:
        return None
    if rule.value == "forbidden" and rule.sure:
        return "0"
    known = sizes.value if sizes is not None and sizes.sure else None
    several = [size for size in known or () if size > 0]
    if rule.value == "required" and rule.sure and len(several) == 1:
        return str(several[0])
    return None


def loses_first_column(entry: Algorithm, form: Format, channel: str) -> bool:
    """Whether rows of CSV without labels lose their first feature unless label_size=0."""
    rule, default = form.label_rule(entry.channel(channel)), form.label_size_default
    return (
        form.kind == "csv"
        and entry.supervised is False
        and rule is not None
        and rule.value == "ignored"
        and default is not None
        and bool(default.value)
    )


def _label_size(job: Job, notes: Notes) -> None:
    for channel, entry in _data_channels(job):
        given = channel.content_type
        form = _exactly(entry, given.plain) if given else None
        # Where no parameter is allowed, that is told already.
        if given is None or form is None or form.kind != "csv":
            continue
        if form.parameters.value == {}:
            continue
        text = given.parameters.get("label_size")
        if text is not None and not text.isdecimal():
            notes.add(
                "channel/label-size",
                "error",
                channel.where("ContentType"),
                channel=channel,
                found=f"label_size={text}",
                expected="a whole number from 0",
                fix="write label_size=0 for rows without a label, 1 for one in front",
                sources=(f"{GUIDE}cdf-training.html",),
            )
        else:
            _label_rule(channel, entry, form, text, notes)


def _label_rule(
    channel: Channel, entry: Algorithm, form: Format, text: str | None, notes: Notes
) -> None:
    rule, sizes, default = (
        form.label_rule(entry.channel(channel.name)),
        form.label_size,
        form.label_size_default,
    )
    size = int(text) if text is not None else default.value if default else None
    if rule is None or size is None:
        return
    found = f"label_size={size}"
    if text is None:
        found = f"no label_size, so that the first {size or 'no'} column is the label"
    facts: list[Fact[Any] | None] = [rule] if text is not None else [rule, default]
    fix, severity, expected = "", "error", ""
    if rule.value == "forbidden" and size != 0:
        expected = f"label_size=0: rows of {channel.name!r} have no label for {entry.key}"
        fix = f"write {form.content_type};label_size=0"
    elif rule.value == "required" and size == 0:
        expected = f"a label in each row of {channel.name!r} for {entry.key}"
        fix = f"put the label first and write {form.content_type};label_size=1"
    elif text is None and loses_first_column(entry, form, channel.name):
        severity = "warning"
        expected = (
            f"label_size=0, unless each row begins with a label: {entry.key} needs none"
        )
        fix = f"write {form.content_type};label_size=0"
        facts = [default]
    elif text is not None and sizes and sizes.value and size not in sizes.value:
        expected = f"label_size={listed(sizes.value)} for {entry.key}"
        fix = f"write {form.content_type};label_size={sizes.value[-1]}"
        facts = [sizes]
    if expected:
        notes.add(
            "channel/label-size",
            severity,
            channel.where("ContentType"),
            channel=channel,
            found=found,
            expected=expected,
            fix=fix,
            facts=facts,
            sources=(f"{GUIDE}cdf-training.html",),
        )


def _input_mode(job: Job, notes: Notes) -> None:
    for channel, entry in _data_channels(job):
        mode, form = job.mode_of(channel), job.format_of(channel)
        if mode is None:
            notes.skip("channel/input-mode", "the input mode is not known")
        elif mode == "FastFile":
            _fast_file(job, channel, entry, form, notes)
        elif form is not None:
            fact = form.input_modes(job.container)
            if mode in fact.value or mode not in ("File", "Pipe"):
                continue
            image = f", image {job.container}" if job.container else ""
            notes.add(
                "channel/input-mode",
                "error",
                channel.where("InputMode"),
                channel=channel,
                found=f"{mode} mode with {form.content_type} for {entry.key}{image}",
                expected=f"{listed(fact.value)} mode",
                fix=f'set InputMode to "{listed(fact.value[:1])}"',
                facts=[fact],
                message=_PIPE_REFUSED.get(form.kind) if entry.key == "xgboost" else None,
            )


def _fast_file(
    job: Job, channel: Channel, entry: Algorithm, form: Format | None, notes: Notes
) -> None:
    fact = entry.fast_file
    modes = form.input_modes(job.container) if form is not None else None
    if fact.value and fact.sure and (modes is None or "File" in modes.value):
        return
    # AWS says that it works wherever File does: not worth a warning by itself.
    severity = "note" if fact.value else "error" if fact.value is False else "warning"
    facts: list[Fact[Any]] = [fact]
    if modes is not None and "File" not in modes.value:
        severity, facts = "error", [fact, modes]
    sure = "Pipe" if modes is not None and "File" not in modes.value else "File"
    notes.add(
        "channel/input-mode",
        severity,
        channel.where("InputMode"),
        channel=channel,
        found=f"FastFile mode for {entry.key}",
        expected=f"{sure} mode, which is sure to work",
        fix=f'try a small job first, or set InputMode to "{sure}"',
        facts=facts,
    )


def _same_types(job: Job, notes: Notes) -> None:
    """Channels of one job that hold rows as different formats."""
    with_type = [
        (channel, channel.content_type)
        for channel in job.channels
        if holds_rows(job.algorithm, channel.name) and channel.content_type is not None
    ]
    for channel, given in with_type[1:]:
        first, other = with_type[0]
        if given is None or other is None or _same_format(job, given, other):
            continue
        notes.add(
            "channel/content-types-differ",
            "warning",
            channel.where("ContentType"),
            channel=channel,
            found=f"{given.plain}, while channel {first.name!r} is {other.plain}",
            expected="one format in all channels (no page says whether others are read)",
            fix=f"convert the data of {channel.name!r} to {other.plain}",
        )


def _same_format(job: Job, one: ContentType, other: ContentType) -> bool:
    if one.plain == other.plain:
        return True
    if job.algorithm is None:
        return False
    form = job.algorithm.format(one.plain)
    return form is not None and form.kind == getattr(
        job.algorithm.format(other.plain), "kind", None
    )


RULES = (
    Rule(
        ("channel/content-type", "channel/content-type-parameter"),
        _content_type,
        ("algorithm",),
    ),
    Rule((), _other_types, ("algorithm",)),
    Rule(("channel/label-size",), _label_size, ("algorithm",)),
    Rule(("channel/input-mode",), _input_mode, ("algorithm",)),
    Rule(("channel/content-types-differ",), _same_types),
)
