"""Random batches of every kind of field, with the numbers that are hard to keep."""

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

import wire
from recordsmith import Batch, Field, encode

DTYPES = ("float32", "float64", "int32")
TEXTS = ("uid", "metadata", "configuration")
# Bit patterns: zeros of both signs, one, subnormals, the largest, infinities, NaNs quiet
# and signalling with and without payload; int32 extremes and varint boundaries.
_INF32, _INF64 = 0x7F800000, 0x7FF << 52
SPECIAL = {
    "float32": [
        *(0, 1 << 31, 0x3F800000, 1, 0x007FFFFF, _INF32 - 1, _INF32, 1 << 31 | _INF32),
        *(0x7FC00000, 0x7FC01234, _INF32 | 1, 0xFFC0FFEE),
    ],
    "float64": [
        *(
            0,
            1 << 63,
            0x3FF << 52,
            1,
            (1 << 52) - 1,
            _INF64 - 1,
            _INF64,
            1 << 63 | _INF64,
        ),
        *(0x7FF8 << 48, 0x7FF8 << 48 | 0xBEEF, _INF64 | 1),
    ],
    "int32": [0, *(n for b in (7, 14, 21, 28, 31, 32) for n in (2**b - 1, 2**b % 2**32))],
}
names = st.sampled_from(["values", "", "a", "naïve ☃", "x" * 130]) | st.text(max_size=5)
texts = st.text(max_size=8) | st.sampled_from(["", "naïve ☃", "\x00", "y" * 200])


@st.composite
def number_arrays(draw, dtype, n, any_nan=True):
    """n numbers; without `any_nan`, only the NaN that Python writes."""
    dtype = np.dtype(dtype)
    array = np.frombuffer(
        draw(st.binary(min_size=n * dtype.itemsize, max_size=n * dtype.itemsize)), dtype
    ).copy()
    if n:
        places = st.tuples(st.integers(0, n - 1), st.sampled_from(SPECIAL[dtype.name]))
        for place, pattern in draw(st.lists(places, max_size=4)):
            array.view(f"u{dtype.itemsize}")[place] = pattern
    if dtype.kind == "f" and not any_nan:
        array[np.isnan(array)] = np.nan
    return array


@st.composite
def presences(draw, n_rows):
    """None, or a mask of the rows that have a field."""
    if draw(st.booleans()):
        return None
    return np.array(draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows)), bool)


@st.composite
def spans(draw, n_rows, most=5):
    """Ascending offsets, int32 or int64, that may begin above 0."""
    counts = draw(st.lists(st.integers(0, most), min_size=n_rows, max_size=n_rows))
    first = draw(st.sampled_from([0, 0, 1, 3]))
    index = draw(st.sampled_from(["int32", "int64"]))
    return np.cumsum([first, *counts]).astype(index)


@st.composite
def laid_out(draw, matrix):
    """The same rows as they may lie in memory: adjacent, apart, backwards."""
    how = draw(st.sampled_from(["plain", "apart", "backwards", "every second"]))
    n_rows, width = matrix.shape
    if how == "apart":
        room = np.empty((n_rows, width + 3), matrix.dtype)
        room[:, :width] = matrix
        return room[:, :width]
    if how == "backwards":
        return matrix[::-1].copy()[::-1]
    if how == "every second":
        return np.repeat(matrix, 2, axis=0)[::2]
    return matrix


@st.composite
def dense_fields(draw, role, name, n_rows, dtype=None, any_nan=True, small=False):
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    shape = None
    width = draw(st.integers(0, 9) if small else st.sampled_from([*range(9), 32, 130]))
    if draw(st.booleans()):
        shape = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=4)))
        width = int(np.prod(shape))
    values = draw(number_arrays(dtype, n_rows * width, any_nan)).reshape(n_rows, width)
    return Field(
        role,
        "dense",
        draw(laid_out(values)),
        name=name,
        shape=shape,
        present=draw(presences(n_rows)),
    )


@st.composite
def ragged_fields(draw, role, name, n_rows, any_nan=True):
    offsets = draw(spans(n_rows))
    dtype = draw(st.sampled_from(DTYPES))
    values = draw(number_arrays(dtype, int(offsets[-1]), any_nan))
    return Field(
        role,
        "ragged",
        values,
        name=name,
        offsets=offsets,
        present=draw(presences(n_rows)),
    )


def key_space(shape, index):
    """How many keys a shape allows; without one, the type limits."""
    room = 2 ** (31 if index == "int32" else 63)
    return room if shape is None else min(room, int(np.prod(shape, dtype=object)))


@st.composite
def csr_fields(draw, role, name, n_rows, any_nan=True, ordered=False, shapeless=True):
    """CSR; `ordered`: keys ascend in each row, each once."""
    shapes = [(1,), (10,), (300, 7), (2**31 - 1,), (2**31,), (2**40,), (2**63 - 1,), (0,)]
    shape = draw(st.sampled_from(shapes + [None] * shapeless))
    index = draw(st.sampled_from(["int32", "int64"]))
    n_keys = key_space(shape, index)
    rows = draw(
        st.lists(
            st.lists(keys_below(n_keys), max_size=5 if n_keys else 0, unique=ordered),
            min_size=n_rows,
            max_size=n_rows,
        )
    )
    if ordered:
        rows = [sorted(row) for row in rows]
    keys = np.array([key for row in rows for key in row], index)
    offsets = np.cumsum([0, *map(len, rows)]).astype(index)
    dtype = draw(st.sampled_from(DTYPES))
    return Field(
        role,
        "csr",
        draw(number_arrays(dtype, len(keys), any_nan)),
        name=name,
        shape=shape,
        offsets=offsets,
        keys=keys,
        present=draw(presences(n_rows)),
    )


def keys_below(n):
    if n == 0:
        return st.nothing()
    boundary = [k for b in (7, 14, 21, 28, 31, 35, 56) for k in (2**b - 1, 2**b) if k < n]
    return st.integers(0, n - 1) | st.sampled_from([0, n - 1, *boundary])


@st.composite
def blob_fields(draw, role, name, n_rows):
    offsets = draw(spans(n_rows, most=3)).astype("int64")
    n_items = int(offsets[-1])
    items = draw(st.lists(st.binary(max_size=5), min_size=n_items, max_size=n_items))
    return Field(
        role,
        "blobs",
        np.frombuffer(b"".join(items), np.uint8),
        name=name,
        offsets=offsets,
        item_offsets=np.cumsum([0, *map(len, items)]).astype("int64"),
        content_type=draw(st.none() | st.sampled_from(["", "image/png", "é"])),
        present=draw(presences(n_rows)),
    )


@st.composite
def text_fields(draw, role, n_rows):
    one = st.none() | texts
    return Field.from_texts(role, draw(st.lists(one, min_size=n_rows, max_size=n_rows)))


@st.composite
def number_fields(draw, role, name, n_rows, any_nan=True, small=False):
    """A feature or label; `small`: without long dense rows."""
    kind = draw(st.sampled_from(["dense", "dense", "csr", "ragged", "blobs"]))
    if kind == "blobs":
        return draw(blob_fields(role, name, n_rows))
    if kind == "dense":
        return draw(dense_fields(role, name, n_rows, any_nan=any_nan, small=small))
    make = {"csr": csr_fields, "ragged": ragged_fields}[kind]
    return draw(make(role, name, n_rows, any_nan=any_nan))


@st.composite
def batches(draw, n_rows=None, most=3, any_nan=True):
    """Batches of up to `most` features and labels, and the texts, in any order."""
    if n_rows is None:
        n_rows = draw(st.integers(0, 5))
    fields = []
    for role in ("feature", "label"):
        chosen = draw(st.lists(names, max_size=most, unique=True))
        fields += [draw(number_fields(role, name, n_rows, any_nan)) for name in chosen]
    roles = draw(st.lists(st.sampled_from(TEXTS), max_size=2, unique=True))
    fields += [draw(text_fields(role, n_rows)) for role in roles]
    return Batch(tuple(draw(st.permutations(fields))), n_rows)


cuts = st.lists(st.integers(1, 40), max_size=60)


@st.composite
def matrices(draw, dtype=None, kinds=("dense", "csr")):
    """(X, y) as users have them: an array or a CSR matrix, and perhaps labels."""
    n_rows = draw(st.integers(0, 6))
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    if draw(st.sampled_from(kinds)) == "dense":
        n_cols = draw(st.integers(0, 7))
        X = draw(number_arrays(dtype, n_rows * n_cols)).reshape(n_rows, n_cols)
        X = draw(laid_out(X))
    else:
        X = draw(csr_matrices(n_rows, dtype))
    y = None
    if draw(st.booleans()):
        y = draw(number_arrays(draw(st.sampled_from(DTYPES)), n_rows))
    return X, y


@st.composite
def csr_matrices(draw, n_rows, dtype):
    """SciPy CSR with ascending keys, explicit zeros and empty rows."""
    n_cols = draw(st.sampled_from([0, 1, 5, 300, 2**31 - 1]))
    row = st.lists(keys_below(n_cols), max_size=5 if n_cols else 0, unique=True)
    rows = draw(st.lists(row, min_size=n_rows, max_size=n_rows))
    keys = np.array([key for row in rows for key in sorted(row)], np.int32)
    matrix = sp.csr_matrix((n_rows, n_cols), dtype=dtype)
    matrix.data = draw(number_arrays(dtype, len(keys)))
    matrix.indices = keys
    matrix.indptr = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    return matrix


@st.composite
def splits(draw, payload):
    """A payload as frames: mostly whole, else in parts as either kind of writer cuts it.

    dmlc-core's writer cuts at each aligned magic number and leaves that out; where there
    is none, it never cuts. Others cut anywhere (at multiples of 4, or a part would be
    padded in the middle).
    """
    whole = wire.frame(payload)
    if draw(st.booleans()) or len(payload) < 12:
        return whole
    places = draw(st.lists(st.integers(1, (len(payload) - 1) // 4), max_size=3))
    bounds = [0, *sorted({4 * place for place in places}), len(payload)]
    parts = [payload[a:b] for a, b in zip(bounds, bounds[1:])]
    if len(parts) == 1:
        return whole
    numbers = [1, *[2] * (len(parts) - 2), 3]
    return b"".join(map(wire.frame, parts, numbers))


@st.composite
def streams(draw):
    """(bytes, records, ends) of a stream with split records.

    ends[i] is the number of bytes after which record i is whole, without its padding.
    """
    data, expected, ends = b"", [], []
    for batch in draw(st.lists(batches(n_rows=1, most=1), max_size=4)):
        (payload,) = wire.payloads(encode(batch, duplicates="keep"))
        data += draw(splits(payload))
        n_padding = -(len(wire.frames(data)[-1][1])) % 4
        ends.append(len(data) - n_padding)
        expected.append(batch)
    return data, expected, ends
