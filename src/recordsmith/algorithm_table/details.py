"""All that the table knows of one algorithm, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from .loading import sources
from .types import (
    Algorithm,
    Constraint,
    Fact,
    Format,
    Hyperparameter,
    LabelValues,
    ResponseField,
    ResponseForm,
)

__all__ = ["as_details"]

_WIDTH = 100
_NAMES = 24  # columns for the names of facts

_FORMAT_FACTS = (
    "content_type_known",
    "spellings",
    "parameters",
    "densities",
    "dtypes",
    "feature_names",
    "label_width",
    "label_dtypes",
    "label_position",
    "label_size",
    "label_size_default",
    "header",
    "index_base",
    "empty_rows",
)
_INFERENCE_FACTS = (
    "requests",
    "responses",
    "label_size",
    "max_bytes",
)
# What an absent value means, where that is not that nobody knows.
_NONE = {"label_width": "any", "label_size": "any"}
_LAYOUTS = {
    "objects": "an object for each prediction",
    "columns": "an object with a list for each field",
    "object": "an object that is one prediction",
    "array": "a list that is one prediction",
    "lines": "a line for each prediction",
    "labels": "a record for each prediction, fields in its label map",
    "features": "a record for each prediction, fields in its features map",
    "image": "the file of an image",
}


def as_details(entry: Algorithm) -> str:
    """All facts, in groups, each with its sources' numbers; then the sources.

    A fact that is not confirmed says how it stands and why.

    Examples
    --------
    >>> from recordsmith import algorithm
    >>> print(as_details(algorithm("pca")).splitlines()[0])
    Principal Component Analysis (pca)
    """
    numbers = {address: str(n) for n, address in enumerate(entry.sources, 1)}
    page = _Page(numbers)
    page.head(f"{entry.name} ({entry.key})")
    _general(page, entry)
    for one in entry.formats:
        page.head(f"Training on {one.content_type}")
        _format(page, one)
    page.head("Channels")
    _channels(page, entry)
    if entry.labels:
        page.head("Labels")
        for values in entry.labels:
            _labels(page, values)
    if entry.hyperparameters:
        page.head("Hyperparameters that have to do with the data")
        for parameter in entry.hyperparameters:
            _hyperparameter(page, parameter)
    page.head("Inference")
    for name in _INFERENCE_FACTS:
        page.attribute(entry.inference, name)
    if entry.inference.fields:
        page.head("Predictions")
        for field in entry.inference.fields:
            _response_field(page, field)
        page.head("Responses")
        for form in entry.inference.forms:
            _response_form(page, form)
    page.head("What else has to hold")
    for constraint in entry.constraints:
        _constraint(page, constraint)
    if entry.notes:
        page.head("Where sources disagree, and notes")
        for note in entry.notes:
            page.lines += textwrap.wrap(
                note, _WIDTH, initial_indent="  - ", subsequent_indent="    "
            )
    page.head("Sources")
    page.lines += _sources(numbers)
    return "\n".join(page.lines)


class _Page:
    """Lines of text, and the numbers by which sources are cited."""

    def __init__(self, numbers: Mapping[str, str]) -> None:
        self.numbers = numbers
        self.lines: list[str] = []

    def head(self, title: str) -> None:
        if self.lines:
            self.lines.append("")
        self.lines.append(title)

    def plain(self, name: str, text: str) -> None:
        """A name and a text beside it, or below if the name is too long for that."""
        lead = f"  {name}".ljust(_NAMES)
        if len(lead) > _NAMES:
            self.lines.append(lead)
            lead = " " * _NAMES
        self.lines += textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=lead,
            subsequent_indent=" " * _NAMES,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def attribute(self, owner: Any, name: str) -> None:
        """A fact that is an attribute."""
        fact = getattr(owner, name)
        if fact is None:
            return
        none = (
            "not known" if fact.status == "unconfirmed" else _NONE.get(name, "not known")
        )
        self.fact(name.replace("_", " "), fact, _value(fact.value, none))

    def fact(self, name: str, fact: Fact[Any], value: str | None = None) -> None:
        """A name, a value, the numbers of the sources; below it, what there is to say."""
        if value is None:
            value = _value(fact.value, "not known")
        cited = ", ".join(self.numbers[address] for address in fact.sources)
        self.plain(name, f"{value} [{cited}]")
        doubt = "" if fact.sure else f"{fact.status}: "
        if doubt or fact.note:
            self.lines += textwrap.wrap(
                doubt + (fact.note or ""),
                _WIDTH,
                initial_indent=" " * (_NAMES + 2),
                subsequent_indent=" " * (_NAMES + 2),
            )


def _value(value: Any, none: str) -> str:
    """
    >>> _value(("File", "Pipe"), ""), _value(None, "any"), _value({"label_size": ()}, "")
    ('File, Pipe', 'any', 'label_size=...')
    """
    if value is None:
        return none
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        texts = (f"{name}={'|'.join(some) or '...'}" for name, some in value.items())
        return ", ".join(texts) or "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _general(page: _Page, entry: Algorithm) -> None:
    if entry.aliases:
        page.plain("also called", ", ".join(entry.aliases))
    if entry.image:
        page.plain("image", entry.image)
    if entry.image_tags:
        page.plain("tags of the image", ", ".join(entry.image_tags))
    if entry.model_ids:
        page.plain("JumpStart models", ", ".join(entry.model_ids))
    if entry.supervised is not None:
        page.plain("supervised", _value(entry.supervised, ""))
    page.fact("instances", entry.instances)
    page.attribute(entry, "default_content_type")
    for name in ("fast_file", "augmented_manifest", "hidden_files"):
        page.attribute(entry, name)


def _format(page: _Page, one: Format) -> None:
    page.plain("kind", one.kind)
    for modes in one.modes:
        name = "input modes"
        if modes.tags:
            name = f"input modes, images {modes.tags[0]} to {modes.tags[-1]}"
        elif len(one.modes) > 1:
            name = "input modes, newer images"
        page.fact(name, modes.modes)
    for channel, fact in one.label.items():
        page.fact("label" if channel == "*" else f"label in {channel}", fact)
    for name in _FORMAT_FACTS:
        page.attribute(one, name)


def _channels(page: _Page, entry: Algorithm) -> None:
    page.fact("required", entry.channels_required)
    page.fact("optional", entry.channels_optional)
    page.fact("others", entry.other_channels)
    for channel, fact in entry.channel_aliases.items():
        page.fact(f"{channel} may be called", fact)
    for channel, fact in entry.channel_content_types.items():
        page.fact(f"{channel} is of type", fact, _value(fact.value or None, "not known"))
    _by_channel(page, "distribution", entry.distribution)
    _by_channel(page, "recommended", entry.recommended_distribution)


def _by_channel(page: _Page, what: str, facts: Mapping[str, Fact[Any]]) -> None:
    for channel, fact in facts.items():
        if channel == "*":
            channel = "others" if len(facts) > 1 else "all"
        page.fact(f"{what}, {channel}", fact)


def _labels(page: _Page, one: LabelValues) -> None:
    when = " and ".join(
        f"{name} {' or '.join(values)}" for name, values in one.when.items()
    )
    text = one.values.value
    if one.classes_from:
        text += f" ({one.classes_from} says how many)"
    page.fact(when or "values", one.values, text)


def _hyperparameter(page: _Page, one: Hyperparameter) -> None:
    parts = ["required" if one.required.value else "optional"]
    if one.meaning != "other":
        parts.append(one.meaning)
    page.fact(one.name, one.required, ", ".join(parts))
    if one.limits is not None:
        page.fact("", one.limits, _limits(one.limits.value))
    if one.choices is not None:
        page.fact("", one.choices, f"one of {_value(one.choices.value, '')}")
    if one.auto:
        page.plain("", "auto is a value")


def _response_field(page: _Page, one: ResponseField) -> None:
    parts = [" or ".join(one.kinds.value)]
    if one.dtype is not None:
        parts.append(one.dtype.value)
    if one.shape_from is not None:
        parts.append(f"of the shape in {one.shape_from}")
    page.fact(one.name, one.kinds, ", ".join(parts))
    if one.dtype is not None and one.dtype.note != one.kinds.note:
        page.fact("", one.dtype)
    page.fact("", one.always, "always" if one.always.value else "not always")


def _response_form(page: _Page, one: ResponseForm) -> None:
    text = _LAYOUTS[one.layout.value]
    if one.root.value is not None:
        text += f", under {one.root.value!r}"
    if one.columns.value:
        text += f": {', '.join(one.columns.value)}"
    page.fact(one.content_type, one.layout, text)


def _limits(limits: tuple[float | None, float | None]) -> str:
    """
    >>> _limits((1, 10000)), _limits((2, None)), _limits((1000, 1000))
    ('1 to 10,000', 'at least 2', '1,000')
    """
    lowest, highest = limits
    if lowest == highest:
        return f"{lowest:,}"
    if highest is None:
        return f"at least {lowest:,}"
    return f"at most {highest:,}" if lowest is None else f"{lowest:,} to {highest:,}"


def _constraint(page: _Page, one: Constraint) -> None:
    page.fact(one.severity, one.text)


def _sources(numbers: Mapping[str, str]) -> Iterator[str]:
    known = sources()
    width = len(str(len(numbers))) + 2
    for address, number in numbers.items():
        source = known[address]
        age = f", text of {source.text}" if source.text else ""
        yield f"  {f'[{number}]':>{width}} {address} (read {source.read}{age})"
