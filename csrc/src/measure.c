/* The size of one row, and all that must hold for it to be written. */
#include "layout.h"

static rs_status fail_at(const rs_layout *layout, int64_t row, rs_status status,
                         int64_t found, int64_t limit, rs_error *err) {
    rs_fail(err, status);
    err->field = layout->index;
    err->row = row;
    err->found = found;
    err->limit = limit;
    return status;
}

static int64_t clip(uint64_t v) {
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* Reads the row's offsets, which must stay within `limit` elements. */
static rs_status read_offsets(const rs_layout *layout, int64_t row, int64_t limit,
                              rs_extent *extent, rs_error *err) {
    const rs_field *field = layout->field;
    const int64_t first = rs_load_signed(field->offsets, field->offset_size, row);
    const int64_t last = rs_load_signed(field->offsets, field->offset_size, row + 1);
    if (first < 0 || last < first || last > limit) {
        const bool is_first = first < 0;
        return fail_at(layout, row, RS_E_OFFSETS, is_first ? first : last,
                       is_first       ? 0
                       : last < first ? first
                                      : limit,
                       err);
    }
    extent->first = first;
    extent->n = (size_t)(last - first);
    return RS_OK;
}

static rs_status measure_keys(const rs_layout *layout, int64_t row, rs_extent *extent,
                              rs_error *err) {
    const rs_field *field = layout->field;
    int64_t before = -1;
    for (size_t i = 0; i < extent->n; i++) {
        const int64_t key =
            rs_load_signed(field->keys, field->key_size, extent->first + (int64_t)i);
        const bool in_range = key >= 0 && (uint64_t)key < layout->key_limit;
        if (!in_range || ((field->flags & RS_CHECK_ORDER) != 0 && key <= before)) {
            fail_at(layout, row, in_range ? RS_E_ORDER : RS_E_KEY, key,
                    in_range ? before : clip(layout->key_limit), err);
            err->column = (int64_t)i;
            return err->status;
        }
        before = key;
        extent->keys += rs_varint_size((uint64_t)key);
    }
    return RS_OK;
}

static void measure_values(const rs_layout *layout, const uint8_t *values,
                           rs_extent *extent) {
    if (layout->item_size != 0) {
        extent->values = extent->n * layout->item_size;
        return;
    }
    for (size_t i = 0; i < extent->n; i++) {
        extent->values +=
            rs_varint_size(rs_int32_bits(rs_load_int32(values, (int64_t)i)));
    }
}

/* The strings of a row with their tags and lengths. */
static rs_status measure_strings(const rs_layout *layout, int64_t row, rs_extent *extent,
                                 rs_error *err) {
    const rs_field *field = layout->field;
    for (size_t i = 0; i < extent->n; i++) {
        const int64_t first = field->item_offsets[extent->first + (int64_t)i];
        const int64_t last = field->item_offsets[extent->first + (int64_t)i + 1];
        if (first < 0 || last < first || last > field->n_values) {
            fail_at(layout, row, RS_E_OFFSETS, first < 0 ? first : last,
                    first < 0      ? 0
                    : last < first ? first
                                   : field->n_values,
                    err);
            err->column = (int64_t)i;
            return RS_E_OFFSETS;
        }
        extent->values += rs_delimited_size((size_t)(last - first));
        if (extent->values > RS_MAX_PAYLOAD) {
            break;
        }
    }
    return RS_OK;
}

/* The values of a row read as a tensor need their number to be the product of the shape.
 */
static rs_status check_shape(const rs_layout *layout, int64_t row,
                             const rs_extent *extent, rs_error *err) {
    if (layout->shape_size != 0 && extent->n != layout->key_limit) {
        return fail_at(layout, row, RS_E_SHAPE, (int64_t)extent->n,
                       clip(layout->key_limit), err);
    }
    return RS_OK;
}

static rs_status measure_content(const rs_layout *layout, int64_t row, rs_extent *extent,
                                 rs_error *err) {
    const rs_field *field = layout->field;
    rs_status status = RS_OK;
    if (field->kind == RS_DENSE) {
        extent->first = 0;
        extent->n = (size_t)field->width;
    } else {
        status = read_offsets(layout, row,
                              field->kind == RS_BLOBS ? field->n_items : field->n_values,
                              extent, err);
    }
    if (status != RS_OK) {
        return status;
    }
    /* No value takes less than a byte: whatever passes here cannot overflow below. */
    if (extent->n > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, (int64_t)extent->n,
                       (int64_t)RS_MAX_PAYLOAD, err);
    }
    switch (field->kind) {
    case RS_TEXT: extent->values = extent->n; return RS_OK;
    case RS_BLOBS: return measure_strings(layout, row, extent, err);
    case RS_CSR:
        if (extent->n == 0 && (field->flags & RS_ZERO_FOR_EMPTY) != 0) {
            extent->values = layout->item_size != 0 ? layout->item_size : 1;
            extent->keys = 1;
            return layout->key_limit != 0 ? RS_OK
                                          : fail_at(layout, row, RS_E_KEY, 0, 0, err);
        }
        status = measure_keys(layout, row, extent, err);
        break;
    default: status = check_shape(layout, row, extent, err); break;
    }
    if (status == RS_OK) {
        measure_values(layout,
                       (const uint8_t *)field->values + (field->kind == RS_DENSE
                                                             ? row * field->row_stride
                                                             : extent->first * 4),
                       extent);
    }
    return status;
}

rs_status rs_measure_field(const rs_layout *layout, int64_t row, rs_extent *extent,
                           rs_error *err) {
    const rs_field *field = layout->field;
    memset(extent, 0, sizeof *extent);
    if (field->present != NULL && field->present[row] == 0) {
        return RS_OK;
    }
    const rs_status status = measure_content(layout, row, extent, err);
    if (status != RS_OK) {
        return status;
    }
    /* 64 bits: the parts are each below 2^33, whatever size_t is. */
    const uint64_t most = (uint64_t)extent->values + extent->keys + layout->shape_size +
                          layout->name_size + 64;
    if (most - 64 > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, (int64_t)most - 64,
                       (int64_t)RS_MAX_PAYLOAD, err);
    }
    if (field->kind == RS_TEXT) {
        extent->total = rs_delimited_size(extent->values);
        return RS_OK;
    }
    extent->tensor = layout->shape_size;
    if (field->kind == RS_BLOBS) {
        extent->tensor += extent->values;
    } else {
        extent->tensor += extent->values != 0 ? rs_delimited_size(extent->values) : 0;
        extent->tensor += extent->keys != 0 ? rs_delimited_size(extent->keys) : 0;
    }
    extent->entry =
        layout->name_size + rs_delimited_size(rs_delimited_size(extent->tensor));
    extent->total = rs_delimited_size(extent->entry);
    return RS_OK;
}

rs_status rs_measure_row(rs_record *record, int64_t row, size_t *payload, rs_error *err) {
    uint64_t sum = 0;
    int32_t index = -1;
    for (size_t i = 0; i < record->n_fields; i++) {
        const rs_layout *layout = rs_get_layout(record, i);
        rs_extent extent;
        const rs_status status = rs_measure_field(layout, row, &extent, err);
        if (status != RS_OK) {
            return status;
        }
        sum += extent.total;
        if (sum > RS_MAX_PAYLOAD && index < 0) {
            index = layout->index;
        }
    }
    if (sum > RS_MAX_PAYLOAD) {
        rs_fail(err, RS_E_TOO_LONG);
        err->field = index;
        err->row = row;
        err->found = (int64_t)sum;
        err->limit = (int64_t)RS_MAX_PAYLOAD;
        return RS_E_TOO_LONG;
    }
    *payload = (size_t)sum;
    return RS_OK;
}
