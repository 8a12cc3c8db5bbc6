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


def room_in(bytes out not None):
    """A writable view of bytes that `new_bytes` gave and nobody else has seen.

    To be dropped before they are shown to anyone.
    """
    return PyMemoryView_FromMemory(PyBytes_AsString(out), len(out), PyBUF_WRITE)


def wrap_payloads(list payloads not None, bint cut):
    """(frames around the payloads, how many); `cut`: at each magic number in them."""
    cdef size_t n = 0, n_cut, n_bytes = 0, n_frames = 0, n_written = 0
    cdef rs_error err
    cdef rs_status status
    cdef const uint8_t *payload
    cdef list lent = [None if type(one) is bytes else _readable(one) for one in payloads]
    cdef bytearray is_cut = bytearray(len(payloads))
    cdef Py_ssize_t i
    for i in range(len(payloads)):
        payload = _lent_bytes(payloads[i], lent[i], &n)
        n_cut = 1
        # Of a payload that is too long, the writing tells.
        n_bytes += rs_cut_size(payload, n, &n_cut) if cut else rs_frame_size(n)
        n_frames += n_cut
        is_cut[i] = 1 if n_cut > 1 else 0
    cdef bytes out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>n_bytes)
    cdef uint8_t *at = <uint8_t *>PyBytes_AsString(out)
    for i in range(len(payloads)):
        payload = _lent_bytes(payloads[i], lent[i], &n)
        if is_cut[i]:
            status = rs_cut_wrap(payload, n, at, n_bytes, &n_written, &err)
        else:
            status = rs_frame_wrap(payload, n, at, n_bytes, &n_written, &err)
        if status != RS_OK:
            raise _error(&err, "record", None)
        at += n_written
        n_bytes -= n_written
    if n_bytes:
        raise core_error("RS_E_CAPACITY")
    return out, n_frames


cdef const uint8_t *_lent_bytes(object payload, Lent lent, size_t *n) except? NULL:
    """Where a payload's bytes are; of bytes objects, which are many, without ceremony."""
    if lent is not None:
        n[0] = <size_t>lent.view.len
        return <const uint8_t *>lent.view.buf
    n[0] = <size_t>len(<bytes>payload)
    return <const uint8_t *>PyBytes_AsString(payload)
