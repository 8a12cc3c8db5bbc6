/* Second reading pass: frames -> the caller's arrays. */
#include "alike.h"
#include "column.h"
#include "even.h"
#include "outline.h"
#include "paths.h"
#include "pattern.h"
#include "place.h"
#include "scan.h"

typedef struct fill_state {
    rs_walk walk;
    const rs_column *columns;
    const rs_target *targets;
    size_t n_columns;
    uint64_t row;
    const uint8_t *end; /* of the input */
    rs_decoders decoders;
    rs_outline outline;
    rs_patience patience;
    rs_pattern patterns[RS_MAX_PATTERNS];
} fill_state;

static rs_status changed(const fill_state *state, const uint8_t *at, size_t column)
{
    rs_bad(&state->walk, RS_E_CHANGED, at);
    state->walk.err->field = column < state->n_columns ? (int32_t)column : -1;
    return RS_E_CHANGED;
}

/* Checks all of the record, and finds where its fields stand last. */
static rs_status find_fields(const fill_state *state, rs_span record, uint32_t *last)
{
    const uint8_t *begin = record.at;
    size_t hint = 0;
    while (record.at < record.end) {
        rs_item item;
        rs_found found;
        rs_status status = rs_take_item(&state->walk, &record, RS_IN_RECORD, &item);
        if (status == RS_OK) {
            status = rs_find_facts(&state->walk, &item, &found);
        }
        if (status != RS_OK) {
            return status;
        }
        if (found.role == 0) {
            continue;
        }
        const size_t c = rs_find_column(state->columns, state->n_columns, hint,
                                        found.role, found.entry.name);
        if (c == state->n_columns) {
            return changed(state, item.at, c);
        }
        last[c] = (uint32_t)(item.at - begin);
        hint = c + 1;
    }
    return RS_OK;
}

static rs_status fill_column(const fill_state *state, rs_span record, uint32_t offset,
                             size_t c)
{
    const rs_column *column = &state->columns[c];
    const rs_target *target = &state->targets[c];
    rs_item item = {0};
    rs_found found = {0};
    if (offset != RS_NOWHERE) {
        rs_span rest = {record.at + offset, record.end};
        rs_status status = rs_take_item(&state->walk, &rest, RS_IN_RECORD, &item);
        if (status == RS_OK) {
            status = rs_find_facts(&state->walk, &item, &found);
        }
        if (status != RS_OK) {
            return status;
        }
    }
    if (found.facts.dtype == RS_NO_DTYPE) {
        if (column->first_missing == UINT64_MAX) {
            return changed(state, record.at, c);
        }
        rs_place_nothing(column, target, state->row);
        return RS_OK;
    }
    if (column->dtype == RS_NO_DTYPE || !rs_column_fits(column, &found.facts)) {
        return changed(state, item.at, c);
    }
    if (column->role > RS_LABEL) {
        return rs_place_text(item.body, target, state->row) ? RS_OK
                                                            : changed(state, item.at, c);
    }
    const rs_status status = rs_place_entry(&state->walk, &found.entry, &found.facts,
                                            column, target, state->row);
    if (status != RS_OK) {
        state->walk.err->field = (int32_t)c;
    }
    return status;
}

/* Any valid record. */
static rs_status fill_general(const fill_state *state, rs_span record)
{
    uint32_t last[RS_MAX_FIELDS];
    memset(last, 0xff, state->n_columns * sizeof last[0]); /* RS_NOWHERE */
    rs_status status = find_fields(state, record, last);
    for (size_t c = 0; status == RS_OK && c < state->n_columns; c++) {
        status = fill_column(state, record, last[c], c);
    }
    return status;
}

/* Columns [c, end) that the record lacks. */
static bool place_gap(const fill_state *state, size_t c, size_t end)
{
    for (; c < end; c++) {
        if (state->columns[c].first_missing == UINT64_MAX) {
            return false;
        }
        rs_place_nothing(&state->columns[c], &state->targets[c], state->row);
    }
    return true;
}

/* A run of n values of the given type. */
static bool place_values(const fill_state *state, const uint8_t *run, size_t n_bytes,
                         unsigned dtype, uint64_t n, const rs_target *target)
{
    const uint64_t start = rs_row_start(target, state->row);
    if (!rs_place_row(target, state->row, start, n, target->n_values)) {
        return false;
    }
    if (n == 0) {
        return true; /* there may be no array at all */
    }
    if (dtype == RS_INT32) {
        return state->decoders.int32s(run, n_bytes, (size_t)(state->end - run),
                                      (uint8_t *)target->values + 4 * start, (size_t)n);
    }
    const size_t size = dtype == RS_BYTES ? 1 : rs_dtype_size(dtype);
    rs_copy_elements((uint8_t *)target->values + size * start, run, n_bytes, size);
    return true;
}

static bool place_keys(const fill_state *state, rs_span run, uint64_t n,
                       const rs_column *column, const rs_target *target)
{
    const uint64_t start = rs_row_start(target, state->row);
    uint8_t *keys = (uint8_t *)target->keys + target->key_size * start;
    rs_keys_fn *decode =
        target->key_size == 8 ? state->decoders.keys64 : state->decoders.keys32;
    return decode(run.at, rs_span_len(run), (size_t)(state->end - run.at), keys,
                  (size_t)n, rs_key_limit(column, target));
}

/* The next field of a straight record, and its column from *c on. */
static bool take_field(fill_state *state, rs_span *record, bool roomy, size_t *c,
                       rs_straight *field, uint64_t *n, uint8_t *sparse)
{
    const rs_column *columns = state->columns;
    const size_t first = *c;
    if (roomy && first < state->n_columns && first < RS_MAX_PATTERNS &&
        rs_take_pattern(&state->patterns[first], record, field)) {
        const rs_pattern *pattern = &state->patterns[first];
        *sparse = pattern->sparse;
        return rs_straight_count(field, n) &&
               (pattern->product == UINT64_MAX || pattern->product == *n);
    }
    const uint8_t *begin = record->at;
    if (!rs_take_straight(record, field) || !rs_straight_count(field, n)) {
        return false;
    }
    *c = rs_straight_column(columns, first, state->n_columns, field);
    if (*c == state->n_columns || !place_gap(state, first, *c) ||
        !rs_straight_fits(&columns[*c], field, *n, sparse)) {
        return false;
    }
    if (*c < RS_MAX_PATTERNS) {
        rs_learn_pattern(&state->patterns[*c], &columns[*c], begin, field, *sparse);
    }
    return true;
}

/* A record in straight form. False: look more closely, whatever was written. */
static bool fill_straight(fill_state *state, rs_span record)
{
    const bool roomy = state->end - record.end >= RS_PATTERN_SLACK;
    size_t c = 0;
    rs_begin_outline(&state->outline, record);
    while (record.at < record.end) {
        rs_straight field;
        uint64_t n = 0;
        uint8_t sparse = 0;
        if (!take_field(state, &record, roomy, &c, &field, &n, &sparse)) {
            return false;
        }
        const rs_target *target = &state->targets[c];
        if ((sparse == 1 && target->kind != RS_CSR) ||
            (sparse == 0 && target->kind == RS_CSR) ||
            !place_values(state, field.values.at, rs_span_len(field.values), field.dtype,
                          n, target) ||
            (sparse == 1 &&
             !place_keys(state, field.keys, n, &state->columns[c], target))) {
            return false;
        }
        rs_add_run(&state->outline, &field, c, n);
        c++;
    }
    return place_gap(state, c, state->n_columns);
}

/* A record like the one before, which has every column. */
static bool fill_repeat(const fill_state *state, rs_span record)
{
    const rs_outline *outline = &state->outline;
    if (outline->n_runs != state->n_columns || !rs_outline_fits(outline, record)) {
        return false;
    }
    for (size_t i = 0; i < outline->n_runs; i++) {
        const rs_run *run = &outline->runs[i];
        if (!place_values(state, record.at + run->begin, run->n_bytes, run->dtype,
                          run->n_values, &state->targets[run->column])) {
            return false;
        }
    }
    return true;
}

static rs_status fill_record(fill_state *state, rs_span record, unsigned paths)
{
    if ((paths & (RS_GENERAL_ONLY | RS_NO_REPEATS)) == 0 && fill_repeat(state, record)) {
        return RS_OK;
    }
    if ((paths & RS_GENERAL_ONLY) == 0 && fill_straight(state, record)) {
        return RS_OK;
    }
    state->outline.payload = NULL;
    return fill_general(state, record);
}

/* As many records as possible that look alike; returns their bytes. */
static size_t fill_alike(fill_state *state, const rs_alike *alike, const uint8_t *at,
                         uint64_t n_records)
{
    size_t sum = 0;
    size_t n_bytes = 0;
    size_t n = 0;
    do {
        n = rs_fill_alike(alike, at + sum, state->end, n_records - state->row,
                          state->columns, state->targets, state->row, &state->decoders,
                          &n_bytes);
        state->row += n;
        sum += n_bytes;
    } while (n != 0);
    return sum;
}

/* As many records as possible that are like those before; returns their bytes. */
static size_t fill_run(fill_state *state, const uint8_t *at, uint64_t n_records)
{
    const uint64_t before = state->row;
    size_t n_bytes = 0;
    rs_even even;
    rs_alike alike;
    if (rs_make_even(state->patterns, state->columns, state->n_columns, &even)) {
        state->row += rs_fill_even(&even, at, state->end, n_records - state->row,
                                   state->columns, state->targets, state->row);
        n_bytes = (size_t)(state->row - before) * even.frame_len;
    } else if (rs_make_alike(state->patterns, state->columns, state->n_columns, &alike)) {
        n_bytes = fill_alike(state, &alike, at, n_records);
    }
    rs_tried(&state->patience, state->row - before);
    return n_bytes;
}

static rs_status begin_targets(const fill_state *state, uint64_t n_records)
{
    if (state->n_columns > RS_MAX_FIELDS) {
        return rs_fail(state->walk.err, RS_E_ARGUMENT);
    }
    for (size_t c = 0; c < state->n_columns; c++) {
        const rs_status status =
            rs_check_target(&state->columns[c], &state->targets[c], n_records);
        if (status != RS_OK) {
            rs_fail(state->walk.err, status);
            state->walk.err->field = (int32_t)c;
            return status;
        }
        rs_begin_target(&state->columns[c], &state->targets[c]);
    }
    return RS_OK;
}

/* Do these bytes begin a whole record, and end before it does? */
static bool is_unfinished(const uint8_t *in, size_t n)
{
    rs_frame frame;
    rs_error err;
    return rs_frame_peek(in, n, &frame, &err) == RS_NEED_MORE && frame.part == 0;
}

/* *n_records: how many to fill at most; on return how many there were, in *n_bytes.
 * `to_the_end`: fewer will do, if no more are in the input. */
static rs_status fill_records(fill_state *state, const uint8_t *in, size_t n,
                              uint64_t *n_records, size_t *n_bytes, bool to_the_end,
                              unsigned paths)
{
    const bool in_runs = (paths & (RS_GENERAL_ONLY | RS_NO_REPEATS)) == 0;
    const uint64_t most = *n_records;
    rs_error *err = state->walk.err;
    size_t begin = 0;
    rs_status status = begin_targets(state, most);
    *n_records = 0;
    *n_bytes = 0;
    if (status != RS_OK) {
        return status;
    }
    while (status == RS_OK && state->row < most) {
        size_t payload_len = 0;
        if (in_runs && rs_may_try(&state->patience)) {
            begin += fill_run(state, in + begin, most);
        }
        if (state->row == most || (to_the_end && begin == n)) {
            break;
        }
        if (begin == n || !rs_whole_frame(in + begin, n - begin, &payload_len)) {
            if (to_the_end && is_unfinished(in + begin, n - begin)) {
                status = RS_NEED_MORE;
                break;
            }
            status = rs_fail(err, RS_E_CHANGED);
            err->offset = (int64_t)begin;
            break;
        }
        const uint8_t *payload = in + begin + RS_HEADER_SIZE;
        const rs_span record = {payload, payload + payload_len};
        status = fill_record(state, record, paths);
        if (status == RS_OK) {
            state->row++;
            begin += RS_HEADER_SIZE + rs_padded(payload_len);
        }
    }
    *n_records = state->row;
    *n_bytes = begin;
    if (status == RS_OK && to_the_end && begin != n) {
        status = is_unfinished(in + begin, n - begin) ? RS_NEED_MORE
                                                      : rs_fail(err, RS_E_CAPACITY);
    }
    if (status < 0) {
        err->row = (int64_t)state->row;
    }
    return status;
}

static void begin_fill(fill_state *state, const uint8_t *in, size_t n,
                       const rs_column *columns, const rs_target *targets,
                       size_t n_columns, unsigned paths, rs_error *err)
{
    state->walk = (rs_walk){in, err, true};
    state->columns = columns;
    state->targets = targets;
    state->n_columns = n_columns;
    state->row = 0;
    state->decoders = rs_choose_decoders((paths & RS_PORTABLE) != 0);
    state->outline.payload = NULL;
    state->outline.n_bytes = 0;
    state->end = in + n;
    state->patience = (rs_patience){1, 1};
    for (size_t c = 0; c < RS_MAX_PATTERNS; c++) {
        state->patterns[c].head.n = 0;
    }
}

rs_status rs_fill_paths(const uint8_t *in, size_t n, uint64_t n_records,
                        const rs_column *columns, const rs_target *targets,
                        size_t n_columns, unsigned paths, rs_error *err)
{
    fill_state state;
    size_t n_bytes = 0;
    begin_fill(&state, in, n, columns, targets, n_columns, paths, err);
    return fill_records(&state, in, n, &n_records, &n_bytes, false, paths);
}

rs_status rs_fill_records(const uint8_t *in, size_t n, uint64_t n_records,
                          const rs_column *columns, const rs_target *targets,
                          size_t n_columns, rs_error *err)
{
    return rs_fill_paths(in, n, n_records, columns, targets, n_columns, RS_ANY_PATH, err);
}

rs_status rs_fill_to_end(const uint8_t *in, size_t n, uint64_t *n_records,
                         size_t *n_bytes, const rs_column *columns,
                         const rs_target *targets, size_t n_columns, rs_error *err)
{
    fill_state state;
    begin_fill(&state, in, n, columns, targets, n_columns, RS_ANY_PATH, err);
    return fill_records(&state, in, n, n_records, n_bytes, true, RS_ANY_PATH);
}
