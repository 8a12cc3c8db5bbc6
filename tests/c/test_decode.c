/* Scan and fill: literal bytes in, columns and arrays out, by every path. */
#include <stdlib.h>

#include "check.h"
#include "paths.h"
#include "recordsmith/recordsmith.h"

static const unsigned PATHS[] = {RS_ANY_PATH, RS_GENERAL_ONLY, RS_NO_REPEATS,
                                 RS_PORTABLE};
enum { N_PATHS = sizeof PATHS / sizeof PATHS[0], GUARD = 0x5a };

/* A growing run of frames. Memory ends where they end, so that sanitizers see overreads. */
typedef struct frames {
    uint8_t *at;
    size_t n;
} frames;

static void add_record(frames *f, const void *payload, size_t n)
{
    rs_error err;
    size_t n_written = 0;
    f->at = realloc(f->at, f->n + rs_frame_size(n));
    CHECK(f->at != NULL);
    CHECK_EQ(rs_frame_wrap(payload, n, f->at + f->n, rs_frame_size(n), &n_written, &err),
             RS_OK);
    f->n += n_written;
}

/* String literals of bytes, without their final 0. */
#define ADD(f, bytes) add_record(f, bytes, sizeof bytes - 1)

static rs_status scan(const frames *f, unsigned paths, rs_column *columns,
                      size_t capacity, rs_scan *found, rs_error *err)
{
    memset(found, 0, sizeof *found);
    return rs_scan_paths(f->at, f->n, UINT64_MAX, columns, capacity, found, paths, err);
}

#define VALUES_2 "\x0a\x08\x00\x00\x80\x3f\x00\x00\x00\x40" /* values [1, 2] */
#define NAME "\x0a\x06values\x12"
#define LABEL_7 "\x12\x12" NAME "\x08\x12\x06\x0a\x04\x00\x00\xe0\x40"
#define DENSE_2 "\x0a\x16" NAME "\x0c\x12\x0a" VALUES_2
#define SPARSE(k1, k2)                                                                   \
    "\x0a\x1d" NAME "\x13\x12\x11" VALUES_2 "\x12\x02" k1 k2 "\x1a\x01\x09"
#define EMPTY_9 "\x0a\x0f" NAME "\x05\x12\x03\x1a\x01\x09"

static void test_dense(void)
{
    frames f = {NULL, 0};
    for (int i = 0; i < 5; i++) {
        ADD(&f, DENSE_2 LABEL_7);
    }
    ADD(&f, DENSE_2); /* the label is missing */
    for (size_t p = 0; p < N_PATHS; p++) {
        rs_column columns[2];
        rs_scan found;
        rs_error err;
        float x[13], y[7];
        uint8_t present[7];
        CHECK_EQ(scan(&f, PATHS[p], columns, 2, &found, &err), RS_OK);
        CHECK_EQ(found.n_records, 6);
        CHECK_EQ(found.n_bytes, f.n);
        CHECK_EQ(found.n_columns, 2);
        CHECK_EQ(columns[0].role, RS_FEATURE);
        CHECK_EQ(columns[0].dtype, RS_FLOAT32);
        CHECK_EQ(columns[0].sparse, 0);
        CHECK_BYTES(columns[0].name, columns[0].name_len, "values", 6);
        CHECK_EQ(columns[0].n_values, 12);
        CHECK(columns[0].first_missing == UINT64_MAX);
        CHECK_EQ(columns[0].min_width, 2);
        CHECK(columns[0].first_other_width == UINT64_MAX);
        CHECK_EQ(columns[1].role, RS_LABEL);
        CHECK_EQ(columns[1].n_present, 5);
        CHECK_EQ(columns[1].first_missing, 5);
        memset(x, GUARD, sizeof x);
        memset(y, GUARD, sizeof y);
        memset(present, GUARD, sizeof present);
        rs_target to[2] = {{.kind = RS_DENSE, .width = 2, .values = x, .n_values = 12},
                           {.kind = RS_DENSE,
                            .width = 1,
                            .values = y,
                            .n_values = 6,
                            .present = present}};
        CHECK_EQ(rs_fill_paths(f.at, f.n, 6, columns, to, 2, PATHS[p], &err), RS_OK);
        for (int i = 0; i < 12; i++) {
            CHECK(x[i] == (i % 2 == 0 ? 1 : 2));
        }
        for (int i = 0; i < 6; i++) {
            CHECK(y[i] == (i < 5 ? 7 : 0));
            CHECK_EQ(present[i], i < 5);
        }
        CHECK_EQ(((uint8_t *)&x[12])[0], GUARD);
        CHECK_EQ(((uint8_t *)&y[6])[0], GUARD);
        CHECK_EQ(present[6], GUARD);
        /* arrays that do not suffice, and a width that is not the records' */
        to[0].n_values = 11;
        CHECK_EQ(rs_fill_paths(f.at, f.n, 6, columns, to, 2, PATHS[p], &err),
                 RS_E_CAPACITY);
        to[0].n_values = 12;
        to[0].width = 1;
        CHECK_EQ(rs_fill_paths(f.at, f.n, 6, columns, to, 2, PATHS[p], &err),
                 RS_E_CHANGED);
        CHECK_EQ(err.row, 0);
        CHECK_EQ(err.field, 0);
    }
    free(f.at);
}

static void test_sparse(void)
{
    frames f = {NULL, 0};
    ADD(&f, EMPTY_9);
    ADD(&f, SPARSE("\x01", "\x08"));
    ADD(&f, EMPTY_9);
    ADD(&f, SPARSE("\x00", "\x02"));
    for (size_t p = 0; p < N_PATHS; p++) {
        rs_column column;
        rs_scan found;
        rs_error err;
        float x[5];
        int32_t keys[5], offsets[6];
        static const int32_t want_keys[] = {1, 8, 0, 2},
                             want_offsets[] = {6, 6, 8, 8, 10};
        CHECK_EQ(scan(&f, PATHS[p], &column, 1, &found, &err), RS_OK);
        CHECK_EQ(column.sparse, 1);
        CHECK_EQ(column.n_shape, 1);
        CHECK_EQ(column.shape[0], 9);
        CHECK_EQ(column.n_values, 4);
        CHECK_EQ(column.first_width, 0);
        CHECK_EQ(column.first_other_width, 1);
        CHECK_EQ(column.max_width, 2);
        memset(x, GUARD, sizeof x);
        memset(keys, GUARD, sizeof keys);
        memset(offsets, GUARD, sizeof offsets);
        rs_target to = {.kind = RS_CSR,
                        .offset_size = 4,
                        .key_size = 4,
                        .values = x,
                        .n_values = 4,
                        .offsets = offsets,
                        .first_offset = 6,
                        .keys = keys,
                        .n_keys_limit = UINT64_MAX};
        CHECK_EQ(rs_fill_paths(f.at, f.n, 4, &column, &to, 1, PATHS[p], &err), RS_OK);
        CHECK_BYTES(keys, 16, want_keys, 16);
        CHECK_BYTES(offsets, 20, want_offsets, 20);
        CHECK_EQ(keys[4], 0x5a5a5a5a);
        CHECK_EQ(offsets[5], 0x5a5a5a5a);
        to.n_keys_limit = 8; /* the caller's limit */
        CHECK_EQ(rs_fill_paths(f.at, f.n, 4, &column, &to, 1, PATHS[p], &err), RS_E_KEY);
        CHECK_EQ(err.row, 1);
        CHECK_EQ(err.found, 8);
        CHECK_EQ(err.limit, 8);
        CHECK_EQ(err.column, 1);
        to.first_offset = INT32_MAX - 3; /* offsets of 4 bytes would not suffice */
        CHECK_EQ(rs_fill_paths(f.at, f.n, 4, &column, &to, 1, PATHS[p], &err),
                 RS_E_ARGUMENT);
    }
    free(f.at);
}

/* Rows of keys of all lengths, sorted and not, against keys known beforehand. */
static void test_keys(void)
{
    enum { ROWS = 200, MOST = 150 };
    frames f = {NULL, 0};
    uint64_t seed = 1, n_all = 0;
    int64_t *want = malloc(ROWS * MOST * sizeof *want);
    for (int row = 0; row < ROWS; row++) {
        uint8_t run[MOST * 10], values[MOST * 4], record[MOST * 14 + 64];
        uint8_t *end = run, *at = record;
        const size_t n = (size_t)(row * 7 % MOST);
        for (size_t i = 0; i < n; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
            /* first short ones, then as long as the row's number asks for */
            const unsigned bits =
                row < 100 ? 1 + (unsigned)(i * 24 / n) : 1 + (unsigned)(seed >> 33) % 63;
            want[n_all] = (int64_t)(seed >> (64 - bits));
            end = rs_put_varint(end, (uint64_t)want[n_all++]);
        }
        memset(values, 1, 4 * n);
        const size_t n_run = (size_t)(end - run);
        const size_t n_tensor =
            2 + rs_varint_size(4 * n) + rs_varint_size(n_run) + 4 * n + n_run;
        const size_t n_value = 1 + rs_varint_size(n_tensor) + n_tensor;
        *at++ = 0x0a;
        at = rs_put_varint(at, 2 + 1 + 1 + rs_varint_size(n_value) + n_value);
        memcpy(at, "\x0a\x01k\x12", 4);
        at = rs_put_varint(at + 4, n_value);
        *at++ = 0x12;
        at = rs_put_varint(at, n_tensor);
        *at++ = 0x0a;
        at = rs_put_varint(at, 4 * n);
        memcpy(at, values, 4 * n);
        at += 4 * n;
        *at++ = 0x12;
        at = rs_put_varint(at, n_run);
        memcpy(at, run, n_run);
        add_record(&f, record, (size_t)(at + n_run - record));
    }
    for (size_t p = 0; p < N_PATHS; p++) {
        rs_column column;
        rs_scan found;
        rs_error err;
        float *x = malloc((size_t)n_all * 4);
        int64_t *keys = malloc((size_t)n_all * 8), offsets[ROWS + 1];
        CHECK_EQ(scan(&f, PATHS[p], &column, 1, &found, &err), RS_OK);
        CHECK_EQ(column.n_values, n_all);
        rs_target to = {.kind = RS_CSR,
                        .offset_size = 8,
                        .key_size = 8,
                        .values = x,
                        .n_values = n_all,
                        .offsets = offsets,
                        .keys = keys,
                        .n_keys_limit = UINT64_MAX};
        CHECK_EQ(rs_fill_paths(f.at, f.n, ROWS, &column, &to, 1, PATHS[p], &err), RS_OK);
        CHECK_BYTES(keys, (size_t)n_all * 8, want, (size_t)n_all * 8);
        to.key_size = 4; /* the first too large key is the first above 2^31 - 1 */
        CHECK_EQ(rs_fill_paths(f.at, f.n, ROWS, &column, &to, 1, PATHS[p], &err),
                 RS_E_KEY);
        size_t bad = 0;
        while (want[bad] <= INT32_MAX) {
            bad++;
        }
        CHECK_EQ(err.found, want[bad]);
        CHECK_BYTES(&((int32_t *)(void *)keys)[0], 4, &(int32_t){(int32_t)want[0]}, 4);
        free(x);
        free(keys);
    }
    free(want);
    free(f.at);
}

/* Integers: as many bytes need not be as many values. */
static void test_int32(void)
{
    frames f = {NULL, 0};
    ADD(&f, "\x0a\x11" NAME "\x07\x3a\x05\x0a\x03\x01\x02\x03");
    ADD(&f, "\x0a\x11" NAME "\x07\x3a\x05\x0a\x03\x04\x05\x06");
    ADD(&f, "\x0a\x11" NAME "\x07\x3a\x05\x0a\x03\x07\x80\x01");
    ADD(&f,
        "\x0a\x18" NAME "\x0e\x3a\x0c\x0a\x0a\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    static const int32_t want[] = {1, 2, 3, 4, 5, 6, 7, 128, -2};
    for (size_t p = 0; p < N_PATHS; p++) {
        rs_column column;
        rs_scan found;
        rs_error err;
        int32_t x[9];
        int64_t offsets[5];
        CHECK_EQ(scan(&f, PATHS[p], &column, 1, &found, &err), RS_OK);
        CHECK_EQ(found.n_records, 4);
        CHECK_EQ(column.n_values, 9);
        CHECK_EQ(column.first_other_width, 2);
        rs_target to = {.kind = RS_RAGGED,
                        .offset_size = 8,
                        .values = x,
                        .n_values = 9,
                        .offsets = offsets};
        CHECK_EQ(rs_fill_paths(f.at, f.n, 4, &column, &to, 1, PATHS[p], &err), RS_OK);
        CHECK_BYTES(x, sizeof x, want, sizeof want);
        CHECK_EQ(offsets[3], 8);
    }
    free(f.at);
}

static void test_schemas(void)
{
    frames f = {NULL, 0};
    rs_column columns[2];
    rs_scan found;
    rs_error err;
    ADD(&f, DENSE_2);
    ADD(&f, "\x0a\x08\x0a\x06values"); /* an unset Value: the record lacks the field */
    ADD(&f, SPARSE("\x01", "\x08"));   /* another density */
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 2, &found, &err), RS_NEW_SCHEMA);
    CHECK_EQ(found.n_records, 2);
    CHECK_EQ(err.row, 2);
    CHECK_EQ(err.field, 0);
    CHECK_EQ(columns[0].first_missing, 1);
    CHECK_EQ(columns[0].n_present, 1);
    f.n = 0;
    ADD(&f, DENSE_2 LABEL_7 "\x1a\x01x");
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 2, &found, &err), RS_E_TOO_MANY_FIELDS);
    f.n = 0;
    ADD(&f, DENSE_2);
    ADD(&f, DENSE_2 LABEL_7 "\x1a\x01x");
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 2, &found, &err), RS_NEW_SCHEMA);
    CHECK_EQ(found.n_columns, 1);
    free(f.at);
}

/* The last entry of a key counts whole; in an entry the last member, merged. */
static void test_last_wins(void)
{
    frames f = {NULL, 0};
    ADD(&f, SPARSE("\x01", "\x08") DENSE_2);
    ADD(&f, "\x0a\x22" NAME "\x05\x3a\x03\x0a\x01\x09\x12\x08\x12\x06\x0a\x04\x00\x00\x00"
            "\x40\x12\x07\x12\x05\x0d\x00\x00\x40\x40");
    for (size_t p = 0; p < N_PATHS; p++) {
        rs_column column;
        rs_scan found;
        rs_error err;
        float x[4];
        static const float want[] = {1, 2, 2, 3};
        CHECK_EQ(scan(&f, PATHS[p], &column, 1, &found, &err), RS_OK);
        CHECK_EQ(column.sparse, 0);
        CHECK_EQ(column.n_values, 4);
        rs_target to = {.kind = RS_DENSE, .width = 2, .values = x, .n_values = 4};
        CHECK_EQ(rs_fill_paths(f.at, f.n, 2, &column, &to, 1, PATHS[p], &err), RS_OK);
        CHECK_BYTES(x, sizeof x, want, sizeof want);
    }
    free(f.at);
}

typedef struct bad_record {
    const char *bytes;
    size_t n;
    rs_status status;
    int64_t offset;
} bad_record;
#define BAD(bytes, status, offset)                                                       \
    {                                                                                    \
        bytes, sizeof bytes - 1, status, offset                                          \
    }

/* The smallest record for each error, and where it is found. */
static void test_errors(void)
{
    static const bad_record records[] = {
        BAD("\x0a", RS_E_TRUNCATED, 1),
        BAD("\x0a\x05x", RS_E_TRUNCATED, 0),
        BAD("\x1a\x80\x80\x80\x80\x80\x00", RS_E_VARINT, 1),
        BAD("\x30\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", RS_E_VARINT, 1),
        BAD("\x0e", RS_E_WIRE_TYPE, 0),
        BAD("\x08\x01", RS_E_WIRE_TYPE, 0),
        BAD("\x02\x00", RS_E_FIELD_NUMBER, 0),
        BAD("\x34", RS_E_GROUP, 0),
        BAD("\x33\x3c", RS_E_GROUP, 1),
        BAD("\x33", RS_E_TRUNCATED, 1),
        BAD("\x0a\x09\x12\x07\x12\x05\x0a\x03\x00\x00\x00", RS_E_PACKED, 8),
        BAD("\x1a\x02\xc3\x28", RS_E_TEXT, 2),
        BAD("\x1a\x03\xed\xa0\x80", RS_E_TEXT, 2),
        BAD("\x0a\x0e\x0a\x00\x12\x0a\x12\x08\x0d\x00\x00\x80\x3f\x1a\x01\x02",
            RS_E_SHAPE, 2),
        BAD("\x0a\x0f\x12\x0d\x12\x0b\x1a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01",
            RS_E_RANK, 16),
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        rs_column columns[4];
        rs_scan found;
        rs_error err;
        frames f = {NULL, 0};
        const bad_record *bad = &records[i];
        ADD(&f, DENSE_2);
        add_record(&f, bad->bytes, bad->n);
        CHECK_EQ(rs_record_check((const uint8_t *)bad->bytes, bad->n, &err), bad->status);
        CHECK_EQ(err.offset, bad->offset);
        for (size_t p = 0; p < N_PATHS; p++) {
            CHECK_EQ(scan(&f, PATHS[p], columns, 4, &found, &err), bad->status);
            CHECK_EQ(found.n_records, 1);
            CHECK_EQ(err.row, 1);
            CHECK_EQ(err.offset, bad->offset + 8 + 32);
        }
        free(f.at);
    }
}

static void test_check_keys(void)
{
    rs_error err;
    CHECK_EQ(rs_record_check((const uint8_t *)SPARSE("\x01", "\x09"), 31, &err),
             RS_E_KEY);
    CHECK_EQ(err.found, 9);
    CHECK_EQ(err.limit, 9);
    CHECK_EQ(err.offset, 27);
    CHECK_EQ(rs_record_check((const uint8_t *)SPARSE("\x81", "\x00"), 31, &err),
             RS_E_KEY_COUNT);
    CHECK_EQ(err.found, 1);
    CHECK_EQ(err.limit, 2);
    CHECK_EQ(rs_record_check(NULL, 0, &err), RS_OK);
}

static void test_frames(void)
{
    frames f = {NULL, 0};
    rs_column columns[4];
    rs_scan found;
    rs_error err;
    ADD(&f, DENSE_2);
    ADD(&f, "\x1a\x01z"); /* 3 bytes and 1 of padding */
    for (size_t n = 32; n <= 44; n++) {
        const frames cut = {f.at, n};
        const rs_status status = scan(&cut, RS_ANY_PATH, columns, 4, &found, &err);
        CHECK_EQ(status, n == 32 || n == 44 ? RS_OK : RS_NEED_MORE);
        CHECK_EQ(found.n_records, n == 44 ? 2 : 1);
        CHECK_EQ(found.n_need, n == 32 || n == 44 ? 0 : n < 40 ? 8 : 12);
    }
    rs_store32(f.at + 36, 3U | 1U << 29);
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 4, &found, &err), RS_SPLIT);
    CHECK_EQ(found.n_bytes, 32);
    rs_store32(f.at + 36, 3U | 3U << 29);
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 4, &found, &err), RS_E_PART);
    CHECK_EQ(err.offset, 32);
    rs_store32(f.at + 32, 7);
    CHECK_EQ(scan(&f, RS_ANY_PATH, columns, 4, &found, &err), RS_E_MAGIC);
    CHECK_EQ(err.offset, 32);
    free(f.at);
}

int main(void)
{
    test_dense();
    test_sparse();
    test_keys();
    test_int32();
    test_schemas();
    test_last_wins();
    test_errors();
    test_check_keys();
    test_frames();
    return check_report();
}
