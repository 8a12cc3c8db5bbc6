"""Parsed data files made into entries of the table; whatever is odd is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from .tables import (
    Kind,
    Table,
    day,
    flag,
    integer,
    integers,
    limits,
    optional,
    parameters,
    text,
    texts,
    word,
    words,
)
from .types import (
    Algorithm,
    Constraint,
    Fact,
    Format,
    Hyperparameter,
    Inference,
    LabelValues,
    ModesByContainer,
    ResponseField,
    ResponseForm,
    Source,
)

__all__ = ["read_common", "read_entry", "read_sources"]

_DTYPES = words("float32", "float64", "int32")
_MODES = words("File", "Pipe", "FastFile")
_DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")
_KINDS = (
    "recordio-protobuf",
    "csv",
    "libsvm",
    "parquet",
    "jsonlines",
    "json",
    "recordio",
    "image",
    "text",
    "folder",
)
_MEANINGS = (
    "width",
    "classes",
    "batch",
    "rows",
    "vocabulary",
    "label_size",
    "task",
    "weights",
    "other",
)
_RESPONSE_KINDS = (
    "scalar",
    "vector",
    "matrix",
    "list",
    "lists",
    "vectors",
    "tensor",
    "text",
    "texts",
    "image",
    "any",
)
_NO_NUMBERS = ("text", "texts", "image", "any")
_LAYOUTS = (
    "objects",
    "columns",
    "object",
    "array",
    "lines",
    "labels",
    "features",
    "image",
)
# Layouts of bodies that do not name their fields.
_UNNAMED = ("array", "lines", "image")
# Facts about an algorithm as a whole for which common.toml may have a value.
_COMMON: dict[str, Kind] = {
    "other_channels": optional(flag),
    "fast_file": optional(flag),
    "augmented_manifest": optional(flag),
    "hidden_files": optional(word("error", "ignored")),
    "max_bytes": integer,
}
_FORMAT: dict[str, Kind] = {
    "densities": words("dense", "sparse"),
    "dtypes": _DTYPES,
    "feature_names": texts,
    "label_width": optional(integer),
    "label_dtypes": _DTYPES,
    "label_position": optional(word("first", "none", "first label_size")),
    "label_size": optional(integers),
    "label_size_default": optional(integer),
    "header": optional(flag),
    "index_base": optional(integer),
    "empty_rows": optional(word("keep", "explicit-zero")),
    "content_type_known": flag,
}
# What a format of that kind has to say.
_NEEDED: dict[str, tuple[str, ...]] = {
    "recordio-protobuf": ("densities", "dtypes", "feature_names", "label"),
    "csv": ("label_position", "header", "label"),
    "libsvm": ("index_base", "label"),
}


def read_sources(parsed: Mapping[str, Any]) -> dict[str, Source]:
    """sources.toml: what facts may cite, by id."""
    file = Table(parsed, "sources.toml")
    found: dict[str, Source] = {}
    for group in parsed:
        table = file.table(group)
        base = table.get("base", text)
        read = table.get("read", day)
        age = table.get("text", day, None)
        names = table.table("names")
        for name in names.values:
            address = base + names.get(name, text)
            found[f"{group}:{name}"] = Source(f"{group}:{name}", address, read, age)
        table.close()
    return found


def read_common(
    parsed: Mapping[str, Any], sources: Mapping[str, Source]
) -> dict[str, Fact[Any]]:
    """common.toml: facts that hold unless an entry says otherwise."""
    table = Table(parsed, "common.toml", sources)
    found = {key: table.fact(key, kind) for key, kind in _COMMON.items()}
    table.close()
    return found


def read_entry(
    key: str,
    parsed: Mapping[str, Any],
    sources: Mapping[str, Source],
    common: Mapping[str, Fact[Any]],
) -> Algorithm:
    """An algorithm's own file.

    Raises
    ------
    ParseError
        With the file and the key, for anything missing, unknown or of the wrong type.
    """
    table = Table(parsed, f"{key}.toml", sources)
    table.take_defaults()
    formats = tuple(map(_format, table.tables("formats")))
    if not formats:
        raise table.error("formats", "is missing")
    shared = {
        name: table.fact(name, kind, common[name])
        for name, kind in _COMMON.items()
        if name != "max_bytes"
    }
    distribution = words(*_DISTRIBUTIONS)
    entry = Algorithm(
        key=key,
        name=table.get("name", text),
        aliases=table.get("aliases", texts, ()),
        supervised=table.get("supervised", flag, None),
        image_tags=table.get("image_tags", texts, ()),
        formats=formats,
        default_content_type=table.fact("default_content_type", optional(text)),
        channels_required=table.fact("channels_required", texts),
        channels_optional=table.fact("channels_optional", texts),
        distribution=table.facts("distribution", distribution),
        recommended_distribution=table.facts(
            "recommended_distribution", word(*_DISTRIBUTIONS)
        ),
        instances=table.fact("instances", optional(word("many", "one", "some"))),
        labels=tuple(map(_label_values, table.tables("labels"))),
        hyperparameters=tuple(map(_hyperparameter, table.tables("hyperparameters"))),
        inference=_inference(table.table("inference"), common),
        constraints=tuple(map(_constraint, table.tables("constraints"))),
        notes=table.get("notes", texts, ()),
        sources=(),
        image=table.get("image", text, None),
        model_ids=table.get("model_ids", texts, ()),
        channel_aliases=table.facts("channel_aliases", texts),
        channel_content_types=table.facts("channel_content_types", texts),
        **shared,
    )
    read = [source.address for source in table.cited("read")]
    table.close()
    return replace(entry, sources=tuple(dict.fromkeys([*read, *_addresses(entry)])))


def _format(table: Table) -> Format:
    table.take_defaults()
    kind = table.get("kind", word(*_KINDS))
    for needed in _NEEDED.get(kind, ()):
        if needed not in table.values:
            raise table.error(needed, f"is missing: a format of kind {kind!r} needs it")
    found = Format(
        content_type=table.get("content_type", text),
        kind=kind,
        spellings=table.fact("spellings", texts),
        parameters=table.fact("parameters", optional(parameters)),
        modes=_modes(table),
        label=table.facts("label", word("required", "optional", "forbidden", "ignored")),
        **{key: table.fact(key, one, None) for key, one in _FORMAT.items()},
    )
    table.close()
    return found


def _modes(table: Table) -> tuple[ModesByContainer, ...]:
    """One fact, or a list of them with the tags of the images for which they hold."""
    modes = table.values.get("modes")
    if not isinstance(modes, list) or not any(isinstance(one, dict) for one in modes):
        return (ModesByContainer((), table.fact("modes", _MODES)),)
    found = []
    for one in table.tables("modes"):
        tags = one.get("tags", texts, ())
        found.append(ModesByContainer(tags, one.as_fact(_MODES)))
        one.close()
    if not found or found[-1].tags or not all(one.tags for one in found[:-1]):
        raise table.error("modes", "all but the last need tags, and the last has none")
    return tuple(found)


def _label_values(table: Table) -> LabelValues:
    table.take_defaults()
    found = LabelValues(
        when=table.get("when", parameters, {}),
        values=table.fact(
            "values", word("binary", "classes", "integers", "counts", "real")
        ),
        classes_from=table.get("classes_from", text, None),
    )
    table.close()
    return found


def _hyperparameter(table: Table) -> Hyperparameter:
    table.take_defaults()
    found = Hyperparameter(
        name=table.get("name", text),
        meaning=table.get("meaning", word(*_MEANINGS)),
        required=table.fact("required", flag),
        limits=table.fact("limits", limits, None),
        choices=table.fact("choices", texts, None),
        auto=table.get("auto", flag, False),
    )
    table.close()
    return found


def _inference(table: Table, common: Mapping[str, Fact[Any]]) -> Inference:
    table.take_defaults()
    requests = table.fact("requests", texts)
    no_size = replace(requests, value=(), note="of text/csv only, which it does not take")
    takes_csv = "text/csv" in requests.value
    found = Inference(
        requests=requests,
        responses=table.fact("responses", texts),
        forms=tuple(map(_response_form, table.tables("forms"))),
        fields=tuple(map(_response_field, table.tables("fields"))),
        label_size=table.fact("label_size", optional(integers)) if takes_csv else no_size,
        max_bytes=table.fact("max_bytes", integer, common["max_bytes"]),
    )
    table.close()
    known = [one.name for one in found.fields]
    for form in found.forms:
        for name in form.columns.value:
            if name not in known:
                raise table.error("forms", f"{name!r} is not among the fields")
    return found


def _response_field(table: Table) -> ResponseField:
    table.take_defaults()
    found = ResponseField(
        name=table.get("name", text),
        kinds=table.fact("kinds", words(*_RESPONSE_KINDS)),
        dtype=table.fact("dtype", word("float64", "int64"), None),
        always=table.fact("always", flag),
        shape_from=table.get("shape_from", text, None),
    )
    if found.dtype is None and not set(found.kinds.value) <= set(_NO_NUMBERS):
        raise table.error("dtype", f"is missing: only {', '.join(_NO_NUMBERS)} need none")
    if ("tensor" in found.kinds.value) != (found.shape_from is not None):
        raise table.error("shape_from", "a tensor needs it, and nothing else has it")
    table.close()
    return found


def _response_form(table: Table) -> ResponseForm:
    table.take_defaults()
    layout = table.fact("layout", word(*_LAYOUTS))
    found = ResponseForm(
        content_type=table.get("content_type", text),
        layout=layout,
        root=table.fact("root", optional(text), replace(layout, value=None)),
        columns=table.fact("columns", texts, replace(layout, value=())),
    )
    if (layout.value in _UNNAMED) != bool(found.columns.value):
        raise table.error(
            "columns", f"{', '.join(_UNNAMED)} need it, nothing else has it"
        )
    table.close()
    return found


def _constraint(table: Table) -> Constraint:
    """Its sentence stands as `text`, beside what else a fact has."""
    severity = table.get("severity", word("error", "warning", "note"))
    sentence = table.get("text", text)
    fact = table.as_fact(optional(text))
    if fact.value is not None:
        raise table.error("value", "a constraint's value is its text")
    table.close()
    return Constraint(
        Fact(sentence, fact.status, fact.sources, fact.date, fact.note), severity
    )


def _addresses(value: Any) -> Iterator[str]:
    """Addresses of all facts in an entry."""
    if isinstance(value, Fact):
        yield from value.sources
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _addresses(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _addresses(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _addresses(getattr(value, one.name))
