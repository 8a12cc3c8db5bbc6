"""Which form a response has: by the table, or without one by what stands in the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..algorithm_table.loading import algorithm as find_algorithm
from ..algorithm_table.types import ResponseField
from ..errors import InputError
from .bodies import CSV, media_type
from .columns import Columns, Place

__all__ = ["Form", "form_of"]


@dataclass(frozen=True)
class Form:
    """How to read a body.

    Attributes
    ----------
    kind : str
        One of `bodies.KINDS`.
    algorithm : str or None
        Its key.
    layout : str or None
        As in the table; None: what the body looks like.
    root : str or None
    names : tuple of str
        Fields of what has no names in the body.
    fields : mapping of str to ResponseField
        What the table knows of the fields.
    """

    kind: str
    algorithm: str | None = None
    layout: str | None = None
    root: str | None = None
    names: tuple[str, ...] = ()
    fields: Mapping[str, ResponseField] = field(default_factory=dict)

    def check(self, found: Columns, n_rows: int) -> None:
        """An error if predictions lack what the algorithm's always have."""
        names = {name.partition(".")[0] for name in found.arrays}
        if self.algorithm is None or not n_rows:
            return
        held = ", ".join(found.arrays) or "none"
        for name, one in self.fields.items():
            if one.always.value and name not in names:
                raise found.place.error(
                    0,
                    f"no field {name!r}, which every prediction of {self.algorithm} has; "
                    f"found {held}",
                    advice="is it the response of another algorithm?",
                )
        if not names & self.fields.keys():
            raise found.place.error(
                0,
                f"no field of {self.algorithm}: found {held}, expected some of "
                f"{', '.join(self.fields)}",
                advice="is it the response of another algorithm?",
            )

    def columns(self, place: Place) -> Columns:
        """Columns that know what the table knows."""
        return Columns(place, self.fields)


def form_of(
    content_type: str, algorithm: str | None, fields: Iterable[str] | None = None
) -> Form:
    """The form of a content type, for an algorithm or for none.

    Raises
    ------
    InputError
        If the content type cannot be read, or is none that the algorithm answers in.
    """
    kind = media_type(content_type)
    own = _checked(fields, kind)
    if algorithm is None:
        return Form(kind, names=own or (("values",) if kind == CSV else ("image",)))
    entry = find_algorithm(algorithm)
    inference = entry.inference
    found = inference.form(content_type) or inference.form(kind)
    if found is None:
        known = ", ".join(one.content_type for one in inference.forms)
        raise InputError(
            f"{entry.key} is not known to answer in {kind}; known: {known}",
            advice="without algorithm= fields are taken as the body names them",
        )
    return Form(
        kind,
        entry.key,
        found.layout.value,
        found.root.value,
        own or found.columns.value,
        {one.name: one for one in inference.fields},
    )


def _checked(fields: Iterable[str] | None, kind: str) -> tuple[str, ...]:
    if fields is None:
        return ()
    found = (fields,) if isinstance(fields, str) else tuple(fields)
    if kind != CSV:
        raise InputError(
            f"fields= are for text/csv, a body of {kind} names its fields itself"
        )
    if not found or len(set(found)) < len(found):
        raise InputError(f"fields are {list(found)}, expected some that differ")
    return found
