/* Records whose fields all have a fixed size: rows are copies of a template, into which the
 * values are put. */
#include "dense.h"

#include "piece.h"
#include "put.h"

enum {
    LONG_ROW = 1024,        /* bytes of a row that goes past the stage */
    BLOCKWISE_MOST = 16384, /* bytes of values up to which that beats a call of memcpy */
    VALUE_BLOCK = 32        /* values are copied in blocks where that may read further */
};

typedef struct template
{
    size_t frame_size;
    size_t n_pieces;
    int64_t loose_end; /* up to this row, values may be read beyond their end */
    rs_piece pieces[RS_READY_FIELDS + 1];
}
template;

/* The last row behind which VALUE_BLOCK bytes of later rows follow, and one. */
static int64_t get_loose_end(const rs_field *field)
{
    if (field->row_stride <= 0) {
        return 0;
    }
    return field->n_rows - 1 - (VALUE_BLOCK + field->row_stride - 1) / field->row_stride;
}

static void make_template(const rs_record *record, int64_t row, template *made)
{
    const size_t payload = (size_t)record->fixed_size;
    rs_piece *next = made->pieces;
    made->frame_size = RS_HEADER_SIZE + rs_padded(payload);
    made->n_pieces = record->n_fields + 1;
    made->loose_end = INT64_MAX;
    memset(made->pieces, 0, made->n_pieces * sizeof *next);
    rs_store32(next->constant, RS_MAGIC);
    rs_store32(next->constant + 4, (uint32_t)payload);
    next->n_constant = RS_HEADER_SIZE;
    for (size_t i = 0; i < record->n_fields; i++) {
        const rs_layout *layout = &record->ready[i];
        const rs_field *field = layout->field;
        rs_add_field(next, layout);
        if (next->n_values != 0) {
            const int64_t loose_end = get_loose_end(field);
            next->values += row * field->row_stride;
            made->loose_end = loose_end < made->loose_end ? loose_end : made->loose_end;
        }
        next++;
        rs_add_constant(next, layout->shape, layout->shape_size);
    }
    next->n_constant += rs_padded(payload) - payload;
}

static inline uint8_t *put_values(uint8_t *p, const uint8_t *values, size_t n, bool loose)
{
    if (n == 4) { /* most labels */
        memcpy(p, values, 4);
    } else if (n == 8) {
        memcpy(p, values, 8);
    } else if (loose && n <= BLOCKWISE_MOST) {
        for (size_t i = 0; i < n; i += VALUE_BLOCK) {
            memcpy(p + i, values + i, VALUE_BLOCK);
        }
    } else {
        memcpy(p, values, n);
    }
    return p + n;
}

static inline uint8_t *put_row(uint8_t *p, template *from, bool loose)
{
    rs_piece *last = from->pieces + from->n_pieces - 1;
    for (rs_piece *next = from->pieces; next != last; next++) {
        p = rs_put_constant(p, next->constant, next->n_constant, loose);
        if (next->n_values != 0) {
            p = put_values(p, next->values, next->n_values, loose);
            next->values += next->stride;
        }
    }
    return rs_put_constant(p, last->constant, last->n_constant, loose);
}

/* Rows of many values, which need no stage. */
static void put_long_rows(rs_sink *sink, template *from, int64_t n)
{
    for (; n > 0; n--) {
        for (size_t i = 0; i < from->n_pieces; i++) {
            rs_piece *next = &from->pieces[i];
            rs_append_sink(sink, next->constant, next->n_constant);
            if (next->n_values != 0) {
                rs_append_sink(sink, next->values, next->n_values);
                next->values += next->stride;
            }
        }
    }
}

static void ask_for_row(const uint8_t *p, const template *from)
{
    for (size_t i = 0; i + 1 < from->n_pieces; i++) {
        if (from->pieces[i].n_values >= VALUE_BLOCK) {
            rs_ask_ahead(from->pieces[i].values, from->pieces[i].n_values);
        }
    }
    rs_ask_to_write(p, from->frame_size);
}

/* Rows in place; the last ones without writing or reading further than they should.
 * `is_large`: more than the caches hold, so that it pays to ask for memory early. */
static void put_rows(rs_sink *sink, template *from, int64_t row, int64_t end,
                     bool is_large)
{
    const size_t room = (size_t)(sink->end - sink->p);
    const size_t n_roomy = room > RS_SLACK ? (room - RS_SLACK) / from->frame_size : 0;
    const int64_t n_loose = from->loose_end - row;
    int64_t n = end - row;
    uint8_t *p = sink->p;
    for (int64_t i = 0; i < n_loose && i < (int64_t)n_roomy && n > 0; i++, n--) {
        if (is_large) {
            ask_for_row(p, from);
        }
        p = put_row(p, from, true);
    }
    for (; n > 0; n--) {
        p = put_row(p, from, false);
    }
    sink->p = p;
}

rs_status rs_put_fixed_rows(const rs_record *record, int64_t begin, int64_t end,
                            rs_sink *sink, rs_error *err)
{
    template made;
    if (record->fixed_size > RS_MAX_PAYLOAD) {
        return rs_fail_row(err, RS_E_TOO_LONG, begin, record->fixed_size, RS_MAX_PAYLOAD);
    }
    make_template(record, begin, &made);
    const int64_t n_fitting = (int64_t)(sink->room / made.frame_size);
    const int64_t stop = end - begin < n_fitting ? end : begin + n_fitting;
    if (sink->is_staged && made.frame_size >= LONG_ROW) {
        put_long_rows(sink, &made, stop - begin);
    } else {
        const bool is_large = sink->is_staged;
        rs_unstage_sink(sink);
        sink->end = sink->out + (size_t)(stop - begin) * made.frame_size;
        put_rows(sink, &made, begin, stop, is_large);
        rs_settle_sink(sink);
    }
    return stop == end ? RS_OK
                       : rs_fail_row(err, RS_E_CAPACITY, stop, made.frame_size,
                                     sink->room - rs_sink_pending(sink));
}
