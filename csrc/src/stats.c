/* Facts about numbers, and narrowing with its cost.
 *
 * Numbers go by in blocks. Within a block nothing branches, and counts, minima and maxima
 * are kept so that compilers make vector code of it without having to reorder
 * floating-point arithmetic. A block that holds something whose place is wanted is
 * looked through again.
 */
#include <float.h>
#include <math.h>

#include "wire.h"

enum { LANES = 4, FLOAT_LANES = 16, BLOCK = 512 };

/* From here on doubles are whole; adding it to a smaller one rounds its fraction away. */
#define WHOLE_FROM 0x1p52

/* Comparing bits rather than doubles, by subtraction, needs nothing that plain SSE2 lacks:
 * it has no comparison of 64-bit integers, and compilers do not count with masks of
 * doubles. */
#define SIGN (UINT64_C(1) << 63)
#define INFINITE UINT64_C(0x7ff0000000000000)
#define ALWAYS_WHOLE UINT64_C(0x4330000000000000) /* WHOLE_FROM */

static inline uint64_t get_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* 1 or 0; both below 2^63 */
static inline uint64_t is_above(uint64_t a, uint64_t b)
{
    return (b - a) >> 63;
}

static inline uint64_t is_not_zero(uint64_t v)
{
    return (v | (0 - v)) >> 63;
}

void rs_stats_init(rs_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->first_nan = -1;
    stats->first_inf = -1;
    stats->min = INFINITY;
    stats->max = -INFINITY;
}

typedef struct facts {
    uint64_t n_nan, n_inf, n_not_integer;
    double min, max;
} facts;

static void count_kinds(const double *values, size_t n, facts *found)
{
    uint64_t n_nan = 0, n_not_finite = 0, n_not_integer = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t size = get_bits(values[i]) & ~SIGN;
        const double raised = fabs(values[i]) + WHOLE_FROM;
        const uint64_t whole = get_bits(raised - WHOLE_FROM);
        n_nan += is_above(size, INFINITE);
        n_not_finite += is_above(size, INFINITE - 1);
        n_not_integer += is_above(ALWAYS_WHOLE, size) & is_not_zero(whole ^ size);
    }
    found->n_nan = n_nan;
    found->n_inf = n_not_finite - n_nan;
    found->n_not_integer = n_not_integer;
}

static void find_range(const double *values, size_t n, facts *found)
{
    double min[LANES] = {INFINITY, INFINITY, INFINITY, INFINITY};
    double max[LANES] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            const double v = values[i + k];
            min[k] = v < min[k] ? v : min[k];
            max[k] = v > max[k] ? v : max[k];
        }
    }
    for (; i < n; i++) {
        min[0] = values[i] < min[0] ? values[i] : min[0];
        max[0] = values[i] > max[0] ? values[i] : max[0];
    }
    for (size_t k = 1; k < LANES; k++) {
        min[0] = min[k] < min[0] ? min[k] : min[0];
        max[0] = max[k] > max[0] ? max[k] : max[0];
    }
    found->min = min[0];
    found->max = max[0];
}

/* Values with infinities among them are rare: one at a time. */
static void find_finite_range(const double *values, size_t n, facts *found)
{
    found->min = INFINITY;
    found->max = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (fabs(values[i]) <= DBL_MAX) {
            found->min = values[i] < found->min ? values[i] : found->min;
            found->max = values[i] > found->max ? values[i] : found->max;
        }
    }
}

static int64_t find_first(const double *values, size_t n, bool (*is_it)(double))
{
    for (size_t i = 0; i < n; i++) {
        if (is_it(values[i])) {
            return (int64_t)i;
        }
    }
    return -1; /* changed meanwhile by another thread */
}

static bool is_nan(double v)
{
    return v != v;
}

static bool is_infinite(double v)
{
    return fabs(v) > DBL_MAX;
}

static void add_block(const double *values, size_t n, rs_stats *stats)
{
    facts found;
    count_kinds(values, n, &found);
    if (found.n_inf == 0) {
        find_range(values, n, &found);
    } else {
        find_finite_range(values, n, &found);
    }
    if (found.n_nan != 0 && stats->first_nan < 0) {
        stats->first_nan = (int64_t)stats->n_values + find_first(values, n, is_nan);
    }
    if (found.n_inf != 0 && stats->first_inf < 0) {
        stats->first_inf = (int64_t)stats->n_values + find_first(values, n, is_infinite);
    }
    stats->n_nan += found.n_nan;
    stats->n_inf += found.n_inf;
    stats->n_not_integer += found.n_not_integer;
    stats->min = found.min < stats->min ? found.min : stats->min;
    stats->max = found.max > stats->max ? found.max : stats->max;
    stats->n_values += n;
}

/* Of a block of finite values, whatever their fractions; false if one is not finite. The
 * minimum and maximum of floats are those of the same doubles. */
static bool add_finite_floats(const float *values, size_t n, rs_stats *stats)
{
    float min[FLOAT_LANES], max[FLOAT_LANES];
    uint32_t not_finite[FLOAT_LANES] = {0};
    for (size_t k = 0; k < FLOAT_LANES; k++) {
        min[k] = FLT_MAX;
        max[k] = -FLT_MAX;
    }
    size_t i = 0;
    for (; i + FLOAT_LANES <= n; i += FLOAT_LANES) {
        for (size_t k = 0; k < FLOAT_LANES; k++) {
            const float v = values[i + k];
            uint32_t bits;
            memcpy(&bits, &v, sizeof bits);
            min[k] = v < min[k] ? v : min[k];
            max[k] = v > max[k] ? v : max[k];
            not_finite[k] |= (bits & 0x7fffffffU) + 0x00800000U;
        }
    }
    for (; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        min[0] = values[i] < min[0] ? values[i] : min[0];
        max[0] = values[i] > max[0] ? values[i] : max[0];
        not_finite[0] |= (bits & 0x7fffffffU) + 0x00800000U;
    }
    for (size_t k = 1; k < FLOAT_LANES; k++) {
        min[0] = min[k] < min[0] ? min[k] : min[0];
        max[0] = max[k] > max[0] ? max[k] : max[0];
        not_finite[0] |= not_finite[k];
    }
    if (not_finite[0] >> 31 != 0) {
        return false;
    }
    stats->min = (double)min[0] < stats->min ? (double)min[0] : stats->min;
    stats->max = (double)max[0] > stats->max ? (double)max[0] : stats->max;
    stats->n_values += n;
    return true;
}

void rs_bounds_float32(const float *values, size_t n, rs_stats *stats)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t n_block = n - at < BLOCK ? n - at : BLOCK;
        if (!add_finite_floats(values + at, n_block, stats)) {
            const uint64_t n_not_integer = stats->n_not_integer;
            rs_stats_float32(values + at, n_block, stats);
            stats->n_not_integer = n_not_integer;
        }
    }
}

void rs_stats_float64(const double *values, size_t n, rs_stats *stats)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        add_block(values + at, n - at < BLOCK ? n - at : BLOCK, stats);
    }
}

void rs_stats_float32(const float *values, size_t n, rs_stats *stats)
{
    double block[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t n_block = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < n_block; i++) {
            block[i] = (double)values[at + i];
        }
        add_block(block, n_block, stats);
    }
}

void rs_stats_int32(const int32_t *values, size_t n, rs_stats *stats)
{
    int32_t min = INT32_MAX;
    int32_t max = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    if (n != 0) {
        stats->min = (double)min < stats->min ? (double)min : stats->min;
        stats->max = (double)max > stats->max ? (double)max : stats->max;
        stats->n_values += n;
    }
}

void rs_narrowing_init(rs_narrowing *cost)
{
    memset(cost, 0, sizeof *cost);
    cost->first_overflow = -1;
}

static void narrow_block(const double *in, size_t n, float *out, rs_narrowing *cost)
{
    uint64_t n_changed = 0, n_overflow = 0;
    double error[BLOCK];
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)in[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double back = (double)out[i];
        const uint64_t size = get_bits(in[i]) & ~SIGN;
        const uint64_t back_size = get_bits(back) & ~SIGN;
        const uint64_t is_number = is_above(INFINITE + 1, size);
        n_changed += is_number & is_not_zero(size ^ back_size);
        n_overflow += is_above(INFINITE, size) & is_above(back_size, INFINITE - 1);
        error[i] = fabs(back - in[i]) / fabs(in[i]);
    }
    const double max_error = cost->max_relative_error;
    double max[LANES] = {max_error, max_error, max_error, max_error};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            /* NaN from 0 / 0, infinity from an overflow */
            const double e = error[i + k] <= 1 ? error[i + k] : 0;
            max[k] = e > max[k] ? e : max[k];
        }
    }
    for (; i < n; i++) {
        max[0] = error[i] <= 1 && error[i] > max[0] ? error[i] : max[0];
    }
    for (size_t k = 0; k < LANES; k++) {
        cost->max_relative_error =
            max[k] > cost->max_relative_error ? max[k] : cost->max_relative_error;
    }
    if (n_overflow != 0 && cost->first_overflow < 0) {
        size_t at = 0;
        while (at + 1 < n && !(fabs(in[at]) <= DBL_MAX && isinf(out[at]))) {
            at++;
        }
        cost->first_overflow = (int64_t)(cost->n_values + at);
    }
    cost->n_changed += n_changed;
    cost->n_overflow += n_overflow;
    cost->n_values += n;
}

void rs_narrow_float32(const double *in, size_t n, float *out, rs_narrowing *cost)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        narrow_block(in + at, n - at < BLOCK ? n - at : BLOCK, out + at, cost);
    }
}

void rs_narrow_int32(const int64_t *in, size_t n, int32_t *out, rs_narrowing *cost)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t n_block = n - at < BLOCK ? n - at : BLOCK;
        uint32_t n_overflow = 0;
        for (size_t i = at; i < at + n_block; i++) {
            const int32_t narrowed = (int32_t)(uint32_t)(uint64_t)in[i];
            const bool fits = narrowed == in[i];
            out[i] = fits ? narrowed : 0;
            n_overflow += !fits;
        }
        if (n_overflow != 0 && cost->first_overflow < 0) {
            size_t i = at;
            while (i + 1 < at + n_block && out[i] == in[i]) {
                i++;
            }
            cost->first_overflow = (int64_t)(cost->n_values + (i - at));
        }
        cost->n_changed += n_overflow;
        cost->n_overflow += n_overflow;
        cost->n_values += n_block;
    }
}
