/* Columns become rows: casts by hand, a plain copy as the reference, every place once. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "check.h"
#include "recordsmith/recordsmith.h"

enum { GUARD = 0xee };

static rs_cast_cost cost;
static rs_error err;

static rs_strip strip_of(const void *values, uint8_t type, int64_t n_rows, int64_t width)
{
    const rs_strip strip = {
        .values = values, .type = type, .n_rows = n_rows, .width = width};
    return strip;
}

static rs_status join_one(const void *values, uint8_t type, int64_t n, uint8_t dtype,
                          void *out, size_t capacity)
{
    const rs_strip strip = strip_of(values, type, n, 1);
    return rs_interleave_columns(&strip, 1, 0, n, dtype, 0, NULL, out, capacity, &cost,
                                 &err);
}

/* -- casts ------------------------------------------------------------------------------- */

/* Extremes of each integer type: everything but the last two fits int32. */
static void test_integers(void)
{
    const int8_t i8[] = {-128, 127};
    const uint8_t u8[] = {0, 255};
    const int16_t i16[] = {-32768, 32767};
    const uint16_t u16[] = {0, 65535};
    const int32_t i32[] = {INT32_MIN, INT32_MAX};
    const int64_t i64[] = {INT32_MIN, INT32_MAX};
    const uint32_t u32[] = {0, INT32_MAX};
    const uint64_t u64[] = {0, INT32_MAX};
    const struct {
        const void *values;
        uint8_t type;
        int32_t low, high;
    } cases[] = {
        {i8, RS_I8, -128, 127},
        {u8, RS_U8, 0, 255},
        {i16, RS_I16, -32768, 32767},
        {u16, RS_U16, 0, 65535},
        {i32, RS_I32, INT32_MIN, INT32_MAX},
        {i64, RS_I64, INT32_MIN, INT32_MAX},
        {u32, RS_U32, 0, INT32_MAX},
        {u64, RS_U64, 0, INT32_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t ints[2];
        double doubles[2];
        float floats[2];
        CHECK_EQ(join_one(cases[i].values, cases[i].type, 2, RS_INT32, ints, 8), RS_OK);
        CHECK(ints[0] == cases[i].low && ints[1] == cases[i].high);
        CHECK_EQ(join_one(cases[i].values, cases[i].type, 2, RS_FLOAT64, doubles, 16),
                 RS_OK);
        CHECK(doubles[0] == cases[i].low && doubles[1] == cases[i].high);
        CHECK_EQ(cost.n_changed, 0);
        CHECK_EQ(join_one(cases[i].values, cases[i].type, 2, RS_FLOAT32, floats, 8),
                 RS_OK);
        CHECK(floats[0] == (float)cases[i].low && floats[1] == (float)cases[i].high);
        CHECK_EQ(cost.n_changed, cases[i].high == INT32_MAX); /* rounds to 2^31 */
        CHECK(cost.max_relative_error == (cost.n_changed ? 1.0 / INT32_MAX : 0));
    }
}

static void test_outside_int32(void)
{
    const int64_t i64[] = {0, INT64_C(1) << 31, -(INT64_C(1) << 31) - 1, INT64_MIN};
    const uint32_t u32 = UINT32_C(1) << 31;
    const uint64_t u64[] = {UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_MAX};
    const double f64[] = {0x1p31, -0x1p31 - 1, INFINITY, -INFINITY, 0.5, -1e-9, NAN};
    const float f32[] = {0x1p31F, -0x1.000002p31F, INFINITY, 0.5F, NAN};
    int32_t out[4];
    for (int64_t i = 1; i < 4; i++) {
        CHECK_EQ(join_one(i64 + i, RS_I64, 1, RS_INT32, out, 4), RS_E_RANGE);
    }
    CHECK_EQ(join_one(i64, RS_I64, 4, RS_INT32, out, 16), RS_E_RANGE);
    CHECK_EQ(err.row, 1);
    CHECK_EQ(join_one(&u32, RS_U32, 1, RS_INT32, out, 4), RS_E_RANGE);
    for (int64_t i = 0; i < 3; i++) {
        CHECK_EQ(join_one(u64 + i, RS_U64, 1, RS_INT32, out, 4), RS_E_RANGE);
    }
    for (int64_t i = 0; i < 7; i++) {
        CHECK_EQ(join_one(f64 + i, RS_F64, 1, RS_INT32, out, 4),
                 i < 4 ? RS_E_RANGE : RS_E_FRACTION);
    }
    for (int64_t i = 0; i < 5; i++) {
        CHECK_EQ(join_one(f32 + i, RS_F32, 1, RS_INT32, out, 4),
                 i < 3 ? RS_E_RANGE : RS_E_FRACTION);
    }
    const double whole[] = {-0x1p31, 0x1p31 - 1, -0.0};
    CHECK_EQ(join_one(whole, RS_F64, 3, RS_INT32, out, 12), RS_OK);
    CHECK(out[0] == INT32_MIN && out[1] == INT32_MAX && out[2] == 0);
}

static void test_large_integers(void)
{
    const int64_t exact[] = {1 << 24, -(1 << 24), (1 << 24) + 2, INT64_MIN};
    const int64_t i64[] = {(1 << 24) + 1, -(1 << 24) - 1, INT64_MAX};
    const uint64_t u64[] = {UINT64_MAX, UINT64_C(1) << 63, (UINT64_C(1) << 53) + 1};
    float floats[4];
    double doubles[4];
    CHECK_EQ(join_one(exact, RS_I64, 4, RS_FLOAT32, floats, 16), RS_OK);
    CHECK_EQ(cost.n_changed, 0);
    CHECK(floats[2] == 16777218.0F && floats[3] == -0x1p63F);
    CHECK_EQ(join_one(i64, RS_I64, 3, RS_FLOAT32, floats, 12), RS_OK);
    CHECK_EQ(cost.n_changed, 3);
    CHECK(cost.max_relative_error == 1.0 / 16777217);
    CHECK(floats[0] == 0x1p24F && floats[1] == -0x1p24F && floats[2] == 0x1p63F);
    CHECK_EQ(join_one(u64, RS_U64, 3, RS_FLOAT64, doubles, 24), RS_OK);
    CHECK_EQ(cost.n_changed, 2);
    CHECK(cost.max_relative_error == 1.0 / (0x1p53 + 1));
    CHECK(doubles[0] == 0x1p64 && doubles[1] == 0x1p63 && doubles[2] == 0x1p53);
}

static void test_integers_are_kept(void)
{
    const int64_t i64[] = {INT64_C(1) << 53, -(INT64_C(1) << 53), (INT64_C(1) << 53) + 1};
    double out[3];
    const rs_strip strip = strip_of(i64, RS_I64, 3, 1);
    CHECK_EQ(rs_interleave_columns(&strip, 1, 0, 2, RS_FLOAT64, RS_KEEP_INTEGERS, NULL,
                                   out, 16, &cost, &err),
             RS_OK);
    CHECK_EQ(rs_interleave_columns(&strip, 1, 0, 3, RS_FLOAT64, RS_KEEP_INTEGERS, NULL,
                                   out, 24, &cost, &err),
             RS_E_INEXACT);
    CHECK(err.row == 2 && err.column == 0 && err.field == 0);
}

static void test_float64_to_float32(void)
{
    /* 1 + 2^-24 lies half way and goes to even; 2^-150 vanishes; 2^128 is too large */
    const double in[] = {1.5, 1 + 0x1p-24, NAN, INFINITY, 0x1p-150, 0, -0.0, 0x1p128};
    const double top = 0x1.fffffep127, half = 0x1p103;
    float out[9];
    memset(out, GUARD, sizeof out);
    CHECK_EQ(join_one(in, RS_F64, 4, RS_FLOAT32, out, 16), RS_OK);
    CHECK_EQ(cost.n_changed, 1);
    CHECK(cost.max_relative_error == 0x1p-24 / (1 + 0x1p-24));
    CHECK_EQ(join_one(in, RS_F64, 7, RS_FLOAT32, out, 28), RS_OK);
    CHECK_EQ(cost.n_changed, 2);
    CHECK(cost.max_relative_error == 1);
    CHECK(out[0] == 1.5F && out[1] == 1 && isnan(out[2]) && isinf(out[3]) && out[4] == 0);
    CHECK(signbit(out[5]) == 0 && signbit(out[6]) != 0);
    CHECK_EQ(((const uint8_t *)out)[28], GUARD);
    CHECK_EQ(join_one(in, RS_F64, 8, RS_FLOAT32, out, 32), RS_E_RANGE);
    CHECK_EQ(err.row, 7);
    double edge = top + half;
    CHECK_EQ(join_one(&edge, RS_F64, 1, RS_FLOAT32, out, 4), RS_E_RANGE);
    edge = nextafter(edge, 0);
    CHECK_EQ(join_one(&edge, RS_F64, 1, RS_FLOAT32, out, 4), RS_OK);
    CHECK(out[0] == FLT_MAX);

    const uint64_t bits = UINT64_C(0xfff9234560000000); /* a NaN with a payload */
    uint32_t narrowed;
    CHECK_EQ(join_one(&bits, RS_F64, 1, RS_FLOAT32, out, 4), RS_OK);
    memcpy(&narrowed, out, 4);
    CHECK_EQ(narrowed, 0xffc91a2b);
}

/* The largest error is found wherever it stands, in whatever order errors come. */
static void test_largest_error(void)
{
    double in[200];
    float out[200];
    for (size_t at = 0; at < 200; at += 7) {
        for (size_t i = 0; i < 200; i++) {
            in[i] = 1 + 0x1p-24 * (double)(1 + i % 8) / 16;
        }
        in[at] = 1 + 0x1.7p-24;
        CHECK_EQ(join_one(in, RS_F64, 200, RS_FLOAT32, out, sizeof out), RS_OK);
        CHECK_EQ(cost.n_changed, 200);
        CHECK(cost.max_relative_error == 0x0.9p-24 / (1 + 0x1.7p-24));
    }
}

static void test_every_bit_of_a_float(void)
{
    const uint32_t f32[] = {0x7f800001, 0xffc12345, 0x80000000, 0x00000001};
    const uint64_t f64[] = {UINT64_C(0x7ff0000000000001), UINT64_C(0xfff8123456789abc)};
    uint8_t out[16];
    CHECK_EQ(
        rs_interleave_columns(NULL, 0, 0, 9, RS_FLOAT32, 0, NULL, NULL, 0, &cost, &err),
        RS_OK);
    float floats[4];
    double doubles[2];
    CHECK_EQ(join_one(f32, RS_F32, 4, RS_FLOAT32, floats, 16), RS_OK);
    memcpy(out, floats, 16);
    CHECK_BYTES(out, 16, f32, 16);
    CHECK_EQ(join_one(f64, RS_F64, 2, RS_FLOAT64, doubles, 16), RS_OK);
    memcpy(out, doubles, 16);
    CHECK_BYTES(out, 16, f64, 16);
}

/* -- many columns ------------------------------------------------------------------------ */

enum { MAX_COLUMNS = 37, MAX_ROWS = 131 };

/* A different whole number at each place, below 2^24 and, for bytes, below 128. */
static double number_at(uint8_t type, int64_t row, int64_t column)
{
    const int64_t n = row * 41 + column * 7 + 1;
    return (double)(type == RS_BITS ? n / 3 % 2 : type <= RS_U8 ? n % 128 : n);
}

static void put_number(uint8_t *values, uint8_t type, int64_t i, double number)
{
    const float f32 = (float)number;
    const int64_t whole = (int64_t)number; /* little-endian: the low bytes come first */
    const int16_t i16 = (int16_t)whole;
    const int32_t i32 = (int32_t)whole;
    switch (type) {
    case RS_BITS:
        values[i / 8] = (uint8_t)(values[i / 8] | (unsigned)whole << i % 8);
        break;
    case RS_I8:
    case RS_U8: values[i] = (uint8_t)whole; break;
    case RS_I16:
    case RS_U16: memcpy(values + i * 2, &i16, 2); break;
    case RS_I32:
    case RS_U32: memcpy(values + i * 4, &i32, 4); break;
    case RS_I64:
    case RS_U64: memcpy(values + i * 8, &whole, 8); break;
    case RS_F32: memcpy(values + i * 4, &f32, 4); break;
    default: memcpy(values + i * 8, &number, 8); break;
    }
}

static size_t bytes_of(uint8_t type, int64_t n)
{
    const size_t sizes[] = {0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    return type == RS_BITS ? (size_t)(n + 7) / 8 : (size_t)n * sizes[type];
}

/* A strip in memory of exactly its size, for the sanitizer, at an odd address. */
static uint8_t *make_strip(rs_strip *strip, uint8_t type, int64_t first, int64_t n_rows,
                           int64_t width, int64_t column)
{
    const int64_t n = first + n_rows * width;
    uint8_t *block = calloc(bytes_of(type, n) + 1, 1);
    for (int64_t row = 0; row < n_rows; row++) {
        for (int64_t j = 0; j < width; j++) {
            put_number(block + 1, type, first + row * width + j,
                       number_at(type, row, column + j));
        }
    }
    *strip = strip_of(block + 1, type, n_rows, width);
    strip->first = first;
    return block;
}

static double get_number(const uint8_t *out, uint8_t dtype, size_t i)
{
    float f32;
    double f64;
    int32_t i32;
    switch (dtype) {
    case RS_FLOAT32: memcpy(&f32, out + i * 4, 4); return (double)f32;
    case RS_FLOAT64: memcpy(&f64, out + i * 8, 8); return f64;
    default: memcpy(&i32, out + i * 4, 4); return i32;
    }
}

/* Strips of all types, and of one or more columns, in turn. */
static void check_shape(size_t n_strips, int64_t n_rows, int64_t begin, int64_t end,
                        uint8_t dtype, bool same_type, bool wide)
{
    rs_strip strips[MAX_COLUMNS];
    uint8_t *blocks[MAX_COLUMNS];
    size_t n_columns = 0;
    for (size_t k = 0; k < n_strips; k++) {
        const uint8_t type = (uint8_t)(same_type ? RS_F32 : RS_BITS + k % 11);
        const int64_t width = wide ? (int64_t)(k % 4) : 1;
        blocks[k] = make_strip(&strips[k], type, (int64_t)(k % 5) * 3, n_rows, width,
                               (int64_t)n_columns);
        n_columns += (size_t)width;
    }
    const size_t size = dtype == RS_FLOAT64 ? 8 : 4;
    const size_t n = (size_t)(end - begin) * n_columns;
    uint8_t *out = malloc(n * size + 8);
    memset(out, GUARD, n * size + 8);
    CHECK_EQ(rs_interleave_columns(strips, n_strips, begin, end, dtype, 0, NULL, out,
                                   n * size, &cost, &err),
             RS_OK);
    CHECK_EQ(cost.n_changed + cost.n_filled, 0);
    size_t n_wrong = 0, at = 0;
    for (int64_t row = begin; row < end; row++) {
        int64_t column = 0;
        for (size_t k = 0; k < n_strips; k++) {
            for (int64_t j = 0; j < strips[k].width; j++, column++, at++) {
                n_wrong +=
                    get_number(out, dtype, at) != number_at(strips[k].type, row, column);
            }
        }
    }
    CHECK_EQ(n_wrong, 0);
    CHECK_EQ(at, n);
    for (size_t i = 0; i < 8; i++) {
        CHECK_EQ(out[n * size + i], GUARD);
    }
    free(out);
    for (size_t k = 0; k < n_strips; k++) {
        free(blocks[k]);
    }
}

static void test_shapes(void)
{
    const uint8_t dtypes[] = {RS_FLOAT32, RS_FLOAT64, RS_INT32};
    for (size_t d = 0; d < 3; d++) {
        for (size_t n_strips = 1; n_strips <= MAX_COLUMNS; n_strips += 3) {
            for (int64_t n_rows = 1; n_rows <= MAX_ROWS; n_rows += 13) {
                check_shape(n_strips, n_rows, 0, n_rows, dtypes[d], false, false);
                check_shape(n_strips, n_rows, n_rows / 3, n_rows, dtypes[d], true, false);
                check_shape(n_strips, n_rows, n_rows / 2, n_rows - n_rows / 4, dtypes[d],
                            false, true);
            }
        }
        check_shape(3, 5, 2, 2, dtypes[d], false, false);
    }
}

/* -- places ------------------------------------------------------------------------------ */

static void test_places_of_misfits(void)
{
    static double columns[20][MAX_ROWS];
    static float out[20 * MAX_ROWS];
    rs_strip strips[20];
    for (size_t k = 0; k < 20; k++) {
        strips[k] = strip_of(columns[k], RS_F64, MAX_ROWS, 1);
    }
    for (size_t i = 0; i < 20 * MAX_ROWS; i += 19) {
        const size_t row = i / 20, column = i % 20;
        columns[column][row] = -1e39;
        columns[(column + 7) % 20][MAX_ROWS - 1] += 1e300; /* later, or the same row */
        const rs_status status = rs_interleave_columns(
            strips, 20, 0, MAX_ROWS, RS_FLOAT32, 0, NULL, out, sizeof out, &cost, &err);
        CHECK_EQ(status, RS_E_RANGE);
        const size_t other = (column + 7) % 20;
        const bool tie = row == MAX_ROWS - 1 && other < column;
        CHECK_EQ(err.row, row);
        CHECK_EQ(err.column, tie ? other : column);
        CHECK_EQ(err.field, err.column);
        columns[column][row] = 0;
        columns[other][MAX_ROWS - 1] = 0;
    }
    const rs_strip wide = strip_of(columns, RS_F64, 4, 3);
    const rs_strip both[] = {wide, strip_of(columns[1], RS_F64, 4, 1), wide};
    columns[0][7] = 1e39; /* row 2, second of three; the third strip has it too */
    CHECK_EQ(rs_interleave_columns(both, 3, 1, 4, RS_FLOAT32, 0, NULL, out, sizeof out,
                                   &cost, &err),
             RS_E_RANGE);
    CHECK(err.row == 1 && err.column == 1 && err.field == 0);
    columns[0][7] = 0;
}

/* -- missing numbers --------------------------------------------------------------------- */

/* Bits from every offset; what stands under a missing number does not matter. */
static void test_missing(void)
{
    const float fill = -7.5F;
    for (int64_t first = 0; first < 20; first++) {
        for (int64_t n = 1; n <= MAX_ROWS; n += 10) {
            double *values = calloc((size_t)(first + n), sizeof *values);
            uint8_t *valid = calloc((size_t)(first + n + 7) / 8, 1);
            float *out = malloc((size_t)n * sizeof *out);
            uint64_t n_missing = 0;
            for (int64_t i = 0; i < n; i++) {
                const bool is_missing = i % 3 == 1;
                const int64_t at = first + i;
                values[at] = is_missing ? i % 2 ? 1e300 : 0.1 : (double)i;
                if (!is_missing) {
                    valid[at / 8] = (uint8_t)(valid[at / 8] | 1U << at % 8);
                }
                n_missing += is_missing;
            }
            rs_strip strip = strip_of(values, RS_F64, n, 1);
            strip.valid = valid;
            strip.first = first;
            CHECK_EQ(rs_interleave_columns(&strip, 1, 0, n, RS_FLOAT32, 0, &fill, out,
                                           (size_t)n * 4, &cost, &err),
                     RS_OK);
            CHECK_EQ(cost.n_filled, n_missing);
            CHECK_EQ(cost.n_changed, 0);
            for (int64_t i = 0; i < n; i++) {
                CHECK(out[i] == (i % 3 == 1 ? fill : (float)i));
            }
            const rs_status status = rs_interleave_columns(
                &strip, 1, 0, n, RS_FLOAT32, 0, NULL, out, (size_t)n * 4, &cost, &err);
            CHECK_EQ(status, n_missing ? RS_E_MISSING : RS_OK);
            CHECK(!n_missing || err.row == 1);
            free(values);
            free(valid);
            free(out);
        }
    }
}

static void test_a_misfit_beside_missing_numbers(void)
{
    const double values[] = {1e300, 1e300, 1};
    const uint8_t valid = 6; /* the first is missing */
    const float fill = 0;
    float out[3];
    rs_strip strip = strip_of(values, RS_F64, 3, 1);
    strip.valid = &valid;
    CHECK_EQ(rs_interleave_columns(&strip, 1, 0, 3, RS_FLOAT32, 0, &fill, out, 12, &cost,
                                   &err),
             RS_E_RANGE);
    CHECK_EQ(err.row, 1);
}

/* -- arguments --------------------------------------------------------------------------- */

static void test_arguments(void)
{
    const double values[] = {1, 2, 3, 4};
    float out[5];
    rs_strip strip = strip_of(values, RS_F64, 2, 2);
    memset(out, GUARD, sizeof out);
    CHECK_EQ(
        rs_interleave_columns(&strip, 1, 0, 2, RS_FLOAT32, 0, NULL, out, 15, &cost, &err),
        RS_E_CAPACITY);
    CHECK_EQ(((const uint8_t *)out)[0], GUARD);
    const struct {
        int64_t begin, end, first, n_rows, width;
        uint8_t type, dtype;
    } bad[] = {
        {-1, 2, 0, 2, 2, RS_F64, RS_FLOAT32}, {2, 1, 0, 2, 2, RS_F64, RS_FLOAT32},
        {0, 3, 0, 2, 2, RS_F64, RS_FLOAT32},  {0, 2, -1, 2, 2, RS_F64, RS_FLOAT32},
        {0, 2, 0, 2, -1, RS_F64, RS_FLOAT32}, {0, 2, 0, 2, 2, 0, RS_FLOAT32},
        {0, 2, 0, 2, 2, 12, RS_FLOAT32},      {0, 2, 0, 2, 2, 255, RS_FLOAT32},
        {0, 2, 0, 2, 2, RS_F64, RS_BYTES},    {0, 2, 0, 2, 2, RS_F64, 0},
        {0, 2, INT64_MAX, 2, 2, RS_F64, 2},   {0, 2, 0, 2, INT64_MAX / 2, RS_F64, 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        strip = strip_of(values, bad[i].type, bad[i].n_rows, bad[i].width);
        strip.first = bad[i].first;
        CHECK_EQ(rs_interleave_columns(&strip, 1, bad[i].begin, bad[i].end, bad[i].dtype,
                                       0, NULL, out, sizeof out, &cost, &err),
                 RS_E_ARGUMENT);
    }
    strip = strip_of(values, RS_F64, 2, 2);
    CHECK_EQ(rs_interleave_columns(&strip, 1, 0, 2, RS_FLOAT32, 0, NULL,
                                   (uint8_t *)out + 1, 16, &cost, &err),
             RS_E_ARGUMENT);
}

int main(void)
{
    test_integers();
    test_outside_int32();
    test_large_integers();
    test_integers_are_kept();
    test_float64_to_float32();
    test_largest_error();
    test_every_bit_of_a_float();
    test_shapes();
    test_places_of_misfits();
    test_missing();
    test_a_misfit_beside_missing_numbers();
    test_arguments();
    return check_report();
}
