/* Second pass of encoding: rows become frames.
 *
 * A row is measured anew before it is written, and nothing else is believed: the arrays may
 * have changed since rs_plan_rows, and may change while a row is being written. Therefore
 * each loop over varints also holds itself against the end of the row.
 */
#include "csr.h"
#include "dense.h"
#include "paths.h"
#include "put.h"
#include "sink.h"

/* Varints that must end exactly at `end`, or else NULL. Nothing is known of the integers
 * but that they can be read. */
static uint8_t *put_varints(uint8_t *p, const uint8_t *end, const uint8_t *room_end,
                            rs_run run, bool use_avx2)
{
    size_t i = 0;
    uint8_t *quick_end = use_avx2 ? rs_put_run_avx2(p, room_end, run, &i)
                                  : rs_put_run(p, room_end, run, &i);
    if (quick_end == NULL) {
        i = 0;
    } else if (quick_end > end) {
        return NULL;
    } else {
        p = quick_end;
    }
    for (; i < run.n; i++) {
        const uint64_t v = (uint64_t)rs_load_signed(run.first, run.size, i);
        if (rs_varint_size(v) > (size_t)(end - p)) {
            return NULL;
        }
        p = rs_put_varint(p, v);
    }
    return p == end ? p : NULL;
}

/* The field as it is written, and where. */
typedef struct target {
    const rs_layout *layout;
    const rs_extent *extent;
    int64_t row;
    const uint8_t *room_end;
    bool use_avx2;
} target;

static inline uint8_t *put_keys(uint8_t *p, const target *to, bool loose)
{
    const rs_field *field = to->layout->field;
    const rs_extent *extent = to->extent;
    p = rs_put_loose_tag(p, RS_TAG(2, RS_WIRE_LEN), extent->keys, loose);
    if (extent->n == 0) {
        *p++ = 0; /* RS_ZERO_FOR_EMPTY */
        return p;
    }
    const rs_run run = {(const uint8_t *)field->keys + extent->first * field->key_size,
                        (uint32_t)extent->n, field->key_size};
    return put_varints(p, p + extent->keys, to->room_end, run, to->use_avx2);
}

static inline uint8_t *put_values(uint8_t *p, const target *to, bool loose)
{
    const rs_layout *layout = to->layout;
    const rs_extent *extent = to->extent;
    p = rs_put_loose_tag(p, RS_TAG(1, RS_WIRE_LEN), extent->values, loose);
    if (extent->n == 0) {
        memset(p, 0, extent->values); /* RS_ZERO_FOR_EMPTY */
        return p + extent->values;
    }
    const uint8_t *values = rs_get_values(layout, to->row, extent);
    if (layout->item_size != 0) {
        return rs_put_floats(p, values, extent->n, layout->item_size);
    }
    const rs_run run = {values, (uint32_t)extent->n, 4};
    return put_varints(p, p + extent->values, to->room_end, run, to->use_avx2);
}

static inline uint8_t *put_tensor(uint8_t *p, const target *to, bool loose)
{
    if (to->extent->values != 0) {
        p = put_values(p, to, loose);
    }
    if (p != NULL && to->extent->keys != 0) {
        p = put_keys(p, to, loose);
    }
    if (p == NULL) {
        return NULL;
    }
    return rs_put_constant(p, to->layout->shape, to->layout->shape_size, loose);
}

/* NULL where the offsets are no longer those that were measured. */
static uint8_t *put_strings(uint8_t *p, const target *to)
{
    const rs_field *field = to->layout->field;
    const uint8_t *end = p + to->extent->values;
    for (size_t i = 0; i < to->extent->n; i++) {
        const int64_t first = field->item_offsets[to->extent->first + i];
        const int64_t last = field->item_offsets[to->extent->first + i + 1];
        if (first < 0 || last < first || last > field->n_values ||
            (uint64_t)(last - first) > RS_MAX_PAYLOAD ||
            rs_delimited_size((size_t)(last - first)) > (size_t)(end - p)) {
            return NULL;
        }
        p = rs_put_tag(p, RS_TAG(1, RS_WIRE_LEN), (size_t)(last - first));
        p = rs_put_bytes(p, (const uint8_t *)field->values + first,
                         (size_t)(last - first));
    }
    if (p != end) {
        return NULL;
    }
    if (field->content_type != NULL) {
        p = rs_put_tag(p, RS_TAG(2, RS_WIRE_LEN), field->content_type_len);
        p = rs_put_bytes(p, field->content_type, field->content_type_len);
    }
    return p;
}

static inline uint8_t *put_field(uint8_t *p, const target *to, bool loose)
{
    const rs_layout *layout = to->layout;
    const rs_extent *extent = to->extent;
    const rs_field *field = layout->field;
    if (field->kind == RS_TEXT) {
        p = rs_put_tag(p, RS_TAG(field->role, RS_WIRE_LEN), extent->values);
        return rs_put_bytes(p, rs_get_values(layout, to->row, extent), extent->n);
    }
    p = rs_put_loose_tag(p, RS_TAG(field->role, RS_WIRE_LEN), extent->entry, loose);
    if (layout->name_size < RS_NAME_ROOM) {
        p = rs_put_constant(p, layout->name, layout->name_size, loose);
    } else {
        p = rs_put_tag(p, RS_TAG(1, RS_WIRE_LEN), field->name_len);
        p = rs_put_bytes(p, field->name, field->name_len);
    }
    p = rs_put_loose_tag(p, RS_TAG(2, RS_WIRE_LEN), rs_delimited_size(extent->tensor),
                         loose);
    p = rs_put_loose_tag(p, RS_TAG(field->dtype, RS_WIRE_LEN), extent->tensor, loose);
    return field->kind == RS_BLOBS ? put_strings(p, to) : put_tensor(p, to, loose);
}

/* Writes a measured row, for which there is room. NULL where it has changed meanwhile. */
static inline uint8_t *put_row(uint8_t *frame, const uint8_t *room_end, rs_record *record,
                               const rs_row *row, bool loose)
{
    const uint8_t *end = frame + RS_HEADER_SIZE + row->payload;
    uint8_t *p = frame + RS_HEADER_SIZE;
    target to = {NULL, NULL, row->index, room_end, record->use_avx2};
    for (size_t i = 0; i < record->n_fields; i++) {
        rs_extent spare;
        rs_error err;
        to.layout = rs_get_layout(record, i);
        to.extent = i < RS_READY_FIELDS ? &row->extents[i] : &spare;
        if (i >= RS_READY_FIELDS) {
            if (rs_measure_field(to.layout, to.use_avx2, to.row, &spare, &err) != RS_OK) {
                return NULL;
            }
        }
        const bool has_head = to.layout->head_size != 0;
        const size_t size = has_head ? to.layout->fixed_size : to.extent->total;
        if (size > (size_t)(end - p)) {
            return NULL;
        }
        if (has_head) {
            p = rs_put_fixed_field(p, to.layout, to.row, loose);
        } else if (size != 0) {
            p = put_field(p, &to, loose);
        }
        if (p == NULL) {
            return NULL;
        }
    }
    return p == end ? rs_put_frame(frame, row->payload) : NULL;
}

/* Encodes one row into the sink. `tight`: nothing may be written behind it. */
static rs_status put_into_sink(rs_sink *sink, rs_record *record, const rs_row *row,
                               bool tight, rs_error *err)
{
    const size_t size = RS_HEADER_SIZE + rs_padded(row->payload);
    const size_t room = sink->room - rs_sink_pending(sink);
    if (size > room) {
        return rs_fail_row(err, RS_E_CAPACITY, row->index, size, room);
    }
    uint8_t *p;
    if (sink->is_staged && size + RS_SLACK > (size_t)(sink->end - sink->p)) {
        const bool fits = size + RS_SLACK + RS_LINE <= RS_STAGE_SIZE;
        rs_flush_sink(sink, !fits);
        if (!fits) {
            p = put_row(sink->out, sink->out + size, record, row, false);
            if (p == NULL) {
                return rs_fail_row(err, RS_E_CAPACITY, row->index, size, room);
            }
            sink->out += size;
            sink->room -= size;
            rs_restart_stage(sink);
            return RS_OK;
        }
    }
    p = !tight && size + RS_SLACK <= (size_t)(sink->end - sink->p)
            ? put_row(sink->p, sink->end, record, row, true)
            : put_row(sink->p, sink->p + size, record, row, false);
    if (p == NULL) {
        return rs_fail_row(err, RS_E_CAPACITY, row->index, size, room);
    }
    sink->p = p;
    rs_settle_sink(sink);
    return RS_OK;
}

/* So many rows are written without a byte behind them where they may be the last: even if
 * they are empty, a row before them does not reach beyond them. */
enum { N_TIGHT = 40 };

/* Rows of fields that vary in size. `fitting`: as rs_encode_fitting does. */
static rs_status put_rows(rs_record *record, int64_t begin, int64_t end, bool fitting,
                          bool is_quick, rs_sink *sink, rs_error *err)
{
    const int64_t tight = fitting && !sink->is_staged ? end - N_TIGHT : end;
    rs_row row;
    rs_csr csr;
    rs_group group;
    const bool is_csr = is_quick && rs_make_csr(record, &csr);
    rs_status status = RS_OK;
    while (begin < end && status == RS_OK) {
        const int64_t n_quick =
            is_csr && begin < tight
                ? rs_put_csr_rows(&csr, begin, tight, &group, fitting, sink)
                : 0;
        begin += n_quick;
        if (n_quick == 0) {
            status = rs_measure_row(record, begin, &row, err);
            if (status == RS_OK) {
                status = put_into_sink(sink, record, &row, begin >= tight, err);
            }
            begin++;
        }
    }
    return status;
}

rs_status rs_encode_paths(const rs_field *fields, size_t n_fields, int64_t begin,
                          int64_t end, uint8_t *out, size_t capacity, bool fitting,
                          int64_t *end_row, size_t *n_written, unsigned paths,
                          rs_error *err)
{
    rs_record record;
    rs_sink sink;
    const bool is_quick = (paths & RS_GENERAL_ONLY) == 0;
    *n_written = 0;
    *end_row = begin;
    rs_status status = rs_make_record(fields, n_fields, begin, end, &record, err);
    if (status != RS_OK || begin == end) {
        return status;
    }
    record.use_avx2 = record.use_avx2 && (paths & RS_PORTABLE) == 0;
    rs_open_sink(&sink, out, capacity);
    status = is_quick && rs_is_fixed(&record)
                 ? rs_put_fixed_rows(&record, begin, end, &sink, err)
                 : put_rows(&record, begin, end, fitting, is_quick, &sink, err);
    rs_close_sink(&sink);
    *n_written = (size_t)(sink.out - out);
    *end_row = status == RS_OK ? end : err->row;
    return fitting && status == RS_E_CAPACITY ? RS_OK : status;
}

rs_status rs_encode_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, uint8_t *out, size_t capacity, size_t *n_written,
                         rs_error *err)
{
    int64_t end_row;
    return rs_encode_paths(fields, n_fields, begin, end, out, capacity, false, &end_row,
                           n_written, RS_ANY_PATH, err);
}

rs_status rs_encode_fitting(const rs_field *fields, size_t n_fields, int64_t begin,
                            int64_t end, uint8_t *out, size_t capacity, int64_t *end_row,
                            size_t *n_written, rs_error *err)
{
    return rs_encode_paths(fields, n_fields, begin, end, out, capacity, true, end_row,
                           n_written, RS_ANY_PATH, err);
}
