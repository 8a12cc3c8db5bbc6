/* Columns side by side become rows.
 *
 * A block of rows is done at a time, so that each strip is read in runs and the rows being
 * written stay in the cache. Within a block, strips of one column go sixteen at a time:
 * each is cast into a lane, or is one as it stands, and the lanes are turned over in
 * squares that fit into registers. Wider strips are cast straight into their rows.
 */
#include "casts.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
    BLOCK = 64, /* rows; also numbers of a run with missing ones, one word of bits */
    LANES = 16,
    AHEAD = 4 /* strips between the one being cast and the one being asked for */
};

/* Where a block goes, and what is known so far. */
typedef struct joint {
    uint8_t *out;
    size_t row_size; /* bytes from row to row */
    size_t size;     /* bytes of one number: 4 or 8 */
    uint8_t dtype;
    const void *fill;
    uint64_t n_missing;
    rs_cast_facts facts;
} joint;

/* -- runs -------------------------------------------------------------------------------- */

/* n <= 64 bits from position i on, and zeros above them. */
static uint64_t load_bits(const uint8_t *bits, size_t i, size_t n)
{
    const size_t shift = i % 8;
    const size_t n_bytes = (shift + n + 7) / 8; /* at most 9 */
    uint64_t word = 0;
    bits += i / 8;
    for (size_t k = 0; k < n_bytes && k < 8; k++) {
        word |= (uint64_t)bits[k] << (8 * k);
    }
    word >>= shift;
    if (n_bytes == 9) {
        word |= (uint64_t)bits[8] << (64 - shift);
    }
    return n < 64 ? word & ((UINT64_C(1) << n) - 1) : word;
}

/* n <= 64 numbers of which those without a bit in `valid` are missing. */
static void cast_with_gaps(const uint8_t *in, size_t in_size, rs_cast *cast, size_t n,
                           uint64_t valid, uint8_t *out, joint *to)
{
    uint8_t values[BLOCK * 8];
    memcpy(values, in, n * in_size);
    for (size_t i = 0; i < n; i++) {
        if (!(valid >> i & 1)) {
            memset(values + i * in_size, 0, in_size); /* whatever stands there */
        }
    }
    cast(values, n, out, &to->facts);
    for (size_t i = 0; i < n; i++) {
        if (!(valid >> i & 1)) {
            to->n_missing++;
            if (to->fill != NULL) {
                memcpy(out + i * to->size, to->fill, to->size);
            }
        }
    }
}

/* n numbers of a strip from `at` on, as the wire's. */
static void cast_run(const rs_strip *strip, size_t at, size_t n, uint8_t *out, joint *to)
{
    const bool packed = strip->type == RS_BITS;
    const uint8_t type = packed ? RS_U8 : strip->type;
    const size_t in_size = rs_number_size(type);
    rs_cast *const cast = rs_find_cast(type, to->dtype);
    const uint8_t *values = strip->values;
    if (!packed && strip->valid == NULL) {
        cast(values + at * in_size, n, out, &to->facts);
        return;
    }
    for (size_t done = 0; done < n; done += BLOCK) {
        const size_t n_now = n - done < BLOCK ? n - done : BLOCK;
        const uint64_t all = UINT64_MAX >> (BLOCK - n_now);
        const uint64_t valid =
            strip->valid == NULL ? all : load_bits(strip->valid, at + done, n_now);
        uint8_t bytes[BLOCK];
        const uint8_t *in = values + (at + done) * in_size;
        if (packed) {
            const uint64_t bits = load_bits(values, at + done, n_now);
            for (size_t i = 0; i < BLOCK; i++) {
                bytes[i] = bits >> i & 1;
            }
            in = bytes;
        }
        if (valid == all) {
            cast(in, n_now, out + done * to->size, &to->facts);
        } else {
            cast_with_gaps(in, in_size, cast, n_now, valid, out + done * to->size, to);
        }
    }
}

/* -- turning lanes into rows ------------------------------------------------------------- */

/* Numbers [begin, end) of the lanes, one at a time. */
static void turn_singly(const uint8_t *const *lanes, size_t n_lanes, size_t begin,
                        size_t end, uint8_t *out, const joint *to)
{
    const size_t size = to->size;
    for (size_t i = begin; i < end; i++) {
        for (size_t k = 0; k < n_lanes; k++) {
            if (size == 4) {
                memcpy(out + i * to->row_size + k * 4, lanes[k] + i * 4, 4);
            } else {
                memcpy(out + i * to->row_size + k * 8, lanes[k] + i * 8, 8);
            }
        }
    }
}

#if defined(__SSE2__)

static inline __m128i load_16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void store_16(uint8_t *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)(void *)p, v);
}

/* Numbers i to i + 3 of four lanes, to four rows. */
static inline void turn_4x4(const uint8_t *const *lanes, size_t i, uint8_t *out,
                            size_t row_size)
{
    const __m128i a = load_16(lanes[0] + i * 4), b = load_16(lanes[1] + i * 4);
    const __m128i c = load_16(lanes[2] + i * 4), d = load_16(lanes[3] + i * 4);
    const __m128i ab_low = _mm_unpacklo_epi32(a, b), ab_high = _mm_unpackhi_epi32(a, b);
    const __m128i cd_low = _mm_unpacklo_epi32(c, d), cd_high = _mm_unpackhi_epi32(c, d);
    store_16(out, _mm_unpacklo_epi64(ab_low, cd_low));
    store_16(out + row_size, _mm_unpackhi_epi64(ab_low, cd_low));
    store_16(out + 2 * row_size, _mm_unpacklo_epi64(ab_high, cd_high));
    store_16(out + 3 * row_size, _mm_unpackhi_epi64(ab_high, cd_high));
}

/* Numbers i and i + 1 of two lanes, to two rows. */
static inline void turn_2x2(const uint8_t *const *lanes, size_t i, uint8_t *out,
                            size_t row_size)
{
    const __m128i a = load_16(lanes[0] + i * 8), b = load_16(lanes[1] + i * 8);
    store_16(out, _mm_unpacklo_epi64(a, b));
    store_16(out + row_size, _mm_unpackhi_epi64(a, b));
}

/* The part of the lanes that squares cover: *n_rows rows of *n_done lanes. */
static void turn_squares(const uint8_t *const *lanes, size_t n_lanes, size_t *n_done,
                         size_t *n_rows, uint8_t *out, const joint *to)
{
    const size_t side = 16 / to->size;
    *n_done = n_lanes - n_lanes % side;
    *n_rows -= *n_rows % side;
    /* Few lanes at a time: columns often lie so far apart that they all want the same few
     * lines of the cache. */
    for (size_t k = 0; k < *n_done; k += side) {
        for (size_t i = 0; i < *n_rows; i += side) {
            uint8_t *row = out + i * to->row_size;
            if (to->size == 4) {
                turn_4x4(lanes + k, i, row + k * 4, to->row_size);
            } else {
                turn_2x2(lanes + k, i, row + k * 8, to->row_size);
            }
        }
    }
}

#else

static void turn_squares(const uint8_t *const *lanes, size_t n_lanes, size_t *n_done,
                         size_t *n_rows, uint8_t *out, const joint *to)
{
    (void)lanes, (void)n_lanes, (void)out, (void)to;
    *n_done = 0;
    *n_rows = 0;
}

#endif

static void turn(const uint8_t *const *lanes, size_t n_lanes, size_t n, uint8_t *out,
                 const joint *to)
{
    size_t n_done, n_rows = n;
    turn_squares(lanes, n_lanes, &n_done, &n_rows, out, to);
    turn_singly(lanes + n_done, n_lanes - n_done, 0, n_rows, out + n_done * to->size, to);
    turn_singly(lanes, n_lanes, n_rows, n, out, to);
}

/* -- blocks of rows ----------------------------------------------------------------------- */

static size_t place_of(const rs_strip *strip, int64_t row)
{
    return (size_t)(strip->first + row * strip->width);
}

/* Does the strip hold the very bytes that are wanted? */
static bool is_lane(const rs_strip *strip, const joint *to)
{
    static const uint8_t same[] = {
        [RS_FLOAT32] = RS_F32, [RS_FLOAT64] = RS_F64, [RS_INT32] = RS_I32};
    return strip->valid == NULL && strip->type == same[to->dtype];
}

/* Ask for the strip's part of a block: the processor foresees runs, not the step from one
 * column to the next. */
static void prefetch_rows(const rs_strip *strip, int64_t row, size_t n)
{
#if defined(__GNUC__)
    const size_t size = rs_number_size(strip->type);
    const uint8_t *p = (const uint8_t *)strip->values + place_of(strip, row) * size;
    for (size_t i = 0; i < n * size; i += 64) {
        __builtin_prefetch(p + i);
    }
#else
    (void)strip, (void)row, (void)n;
#endif
}

/* n rows of up to LANES strips of one column. */
static void join_lanes(const rs_strip *strips, size_t n_lanes, int64_t row, size_t n,
                       uint8_t *out, joint *to)
{
    double room[LANES][BLOCK]; /* of whatever type: doubles are the largest */
    const uint8_t *lanes[LANES];
    for (size_t k = 0; k < n_lanes; k++) {
        const size_t at = place_of(&strips[k], row);
        if (k + AHEAD < n_lanes) {
            prefetch_rows(&strips[k + AHEAD], row, n);
        }
        if (is_lane(&strips[k], to)) {
            lanes[k] = (const uint8_t *)strips[k].values + at * to->size;
        } else {
            cast_run(&strips[k], at, n, (uint8_t *)room[k], to);
            lanes[k] = (const uint8_t *)room[k];
        }
    }
    turn(lanes, n_lanes, n, out, to);
}

/* n rows of one strip of several columns. */
static void join_wide(const rs_strip *strip, int64_t row, size_t n, uint8_t *out,
                      joint *to)
{
    const size_t width = (size_t)strip->width;
    if (width * to->size == to->row_size) {
        cast_run(strip, place_of(strip, row), n * width, out, to);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t at = place_of(strip, row + (int64_t)i);
        cast_run(strip, at, width, out + i * to->row_size, to);
    }
}

static void join_rows(const rs_strip *strips, size_t n_strips, int64_t row, size_t n,
                      uint8_t *out, joint *to)
{
    size_t k = 0;
    while (k < n_strips) {
        size_t n_lanes = 0;
        while (n_lanes < LANES && k + n_lanes < n_strips &&
               strips[k + n_lanes].width == 1) {
            n_lanes++;
        }
        if (n_lanes > 0 && n_strips > 1) {
            join_lanes(strips + k, n_lanes, row, n, out, to);
            out += n_lanes * to->size;
            k += n_lanes;
        } else {
            join_wide(strips + k, row, n, out, to);
            out += (size_t)strips[k].width * to->size;
            k++;
        }
    }
}

/* -- what does not fit -------------------------------------------------------------------- */

static rs_status misfit_at(const rs_strip *strip, size_t at, const joint *to, bool exact)
{
    if (strip->valid != NULL && load_bits(strip->valid, at, 1) == 0) {
        return to->fill == NULL ? RS_E_MISSING : RS_OK;
    }
    if (strip->type == RS_BITS) {
        return RS_OK;
    }
    const uint8_t *in = (const uint8_t *)strip->values + at * rs_number_size(strip->type);
    return rs_misfit_of(in, strip->type, to->dtype, exact);
}

/* The first number of n rows, row by row, that does not fit. */
static rs_status find_misfit(const rs_strip *strips, size_t n_strips, int64_t row,
                             size_t n, const joint *to, bool exact, rs_error *err)
{
    for (int64_t i = row; i < row + (int64_t)n; i++) {
        int64_t column = 0;
        for (size_t k = 0; k < n_strips; k++) {
            for (int64_t j = 0; j < strips[k].width; j++, column++) {
                const size_t at = place_of(&strips[k], i) + (size_t)j;
                const rs_status status = misfit_at(&strips[k], at, to, exact);
                if (status != RS_OK) {
                    rs_fail(err, status);
                    err->field = (int32_t)k;
                    err->row = i;
                    err->column = column;
                    return status;
                }
            }
        }
    }
    return rs_fail(err, RS_E_CHANGED);
}

static bool is_sound(const rs_strip *strip, int64_t end)
{
    const int64_t limit = INT64_MAX / 16; /* so that places and bytes cannot overflow */
    return (strip->type == RS_BITS || rs_number_size(strip->type) != 0) &&
           strip->first >= 0 && strip->first <= limit && strip->width >= 0 &&
           strip->n_rows >= end && (strip->width == 0 || end <= limit / strip->width);
}

static rs_status check_arguments(const rs_strip *strips, size_t n_strips, int64_t begin,
                                 int64_t end, size_t capacity, joint *to)
{
    size_t n_bytes = 0;
    if (begin < 0 || end < begin || rs_find_cast(RS_U8, to->dtype) == NULL ||
        (uintptr_t)to->out % to->size != 0 || n_strips > INT32_MAX) {
        return RS_E_ARGUMENT;
    }
    to->row_size = 0;
    for (size_t k = 0; k < n_strips; k++) {
        if (!is_sound(&strips[k], end)) {
            return RS_E_ARGUMENT;
        }
        if (!rs_mul_size((size_t)strips[k].width, to->size, &n_bytes) ||
            !rs_add_size(to->row_size, n_bytes, &to->row_size)) {
            return RS_E_CAPACITY;
        }
    }
    if (!rs_mul_size(to->row_size, (size_t)(end - begin), &n_bytes) ||
        n_bytes > capacity) {
        return RS_E_CAPACITY;
    }
    return RS_OK;
}

rs_status rs_interleave_columns(const rs_strip *strips, size_t n_strips, int64_t begin,
                                int64_t end, uint8_t dtype, uint32_t flags,
                                const void *fill, void *out, size_t capacity,
                                rs_cast_cost *cost, rs_error *err)
{
    const bool exact = (flags & RS_KEEP_INTEGERS) != 0;
    joint to = {
        .out = out, .size = dtype == RS_FLOAT64 ? 8 : 4, .dtype = dtype, .fill = fill};
    memset(cost, 0, sizeof *cost);
    const rs_status status = check_arguments(strips, n_strips, begin, end, capacity, &to);
    if (status != RS_OK) {
        return rs_fail(err, status);
    }
    for (int64_t row = begin; row < end; row += BLOCK) {
        const size_t n = end - row < BLOCK ? (size_t)(end - row) : BLOCK;
        join_rows(strips, n_strips, row, n, to.out, &to);
        to.out += n * to.row_size;
        if (to.facts.n_misfits != 0 || (fill == NULL && to.n_missing != 0) ||
            (exact && to.facts.n_large != 0)) {
            const rs_status found =
                find_misfit(strips, n_strips, row, n, &to, exact, err);
            err->row -= found == RS_E_CHANGED ? 0 : begin;
            return found;
        }
    }
    cost->n_filled = to.n_missing;
    cost->n_changed = to.facts.n_changed;
    cost->max_relative_error = to.facts.max_relative_error;
    return RS_OK;
}
