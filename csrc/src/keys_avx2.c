/* Runs of small integers as varints, eight at a time, on processors with AVX2.
 *
 * Each integer becomes four bytes: its 7-bit groups with their continuation bits. A shuffle
 * then moves the bytes in use of four integers together. (No pdep: slow on AMD Zen 1 and 2.)
 */
#include "keys.h"

#if defined(RS_HAVE_AVX2_KEYS)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt")))
#define AVX2_INLINE AVX2 __attribute__((always_inline)) static inline

enum { LANES = 8 };

/* Two bits an integer, its bytes less one: the low bits of four integers in bits 0 to 3 of
 * the code, the high bits in bits 4 to 7. SHUFFLES[code] picks the bytes in use; the
 * zeros behind them pick surplus bytes, which are overwritten later. */
#define K0_00 0
#define K0_01 0, 1
#define K0_10 0, 1, 2
#define K0_11 0, 1, 2, 3
#define K1_00 4
#define K1_01 4, 5
#define K1_10 4, 5, 6
#define K1_11 4, 5, 6, 7
#define K2_00 8
#define K2_01 8, 9
#define K2_10 8, 9, 10
#define K2_11 8, 9, 10, 11
#define K3_00 12
#define K3_01 12, 13
#define K3_10 12, 13, 14
#define K3_11 12, 13, 14, 15
#define SHUFFLE(d, c, b, a, h, g, f, e)                                                  \
    {                                                                                    \
        K0_##a##e, K1_##b##f, K2_##c##g, K3_##d##h                                       \
    }
#define SHUFFLES_2(d, c, b, a, h, g, f)                                                  \
    SHUFFLE(d, c, b, a, h, g, f, 0), SHUFFLE(d, c, b, a, h, g, f, 1)
#define SHUFFLES_4(d, c, b, a, h, g)                                                     \
    SHUFFLES_2(d, c, b, a, h, g, 0), SHUFFLES_2(d, c, b, a, h, g, 1)
#define SHUFFLES_8(d, c, b, a, h)                                                        \
    SHUFFLES_4(d, c, b, a, h, 0), SHUFFLES_4(d, c, b, a, h, 1)
#define SHUFFLES_16(d, c, b, a) SHUFFLES_8(d, c, b, a, 0), SHUFFLES_8(d, c, b, a, 1)
#define SHUFFLES_32(d, c, b) SHUFFLES_16(d, c, b, 0), SHUFFLES_16(d, c, b, 1)
#define SHUFFLES_64(d, c) SHUFFLES_32(d, c, 0), SHUFFLES_32(d, c, 1)
#define SHUFFLES_128(d) SHUFFLES_64(d, 0), SHUFFLES_64(d, 1)
static const uint8_t SHUFFLES[256][16] = {SHUFFLES_128(0), SHUFFLES_128(1)};

/* Bytes of four integers by code: 4, and 1 for each low and 2 for each high bit. */
#define SIZES_2(n) (n), (n) + 1
#define SIZES_4(n) SIZES_2(n), SIZES_2((n) + 1)
#define SIZES_8(n) SIZES_4(n), SIZES_4((n) + 1)
#define SIZES_16(n) SIZES_8(n), SIZES_8((n) + 1)
#define SIZES_32(n) SIZES_16(n), SIZES_16((n) + 2)
#define SIZES_64(n) SIZES_32(n), SIZES_32((n) + 2)
#define SIZES_128(n) SIZES_64(n), SIZES_64((n) + 2)
static const uint8_t SIZES[256] = {SIZES_128(4), SIZES_128(6)};

/* All ones in the first n of eight lanes. */
AVX2_INLINE __m256i mask_lanes(size_t n)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes);
}

AVX2_INLINE __m256i up_one_lane(void)
{
    return _mm256_setr_epi32(7, 0, 1, 2, 3, 4, 5, 6);
}

/* Eight keys from position i on, lanes outside the mask zero; the high halves of 64-bit
 * keys go to *high. Unmasked, all eight are read. */
AVX2_INLINE __m256i load_keys(const uint8_t *keys, size_t i, bool is_wide, bool is_masked,
                              __m256i mask, __m256i *high)
{
    if (!is_wide) {
        const int *p = (const int *)(const void *)(keys + i * 4);
        return is_masked ? _mm256_maskload_epi32(p, mask)
                         : _mm256_loadu_si256((const __m256i *)(const void *)p);
    }
    const long long *p = (const long long *)(const void *)(keys + i * 8);
    __m256i a, b;
    if (is_masked) {
        const __m128i low_mask = _mm256_castsi256_si128(mask);
        const __m128i high_mask = _mm256_extracti128_si256(mask, 1);
        a = _mm256_maskload_epi64(p, _mm256_cvtepi32_epi64(low_mask));
        b = _mm256_maskload_epi64(p + 4, _mm256_cvtepi32_epi64(high_mask));
    } else {
        a = _mm256_loadu_si256((const __m256i *)(const void *)p);
        b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 4));
    }
    const __m256 fa = _mm256_castsi256_ps(a);
    const __m256 fb = _mm256_castsi256_ps(b);
    const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(fa, fb, 0x88));
    const __m256i high_words = _mm256_castps_si256(_mm256_shuffle_ps(fa, fb, 0xdd));
    *high = _mm256_or_si256(*high, high_words);
    return _mm256_permute4x64_epi64(low, 0xd8);
}

/* What the sizes of eight varints are made of: all ones in the lanes of keys that take more
 * than one, two and three bytes. */
typedef struct sizes {
    __m256i m1, m2, m3;
} sizes;

AVX2_INLINE sizes get_sizes(__m256i keys)
{
    const sizes found = {_mm256_cmpgt_epi32(keys, _mm256_set1_epi32(0x7f)),
                         _mm256_cmpgt_epi32(keys, _mm256_set1_epi32(0x3fff)),
                         _mm256_cmpgt_epi32(keys, _mm256_set1_epi32(0x1fffff))};
    return found;
}

/* What sizing accumulates, lane by lane. */
typedef struct tally {
    __m256i bad; /* sign bit: a key out of range or order; for wide keys any bit counts */
    __m256i high; /* high halves of wide keys */
    __m256i more; /* bytes above one, negative */
} tally;

AVX2_INLINE void tally_keys(tally *sum, __m256i keys, __m256i last)
{
    sum->bad = _mm256_or_si256(sum->bad, keys);
    sum->bad = _mm256_or_si256(sum->bad, _mm256_cmpgt_epi32(keys, last));
    const sizes of = get_sizes(keys);
    sum->more = _mm256_add_epi32(sum->more,
                                 _mm256_add_epi32(_mm256_add_epi32(of.m1, of.m2), of.m3));
}

/* Lanes of the mask that are not above the key before them become bad. */
AVX2_INLINE void tally_order(tally *sum, __m256i keys, __m256i before, __m256i mask)
{
    const __m256i above = _mm256_cmpgt_epi32(keys, before);
    sum->bad = _mm256_or_si256(sum->bad, _mm256_andnot_si256(above, mask));
}

AVX2_INLINE size_t size_run(const uint8_t *keys, size_t n, int32_t limit_less_one,
                            bool is_wide, bool ascending)
{
    const __m256i none = _mm256_setzero_si256();
    const __m256i all = _mm256_set1_epi32(-1);
    const __m256i last = _mm256_set1_epi32(limit_less_one);
    tally sum = {none, none, none};
    __m256i carry = all; /* lane 7 of the block before; -1 is below any key */
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256i block = load_keys(keys, i, is_wide, false, all, &sum.high);
        tally_keys(&sum, block, last);
        if (ascending) {
            const __m256i turned = _mm256_permutevar8x32_epi32(block, up_one_lane());
            tally_order(&sum, block, _mm256_blend_epi32(turned, carry, 1), all);
            carry = turned;
        }
    }
    if (i < n) {
        const __m256i mask = mask_lanes(n - i);
        const __m256i block = load_keys(keys, i, is_wide, true, mask, &sum.high);
        tally_keys(&sum, block, last);
        if (ascending) {
            const __m256i turned = _mm256_permutevar8x32_epi32(block, up_one_lane());
            tally_order(&sum, block, _mm256_blend_epi32(turned, carry, 1), mask);
        }
    }
    if (_mm256_movemask_ps(_mm256_castsi256_ps(sum.bad)) != 0 ||
        (is_wide && !_mm256_testz_si256(sum.high, sum.high))) {
        return SIZE_MAX;
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum.more),
                                 _mm256_extracti128_si256(sum.more, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return n + (uint32_t)-_mm_cvtsi128_si32(half);
}

AVX2 size_t rs_size_run_avx2(rs_run run, uint64_t limit, bool ascending)
{
    if (limit == 0 && run.n != 0) {
        return SIZE_MAX;
    }
    const int32_t last = (int32_t)(limit - (limit != 0));
    if (run.size == 4) {
        return ascending ? size_run(run.first, run.n, last, false, true)
                         : size_run(run.first, run.n, last, false, false);
    }
    return ascending ? size_run(run.first, run.n, last, true, true)
                     : size_run(run.first, run.n, last, true, false);
}

/* The codes of keys 0 to 3 and of keys 4 to 7, in bits 0 to 7 and 16 to 23. */
AVX2_INLINE uint32_t get_codes(sizes of)
{
    const __m256i odd = _mm256_xor_si256(_mm256_xor_si256(of.m1, of.m2), of.m3);
    const __m256i codes = _mm256_packs_epi32(odd, of.m2);
    return (uint32_t)_mm256_movemask_epi8(_mm256_packs_epi16(codes, codes));
}

AVX2_INLINE size_t code_a(uint32_t codes)
{
    return codes & 0xff;
}

AVX2_INLINE size_t code_b(uint32_t codes)
{
    return codes >> 16 & 0xff;
}

/* Stores the varints of eight keys; writes 32 bytes at most. */
AVX2_INLINE uint8_t *put_keys(uint8_t *p, __m256i keys, sizes of, uint32_t codes)
{
    /* bits 14 to 27 to the upper half of the lane, then bits 7 to 13 of each half up by one:
     * adding what is above bit 7 doubles it */
    const __m256i halves =
        _mm256_blend_epi16(_mm256_and_si256(keys, _mm256_set1_epi32(0x3fff)),
                           _mm256_slli_epi32(keys, 2), 0xaa);
    const __m256i groups =
        _mm256_add_epi16(halves, _mm256_and_si256(halves, _mm256_set1_epi16(0x3f80)));
    const __m256i going_on = _mm256_or_si256(
        _mm256_or_si256(_mm256_and_si256(of.m1, _mm256_set1_epi32(0x80)),
                        _mm256_and_si256(of.m2, _mm256_set1_epi32(0x8000))),
        _mm256_and_si256(of.m3, _mm256_set1_epi32(0x800000)));
    const __m256i bytes = _mm256_or_si256(groups, going_on);
    const __m128i a = _mm_shuffle_epi8(
        _mm256_castsi256_si128(bytes),
        _mm_loadu_si128((const __m128i *)(const void *)SHUFFLES[code_a(codes)]));
    const __m128i b = _mm_shuffle_epi8(
        _mm256_extracti128_si256(bytes, 1),
        _mm_loadu_si128((const __m128i *)(const void *)SHUFFLES[code_b(codes)]));
    _mm_storeu_si128((__m128i *)(void *)p, a);
    p += SIZES[code_a(codes)];
    _mm_storeu_si128((__m128i *)(void *)p, b);
    return p + SIZES[code_b(codes)];
}

AVX2_INLINE uint8_t *put_block(uint8_t *p, __m256i keys)
{
    const sizes of = get_sizes(keys);
    return put_keys(p, keys, of, get_codes(of));
}

AVX2_INLINE uint8_t *put_run(uint8_t *p, const uint8_t *room_end, const uint8_t *keys,
                             size_t n, bool is_wide, size_t *n_done)
{
    const __m256i all = _mm256_set1_epi32(-1);
    const __m256i too_high = _mm256_set1_epi32((int)(0xffffffff << 28));
    __m256i high = _mm256_setzero_si256();
    __m256i bits = high;
    size_t i = 0;
    while (i + LANES <= n && room_end - p >= 4 * LANES) {
        const __m256i block = load_keys(keys, i, is_wide, false, all, &high);
        bits = _mm256_or_si256(bits, block);
        p = put_block(p, block);
        i += LANES;
    }
    if (i < n && n - i < LANES && room_end - p >= 4 * LANES) {
        /* the empty lanes are zeros of one byte each, behind the others */
        const __m256i block = load_keys(keys, i, is_wide, true, mask_lanes(n - i), &high);
        bits = _mm256_or_si256(bits, block);
        p = put_block(p, block) - (LANES - (n - i));
        i = n;
    }
    *n_done = i;
    const bool is_quick = _mm256_testz_si256(bits, too_high) != 0 &&
                          (!is_wide || _mm256_testz_si256(high, high) != 0);
    return is_quick ? p : NULL;
}

AVX2 uint8_t *rs_put_run_avx2(uint8_t *p, const uint8_t *room_end, rs_run run,
                              size_t *n_done)
{
    return run.size == 4 ? put_run(p, room_end, run.first, run.n, false, n_done)
                         : put_run(p, room_end, run.first, run.n, true, n_done);
}

/* Eight keys of several rows: where their varints begin, and a word of bits. In each half
 * of it are those of four keys: twice four that say how many bytes the keys take, then four
 * that say which are above the key before them. */
typedef struct mark {
    uint32_t place;
    uint32_t bits;
} mark;

/* The first four bits of the keys before one in a block. */
static const uint32_t BEFORE[LANES] = {0,          0x00000001, 0x00000003, 0x00000007,
                                       0x0000000f, 0x0001000f, 0x0003000f, 0x0007000f};

AVX2_INLINE uint32_t count_bits(uint32_t bits)
{
    return (uint32_t)__builtin_popcount(bits);
}

/* Signs of four times eight lanes: in the lower half of the word those of lanes 0 to 3 of
 * a, b, c and d, in the upper half those of lanes 4 to 7. */
AVX2_INLINE uint32_t get_signs(__m256i a, __m256i b, __m256i c, __m256i d)
{
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d)));
}

/* What is learned of all keys. */
typedef struct survey {
    __m256i most; /* lane by lane, unsigned */
    __m256i high; /* high halves of wide keys */
    uint32_t n_ascents;
} survey;

/* Eight keys; where the varints after them begin. `before`: the keys before them. */
AVX2_INLINE uint32_t take_block(rs_rows *rows, uint32_t place, __m256i block,
                                __m256i before, bool ascending, bool puts, survey *found,
                                mark *made)
{
    const sizes of = get_sizes(block);
    const __m256i above = ascending ? _mm256_cmpgt_epi32(block, before) : of.m3;
    found->most = _mm256_max_epu32(found->most, block);
    made->place = place;
    if (puts) {
        const __m256i odd = _mm256_xor_si256(_mm256_xor_si256(of.m1, of.m2), of.m3);
        made->bits = get_signs(odd, of.m2, above, above);
        place = (uint32_t)(put_keys(rows->bytes + place, block, of, made->bits) -
                           rows->bytes);
        found->n_ascents += ascending ? count_bits(made->bits & 0x0f000f00) : 0;
    } else {
        made->bits = get_signs(of.m1, of.m2, above, of.m3);
        place += LANES + count_bits(made->bits & 0xf0fff0ff);
        found->n_ascents += ascending ? count_bits(made->bits & 0x0f000f00) : 0;
    }
    return place;
}

/* The places of the rows' starts; how many of them are above the key before. */
AVX2_INLINE uint32_t find_starts(rs_rows *rows, const mark *marks, bool puts)
{
    uint32_t n_ascents = 0;
    for (size_t i = 0; i <= rows->n_rows; i++) {
        const uint32_t start = rows->starts[i];
        const uint32_t lane = start % LANES;
        const mark at = marks[start / LANES];
        const uint32_t before = BEFORE[lane];
        const uint32_t more =
            puts ? count_bits(at.bits & before) + 2 * count_bits(at.bits >> 4 & before)
                 : count_bits(at.bits & before * 0x1011);
        rows->places[i] = at.place + lane + more;
        n_ascents += at.bits >> (lane % 4 + lane / 4 * 16 + 8) & 1;
    }
    return n_ascents;
}

AVX2_INLINE bool take_rows(rs_rows *rows, uint32_t limit_less_one, bool is_wide,
                           bool ascending, bool puts)
{
    const __m256i all = _mm256_set1_epi32(-1);
    const __m256i none = _mm256_setzero_si256();
    const uint8_t *keys = rows->run.first;
    const size_t n = rows->run.n;
    mark marks[RS_GROUP_KEYS / LANES + 1];
    survey found = {none, none, 0};
    __m256i before = none;
    uint32_t place = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256i block = load_keys(keys, i, is_wide, false, all, &found.high);
        if (ascending && i != 0) {
            before = load_keys(keys, i - 1, is_wide, false, all, &found.high);
        } else if (ascending) {
            before = _mm256_permutevar8x32_epi32(block, up_one_lane());
        }
        place = take_block(rows, place, block, before, ascending, puts, &found,
                           &marks[i / LANES]);
    }
    if (i < n) {
        /* the empty lanes are zeros of one byte each, behind the others, above none */
        const __m256i block =
            load_keys(keys, i, is_wide, true, mask_lanes(n - i), &found.high);
        if (ascending && i != 0) {
            before =
                load_keys(keys, i - 1, is_wide, true, mask_lanes(n - i + 1), &found.high);
        } else if (ascending) {
            before = _mm256_permutevar8x32_epi32(block, up_one_lane());
        }
        place = take_block(rows, place, block, before, ascending, puts, &found,
                           &marks[i / LANES]);
    }
    if (n % LANES == 0) {
        marks[n / LANES] = (mark){place, 0};
    }
    const uint32_t n_other = found.n_ascents - find_starts(rows, marks, puts);
    const __m256i last = _mm256_set1_epi32((int)limit_less_one);
    const __m256i kept = _mm256_min_epu32(found.most, last);
    return _mm256_movemask_epi8(_mm256_cmpeq_epi32(kept, found.most)) == -1 &&
           (!is_wide || _mm256_testz_si256(found.high, found.high) != 0) &&
           (!ascending || n_other == n - rows->n_rows);
}

#define TAKE(wide, ascends)                                                              \
    (puts ? take_rows(rows, last, wide, ascends, true)                                   \
          : take_rows(rows, last, wide, ascends, false))

AVX2 bool rs_take_rows_avx2(rs_rows *rows, uint64_t limit, bool ascending, bool puts)
{
    if (limit == 0) {
        return rows->run.n == 0;
    }
    const uint32_t last = (uint32_t)(limit - 1);
    if (rows->run.size == 4) {
        return ascending ? TAKE(false, true) : TAKE(false, false);
    }
    return ascending ? TAKE(true, true) : TAKE(true, false);
}

#else
/* ISO C wants something in every file. */
typedef int rs_no_avx2_keys;
#endif
