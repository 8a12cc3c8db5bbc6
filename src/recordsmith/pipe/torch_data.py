"""A channel as PyTorch's data sets have it; PyTorch is imported when one is made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from ..errors import InputError, MissingPackageError
from .channel import Channel

if TYPE_CHECKING:
    from ..batch import Batch

    Transform = Optional[Callable[[Batch], Any]]

__all__ = ["torch_dataset"]


def torch_dataset(
    channel: Channel, epoch: int | None = None, transform: Transform = None
) -> Any:
    """A `torch.utils.data.IterableDataset` over the batches of a channel.

    Parameters
    ----------
    channel : Channel
        With `rows=`: its batches are those of training, so the loader gets
        `batch_size=None`.
    epoch : int, optional
        The pass that it gives. By default each iteration gives the next one, from 0 on,
        which needs a loader without worker processes.
    transform : callable(Batch), optional
        What to make of each batch, instead of tensors: (features, labels), or features
        alone where there are no labels. Sparse features are sparse CSR tensors. Raw
        frames are given as they are.

    Raises
    ------
    MissingPackageError
        If PyTorch is not installed.

    Notes
    -----
    Worker processes divide the rows among themselves in File mode. In Pipe mode there can
    be one at most: a FIFO has one reader.

    Examples
    --------
    ::

        channel = recordsmith.pipe.Channel("train", rows=256, shuffle=100_000)
        for epoch in range(3):
            dataset = recordsmith.pipe.torch_dataset(channel, epoch)
            for features, labels in DataLoader(dataset, batch_size=None):
                ...
    """
    return _dataset_class()(channel, epoch, transform)


@lru_cache(maxsize=1)
def _dataset_class() -> Any:
    """Made here, since its base is PyTorch's."""
    try:
        from torch.utils.data import IterableDataset, get_worker_info
    except ImportError:
        raise MissingPackageError(
            "torch_dataset() needs PyTorch, which is not installed",
            advice="pip install torch; the batches of a Channel need nothing more",
        ) from None

    class ChannelDataset(IterableDataset):  # type: ignore[misc,unused-ignore]
        """Batches of a channel; see `recordsmith.pipe.torch_dataset`."""

        def __init__(
            self, channel: Channel, epoch: int | None, transform: Transform
        ) -> None:
            super().__init__()
            self.channel = channel
            self.epoch = epoch
            self.transform = transform
            self._next = 0

        def __iter__(self) -> Iterator[Any]:
            number = self._next if self.epoch is None else self.epoch
            self._next = number + 1
            worker = get_worker_info()
            channel = self.channel
            if worker is not None:
                channel = _share(channel, worker, self.epoch)
            with channel.epoch(number) as batches:
                if worker is not None and worker.num_workers > 1:
                    _refuse_fifo(batches, worker.num_workers)
                yield from map(self.transform or _tensors, batches)

        def __reduce__(self) -> Any:  # the class has no name that pickle could find
            return torch_dataset, (self.channel, self.epoch, self.transform)

    return ChannelDataset


def _share(channel: Channel, worker: Any, epoch: int | None) -> Channel:
    """The channel's rows that are this worker's; a shard is divided further."""
    if epoch is None:
        raise InputError(
            "each worker process would begin with epoch 0 in each iteration",
            advice="say which it is: torch_dataset(channel, epoch), or set dataset.epoch",
        )
    shard: Any = channel.settings.shard
    which, n_shards = shard or (0, 1)
    n_workers = worker.num_workers
    return channel.with_shard((which + n_shards * worker.id, n_shards * n_workers))


def _refuse_fifo(batches: Any, n_workers: int) -> None:
    if batches.is_fifo:
        raise InputError(
            f"{n_workers} worker processes cannot share a FIFO: it has one reader",
            path=batches.path,
            advice="pass num_workers=0 or 1 in Pipe mode; batches are read ahead in a "
            "thread anyway",
        )


def _tensors(batch: Any) -> Any:
    """Tensors over the batch's own memory."""
    if not hasattr(batch, "fields"):
        return batch
    features, labels = _tensor(batch.features), batch.labels
    return features if labels is None else (features, _tensor(labels))


def _tensor(array: Any) -> Any:
    import torch

    if isinstance(array, np.ndarray):
        return torch.from_numpy(array)
    parts = [torch.from_numpy(part) for part in (array.indptr, array.indices)]
    values = torch.from_numpy(array.data)
    return torch.sparse_csr_tensor(*parts, values, size=array.shape)
