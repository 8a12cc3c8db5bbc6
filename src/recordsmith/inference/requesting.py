"""Request bodies for an endpoint: whole rows, and never longer than it takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..batch import FEATURE, LABEL, Batch
from ..errors import InputError
from ..pipeline import iter_batches
from ..reporting.findings import Report
from ..storage import is_path
from ..tally import Tally
from ..threads import n_threads
from ..validation.guarding import Guard
from .blocks import Block, Layout, blocks_of
from .cutting import Body, Limits, bodies_of
from .instances import SEPARATE_CONFIGURATION, instance_blocks, takes_instances
from .media import Media, body_limit, choose_media

if TYPE_CHECKING:
    from ..algorithm_table.types import Algorithm

__all__ = ["Request", "Rows", "requests"]


@dataclass(frozen=True)
class Request:
    """Rows as the body of one request.

    Attributes
    ----------
    body : bytes
        What to send: the Body of `invoke_endpoint`.
    content_type : str
        Its ContentType.
    begin, end : int
        Rows of the source, from 0.
    """

    body: bytes
    content_type: str
    begin: int
    end: int

    def __len__(self) -> int:
        return len(self.body)

    @property
    def n_rows(self) -> int:
        """How many rows."""
        return self.end - self.begin

    def __repr__(self) -> str:
        return (
            f"<Request of rows {self.begin} to {self.end}, {len(self.body)} bytes, "
            f"{self.content_type}>"
        )


class Rows:
    """A source's rows, checked for an algorithm, as bodies.

    Parameters
    ----------
    X : what :func:`recordsmith.iter_batches` takes
    media : Media
    purpose : {"inference", "transform"}
    **options
        Those of :func:`requests`, and of the source.

    Attributes
    ----------
    report : Report or None
        What the checks found, once the last body is made.
    width : int or None
        Columns of the first batch.
    sparse : bool
        Whether they are sparse.
    """

    def __init__(
        self,
        X: Any,
        media: Media,
        purpose: str,
        *,
        form: str = "auto",
        drop_labels: bool = False,
        extras: str = "error",
        configuration: Mapping[str, Any] | None = None,
        duplicates: str = "error",
        empty_rows: str | None = None,
        hyperparameters: Mapping[str, Any] | None = None,
        container: str | None = None,
        against: Any = None,
        threads: int | None = None,
        tally: Tally | None = None,
        **options: Any,
    ) -> None:
        self.media = media
        self.tally = Tally() if tally is None else tally
        self.report: Report | None = None
        self.width: int | None = None
        self.sparse = False
        self._subject = os.fsdecode(X) if is_path(X) else type(X).__name__
        self._workers = n_threads(threads)
        self._drop_labels = drop_labels
        if not (configuration is None or isinstance(configuration, Mapping)):
            raise InputError(
                f"configuration is {configuration!r}, expected a mapping",
                advice='pass configuration={"num_samples": 50}, for example',
            )
        about = {
            "hyperparameters": hyperparameters,
            "container": container,
            "against": against,
        }
        self._blocks: Iterator[Block] | None = None
        self._beside: Mapping[str, Any] | None = None
        self._guard = None
        if takes_instances(X, media):
            _refuse_row_options(
                about,
                form=form != "auto",
                drop_labels=drop_labels,
                extras=extras != "error",
                duplicates=duplicates != "error",
                empty_rows=empty_rows is not None,
            )
            if configuration is not None:
                self._beside = _beside(media, configuration)
            self._blocks = instance_blocks(X, media, options, self.tally)
            return
        settings: dict[str, Any] = {  # as the writers of other formats call them
            "dtype": options.get("dtype"),
            "empty_rows": empty_rows,
            "duplicates": duplicates,
            "densify": form == "dense",
            "sparsify": form == "sparse",
            "threads": threads,
        }
        self._guard = _guard(X, media, purpose, settings, about, self.tally)
        self._layout = Layout(
            kind=media.kind,
            form=form,
            extras=extras,
            configuration=configuration,
            duplicates=duplicates,
            empty_rows=settings["empty_rows"] or "keep",
            tally=self.tally,
        )
        if is_path(X) and threads is not None:
            options["threads"] = threads
        self._batches = iter_batches(X, tally=self.tally, **options)

    def bodies(self, limits: Limits) -> Iterator[Body]:
        """All rows; the last step of the checks comes after the last body."""
        blocks = self._blocks
        if blocks is None:
            longest = limits.max_row or limits.max_bytes
            layout = replace(self._layout, longest=longest)
            blocks = blocks_of(self._checked(), layout, self._workers)
        yield from bodies_of(blocks, self.media.kind, limits, self._beside)
        if self._guard is not None:
            self.report = self._guard.finish(self._subject)

    def _checked(self) -> Iterator[Batch]:
        for batch in self._batches:
            batch = self._unlabelled(batch)
            self._look_at(batch)
            self.tally.rows += batch.n_rows
            if self._guard is None:
                yield batch
                continue
            checked = self._guard.batch(batch)
            if checked is None:  # there is an error: raise it
                self._guard.finish(self._subject)
            else:
                yield checked

    def _unlabelled(self, batch: Batch) -> Batch:
        found = next(batch.all(LABEL), None)
        if found is None:
            return batch
        if not self._drop_labels:
            raise InputError(
                f"the rows have labels ({found.width or 'several'} wide), requests none",
                advice="leave their columns out (drop=), or pass drop_labels=True",
            )
        self.tally.dropped += batch.n_rows
        kept = tuple(one for one in batch.fields if one.role != LABEL)
        return replace(batch, fields=kept)

    def _look_at(self, batch: Batch) -> None:
        one = batch.get(FEATURE)
        if one is not None and batch.n_rows and self.width is None:
            layout = self._layout
            as_is = one.kind == "csr" or layout.kind == "libsvm"  # it leaves zeros out
            self.width = one.width
            self.sparse = layout.form == "sparse" or (layout.form == "auto" and as_is)


def _refuse_row_options(about: Mapping[str, Any], **given: bool) -> None:
    """An error for what would have no effect on instances, which are not looked into."""
    names = [name for name, value in about.items() if value is not None]
    names += [name for name, is_given in given.items() if is_given]
    if names:
        raise InputError(
            f"{', '.join(names)} cannot apply to instances that are no rows of numbers",
            advice="leave it out: they are written as they are, and not checked",
        )


def _beside(media: Media, configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """A configuration of all instances, where there is a place for one."""
    key = media.algorithm.key if media.algorithm is not None else None
    if media.kind == "json" and (key is None or key in SEPARATE_CONFIGURATION):
        return configuration
    raise InputError(
        f"{media.base} has no place for a configuration of these instances",
        advice="put it into each instance, if the algorithm looks for it there",
    )


def _guard(
    X: Any,
    media: Media,
    purpose: str,
    settings: dict[str, Any],
    about: dict[str, Any],
    tally: Tally,
) -> Guard | None:
    """The checks for the algorithm, where one is named."""
    if media.algorithm is not None:
        return Guard(
            media.algorithm,
            media.kind,
            settings,
            tally,
            source=X,
            purpose=purpose,
            **about,
        )
    given = [name for name, value in about.items() if value is not None]
    if given:
        raise InputError(
            f"{', '.join(given)} is about an algorithm, and none is given",
            advice="pass algorithm=",
        )
    return None


def requests(
    X: Any,
    *,
    content_type: str | None = None,
    algorithm: Algorithm | str | None = None,
    max_bytes: int | str | None = None,
    rows: int | None = None,
    form: str = "auto",
    drop_labels: bool = False,
    extras: str = "error",
    configuration: Mapping[str, Any] | None = None,
    duplicates: str = "error",
    empty_rows: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    container: str | None = None,
    against: Any = None,
    threads: int | None = None,
    tally: Tally | None = None,
    **options: Any,
) -> Iterator[Request]:
    """Request bodies under an endpoint's limit, of whole rows.

    Parameters
    ----------
    X : array, SciPy sparse, list of rows, table, path, batches, list of dict
        What :func:`recordsmith.encode` takes as X, or :func:`recordsmith.read`; JSON
        objects, or a file of JSON Lines, for Object2Vec, DeepAR, BlazingText and Seq2Seq;
        pairs of entity and address, or a CSV file of them, for IP Insights.
    content_type : str, optional
        text/csv, application/json, application/jsonlines, text/libsvm or
        application/x-recordio-protobuf; "csv" and the like stand for the whole names. By
        default what the algorithm takes, RecordIO-protobuf or JSON Lines if it can be.
    algorithm : str, optional
        A built-in algorithm of SageMaker. It decides the content type, its parameters
        and the limit where they are not given; refused is what its container refuses,
        and rows are checked as :func:`recordsmith.validate` does for inference.
    max_bytes : int, or "endpoint", "serverless" or "async", default "endpoint"
        No body is longer. An endpoint takes 6,291,456 bytes.
    rows : int, optional
        At most so many rows in a body; by default as many as fit.
    form : {"auto", "dense", "sparse"}, default "auto"
        As the data are; "dense" writes the zeros of sparse rows, "sparse" leaves those
        of dense rows out. CSV of sparse rows needs "dense". Text of libsvm leaves zeros
        out unless it is "dense": to XGBoost they are then missing, not 0.
    drop_labels : bool, default False
        Leave labels of the data out: requests have none. They are an error otherwise.
    extras : {"error", "drop"}, default "error"
        What to do about uid and metadata where the type has no place for them.
    configuration : mapping, optional
        Settings of the algorithm that go into each instance; of DeepAR and BlazingText,
        beside the instances.
    duplicates, empty_rows : as for :func:`recordsmith.encode`
    hyperparameters, container, against
        As for :func:`recordsmith.validate`; `against` is a report of the training data.
    threads : int, optional
        Default: all cores. The bodies do not depend on it.
    tally : Tally, optional
        Counts what was changed.
    **options
        As for :func:`recordsmith.read`: dtype, drop, features, label, header, ...

    Returns
    -------
    iterator of Request
        In order of the rows; each is made when it is asked for, in flat memory.

    Raises
    ------
    InputError
        If the rows have labels, or values that the content type has no place for, such as
        NaN in JSON; or the algorithm does not take the content type.
    LimitError
        If a row alone is longer than `max_bytes`.
    ValidationError
        If the algorithm would refuse the rows.

    Notes
    -----
    Numbers are written with the fewest digits that read back as the same float32 or
    float64. Lines of libsvm count columns from 0 and begin with a label of 0, and a body
    in which no row stores column 0, or whose last row stores nothing, has a NaN there:
    XGBoost's server would otherwise count from 1, or lose the last rows.

    Source
    ------
    "Common Data Formats for Inference" of the developer guide (bodies); the runtime's
    service model of August 2026 (the limit).

    Examples
    --------
    >>> import recordsmith as rs
    >>> for one in rs.requests([[1.5, 16], [2, 0.1]], content_type="json", max_bytes=60):
    ...     print(one.begin, one.body)
    0 b'{"instances":[{"features":[1.5,16.0]}]}'
    1 b'{"instances":[{"features":[2.0,0.1]}]}'
    """
    media = choose_media(content_type, algorithm)
    limits = Limits(body_limit(max_bytes, media.algorithm), rows)
    source = Rows(
        X,
        media,
        "inference",
        form=form,
        drop_labels=drop_labels,
        extras=extras,
        configuration=configuration,
        duplicates=duplicates,
        empty_rows=empty_rows,
        hyperparameters=hyperparameters,
        container=container,
        against=against,
        threads=threads,
        tally=tally,
        **options,
    )
    return _requests(source.bodies(limits), media.header)


def _requests(bodies: Iterable[Body], header: str) -> Iterator[Request]:
    for one in bodies:
        yield Request(b"".join(one.pieces), header, one.begin, one.end)
