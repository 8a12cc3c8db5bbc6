"""Our bytes against those of the protobuf runtime, in both directions."""

import io
import os

import numpy as np
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

import records
import recordsmith as rs
import schema
import wire
from property import strategies as own

# The pure-Python runtime makes one NaN of all: there is nothing to compare payloads with.
_NAN = wire.feature(wire.value("float32", np.array([0x7F800001], "u4").view("f4")))
# Nor where Python's or NumPy's floats, which its values pass through, lose a NaN's bits.
(_READ,) = records.of_message(schema.parse(_NAN))["features"].values()
KEEPS_NAN = (
    schema.to_bytes(schema.parse(_NAN)) == _NAN and _READ[1] == b"\x01\x00\x80\x7f"
)
MEMBERS = {dtype: f"{dtype}_tensor" for dtype in own.DTYPES}


def test_the_runtime_is_the_one_asked_for():
    asked = os.environ.get("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION")
    assert asked in (None, api_implementation.Type())


def set_numbers(message, value):
    dtype, raw, keys, shape = value
    tensor = getattr(message, MEMBERS[dtype])
    tensor.SetInParent()
    array = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"))
    if array.dtype.kind == "f" and np.isnan(array).any():
        # A Python float is a double: only the bytes keep a float32 NaN as it is.
        tensor.MergeFromString(wire.chunk(1, raw))
    else:
        tensor.values.extend(array.tolist())
    tensor.keys.extend(keys)
    tensor.shape.extend(shape)


def set_value(message, value):
    if value[0] != "bytes":
        set_numbers(message, value)
        return
    _, strings, content_type = value
    message.bytes.SetInParent()
    message.bytes.value.extend(strings)
    if content_type is not None:
        message.bytes.content_type = content_type


def message_of(record):
    """The runtime's message that holds a record."""
    message = schema.Record()
    for name in ("features", "label"):
        for key, value in record[name].items():
            set_value(getattr(message, name)[key], value)
    for name in records.TEXTS:
        if name in record:
            setattr(message, name, record[name])
    return message


def encode(batch):
    return wire.payloads(rs.encode(batch, duplicates="keep"))


@given(own.batches(most=1, any_nan=KEEPS_NAN))
def test_payloads_are_the_runtimes(batch):
    expected = records.of_batch(batch)
    found = encode(batch)
    assert found == [schema.to_bytes(message_of(record)) for record in expected]


@given(own.batches(any_nan=KEEPS_NAN))
def test_several_entries_of_a_map(batch):
    """The runtime sorts map entries only on request; ours stand in the order given."""
    expected = records.of_batch(batch)
    found = encode(batch)
    assert len(found) == len(expected)
    for payload, record in zip(found, expected):
        assert records.of_message(schema.parse(payload)) == record
        assert wire.map_names(payload, 1) == list(record["features"])
        assert wire.map_names(payload, 2) == list(record["label"])
        numbers = [number for number, _, _ in wire.walk(payload)]
        assert numbers == sorted(numbers)
        assert len(payload) == message_of(record).ByteSize()


# ---------------------------------------------------------------------------- reading


@st.composite
def record_values(draw, any_nan=KEEPS_NAN):
    """One value, as `records` holds it, of any kind."""
    field = draw(own.number_fields("feature", "", 1, any_nan, small=True))
    found = records.of_batch(rs.Batch((field,), 1))[0]["features"]
    return found.get("", ("float32", b"", (), ()))


@st.composite
def record_lists(draw, n_most=3, most=2):
    """Records that have nothing to do with each other."""
    found = []
    for _ in range(draw(st.integers(0, n_most))):
        maps = st.dictionaries(own.names, record_values(), max_size=most)
        record = {"features": draw(maps), "label": draw(maps)}
        for name in records.TEXTS:
            text = draw(st.none() | own.texts)
            if text is not None:
                record[name] = text
        found.append(record)
    return found


def stream(payloads):
    return io.BytesIO(b"".join(map(wire.frame, payloads)))


@given(record_lists())
def test_payloads_of_the_runtime_are_read(expected):
    written = [message_of(record).SerializeToString() for record in expected]
    assert records.of_stream(stream(written)) == expected


@given(own.batches(any_nan=KEEPS_NAN))
def test_runs_of_the_runtimes_payloads_decode_at_once(batch):
    expected = records.of_batch(batch)
    written = b"".join(
        wire.frame(message_of(record).SerializeToString()) for record in expected
    )
    assert records.of_batch(rs.decode(written)) == expected
    assert records.of_stream(io.BytesIO(written)) == expected


# Legal bytes that no common writer makes: the runtime says what they hold.


@st.composite
def unknown_fields(draw, depth=2):
    """A field that the schema does not have."""
    number = draw(st.sampled_from([10, 15, 16, 100, 2**29 - 1]))
    wire_type = draw(st.sampled_from([0, 1, 2, 5] + [3] * (depth > 0)))
    if wire_type == 0:
        body = wire.varint(draw(st.integers(0, 2**64 - 1)))
    elif wire_type == 2:
        body = draw(st.binary(max_size=6))
        body = wire.varint(len(body)) + body
    elif wire_type == 3:
        inside = draw(st.lists(unknown_fields(depth=depth - 1), max_size=2))
        body = b"".join(inside) + wire.tag(number, 4)
    else:
        n = {1: 8, 5: 4}[wire_type]
        body = draw(st.binary(min_size=n, max_size=n))
    return wire.tag(number, wire_type) + body


@st.composite
def runs(draw, number, elements, wire_type):
    """A repeated number field in pieces, packed and not, some of them empty."""
    found, at = [], 0
    while at < len(elements) or draw(st.integers(0, 5)) == 0:
        n = draw(st.integers(0, max(2, len(elements) // 2)))
        piece = elements[at : at + n]
        at += len(piece)
        if draw(st.booleans()):
            found.append(wire.chunk(number, b"".join(piece)))
        else:
            found += [wire.tag(number, wire_type) + one for one in piece]
    return found


@st.composite
def shuffled(draw, *lists):
    """The pieces of all lists: order is kept within a list, and unknown fields mix in."""
    lists = [list(one) for one in lists]
    lists.append(draw(st.lists(unknown_fields(), max_size=2)))
    found = []
    while any(lists):
        one = draw(st.sampled_from([one for one in lists if one]))
        found.append(one.pop(0))
    return found


@st.composite
def odd_tensors(draw, value):
    """Pieces of a tensor message."""
    dtype, raw, keys, shape = value
    array = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"))
    numbers = [wire.element(dtype, one) for one in array]
    wire_type = {"float32": 5, "float64": 1, "int32": 0}[dtype]
    return draw(
        shuffled(
            draw(runs(1, numbers, wire_type)),
            draw(runs(2, [wire.varint(key) for key in keys], 0)),
            draw(runs(3, [wire.varint(n) for n in shape], 0)),
        )
    )


@st.composite
def odd_values(draw, value):
    """A Value message: its member may come in two halves, after another member."""
    if value[0] == "bytes":
        number = wire.BYTES
        kinds = [] if value[2] is None else [wire.chunk(2, value[2].encode())]
        pieces = draw(shuffled([wire.chunk(1, one) for one in value[1]], kinds))
    else:
        number = wire.TENSORS[value[0]]
        pieces = draw(odd_tensors(value))
    cut = draw(st.integers(0, len(pieces)))
    halves = [b"".join(pieces)]
    if draw(st.booleans()):
        halves = [b"".join(pieces[:cut]), b"".join(pieces[cut:])]
    members = [wire.chunk(number, half) for half in halves]
    if draw(st.integers(0, 3)) == 0:
        other = draw(st.sampled_from([n for n in (2, 3, 7, 9) if n != number]))
        members.insert(0, wire.chunk(other, draw(st.sampled_from([b"", b"\x0a\x00"]))))
    return b"".join(draw(shuffled(members)))


@st.composite
def odd_maps(draw, number, values):
    """Entries of a map: any order, key after value, entries that a later one replaces."""
    entries = []
    for name, value in values.items():
        key, message = (
            wire.chunk(1, name.encode()),
            wire.chunk(2, draw(odd_values(value))),
        )
        parts = [key, message]
        if name == "" and draw(st.booleans()):
            parts = [message]  # a key that is missing is the empty one
        elif draw(st.booleans()):
            parts = [message, key]
        elif draw(st.booleans()):
            parts = [wire.chunk(1, b"replaced"), key, message]
        if draw(st.integers(0, 3)) == 0:
            entries.append(
                wire.entry(number, name, draw(odd_values(draw(record_values()))))
            )
        entries.append(wire.chunk(number, b"".join(parts)))
    return entries


@st.composite
def odd_payloads(draw, record):
    texts = []
    for number, name in enumerate(records.TEXTS, 3):
        if name in record:
            if draw(st.booleans()):
                texts.append(wire.chunk(number, b"replaced"))
            texts.append(wire.chunk(number, record[name].encode()))
    maps = [draw(odd_maps(i + 1, record[n])) for i, n in enumerate(("features", "label"))]
    return b"".join(draw(shuffled(*maps, texts)))


@given(st.data(), record_lists(n_most=2, most=1))
def test_odd_payloads_are_read_as_the_runtime_reads_them(data, wanted):
    odd = [data.draw(odd_payloads(record)) for record in wanted]
    expected = [records.of_message(schema.parse(payload)) for payload in odd]
    assert expected == wanted
    assert records.of_stream(stream(odd)) == expected


@given(st.data(), own.batches(n_rows=1, most=2, any_nan=KEEPS_NAN))
def test_an_odd_payload_is_written_in_order_again(data, batch):
    """Read what is odd, write it: the runtime's own bytes come out."""
    (record,) = records.of_batch(batch)
    odd = wire.frame(data.draw(odd_payloads(record)))
    again = encode(rs.decode(odd))
    assert records.of_message(schema.parse(again[0])) == record
    if max(len(record["features"]), len(record["label"])) <= 1:
        assert again == [schema.to_bytes(message_of(record))]


# What the runtime takes and recordsmith does not: rules of records that protobuf does not
# know, and fields of a wire type that they cannot have (unknown fields to the runtime).
STRICTER = {
    "RS_E_SHAPE",
    "RS_E_KEY",
    "RS_E_KEY_COUNT",
    "RS_E_RANK",
    "RS_E_TEXT",
    "RS_E_WIRE_TYPE",
}
if api_implementation.Type() == "python":
    # It takes tags of more than 32 bits for unknown fields; the others refuse them, too.
    STRICTER |= {"RS_E_FIELD_NUMBER", "RS_E_VARINT"}


def has_odd_entry(payload):
    """Whether a map entry holds an unknown field: runtimes differ about those."""
    try:
        return any(
            field in (1, 2) and any(inner not in (1, 2) for inner, _, _ in wire.walk(raw))
            for field, _, raw in wire.walk(payload)
        )
    except (ValueError, IndexError, KeyError, TypeError):
        return True  # groups, or no protobuf: not for this small reader


def readings(payload):
    """(our record or None, its error's code, the runtime's record or None)."""
    ours = code = theirs = None
    try:
        (ours,) = records.of_stream(stream([payload]))
    except rs.errors.RecordsmithError as error:
        code = error.code
    try:
        theirs = records.of_message(schema.parse(payload))
    except (DecodeError, UnicodeDecodeError, ValueError):
        theirs = None
    return ours, code, theirs


def comparable(record):
    """The record, with one NaN for all where the runtime's floats lose a NaN's bits."""
    if KEEPS_NAN or record is None:
        return record
    return {
        part: {name: one_nan(held) for name, held in content.items()}
        if isinstance(content, dict)
        else content
        for part, content in record.items()
    }


def one_nan(held):
    dtype, raw, *rest = held
    if dtype not in ("float32", "float64"):
        return held
    values = np.frombuffer(raw, dtype).copy()
    values[np.isnan(values)] = np.nan
    return (dtype, values.tobytes(), *rest)


@given(own.batches(n_rows=1, most=2), st.data())
def test_a_flipped_byte_is_read_as_the_runtime_reads_it(batch, data):
    (whole,) = map(bytearray, encode(batch))
    for _ in range(8 if whole else 0):
        at = data.draw(st.integers(0, len(whole) - 1))
        flip = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 255]))
        whole[at] ^= flip
        payload = bytes(whole)
        whole[at] ^= flip
        ours, code, theirs = readings(payload)
        if has_odd_entry(payload):
            continue
        if ours is None:
            assert theirs is None or code in STRICTER
        else:
            assert comparable(ours) == comparable(theirs)
