/* The size of one row, and all that must hold for it to be written. */
#include "layout.h"

#include "keys.h"

static rs_status fail_at(const rs_layout *layout, int64_t row, rs_status status,
                         int64_t found, int64_t limit, rs_error *err)
{
    rs_fail(err, status);
    err->field = layout->index;
    err->row = row;
    err->found = found;
    err->limit = limit;
    return status;
}

static int64_t clip(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* Offsets must ascend from 0 on and stay within `most`. */
static rs_status check_offsets(const rs_layout *layout, int64_t row, int64_t first,
                               int64_t last, int64_t most, rs_error *err)
{
    if (first < 0) {
        return fail_at(layout, row, RS_E_OFFSETS, first, 0, err);
    }
    if (last < first) {
        return fail_at(layout, row, RS_E_OFFSETS, last, first, err);
    }
    return last > most ? fail_at(layout, row, RS_E_OFFSETS, last, most, err) : RS_OK;
}

static rs_status read_offsets(const rs_layout *layout, int64_t row, rs_extent *extent,
                              rs_error *err)
{
    const rs_field *field = layout->field;
    const int64_t first = rs_load_signed(field->offsets, field->offset_size, (size_t)row);
    const int64_t last =
        rs_load_signed(field->offsets, field->offset_size, (size_t)row + 1);
    const int64_t most = field->kind == RS_BLOBS ? field->n_items : field->n_values;
    extent->first = (size_t)first;
    extent->n = (size_t)last - (size_t)first;
    if ((first | last) >= 0 && first <= last && last <= most) {
        return RS_OK;
    }
    return check_offsets(layout, row, first, last, most, err);
}

static size_t size_run(rs_run run, bool use_avx2, uint64_t limit, bool ascending)
{
    const uint64_t quick_limit = limit < RS_QUICK_LIMIT ? limit : RS_QUICK_LIMIT;
    return use_avx2 ? rs_size_run_avx2(run, quick_limit, ascending)
                    : rs_size_run(run, quick_limit, ascending);
}

/* Key by key: to find the one that is wrong, or to size large ones. */
static rs_status measure_keys_slowly(const rs_layout *layout, int64_t row, rs_run run,
                                     rs_extent *extent, rs_error *err)
{
    const bool ascending = (layout->field->flags & RS_CHECK_ORDER) != 0;
    uint64_t sum = 0;
    int64_t before = -1;
    for (size_t i = 0; i < run.n; i++) {
        const int64_t key = rs_load_signed(run.first, run.size, i);
        const bool in_range = key >= 0 && (uint64_t)key < layout->key_limit;
        if (!in_range || (ascending && key <= before)) {
            fail_at(layout, row, in_range ? RS_E_ORDER : RS_E_KEY, key,
                    in_range ? before : clip(layout->key_limit), err);
            err->column = (int64_t)i;
            return err->status;
        }
        before = key;
        sum += rs_varint_size((uint64_t)key);
    }
    if (sum > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, (int64_t)sum, (int64_t)RS_MAX_PAYLOAD,
                       err);
    }
    extent->keys = (size_t)sum;
    return RS_OK;
}

static rs_status measure_keys(const rs_layout *layout, bool use_avx2, int64_t row,
                              rs_extent *extent, rs_error *err)
{
    const rs_field *field = layout->field;
    if (extent->n == 0) {
        return RS_OK;
    }
    const rs_run run = {(const uint8_t *)field->keys + extent->first * field->key_size,
                        (uint32_t)extent->n, field->key_size};
    extent->keys =
        size_run(run, use_avx2, layout->key_limit, (field->flags & RS_CHECK_ORDER) != 0);
    return extent->keys != SIZE_MAX ? RS_OK
                                    : measure_keys_slowly(layout, row, run, extent, err);
}

static rs_status measure_values(const rs_layout *layout, bool use_avx2, int64_t row,
                                rs_extent *extent, rs_error *err)
{
    if (layout->item_size != 0) {
        /* the number of values is below 2^29: only 32-bit sizes could overflow */
        extent->values = extent->n <= RS_MAX_PAYLOAD / layout->item_size
                             ? extent->n * layout->item_size
                             : RS_MAX_PAYLOAD + 1;
        return RS_OK;
    }
    const rs_run run = {rs_get_values(layout, row, extent), (uint32_t)extent->n, 4};
    extent->values = size_run(run, use_avx2, RS_QUICK_LIMIT, false);
    if (extent->values != SIZE_MAX) {
        return RS_OK;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < run.n; i++) {
        sum += rs_varint_size(rs_int32_bits(rs_load_int32(run.first, i)));
    }
    if (sum > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, (int64_t)sum, (int64_t)RS_MAX_PAYLOAD,
                       err);
    }
    extent->values = (size_t)sum;
    return RS_OK;
}

/* The strings of a row with their tags and lengths. */
static rs_status measure_strings(const rs_layout *layout, int64_t row, rs_extent *extent,
                                 rs_error *err)
{
    const rs_field *field = layout->field;
    uint64_t sum = 0;
    for (size_t i = 0; i < extent->n && sum <= RS_MAX_PAYLOAD; i++) {
        const int64_t first = field->item_offsets[extent->first + i];
        const int64_t last = field->item_offsets[extent->first + i + 1];
        if (check_offsets(layout, row, first, last, field->n_values, err) != RS_OK) {
            err->column = (int64_t)i;
            return RS_E_OFFSETS;
        }
        const uint64_t size = (uint64_t)(last - first);
        sum += size > RS_MAX_PAYLOAD ? size : rs_delimited_size((size_t)size);
    }
    if (sum > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, clip(sum), (int64_t)RS_MAX_PAYLOAD,
                       err);
    }
    extent->values = (size_t)sum;
    return RS_OK;
}

/* A row without values becomes the value 0 at key 0 (RS_ZERO_FOR_EMPTY). */
static rs_status measure_zero(const rs_layout *layout, int64_t row, rs_extent *extent,
                              rs_error *err)
{
    if (layout->key_limit == 0) {
        return fail_at(layout, row, RS_E_KEY, 0, 0, err);
    }
    extent->values = layout->item_size != 0 ? layout->item_size : 1;
    extent->keys = 1;
    return RS_OK;
}

static rs_status measure_content(const rs_layout *layout, bool use_avx2, int64_t row,
                                 rs_extent *extent, rs_error *err)
{
    const rs_field *field = layout->field;
    rs_status status = RS_OK;
    if (field->kind == RS_DENSE) {
        extent->n = (size_t)field->width;
    } else {
        status = read_offsets(layout, row, extent, err);
    }
    if (status != RS_OK) {
        return status;
    }
    /* no value takes less than a byte */
    if (extent->n > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, clip(extent->n),
                       (int64_t)RS_MAX_PAYLOAD, err);
    }
    if (field->kind == RS_CSR) {
        if (extent->n == 0 && (field->flags & RS_ZERO_FOR_EMPTY) != 0) {
            return measure_zero(layout, row, extent, err);
        }
        status = measure_keys(layout, use_avx2, row, extent, err);
    } else if (field->kind == RS_TEXT) {
        extent->values = extent->n;
        return RS_OK;
    } else if (field->kind == RS_BLOBS) {
        return measure_strings(layout, row, extent, err);
    } else if (layout->shape_size != 0 && extent->n != layout->key_limit) {
        return fail_at(layout, row, RS_E_SHAPE, (int64_t)extent->n,
                       clip(layout->key_limit), err);
    }
    return status != RS_OK ? status : measure_values(layout, use_avx2, row, extent, err);
}

rs_status rs_measure_field(const rs_layout *layout, bool use_avx2, int64_t row,
                           rs_extent *extent, rs_error *err)
{
    const rs_field *field = layout->field;
    memset(extent, 0, sizeof *extent);
    if (field->present != NULL && field->present[row] == 0) {
        return RS_OK;
    }
    const rs_status status = measure_content(layout, use_avx2, row, extent, err);
    if (status != RS_OK) {
        return status;
    }
    const uint64_t least =
        (uint64_t)extent->values + extent->keys + layout->shape_size + layout->name_size;
    if (least > RS_MAX_PAYLOAD) {
        return fail_at(layout, row, RS_E_TOO_LONG, (int64_t)least,
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

rs_status rs_measure_row(rs_record *record, int64_t index, rs_row *row, rs_error *err)
{
    uint64_t sum = record->fixed_size;
    rs_extent spare;
    if (sum > RS_MAX_PAYLOAD) {
        return fail_at(&record->ready[0], index, RS_E_TOO_LONG, (int64_t)sum,
                       (int64_t)RS_MAX_PAYLOAD, err);
    }
    for (size_t k = 0; k < record->n_varying; k++) {
        const size_t i = record->varying[k];
        rs_extent *extent = i < RS_READY_FIELDS ? &row->extents[i] : &spare;
        const rs_layout *layout = rs_get_layout(record, i);
        const rs_status status =
            rs_measure_field(layout, record->use_avx2, index, extent, err);
        if (status != RS_OK) {
            return status;
        }
        sum += extent->total;
        if (sum > RS_MAX_PAYLOAD) {
            return fail_at(layout, index, RS_E_TOO_LONG, (int64_t)sum,
                           (int64_t)RS_MAX_PAYLOAD, err);
        }
    }
    row->index = index;
    row->payload = (size_t)sum;
    return RS_OK;
}
