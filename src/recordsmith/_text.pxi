# Rows as text: see text.h. Part of _core.pyx.


def text_write(Rows rows not None, int64_t begin, int64_t end, bytes head not None,
               bytes separator not None, bytes middle not None, bytes tail not None,
               bint point, bint finite, out not None, row_ends not None):
    """Rows [begin, end) of the first field as text into a writable buffer, and the byte
    after each of them into an array of int64: (end_row, n_bytes, n_needed).

    n_needed is 0, or the bytes that must be lent for row `end_row`, which alone did not fit.
    """
    cdef Lent lent = _writable(out), ends = _writable(row_ends)
    cdef rs_text_style style
    cdef rs_error err
    cdef rs_status status
    cdef int64_t end_row = begin
    cdef size_t n_written = 0
    if (rows.n_fields < 1 or begin > end or ends.view.itemsize != 8
            or ends.view.shape[0] < end - begin):
        raise core_error("RS_E_ARGUMENT")
    style.head = <const uint8_t *>PyBytes_AsString(head)
    style.separator = <const uint8_t *>PyBytes_AsString(separator)
    style.middle = <const uint8_t *>PyBytes_AsString(middle)
    style.tail = <const uint8_t *>PyBytes_AsString(tail)
    style.n_head = <size_t>len(head)
    style.n_separator = <size_t>len(separator)
    style.n_middle = <size_t>len(middle)
    style.n_tail = <size_t>len(tail)
    style.flags = (RS_TEXT_POINT if point else 0) | (RS_TEXT_FINITE if finite else 0)
    with nogil:
        status = rs_text_write(
            &rows.fields[0], begin, end, &style, <uint8_t *>lent.view.buf,
            <size_t>lent.view.len, <int64_t *>ends.view.buf, &end_row, &n_written, &err
        )
    if status == RS_E_CAPACITY:
        return end_row, n_written, err.limit
    if status != RS_OK:
        raise _error(&err, "row", None)
    return end_row, n_written, 0
