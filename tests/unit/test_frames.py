"""Bare frames."""

import io

import pytest

import wire
from doubles import Dribble
from recordsmith.errors import FormatError, InputError
from recordsmith.frames import iter_payloads, wrap
from recordsmith.window import Window

PAYLOADS = [b"", b"a", b"abcd", b"abcde", wire.MAGIC * 3, bytes(5000)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_wrap(payload):
    assert wrap(payload) == wire.frame(payload)


@pytest.mark.parametrize("lengths", [[], [1] * 50, [7, 1, 1000]])
def test_payloads_of_a_stream(lengths):
    data = b"".join(map(wire.frame, PAYLOADS))
    assert list(iter_payloads(Dribble(data, lengths))) == PAYLOADS
    assert list(iter_payloads(data)) == PAYLOADS


def test_joins():
    data = wire.frame(b"abcd", 1) + wire.frame(b"", 2) + wire.frame(b"xyz", 3)
    assert list(iter_payloads(data)) == [wire.MAGIC.join([b"abcd", b"", b"xyz"])]
    assert list(iter_payloads(data, join="plain")) == [b"abcdxyz"]
    with pytest.raises(InputError, match="join is 'glue'"):
        next(iter_payloads(data, join="glue"))


GOOD = wire.frame(b"good")


@pytest.mark.parametrize(
    ("tail", "text"),
    [
        (b"\0" * 8, "no RecordIO frame begins here"),
        (b"\0\0", "2 bytes after the last frame are no frame"),
        (GOOD[:5], "needs 8 bytes, 5 are there"),
        (GOOD[:-1], "needs 12 bytes, 11 are there"),
        (wire.frame(b"", 2), "part 2 of a split record"),
        (wire.frame(b"", 4), "part 4 of a split record"),
        (wire.frame(b"", 1), "the data end inside"),
        (wire.frame(b"", 1) + GOOD, "part 0 of a split record"),
    ],
)
def test_damage(tail, text):
    found = []
    with pytest.raises(FormatError, match=text) as caught:
        found.extend(iter_payloads(io.BytesIO(GOOD + tail), name="f"))
    assert found == [b"good"]
    extra = 8 if tail.startswith(wire.frame(b"", 1)) else 0
    if "part 4" in text:
        extra = 4  # the length word itself is no such
    assert (caught.value.row, caught.value.offset) == (2, len(GOOD) + extra)
    assert str(caught.value).startswith("f: record 2, byte ")


def test_missing_padding_of_the_last_frame():
    assert list(iter_payloads(wire.frame(b"abcde")[:-3])) == [b"abcde"]


def test_a_window_reads_no_more_than_it_needs():
    file = Dribble(bytes(100), [10] * 10)
    window = Window(file)
    window.need(25)
    assert len(window.data) == 25
    assert file.reads == 3
    window.drop(20, 1)
    window.need(6)
    assert (len(window.data), window.n_records) == (6, 1)
    window.need(1000)
    assert window.at_end and len(window.data) == 80
