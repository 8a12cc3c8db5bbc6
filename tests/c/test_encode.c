/* Encoding: literal bytes, a plain writer to compare with, errors, and no byte too far.
 *
 * Inputs and outputs of the compared cases lie in allocations of exactly their size, so that
 * AddressSanitizer sees each byte read or written beyond them. */
#include <stdlib.h>

#include "check.h"
#include "plain_writer.h"
#include "recordsmith/recordsmith.h"

/* --------------------------------------------------------------------- literal bytes */

static void expect(const rs_field *fields, size_t n_fields, int64_t end,
                   const uint8_t *want, size_t n_want)
{
    uint8_t out[256];
    int64_t end_row;
    size_t n = 0;
    rs_error err;
    memset(out, 0xee, sizeof out);
    CHECK_EQ(rs_plan_rows(fields, n_fields, 0, end, SIZE_MAX, &end_row, &n, &err), RS_OK);
    CHECK_EQ(n, n_want);
    CHECK_EQ(rs_encode_rows(fields, n_fields, 0, end, out, n_want, &n, &err), RS_OK);
    CHECK_BYTES(out, n, want, n_want);
    CHECK_EQ(out[n_want], 0xee);
    compare(fields, n_fields, 0, end);
}

#define VALUES 0x0a, 0x06, 'v', 'a', 'l', 'u', 'e', 's'
#define HEADER(n) 0x0a, 0x23, 0xd7, 0xce, (n), 0, 0, 0

static void test_dense_bytes(void)
{
    const float x[] = {1, -2, 0.5F, 0};
    const float y[] = {3, 4};
    rs_field fields[2];
    fields[0] = make_dense(RS_LABEL, RS_FLOAT32, y, 2, 1); /* the order of roles counts */
    fields[1] = make_dense(RS_FEATURE, RS_FLOAT32, x, 2, 2);
    /* clang-format off */
    const uint8_t want[] = {
        HEADER(0x2c), 0x0a, 0x16, VALUES, 0x12, 0x0c, 0x12, 0x0a, 0x0a, 0x08,
        0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0,
        0x12, 0x12, VALUES, 0x12, 0x08, 0x12, 0x06, 0x0a, 0x04, 0, 0, 0x40, 0x40,
        HEADER(0x2c), 0x0a, 0x16, VALUES, 0x12, 0x0c, 0x12, 0x0a, 0x0a, 0x08,
        0, 0, 0, 0x3f, 0, 0, 0, 0,
        0x12, 0x12, VALUES, 0x12, 0x08, 0x12, 0x06, 0x0a, 0x04, 0, 0, 0x80, 0x40};
    /* clang-format on */
    expect(fields, 2, 2, want, sizeof want);
}

static void test_empty_bytes(void)
{
    const uint8_t bare[] = {HEADER(0x0e), 0x0a, 0x0c, VALUES, 0x12, 0x02, 0x12, 0, 0, 0};
    rs_field field = make_dense(RS_FEATURE, RS_FLOAT32, NULL, 1, 0);
    expect(&field, 1, 1, bare, sizeof bare);
    const uint8_t nothing[] = {HEADER(0)};
    expect(NULL, 0, 1, nothing, sizeof nothing);

    /* an absent field leaves no trace; an empty text does */
    const uint8_t present[] = {0, 1};
    const int32_t offsets[] = {0, 0, 0};
    rs_field uid = make_dense(RS_UID, RS_BYTES, "", 2, 0);
    uid.kind = RS_TEXT;
    uid.offset_size = 4;
    uid.offsets = offsets;
    uid.present = present;
    const uint8_t texts[] = {HEADER(0), HEADER(2), 0x1a, 0, 0, 0};
    expect(&uid, 1, 2, texts, sizeof texts);
}

static void test_sparse_bytes(void)
{
    const float x[] = {1, 2};
    const int32_t offsets[] = {0, 2, 2};
    const int32_t keys[] = {5, 300};
    const uint64_t shape[] = {1000};
    rs_field field = make_dense(RS_FEATURE, RS_FLOAT32, x, 2, 0);
    field.kind = RS_CSR;
    field.offset_size = field.key_size = 4;
    field.n_values = 2;
    field.offsets = offsets;
    field.keys = keys;
    field.shape = shape;
    field.n_shape = 1;
    /* clang-format off */
    const uint8_t want[] = {
        HEADER(0x21), 0x0a, 0x1f, VALUES, 0x12, 0x15, 0x12, 0x13,
        0x0a, 0x08, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40,
        0x12, 0x03, 0x05, 0xac, 0x02, 0x1a, 0x02, 0xe8, 0x07, 0, 0, 0,
        HEADER(0x12), 0x0a, 0x10, VALUES, 0x12, 0x06, 0x12, 0x04,
        0x1a, 0x02, 0xe8, 0x07, 0, 0};
    /* clang-format on */
    expect(&field, 1, 2, want, sizeof want);
}

static void test_other_bytes(void)
{
    const int32_t x[] = {-1, 300};
    rs_field fields[2];
    fields[0] = make_dense(RS_FEATURE, RS_INT32, x, 1, 2);
    /* clang-format off */
    const uint8_t numbers[] = {
        HEADER(0x1c), 0x0a, 0x1a, VALUES, 0x12, 0x10, 0x3a, 0x0e, 0x0a, 0x0c,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0xac, 0x02};
    /* clang-format on */
    expect(fields, 1, 1, numbers, sizeof numbers);

    const int32_t offsets[] = {0, 2};
    const int64_t items[] = {1, 1, 3};
    fields[0].dtype = RS_BYTES;
    fields[0].kind = RS_BLOBS;
    fields[0].name = "a";
    fields[0].name_len = 1;
    fields[0].values = "xyz";
    fields[0].n_values = 3;
    fields[0].offset_size = 4;
    fields[0].offsets = offsets;
    fields[0].n_items = 2;
    fields[0].item_offsets = items;
    fields[0].content_type = "t";
    fields[0].content_type_len = 1;
    /* clang-format off */
    const uint8_t blobs[] = {
        HEADER(0x12), 0x0a, 0x10, 0x0a, 0x01, 'a', 0x12, 0x0b, 0x4a, 0x09,
        0x0a, 0, 0x0a, 0x02, 'y', 'z', 0x12, 0x01, 't', 0, 0};
    /* clang-format on */
    expect(fields, 1, 1, blobs, sizeof blobs);
}

/* ------------------------------------------------------------------------- comparisons */

static void test_dense_widths(void)
{
    static const int64_t widths[] = {1,  2,   3,   26,  27,  28,   30,   31,   32,
                                     33, 127, 129, 250, 784, 4095, 4096, 20000};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const int64_t n_rows = widths[i] > 1000 ? 3 : 70;
        for (uint8_t dtype = RS_FLOAT32; dtype <= RS_FLOAT64; dtype++) {
            const size_t size = dtype == RS_FLOAT32 ? 4 : 8;
            const size_t n = size * (size_t)(widths[i] * n_rows);
            uint8_t *x = malloc(n);
            float *y = malloc(4 * (size_t)n_rows);
            for (size_t k = 0; k < n; k++) {
                x[k] = (uint8_t)get_random();
            }
            for (int64_t k = 0; k < n_rows; k++) {
                y[k] = (float)k;
            }
            rs_field fields[2];
            fields[0] = make_dense(RS_FEATURE, dtype, x, n_rows, widths[i]);
            fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, n_rows, 1);
            compare(fields, 2, 0, n_rows);
            compare(fields, 1, 1, n_rows);
            fields[0].values = x + (n_rows - 1) * fields[0].row_stride; /* upside down */
            fields[0].row_stride = -fields[0].row_stride;
            compare(fields, 2, 0, n_rows);
            free(x);
            free(y);
        }
    }
}

static void test_sparse_rows(void)
{
    static const int64_t key_ends[] = {400, 20000, 1000000, INT32_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof key_ends / sizeof *key_ends; i++) {
        for (unsigned size = 4; size <= 8; size += 4) {
            if (size == 4 && key_ends[i] > INT32_MAX) {
                continue;
            }
            for (unsigned n_most = 1; n_most <= 300; n_most = n_most * 3 + 1) {
                static const uint8_t dtypes[] = {RS_FLOAT32, RS_FLOAT64, RS_INT32};
                sparse made;
                float y[60] = {1};
                make_sparse(&made, dtypes[n_most % 3], size, 60, n_most, key_ends[i]);
                rs_field fields[2];
                fields[0] = made.field;
                fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, 60, 1);
                compare(fields, 2, 0, 60);
                compare(fields, 1, 7, 60);
                fields[0].flags = RS_ZERO_FOR_EMPTY;
                compare(fields, 2, 0, 60);
                fields[0].kind = RS_RAGGED;
                fields[0].shape = NULL;
                fields[0].n_shape = 0;
                compare(fields, 2, 0, 60);
                free_sparse(&made);
            }
        }
    }
}

/* Names of all lengths before few values: blocks of constant bytes must not reach keys. */
static void test_names(void)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
    sparse made;
    float y[60] = {1};
    make_sparse(&made, RS_FLOAT32, 4, 60, 3, 1000000);
    for (size_t n = 0; n < sizeof name; n++) {
        rs_field fields[2];
        fields[0] = made.field;
        fields[0].name = name;
        fields[0].name_len = n;
        fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, 60, 1);
        fields[1].name = name;
        fields[1].name_len = n;
        compare(fields, 2, 0, 60);
        fields[0].role = RS_LABEL;
        fields[1].role = RS_FEATURE;
        compare(fields, 2, 0, 60);
        compare(fields + 1, 1, 0, 60);
    }
    free_sparse(&made);
}

/* Outputs so large that they do not go straight to memory. */
static void test_large(void)
{
    sparse made;
    make_sparse(&made, RS_FLOAT32, 4, 20000, 80, 1000000);
    rs_field fields[3];
    float *y = calloc(20000, 4);
    fields[0] = made.field;
    fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, 20000, 1);
    compare(fields, 2, 0, 20000);
    free_sparse(&made);
    make_sparse(&made, RS_FLOAT64, 8, 90, 20000,
                5000000); /* rows longer than any stage */
    fields[0] = made.field;
    compare(fields, 2, 0, 90);
    free_sparse(&made);
    static const int64_t widths[] = {5, 100, 300, 1001, 70000};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const int64_t n_rows = 1300000 / widths[i];
        const int64_t n = widths[i] * n_rows;
        float *x = malloc(4 * (size_t)n);
        for (int64_t k = 0; k < n; k++) {
            x[k] = (float)k;
        }
        y = realloc(y, 4 * (size_t)n_rows);
        memset(y, 0x3f, 4 * (size_t)n_rows);
        fields[0] = make_dense(RS_FEATURE, RS_FLOAT32, x, n_rows, widths[i]);
        fields[1] = make_dense(RS_LABEL, RS_FLOAT32, y, n_rows, 1);
        compare(fields, 2, 0, n_rows);
        free(x);
    }
    free(y);
}

/* More fields than are kept ready, long names, absent rows, every kind. */
static void test_many_fields(void)
{
    static char names[80][120];
    static const float x[] = {1, 2, 3, 4, 5, 6};
    static const uint8_t present[] = {1, 0, 1};
    static const int64_t offsets[] = {0, 2, 2, 5};
    rs_field fields[80];
    for (size_t i = 0; i < 80; i++) {
        fields[i] = make_dense((uint8_t)(1 + i % 2), RS_FLOAT32, x, 3, (int64_t)(i % 3));
        memset(names[i], 'a' + (int)(i % 26), sizeof names[i]);
        fields[i].name = names[i];
        fields[i].name_len = (i * 7) % 120;
        fields[i].present = i % 5 == 4 ? present : NULL;
        fields[i].dtype = i % 7 == 6 ? RS_INT32 : RS_FLOAT32;
    }
    fields[9].role = RS_UID;
    fields[9].dtype = RS_BYTES;
    fields[9].kind = RS_TEXT;
    fields[9].values = "abcde";
    fields[9].n_values = 5;
    fields[9].offsets = offsets;
    fields[9].offset_size = 8;
    for (size_t n = 1; n <= 80; n++) {
        compare(fields, n, 0, 3);
    }
}

/* ------------------------------------------------------------------ limits and errors */

static void test_max_bytes(void)
{
    const float x[] = {1, 2, 3, 4};
    rs_field fields[2];
    fields[0] = make_dense(RS_FEATURE, RS_FLOAT32, x, 4, 1); /* 28 bytes a row */
    sparse made;
    make_sparse(&made, RS_FLOAT32, 4, 4, 40, 1000);
    for (size_t max = 0; max < 1000; max++) {
        int64_t end_row;
        size_t n;
        rs_error err;
        CHECK_EQ(rs_plan_rows(fields, 1, 1, 4, max, &end_row, &n, &err), RS_OK);
        const size_t n_rows = max / 28 < 3 ? max / 28 : 3;
        CHECK_EQ(end_row, 1 + n_rows);
        CHECK_EQ(n, n_rows == 0 ? 28 : 28 * n_rows);

        CHECK_EQ(rs_plan_rows(&made.field, 1, 0, 4, max, &end_row, &n, &err), RS_OK);
        text want = write_rows(&made.field, 1, 0, end_row == 0 ? 1 : end_row);
        CHECK_EQ(n, want.n);
        CHECK_EQ(n <= max, end_row != 0);
        if (end_row != 0 && end_row < 4) {
            text more = write_rows(&made.field, 1, 0, end_row + 1);
            CHECK(more.n > max);
            free(more.at);
        }
        free(want.at);
    }
    free_sparse(&made);
}

/* Both passes must find what could lead out of the arrays; the pass that is both, all. */
static void refuse(const rs_field *field, rs_status status, int64_t row, int64_t found,
                   int64_t limit)
{
    uint8_t out[512];
    int64_t end_row;
    size_t n;
    rs_error err;
    const int64_t end = field->n_rows;
    CHECK_EQ(rs_plan_rows(field, 1, 0, end, SIZE_MAX, &end_row, &n, &err), status);
    CHECK_EQ(err.status, status);
    CHECK_EQ(err.field, 0);
    CHECK_EQ(err.row, row);
    CHECK_EQ(err.found, found);
    CHECK_EQ(err.limit, limit);
    if (status == RS_E_OFFSETS || found < 0) {
        CHECK_EQ(rs_encode_rows(field, 1, 0, end, out, sizeof out, &n, &err), status);
        CHECK_EQ(err.row, row);
    }
    for (size_t i = 0; i < sizeof ENCODE_PATHS / sizeof *ENCODE_PATHS; i++) {
        const unsigned paths = ENCODE_PATHS[i];
        CHECK_EQ(rs_plan_paths(field, 1, 0, end, SIZE_MAX, &end_row, &n, paths, &err),
                 status);
        CHECK_EQ(end_row, row);
        CHECK_EQ(err.found, found);
        memset(out, 0xee, sizeof out);
        CHECK_EQ(rs_encode_paths(field, 1, 0, end, out, sizeof out, true, &end_row, &n,
                                 paths, &err),
                 status);
        CHECK_EQ(end_row, row);
        CHECK_EQ(err.row, row);
        CHECK_EQ(err.found, found);
        CHECK_EQ(err.limit, limit);
        text want = write_rows(field, 1, 0, row);
        CHECK_BYTES(out, n, want.at, want.n);
        free(want.at);
    }
}

static void test_array_errors(void)
{
    const float x[20] = {0};
    int32_t offsets[] = {0, 9, 18};
    int32_t keys[20];
    const uint64_t shape[] = {100};
    rs_field field = make_dense(RS_FEATURE, RS_FLOAT32, x, 2, 0);
    field.kind = RS_CSR;
    field.flags = RS_CHECK_ORDER;
    field.offset_size = field.key_size = 4;
    field.n_values = 18;
    field.offsets = offsets;
    field.keys = keys;
    field.shape = shape;
    field.n_shape = 1;
    for (int32_t i = 0; i < 18; i++) {
        keys[i] = i % 9 * 3;
    }
    compare(&field, 1, 0, 2);
    for (int32_t i = 0; i < 9; i++) {
        const int32_t kept = keys[9 + i];
        keys[9 + i] = 100;
        refuse(&field, RS_E_KEY, 1, 100, 100);
        keys[9 + i] = -1;
        refuse(&field, RS_E_KEY, 1, -1, 100);
        keys[9 + i] = INT32_MAX;
        refuse(&field, RS_E_KEY, 1, INT32_MAX, 100);
        keys[9 + i] = i == 0 ? kept : kept - 3;
        if (i != 0) {
            refuse(&field, RS_E_ORDER, 1, kept - 3, kept - 3);
        }
        keys[9 + i] = kept;
    }
    offsets[2] = 19;
    refuse(&field, RS_E_OFFSETS, 1, 19, 18);
    offsets[2] = 8;
    refuse(&field, RS_E_OFFSETS, 1, 8, 9);
    offsets[1] = -5;
    refuse(&field, RS_E_OFFSETS, 0, -5, 0);
    offsets[0] = -6;
    refuse(&field, RS_E_OFFSETS, 0, -6, 0);
    offsets[0] = 0;
    offsets[1] = offsets[2] = 0;
    field.flags = RS_ZERO_FOR_EMPTY;
    const uint64_t no_columns[] = {0};
    field.shape = no_columns;
    int64_t end_row;
    size_t n;
    rs_error err;
    CHECK_EQ(rs_plan_rows(&field, 1, 0, 2, SIZE_MAX, &end_row, &n, &err), RS_E_KEY);
}

static void test_other_errors(void)
{
    const float x[6] = {0};
    const uint64_t shape[] = {2, 2};
    int64_t end_row;
    size_t n;
    rs_error err;
    rs_field field = make_dense(RS_FEATURE, RS_FLOAT32, x, 2, 3);
#define PLAN(f) rs_plan_rows((f), 1, 0, 1, SIZE_MAX, &end_row, &n, &err)
    field.shape = shape;
    field.n_shape = 2;
    CHECK_EQ(PLAN(&field), RS_E_SHAPE);
    CHECK_EQ(err.found, 3);
    CHECK_EQ(err.limit, 4);
    field.n_shape = 9;
    CHECK_EQ(PLAN(&field), RS_E_RANK);
    field.shape = NULL;
    CHECK_EQ(rs_plan_rows(&field, 1, 0, 3, SIZE_MAX, &end_row, &n, &err), RS_E_ARGUMENT);
    CHECK_EQ(rs_plan_rows(&field, 1, 1, 0, SIZE_MAX, &end_row, &n, &err), RS_E_ARGUMENT);
    CHECK_EQ(rs_plan_rows(&field, 1, -1, 1, SIZE_MAX, &end_row, &n, &err), RS_E_ARGUMENT);
    field.kind = RS_TEXT;
    CHECK_EQ(PLAN(&field), RS_E_ARGUMENT);
    field.kind = 0;
    CHECK_EQ(PLAN(&field), RS_E_ARGUMENT);
    field.kind = RS_DENSE;
    field.role = 0;
    CHECK_EQ(PLAN(&field), RS_E_ARGUMENT);
    field.role = RS_FEATURE;
    field.width = (int64_t)RS_MAX_PAYLOAD / 4; /* the name is what makes it too long */
    CHECK_EQ(PLAN(&field), RS_E_TOO_LONG);
    CHECK_EQ(err.limit, 0x1fffffff);
    field.width = INT64_MAX;
    CHECK_EQ(PLAN(&field), RS_E_TOO_LONG);
    field.width = (int64_t)RS_MAX_PAYLOAD / 4 - 20;
    CHECK_EQ(PLAN(&field), RS_OK);
    CHECK_EQ(end_row, 1);
    rs_field two[2] = {field, field};
    CHECK_EQ(rs_plan_rows(two, 2, 0, 1, SIZE_MAX, &end_row, &n, &err), RS_E_TOO_LONG);
    CHECK_EQ(err.row, 0);
}

/* The arrays change between the passes: rows grow, and must not leave the capacity. */
static void test_changed(void)
{
    sparse made;
    make_sparse(&made, RS_FLOAT32, 4, 50, 40, 100);
    int64_t end_row;
    size_t n, n_written;
    rs_error err;
    made.field.shape = NULL;
    made.field.n_shape = 0;
    made.field.flags = 0;
    CHECK_EQ(rs_plan_rows(&made.field, 1, 0, 50, SIZE_MAX, &end_row, &n, &err), RS_OK);
    uint8_t *out = malloc(n);
    for (int shift = 8; shift <= 28; shift += 4) {
        for (int64_t i = 3; i < made.field.n_values; i++) {
            ((int32_t *)made.keys)[i] = 1 << shift;
        }
        CHECK_EQ(rs_encode_rows(&made.field, 1, 0, 50, out, n, &n_written, &err),
                 RS_E_CAPACITY);
        for (size_t k = 0; k < sizeof ENCODE_PATHS / sizeof *ENCODE_PATHS; k++) {
            CHECK_EQ(rs_encode_paths(&made.field, 1, 0, 50, out, n, false, &end_row,
                                     &n_written, ENCODE_PATHS[k], &err),
                     RS_E_CAPACITY);
            CHECK(err.row > 0 && err.row < 50);
            CHECK_EQ(end_row, err.row);
            text want = write_rows(&made.field, 1, 0, err.row);
            CHECK_BYTES(out, n_written, want.at, want.n);
            free(want.at);
        }
    }
    free(out);
    free_sparse(&made);
}

int main(void)
{
    test_dense_bytes();
    test_empty_bytes();
    test_sparse_bytes();
    test_other_bytes();
    test_dense_widths();
    test_sparse_rows();
    test_names();
    test_large();
    test_many_fields();
    test_max_bytes();
    test_array_errors();
    test_other_errors();
    test_changed();
    return check_report();
}
