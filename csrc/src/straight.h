/* Private: records in the form that encoders write, read in one go.
 *
 * Straight means: each map entry is a key and then a Value with one member that fills it,
 * a tensor is at most one packed run each of values, keys and shape in this order, and
 * fields stand in the order of the columns, none of them twice. Whatever is not straight
 * is left to the general reader, errors included: these functions only ever say "not so".
 */
#ifndef RECORDSMITH_STRAIGHT_H
#define RECORDSMITH_STRAIGHT_H

#include "column.h"
#include "varints.h"

typedef struct rs_straight {
    unsigned role;
    unsigned dtype; /* RS_BYTES for text */
    rs_span name;
    rs_span values; /* or the text */
    rs_span keys;
    rs_span shape;
} rs_straight;

/* What a length of one to four bytes stands before. */
static inline bool rs_straight_span(rs_span *in, rs_span *body)
{
    const uint8_t *at = in->at;
    if (at == in->end) {
        return false;
    }
    size_t len = *at++;
    if (len >= 0x80) {
        if (in->end - at < 3) {
            return false;
        }
        len = (len & 0x7f) | (size_t)*at++ << 7;
        if (len >= 0x80 << 7) {
            len = (len & 0x3fff) | (size_t)*at++ << 14;
        }
        if (len >= 0x80 << 14) {
            len = (len & 0x1fffff) | (size_t)*at++ << 21;
        }
    }
    if (len > (size_t)(in->end - at)) { /* so is a length that goes on after four bytes */
        return false;
    }
    body->at = at;
    body->end = at + len;
    in->at = body->end;
    return true;
}

/* A length-delimited field behind a one-byte tag. */
static inline bool rs_straight_field(rs_span *in, uint8_t tag, rs_span *body)
{
    if (in->at == in->end || *in->at != tag) {
        return false;
    }
    in->at++;
    return rs_straight_span(in, body);
}

#define RS_TAG_LEN(number) ((uint8_t)((number) << 3 | RS_WIRE_LEN))

static inline bool rs_straight_tensor(rs_span in, rs_straight *field)
{
    field->values.at = field->values.end = in.at;
    field->keys = field->shape = field->values;
    if (in.at < in.end && *in.at == RS_TAG_LEN(RS_TENSOR_VALUES) &&
        !rs_straight_field(&in, RS_TAG_LEN(RS_TENSOR_VALUES), &field->values)) {
        return false;
    }
    if (in.at < in.end && *in.at == RS_TAG_LEN(RS_TENSOR_KEYS) &&
        !rs_straight_field(&in, RS_TAG_LEN(RS_TENSOR_KEYS), &field->keys)) {
        return false;
    }
    if (in.at < in.end && *in.at == RS_TAG_LEN(RS_TENSOR_SHAPE) &&
        !rs_straight_field(&in, RS_TAG_LEN(RS_TENSOR_SHAPE), &field->shape)) {
        return false;
    }
    return in.at == in.end;
}

/* The next field of a record that is not at its end. */
static inline bool rs_take_straight(rs_span *record, rs_straight *field)
{
    const uint8_t tag = *record->at++;
    rs_span entry;
    rs_span value;
    if (!rs_straight_span(record, &entry)) {
        return false;
    }
    field->role = tag >> 3;
    if (tag == RS_TAG_LEN(RS_UID) || tag == RS_TAG_LEN(RS_METADATA) ||
        tag == RS_TAG_LEN(RS_CONFIGURATION)) {
        field->dtype = RS_BYTES;
        field->name.at = field->name.end = entry.at;
        field->values = entry;
        field->keys.at = field->keys.end = entry.end;
        field->shape = field->keys;
        return true;
    }
    if (tag != RS_TAG_LEN(RS_FEATURE) && tag != RS_TAG_LEN(RS_LABEL)) {
        return false;
    }
    if (!rs_straight_field(&entry, RS_TAG_LEN(RS_ENTRY_KEY), &field->name) ||
        !rs_straight_field(&entry, RS_TAG_LEN(RS_ENTRY_VALUE), &value) ||
        entry.at != entry.end || value.at == value.end) {
        return false;
    }
    const uint8_t member = *value.at++;
    field->dtype = member >> 3;
    if ((member != RS_TAG_LEN(RS_FLOAT32) && member != RS_TAG_LEN(RS_FLOAT64) &&
         member != RS_TAG_LEN(RS_INT32)) ||
        !rs_straight_span(&value, &entry) || value.at != value.end) {
        return false;
    }
    return rs_straight_tensor(entry, field);
}

/* The number of values; false where the run is not sound as far as a first pass looks. */
static inline bool rs_straight_count(const rs_straight *field, uint64_t *n)
{
    const size_t n_bytes = rs_span_len(field->values);
    if (field->dtype == RS_INT32) {
        *n = rs_count_varints(field->values.at, n_bytes);
        return n_bytes == 0 || field->values.end[-1] < 0x80;
    }
    const unsigned log2_size = field->dtype == RS_BYTES     ? 0
                               : field->dtype == RS_FLOAT64 ? 3
                                                            : 2;
    *n = n_bytes >> log2_size;
    return (n_bytes & (((size_t)1 << log2_size) - 1)) == 0;
}

/* Is the run these dimensions and nothing else? */
static inline bool rs_same_shape(rs_span run, const rs_column *column)
{
    for (size_t i = 0; i < column->n_shape; i++) {
        uint64_t dimension = 0;
        unsigned shift = 0;
        uint8_t byte = 0x80;
        while (byte >= 0x80) {
            if (run.at == run.end || shift > 56) {
                return false;
            }
            byte = *run.at++;
            dimension |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        }
        if (dimension != column->shape[i]) {
            return false;
        }
    }
    return run.at == run.end;
}

static inline bool rs_same_name(const rs_column *column, rs_span name)
{
    const size_t n = rs_span_len(name);
    if (column->name_len != n) {
        return false;
    }
    const uint8_t *a = (const uint8_t *)column->name;
    size_t i = 0;
    for (; n - i >= 4; i += 4) { /* names are short: no call */
        if (rs_load32(a + i) != rs_load32(name.at + i)) {
            return false;
        }
    }
    for (; i < n; i++) {
        if (a[i] != name.at[i]) {
            return false;
        }
    }
    return true;
}

/* The field's column from `c` on; n if there is none. */
static inline size_t rs_straight_column(const rs_column *columns, size_t c, size_t n,
                                        const rs_straight *field)
{
    while (c < n &&
           (columns[c].role != field->role || !rs_same_name(&columns[c], field->name))) {
        c++;
    }
    return c;
}

/* Does the field fit the column, by all rules but those about keys? */
static inline bool rs_straight_fits(const rs_column *column, const rs_straight *field,
                                    uint64_t n_values, uint8_t *sparse)
{
    if (column->dtype != field->dtype || !rs_same_shape(field->shape, column)) {
        return false;
    }
    if (field->dtype == RS_BYTES) {
        *sparse = 0;
        return rs_is_utf8(field->values);
    }
    *sparse = field->keys.at < field->keys.end ? 1 : n_values > 0 ? 0 : 2;
    if (*sparse == 0 && column->n_shape > 0 &&
        rs_shape_product(column->shape, column->n_shape) != n_values) {
        return false;
    }
    return column->sparse == *sparse || column->sparse == 2 || *sparse == 2;
}

#endif
