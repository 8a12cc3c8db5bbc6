/* Reading runs of records that look alike: what was written comes back, and damaged bytes
 * give on every path what they give in the general way. Arrays and input are allocated to
 * the byte, so that AddressSanitizer sees the first one too many. */
#include <stdlib.h>

#include "check.h"
#include "paths.h"
#include "plain_writer.h"
#include "recordsmith/recordsmith.h"

static const unsigned PATHS[] = {RS_GENERAL_ONLY, RS_ANY_PATH, RS_PORTABLE, RS_NO_REPEATS,
                                 RS_NO_REPEATS | RS_PORTABLE};
enum { N_PATHS = sizeof PATHS / sizeof PATHS[0], MAX_COLUMNS = 4 };

/* All that reading gives. */
typedef struct result {
    rs_status scanned, filled;
    rs_scan scan;
    rs_error scan_err, fill_err;
    rs_column columns[MAX_COLUMNS];
    rs_target targets[MAX_COLUMNS];
    size_t sizes[MAX_COLUMNS][3]; /* bytes of values, keys, offsets */
} result;

static void *lend(size_t n)
{
    void *memory = malloc(n == 0 ? 1 : n);
    memset(memory, 0xa5, n);
    return memory;
}

static void lend_target(result *r, size_t c, unsigned key_size)
{
    const rs_column *column = &r->columns[c];
    rs_target *to = &r->targets[c];
    const uint64_t n = r->scan.n_records;
    size_t *sizes = r->sizes[c];
    const bool is_dense = column->sparse == 0 && column->min_width == column->max_width;
    to->kind = column->sparse == 1 || column->sparse == 2 ? RS_CSR
               : is_dense                                 ? RS_DENSE
                                                          : RS_RAGGED;
    to->width = column->max_width;
    to->n_values = is_dense ? n * to->width : column->n_values;
    to->n_keys_limit = UINT64_MAX;
    to->offset_size = to->key_size = (uint8_t)key_size;
    sizes[0] = (size_t)to->n_values * (column->dtype == RS_FLOAT64 ? 8 : 4);
    sizes[1] = (size_t)to->n_values * key_size;
    sizes[2] = (size_t)(n + 1) * key_size;
    to->values = lend(sizes[0]);
    to->keys = lend(sizes[1]);
    to->offsets = lend(sizes[2]);
    to->present = column->first_missing == UINT64_MAX ? NULL : lend((size_t)n);
}

static void read_all(result *r, const uint8_t *in, size_t n, unsigned key_size,
                     unsigned paths)
{
    memset(r, 0, sizeof *r);
    r->scanned = rs_scan_paths(in, n, UINT64_MAX, r->columns, MAX_COLUMNS, &r->scan,
                               paths, &r->scan_err);
    for (size_t c = 0; c < r->scan.n_columns; c++) {
        lend_target(r, c, key_size);
    }
    r->filled = rs_fill_paths(in, r->scan.n_bytes, r->scan.n_records, r->columns,
                              r->targets, r->scan.n_columns, paths, &r->fill_err);
}

static void free_result(result *r)
{
    for (size_t c = 0; c < r->scan.n_columns; c++) {
        free(r->targets[c].values);
        free(r->targets[c].keys);
        free(r->targets[c].offsets);
        free(r->targets[c].present);
    }
}

static void check_same(const result *a, const result *b)
{
    CHECK_EQ(a->scanned, b->scanned);
    CHECK_BYTES(&a->scan, sizeof a->scan, &b->scan, sizeof b->scan);
    if (a->scanned < 0) {
        CHECK_BYTES(&a->scan_err, sizeof a->scan_err, &b->scan_err, sizeof b->scan_err);
    }
    CHECK_BYTES(a->columns, a->scan.n_columns * sizeof *a->columns, b->columns,
                b->scan.n_columns * sizeof *b->columns);
    CHECK_EQ(a->filled, b->filled);
    if (a->filled != RS_OK) {
        CHECK_BYTES(&a->fill_err, sizeof a->fill_err, &b->fill_err, sizeof b->fill_err);
        return;
    }
    for (size_t c = 0; c < a->scan.n_columns && c < b->scan.n_columns; c++) {
        const rs_target *x = &a->targets[c];
        const rs_target *y = &b->targets[c];
        CHECK_BYTES(x->values, a->sizes[c][0], y->values, b->sizes[c][0]);
        CHECK_BYTES(x->keys, a->sizes[c][1], y->keys, b->sizes[c][1]);
        CHECK_BYTES(x->offsets, a->sizes[c][2], y->offsets, b->sizes[c][2]);
        CHECK_EQ(x->present == NULL, y->present == NULL);
        if (x->present != NULL && y->present != NULL) {
            CHECK_BYTES(x->present, a->scan.n_records, y->present, b->scan.n_records);
        }
    }
}

static size_t last_frame(const uint8_t *in, size_t n)
{
    rs_frame frame = {0, 0, 0};
    rs_error err;
    size_t at = 0;
    while (at + frame.frame_len < n) {
        at += frame.frame_len;
        CHECK_EQ(rs_frame_peek(in + at, n - at, &frame, &err), RS_OK);
    }
    return at;
}

/* Input that ends inside a frame: the whole records before it, and "need more"; a part of a
 * split record is an error. `frame`: where the last frame begins. */
static void fill_cut(result *r, const uint8_t *in, size_t n, size_t frame)
{
    const uint64_t most = r->scan.n_records;
    const size_t kept[] = {1, 4, 7, 8, 9, (n - frame) / 2, n - frame - 1};
    rs_error err;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        uint8_t *cut = malloc(frame + kept[i]); /* exact, so that reads beyond it show */
        uint64_t n_records = most;
        size_t n_bytes = 0;
        memcpy(cut, in, frame + kept[i]);
        CHECK_EQ(rs_fill_to_end(cut, frame + kept[i], &n_records, &n_bytes, r->columns,
                                r->targets, r->scan.n_columns, &err),
                 RS_NEED_MORE);
        CHECK_EQ(n_records, most - 1);
        CHECK_EQ(n_bytes, frame);
        if (kept[i] >= 8) {
            cut[frame + 7] |= 1U << 5;
            n_records = most;
            CHECK_EQ(rs_fill_to_end(cut, frame + kept[i], &n_records, &n_bytes,
                                    r->columns, r->targets, r->scan.n_columns, &err),
                     RS_E_CHANGED);
            CHECK_EQ(err.offset, frame);
            cut[frame + 7] = in[frame + 7];
        }
        n_records = most - 1; /* no room for the one that is not all there */
        CHECK_EQ(rs_fill_to_end(cut, frame + kept[i], &n_records, &n_bytes, r->columns,
                                r->targets, r->scan.n_columns, &err),
                 RS_NEED_MORE);
        free(cut);
    }
}

/* Filling without knowing how many records there are: from arrays with more room, the same
 * values; with too little room, or with bytes that are no record behind, an error. */
static void fill_to_end(const result *want, const uint8_t *in, size_t n)
{
    result r = *want;
    rs_error err;
    size_t n_bytes = 0;
    uint64_t n_records = want->scan.n_records;
    for (size_t c = 0; c < r.scan.n_columns; c++) {
        lend_target(&r, c, want->targets[c].key_size);
    }
    CHECK_EQ(rs_fill_to_end(in, n, &n_records, &n_bytes, r.columns, r.targets,
                            r.scan.n_columns, &err),
             want->filled);
    if (want->filled == RS_OK) {
        CHECK_EQ(n_records, want->scan.n_records);
        CHECK_EQ(n_bytes, n);
        check_same(&r, want);
        for (uint64_t less = n_records < 3 ? n_records : 3; less > 0; less--) {
            uint64_t n_few = n_records - less;
            CHECK_EQ(rs_fill_to_end(in, n, &n_few, &n_bytes, r.columns, r.targets,
                                    r.scan.n_columns, &err),
                     RS_E_CAPACITY);
            CHECK_EQ(n_few, n_records - less);
        }
        fill_cut(&r, in, n, last_frame(in, n));
        n_records = want->scan.n_records + 1; /* too many for the dense arrays */
        const rs_status status = rs_fill_to_end(in, n, &n_records, &n_bytes, r.columns,
                                                r.targets, r.scan.n_columns, &err);
        CHECK(status == RS_OK || status == RS_E_CAPACITY);
    }
    free_result(&r);
}

/* The same on every path; returns what the general way gives. */
static result read_paths(const uint8_t *in, size_t n, unsigned key_size)
{
    result general, other;
    read_all(&general, in, n, key_size, PATHS[0]);
    for (size_t p = 1; p < N_PATHS; p++) {
        read_all(&other, in, n, key_size, PATHS[p]);
        check_same(&other, &general);
        free_result(&other);
    }
    return general;
}

/* Damage: bytes changed at random, a few at a time. */
static void read_damaged(const text *good, unsigned key_size, int n_rounds)
{
    uint8_t *in = malloc(good->n);
    for (int round = 0; round < n_rounds; round++) {
        memcpy(in, good->at, good->n);
        for (uint64_t i = get_random() % 3; i < 3; i++) {
            const size_t at = (size_t)(get_random() % good->n);
            in[at] = get_random() % 2 == 0 ? (uint8_t)get_random()
                                           : in[at] ^ (uint8_t)(1U << get_random() % 8);
        }
        result r = read_paths(in, good->n, key_size);
        free_result(&r);
    }
    free(in);
}

enum { N_ROWS = 200 };

/* Rows of 1 to n_most values with keys below key_end, among labels and other features. */
static void test_rows(uint8_t dtype, unsigned size, unsigned n_most, int64_t key_end,
                      size_t n_fields, bool has_shape)
{
    sparse made;
    float y[N_ROWS], w[3 * N_ROWS];
    make_sparse(&made, dtype, size, N_ROWS, n_most, key_end);
    for (size_t i = 0; i < N_ROWS; i++) {
        y[i] = (float)i;
        w[3 * i] = w[3 * i + 1] = w[3 * i + 2] = -(float)i;
    }
    rs_field fields[3];
    fields[0] = made.field;
    fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, N_ROWS, 1);
    fields[2] = make_dense(RS_FEATURE, RS_FLOAT32, w, N_ROWS, 3);
    fields[2].name = "w";
    fields[2].name_len = 1;
    if (!has_shape) {
        fields[0].shape = NULL;
        fields[0].n_shape = 0;
    }
    text all = write_rows(fields, n_fields, 0, N_ROWS);
    for (unsigned key_size = 4; key_size <= 8; key_size += 4) {
        uint8_t *in = malloc(all.n);
        memcpy(in, all.at, all.n);
        result r = read_paths(in, all.n, key_size);
        CHECK_EQ(r.scanned, RS_OK);
        CHECK_EQ(r.scan.n_records, N_ROWS);
        fill_to_end(&r, in, all.n);
        if (r.scan.n_columns == n_fields && key_end <= INT32_MAX) {
            const size_t n = (size_t)made.field.n_values - 3; /* where rows begin */
            CHECK_EQ(r.filled, RS_OK);
            CHECK_EQ(r.columns[0].n_values, n);
            CHECK_BYTES(r.targets[0].values, r.sizes[0][0],
                        (uint8_t *)made.values + 3 * (dtype == RS_FLOAT64 ? 8 : 4),
                        n * (dtype == RS_FLOAT64 ? 8 : 4));
            for (size_t i = 0; i < n; i++) {
                CHECK_EQ(get(r.targets[0].keys, key_size, (int64_t)i),
                         get(made.keys, size, (int64_t)i + 3));
            }
        }
        free_result(&r);
        free(in);
        read_damaged(&all, key_size, 20);
    }
    free(all.at);
    free_sparse(&made);
}

/* Dense rows, whose frames are equal but for the values. */
static void test_even(uint8_t dtype, int64_t width, bool has_shape)
{
    const size_t size = dtype == RS_FLOAT64 ? 8 : 4;
    const uint64_t shape[] = {1, (uint64_t)width};
    uint8_t *x = malloc(size * N_ROWS * (size_t)width + 1);
    float y[N_ROWS];
    for (size_t i = 0; i < size * N_ROWS * (size_t)width; i++) {
        x[i] = (uint8_t)get_random();
    }
    for (size_t i = 0; i < N_ROWS; i++) {
        y[i] = (float)i;
    }
    rs_field fields[2];
    fields[0] = make_dense(RS_FEATURE, dtype, x, N_ROWS, width);
    fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, N_ROWS, 1);
    if (has_shape) {
        fields[0].shape = shape;
        fields[0].n_shape = 2;
    }
    text all = write_rows(fields, 2, 0, N_ROWS);
    uint8_t *in = malloc(all.n);
    memcpy(in, all.at, all.n);
    result r = read_paths(in, all.n, 4);
    CHECK_EQ(r.filled, RS_OK);
    fill_to_end(&r, in, all.n);
    CHECK_EQ(r.scan.n_records, N_ROWS);
    CHECK_EQ(r.columns[0].max_width, width);
    CHECK_EQ(r.columns[1].n_values, N_ROWS);
    CHECK_BYTES(r.targets[1].values, r.sizes[1][0], y, sizeof y);
    CHECK_BYTES(r.targets[0].values, r.sizes[0][0], x, size * N_ROWS * (size_t)width);
    free_result(&r);
    free(in);
    read_damaged(&all, 4, 60);
    /* values of another width in between, and a label that is not there */
    text mixed = {0};
    for (int64_t row = 0; row < N_ROWS; row++) {
        fields[0].width = width > 1 && row % 61 == 60 ? width - 1 : width;
        fields[0].shape = NULL;
        fields[0].n_shape = 0;
        text one = write_rows(fields, row % 83 == 82 ? 1 : 2, row, row + 1);
        add(&mixed, one.at, one.n);
        free(one.at);
    }
    r = read_paths(mixed.at, mixed.n, 4);
    CHECK_EQ(r.filled, RS_OK);
    CHECK_EQ(r.scan.n_records, N_ROWS);
    CHECK_EQ(r.columns[1].first_missing, 82);
    CHECK(r.columns[0].first_other_width == (width > 1 ? 60 : UINT64_MAX));
    free_result(&r);
    free(mixed.at);
    free(all.at);
    free(x);
}

/* Keys in more bytes than they need, or in more than they may have. */
static void test_long_keys(void)
{
    for (unsigned extra = 0; extra <= 10; extra++) {
        text all = {0};
        for (int row = 0; row < 40; row++) {
            text tensor = {0}, value = {0}, entry = {0}, record = {0}, part = {0};
            add(&part, "abcdefgh", 8);
            add_member(&tensor, 1, &part);
            for (int i = 0; i < 2; i++) {
                uint8_t byte = (uint8_t)(0x83 + i);
                add(&part, &byte, 1);
                byte = 0x80;
                for (unsigned k = 0; row % 7 == 5 && k < extra; k++) {
                    add(&part, &byte, 1);
                }
                byte = (uint8_t)(row % 7 == 6 ? extra : 0);
                add(&part, &byte, 1);
            }
            add_member(&tensor, 2, &part);
            add_member(&value, RS_FLOAT32, &tensor);
            add(&part, "values", 6);
            add_member(&entry, 1, &part);
            add_member(&entry, 2, &value);
            add_member(&record, RS_FEATURE, &entry);
            uint8_t header[] = {0x0a, 0x23, 0xd7, 0xce, (uint8_t)record.n, 0, 0, 0};
            add(&all, header, 8);
            add(&all, record.at, record.n);
            add(&all, "\0\0\0", (4 - record.n % 4) % 4);
            free(record.at);
        }
        for (unsigned key_size = 4; key_size <= 8; key_size += 4) {
            result r = read_paths(all.at, all.n, key_size);
            CHECK_EQ(r.filled, extra <= 8 ? RS_OK : RS_E_VARINT);
            free_result(&r);
            read_damaged(&all, key_size, 20);
        }
        free(all.at);
    }
}

int main(void)
{
    static const int64_t key_ends[] = {60, 20000, 3000000, INT32_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof key_ends / sizeof *key_ends; i++) {
        const unsigned size = key_ends[i] > INT32_MAX ? 8 : 4;
        for (unsigned n_most = 1; n_most <= 56; n_most += 11) {
            for (size_t n_fields = 1; n_fields <= 3; n_fields++) {
                test_rows(n_most % 2 == 0 ? RS_FLOAT64 : RS_FLOAT32, size, n_most,
                          key_ends[i], n_fields, n_most % 3 != 0);
            }
        }
    }
    test_rows(RS_FLOAT32, 4, 1000, 1000000, 2, true);
    test_rows(RS_FLOAT32, 4, 3000, 1000000, 2, true);
    static const int64_t widths[] = {1, 2, 15, 16, 17, 30, 200, 300};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        test_even(i % 2 == 0 ? RS_FLOAT32 : RS_FLOAT64, widths[i], false);
        test_even(i % 2 == 0 ? RS_FLOAT64 : RS_FLOAT32, widths[i], true);
    }
    test_long_keys();
    return check_report();
}
