# Facts about numbers and keys: see recordsmith.h. Part of _core.pyx.

KeyFacts = namedtuple(
    "KeyFacts",
    "n_rows n_empty n_unordered max_values first_empty first_unordered min_key max_key",
)
ROW_EMPTY = 1
ROW_UNORDERED = 2


def value_stats(values not None, bint fractions=True):
    """(n, n_nan, n_inf, n_not_integer, first_nan, first_inf, min, max) of an array.

    Without `fractions`, n_not_integer means nothing, and float32 takes less time.
    """
    cdef rs_stats stats
    cdef Lent lent = _contiguous(values)
    cdef size_t n = <size_t>(lent.view.len // lent.view.itemsize)
    cdef str name = values.dtype.name
    cdef const void *at = lent.view.buf
    rs_stats_init(&stats)
    if name == "float32" and not fractions:
        with nogil:
            rs_bounds_float32(<const float *>at, n, &stats)
    elif name == "float32":
        with nogil:
            rs_stats_float32(<const float *>at, n, &stats)
    elif name == "float64":
        with nogil:
            rs_stats_float64(<const double *>at, n, &stats)
    elif name == "int32":
        with nogil:
            rs_stats_int32(<const int32_t *>at, n, &stats)
    else:
        raise core_error("RS_E_ARGUMENT")
    return (
        stats.n_values, stats.n_nan, stats.n_inf, stats.n_not_integer,
        stats.first_nan, stats.first_inf, stats.min, stats.max,
    )


def key_facts(Rows rows not None, size_t field, int64_t begin, int64_t end,
              uint8_t[::1] kinds not None):
    """KeyFacts of rows [begin, end) of a sparse field; `kinds` is filled row by row."""
    cdef rs_key_facts facts
    cdef rs_error err
    cdef rs_status status
    if field >= rows.n_fields or begin < 0 or end < begin or end > rows.n_rows:
        raise core_error("RS_E_ARGUMENT")
    if kinds.shape[0] != end - begin:
        raise core_error("RS_E_ARGUMENT")
    rs_key_facts_init(&facts)
    if end == begin:
        return KeyFacts(0, 0, 0, 0, -1, -1, facts.min_key, facts.max_key)
    with nogil:
        status = rs_find_key_facts(
            &rows.fields[field], begin, end, &kinds[0], &facts, &err
        )
    if status != RS_OK:
        raise _error(&err, "row", rows.names)
    return KeyFacts(
        facts.n_rows, facts.n_empty, facts.n_unordered, facts.max_values,
        facts.first_empty, facts.first_unordered, facts.min_key, facts.max_key,
    )
