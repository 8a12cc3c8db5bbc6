"""Files for a batch transform job, cut between rows, and what the job is to be told."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from ..errors import InputError, LimitError
from ..folders import manifest_path, open_folder, write_manifest
from ..publish import open_output
from ..reporting.findings import Report
from ..tally import Tally
from .cutting import Body, Limits
from .job_settings import check_payload, choose_accept, split_of, transform_settings
from .media import choose_media, is_count
from .requesting import Rows

if TYPE_CHECKING:
    from ..algorithm_table.types import Algorithm

    Progress = Callable[[int, Optional[int], int], None]

__all__ = ["TransformFile", "TransformFiles", "transform_files"]

FILE_BYTES = 64 << 20
_MOST_FILES = 100_000  # names of five digits sort in the order of the rows
_SUFFIXES = {
    "csv": "csv",
    "json": "json",
    "jsonl": "jsonl",
    "libsvm": "libsvm",
    "recordio": "pbr",
}


@dataclass(frozen=True)
class TransformFile:
    """One file of a batch transform job.

    Attributes
    ----------
    name : str
        Its results are called `name` with ".out" after it.
    begin, end : int
        Rows of the source, from 0.
    bytes : int
    sha256 : str
    """

    name: str
    begin: int
    end: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TransformFiles:
    """What :func:`transform_files` wrote.

    Attributes
    ----------
    folder, manifest : str
        The files' folder, and the JSON beside it that says which rows are where.
    content_type, split_type : str
        The job's ContentType and SplitType.
    accept : str or None
        The job's Accept, where it is known.
    algorithm : str or None
        Its key.
    max_payload_mb : int
    files : tuple of TransformFile
    densified_bytes : int or None
        Of sparse rows: how much memory one payload's rows take if the container makes
        them dense, as some do.
    seconds : float
    tally : Tally
    report : Report or None
        What the checks found, where an algorithm was named; no error is in it.
    """

    folder: str
    manifest: str
    content_type: str
    split_type: str
    accept: str | None
    algorithm: str | None
    max_payload_mb: int
    files: tuple[TransformFile, ...]
    densified_bytes: int | None
    seconds: float
    tally: Tally = field(default_factory=Tally)
    report: Report | None = None

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return self.files[-1].end if self.files else 0

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(one.bytes for one in self.files)

    def settings(
        self,
        input_uri: str | None = None,
        output_uri: str | None = None,
        *,
        max_concurrent: int | None = None,
        join_source: bool = False,
    ) -> dict[str, Any]:
        """The members of a `create_transform_job` request that have to do with the data.

        Parameters
        ----------
        input_uri, output_uri : str, optional
            Where the folder is copied to, and where the results go: "s3://bucket/x/".
            Without them DataSource and S3OutputPath are left out.
        max_concurrent : int, optional
            MaxConcurrentTransforms; by default the container says what it can do. It
            times MaxPayloadInMB is at most 100.
        join_source : bool, default False
            Have SageMaker put each result beside its input; of CSV, JSON and JSON Lines.

        Returns
        -------
        dict
            MaxPayloadInMB, TransformInput, TransformOutput, and BatchStrategy,
            MaxConcurrentTransforms and DataProcessing where they apply.

        Raises
        ------
        InputError, LimitError
            If the service would refuse it.
        """
        return transform_settings(
            content_type=self.content_type,
            split_type=self.split_type,
            accept=self.accept,
            max_payload_mb=self.max_payload_mb,
            input_uri=input_uri,
            output_uri=output_uri,
            max_concurrent=max_concurrent,
            algorithm=self.algorithm,
            join_source=join_source,
        )

    def __repr__(self) -> str:
        return (
            f"<TransformFiles of {self.rows} rows in {len(self.files)} files, "
            f"{self.bytes} bytes, {self.content_type}, SplitType {self.split_type}>"
        )


def transform_files(
    src: Any,
    folder: str | os.PathLike[str],
    *,
    content_type: str | None = None,
    algorithm: Algorithm | str | None = None,
    max_payload_mb: int = 6,
    file_bytes: int = FILE_BYTES,
    rows: int | None = None,
    whole_files: bool = False,
    accept: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> TransformFiles:
    """Write rows as the files of a batch transform job; memory use is flat.

    Parameters
    ----------
    src : array, SciPy sparse, list of rows, table, path, batches
        As for :func:`recordsmith.requests`.
    folder : path
        A new folder for the files: part-00000.csv, part-00001.csv and so on, in the order
        of the rows. It appears when all are whole. Beside it stands a manifest,
        `folder`.manifest.json.
    content_type, algorithm
        As for :func:`recordsmith.requests`.
    max_payload_mb : int, default 6
        The job's MaxPayloadInMB, of 2^20 bytes, 1 to 100. No row is longer; and no file,
        where SplitType is None.
    file_bytes : int, default 64 MiB
        No file is longer. Files are what a job's instances share.
    rows : int, optional
        At most so many rows in a file.
    whole_files : bool, default False
        Make each file one request, to be sent as it is: SplitType None. It is so for
        application/json, and text/libsvm, in any case.
    accept : str, optional
        The responses' content type; by default the algorithm's, JSON Lines if it can be.
    overwrite : bool, default False
        Replace a folder that this function wrote.
    progress : callable(0, None, rows_done), optional
    **options
        form, drop_labels, extras, configuration, duplicates, empty_rows, hyperparameters,
        container, against, threads, tally, and those of sources: as for
        :func:`recordsmith.requests`.

    Returns
    -------
    TransformFiles
        Its `settings` are what the job is to be told.

    Raises
    ------
    InputError, LimitError, ValidationError
        As for :func:`recordsmith.requests`; and if there are no rows. Nothing is written
        then.

    Source
    ------
    "Use Batch Transform" and "Common Data Formats for Inference" of the developer guide.

    Examples
    --------
    >>> import numpy as np, recordsmith as rs
    >>> done = rs.transform_files(np.eye(3), "batch", algorithm="kmeans", rows=2)
    >>> [(one.name, one.begin, one.end) for one in done.files]
    [('part-00000.pbr', 0, 2), ('part-00001.pbr', 2, 3)]
    >>> settings = done.settings("s3://bucket/batch/", "s3://bucket/scores/")
    >>> settings["TransformInput"]["SplitType"], settings["TransformOutput"]["Accept"]
    ('RecordIO', 'application/jsonlines')
    """
    started = time.perf_counter()
    media = choose_media(content_type, algorithm)
    accept = choose_accept(media, accept)
    payload = check_payload(max_payload_mb)
    if not is_count(file_bytes):
        raise InputError(
            f"file_bytes is {file_bytes!r}, expected 1 or more, a whole number"
        )
    split = split_of(media.kind, whole_files)
    if split == "None":
        limits = Limits(min(payload, file_bytes), rows, name="the limit of a file")
    else:
        limits = Limits(file_bytes, rows, payload, "file_bytes", "the longest payload")
    name = os.fspath(folder)
    source = Rows(src, media, "transform", **options)
    files: list[TransformFile] = []
    with open_folder(name, overwrite) as hidden:
        for body in source.bodies(limits):
            files.append(_write(hidden, len(files), _SUFFIXES[media.kind], body))
            if progress is not None:
                progress(0, None, body.end)
        if not files:
            raise InputError(
                "there are no rows, and a job needs a file", advice="check the source"
            )
    done = TransformFiles(
        folder=name,
        manifest=manifest_path(name),
        content_type=media.header,
        split_type=split,
        accept=accept,
        algorithm=None if media.algorithm is None else media.algorithm.key,
        max_payload_mb=max_payload_mb,
        files=tuple(files),
        densified_bytes=_densified(source, files, payload),
        seconds=time.perf_counter() - started,
        tally=source.tally,
        report=source.report,
    )
    write_manifest(name, _manifest(done))
    return done


def _write(folder: Path, number: int, suffix: str, body: Body) -> TransformFile:
    if number >= _MOST_FILES:
        raise LimitError(
            f"the rows make more than {_MOST_FILES:,} files",
            advice="raise max_payload_mb or file_bytes, or leave rows out",
        )
    name = f"part-{number:05}.{suffix}"
    digest = hashlib.sha256()
    with open_output(folder / name) as out:
        for piece in body.pieces:
            digest.update(piece)
            out.write(piece)
    return TransformFile(name, body.begin, body.end, body.n_bytes, digest.hexdigest())


def _densified(source: Rows, files: list[TransformFile], payload: int) -> int | None:
    """Bytes of the rows of one payload as dense rows of float32."""
    if not source.sparse or source.width is None:
        return None
    rows = max(
        min(one.end - one.begin, max(1, (one.end - one.begin) * payload // one.bytes))
        for one in files
    )
    return rows * source.width * 4


def _manifest(done: TransformFiles) -> dict[str, Any]:
    return {
        "content_type": done.content_type,
        "split_type": done.split_type,
        "accept": done.accept,
        "algorithm": done.algorithm,
        "rows": done.rows,
        "files": [asdict(one) for one in done.files],
    }
