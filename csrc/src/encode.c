/* Second pass of encoding: rows become frames.
 *
 * A row is measured anew before it is written, and nothing else is believed: the arrays
 * may have changed since rs_plan_rows, and may change while a row is being written.
 * Therefore each loop over varints also holds itself against the end of the row.
 */
#include "layout.h"

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t n) {
    if (n != 0) {
        memcpy(p, bytes, n);
    }
    return p + n;
}

static uint8_t *put_tag(uint8_t *p, uint8_t tag, size_t n) {
    *p++ = tag;
    return rs_put_varint(p, n);
}

static uint8_t *put_floats(uint8_t *p, const uint8_t *values, size_t n,
                           uint32_t item_size) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return put_bytes(p, values, n * item_size);
#else
    for (size_t i = 0; i < n; i++) {
        if (item_size == 4) {
            uint32_t v;
            memcpy(&v, values + i * 4, 4);
            rs_store32(p + i * 4, v);
        } else {
            uint64_t v;
            memcpy(&v, values + i * 8, 8);
            rs_store64(p + i * 8, v);
        }
    }
    return p + n * item_size;
#endif
}

/* Varints of n values, of which nothing but their being readable is known; NULL where
 * they do not end exactly at `end`. */
static uint8_t *put_int32s(uint8_t *p, const uint8_t *end, const uint8_t *values,
                           size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint64_t v = rs_int32_bits(rs_load_int32(values, (int64_t)i));
        if (rs_varint_size(v) > (size_t)(end - p)) {
            return NULL;
        }
        p = rs_put_varint(p, v);
    }
    return p == end ? p : NULL;
}

static uint8_t *put_keys(uint8_t *p, const uint8_t *end, const rs_field *field,
                         const rs_extent *extent) {
    for (size_t i = 0; i < extent->n; i++) {
        const uint64_t v = (uint64_t)rs_load_signed(field->keys, field->key_size,
                                                    extent->first + (int64_t)i);
        if (rs_varint_size(v) > (size_t)(end - p)) {
            return NULL;
        }
        p = rs_put_varint(p, v);
    }
    return p == end ? p : NULL;
}

static uint8_t *put_tensor(uint8_t *p, const rs_layout *layout, int64_t row,
                           const rs_extent *extent) {
    const rs_field *field = layout->field;
    const size_t stored_size = layout->item_size != 0 ? layout->item_size : 4;
    const uint8_t *values = field->values;
    if (extent->n != 0) {
        values += field->kind == RS_DENSE ? row * field->row_stride
                                          : extent->first * (int64_t)stored_size;
    }
    if (extent->values != 0) {
        p = put_tag(p, RS_TAG(1, RS_WIRE_LEN), extent->values);
        if (extent->n == 0) {
            memset(p, 0, extent->values); /* RS_ZERO_FOR_EMPTY */
            p += extent->values;
        } else if (layout->item_size != 0) {
            p = put_floats(p, values, extent->n, layout->item_size);
        } else {
            p = put_int32s(p, p + extent->values, values, extent->n);
        }
    }
    if (p != NULL && extent->keys != 0) {
        p = put_tag(p, RS_TAG(2, RS_WIRE_LEN), extent->keys);
        if (extent->n == 0) {
            *p++ = 0; /* RS_ZERO_FOR_EMPTY */
        } else {
            p = put_keys(p, p + extent->keys, field, extent);
        }
    }
    return p == NULL ? NULL : put_bytes(p, layout->shape, layout->shape_size);
}

/* NULL where the offsets are no longer those that were measured. */
static uint8_t *put_strings(uint8_t *p, const rs_layout *layout,
                            const rs_extent *extent) {
    const rs_field *field = layout->field;
    const uint8_t *end = p + extent->values;
    for (size_t i = 0; i < extent->n; i++) {
        const int64_t first = field->item_offsets[extent->first + (int64_t)i];
        const int64_t last = field->item_offsets[extent->first + (int64_t)i + 1];
        if (first < 0 || last < first || last > field->n_values ||
            last - first > (int64_t)RS_MAX_PAYLOAD ||
            rs_delimited_size((size_t)(last - first)) > (size_t)(end - p)) {
            return NULL;
        }
        p = put_tag(p, RS_TAG(1, RS_WIRE_LEN), (size_t)(last - first));
        p = put_bytes(p, (const uint8_t *)field->values + first, (size_t)(last - first));
    }
    if (p != end) {
        return NULL;
    }
    if (field->content_type != NULL) {
        p = put_tag(p, RS_TAG(2, RS_WIRE_LEN), field->content_type_len);
        p = put_bytes(p, field->content_type, field->content_type_len);
    }
    return p;
}

static uint8_t *put_field(uint8_t *p, const rs_layout *layout, int64_t row,
                          const rs_extent *extent) {
    const rs_field *field = layout->field;
    if (field->kind == RS_TEXT) {
        p = put_tag(p, RS_TAG(field->role, RS_WIRE_LEN), extent->values);
        return put_bytes(p, (const uint8_t *)field->values + extent->first, extent->n);
    }
    p = put_tag(p, RS_TAG(field->role, RS_WIRE_LEN), extent->entry);
    if (layout->name_size < RS_NAME_ROOM) {
        p = put_bytes(p, layout->name, layout->name_size);
    } else {
        p = put_tag(p, RS_TAG(1, RS_WIRE_LEN), field->name_len);
        p = put_bytes(p, field->name, field->name_len);
    }
    p = put_tag(p, RS_TAG(2, RS_WIRE_LEN), rs_delimited_size(extent->tensor));
    p = put_tag(p, RS_TAG(field->dtype, RS_WIRE_LEN), extent->tensor);
    return field->kind == RS_BLOBS ? put_strings(p, layout, extent)
                                   : put_tensor(p, layout, row, extent);
}

static rs_status fail_capacity(rs_error *err, int64_t row, size_t found, size_t limit) {
    rs_fail(err, RS_E_CAPACITY);
    err->row = row;
    err->found = (int64_t)found;
    err->limit = (int64_t)limit;
    return RS_E_CAPACITY;
}

static rs_status encode_row(rs_record *record, int64_t row, uint8_t *out, size_t capacity,
                            size_t *n_written, rs_error *err) {
    if (capacity < RS_HEADER_SIZE) {
        return fail_capacity(err, row, RS_HEADER_SIZE, capacity);
    }
    uint8_t *p = out + RS_HEADER_SIZE;
    const size_t room = capacity & ~(size_t)3; /* frames are padded to four bytes */
    for (size_t i = 0; i < record->n_fields; i++) {
        const rs_layout *layout = rs_get_layout(record, i);
        rs_extent extent;
        const rs_status status = rs_measure_field(layout, row, &extent, err);
        if (status != RS_OK) {
            return status;
        }
        if (extent.total == 0) {
            continue;
        }
        const size_t n_used = (size_t)(p - out);
        if (extent.total > room - n_used) {
            return fail_capacity(err, row, n_used + extent.total, capacity);
        }
        if (extent.total > RS_MAX_PAYLOAD - (n_used - RS_HEADER_SIZE)) {
            rs_fail(err, RS_E_TOO_LONG);
            err->row = row;
            err->field = layout->index;
            err->found = (int64_t)(n_used - RS_HEADER_SIZE + extent.total);
            err->limit = (int64_t)RS_MAX_PAYLOAD;
            return RS_E_TOO_LONG;
        }
        p = put_field(p, layout, row, &extent);
        if (p == NULL) {
            return fail_capacity(err, row, n_used + extent.total, capacity);
        }
    }
    const size_t payload = (size_t)(p - out) - RS_HEADER_SIZE;
    rs_store32(out, RS_MAGIC);
    rs_store32(out + 4, (uint32_t)payload);
    memset(p, 0, rs_padded(payload) - payload);
    *n_written = RS_HEADER_SIZE + rs_padded(payload);
    return RS_OK;
}

rs_status rs_encode_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, uint8_t *out, size_t capacity, size_t *n_written,
                         rs_error *err) {
    rs_record record;
    *n_written = 0;
    const rs_status made = rs_make_record(fields, n_fields, begin, end, &record, err);
    if (made != RS_OK) {
        return made;
    }
    for (int64_t row = begin; row < end; row++) {
        size_t n;
        const rs_status status =
            encode_row(&record, row, out + *n_written, capacity - *n_written, &n, err);
        if (status != RS_OK) {
            return status;
        }
        *n_written += n;
    }
    return RS_OK;
}
