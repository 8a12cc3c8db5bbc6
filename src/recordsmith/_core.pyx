# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""The binding: lends memory to the core, translates its statuses. No policy lives here."""

from cpython.buffer cimport (
    PyBUF_ANY_CONTIGUOUS,
    PyBUF_C_CONTIGUOUS,
    PyBUF_SIMPLE,
    PyBUF_STRIDED_RO,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AsString, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset
from cpython.buffer cimport PyBUF_WRITE
from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.pycapsule cimport PyCapsule_GetPointer

from recordsmith._rs cimport *

from collections import namedtuple
from struct import pack

from .errors import core_error

__all__ = [
    "ArrowColumns",
    "ColumnInfo",
    "LIBSVM_FLAGS",
    "LibsvmFacts",
    "Rows",
    "Scan",
    "Strips",
    "Target",
    "encode_bytes",
    "encode_fitting",
    "encode_rows",
    "fill",
    "fill_to_end",
    "find_frame",
    "frame_peek",
    "frame_wrap",
    "join_frames",
    "key_facts",
    "libsvm_bounds",
    "libsvm_facts",
    "libsvm_fill",
    "libsvm_write",
    "plan_rows",
    "record_check",
    "scan",
    "text_write",
    "take_payloads",
    "value_stats",
    "version",
    "wrap_payloads",
]

cdef dict ROLES = {"feature": 1, "label": 2, "uid": 3, "metadata": 4, "configuration": 5}
cdef dict KINDS = {"dense": 1, "ragged": 2, "csr": 3, "text": 4, "blobs": 5}
cdef dict DTYPES = {"float32": 2, "float64": 3, "int32": 7, "uint8": 9}
cdef dict ROLE_NAMES = {v: k for k, v in ROLES.items()}
cdef dict DTYPE_NAMES = {v: k for k, v in DTYPES.items()}

ColumnInfo = namedtuple(
    "ColumnInfo",
    "role dtype sparse shape name content_type n_present first_missing n_values n_items"
    " min_width max_width first_width first_other_width",
)
Scan = namedtuple("Scan", "status n_records n_bytes n_need columns error")
Target = namedtuple(
    "Target",
    "kind width values offsets first_offset keys n_keys_limit item_offsets"
    " first_item_byte present",
)


cdef object _error(const rs_error *err, str unit, list names):
    """The exception for a status, from errors.py."""
    field = None
    if names is not None and 0 <= err.field < len(names):
        field = names[err.field]
    return core_error(
        rs_status_name(err.status).decode("ascii"),
        offset=err.offset,
        row=err.row,
        column=err.column,
        found=err.found,
        limit=err.limit,
        field=field,
        unit=unit,
    )


cdef class Lent:
    """One buffer of a Python object, held for as long as this lives."""

    cdef Py_buffer view
    cdef bint held

    def __cinit__(self, obj, int flags):
        self.held = False
        PyObject_GetBuffer(obj, &self.view, flags)
        self.held = True

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


cdef Lent _readable(obj):
    return Lent(obj, PyBUF_SIMPLE)


cdef Lent _contiguous(obj):
    return Lent(obj, PyBUF_C_CONTIGUOUS)


cdef Lent _writable(obj):
    return Lent(obj, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE)


def version():
    """The core's version."""
    return rs_version().decode("ascii")


# ---------------------------------------------------------------------------- encoding


cdef class Rows:
    """The fields of a batch, made ready for the core: several calls may share it."""

    cdef rs_field *fields
    cdef size_t n_fields
    cdef list keep
    cdef list names
    cdef readonly int64_t n_rows

    def __cinit__(self, fields, int64_t n_rows, bint check_order, bint zero_for_empty):
        self.fields = NULL
        self.keep = []
        self.names = []
        self.n_rows = n_rows
        self.n_fields = len(fields)
        if self.n_fields:
            self.fields = <rs_field *>PyMem_Calloc(self.n_fields, sizeof(rs_field))
            if self.fields == NULL:
                raise MemoryError()
        cdef size_t i = 0
        for one in fields:
            self._add(&self.fields[i], one)
            if check_order:
                self.fields[i].flags |= <uint8_t>RS_CHECK_ORDER
            if zero_for_empty:
                self.fields[i].flags |= <uint8_t>RS_ZERO_FOR_EMPTY
            i += 1

    def __dealloc__(self):
        PyMem_Free(self.fields)

    cdef Lent _hold(self, Lent lent):
        self.keep.append(lent)
        return lent

    cdef int _add(self, rs_field *field, one) except -1:
        cdef Lent lent
        cdef bytes text
        field.role = <uint8_t>ROLES[one.role]
        field.kind = <uint8_t>KINDS[one.kind]
        field.dtype = <uint8_t>DTYPES[one.values.dtype.name]
        field.n_rows = self.n_rows
        text = one.name.encode("utf-8", "surrogateescape")
        self.keep.append(text)
        self.names.append(one.name or one.role)
        field.name = PyBytes_AsString(text)
        field.name_len = len(text)
        if one.content_type is not None:
            text = one.content_type.encode("utf-8", "surrogateescape")
            self.keep.append(text)
            field.content_type = PyBytes_AsString(text)
            field.content_type_len = len(text)
        if one.shape is not None:
            text = pack(f"={len(one.shape)}Q", *one.shape)
            self.keep.append(text)
            field.shape = <const uint64_t *>PyBytes_AsString(text)
            field.n_shape = len(one.shape)
        if one.kind == "dense":
            lent = self._hold(Lent(one.values, PyBUF_STRIDED_RO))
            field.width = lent.view.shape[1]
            field.row_stride = lent.view.strides[0]
            field.n_values = lent.view.shape[0] * lent.view.shape[1]
            if lent.view.shape[1] > 1 and lent.view.strides[1] != lent.view.itemsize:
                raise core_error("RS_E_ARGUMENT")
            if lent.view.shape[0] < self.n_rows:
                raise core_error("RS_E_ARGUMENT")
        else:
            lent = self._hold(_contiguous(one.values))
            field.n_values = lent.view.len // lent.view.itemsize
        field.values = lent.view.buf
        if one.offsets is not None:
            lent = self._hold(_contiguous(one.offsets))
            field.offsets = lent.view.buf
            field.offset_size = <uint8_t>lent.view.itemsize
            if lent.view.shape[0] != self.n_rows + 1:
                raise core_error("RS_E_ARGUMENT")
        if one.keys is not None:
            lent = self._hold(_contiguous(one.keys))
            field.keys = lent.view.buf
            field.key_size = <uint8_t>lent.view.itemsize
            if lent.view.shape[0] != field.n_values:
                raise core_error(
                    "RS_E_KEY_COUNT", found=lent.view.shape[0], limit=field.n_values
                )
        if one.item_offsets is not None:
            lent = self._hold(_contiguous(one.item_offsets))
            field.item_offsets = <const int64_t *>lent.view.buf
            field.n_items = lent.view.shape[0] - 1
        if one.present is not None:
            lent = self._hold(_contiguous(one.present))
            field.present = <const uint8_t *>lent.view.buf
            if lent.view.shape[0] < self.n_rows:
                raise core_error("RS_E_ARGUMENT")
        return 0


def plan_rows(Rows rows not None, int64_t begin, int64_t end, max_bytes=None):
    """(end_row, n_bytes) of the longest run of rows from `begin` within `max_bytes`."""
    cdef rs_error err
    cdef int64_t end_row = begin
    cdef size_t n_bytes = 0
    cdef size_t limit = <size_t>-1 if max_bytes is None else max_bytes
    cdef rs_status status
    with nogil:
        status = rs_plan_rows(
            rows.fields, rows.n_fields, begin, end, limit, &end_row, &n_bytes, &err
        )
    if status != RS_OK:
        raise _error(&err, "row", rows.names)
    return end_row, n_bytes


cdef size_t _encode(
    Rows rows, int64_t begin, int64_t end, uint8_t *out, size_t capacity
) except? 0:
    cdef rs_error err
    cdef size_t n_written = 0
    cdef rs_status status
    with nogil:
        status = rs_encode_rows(
            rows.fields, rows.n_fields, begin, end, out, capacity, &n_written, &err
        )
    if status != RS_OK:
        raise _error(&err, "row", rows.names)
    return n_written


def encode_rows(Rows rows not None, int64_t begin, int64_t end, out not None):
    """Write rows [begin, end) into a writable buffer; returns the bytes written."""
    cdef Lent lent = _writable(out)
    return _encode(rows, begin, end, <uint8_t *>lent.view.buf, <size_t>lent.view.len)


def encode_fitting(Rows rows not None, int64_t begin, int64_t end, out not None):
    """Check rows from `begin` on and write those that fit `out`: (end_row, n_bytes)."""
    cdef Lent lent = _writable(out)
    cdef rs_error err
    cdef int64_t end_row = begin
    cdef size_t n_written = 0
    cdef rs_status status
    with nogil:
        status = rs_encode_fitting(
            rows.fields, rows.n_fields, begin, end, <uint8_t *>lent.view.buf,
            <size_t>lent.view.len, &end_row, &n_written, &err
        )
    if status != RS_OK:
        raise _error(&err, "row", rows.names)
    return end_row, n_written


def encode_bytes(Rows rows not None, int64_t begin, int64_t end, Py_ssize_t n_bytes):
    """Rows [begin, end), planned to take n_bytes, as bytes."""
    out = new_bytes(n_bytes)
    cdef size_t n = _encode(
        rows, begin, end, <uint8_t *>PyBytes_AsString(out), <size_t>n_bytes
    )
    if n != <size_t>n_bytes:
        raise core_error("RS_E_CAPACITY")
    return out


def new_bytes(Py_ssize_t n):
    """Uninitialised bytes, on huge pages where offered, to be filled before anyone looks."""
    cdef bytes out = PyBytes_FromStringAndSize(NULL, n)
    rs_want_huge_pages(PyBytes_AsString(out), <size_t>n)
    return out


def encode_into_bytes(
    Rows rows not None, int64_t begin, int64_t end, bytes out not None, Py_ssize_t offset,
    Py_ssize_t n_bytes
):
    """Write rows into a part of bytes that `new_bytes` gave and nobody else has seen."""
    if offset < 0 or n_bytes < 0 or offset + n_bytes > len(out):
        raise core_error("RS_E_ARGUMENT")
    cdef uint8_t *at = <uint8_t *>PyBytes_AsString(out) + offset
    if _encode(rows, begin, end, at, <size_t>n_bytes) != <size_t>n_bytes:
        raise core_error("RS_E_CAPACITY")


# ------------------------------------------------------------------------------ frames


def frame_peek(data not None, Py_ssize_t begin=0):
    """(status, part, payload_len, frame_len) of the frame at `begin`."""
    cdef Lent lent = _readable(data)
    cdef rs_frame frame
    cdef rs_error err
    memset(&frame, 0, sizeof(frame))
    if begin < 0 or begin > lent.view.len:
        raise core_error("RS_E_ARGUMENT")
    cdef rs_status status = rs_frame_peek(
        <const uint8_t *>lent.view.buf + begin, <size_t>(lent.view.len - begin), &frame, &err
    )
    if status < 0:
        if err.offset < 0:
            err.offset = 0
        err.offset += begin
        raise _error(&err, "record", None)
    name = rs_status_name(status).decode("ascii")
    return name, frame.part, frame.payload_len, frame.frame_len


def frame_wrap(payload not None):
    """One whole record around a ready-made payload, as bytes."""
    cdef Lent lent = _readable(payload)
    cdef size_t n = rs_frame_size(<size_t>lent.view.len)
    cdef size_t n_written = 0
    cdef rs_error err
    cdef bytes out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>n)
    cdef rs_status status = rs_frame_wrap(
        <const uint8_t *>lent.view.buf, <size_t>lent.view.len,
        <uint8_t *>PyBytes_AsString(out), n, &n_written, &err
    )
    if status != RS_OK:
        raise _error(&err, "record", None)
    return out


def join_frames(data not None, Py_ssize_t begin, Py_ssize_t end, int mode):
    """(status, n_read, whole frames as a bytearray, error or None): see rs_join_frames."""
    cdef Lent lent = _readable(data)
    if begin < 0 or end < begin or end > lent.view.len:
        raise core_error("RS_E_ARGUMENT")
    out = bytearray(end - begin)
    cdef Lent room = _writable(out)
    cdef size_t n_read = 0, n_written = 0
    cdef rs_error err
    cdef rs_status status
    with nogil:
        status = rs_join_frames(
            <const uint8_t *>lent.view.buf + begin, <size_t>(end - begin), mode,
            <uint8_t *>room.view.buf, <size_t>room.view.len, &n_read, &n_written, &err
        )
    del room
    del out[n_written:]
    error = None
    if status < 0:
        error = _error(&err, "record", None)
        if error.offset is not None:
            error.offset += begin
    return rs_status_name(status).decode("ascii"), n_read, out, error


def record_check(payload not None):
    """Raise FormatError unless the payload is a valid record; offsets are the payload's."""
    cdef Lent lent = _readable(payload)
    cdef rs_error err
    cdef rs_status status
    with nogil:
        status = rs_record_check(
            <const uint8_t *>lent.view.buf, <size_t>lent.view.len, &err
        )
    if status != RS_OK:
        raise _error(&err, "record", None)


def find_frame(data not None, Py_ssize_t begin, Py_ssize_t end):
    """The next place from `begin` where a frame may begin; `end` if there is none."""
    cdef Lent lent = _readable(data)
    cdef size_t found
    if begin < 0 or end < begin or end > lent.view.len:
        raise core_error("RS_E_ARGUMENT")
    with nogil:
        found = rs_find_frame(<const uint8_t *>lent.view.buf, <size_t>end, <size_t>begin)
    return found


# ---------------------------------------------------------------------------- decoding


cdef _info(const rs_column *column):
    content_type = None
    if column.content_type != NULL:
        content_type = column.content_type[:column.content_type_len]
    return ColumnInfo(
        ROLE_NAMES[column.role],
        DTYPE_NAMES.get(column.dtype),
        column.sparse,
        tuple([column.shape[i] for i in range(column.n_shape)]) if column.n_shape else None,
        column.name[:column.name_len],
        content_type,
        column.n_present,
        column.first_missing,
        column.n_values,
        column.n_items,
        column.min_width,
        column.max_width,
        column.first_width,
        column.first_other_width,
    )


def scan(data not None, Py_ssize_t begin, Py_ssize_t end, max_records=None):
    """First reading pass over data[begin:end]; a Scan. Errors are returned, not raised."""
    cdef Lent lent = _readable(data)
    if begin < 0 or end < begin or end > lent.view.len:
        raise core_error("RS_E_ARGUMENT")
    cdef const uint8_t *at = <const uint8_t *>lent.view.buf + begin
    cdef size_t n = <size_t>(end - begin)
    cdef uint64_t limit = <uint64_t>-1 if max_records is None else max_records
    cdef rs_scan state
    cdef rs_error err
    cdef rs_status status
    cdef size_t capacity = 64
    cdef rs_column *columns = NULL
    cdef size_t i
    try:
        while True:
            columns = <rs_column *>PyMem_Calloc(capacity, sizeof(rs_column))
            if columns == NULL:
                raise MemoryError()
            memset(&state, 0, sizeof(state))
            with nogil:
                status = rs_scan_records(at, n, limit, columns, capacity, &state, &err)
            if status != RS_E_TOO_MANY_FIELDS or capacity >= <size_t>RS_MAX_FIELDS:
                break
            PyMem_Free(columns)
            columns = NULL
            capacity = <size_t>RS_MAX_FIELDS
        infos = [_info(&columns[i]) for i in range(state.n_columns)]
    finally:
        PyMem_Free(columns)
    error = None
    if status < 0 or status == RS_NEW_SCHEMA:
        names = [info.name.decode("utf-8", "replace") or info.role for info in infos]
        error = _error(&err, "record", names)
        if error.offset is not None:
            error.offset += begin
    name = rs_status_name(status).decode("ascii")
    return Scan(name, state.n_records, state.n_bytes, state.n_need, infos, error)


cdef int _set_column(rs_column *column, info) except -1:
    cdef bytes text = info.name
    column.role = <uint8_t>ROLES[info.role]
    column.dtype = <uint8_t>DTYPES.get(info.dtype, 0)
    column.sparse = info.sparse
    column.name = PyBytes_AsString(text)
    column.name_len = len(text)
    column.n_shape = len(info.shape) if info.shape else 0
    for i in range(column.n_shape):
        column.shape[i] = info.shape[i]
    if info.content_type is not None:
        text = info.content_type
        column.content_type = PyBytes_AsString(text)
        column.content_type_len = len(text)
    column.n_present = info.n_present
    column.first_missing = info.first_missing
    column.n_values = info.n_values
    column.n_items = info.n_items
    column.min_width = info.min_width
    column.max_width = info.max_width
    column.first_width = info.first_width
    column.first_other_width = info.first_other_width
    return 0


cdef int _set_target(rs_target *target, one, list keep, uint64_t n_records) except -1:
    cdef Lent lent = _writable(one.values)
    keep.append(lent)
    target.kind = <uint8_t>KINDS[one.kind]
    target.width = one.width or 0
    target.values = lent.view.buf
    target.n_values = <uint64_t>(lent.view.len // lent.view.itemsize)
    target.first_offset = one.first_offset
    target.n_keys_limit = <uint64_t>-1 if one.n_keys_limit is None else one.n_keys_limit
    target.first_item_byte = one.first_item_byte
    if one.offsets is not None:
        lent = _writable(one.offsets)
        keep.append(lent)
        target.offsets = lent.view.buf
        target.offset_size = <uint8_t>lent.view.itemsize
        if <uint64_t>lent.view.shape[0] != n_records + 1:
            raise core_error("RS_E_ARGUMENT")
    if one.keys is not None:
        lent = _writable(one.keys)
        keep.append(lent)
        target.keys = lent.view.buf
        target.key_size = <uint8_t>lent.view.itemsize
        if <uint64_t>lent.view.shape[0] != target.n_values:
            raise core_error("RS_E_ARGUMENT")
    if one.item_offsets is not None:
        lent = _writable(one.item_offsets)
        keep.append(lent)
        target.item_offsets = <int64_t *>lent.view.buf
        target.n_items = <uint64_t>(lent.view.shape[0] - 1)
    if one.present is not None:
        lent = _writable(one.present)
        keep.append(lent)
        target.present = <uint8_t *>lent.view.buf
        if <uint64_t>lent.view.shape[0] != n_records:
            raise core_error("RS_E_ARGUMENT")
    return 0


cdef rs_status _fill(
    data, Py_ssize_t begin, Py_ssize_t end, uint64_t *n_records, size_t *n_bytes,
    list infos, list targets
) except? -1000:
    # n_bytes is NULL where all records are there.
    cdef Lent lent = _readable(data)
    if begin < 0 or end < begin or end > lent.view.len or len(infos) != len(targets):
        raise core_error("RS_E_ARGUMENT")
    cdef size_t n_columns = len(infos)
    cdef size_t i
    cdef rs_column *columns = <rs_column *>PyMem_Calloc(n_columns + 1, sizeof(rs_column))
    cdef rs_target *places = <rs_target *>PyMem_Calloc(n_columns + 1, sizeof(rs_target))
    cdef const uint8_t *at = <const uint8_t *>lent.view.buf + begin
    cdef size_t n = <size_t>(end - begin)
    cdef rs_error err
    cdef rs_status status
    cdef list keep = []
    try:
        if columns == NULL or places == NULL:
            raise MemoryError()
        for i in range(n_columns):
            _set_column(&columns[i], infos[i])
            _set_target(&places[i], targets[i], keep, n_records[0])
        with nogil:
            if n_bytes != NULL:
                status = rs_fill_to_end(
                    at, n, n_records, n_bytes, columns, places, n_columns, &err
                )
            else:
                status = rs_fill_records(
                    at, n, n_records[0], columns, places, n_columns, &err
                )
    finally:
        PyMem_Free(columns)
        PyMem_Free(places)
    if status < 0:
        names = [info.name.decode("utf-8", "replace") or info.role for info in infos]
        error = _error(&err, "record", names)
        if error.offset is not None:
            error.offset += begin
        raise error
    return status


def fill(data not None, Py_ssize_t begin, Py_ssize_t end, uint64_t n_records,
         list infos not None, list targets not None):
    """Second reading pass: n_records from data[begin:end] into the targets' arrays."""
    _fill(data, begin, end, &n_records, NULL, infos, targets)


def fill_to_end(data not None, Py_ssize_t begin, Py_ssize_t end, uint64_t most_records,
                list infos not None, list targets not None):
    """The whole records of data[begin:end] into arrays with room for most_records.

    Returns (status, n_records, n_bytes).
    """
    cdef size_t n_bytes = 0
    cdef rs_status status = _fill(
        data, begin, end, &most_records, &n_bytes, infos, targets
    )
    return rs_status_name(status).decode("ascii"), most_records, n_bytes


include "_frames.pxi"
include "_columns.pxi"
include "_numbers.pxi"
include "_libsvm.pxi"
include "_text.pxi"
