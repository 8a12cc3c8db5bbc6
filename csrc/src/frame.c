/* RecordIO framing: magic, length word, payload, padding to 4 bytes. */
#include "wire.h"

/* The length word: 29 bits of length below 3 bits that number the parts of a record. */
enum { PART_SHIFT = 29, LAST_PART = 3 };

rs_status rs_frame_peek(const uint8_t *in, size_t n, rs_frame *frame, rs_error *err)
{
    frame->part = 0;
    frame->payload_len = 0;
    frame->frame_len = RS_HEADER_SIZE;
    if (n >= 4 && rs_load32(in) != RS_MAGIC) {
        rs_fail(err, RS_E_MAGIC);
        err->offset = 0;
        err->found = rs_load32(in);
        err->limit = RS_MAGIC;
        return RS_E_MAGIC;
    }
    if (n < RS_HEADER_SIZE) {
        return RS_NEED_MORE;
    }
    const uint32_t word = rs_load32(in + 4);
    frame->part = word >> PART_SHIFT;
    frame->payload_len = word & (uint32_t)RS_MAX_PAYLOAD;
    frame->frame_len = RS_HEADER_SIZE + rs_padded(frame->payload_len);
    if (frame->part > LAST_PART) {
        rs_fail(err, RS_E_PART);
        err->offset = 4;
        err->found = frame->part;
        err->limit = LAST_PART;
        return RS_E_PART;
    }
    return n < frame->frame_len ? RS_NEED_MORE : RS_OK;
}

size_t rs_frame_size(size_t payload_len)
{
    return payload_len > RS_MAX_PAYLOAD ? 0 : RS_HEADER_SIZE + rs_padded(payload_len);
}

rs_status rs_frame_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                        size_t capacity, size_t *n_written, rs_error *err)
{
    *n_written = 0;
    const size_t size = rs_frame_size(payload_len);
    if (size == 0 || size > capacity) {
        rs_fail(err, size == 0 ? RS_E_TOO_LONG : RS_E_CAPACITY);
        err->found = (int64_t)(size == 0 ? payload_len : size);
        err->limit = (int64_t)(size == 0 ? RS_MAX_PAYLOAD : capacity);
        return err->status;
    }
    rs_store32(out, RS_MAGIC);
    rs_store32(out + 4, (uint32_t)payload_len);
    if (payload_len != 0) {
        memcpy(out + RS_HEADER_SIZE, payload, payload_len);
    }
    memset(out + RS_HEADER_SIZE + payload_len, 0, rs_padded(payload_len) - payload_len);
    *n_written = size;
    return RS_OK;
}

size_t rs_find_frame(const uint8_t *in, size_t n, size_t begin)
{
    for (size_t at = begin; at <= n && n - at >= RS_HEADER_SIZE; at += 4) {
        if (rs_load32(in + at) == RS_MAGIC &&
            rs_load32(in + at + 4) >> PART_SHIFT <= LAST_PART) {
            return at;
        }
    }
    return n;
}
