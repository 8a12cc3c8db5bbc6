/* Second reading pass: frames -> the caller's arrays. */
#include "column.h"
#include "place.h"
#include "scan.h"

typedef struct fill_state {
    rs_walk walk;
    const rs_column *columns;
    const rs_target *targets;
    size_t n_columns;
    uint64_t row;
} fill_state;

static rs_status changed(const fill_state *state, const uint8_t *at, size_t column) {
    rs_bad(&state->walk, RS_E_CHANGED, at);
    state->walk.err->field = column < state->n_columns ? (int32_t)column : -1;
    return RS_E_CHANGED;
}

/* Checks all of the record, and finds where its fields stand last. */
static rs_status find_fields(const fill_state *state, rs_span record, uint32_t *last) {
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
                             size_t c) {
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
static rs_status fill_general(const fill_state *state, rs_span record) {
    uint32_t last[RS_MAX_FIELDS];
    memset(last, 0xff, state->n_columns * sizeof last[0]); /* RS_NOWHERE */
    rs_status status = find_fields(state, record, last);
    for (size_t c = 0; status == RS_OK && c < state->n_columns; c++) {
        status = fill_column(state, record, last[c], c);
    }
    return status;
}

static rs_status begin_targets(const fill_state *state, uint64_t n_records) {
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

rs_status rs_fill_paths(const uint8_t *in, size_t n, uint64_t n_records,
                        const rs_column *columns, const rs_target *targets,
                        size_t n_columns, unsigned paths, rs_error *err) {
    fill_state state = {{in, err, true}, columns, targets, n_columns, 0};
    size_t begin = 0;
    (void)paths;
    rs_status status = begin_targets(&state, n_records);
    while (status == RS_OK && state.row < n_records) {
        size_t payload_len = 0;
        if (begin == n || !rs_whole_frame(in + begin, n - begin, &payload_len)) {
            rs_fail(err, RS_E_CHANGED);
            err->offset = (int64_t)begin;
            err->row = (int64_t)state.row;
            return RS_E_CHANGED;
        }
        const uint8_t *payload = in + begin + RS_HEADER_SIZE;
        const rs_span record = {payload, payload + payload_len};
        status = fill_general(&state, record);
        if (status != RS_OK) {
            err->row = (int64_t)state.row;
            return status;
        }
        state.row++;
        begin += RS_HEADER_SIZE + rs_padded(payload_len);
    }
    return status;
}

rs_status rs_fill_records(const uint8_t *in, size_t n, uint64_t n_records,
                          const rs_column *columns, const rs_target *targets,
                          size_t n_columns, rs_error *err) {
    return rs_fill_paths(in, n, n_records, columns, targets, n_columns, RS_ANY_PATH, err);
}
