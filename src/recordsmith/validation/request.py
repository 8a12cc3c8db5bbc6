"""What data are to be checked for: the options of `validate`, held against the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..algorithm_table.loading import algorithm as look_up
from ..algorithm_table.types import Algorithm, Fact, Format, LabelValues
from ..batch import FEATURE, LABEL
from ..errors import InputError
from .field_facts import Bounds

__all__ = [
    "KINDS",
    "PURPOSES",
    "Request",
    "content_type_parts",
    "holds_tokens",
    "make_request",
]

PURPOSES = ("train", "inference", "transform")
# What a source is called -> what the table calls it.
KINDS = {
    "recordio": "recordio-protobuf",
    "csv": "csv",
    "libsvm": "libsvm",
    "parquet": "parquet",
    "jsonl": "jsonlines",
}


@dataclass(frozen=True)
class Request:
    """One channel of one job, as far as it was told.

    Attributes
    ----------
    algorithm : Algorithm or None
    channel : str
    purpose : {"train", "inference", "transform"}
    content_type : str or None
        Without its parameters, as it was given.
    parameters : mapping of str to str
        Those of the content type.
    input_mode, compression, distribution, container : str or None
    instances : int or None
    hyperparameters : mapping of str to str
    """

    algorithm: Algorithm | None = None
    channel: str = "train"
    purpose: str = "train"
    content_type: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    input_mode: str | None = None
    compression: str | None = None
    distribution: str | None = None
    instances: int | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    container: str | None = None

    @property
    def trains(self) -> bool:
        """Is it for training, as opposed to requests?"""
        return self.purpose == "train"

    def format(self, kind: str | None) -> Format | None:
        """The format of the content type; if none was given, that of a kind of file."""
        if self.algorithm is None:
            return None
        if self.content_type is not None:
            return self.algorithm.format(self.content_type)
        return None if kind is None else self.algorithm.format(kind)

    def constraint(self, words: str) -> Fact[str] | None:
        """The constraint of the table whose text has these words."""
        for one in self.algorithm.constraints if self.algorithm else ():
            if words in one.text.value:
                return one.text
        return None

    def value_of(self, meaning: str) -> tuple[str, int | None]:
        """(name, value) of the hyperparameter with that meaning; None if not a number."""
        one = self.algorithm.hyperparameter(meaning) if self.algorithm else None
        if one is None:
            return "", None
        return one.name, _whole(self.hyperparameters.get(one.name))

    def label_values(self) -> LabelValues | None:
        """Which labels are taken in this channel; None where nothing says."""
        if self.algorithm is None or not self.trains:
            return None
        return self.algorithm.label_values(self.hyperparameters)

    def n_classes(self) -> int | None:
        """How many classes the hyperparameters tell."""
        values = self.label_values()
        if values is None or values.classes_from is None:
            return None
        return _whole(self.hyperparameters.get(values.classes_from))

    def bounds(self, fmt: Format | None) -> dict[str, Bounds]:
        """What values may be, by role."""
        found: dict[str, Bounds] = {}
        if holds_tokens(fmt):
            vocabulary = self.value_of("vocabulary")[1]
            high = float("inf") if vocabulary is None else float(vocabulary - 1)
            found[FEATURE] = Bounds(0.0, high)
        elif self.constraint("counts of words") is not None:
            found[FEATURE] = Bounds(0.0)
        labels = self.label_values()
        if labels is not None:
            classes = self.n_classes()
            most = float("inf") if classes is None else float(classes - 1)
            limits = {
                "binary": Bounds(0.0, 1.0),
                "classes": Bounds(0.0, most),
                "counts": Bounds(0.0),
            }
            found[LABEL] = limits.get(labels.values.value, Bounds())
        return found


def holds_tokens(fmt: Format | None) -> bool:
    """Are the features lists of tokens, whose length varies?"""
    dtypes = fmt.dtypes.value if fmt is not None and fmt.dtypes is not None else ()
    return tuple(dtypes) == ("int32",)


def _whole(value: str | None) -> int | None:
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def content_type_parts(text: str) -> tuple[str, dict[str, str]]:
    """The type, and its parameters.

    Examples
    --------
    >>> content_type_parts("text/csv; label_size=0")
    ('text/csv', {'label_size': '0'})
    """
    base, *rest = (part.strip() for part in text.split(";"))
    pairs = (part.partition("=") for part in rest if part)
    return base, {name.strip(): value.strip() for name, _, value in pairs}


def make_request(
    algorithm: Algorithm | str | None = None,
    *,
    content_type: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    purpose: str = "train",
    instances: int | None = None,
    **rest: Any,
) -> Request:
    """The options of :func:`recordsmith.validate` as one value.

    Raises
    ------
    InputError
        If the algorithm or the purpose is not known, or instances is not positive.
    """
    entry = look_up(algorithm) if isinstance(algorithm, str) else algorithm
    if purpose not in PURPOSES:
        raise InputError(f"purpose is {purpose!r}, expected {', '.join(PURPOSES)}")
    if instances is not None and instances < 1:
        raise InputError(f"instances is {instances}, expected 1 or more")
    base, parameters = (
        (None, {}) if not content_type else content_type_parts(content_type)
    )
    settings = {name: _text(value) for name, value in (hyperparameters or {}).items()}
    return Request(
        entry,
        content_type=base or None,
        parameters=parameters,
        hyperparameters=settings,
        purpose=purpose,
        instances=instances,
        **rest,
    )


def _text(value: Any) -> str:
    """A hyperparameter as a job has it: all are text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
