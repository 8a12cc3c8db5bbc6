"""What training data look like, so that other data can be held against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..reporting.findings import Report
from ..storage import is_path
from .facts import Facts

__all__ = ["FieldProfile", "Profile", "profile_of"]

_MAX_LABELS = 1000


@dataclass(frozen=True)
class FieldProfile:
    """One feature or label, as the first record has it; and the labels that occur."""

    role: str
    name: str
    dtype: str
    density: str
    width: int | None
    values: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Profile:
    """The fields of data, and the files that they are in.

    Attributes
    ----------
    fields : tuple of FieldProfile
    rows : int
    files : tuple of str
    """

    fields: tuple[FieldProfile, ...] = ()
    rows: int = 0
    files: tuple[str, ...] = field(default=())

    def get(self, role: str, name: str) -> FieldProfile | None:
        """The field of a role and name."""
        for one in self.fields:
            if (one.role, one.name) == (role, name):
                return one
        return None

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for a report and its JSON."""
        fields = [
            {**vars(one), "values": None if one.values is None else list(one.values)}
            for one in self.fields
        ]
        return {"rows": self.rows, "files": list(self.files), "fields": fields}

    @staticmethod
    def of_dict(value: Mapping[str, Any]) -> Profile:
        """What :meth:`as_dict` gave.

        Examples
        --------
        >>> one = Profile((FieldProfile("feature", "values", "float32", "dense", 3),), 7)
        >>> Profile.of_dict(one.as_dict()) == one
        True
        """
        fields = (
            {**one, "values": None if one["values"] is None else tuple(one["values"])}
            for one in value["fields"]
        )
        files = tuple(value.get("files", ()))
        return Profile(tuple(FieldProfile(**one) for one in fields), value["rows"], files)

    @staticmethod
    def of_facts(facts: Facts, files: tuple[str, ...] = ()) -> Profile:
        """The profile of data that were looked at."""
        fields = []
        for one in [*facts.features, *facts.labels]:
            model = facts.model(one)
            if model is None:
                continue
            width = model.width
            if width is None and model.density == "sparse":
                width = one.max_key + 1
            values = None
            if one.role == "label" and one.counts and not one.fractions:
                values = tuple(sorted(one.counts))
                values = values if len(values) <= _MAX_LABELS else None
            fields.append(
                FieldProfile(
                    one.role, one.name, model.dtype, model.density, width, values
                )
            )
        return Profile(tuple(fields), facts.rows, files)


def profile_of(against: Any) -> Profile | None:
    """The profile in a report, its dictionary, its JSON text, or a file of it.

    Returns None if it is neither: then it is a source to be looked at.

    Raises
    ------
    InputError
        If it is a report without a profile.
    """
    if isinstance(against, Profile):
        return against
    if isinstance(against, Report):
        return _from(against.profile)
    if isinstance(against, Mapping) and "profile" in against:
        return _from(against["profile"])
    text = against
    if is_path(against) and not str(against).lstrip().startswith("{"):
        path = Path(str(against))
        if path.suffix != ".json" or not path.is_file():
            return None
        text = path.read_text("utf-8")
    if not isinstance(text, str) or '"profile"' not in text:
        return None
    found = json.loads(text)
    return _from(found.get("profile", {})) if isinstance(found, dict) else None


def _from(value: Mapping[str, Any]) -> Profile:
    if not value:
        raise _no_profile()
    try:
        return Profile.of_dict(value)
    except (KeyError, TypeError, ValueError):
        raise _no_profile() from None


def _no_profile() -> InputError:
    return InputError(
        "the report to hold the data against has no profile of its own data",
        advice="validate the training data, and pass that report or its JSON",
    )
