/* Private: small pieces of a record.
 *
 * Functions that take `loose` may, if it is true, write up to RS_SLACK bytes beyond what
 * they return; what they wrote there is overwritten by what follows.
 */
#ifndef RECORDSMITH_PUT_H
#define RECORDSMITH_PUT_H

#include "keys.h"
#include "layout.h"

#define RS_SLACK ((size_t)64)

static inline uint8_t *rs_put_bytes(uint8_t *p, const void *bytes, size_t n)
{
    if (n != 0) {
        memcpy(p, bytes, n);
    }
    return p + n;
}

/* Constant bytes of a layout, whose arrays are whole blocks. */
static inline uint8_t *rs_put_constant(uint8_t *p, const uint8_t *bytes, size_t n,
                                       bool loose)
{
    if (!loose) {
        return rs_put_bytes(p, bytes, n);
    }
    for (size_t i = 0; i < n; i += RS_COPY_SIZE) {
        memcpy(p + i, bytes + i, RS_COPY_SIZE);
    }
    return p + n;
}

/* Tag and length; without a branch for lengths of one or two bytes. */
static inline uint8_t *rs_put_loose_tag(uint8_t *p, uint8_t tag, size_t n, bool loose)
{
    if (!loose || n > 0x3fff) {
        return rs_put_tag(p, tag, n);
    }
    const size_t is_long = n > 0x7f;
    rs_store32(p, (uint32_t)(tag | (n & 0x7f) << 8 | is_long << 15 | (n >> 7) << 16));
    return p + 2 + is_long;
}

static inline uint8_t *rs_put_floats(uint8_t *p, const uint8_t *values, size_t n,
                                     uint32_t item_size)
{
#if RS_LITTLE_ENDIAN
    return rs_put_bytes(p, values, n * item_size);
#else
    for (size_t i = 0; i < n; i++) {
        if (item_size == 4) {
            rs_store32(p + i * 4, (uint32_t)rs_load_int32(values, i));
        } else {
            rs_store64(p + i * 8, (uint64_t)rs_load_int64(values, i));
        }
    }
    return p + n * item_size;
#endif
}

/* A field that has a head. */
static inline uint8_t *rs_put_fixed_field(uint8_t *p, const rs_layout *layout,
                                          int64_t row, bool loose)
{
    const rs_field *field = layout->field;
    const size_t n = (size_t)field->width;
    p = rs_put_constant(p, layout->head, layout->head_size, loose);
    if (n != 0) {
        const uint8_t *values = (const uint8_t *)field->values + row * field->row_stride;
        if (RS_LITTLE_ENDIAN && n * layout->item_size == 4) {
            memcpy(p, values, 4); /* most labels */
            p += 4;
        } else {
            p = rs_put_floats(p, values, n, layout->item_size);
        }
    }
    return rs_put_constant(p, layout->shape, layout->shape_size, loose);
}

/* Header and padding around a payload. The pad is at most three bytes of the last four; the
 * others there are kept. */
static inline uint8_t *rs_put_frame(uint8_t *frame, size_t payload)
{
    uint8_t *end = frame + RS_HEADER_SIZE + rs_padded(payload);
    const unsigned n_pad = (unsigned)(rs_padded(payload) - payload);
#if RS_LITTLE_ENDIAN
    uint32_t last;
    memcpy(&last, end - 4, 4);
    last &= UINT32_MAX >> 8 * n_pad;
    memcpy(end - 4, &last, 4);
#else
    memset(end - n_pad, 0, n_pad);
#endif
    rs_store32(frame, RS_MAGIC);
    rs_store32(frame + 4, (uint32_t)payload);
    return end;
}

#endif
