"""The bytes between a file and the decoder."""

import io

import numpy as np
import pytest

import wire
from doubles import Dribble
from recordsmith.errors import FormatError
from recordsmith.window import Window

ONE = wire.dense([1], labels=[2])
N = len(ONE)


def memory_of(window):
    """Address and size of the block that the window's bytes lie in."""
    block = np.frombuffer(window.data.obj, np.uint8)
    return block.ctypes.data, len(block)


def test_memory_is_used_again():
    """What is read later goes where dropped bytes were, and nothing is lost."""
    data = bytes(np.random.default_rng(0).integers(0, 256, 1 << 20, np.uint8))
    window, found = Window(Dribble(data, [70_000] * 20)), b""
    window.need(100_000)
    memory = memory_of(window)
    while window.data:
        n = max(1, len(window.data) - 17)
        found += window.data[:n]
        window.drop(n, 0)
        window.need(100_000)
        assert memory_of(window) == memory
    assert found == data


def test_memory_grows_for_a_long_record_and_shrinks_after_it():
    window = Window(io.BytesIO(bytes(3 << 20)))
    window.need(1 << 20)
    window.need(2 << 20)
    assert len(window.data) == 2 << 20
    assert memory_of(window)[1] == 2 << 20
    window.drop(2 << 20, 1)
    window.need(100_000)
    assert memory_of(window)[1] == 100_000


def test_the_callers_bytes_are_never_written_to():
    data = bytearray(ONE + ONE + wire.frame(b"\x1a\x01u")[:-1])
    before = bytes(data)
    window = Window(None, data=data)
    window.drop(2 * N, 2)
    assert window.pad_last()
    assert bytes(window.data) == wire.frame(b"\x1a\x01u")
    assert data == before
    data.append(0)  # nothing looks at it any more, or this would be a BufferError


def test_nothing_is_read_after_the_end():
    class Once(io.BytesIO):
        ended = False

        def readinto(self, buffer):
            assert not self.ended
            n = super().readinto(buffer)
            self.ended = n == 0
            return n

    window = Window(Once(ONE))
    window.need(2 * N)
    assert window.at_end
    window.need(3 * N)
    assert bytes(window.data) == ONE


def test_places_after_joined_records_and_more_reading():
    """Positions are those of the input while joined bytes are in the window, and when
    more has been read behind them."""
    payload = wire.payloads(ONE)[0]
    split = wire.frame(payload[:8], 1) + wire.frame(payload[8:], 3)
    window = Window(io.BytesIO(split + ONE + ONE + b"x"))
    window.need(len(split) + 4)
    assert window.join()
    window.need(3 * N)
    assert bytes(window.data[: 2 * N]) == ONE + ONE
    window.drop(2 * N, 2)
    window.need(N + 1)
    window.drop(N, 1)
    error = window.placed(window.truncated())
    assert (error.row, error.offset) == (4, len(split) + 2 * N)


@pytest.mark.parametrize("cut", [1, 3])
def test_more_than_padding_is_missing(cut):
    window = Window(None, data=ONE[:-cut])
    assert not window.pad_last()
    assert isinstance(window.truncated(), FormatError)
    assert bytes(window.data) == ONE[:-cut]
