"""RecordIO-protobuf by hand: the bytes as the format states them, with no code of ours.

Small and slow on purpose. Expected bytes in the tests come from here, from the protobuf
runtime or from literals.
"""

import struct

import numpy as np

MAGIC = b"\x0a\x23\xd7\xce"
TENSORS = {"float32": 2, "float64": 3, "int32": 7}
BYTES = 9


def varint(number):
    """A base-128 varint; negative numbers as 64 bits of two's complement."""
    number &= 2**64 - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def tag(number, wire_type):
    return varint(number << 3 | wire_type)


def chunk(number, payload):
    """A length-delimited field."""
    return tag(number, 2) + varint(len(payload)) + payload


def element(dtype, value):
    """One number of a tensor, as it stands in a packed list."""
    if dtype == "int32":
        return varint(int(value))
    return np.array(value, np.dtype(dtype).newbyteorder("<")).tobytes()


def packed(number, parts):
    """A packed list; an empty one is not written."""
    body = b"".join(parts)
    return chunk(number, body) if body else b""


def tensor(dtype, values, keys=(), shape=()):
    return (
        packed(1, [element(dtype, v) for v in values])
        + packed(2, [varint(int(k)) for k in keys])
        + packed(3, [varint(int(n)) for n in shape])
    )


def value(dtype, values, keys=(), shape=()):
    """A Value message that holds a tensor."""
    return chunk(TENSORS[dtype], tensor(dtype, values, keys, shape))


def blobs(strings, content_type=None):
    """A Value message that holds byte strings."""
    body = b"".join(chunk(1, s) for s in strings)
    if content_type is not None:
        body += chunk(2, content_type.encode())
    return chunk(BYTES, body)


def entry(number, name, message):
    """One entry of the features (1) or label (2) map."""
    return chunk(number, chunk(1, name.encode()) + chunk(2, message))


def feature(message, name="values"):
    return entry(1, name, message)


def label(message, name="values"):
    return entry(2, name, message)


def frame(payload, part=0):
    """A RecordIO frame; `part` is 0 for a whole record, 1, 2, 3 for parts of one."""
    head = MAGIC + struct.pack("<I", part << 29 | len(payload))
    return head + payload + bytes(-len(payload) % 4)


def dense(values, dtype="float32", labels=None):
    """A frame with one dense feature, and perhaps a label of the same type."""
    payload = feature(value(dtype, values))
    if labels is not None:
        payload += label(value(dtype, labels))
    return frame(payload)


def frames(data):
    """[(part, payload), ...] of whole frames; raises where they are none."""
    found, at = [], 0
    while at < len(data):
        if data[at : at + 4] != MAGIC:
            raise ValueError(f"no magic number at {at}")
        (word,) = struct.unpack_from("<I", data, at + 4)
        n = word & (2**29 - 1)
        end = at + 8 + n + -n % 4
        if end > len(data):
            raise ValueError(f"the frame at {at} is cut off")
        found.append((word >> 29, bytes(data[at + 8 : at + 8 + n])))
        at = end
    return found


def payloads(data):
    """The payloads of unsplit frames."""
    found = frames(data)
    if any(part for part, _ in found):
        raise ValueError("split records")
    return [payload for _, payload in found]


def walk(message):
    """(field number, wire type, raw value) of each field of a message, in order."""
    at = 0

    def number():
        nonlocal at
        result = shift = 0
        while True:
            byte = message[at]
            at += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return result

    while at < len(message):
        key = number()
        wire_type = key & 7
        if wire_type == 0:
            raw = number()
        else:
            n = {1: 8, 2: None, 5: 4}[wire_type]
            n = number() if n is None else n
            raw = message[at : at + n]
            if len(raw) != n:
                raise ValueError("a field runs past the end")
            at += n
        yield key >> 3, wire_type, raw


def map_names(payload, number):
    """Names of the entries of a map, in the order in which they are written."""
    return [
        raw.decode()
        for field, _, entry in walk(payload)
        if field == number
        for inner, _, raw in walk(entry)
        if inner == 1
    ]
