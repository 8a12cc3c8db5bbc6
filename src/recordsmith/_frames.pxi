# Bare payloads: whole records of frames to bytes objects, and back.


def take_payloads(data not None, Py_ssize_t begin, Py_ssize_t end, bint with_magic):
    """(payloads, n_read, n_split, n_need, error or None) of the records from `begin` on.

    Stops before a record that is not all there; then n_need is how many bytes it needs, as
    far as known. An error is that of the record after those that were taken, its row and
    offset counted from `begin`.
    """
    cdef Lent lent = _readable(data)
    cdef const uint8_t *at
    cdef size_t n_left, n_payload, n_split = 0, n_need = 0
    cdef rs_parts record
    cdef rs_error err
    cdef rs_status status
    cdef bytes payload
    if begin < 0 or end < begin or end > lent.view.len:
        raise core_error("RS_E_ARGUMENT")
    at = <const uint8_t *>lent.view.buf + begin
    n_left = <size_t>(end - begin)
    payloads = []
    error = None
    while n_left:
        status = rs_record_peek(at, n_left, &record, &err)
        if status == RS_NEED_MORE:
            n_need = record.n_bytes
            break
        if status != RS_OK:
            err.row = len(payloads)
            err.offset += (end - begin) - <Py_ssize_t>n_left
            error = _error(&err, "record", None)
            break
        n_payload = rs_payload_size(&record, with_magic)
        payload = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>n_payload)
        if not rs_take_payload(
            at, &record, with_magic, <uint8_t *>PyBytes_AsString(payload)
        ):
            raise core_error("RS_E_CHANGED")
        payloads.append(payload)
        n_split += record.n_parts > 1
        at += record.n_bytes
        n_left -= record.n_bytes
    return payloads, (end - begin) - <Py_ssize_t>n_left, n_split, n_need, error


def wrap_payloads(list payloads not None, bint cut):
    """(frames around the payloads, how many); `cut`: at each magic number in them."""
    cdef Lent lent
    cdef size_t size, n_cut, n_bytes = 0, n_frames = 0, n_written = 0
    cdef rs_error err
    cdef rs_status status
    cdef uint8_t *at
    buffers = [_readable(payload) for payload in payloads]
    for lent in buffers:
        n_cut = 1
        if cut:
            size = rs_cut_size(
                <const uint8_t *>lent.view.buf, <size_t>lent.view.len, &n_cut
            )
        else:
            size = rs_frame_size(<size_t>lent.view.len)
        # Of one that is too long, the writing tells.
        n_bytes += size
        n_frames += n_cut
    cdef bytes out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>n_bytes)
    at = <uint8_t *>PyBytes_AsString(out)
    for lent in buffers:
        if cut:
            status = rs_cut_wrap(
                <const uint8_t *>lent.view.buf, <size_t>lent.view.len, at, n_bytes,
                &n_written, &err
            )
        else:
            status = rs_frame_wrap(
                <const uint8_t *>lent.view.buf, <size_t>lent.view.len, at, n_bytes,
                &n_written, &err
            )
        if status != RS_OK:
            raise _error(&err, "record", None)
        at += n_written
        n_bytes -= n_written
    if n_bytes:
        raise core_error("RS_E_CAPACITY")
    return out, n_frames
