"""Several threads over the same arrays: equal results, and no crash where one writes."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp

import recordsmith as rs
from recordsmith import _core
from recordsmith.codec import Encoder
from recordsmith.errors import RecordsmithError

N_ROWS = 4000


def matrix(seed=0):
    random = np.random.default_rng(seed)
    dense = random.integers(-9, 9, (N_ROWS, 6)) * random.integers(0, 2, (N_ROWS, 6))
    return sp.csr_matrix(dense.astype("f4"))


@pytest.mark.parametrize("sparse", [False, True])
def test_shared_input(sparse):
    X = matrix() if sparse else matrix().toarray()
    y = np.arange(N_ROWS, dtype="f4")
    expected = rs.encode(X, y, threads=1)

    def work(_):
        data = rs.encode(X, y, threads=2)
        batch = rs.decode(expected, threads=2)
        found = batch.features
        dense = found.toarray() if sparse else found
        return data == expected, dense.tobytes(), batch.labels.tobytes()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(24)))
    dense = X.toarray() if sparse else X
    assert results == [(True, dense.tobytes(), y.tobytes())] * 24


def flip_while(array, patterns, work):
    """Run `work` while another thread overwrites the array again and again."""
    original, stop = array.copy(), threading.Event()

    def flip():
        while not stop.is_set():
            for pattern in patterns:
                array[:] = pattern
            array[:] = original

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        return work()
    finally:
        stop.set()
        thread.join()
        array[:] = original


def attempts(batch, n=60):
    """Encode again and again: (times it went well, times it was an error)."""
    outcomes = [attempt(batch, ("keep", "sum")[i % 2]) for i in range(n)]
    return outcomes.count(True), outcomes.count(False)


def attempt(batch, duplicates):
    try:
        rs.encode(batch, duplicates=duplicates)
        return True
    except RecordsmithError:
        return False


@pytest.mark.parametrize("part", ["offsets", "keys"])
def test_arrays_that_change_meanwhile(part):
    """Whatever another thread writes: frames or a RecordsmithError, never a crash."""
    X = matrix(1)
    field = rs.Field(
        "feature",
        "csr",
        X.data,
        shape=(6,),
        offsets=X.indptr.astype("i8"),
        keys=X.indices.astype("i8"),
    )
    batch = rs.Batch((field,), N_ROWS)
    array = getattr(field, part)
    rubbish = [-1, 2**62, array[::-1].copy(), 5]
    good, bad = flip_while(array, rubbish, lambda: attempts(batch))
    assert good + bad == 60
    assert rs.encode(batch) == rs.encode(X)


@pytest.mark.parametrize("value", [-1, 2**62, 1, 2**31 - 1])
@pytest.mark.parametrize("part", ["offsets", "keys"])
def test_arrays_that_change_between_the_passes(part, value):
    """Changed after planning: nothing beyond the room is written."""
    X = matrix(2)
    field = rs.Field(
        "feature",
        "csr",
        X.data,
        shape=(2**40,),
        offsets=X.indptr.astype("i8"),
        keys=X.indices.astype("i8"),
    )
    encoder = Encoder(rs.Batch((field,), N_ROWS))
    _, n_bytes = encoder.plan(0, N_ROWS)
    room = bytearray(b"\xa5" * (n_bytes + 64))
    getattr(field, part)[N_ROWS // 2 :] = value
    with contextlib.suppress(RecordsmithError):
        _core.encode_rows(encoder.rows, 0, N_ROWS, memoryview(room)[:n_bytes])
    assert room[n_bytes:] == b"\xa5" * 64
