/* Packed keys of many rows, eight at a time, on processors with AVX2 and a fast pext.
 *
 * First the places where keys end are written down, eight bytes of input at a time. Then
 * the bytes of eight keys are moved apart into words of four, of which two multiplications
 * make numbers. No key waits for the one before it. */
#include "varints.h"

#if defined(__GNUC__) && defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define AVX2_INLINE AVX2 __attribute__((always_inline)) static inline

enum { LANES = 8, WORD = 8, LONGEST = 4 };

/* Where each key ends, behind a zero, which is where the first one begins. Lanes behind the
 * last key hold something. */
typedef struct key_ends {
    uint16_t at[1 + RS_PACKED_BYTES + 2 * LANES];
} key_ends;

AVX2_INLINE unsigned get_ends(const uint8_t *p, size_t n_bytes)
{
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
    const unsigned all = ~(unsigned)_mm256_movemask_epi8(bytes);
    return n_bytes < 32 ? all & ((1U << n_bytes) - 1) : all;
}

/* Writes the ends down, and checks those of the rows: each must end with a key, and hold as
 * many as it should. */
AVX2_INLINE bool find_ends(const rs_packed *packed, key_ends *found)
{
    const size_t n_bytes = packed->ends[packed->n_rows];
    uint16_t *next = found->at + 1;
    found->at[0] = 0;
    for (size_t i = 0; i < n_bytes; i += 32) {
        const unsigned ends = get_ends(packed->bytes + i, n_bytes - i);
        for (unsigned k = 0; k < 32; k += WORD) {
            const uint64_t eight = ends >> k & 0xff;
            const uint64_t chosen = _pdep_u64(eight, UINT64_C(0x0101010101010101)) * 0xff;
            const uint64_t places = _pext_u64(UINT64_C(0x0807060504030201), chosen);
            const __m128i wide = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)places));
            const __m128i base = _mm_set1_epi16((short)(i + k));
            _mm_storeu_si128((__m128i *)(void *)next, _mm_add_epi16(wide, base));
            next += __builtin_popcountll(eight);
        }
    }
    const size_t n = (size_t)(next - found->at) - 1;
    uint32_t differ = (uint32_t)(n ^ packed->starts[packed->n_rows]);
    for (size_t i = 1; i <= packed->n_rows && differ == 0; i++) {
        differ |= found->at[packed->starts[i]] ^ packed->ends[i];
    }
    return differ == 0;
}

/* What is learned of all keys, lane by lane. */
typedef struct survey {
    __m128i longest; /* bytes */
    __m256i most;
} survey;

/* The keys that end at ends[1] to ends[8]. */
AVX2_INLINE __m256i take_eight(const uint8_t *bytes, const uint16_t *ends, survey *found)
{
    /* the low bytes of words 0 to 3, and of words 4 to 7, four times each */
    const __m256i spread =
        _mm256_setr_epi8(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6, /* */
                         8, 8, 8, 8, 10, 10, 10, 10, 12, 12, 12, 12, 14, 14, 14, 14);
    const __m256i firsts =
        _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* */
                         8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8);
    const __m256i digits = _mm256_set1_epi32(0x03020100);
    const __m128i begin = _mm_loadu_si128((const __m128i *)(const void *)ends);
    const __m128i end = _mm_loadu_si128((const __m128i *)(const void *)(ends + 1));
    const __m256i begins = _mm256_broadcastsi128_si256(begin);
    const __m256i first = _mm256_shuffle_epi8(begins, firsts);
    const __m256i from = _mm256_shuffle_epi8(begins, spread);
    const __m256i to = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(end), spread);
    const __m256i inside = _mm256_cmpgt_epi8(_mm256_sub_epi8(to, from), digits);
    const __m256i input = _mm256_inserti128_si256(
        _mm256_castsi128_si256(
            _mm_loadu_si128((const __m128i *)(const void *)(bytes + ends[0]))),
        _mm_loadu_si128((const __m128i *)(const void *)(bytes + ends[4])), 1);
    const __m256i places = _mm256_add_epi8(_mm256_sub_epi8(from, first), digits);
    const __m256i groups =
        _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(input, places), inside),
                         _mm256_set1_epi8(0x7f));
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi16((short)0x8001), groups);
    found->longest = _mm_max_epi16(found->longest, _mm_sub_epi16(end, begin));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x40000001));
}

AVX2_INLINE void store_eight(void *out, size_t i, __m256i keys, bool is_wide)
{
    if (is_wide) {
        __m256i *at = (__m256i *)(void *)((uint64_t *)out + i);
        const __m128i low = _mm256_castsi256_si128(keys);
        _mm256_storeu_si256(at, _mm256_cvtepu32_epi64(low));
        _mm256_storeu_si256(at + 1,
                            _mm256_cvtepu32_epi64(_mm256_extracti128_si256(keys, 1)));
    } else {
        _mm256_storeu_si256((__m256i *)(void *)((uint32_t *)out + i), keys);
    }
}

AVX2_INLINE bool decode(const rs_packed *packed, void *out, uint64_t limit, bool is_wide)
{
    key_ends ends;
    survey found = {_mm_setzero_si128(), _mm256_setzero_si256()};
    if (!find_ends(packed, &ends)) {
        return false;
    }
    const size_t n = packed->starts[packed->n_rows];
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256i keys = take_eight(packed->bytes, ends.at + i, &found);
        found.most = _mm256_max_epu32(found.most, keys);
        store_eight(out, i, keys, is_wide);
    }
    if (i < n) {
        uint64_t rest[LANES];
        for (size_t k = n + 1; k <= i + LANES; k++) {
            ends.at[k] = ends.at[n]; /* keys of no bytes are zeros */
        }
        const __m256i keys = take_eight(packed->bytes, ends.at + i, &found);
        found.most = _mm256_max_epu32(found.most, keys);
        store_eight(rest, 0, keys, is_wide);
        const size_t size = is_wide ? 8 : 4;
        memcpy((uint8_t *)out + i * size, rest, (n - i) * size);
    }
    const __m128i too_long = _mm_cmpgt_epi16(found.longest, _mm_set1_epi16(LONGEST));
    uint32_t most[LANES];
    _mm256_storeu_si256((__m256i *)(void *)most, found.most);
    uint32_t most_of_all = 0;
    for (size_t k = 0; k < LANES; k++) {
        most_of_all = most[k] > most_of_all ? most[k] : most_of_all;
    }
    return _mm_movemask_epi8(too_long) == 0 && most_of_all < limit;
}

AVX2 bool rs_packed32_avx2(const rs_packed *packed, void *out, uint64_t limit)
{
    return decode(packed, out, limit, false);
}

AVX2 bool rs_packed64_avx2(const rs_packed *packed, void *out, uint64_t limit)
{
    return decode(packed, out, limit, true);
}

#else
/* ISO C wants something in every file. */
typedef int rs_no_avx2_varints;
#endif
