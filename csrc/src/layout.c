/* Everything that depends on the field list alone, worked out once per call. */
#include "layout.h"

#include "keys.h"

static rs_status fail_argument(rs_error *err, int32_t index)
{
    rs_fail(err, RS_E_ARGUMENT);
    err->field = index;
    return RS_E_ARGUMENT;
}

static bool is_map_role(uint8_t role)
{
    return role == RS_FEATURE || role == RS_LABEL;
}

static bool is_tensor(uint8_t dtype)
{
    return dtype == RS_FLOAT32 || dtype == RS_FLOAT64 || dtype == RS_INT32;
}

static bool has_size(uint8_t size)
{
    return size == 4 || size == 8;
}

static bool fits_kind(const rs_field *field)
{
    switch (field->kind) {
    case RS_DENSE: return is_tensor(field->dtype) && field->width >= 0;
    case RS_RAGGED: return is_tensor(field->dtype) && has_size(field->offset_size);
    case RS_CSR:
        return is_tensor(field->dtype) && has_size(field->offset_size) &&
               has_size(field->key_size);
    case RS_TEXT: return field->dtype == RS_BYTES && has_size(field->offset_size);
    case RS_BLOBS:
        return field->dtype == RS_BYTES && has_size(field->offset_size) &&
               field->n_items >= 0;
    default: return false;
    }
}

static rs_status check_field(const rs_field *field, int32_t index, int64_t end,
                             rs_error *err)
{
    const bool fits_role = is_map_role(field->role)
                               ? field->kind != RS_TEXT
                               : field->kind == RS_TEXT && field->role >= RS_UID &&
                                     field->role <= RS_CONFIGURATION;
    if (!fits_role || !fits_kind(field) || end > field->n_rows || field->n_values < 0 ||
        field->name_len > RS_MAX_PAYLOAD || field->content_type_len > RS_MAX_PAYLOAD) {
        return fail_argument(err, index);
    }
    if (field->shape != NULL && field->n_shape > RS_MAX_RANK) {
        rs_fail(err, RS_E_RANK);
        err->field = index;
        err->found = (int64_t)field->n_shape;
        err->limit = RS_MAX_RANK;
        return RS_E_RANK;
    }
    return RS_OK;
}

/* Product of the shape, cut off at 2^63: keys are signed. */
static uint64_t get_key_limit(const rs_field *field)
{
    const uint64_t most = (uint64_t)1 << 63;
    if (field->shape == NULL) {
        return most;
    }
    uint64_t product = 1;
    bool above = false;
    for (size_t i = 0; i < field->n_shape; i++) {
        if (field->shape[i] == 0) {
            return 0;
        }
        above = above || product > most / field->shape[i];
        product *= above ? 1 : field->shape[i];
    }
    return above ? most : product;
}

static size_t put_shape(const rs_field *field, uint8_t *out)
{
    if (field->shape == NULL || field->n_shape == 0) {
        return 0;
    }
    uint8_t *p = out + 2; /* at most eighty bytes: the length is one byte */
    for (size_t i = 0; i < field->n_shape; i++) {
        p = rs_put_varint(p, field->shape[i]);
    }
    out[0] = RS_TAG(3, RS_WIRE_LEN);
    out[1] = (uint8_t)(p - out - 2);
    return (size_t)(p - out);
}

static void put_name(rs_layout *layout)
{
    const rs_field *field = layout->field;
    layout->name_size = rs_delimited_size(field->name_len);
    if (layout->name_size < RS_NAME_ROOM) {
        layout->name[0] = RS_TAG(1, RS_WIRE_LEN);
        uint8_t *p = rs_put_varint(layout->name + 1, field->name_len);
        if (field->name_len != 0) {
            memcpy(p, field->name, field->name_len);
        }
        p[field->name_len] = RS_TAG(2, RS_WIRE_LEN);
    }
}

/* All that stands before the values of a field of fixed size. */
static void put_head(rs_layout *layout, const rs_extent *extent)
{
    const rs_field *field = layout->field;
    uint8_t *p =
        rs_put_tag(layout->head, RS_TAG(field->role, RS_WIRE_LEN), extent->entry);
    memcpy(p, layout->name, layout->name_size + 1);
    p = rs_put_varint(p + layout->name_size + 1, rs_delimited_size(extent->tensor));
    p = rs_put_tag(p, RS_TAG(field->dtype, RS_WIRE_LEN), extent->tensor);
    if (extent->values != 0) {
        p = rs_put_tag(p, RS_TAG(1, RS_WIRE_LEN), extent->values);
    }
    layout->head_size = (size_t)(p - layout->head);
}

static void make_layout(const rs_field *field, int32_t index, rs_layout *layout)
{
    layout->field = field;
    layout->index = index;
    layout->item_size = field->dtype == RS_FLOAT32   ? 4
                        : field->dtype == RS_FLOAT64 ? 8
                                                     : 0;
    layout->key_limit = get_key_limit(field);
    layout->fixed_size = 0;
    layout->name_size = 0;
    layout->shape_size = 0;
    layout->head_size = 0;
    if (is_map_role(field->role)) {
        put_name(layout);
    }
    if (field->kind == RS_BLOBS) {
        if (field->content_type != NULL) {
            layout->shape_size = rs_delimited_size(field->content_type_len);
        }
    } else if (field->kind != RS_TEXT) {
        layout->shape_size = put_shape(field, layout->shape);
    }
}

/* Gives a head to a field whose rows are all alike, if it is one. */
static rs_status fix_size(rs_layout *layout, int64_t row, rs_error *err)
{
    const rs_field *field = layout->field;
    if (field->kind == RS_DENSE && layout->item_size != 0 && field->present == NULL &&
        layout->name_size < RS_NAME_ROOM) {
        rs_extent extent;
        const rs_status status = rs_measure_field(layout, false, row, &extent, err);
        if (status != RS_OK) {
            return status;
        }
        layout->fixed_size = extent.total;
        put_head(layout, &extent);
    }
    return RS_OK;
}

/* Sorts the fields by role; uid, metadata and configuration may stand only once. */
static rs_status put_in_order(const rs_field *fields, size_t n_fields, rs_record *record,
                              rs_error *err)
{
    size_t n = 0;
    for (uint8_t role = RS_FEATURE; role <= RS_CONFIGURATION; role++) {
        const size_t n_before = n;
        for (size_t i = 0; i < n_fields; i++) {
            if (fields[i].role == role) {
                record->order[n++] = (uint16_t)i;
            }
        }
        if (!is_map_role(role) && n > n_before + 1) {
            return fail_argument(err, record->order[n - 1]);
        }
    }
    return RS_OK;
}

rs_status rs_make_record(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, rs_record *record, rs_error *err)
{
    if (n_fields > RS_MAX_FIELDS || begin < 0 || end < begin) {
        return fail_argument(err, -1);
    }
    for (size_t i = 0; i < n_fields; i++) {
        const rs_status status = check_field(&fields[i], (int32_t)i, end, err);
        if (status != RS_OK) {
            return status;
        }
    }
    rs_status status = put_in_order(fields, n_fields, record, err);
    record->fields = fields;
    record->n_fields = n_fields;
    record->fixed_size = 0;
    record->n_varying = 0;
    record->use_avx2 = rs_have_avx2();
    for (size_t i = 0; i < n_fields && begin < end && status == RS_OK; i++) {
        rs_layout *layout = i < RS_READY_FIELDS ? &record->ready[i] : &record->spare;
        make_layout(&fields[record->order[i]], record->order[i], layout);
        if (i < RS_READY_FIELDS) {
            status = fix_size(layout, begin, err);
        }
        record->fixed_size += layout->fixed_size;
        if (layout->head_size == 0) {
            record->varying[record->n_varying++] = (uint16_t)i;
        }
    }
    return status;
}

const rs_layout *rs_make_spare(rs_record *record, size_t i)
{
    make_layout(&record->fields[record->order[i]], record->order[i], &record->spare);
    return &record->spare;
}
