"""How work is spread."""

import subprocess
import sys
import threading
import time

import pytest

from recordsmith.errors import InputError
from recordsmith.threads import map_ordered, n_threads, prefetch, row_ranges, run_all


def test_number_of_threads():
    assert n_threads(None) >= 1
    assert n_threads(3) == 3
    for n in (0, -1):
        with pytest.raises(InputError, match=f"threads is {n}"):
            n_threads(n)


@pytest.mark.parametrize("n_rows", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("n_parts", [1, 2, 3, 8])
def test_ranges_cover_all_rows_once(n_rows, n_parts):
    ranges = row_ranges(n_rows, n_parts)
    assert [row for a, b in ranges for row in range(a, b)] == list(range(n_rows))
    assert 1 <= len(ranges) <= n_parts
    sizes = [b - a for a, b in ranges]
    assert max(sizes) - min(sizes) <= 1


def test_results_in_order_and_the_first_error():
    assert run_all([lambda i=i: i for i in range(5)]) == list(range(5))

    def fail(n):
        time.sleep(0.01 * (3 - n))
        raise ValueError(n)

    jobs = [lambda: 0, lambda: fail(1), lambda: fail(2)]
    with pytest.raises(ValueError, match="1"):
        run_all(jobs)


def test_prefetch_gives_the_same_items():
    assert list(prefetch(iter(range(50)))) == list(range(50))
    assert list(prefetch([])) == []


def test_prefetch_raises_in_place():
    def items():
        yield 1
        raise KeyError("x")

    found = prefetch(items())
    assert next(found) == 1
    with pytest.raises(KeyError):
        next(found)


def test_prefetch_closed_early_stops_its_thread():
    closed = threading.Event()

    def items():
        try:
            n = 0
            while True:
                yield n
                n += 1
        finally:
            closed.set()

    found = prefetch(items())
    assert [next(found), next(found)] == [0, 1]
    found.close()
    assert closed.wait(5)


def test_prefetch_runs_ahead_by_its_depth_only():
    made = []

    def items():
        for i in range(100):
            made.append(i)
            yield i

    found = prefetch(items(), depth=2)
    next(found)
    time.sleep(0.2)
    assert len(made) <= 5
    found.close()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_map_ordered(workers):
    assert list(map_ordered(lambda i: i * i, range(30), workers)) == [
        i * i for i in range(30)
    ]
    found = map_ordered(lambda i: 1 // (3 - i), range(9), workers)
    assert [next(found), next(found), next(found)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)


@pytest.mark.parametrize(
    "name", ["map_ordered(str, range(99), 2)", "prefetch(range(99))"]
)
def test_the_collector_may_close_it_anywhere(name):
    """In a thread that starts, it may hold the lock that joining a thread takes."""
    code = f"""
import threading
from recordsmith.threads import map_ordered, prefetch
found = {name}
next(found)
# There is none from Python 3.13 on.
with getattr(threading, "_shutdown_locks_lock", threading.Lock()):
    found.close()
print("closed")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, text=True
    )
    assert (done.stdout, done.stderr) == ("closed\n", "")
