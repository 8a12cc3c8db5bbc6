"""Help for the tests of sources."""

import io

import numpy as np

from recordsmith.sources import open_source
from recordsmith.tally import Tally


def batches_of(src, **options):
    """(batches, tally) of a source; the rows of the batches must follow each other."""
    tally = Tally()
    batches = list(open_source(src, tally=tally, **options).batches)
    first_row = 0
    for batch in batches:
        assert batch.first_row == first_row
        first_row += batch.n_rows
    return batches, tally


def rows_of(src, **options):
    """(features, labels) of all batches of a source, dense."""
    batches, _ = batches_of(src, **options)
    dtypes = {one.features.dtype for one in batches}
    assert len(dtypes) == 1, "all batches of a stream have one dtype"
    features = np.concatenate([one.to_numpy()[0] for one in batches])
    labels = [one.labels for one in batches]
    return features, None if labels[0] is None else np.concatenate(labels)


def text(data, **options):
    """A source of text in memory, as `rows_of` has it."""
    return rows_of(
        io.BytesIO(data.encode() if isinstance(data, str) else data), **options
    )


class Slow(io.RawIOBase):
    """Gives a few bytes at a time, or None, or an interruption; cannot seek or tell."""

    def __init__(self, data, step=3):
        self.data, self.step, self.calls = data, step, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.calls += 1
        if self.calls % 5 == 1:
            return None
        if self.calls % 5 == 2:
            raise InterruptedError
        n = min(self.step, len(buffer), len(self.data))
        buffer[:n], self.data = self.data[:n], self.data[n:]
        return n

    def seek(self, *_):
        raise AssertionError("seek was called")

    def tell(self):
        raise AssertionError("tell was called")
