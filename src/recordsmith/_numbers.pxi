# Numbers in arrays: see the section of that name in recordsmith.h. Part of _core.pyx.


def value_stats(values not None):
    """(n, n_nan, n_inf, n_not_integer, first_nan, first_inf, min, max) of an array."""
    cdef rs_stats stats
    cdef Lent lent = _contiguous(values)
    cdef size_t n = <size_t>(lent.view.len // lent.view.itemsize)
    cdef str name = values.dtype.name
    cdef const void *at = lent.view.buf
    rs_stats_init(&stats)
    if name == "float32":
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
