/* Facts about numbers, and narrowing with its cost. */
#include <math.h>

#include "wire.h"

void rs_stats_init(rs_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->first_nan = -1;
    stats->first_inf = -1;
    stats->min = INFINITY;
    stats->max = -INFINITY;
}

static void add_value(double v, rs_stats *stats)
{
    const int64_t at = (int64_t)stats->n_values++;
    if (isnan(v)) {
        stats->n_nan++;
        stats->first_nan = stats->first_nan < 0 ? at : stats->first_nan;
    } else if (isinf(v)) {
        stats->n_inf++;
        stats->first_inf = stats->first_inf < 0 ? at : stats->first_inf;
    } else {
        stats->n_not_integer += v != trunc(v);
        stats->min = v < stats->min ? v : stats->min;
        stats->max = v > stats->max ? v : stats->max;
    }
}

void rs_stats_float32(const float *values, size_t n, rs_stats *stats)
{
    for (size_t i = 0; i < n; i++) {
        add_value((double)values[i], stats);
    }
}

void rs_stats_float64(const double *values, size_t n, rs_stats *stats)
{
    for (size_t i = 0; i < n; i++) {
        add_value(values[i], stats);
    }
}

void rs_stats_int32(const int32_t *values, size_t n, rs_stats *stats)
{
    for (size_t i = 0; i < n; i++) {
        add_value((double)values[i], stats);
    }
}

void rs_narrowing_init(rs_narrowing *cost)
{
    memset(cost, 0, sizeof *cost);
    cost->first_overflow = -1;
}

void rs_narrow_float32(const double *in, size_t n, float *out, rs_narrowing *cost)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)in[i];
        const int64_t at = (int64_t)cost->n_values++;
        if (isnan(in[i]) || (double)out[i] == in[i]) {
            continue;
        }
        cost->n_changed++;
        if (isinf(out[i])) {
            cost->n_overflow++;
            cost->first_overflow = cost->first_overflow < 0 ? at : cost->first_overflow;
        } else {
            const double error = fabs(((double)out[i] - in[i]) / in[i]);
            cost->max_relative_error =
                error > cost->max_relative_error ? error : cost->max_relative_error;
        }
    }
}

void rs_narrow_int32(const int64_t *in, size_t n, int32_t *out, rs_narrowing *cost)
{
    for (size_t i = 0; i < n; i++) {
        const bool fits = in[i] >= INT32_MIN && in[i] <= INT32_MAX;
        const int64_t at = (int64_t)cost->n_values++;
        out[i] = fits ? (int32_t)in[i] : 0;
        if (!fits) {
            cost->n_changed++;
            cost->n_overflow++;
            cost->first_overflow = cost->first_overflow < 0 ? at : cost->first_overflow;
        }
    }
}
