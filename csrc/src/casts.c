/* Casts of runs of numbers: exact ones, and those that round or refuse.
 *
 * The loops over a run do not branch, so that compilers make vector code of them. What is
 * rare (a new largest error, large integers, a misfit) is found out by a second look at
 * the run.
 */
#include "casts.h"

#include <float.h>
#include <math.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define EXACT_IN_FLOAT (INT64_C(1) << 24)
#define EXACT_IN_DOUBLE (INT64_C(1) << 53)

#define LOADER(name, type)                                                               \
    static inline type name(const uint8_t *in, size_t i)                                 \
    {                                                                                    \
        type v;                                                                          \
        memcpy(&v, in + i * sizeof v, sizeof v);                                         \
        return v;                                                                        \
    }

LOADER(load_int8, int8_t)
LOADER(load_uint8, uint8_t)
LOADER(load_int16, int16_t)
LOADER(load_uint16, uint16_t)
LOADER(load_int32, int32_t)
LOADER(load_uint32, uint32_t)
LOADER(load_int64, int64_t)
LOADER(load_uint64, uint64_t)
LOADER(load_float, float)
LOADER(load_double, double)

/* -- casts that lose nothing ------------------------------------------------------------ */

#define WIDEN(name, load, type)                                                          \
    static void name(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)       \
    {                                                                                    \
        type *to = out;                                                                  \
        (void)facts;                                                                     \
        for (size_t i = 0; i < n; i++) {                                                 \
            to[i] = (type)load(in, i);                                                   \
        }                                                                                \
    }

WIDEN(int8_to_int32, load_int8, int32_t)
WIDEN(uint8_to_int32, load_uint8, int32_t)
WIDEN(int16_to_int32, load_int16, int32_t)
WIDEN(uint16_to_int32, load_uint16, int32_t)
WIDEN(int8_to_float, load_int8, float)
WIDEN(uint8_to_float, load_uint8, float)
WIDEN(int16_to_float, load_int16, float)
WIDEN(uint16_to_float, load_uint16, float)
WIDEN(int8_to_double, load_int8, double)
WIDEN(uint8_to_double, load_uint8, double)
WIDEN(int16_to_double, load_int16, double)
WIDEN(uint16_to_double, load_uint16, double)
WIDEN(int32_to_double, load_int32, double)
WIDEN(uint32_to_double, load_uint32, double)
WIDEN(float_to_double, load_float, double)

/* Bytes, not numbers: a processor may change the bits of a NaN that it loads. */
static void copy_4(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    (void)facts;
    memcpy(out, in, n * 4);
}

static void copy_8(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    (void)facts;
    memcpy(out, in, n * 8);
}

/* -- to int32 ---------------------------------------------------------------------------- */

static void int64_to_int32(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    int32_t *to = out;
    uint32_t n_misfits = 0;
    for (size_t i = 0; i < n; i++) {
        const int64_t v = load_int64(in, i);
        to[i] = (int32_t)(uint32_t)(uint64_t)v;
        n_misfits += to[i] != v;
    }
    facts->n_misfits += n_misfits;
}

static void uint32_to_int32(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    int32_t *to = out;
    uint32_t n_misfits = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = load_uint32(in, i);
        to[i] = (int32_t)v;
        n_misfits += v >> 31;
    }
    facts->n_misfits += n_misfits;
}

static void uint64_to_int32(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    int32_t *to = out;
    uint32_t n_misfits = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t v = load_uint64(in, i);
        to[i] = (int32_t)(uint32_t)v;
        n_misfits += v > INT32_MAX;
    }
    facts->n_misfits += n_misfits;
}

static void double_to_int32(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    int32_t *to = out;
    uint32_t n_misfits = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = load_double(in, i);
        to[i] = (int32_t)(v >= INT32_MIN && v <= INT32_MAX ? v : 0);
        n_misfits += (double)to[i] != v;
    }
    facts->n_misfits += n_misfits;
}

static void float_to_int32(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    int32_t *to = out;
    uint32_t n_misfits = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)load_float(in, i);
        to[i] = (int32_t)(v >= INT32_MIN && v <= INT32_MAX ? v : 0);
        n_misfits += (double)to[i] != v;
    }
    facts->n_misfits += n_misfits;
}

/* -- integers to floats -------------------------------------------------------------------
 *
 * Up to some size all integers are exact; only runs with larger ones are looked at again. */

/* |v|, and what it became: both whole, so that their difference is exact. */
static void count_rounding(uint64_t size, double rounded, rs_cast_facts *facts)
{
    uint64_t lost;
    if (rounded >= 0x1p64) {
        lost = 0 - size; /* from 2^64 */
    } else {
        const uint64_t whole = (uint64_t)rounded;
        lost = whole > size ? whole - size : size - whole;
    }
    if (lost != 0) {
        const double error = (double)lost / (double)size;
        facts->n_changed++;
        facts->max_relative_error =
            error > facts->max_relative_error ? error : facts->max_relative_error;
    }
}

#define SIZE_OF_SIGNED(v) ((v) < 0 ? 0 - (uint64_t)(v) : (uint64_t)(v))
#define SIZE_OF_UNSIGNED(v) ((uint64_t)(v))

#define ROUND(name, load, from, type, limit, size_of)                                    \
    static void name(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)       \
    {                                                                                    \
        type *to = out;                                                                  \
        uint32_t n_large = 0;                                                            \
        for (size_t i = 0; i < n; i++) {                                                 \
            const from v = load(in, i);                                                  \
            to[i] = (type)v;                                                             \
            n_large += size_of(v) > (uint64_t)(limit);                                   \
        }                                                                                \
        facts->n_large += n_large;                                                       \
        for (size_t i = 0; i < n && n_large != 0; i++) {                                 \
            const from v = load(in, i);                                                  \
            count_rounding(size_of(v), fabs((double)to[i]), facts);                      \
        }                                                                                \
    }

ROUND(int32_to_float, load_int32, int32_t, float, EXACT_IN_FLOAT, SIZE_OF_SIGNED)
ROUND(uint32_to_float, load_uint32, uint32_t, float, EXACT_IN_FLOAT, SIZE_OF_UNSIGNED)
ROUND(int64_to_float, load_int64, int64_t, float, EXACT_IN_FLOAT, SIZE_OF_SIGNED)
ROUND(uint64_to_float, load_uint64, uint64_t, float, EXACT_IN_FLOAT, SIZE_OF_UNSIGNED)
ROUND(int64_to_double, load_int64, int64_t, double, EXACT_IN_DOUBLE, SIZE_OF_SIGNED)
ROUND(uint64_to_double, load_uint64, uint64_t, double, EXACT_IN_DOUBLE, SIZE_OF_UNSIGNED)

/* -- float64 to float32 ------------------------------------------------------------------
 *
 * |back - v| tells all: 0 or NaN (from NaN and infinity) where nothing was lost, infinity
 * where a finite number became infinite. A division for each number would cost more than
 * all else, so the run is first held against the largest error so far, by a product. */

static void find_largest_error(const uint8_t *in, size_t n, const float *out,
                               rs_cast_facts *facts)
{
    for (size_t i = 0; i < n; i++) {
        const double v = load_double(in, i);
        const double lost = fabs((double)out[i] - v);
        if (lost > DBL_MAX) {
            facts->n_misfits++;
        } else if (lost > 0 && lost / fabs(v) > facts->max_relative_error) {
            facts->max_relative_error = lost / fabs(v);
        }
    }
}

static void double_to_float(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts)
{
    float *to = out;
    /* A little less than the largest: neither product nor quotient is exact. */
    const double bound = facts->max_relative_error * (1 - 0x1p-50);
    uint64_t n_changed = 0, n_candidates = 0;
    size_t i = 0;
#if defined(__SSE2__)
    const __m128d sign = _mm_set1_pd(-0.0), zero = _mm_setzero_pd();
    const __m128d bounds = _mm_set1_pd(bound);
    __m128i changed = _mm_setzero_si128(), candidates = _mm_setzero_si128();
    for (; i + 2 <= n; i += 2) {
        const __m128d v = _mm_loadu_pd((const double *)(const void *)(in + i * 8));
        const __m128 narrow = _mm_cvtpd_ps(v);
        _mm_storel_pi((__m64 *)(void *)(to + i), narrow);
        const __m128d lost = _mm_andnot_pd(sign, _mm_sub_pd(_mm_cvtps_pd(narrow), v));
        const __m128d least = _mm_mul_pd(_mm_andnot_pd(sign, v), bounds);
        const __m128d is_changed = _mm_cmpgt_pd(lost, zero);
        const __m128d is_candidate = _mm_and_pd(_mm_cmpge_pd(lost, least), is_changed);
        changed = _mm_sub_epi64(changed, _mm_castpd_si128(is_changed));
        candidates = _mm_sub_epi64(candidates, _mm_castpd_si128(is_candidate));
    }
    uint64_t halves[2];
    memcpy(halves, &changed, 16);
    n_changed = halves[0] + halves[1];
    memcpy(halves, &candidates, 16);
    n_candidates = halves[0] + halves[1];
#endif
    for (; i < n; i++) {
        const double v = load_double(in, i);
        to[i] = (float)v;
        const double lost = fabs((double)to[i] - v);
        n_changed += lost > 0;
        n_candidates += lost > 0 && lost >= fabs(v) * bound;
    }
    facts->n_changed += n_changed;
    if (n_candidates != 0) {
        find_largest_error(in, n, to, facts);
    }
}

/* -- by type ---------------------------------------------------------------------------- */

static const struct {
    uint8_t size;
    rs_cast *to_float, *to_double, *to_int32;
} TYPES[] = {
    [RS_I8] = {1, int8_to_float, int8_to_double, int8_to_int32},
    [RS_U8] = {1, uint8_to_float, uint8_to_double, uint8_to_int32},
    [RS_I16] = {2, int16_to_float, int16_to_double, int16_to_int32},
    [RS_U16] = {2, uint16_to_float, uint16_to_double, uint16_to_int32},
    [RS_I32] = {4, int32_to_float, int32_to_double, copy_4},
    [RS_U32] = {4, uint32_to_float, uint32_to_double, uint32_to_int32},
    [RS_I64] = {8, int64_to_float, int64_to_double, int64_to_int32},
    [RS_U64] = {8, uint64_to_float, uint64_to_double, uint64_to_int32},
    [RS_F32] = {4, copy_4, float_to_double, float_to_int32},
    [RS_F64] = {8, double_to_float, copy_8, double_to_int32},
};

size_t rs_number_size(uint8_t type)
{
    return type < sizeof TYPES / sizeof *TYPES ? TYPES[type].size : 0;
}

rs_cast *rs_find_cast(uint8_t type, uint8_t dtype)
{
    if (rs_number_size(type) == 0) {
        return NULL;
    }
    switch (dtype) {
    case RS_FLOAT32: return TYPES[type].to_float;
    case RS_FLOAT64: return TYPES[type].to_double;
    case RS_INT32: return TYPES[type].to_int32;
    default: return NULL;
    }
}

/* -- why one number does not fit --------------------------------------------------------- */

static rs_status misfit_of_double(double v, uint8_t dtype)
{
    if (dtype == RS_FLOAT32) {
        return fabs(v) <= DBL_MAX && fabs((double)(float)v) > DBL_MAX ? RS_E_RANGE
                                                                      : RS_OK;
    }
    if (dtype != RS_INT32 || (v >= INT32_MIN && v <= INT32_MAX && trunc(v) == v)) {
        return RS_OK;
    }
    return trunc(v) == v ? RS_E_RANGE : RS_E_FRACTION;
}

static rs_status misfit_of_integer(bool negative, uint64_t size, uint8_t dtype,
                                   bool exact)
{
    if (dtype == RS_INT32) {
        return size > (uint64_t)INT32_MAX + negative ? RS_E_RANGE : RS_OK;
    }
    const int64_t limit = dtype == RS_FLOAT32 ? EXACT_IN_FLOAT : EXACT_IN_DOUBLE;
    return exact && size > (uint64_t)limit ? RS_E_INEXACT : RS_OK;
}

rs_status rs_misfit_of(const uint8_t *in, uint8_t type, uint8_t dtype, bool exact)
{
    int64_t v = 0;
    switch (type) {
    case RS_F32: return misfit_of_double((double)load_float(in, 0), dtype);
    case RS_F64: return misfit_of_double(load_double(in, 0), dtype);
    case RS_U32: return misfit_of_integer(false, load_uint32(in, 0), dtype, exact);
    case RS_U64: return misfit_of_integer(false, load_uint64(in, 0), dtype, exact);
    case RS_I32: v = load_int32(in, 0); break;
    case RS_I64: v = load_int64(in, 0); break;
    default: return RS_OK; /* narrower ones fit everywhere */
    }
    return misfit_of_integer(v < 0, SIZE_OF_SIGNED(v), dtype, exact);
}
