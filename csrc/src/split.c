/* Split records, made whole again. */
#include "scan.h"
#include "walk.h"

enum { PART_WHOLE = 0, PART_FIRST = 1, PART_LAST = 3 };

/* The parts of one record: `n_bytes` of frames whose payloads add up to `n_payload`. */
typedef struct parts {
    const uint8_t *at;
    size_t n_bytes;
    size_t n_parts;
    size_t n_payload;
} parts;

static rs_status misplaced(rs_error *err, uint32_t part)
{
    rs_fail(err, RS_E_PART);
    err->offset = 0;
    err->found = part;
    return RS_E_PART;
}

/* Measures the record at `in`, split or not. err->offset counts from `in`. */
static rs_status measure(const uint8_t *in, size_t n, parts *record, rs_error *err)
{
    rs_frame frame;
    record->at = in;
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
        if (status != RS_OK) {
            if (status != RS_NEED_MORE) {
                err->offset += (int64_t)record->n_bytes;
            }
            return status;
        }
        record->n_bytes += frame.frame_len;
        record->n_payload += frame.payload_len;
        record->n_parts++;
    } while (frame.part != PART_WHOLE && frame.part != PART_LAST);
    return RS_OK;
}

/* Writes the parts as one frame. False if it would be too long, or if the parts are no
 * longer those that were measured. The frame is never longer than the parts: each of them
 * after the first gives a header for the magic. */
static bool join(const parts *record, bool with_magic, uint8_t *out, size_t *n_payload)
{
    const uint8_t *at = record->at;
    const uint8_t *end = record->at + record->n_bytes;
    size_t n_left = record->n_payload + (with_magic ? 4 * (record->n_parts - 1) : 0);
    uint8_t *to = out + RS_HEADER_SIZE;
    *n_payload = n_left;
    if (n_left > RS_MAX_PAYLOAD) {
        return false;
    }
    rs_store32(out, RS_MAGIC);
    rs_store32(out + 4, (uint32_t)n_left);
    while (at < end) {
        const size_t len = rs_load32(at + 4) & RS_MAX_PAYLOAD;
        const size_t n_magic = with_magic && at != record->at ? 4 : 0;
        if (RS_HEADER_SIZE + rs_padded(len) > (size_t)(end - at) ||
            n_magic + len > n_left) {
            return false;
        }
        if (n_magic != 0) {
            rs_store32(to, RS_MAGIC);
        }
        memcpy(to + n_magic, at + RS_HEADER_SIZE, len);
        to += n_magic + len;
        n_left -= n_magic + len;
        at += RS_HEADER_SIZE + rs_padded(len);
    }
    memset(to, 0, n_left + rs_padded(*n_payload) - *n_payload);
    return true;
}

static rs_status too_long(const parts *record, rs_error *err)
{
    rs_fail(err, RS_E_TOO_LONG);
    err->offset = 0;
    err->found = (int64_t)record->n_payload;
    err->limit = (int64_t)RS_MAX_PAYLOAD;
    return RS_E_TOO_LONG;
}

/* Joins in the way that makes a record of it; the dmlc way goes first, and its error is
 * the one to report. */
static rs_status join_record(const parts *record, uint8_t *out, size_t *n_payload,
                             rs_error *err)
{
    rs_error second;
    rs_status status = RS_OK;
    if (!join(record, true, out, n_payload)) {
        status = too_long(record, err);
    } else {
        status = rs_record_check(out + RS_HEADER_SIZE, *n_payload, err);
    }
    if (status != RS_OK && join(record, false, out, n_payload) &&
        rs_record_check(out + RS_HEADER_SIZE, *n_payload, &second) == RS_OK) {
        return RS_OK;
    }
    return status;
}

static rs_status join_one(const parts *record, int mode, uint8_t *out, size_t *n_payload,
                          rs_error *err)
{
    rs_status status = RS_OK;
    if (record->n_parts == 1) {
        memcpy(out, record->at, record->n_bytes);
        *n_payload = record->n_payload;
    } else if (mode == RS_JOIN_RECORDS) {
        status = join_record(record, out, n_payload, err);
    } else if (!join(record, mode == RS_JOIN_MAGIC, out, n_payload)) {
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
        parts record;
        size_t n_payload = 0;
        rs_status status = measure(in + *n_read, n - *n_read, &record, err);
        if (status == RS_OK && record.n_bytes > capacity - *n_written) {
            status = rs_fail(err, RS_E_CAPACITY);
            err->offset = 0;
        }
        if (status == RS_OK) {
            status = join_one(&record, mode, out + *n_written, &n_payload, err);
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
