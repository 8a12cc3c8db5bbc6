"""The laws of bare frames, for payloads full of magic numbers."""

import io

from hypothesis import given
from hypothesis import strategies as st

import recordsmith as rs
import wire
from doubles import Dribble
from recordsmith.errors import FormatError
from recordsmith.frames import iter_payloads, wrap

# Whole magic numbers and parts of them, at all alignments, with lengths that follow.
PIECES = st.sampled_from(
    [wire.MAGIC, wire.MAGIC[:1], wire.MAGIC[:3], wire.MAGIC[1:], bytes(4), b"x", b"abcd"]
) | st.binary(max_size=9)
PAYLOADS = st.lists(PIECES, max_size=12).map(b"".join)
LISTS = st.lists(PAYLOADS, max_size=8)
SPLITS = st.sampled_from(["dmlc", None])
LENGTHS = st.lists(st.integers(1, 40))


def written(payloads, split):
    file = io.BytesIO()
    rs.write_frames(file, payloads, split=split)
    return file.getvalue()


def attempt(payloads):
    """(all that came, the error that ended it or None)."""
    found = []
    try:
        found.extend(payloads)
    except FormatError as error:
        return found, error
    return found, None


def cut_by_hand(payload):
    """The format in words: cut at each aligned magic number, which is left out."""
    words = [payload[i : i + 4] for i in range(0, len(payload), 4)]
    parts = [b""]
    for word in words:
        if word == wire.MAGIC:
            parts.append(b"")
        else:
            parts[-1] += word
    if len(parts) == 1:
        return wire.frame(payload)
    numbers = [1] + [2] * (len(parts) - 2) + [3]
    return b"".join(map(wire.frame, parts, numbers))


@given(LISTS, SPLITS)
def test_payloads_come_back(payloads, split):
    """read(write(payloads)) is payloads, split or not."""
    data = written(payloads, split)
    assert list(rs.read_frames(data)) == payloads
    assert data == b"".join(wrap(one, split=split) for one in payloads)


@given(LISTS)
def test_the_bytes_are_those_of_the_format(payloads):
    assert written(payloads, "dmlc") == b"".join(map(cut_by_hand, payloads))
    assert written(payloads, None) == b"".join(map(wire.frame, payloads))


@given(LISTS)
def test_no_magic_stands_where_no_frame_begins(payloads):
    """A reader may begin anywhere, and finds the frames that are there."""
    data = written(payloads, "dmlc")
    found = [i for i in range(0, len(data), 4) if data[i : i + 4] == wire.MAGIC]
    begins, at = [], 0
    for _, payload in wire.frames(data):
        begins.append(at)
        at += 8 + len(payload) + -len(payload) % 4
    assert found == begins


@given(LISTS, SPLITS, LENGTHS)
def test_cuts_of_the_stream_do_not_matter(payloads, split, lengths):
    """However the bytes arrive, the same payloads come out."""
    data = written(payloads, split)
    assert list(iter_payloads(Dribble(data, lengths))) == payloads
    assert list(rs.read_frames(Dribble(data, lengths))) == payloads


@given(LISTS, SPLITS, st.data())
def test_a_prefix_gives_whole_payloads_and_an_error(payloads, split, data):
    """A strict prefix never gives a short payload, and never ends as if it were whole."""
    whole = written(payloads, split)
    n = data.draw(st.integers(0, len(whole)))
    found, error = attempt(rs.read_frames(whole[:n]))
    assert found == payloads[: len(found)]
    n_found = len(written(found, split))
    if error is None:
        assert n_found == -(-n // 4) * 4  # the last frame may lack its padding
    else:
        assert n_found < n
        assert (error.row, error.offset) == (len(found) + 1, n_found)


@given(LISTS, SPLITS, st.data())
def test_a_flipped_byte_is_an_error_or_frames(payloads, split, data):
    """Damage gives an error with its place, or something that frames can hold."""
    damaged = bytearray(written([b"first", *payloads], split))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] ^= data.draw(st.integers(1, 255))
    found, error = attempt(rs.read_frames(damaged))
    streamed, same = attempt(iter_payloads(io.BytesIO(damaged)))
    assert streamed == found
    assert (error is None) == (same is None)
    if error is not None:
        assert (same.row, same.offset) == (error.row, error.offset)
        assert error.row == len(found) + 1
        assert 0 <= error.offset <= len(damaged)


@given(LISTS, st.integers(1, 4), LENGTHS)
def test_groups(payloads, n, lengths):
    """Groups are the payloads, n at a time; one that is not full is an error."""
    data = written(payloads, "dmlc")
    found, error = attempt(rs.read_frames(Dribble(data, lengths), group=n))
    n_whole = len(payloads) // n
    assert found == [tuple(payloads[i * n : i * n + n]) for i in range(n_whole)]
    left = len(payloads) % n
    assert (error is None) == (left == 0)
    if error is not None:
        assert f"{left} of {n} payloads came" in error.reason
    assert written(found, "dmlc") == written(payloads[: n_whole * n], "dmlc")


@given(st.binary(max_size=64))
def test_any_bytes(data):
    """Whatever the bytes, they are frames or an error that says where."""
    found, error = attempt(rs.read_frames(wire.frame(b"good") + data))
    assert found[0] == b"good"
    assert error is None or (error.row == len(found) + 1 and error.offset >= 12)
