# libsvm text: see the section of that name in text.h. Part of _core.pyx.

LibsvmFacts = namedtuple(
    "LibsvmFacts",
    "n_lines n_rows n_values n_labels n_weights n_qids min_index max_index label_width"
    " first_other_width first_weight first_qid",
)
LIBSVM_FLAGS = {"unsorted": 1, "optional_label": 2}


cdef _libsvm_facts(const rs_libsvm_facts *facts):
    return LibsvmFacts(
        facts.n_lines, facts.n_rows, facts.n_values, facts.n_labels, facts.n_weights,
        facts.n_qids, facts.min_index, facts.max_index, facts.label_width,
        facts.first_other_width, facts.first_weight, facts.first_qid,
    )


cdef object _libsvm_error(const rs_error *err, str unit):
    error = _error(err, unit, None)
    error.found, error.limit = err.found, err.limit
    return error


def libsvm_bounds(data not None):
    """(n_rows, n_values, n_labels) that whole lines hold at most."""
    cdef Lent lent = _readable(data)
    cdef rs_libsvm_bounds bounds
    with nogil:
        rs_libsvm_scan(<const uint8_t *>lent.view.buf, <size_t>lent.view.len, 1, &bounds)
    return bounds.n_rows, bounds.n_values, bounds.n_labels


def libsvm_facts(data not None, int flags, int64_t index_base, int64_t n_keys):
    """LibsvmFacts of whole lines, whose values are not looked at."""
    cdef Lent lent = _readable(data)
    cdef rs_libsvm_target target
    cdef rs_libsvm_facts facts
    cdef rs_libsvm_filled filled
    cdef rs_error err
    cdef rs_status status
    memset(&target, 0, sizeof(target))
    target.flags = <uint8_t>flags
    target.index_base = index_base
    target.n_keys = n_keys
    target.max_rows = <uint64_t>-1
    rs_libsvm_facts_init(&facts)
    with nogil:
        status = rs_libsvm_fill(
            <const uint8_t *>lent.view.buf, <size_t>lent.view.len, &target, &facts,
            &filled, &err
        )
    if status != RS_OK:
        raise _libsvm_error(&err, "line")
    return _libsvm_facts(&facts)


cdef Lent _libsvm_array(array, Py_ssize_t n):
    """A writable array of 8-byte elements, n of them or more."""
    cdef Lent lent = _writable(array)
    if lent.view.itemsize != 8 or lent.view.shape[0] < n:
        raise core_error("RS_E_ARGUMENT")
    return lent


def libsvm_fill(data not None, int flags, int64_t index_base, int64_t n_keys,
                values not None, keys not None, offsets not None, labels not None,
                label_offsets not None):
    """Rows of whole lines into the given arrays, whose sizes libsvm_bounds told.

    Returns (n_rows, n_values, n_labels, LibsvmFacts, narrowing), the last as
    narrow_float32 gives it.
    """
    cdef Lent lent = _readable(data)
    cdef Lent into_values = _writable(values), into_keys = _writable(keys)
    cdef Lent into_labels = _libsvm_array(labels, 0)
    cdef Lent into_offsets = _libsvm_array(offsets, 1)
    cdef Lent into_label_offsets = _libsvm_array(label_offsets, into_offsets.view.shape[0])
    cdef rs_libsvm_target target
    cdef rs_libsvm_facts facts
    cdef rs_libsvm_filled filled
    cdef rs_narrowing cost
    cdef rs_error err
    cdef rs_status status
    memset(&target, 0, sizeof(target))
    target.dtype = <uint8_t>DTYPES[values.dtype.name]
    target.key_size = <uint8_t>into_keys.view.itemsize
    target.flags = <uint8_t>flags
    target.index_base = index_base
    target.n_keys = n_keys
    target.max_rows = <uint64_t>(into_offsets.view.shape[0] - 1)
    target.max_values = <uint64_t>min(into_values.view.shape[0], into_keys.view.shape[0])
    target.max_labels = <uint64_t>into_labels.view.shape[0]
    target.values = into_values.view.buf
    target.keys = into_keys.view.buf
    target.offsets = <int64_t *>into_offsets.view.buf
    target.labels = <double *>into_labels.view.buf
    target.label_offsets = <int64_t *>into_label_offsets.view.buf
    target.narrowing = &cost
    rs_libsvm_facts_init(&facts)
    rs_narrowing_init(&cost)
    with nogil:
        status = rs_libsvm_fill(
            <const uint8_t *>lent.view.buf, <size_t>lent.view.len, &target, &facts,
            &filled, &err
        )
    if status != RS_OK:
        raise _libsvm_error(&err, "line")
    narrowing = (
        cost.n_changed, cost.n_overflow, cost.first_overflow, cost.max_relative_error
    )
    return (
        filled.n_rows, filled.n_values, filled.n_labels, _libsvm_facts(&facts), narrowing
    )


def libsvm_write(Rows rows not None, int64_t begin, int64_t end, int64_t index_base,
                 bint keep_zeros, out not None):
    """Rows [begin, end) as text into a writable buffer: (end_row, n_bytes, n_needed).

    The first field of `rows` is the features, the second, if there is one, the label.
    n_needed is 0, or the bytes that must be lent for row `end_row`, which alone did not fit.
    """
    cdef Lent lent = _writable(out)
    cdef rs_error err
    cdef rs_status status
    cdef int64_t end_row = begin
    cdef size_t n_written = 0
    cdef const rs_field *label = NULL
    if rows.n_fields < 1:
        raise core_error("RS_E_ARGUMENT")
    if rows.n_fields > 1:
        label = &rows.fields[1]
    with nogil:
        status = rs_libsvm_write(
            &rows.fields[0], label, begin, end, index_base,
            RS_LIBSVM_KEEP_ZEROS if keep_zeros else 0, <uint8_t *>lent.view.buf,
            <size_t>lent.view.len, &end_row, &n_written, &err
        )
    if status == RS_E_CAPACITY:
        return end_row, n_written, err.limit
    if status != RS_OK:
        raise _libsvm_error(&err, "row")
    return end_row, n_written, 0
