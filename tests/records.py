"""What a record holds, as plain values that compare bit for bit.

A record is a dict: "features" and "label" map names to values, and "uid", "metadata",
"configuration" are there if they are set. A value is a tuple: (dtype, bytes of the
numbers, keys, shape), or ("bytes", strings, content type). An empty Value message is no
value.
"""

import numpy as np

from recordsmith.reader import iter_batches_from

MEMBERS = {f"{dtype}_tensor": dtype for dtype in ("float32", "float64", "int32")}
TEXTS = ("uid", "metadata", "configuration")
MAPS = {"feature": "features", "label": "label"}


def numbers(array, keys=(), shape=()):
    """A value that holds numbers."""
    array = np.ascontiguousarray(array)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return (
        array.dtype.name,
        little.tobytes(),
        tuple(int(k) for k in keys),
        tuple(int(n) for n in shape),
    )


def empty():
    return {"features": {}, "label": {}}


def _value_of_row(field, row):
    if field.kind == "dense":
        return numbers(field.values[row], (), field.shape or ())
    begin, end = int(field.offsets[row]), int(field.offsets[row + 1])
    if field.kind == "blobs":
        bounds = [int(b) for b in field.item_offsets[begin : end + 1]]
        strings = [field.values[a:b].tobytes() for a, b in zip(bounds, bounds[1:])]
        return ("bytes", tuple(strings), field.content_type)
    keys = field.keys[begin:end] if field.kind == "csr" else ()
    return numbers(field.values[begin:end], keys, field.shape or ())


def of_batch(batch):
    """The records of a batch."""
    found = [empty() for _ in range(batch.n_rows)]
    for field in batch.fields:
        for row, record in enumerate(found):
            if field.present is not None and not field.present[row]:
                continue
            if field.role in TEXTS:
                begin, end = int(field.offsets[row]), int(field.offsets[row + 1])
                record[field.role] = field.values[begin:end].tobytes().decode()
            else:
                record[MAPS[field.role]][field.name] = _value_of_row(field, row)
    return found


def of_stream(file, **options):
    """The records of a stream, whatever batches they come in."""
    return take(iter_batches_from(file, **options), [])


def take(batches, found):
    """Append the records of the batches to `found`, so far as they come; returns it."""
    for batch in batches:
        found += of_batch(batch)
    return found


def _value_of_message(message):
    member = message.WhichOneof("value")
    if member is None:
        return None
    inner = getattr(message, member)
    if member == "bytes":
        kind = inner.content_type if inner.HasField("content_type") else None
        return ("bytes", tuple(inner.value), kind)
    return numbers(np.array(inner.values, MEMBERS[member]), inner.keys, inner.shape)


def of_message(message):
    """The record that a parsed protobuf message holds."""
    record = empty()
    for name in ("features", "label"):
        for key, one in getattr(message, name).items():
            found = _value_of_message(one)
            if found is not None:
                record[name][key] = found
    for name in TEXTS:
        if message.HasField(name):
            record[name] = getattr(message, name)
    return record
