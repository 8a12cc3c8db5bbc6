/* Split records, made whole again. */
#include "scan.h"
#include "walk.h"

enum { PART_WHOLE = 0, PART_FIRST = 1, PART_LAST = 3 };

static rs_status misplaced(rs_error *err, uint32_t part)
{
    rs_fail(err, RS_E_PART);
    err->offset = 0;
    err->found = part;
    return RS_E_PART;
}

rs_status rs_record_peek(const uint8_t *in, size_t n, rs_parts *record, rs_error *err)
{
    rs_frame frame;
    record->n_bytes = record->n_parts = record->n_payload = 0;
    do {
        rs_status status =
            rs_frame_peek(in + record->n_bytes, n - record->n_bytes, &frame, err);
        if (status == RS_OK || (status == RS_NEED_MORE && frame.payload_len > 0)) {
            /* a part's place shows as soon as its header is there */
            const bool inside = record->n_parts > 0;
            if (inside != (frame.part > PART_FIRST)) {
                status = misplaced(err, frame.part);
            }
        }
        if (status < 0) {
            err->offset += (int64_t)record->n_bytes;
            return status;
        }
        record->n_bytes += frame.frame_len;
        if (status != RS_OK) {
            return status;
        }
        record->n_payload += frame.payload_len;
        record->n_parts++;
    } while (frame.part != PART_WHOLE && frame.part != PART_LAST);
    return RS_OK;
}

size_t rs_payload_size(const rs_parts *record, bool with_magic)
{
    return record->n_payload + (with_magic ? 4 * (record->n_parts - 1) : 0);
}

bool rs_take_payload(const uint8_t *in, const rs_parts *record, bool with_magic,
                     uint8_t *out)
{
    const uint8_t *at = in;
    const uint8_t *end = in + record->n_bytes;
    size_t n_left = rs_payload_size(record, with_magic);
    while (at < end) {
        if ((size_t)(end - at) < RS_HEADER_SIZE) {
            return false;
        }
        const size_t len = rs_load32(at + 4) & RS_MAX_PAYLOAD;
        const size_t n_magic = with_magic && at != in ? 4 : 0;
        if (RS_HEADER_SIZE + rs_padded(len) > (size_t)(end - at) ||
            n_magic + len > n_left) {
            return false;
        }
        if (n_magic != 0) {
            rs_store32(out, RS_MAGIC);
        }
        if (len != 0) {
            memcpy(out + n_magic, at + RS_HEADER_SIZE, len);
        }
        out += n_magic + len;
        n_left -= n_magic + len;
        at += RS_HEADER_SIZE + rs_padded(len);
    }
    return n_left == 0;
}

/* Writes the parts as one frame. False if it would be too long, or if the parts are no
 * longer those that were measured. The frame is never longer than the parts: each of them
 * after the first gives a header for the magic. */
static bool join(const uint8_t *in, const rs_parts *record, bool with_magic, uint8_t *out,
                 size_t *n_payload)
{
    const size_t n = rs_payload_size(record, with_magic);
    *n_payload = n;
    if (n > RS_MAX_PAYLOAD) {
        return false;
    }
    rs_store32(out, RS_MAGIC);
    rs_store32(out + 4, (uint32_t)n);
    memset(out + RS_HEADER_SIZE + n, 0, rs_padded(n) - n);
    return rs_take_payload(in, record, with_magic, out + RS_HEADER_SIZE);
}

static rs_status too_long(const rs_parts *record, rs_error *err)
{
    rs_fail(err, RS_E_TOO_LONG);
    err->offset = 0;
    err->found = (int64_t)record->n_payload;
    err->limit = (int64_t)RS_MAX_PAYLOAD;
    return RS_E_TOO_LONG;
}

/* Joins in the way that makes a record of it; the dmlc way goes first, and its error is
 * the one to report. */
static rs_status join_record(const uint8_t *in, const rs_parts *record, uint8_t *out,
                             size_t *n_payload, rs_error *err)
{
    rs_error second;
    rs_status status = RS_OK;
    if (!join(in, record, true, out, n_payload)) {
        status = too_long(record, err);
    } else {
        status = rs_record_check(out + RS_HEADER_SIZE, *n_payload, err);
    }
    if (status != RS_OK && join(in, record, false, out, n_payload) &&
        rs_record_check(out + RS_HEADER_SIZE, *n_payload, &second) == RS_OK) {
        return RS_OK;
    }
    return status;
}

static rs_status join_one(const uint8_t *in, const rs_parts *record, int mode,
                          uint8_t *out, size_t *n_payload, rs_error *err)
{
    rs_status status = RS_OK;
    if (record->n_parts == 1) {
        memcpy(out, in, record->n_bytes);
        *n_payload = record->n_payload;
    } else if (mode == RS_JOIN_RECORDS) {
        status = join_record(in, record, out, n_payload, err);
    } else if (!join(in, record, mode == RS_JOIN_MAGIC, out, n_payload)) {
        status = too_long(record, err);
    }
    if (status != RS_OK) {
        err->offset = 0; /* of no use in a joined payload: the record's start is */
    }
    return status;
}

rs_status rs_join_frames(const uint8_t *in, size_t n, int mode, uint8_t *out,
                         size_t capacity, size_t *n_read, size_t *n_written,
                         rs_error *err)
{
    int64_t row = 0;
    *n_read = 0;
    *n_written = 0;
    if (mode != RS_JOIN_RECORDS && mode != RS_JOIN_MAGIC && mode != RS_JOIN_PLAIN) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    while (*n_read < n) {
        rs_parts record;
        size_t n_payload = 0;
        rs_status status = rs_record_peek(in + *n_read, n - *n_read, &record, err);
        if (status == RS_OK && record.n_bytes > capacity - *n_written) {
            status = rs_fail(err, RS_E_CAPACITY);
            err->offset = 0;
        }
        if (status == RS_OK) {
            status =
                join_one(in + *n_read, &record, mode, out + *n_written, &n_payload, err);
        }
        if (status != RS_OK) {
            if (status != RS_NEED_MORE) {
                err->offset += (int64_t)*n_read;
                err->row = row;
            }
            return status;
        }
        *n_read += record.n_bytes;
        *n_written += RS_HEADER_SIZE + rs_padded(n_payload);
        row++;
    }
    return RS_OK;
}
