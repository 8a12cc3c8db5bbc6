"""Blocks of whole lines: no byte is lost, no line cut, every line has its number."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading import Slow
from recordsmith.errors import InputError, LimitError, ParseError
from recordsmith.sources.text_blocks import LineReader, plain_text
from recordsmith.storage import open_input


def blocks(data, n_bytes, **options):
    return list(LineReader(io.BytesIO(data), "x", **options).blocks(n_bytes))


lines = st.lists(st.text("ab,", max_size=9), max_size=30)


@given(lines, st.integers(1, 40), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_blocks_are_the_text_cut_between_lines(lines, n_bytes, newline, ends):
    text = newline.join(lines) + (newline if ends and lines else "")
    data = text.encode()
    found = blocks(data, n_bytes)
    assert b"".join(block.data for block in found) == data
    at = 1
    for block in found:
        assert block.data
        assert block.first_line == at
        at += block.n_lines
    if newline != "\r" or "\r" in text[:n_bytes][:-1]:
        assert all(block.data.endswith(newline.encode()) for block in found[:-1])


@given(st.lists(st.text('a,"\n', max_size=6), max_size=20), st.integers(1, 30))
def test_no_cut_within_quotes(values, n_bytes):
    quoted = ['"' + value.replace('"', '""') + '"' for value in values]
    data = "".join(value + "\n" for value in quoted).encode()
    found = blocks(data, n_bytes, quote=b'"')
    assert b"".join(block.data for block in found) == data
    assert all(block.data.count(b'"') % 2 == 0 for block in found)
    assert [block.first_line for block in found[1:]] == [
        1 + sum(one.data.count(b"\n") for one in found[:i]) for i in range(1, len(found))
    ]


def test_escaped_quotes_do_not_count():
    row = rb'"a\"' + b"\n" + rb'b","\\"' + b"\n"
    found = blocks(row * 20, 5, quote=b'"', escape=b"\\")
    assert len(found) > 5
    assert all(len(block.data) % len(row) == 0 for block in found)


def test_single_lines_then_blocks():
    reader = LineReader(io.BytesIO(b"one\ntwo\nthree\nfour"), "x")
    assert (reader.line().data, reader.line().first_line) == (b"one\n", 2)
    rest = reader.block(100)
    assert (rest.data, rest.first_line, rest.n_lines) == (b"three\nfour", 3, 2)
    assert reader.block(100) is None
    assert reader.line() is None


def test_a_line_longer_than_a_block_makes_it_grow():
    data = b"short\n" + b"x" * 1000 + b"\n" + b"short\n" * 1000
    found = blocks(data, 8)
    assert found[0].data == b"short\n"
    assert found[1].data.startswith(b"x" * 1000 + b"\n")
    assert (len(found[-1].data), found[-1].n_lines) == (6, 1)


def test_a_line_without_end_has_a_limit():
    with pytest.raises(LimitError, match="line 2") as caught:
        blocks(b"a\n" + b"x" * 100, 8, max_line_bytes=64)
    assert (caught.value.path, caught.value.row, caught.value.unit) == ("x", 2, "line")


def test_a_slow_stream_gives_the_same():
    data = b"one\ntwo\nthree\n"
    with open_input(Slow(data)) as opened:
        found = list(LineReader(opened.file, "x").blocks(5))
    assert b"".join(block.data for block in found) == data


# -- encodings -------------------------------------------------------------------------


def decoded(data, encoding=None):
    return plain_text(io.BufferedReader(io.BytesIO(data)), encoding, "x").read()


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"]
)
def test_other_encodings_become_utf8(encoding):
    text = "é,1\n" * 1000
    assert decoded(text.encode(encoding), encoding) == text.encode()


@pytest.mark.parametrize("encoding", [None, "utf-8", "utf8", "UTF-8-SIG"])
def test_a_byte_order_mark_is_taken_away(encoding):
    assert decoded(b"\xef\xbb\xbfa", encoding) == b"a"
    assert decoded(b"a", encoding) == b"a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_the_mark_of_another_encoding_is_an_error(encoding):
    with pytest.raises(ParseError, match=f'encoding="{encoding}"'):
        decoded("a,b\n".encode(encoding))


def test_wrong_encodings():
    with pytest.raises(InputError, match="not known to Python"):
        decoded(b"a", "utf-99")
    with pytest.raises(ParseError) as caught:
        decoded(b"abc\xff", "ascii")
    assert caught.value.offset == 3
    with pytest.raises(ParseError):
        decoded("ab".encode("utf-16-le")[:-1], "utf-16-le")
