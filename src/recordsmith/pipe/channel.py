"""A channel of a training job, as a training script sees it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..errors import InputError
from .container import data_directory, host_shard, read_config
from .content import FRAMES, content_of
from .epoch import Epoch
from .fifos import fifo_path
from .incoming import locate
from .settings import Settings

__all__ = ["Channel", "open_pipe"]


class Channel:
    """A channel's data, epoch by epoch, in Pipe, File and FastFile mode alike.

    What is there decides: the FIFO `<directory>/<name>_<epoch>` of Pipe mode, or the
    folder or file `<directory>/<name>`, which each epoch reads again. Where the job's
    `inputdataconfig.json` is there it says the mode and the content type, and data that
    contradict it are an error.

    Parameters
    ----------
    name : str
        Of the channel: "train".
    directory : path, optional
        The folder of the inputs; by default `$SM_INPUT_DIR/data`, else
        `/opt/ml/input/data`.
    config : path, optional
        `inputdataconfig.json`; by default the one in `../config` beside the directory, if
        there is one.
    mode : {"Pipe", "File", "FastFile"}, optional
        Overrides what the job says.
    content_type : str, optional
        As in the job, which it overrides: "application/x-recordio-protobuf",
        "text/csv;label_size=1", "text/libsvm", "application/jsonlines",
        "application/x-parquet" (not in Pipe mode) or "application/x-recordio" (raw
        frames). Without any, the first bytes tell.
    label_size : int, optional
        CSV has no header, and so many label columns come first; if neither this nor the
        content type says it, 1.
    frames : bool, optional
        Give the payloads of RecordIO frames as they are: tuples of bytes. By default so
        for "application/x-recordio", and where the platform wraps objects
        (RecordWrapperType RecordIO). False: read rows even so.
    group : int, default 1
        Payloads of an example: the number of AttributeNames of an augmented manifest.
    rows : int, optional
        Rows of a batch; by default as many as are read at once. Of raw frames, examples
        come one by one, or with `rows` in lists.
    last : {"keep", "drop", "pad"}, default "keep"
        What to do about a last batch with fewer rows: give it as it is, leave it out, or
        fill it with its own rows, repeated from its first one on (`batch.n_valid` rows
        count, `batch.n_padding` are repeated; not for raw frames).
    shuffle : int, default 0
        Rows of the window in which they are shuffled; 0 keeps their order.
    seed : int, default 0
        The order is another one in each epoch, and the same one in each run with the same
        NumPy.
    shard : (int, int) or "auto", optional
        (i, n): row r, counted from 0 through the epoch, is given where r mod n is i.
        "auto": this host's share, by `resourceconfig.json`; all rows where the platform
        has divided the objects already (ShardedByS3Key).
    prefetch : int, default 2
        Blocks (a few MiB of rows, or half a window) that a thread reads ahead, from which
        batches are cut; 0: no thread.
    on_error : {"raise", "skip"}, default "raise"
        "skip" leaves out bad records of RecordIO-protobuf (reading goes on at the next
        frame that is whole) and lines of CSV with too many or too few fields; the epoch
        counts them. Data that end inside a record are an error always.
    allow_empty : bool, default False
        Whether an epoch may have no rows.
    timeout_s : float, default 300
        How long to wait for a FIFO to come, for its first byte, and between two bytes.
    **options
        dtype and label_dtype, "float32" for example: of any format's numbers. And those
        of the format, as :func:`recordsmith.iter_batches` takes them: nulls, index_base,
        n_features, label, features, threads, ...

    Raises
    ------
    InputError
        If an option is wrong, or the job has no such channel.

    Notes
    -----
    In this order: bad records are skipped, rows of other shards are left out, the rest is
    shuffled, and cut into batches. Memory is flat: about three times the window, the
    blocks that are ahead, and a few MiB.

    gzip and zstd data are found by their first bytes, also several files in one FIFO, one
    after another. What AWS says of processing jobs, that CompressionType Gzip has
    the platform decompress on the way, makes plain bytes of them: both are read.

    A channel may be used by one thread at a time. In Pipe mode, opening an epoch closes
    the one before: the platform makes the next FIFO when the last one was closed.

    Examples
    --------
    >>> import recordsmith as rs, tempfile, pathlib
    >>> inputs = pathlib.Path(tempfile.mkdtemp())
    >>> (inputs / "train").mkdir()
    >>> _ = rs.write(inputs / "train" / "a.pbr", [[1.0], [2.0], [3.0]], [0, 1, 0])
    >>> channel = rs.pipe.Channel("train", inputs, rows=2)
    >>> for epoch in channel.epochs(2):
    ...     print(epoch.number, [batch.labels.tolist() for batch in epoch])
    0 [[0, 1], [0]]
    1 [[0, 1], [0]]
    """

    def __init__(
        self,
        name: str,
        directory: Any = None,
        *,
        config: Any = None,
        mode: str | None = None,
        content_type: str | None = None,
        label_size: int | None = None,
        frames: bool | None = None,
        group: int = 1,
        rows: int | None = None,
        last: str = "keep",
        shuffle: int = 0,
        seed: int = 0,
        shard: tuple[int, int] | str | None = None,
        prefetch: int = 2,
        on_error: str = "raise",
        allow_empty: bool = False,
        timeout_s: float = 300.0,
        **options: Any,
    ) -> None:
        self.name = name
        self.directory = data_directory(directory)
        fifo_path(self.directory, name, 0)  # is this the name of a channel at all?
        told = read_config(self.directory, name, config)
        self._told_by = "mode=" if mode is not None else str(told.path)
        self.settings = Settings(
            mode or told.mode,
            content_type or told.content_type,
            label_size,
            frames,
            group,
            rows,
            last,
            shuffle,
            seed,
            shard,
            prefetch,
            on_error,
            allow_empty,
            timeout_s,
            options,
        )
        self._content = content_of(
            self.settings.content_type,
            wrapper=told.wrapper,
            frames=frames,
            label_size=label_size,
        )
        if last == "pad" and self._content.format == FRAMES:
            raise InputError(
                "last is 'pad', and lists of raw frames have no padding",
                advice="pass last='keep' or 'drop'",
            )
        if group != 1 and self._content.format != FRAMES:
            raise InputError(
                f"group is {group}, and only raw frames come in groups",
                advice="pass frames=True, or leave group= out",
            )
        if shard == "auto":
            shard = host_shard(self.directory, told)
            self.settings = replace(self.settings, shard=shard)
        self._latest: Any = None

    def __repr__(self) -> str:
        return f"<Channel {self.name!r} in {self.directory}>"

    def epoch(self, number: int = 0) -> Epoch:
        """One pass over the data, counted from 0; waits for its FIFO to come.

        Raises
        ------
        PipeTimeoutError
            If neither FIFO nor files are there in time.
        InputError
            If what is there contradicts what the job says.
        """
        latest = None if self._latest is None else self._latest()
        if latest is not None and latest.is_fifo:
            latest.close()
        place = locate(
            self.directory,
            self.name,
            number,
            mode=self.settings.mode,
            told_by=self._told_by,
            timeout_s=self.settings.timeout_s,
        )
        opened = Epoch(self.name, number, place, self._content, self.settings)
        self._latest = weakref.ref(opened)
        return opened

    def epochs(self, n: int, *, first: int = 0) -> Iterator[Epoch]:
        """`n` passes over the data, one after another, each closed when the next begins.

        Parameters
        ----------
        n : int
        first : int, default 0
            Number of the first one, for a job that goes on from a checkpoint.
        """
        if n < 0:
            raise InputError(f"n is {n}, expected 0 epochs or more")
        for number in range(first, first + n):
            with self.epoch(number) as one:
                yield one

    def with_shard(self, shard: tuple[int, int]) -> Channel:
        """The same channel, of whose rows only the i-th of n shards is read."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__, _latest=None)
        other.settings = replace(self.settings, shard=shard)
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_latest": None}


def open_pipe(directory: Any, channel: str, *, epoch: int = 0, **settings: Any) -> Epoch:
    """One pass over a channel of a training job: an iterator over batches.

    Parameters
    ----------
    directory : path or None
        The folder of the inputs; None: the container's.
    channel : str
    epoch : int, default 0
        Which FIFO: `<directory>/<channel>_<epoch>`.
    **settings
        As for :class:`recordsmith.pipe.Channel`, of which this is the short form.

    Returns
    -------
    Epoch
        An iterator and a context manager.

    Examples
    --------
    >>> import recordsmith as rs, tempfile, pathlib
    >>> inputs = pathlib.Path(tempfile.mkdtemp())
    >>> _ = rs.write(inputs / "train", [[1.0], [2.0]], dest_format="recordio")
    >>> with rs.open_pipe(inputs, "train") as batches:
    ...     print(next(batches).features.tolist())
    [[1.0], [2.0]]
    """
    return Channel(channel, directory, **settings).epoch(epoch)
