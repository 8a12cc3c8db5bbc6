/* Facts about numbers, and narrowing with its cost. */
#include <float.h>
#include <math.h>

#include "check.h"
#include "recordsmith/recordsmith.h"

static float floats[2000];
static double doubles[2000];

static void test_floats(void)
{
    const float values[] = {1.5F,     NAN,   -2,        8388607.5F, INFINITY,
                            16777216, -0.0F, -INFINITY, NAN};
    rs_stats stats;
    rs_stats_init(&stats);
    CHECK(stats.min > stats.max);
    CHECK_EQ(stats.first_nan, -1);
    rs_stats_float32(values, 1, &stats);
    rs_stats_float32(values + 1, 8, &stats);
    CHECK_EQ(stats.n_values, 9);
    CHECK_EQ(stats.n_nan, 2);
    CHECK_EQ(stats.first_nan, 1);
    CHECK_EQ(stats.n_inf, 2);
    CHECK_EQ(stats.first_inf, 4);
    CHECK_EQ(stats.n_not_integer, 2);
    CHECK(stats.min == -2);
    CHECK(stats.max == 16777216);
}

/* The same facts, but for fractions, which are left alone: whether a block is finite or
 * not, and wherever in it the odd value stands. */
static void test_bounds(void)
{
    const float odd[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, -0.0F, 1e-45F};
    for (size_t at = 0; at < 2000; at += 61) {
        for (size_t k = 0; k < 7; k++) {
            for (size_t i = 0; i < 2000; i++) {
                floats[i] = (float)i / 8;
            }
            floats[at] = odd[k];
            rs_stats want, got;
            rs_stats_init(&want);
            rs_stats_init(&got);
            rs_stats_float32(floats, 2000, &want);
            rs_bounds_float32(floats, 1500, &got);
            rs_bounds_float32(floats + 1500, 500, &got);
            CHECK_EQ(got.n_not_integer, 0);
            want.n_not_integer = 0;
            CHECK_BYTES(&got, sizeof got, &want, sizeof want);
        }
    }
    rs_stats none;
    rs_stats_init(&none);
    rs_bounds_float32(floats, 0, &none);
    CHECK(none.min > none.max);
}

static void test_doubles(void)
{
    const double values[] = {0x1p52, 0x1p52 - 0.5, 0x1p51 + 0.5, -0x1p-1074, DBL_MAX, 3};
    rs_stats stats;
    rs_stats_init(&stats);
    rs_stats_float64(values, 6, &stats);
    CHECK_EQ(stats.n_not_integer, 3);
    CHECK_EQ(stats.n_inf, 0);
    CHECK_EQ(stats.n_nan, 0);
    CHECK(stats.max == DBL_MAX);
    CHECK(stats.min == -0x1p-1074);
}

/* Longer than a block, with something at each place in turn. */
static void test_places(void)
{
    const size_t n = sizeof doubles / sizeof *doubles;
    for (size_t at = 0; at < n; at += 37) {
        rs_stats stats;
        for (size_t i = 0; i < n; i++) {
            doubles[i] = (double)i;
            floats[i] = (float)i;
        }
        doubles[at] = NAN;
        doubles[n - 1 - at] = -INFINITY;
        floats[at] = -1.25F;
        rs_stats_init(&stats);
        rs_stats_float64(doubles, n, &stats);
        CHECK_EQ(stats.first_nan, at);
        CHECK_EQ(stats.first_inf, n - 1 - at);
        CHECK_EQ(stats.n_nan + stats.n_inf, 2);
        CHECK(stats.min == (at == 0 || at == n - 1 ? 1 : 0));
        rs_stats_init(&stats);
        rs_stats_float32(floats, n, &stats);
        CHECK_EQ(stats.n_not_integer, 1);
        CHECK(stats.min == -1.25);
        CHECK(stats.max == (at == n - 1 ? 1998 : 1999));
    }
}

static void test_integers(void)
{
    const int32_t values[] = {5, INT32_MIN, 7, INT32_MAX, 0};
    rs_stats stats;
    rs_stats_init(&stats);
    rs_stats_int32(values, 0, &stats);
    CHECK(stats.min > stats.max);
    rs_stats_int32(values, 5, &stats);
    CHECK(stats.min == -2147483648.0);
    CHECK(stats.max == 2147483647.0);
    CHECK_EQ(stats.n_values, 5);
    CHECK_EQ(stats.n_not_integer, 0);
}

static void test_narrow_float32(void)
{
    /* 1 + 2^-24 lies half way and goes to even; 2^-150 vanishes; 2^128 is too large */
    const double in[] = {1.5, 1 + 0x1p-24, NAN, INFINITY, 0x1p-150, 0x1p128, 0, -0.0};
    float out[9];
    rs_narrowing cost;
    memset(out, 0xee, sizeof out);
    rs_narrowing_init(&cost);
    rs_narrow_float32(in, 2, out, &cost);
    CHECK_EQ(cost.n_changed, 1);
    CHECK(cost.max_relative_error == 0x1p-24 / (1 + 0x1p-24));
    CHECK_EQ(cost.first_overflow, -1);
    rs_narrow_float32(in + 2, 6, out + 2, &cost);
    CHECK_EQ(cost.n_values, 8);
    CHECK_EQ(cost.n_changed, 3);
    CHECK_EQ(cost.n_overflow, 1);
    CHECK_EQ(cost.first_overflow, 5);
    CHECK(cost.max_relative_error == 1);
    CHECK(out[0] == 1.5F && out[1] == 1 && isnan(out[2]) && isinf(out[3]) && out[4] == 0);
    CHECK(isinf(out[5]) && signbit(out[7]) != 0);
    CHECK_EQ(((const uint8_t *)out)[32], 0xee);

    const uint64_t bits = UINT64_C(0xfff9234560000000); /* a NaN with a payload */
    double nan;
    uint32_t narrowed;
    memcpy(&nan, &bits, 8);
    rs_narrow_float32(&nan, 1, out, &cost);
    memcpy(&narrowed, out, 4);
    CHECK_EQ(narrowed, 0xffc91a2b);
    CHECK_EQ(cost.n_changed, 3);
}

static void test_narrow_places(void)
{
    const size_t n = sizeof doubles / sizeof *doubles;
    for (size_t at = 0; at < n; at += 61) {
        rs_narrowing cost;
        for (size_t i = 0; i < n; i++) {
            doubles[i] = (double)i;
        }
        doubles[at] = -DBL_MAX;
        rs_narrowing_init(&cost);
        rs_narrow_float32(doubles, n, floats, &cost);
        CHECK_EQ(cost.first_overflow, at);
        CHECK_EQ(cost.n_changed, 1);
        CHECK(cost.max_relative_error == 0);
    }
}

static void test_narrow_int32(void)
{
    const int64_t in[] = {1,
                          -1,
                          INT32_MAX,
                          INT32_MIN,
                          INT64_C(1) << 31,
                          -(INT64_C(1) << 31) - 1,
                          INT64_MIN,
                          INT64_C(1) << 32};
    const int32_t want[] = {1, -1, INT32_MAX, INT32_MIN, 0, 0, 0, 0};
    int32_t out[9] = {0, 0, 0, 0, 7, 7, 7, 7, 7};
    rs_narrowing cost;
    rs_narrowing_init(&cost);
    rs_narrow_int32(in, 3, out, &cost);
    rs_narrow_int32(in + 3, 5, out + 3, &cost);
    CHECK_BYTES(out, 32, want, 32);
    CHECK_EQ(out[8], 7);
    CHECK_EQ(cost.n_values, 8);
    CHECK_EQ(cost.n_changed, 4);
    CHECK_EQ(cost.n_overflow, 4);
    CHECK_EQ(cost.first_overflow, 4);
}

int main(void)
{
    test_floats();
    test_bounds();
    test_doubles();
    test_places();
    test_integers();
    test_narrow_float32();
    test_narrow_places();
    test_narrow_int32();
    return check_report();
}
