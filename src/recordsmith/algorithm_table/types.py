"""What the table says of an algorithm: plain values, each with where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

__all__ = [
    "Algorithm",
    "Constraint",
    "Fact",
    "Format",
    "Hyperparameter",
    "Inference",
    "LabelValues",
    "ModesByContainer",
    "ResponseField",
    "ResponseForm",
    "Source",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Fact(Generic[T]):
    """One thing that is known of an algorithm, and how well.

    Attributes
    ----------
    value : object
        None if nothing is known.
    status : {"confirmed", "inferred", "conflict", "unconfirmed"}
        "confirmed": documented, or read in the container's source; "inferred": deduced
        from code or examples around it; "conflict": sources disagree, `value` is the one
        to believe; "unconfirmed": no source settles it.
    sources : tuple of str
        Addresses of the pages or files that say so; never empty.
    date : datetime.date
        When they were read.
    note : str or None
    """

    value: T
    status: str
    sources: tuple[str, ...]
    date: date
    note: str | None = None

    @property
    def sure(self) -> bool:
        """May data that breaks it be refused? Only what is confirmed makes an error."""
        return self.status == "confirmed"


@dataclass(frozen=True)
class Source:
    """A page or file that facts rest on.

    Attributes
    ----------
    id : str
        As the data files cite it: "dg:linear-learner".
    address : str
    read : datetime.date
        When it was read.
    text : datetime.date or None
        How old the text is that was read, where that differs.
    """

    id: str
    address: str
    read: date
    text: date | None = None


@dataclass(frozen=True)
class LabelValues:
    """Which label values an algorithm takes, for some setting of its hyperparameters.

    Attributes
    ----------
    when : mapping of str to tuple of str
        Hyperparameter and the values for which this holds; empty: always.
    values : Fact of {"binary", "classes", "integers", "counts", "real"}
        "binary": 0 and 1; "classes": the integers 0 to classes - 1; "integers": any whole
        numbers; "counts": whole numbers from 0; "real": any finite number.
    classes_from : str or None
        The hyperparameter that tells the number of classes.
    """

    when: Mapping[str, tuple[str, ...]]
    values: Fact[str]
    classes_from: str | None = None


@dataclass(frozen=True)
class ModesByContainer:
    """Input modes of the images whose tags are listed; the last entry has no tags."""

    tags: tuple[str, ...]
    modes: Fact[tuple[str, ...]]


@dataclass(frozen=True)
class Format:
    """One content type that an algorithm trains on.

    Attributes
    ----------
    content_type : str
        As the channel's ContentType must be, without parameters.
    kind : str
        "recordio-protobuf", "csv", "libsvm", "parquet", "jsonlines", "json", "recordio",
        "image", "text" or "folder": what the files are.
    spellings : Fact of tuple of str
        Other spellings of the content type that are accepted ("csv", "text/x-libsvm").
    parameters : Fact of mapping of str to tuple of str, or None
        Parameters that the content type may carry and their values, (): any value; {}: it
        takes none; None: nothing says.
    modes : tuple of ModesByContainer
        Read with :meth:`input_modes`.
    densities : Fact of tuple of str
        Of "dense" and "sparse"; both, and "unconfirmed", where nothing says.
    dtypes : Fact of tuple of str
        Of features, as written: "float32", "float64", "int32". The first is the best.
    feature_names : Fact of tuple of str
        Names that a record's features must have: ("values",) as a rule.
    label : mapping of channel to Fact of {"required", "optional", "forbidden", "ignored"}
        "*" stands for every other channel. Read with :meth:`label_rule`.
    label_width : Fact of int or None
        Values in a label; None: any number.
    label_dtypes : Fact of tuple of str
    label_position : Fact of {"first", "none", "first label_size", None}
        Of CSV and Parquet: where the label stands in channels that have one.
    label_size : Fact of tuple of int, or None
        Values that `label_size=` may have in training, over all channels; None: any.
        Where :meth:`label_rule` is "forbidden" it has to be 0, where "required" not 0.
    label_size_default : Fact of int or None
        What a content type without `label_size=` is taken for.
    header : Fact of bool or None
        Whether a CSV file may have a header.
    index_base : Fact of int or None
        Of libsvm: what the first feature's index is.
    empty_rows : Fact of {"keep", "explicit-zero"} or None
        What to write for a sparse row without values so that it can be read.
    content_type_known : Fact of bool or None
        None where a page or the container's source states the content type. False: none
        does, and the table has its best guess; channels without a type are usual.
    """

    content_type: str
    kind: str
    spellings: Fact[tuple[str, ...]]
    parameters: Fact[Mapping[str, tuple[str, ...]] | None]
    modes: tuple[ModesByContainer, ...]
    densities: Fact[tuple[str, ...]] | None = None
    dtypes: Fact[tuple[str, ...]] | None = None
    feature_names: Fact[tuple[str, ...]] | None = None
    label: Mapping[str, Fact[str]] = field(default_factory=dict)
    label_width: Fact[int | None] | None = None
    label_dtypes: Fact[tuple[str, ...]] | None = None
    label_position: Fact[str | None] | None = None
    label_size: Fact[tuple[int, ...] | None] | None = None
    label_size_default: Fact[int | None] | None = None
    header: Fact[bool | None] | None = None
    index_base: Fact[int | None] | None = None
    empty_rows: Fact[str | None] | None = None
    content_type_known: Fact[bool] | None = None

    def label_rule(self, channel: str = "train") -> Fact[str] | None:
        """Whether rows of that channel carry a label."""
        return self.label.get(channel, self.label.get("*"))

    def input_modes(self, container: str | None = None) -> Fact[tuple[str, ...]]:
        """Of "File", "Pipe", "FastFile", for an image tag; by default the newest."""
        for entry in self.modes:
            if container in entry.tags:
                return entry.modes
        return self.modes[-1].modes


@dataclass(frozen=True)
class Hyperparameter:
    """A hyperparameter that the data decides or that decides about the data.

    Attributes
    ----------
    name : str
    meaning : str
        "width" (features of a row), "classes", "batch" (rows of a mini-batch), "rows" (of
        the data set), "vocabulary" (ids below it), "label_size", "task", "weights" or
        "other".
    required : Fact of bool
    limits : Fact of tuple (lowest, highest) of number or None, or None
    choices : Fact of tuple of str, or None
    auto : bool
        Whether "auto" is a value.
    """

    name: str
    meaning: str
    required: Fact[bool]
    limits: Fact[tuple[float | None, float | None]] | None = None
    choices: Fact[tuple[str, ...]] | None = None
    auto: bool = False


@dataclass(frozen=True)
class ResponseField:
    """One field of an algorithm's predictions.

    Attributes
    ----------
    name : str
    kinds : Fact of tuple of str
        What a prediction has of it, one of: "scalar", a number; "vector" and "matrix",
        numbers of the same shape in all predictions; "list" and "lists", numbers, or
        lists of equal length, whose count differs between predictions; "vectors", vectors
        by name; "tensor", numbers whose shape stands in the field `shape_from`; "text",
        "texts"; "image", the bytes of a file; "any", whatever JSON holds. The task
        decides where there are several.
    dtype : Fact of {"float64", "int64"} or None
        Of its numbers. "float64": in text; RecordIO-protobuf keeps the type that it
        holds. "int64": whole numbers, everywhere, however they are written. None: it has
        no numbers.
    always : Fact of bool
        Whether every prediction has it, whatever the task and whatever was asked for.
    shape_from : str or None
        Of a tensor: the field that holds its shape.
    """

    name: str
    kinds: Fact[tuple[str, ...]]
    dtype: Fact[str] | None
    always: Fact[bool]
    shape_from: str | None = None


@dataclass(frozen=True)
class ResponseForm:
    """How predictions stand in a body of one content type.

    Attributes
    ----------
    content_type : str
        As Accept: "application/json", with its parameters if it needs any.
    layout : Fact of str
        "objects": an object for each prediction, in a list under `root` (JSON) or one a
        line (JSON Lines); "columns": an object with a list for each field, an item for
        each prediction; "object": an object that is one prediction; "array": a list of
        numbers that is one prediction, of the only field in `columns`; "lines": CSV, a
        line for each prediction; "labels", "features": records that hold the fields in
        that map; "image": the body is the only field in `columns`.
    root : Fact of str or None
        The key of the list of objects; None: the list is all there is.
    columns : Fact of tuple of str
        Names for what has none in the body: the fields in a line, in order; a single
        one takes all of the line. () where the body names its fields.
    """

    content_type: str
    layout: Fact[str]
    root: Fact[str | None]
    columns: Fact[tuple[str, ...]]


@dataclass(frozen=True)
class Inference:
    """Requests and responses.

    Attributes
    ----------
    requests, responses : Fact of tuple of str
        Content types, as ContentType and Accept.
    forms : tuple of ResponseForm
        One for each of the responses, and some that only the common pages know.
    fields : tuple of ResponseField
    label_size : Fact of tuple of int, or None
        Values that `label_size=` of a text/csv request may have; None: any; (): none.
    max_bytes : Fact of int
        Of one request to a real-time endpoint.
    """

    requests: Fact[tuple[str, ...]]
    responses: Fact[tuple[str, ...]]
    forms: tuple[ResponseForm, ...]
    fields: tuple[ResponseField, ...]
    label_size: Fact[tuple[int, ...] | None]
    max_bytes: Fact[int]

    def form(self, content_type: str) -> ResponseForm | None:
        """The form of a content type; its parameters count only where they decide.

        Examples
        --------
        >>> from recordsmith import algorithm
        >>> algorithm("pca").inference.form("application/json; charset=utf-8").root.value
        'projections'
        """
        base = content_type.partition(";")[0].strip().lower()
        for exact in (content_type, base):
            for one in self.forms:
                if one.content_type == exact:
                    return one
        return None

    def field(self, name: str) -> ResponseField | None:
        """The field of a name."""
        for one in self.fields:
            if one.name == name:
                return one
        return None


@dataclass(frozen=True)
class Constraint:
    """Anything else that holds, as a sentence.

    Attributes
    ----------
    text : Fact of str
    severity : {"error", "warning", "note"}
        What breaking it is; a "note" cannot be broken.
    """

    text: Fact[str]
    severity: str


@dataclass(frozen=True)
class Algorithm:
    """What one built-in algorithm accepts.

    Attributes
    ----------
    key : str
        Its name for :func:`recordsmith.algorithm`: "linear-learner".
    name : str
        Its name in the documentation: "Linear Learner".
    aliases : tuple of str
    supervised : bool or None
    image_tags : tuple of str
        Tags of its image that the table knows, oldest first; empty where it has one only.
    formats : tuple of Format
        The first is what to prefer.
    default_content_type : Fact of str or None
        What a channel without ContentType is taken for.
    channels_required, channels_optional : Fact of tuple of str
    other_channels : Fact of bool or None
        Whether a channel of another name is accepted.
    distribution : mapping of channel to Fact of tuple of str
        Of "FullyReplicated" and "ShardedByS3Key": what is allowed; "*" for the others.
    recommended_distribution : mapping of channel to Fact of str
    instances : Fact of {"many", "one", "some", None}
        Whether a job may have several; "some": only with certain settings, see the note.
    fast_file, augmented_manifest : Fact of bool or None
    hidden_files : Fact of {"error", "ignored", None}
        What a file under the prefix whose name begins with "." does.
    labels : tuple of LabelValues
    hyperparameters : tuple of Hyperparameter
    inference : Inference
    constraints : tuple of Constraint
    notes : tuple of str
        Contradictions between sources, and which to believe.
    sources : tuple of str
        Addresses of all pages and files that were read.
    image : str or None
        Name of its image in ECR and in the SDK's `image_uris`; None: it has none of its
        own. The modes of BlazingText share one.
    model_ids : tuple of str
        JumpStart models by which it is fetched; "*" stands for anything.
    channel_aliases : mapping of channel to Fact of tuple of str
        Other names that are accepted for a channel; resolved by :meth:`channel`.
    channel_content_types : mapping of channel to Fact of tuple of str
        Content types of channels that hold something else than rows: vocabularies,
        annotations, models. (): no page says.
    """

    key: str
    name: str
    aliases: tuple[str, ...]
    supervised: bool | None
    image_tags: tuple[str, ...]
    formats: tuple[Format, ...]
    default_content_type: Fact[str | None]
    channels_required: Fact[tuple[str, ...]]
    channels_optional: Fact[tuple[str, ...]]
    other_channels: Fact[bool | None]
    distribution: Mapping[str, Fact[tuple[str, ...]]]
    recommended_distribution: Mapping[str, Fact[str]]
    instances: Fact[str | None]
    fast_file: Fact[bool | None]
    augmented_manifest: Fact[bool | None]
    hidden_files: Fact[str | None]
    labels: tuple[LabelValues, ...]
    hyperparameters: tuple[Hyperparameter, ...]
    inference: Inference
    constraints: tuple[Constraint, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    image: str | None = None
    model_ids: tuple[str, ...] = ()
    channel_aliases: Mapping[str, Fact[tuple[str, ...]]] = field(default_factory=dict)
    channel_content_types: Mapping[str, Fact[tuple[str, ...]]] = field(
        default_factory=dict
    )

    def channel(self, name: str) -> str:
        """The table's name of a channel that may have several."""
        for channel, aliases in self.channel_aliases.items():
            if name in aliases.value:
                return channel
        return name

    def holds_rows(self, channel: str) -> bool:
        """Whether a channel holds rows in one of the formats."""
        return self.channel(channel) not in self.channel_content_types

    def format(self, content_type: str) -> Format | None:
        """The format of a content type (without its parameters) or of a kind."""
        for entry in self.formats:
            names = (entry.content_type, entry.kind, *entry.spellings.value)
            if content_type in names:
                return entry
        return None

    def hyperparameter(self, meaning: str) -> Hyperparameter | None:
        """The hyperparameter with that meaning."""
        for entry in self.hyperparameters:
            if entry.meaning == meaning:
                return entry
        return None

    def label_values(self, hyperparameters: Mapping[str, Any]) -> LabelValues | None:
        """Which labels these hyperparameters ask for; None if that cannot be told."""
        for entry in self.labels:
            if all(
                str(hyperparameters.get(name)) in values
                for name, values in entry.when.items()
            ):
                return entry
        return None
