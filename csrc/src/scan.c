/* First reading pass: frames -> what their records have in common. */
#include "scan.h"

#include "alike.h"
#include "column.h"
#include "even.h"
#include "outline.h"
#include "paths.h"
#include "pattern.h"

typedef struct scan_state {
    rs_walk walk;
    rs_column *columns;
    size_t capacity;
    size_t n_columns; /* those of the record at hand included */
    rs_scan *scan;
    rs_outline outline;
    rs_pattern patterns[RS_MAX_PATTERNS];
    const uint8_t *end; /* of the input */
    rs_patience patience;
    uint64_t n_repeats; /* records like the outline's that the columns do not count yet */
} scan_state;

static rs_status new_schema(const scan_state *state, const uint8_t *at, size_t column)
{
    rs_bad(&state->walk, RS_NEW_SCHEMA, at);
    state->walk.err->field = (int32_t)column;
    return RS_NEW_SCHEMA;
}

/* Finds the column of each field of the record, with the last place where it stands, and
 * begins columns for fields that have none. */
static rs_status place_fields(scan_state *state, rs_span record, uint32_t *last)
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
            if (c == state->capacity) {
                const bool first = state->scan->n_records == 0;
                rs_bad(&state->walk, first ? RS_E_TOO_MANY_FIELDS : RS_NEW_SCHEMA,
                       item.at);
                state->walk.err->limit = (int64_t)state->capacity;
                return state->walk.err->status;
            }
            rs_start_column(&state->columns[c], found.role, found.entry.name);
            state->n_columns++;
        }
        last[c] = (uint32_t)(item.at - begin);
        hint = c + 1;
    }
    return RS_OK;
}

static rs_status facts_at(const rs_walk *walk, rs_span record, uint32_t offset,
                          rs_found *found)
{
    rs_item item;
    record.at += offset;
    const rs_status status = rs_take_item(walk, &record, RS_IN_RECORD, &item);
    return status == RS_OK ? rs_find_facts(walk, &item, found) : status;
}

/* Any valid record. The columns change only if all of it fits. */
static rs_status scan_general(scan_state *state, rs_span record)
{
    uint32_t last[RS_MAX_FIELDS];
    rs_found found;
    state->n_columns = state->scan->n_columns;
    memset(last, 0xff, state->n_columns * sizeof last[0]); /* RS_NOWHERE */
    rs_status status = place_fields(state, record, last);
    for (size_t c = 0; status == RS_OK && c < state->n_columns; c++) {
        if (last[c] == RS_NOWHERE) {
            continue;
        }
        status = facts_at(&state->walk, record, last[c], &found);
        if (status == RS_OK && found.facts.dtype == RS_NO_DTYPE) {
            last[c] = RS_NOWHERE; /* the column stays, the record lacks it */
        } else if (status == RS_OK && !rs_column_fits(&state->columns[c], &found.facts)) {
            status = new_schema(state, record.at + last[c], c);
        }
    }
    for (size_t c = 0; status == RS_OK && c < state->n_columns; c++) {
        if (last[c] != RS_NOWHERE) {
            status = facts_at(&state->walk, record, last[c], &found);
            if (status == RS_OK) {
                rs_column_add(&state->columns[c], &found.facts, state->scan->n_records);
            }
        }
    }
    if (status == RS_OK) {
        state->scan->n_columns = state->n_columns;
    }
    return status;
}

/* What a straight record adds to a column. */
typedef struct addition {
    size_t column;
    uint64_t n_values;
    uint8_t sparse;
} addition;

enum { MAX_STRAIGHT = 256 };

/* What the records before lack becomes known with the first one that has it again. */
static void note_missing(rs_column *column, uint64_t row)
{
    if (column->first_missing == UINT64_MAX && column->n_present < row) {
        column->first_missing = column->n_present;
    }
}

/* Like rs_column_add for a field that fits a column which has a record already. */
static void add_straight(rs_column *column, const addition *add, uint64_t row)
{
    note_missing(column, row);
    if (column->sparse == 2) {
        column->sparse = add->sparse;
    }
    if (add->n_values != column->first_width) {
        if (column->first_other_width == UINT64_MAX) {
            column->first_other_width = row;
        }
        if (add->n_values < column->min_width) {
            column->min_width = add->n_values;
        }
        if (add->n_values > column->max_width) {
            column->max_width = add->n_values;
        }
    }
    column->n_present++;
    column->n_values += add->n_values;
}

/* The next field of a straight record, and its column from *c on. */
static bool take_field(scan_state *state, rs_span *record, bool roomy, size_t *c,
                       rs_straight *field, addition *add)
{
    const rs_column *columns = state->columns;
    const size_t n_columns = state->scan->n_columns;
    if (roomy && *c < n_columns && *c < RS_MAX_PATTERNS) {
        const rs_pattern *pattern = &state->patterns[*c];
        if (columns[*c].sparse == pattern->sparse &&
            rs_take_pattern(pattern, record, field)) {
            add->column = *c;
            add->sparse = pattern->sparse;
            return rs_straight_count(field, &add->n_values) &&
                   (pattern->product == UINT64_MAX || pattern->product == add->n_values);
        }
    }
    const uint8_t *begin = record->at;
    if (!rs_take_straight(record, field) || !rs_straight_count(field, &add->n_values)) {
        return false;
    }
    *c = add->column = rs_straight_column(columns, *c, n_columns, field);
    if (*c == n_columns ||
        !rs_straight_fits(&columns[*c], field, add->n_values, &add->sparse)) {
        return false;
    }
    if (*c < RS_MAX_PATTERNS) {
        rs_learn_pattern(&state->patterns[*c], &columns[*c], begin, field, add->sparse);
    }
    return true;
}

/* A record in straight form whose fields all have columns. False: look more closely. */
static bool scan_straight(scan_state *state, rs_span record)
{
    addition additions[MAX_STRAIGHT];
    const bool roomy = state->end - record.end >= RS_PATTERN_SLACK;
    size_t n_fields = 0;
    size_t c = 0;
    rs_begin_outline(&state->outline, record);
    while (record.at < record.end) {
        rs_straight field;
        addition *add = &additions[n_fields];
        if (n_fields == MAX_STRAIGHT ||
            !take_field(state, &record, roomy, &c, &field, add)) {
            return false;
        }
        rs_add_run(&state->outline, &field, c++, add->n_values);
        n_fields++;
    }
    for (size_t i = 0; i < n_fields; i++) {
        add_straight(&state->columns[additions[i].column], &additions[i],
                     state->scan->n_records);
    }
    return true;
}

/* Brings the columns up to date with the records that were only counted. */
static void count_repeats(scan_state *state)
{
    for (size_t i = 0; state->n_repeats > 0 && i < state->outline.n_runs; i++) {
        const rs_run *run = &state->outline.runs[i];
        rs_column_repeat(&state->columns[run->column], state->n_repeats, run->n_values);
    }
    state->n_repeats = 0;
}

static rs_status scan_record(scan_state *state, rs_span record, unsigned paths)
{
    if ((paths & (RS_GENERAL_ONLY | RS_NO_REPEATS)) == 0 &&
        rs_outline_fits(&state->outline, record)) {
        state->n_repeats++;
        return RS_OK;
    }
    count_repeats(state);
    if ((paths & RS_GENERAL_ONLY) == 0 && scan_straight(state, record)) {
        return RS_OK;
    }
    state->outline.payload = NULL;
    return scan_general(state, record);
}

/* Adds n records that have every column; the values of those that are not `csr`. */
static void add_fixed(scan_state *state, size_t csr, uint64_t n, size_t n_bytes)
{
    rs_scan *scan = state->scan;
    for (size_t c = 0; c < scan->n_columns; c++) {
        rs_column *column = &state->columns[c];
        const size_t size = column->dtype == RS_FLOAT64 ? 8 : 4;
        note_missing(column, scan->n_records);
        rs_column_repeat(column, n,
                         c == csr ? 0 : state->patterns[c].n_fixed_values / size);
    }
    scan->n_records += n;
    scan->n_bytes += n_bytes;
}

static void add_widths(rs_column *csr, uint64_t row, const rs_additions *sum)
{
    csr->n_values += sum->n_values;
    csr->min_width = sum->min_width < csr->min_width ? sum->min_width : csr->min_width;
    csr->max_width = sum->max_width > csr->max_width ? sum->max_width : csr->max_width;
    if (csr->first_other_width == UINT64_MAX && sum->first_other_width != UINT64_MAX) {
        csr->first_other_width = row + sum->first_other_width;
    }
}

/* As many records as possible that are like those before. */
static void scan_run(scan_state *state, const uint8_t *at, uint64_t max_records)
{
    rs_scan *scan = state->scan;
    rs_even even;
    rs_alike alike;
    rs_additions sum;
    uint64_t n = 0;
    if (rs_make_even(state->patterns, state->columns, scan->n_columns, &even)) {
        n = rs_scan_even(&even, at, state->end, max_records);
        if (n != 0) {
            add_fixed(state, scan->n_columns, n, (size_t)n * even.frame_len);
        }
    } else if (rs_make_alike(state->patterns, state->columns, scan->n_columns, &alike)) {
        rs_column *csr = &state->columns[alike.csr];
        rs_scan_alike(&alike, at, state->end, max_records, csr->first_width, &sum);
        n = sum.n_records;
        if (n != 0) {
            add_widths(csr, scan->n_records, &sum);
            add_fixed(state, alike.csr, n, sum.n_bytes);
        }
    }
    rs_tried(&state->patience, n);
}

/* What to say of a frame that is no whole record. */
static rs_status frame_outcome(scan_state *state, const uint8_t *at, size_t n)
{
    rs_frame frame;
    if (n == 0) {
        return RS_OK;
    }
    rs_status status = rs_frame_peek(at, n, &frame, state->walk.err);
    if (status == RS_NEED_MORE) {
        state->scan->n_need = frame.frame_len;
    } else if (status == RS_OK) {
        status = frame.part == 1 ? RS_SPLIT : RS_E_PART;
        rs_bad(&state->walk, status, at);
        state->walk.err->found = frame.part;
    } else {
        state->walk.err->offset += (int64_t)(at - state->walk.base);
    }
    return status;
}

/* Columns that the last records lack. */
static void close_columns(rs_column *columns, const rs_scan *scan)
{
    for (size_t c = 0; c < scan->n_columns; c++) {
        if (columns[c].first_missing == UINT64_MAX &&
            columns[c].n_present < scan->n_records) {
            columns[c].first_missing = columns[c].n_present;
        }
    }
}

rs_status rs_scan_paths(const uint8_t *in, size_t n, uint64_t max_records,
                        rs_column *columns, size_t capacity, rs_scan *scan,
                        unsigned paths, rs_error *err)
{
    scan_state state;
    rs_status status = RS_OK;
    state.walk = (rs_walk){in, err, false};
    state.columns = columns;
    state.capacity = capacity;
    state.scan = scan;
    state.outline.payload = NULL;
    state.outline.n_bytes = 0;
    state.n_repeats = 0;
    state.patience = (rs_patience){1, 1};
    state.end = in + n;
    for (size_t c = 0; c < RS_MAX_PATTERNS; c++) {
        state.patterns[c].head.n = 0;
    }
    if (capacity > RS_MAX_FIELDS) {
        state.capacity = RS_MAX_FIELDS;
    }
    if (scan->n_bytes > n || scan->n_columns > state.capacity) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    scan->n_need = 0;
    while (status == RS_OK && scan->n_records < max_records && scan->n_bytes < n) {
        if ((paths & (RS_GENERAL_ONLY | RS_NO_REPEATS)) == 0 &&
            rs_may_try(&state.patience)) {
            count_repeats(&state);
            scan_run(&state, in + scan->n_bytes, max_records - scan->n_records);
        }
        const uint8_t *at = in + scan->n_bytes;
        size_t payload_len = 0;
        if (scan->n_bytes == n || scan->n_records == max_records) {
            break;
        }
        if (!rs_whole_frame(at, n - scan->n_bytes, &payload_len)) {
            status = frame_outcome(&state, at, n - scan->n_bytes);
            break;
        }
        const rs_span record = {at + RS_HEADER_SIZE, at + RS_HEADER_SIZE + payload_len};
        status = scan_record(&state, record, paths);
        if (status == RS_OK) {
            scan->n_records++;
            scan->n_bytes += RS_HEADER_SIZE + rs_padded(payload_len);
        }
    }
    count_repeats(&state);
    if (status != RS_OK) {
        err->row = (int64_t)scan->n_records;
    }
    close_columns(columns, scan);
    return status;
}

rs_status rs_scan_records(const uint8_t *in, size_t n, uint64_t max_records,
                          rs_column *columns, size_t capacity, rs_scan *scan,
                          rs_error *err)
{
    return rs_scan_paths(in, n, max_records, columns, capacity, scan, RS_ANY_PATH, err);
}
