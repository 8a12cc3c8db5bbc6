/* Packed runs of varints, many at a time.
 *
 * A mask says which of 64 bytes end a varint. Walking over its bits takes no branch that
 * depends on the lengths, and no varint waits for the one before. */
#include "varints.h"

#if defined(__GNUC__)
#define RS_INLINE        static inline __attribute__((always_inline))
#define RS_LOWEST_BIT(x) ((unsigned)__builtin_ctzll(x))
#define RS_COUNT_BITS(x) ((unsigned)__builtin_popcountll(x))
#else
#define RS_INLINE        static inline
RS_INLINE unsigned count_bits(uint64_t x) {
    unsigned n = 0;
    for (; x != 0; x &= x - 1) {
        n++;
    }
    return n;
}
#define RS_COUNT_BITS(x) count_bits(x)
#define RS_LOWEST_BIT(x) count_bits(((x) & (0 - (x))) - 1)
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define RS_HAVE_BMI2 1
#define RS_BMI2      __attribute__((target("bmi,bmi2,popcnt")))
#else
#define RS_HAVE_BMI2 0
#endif

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define RS_LOW_BITS UINT64_C(0x7f7f7f7f7f7f7f7f)
enum { BLOCK = 64, WORD = 8, LONGEST = 10 };

#if defined(__SSE2__)
RS_INLINE uint64_t ends_of_16(const uint8_t *p) {
    const int more = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
    return (uint64_t)((unsigned)more ^ 0xffffU);
}

RS_INLINE uint64_t ends_of_block(const uint8_t *p) {
    return ends_of_16(p) | ends_of_16(p + 16) << 16 | ends_of_16(p + 32) << 32 |
           ends_of_16(p + 48) << 48;
}
#else
RS_INLINE uint64_t ends_of_block(const uint8_t *p) {
    uint64_t ends = 0;
    for (unsigned i = 0; i < BLOCK; i += WORD) {
        /* one bit a byte, moved next to each other in the uppermost byte */
        const uint64_t bits = (~rs_load64(p + i) & RS_HIGH_BITS) >> 7;
        ends |= (bits * UINT64_C(0x0102040810204080)) >> 56 << i;
    }
    return ends;
}
#endif

/* The value of a varint of 1 to 8 bytes at the head of `word`. */
RS_INLINE uint64_t gather(uint64_t word, size_t len, bool bmi2) {
    const uint64_t mask = RS_LOW_BITS >> (64 - 8 * len);
#if RS_HAVE_BMI2
    if (bmi2) {
        uint64_t bits;
        /* not the intrinsic, which would bar inlining this into both kinds of function */
        __asm__("pextq %2, %1, %0" : "=r"(bits) : "r"(word), "r"(mask));
        return bits;
    }
#endif
    (void)bmi2;
    word &= mask;
    word = (word & UINT64_C(0x007f007f007f007f)) |
           (word & UINT64_C(0x7f007f007f007f00)) >> 1;
    word = (word & UINT64_C(0x00003fff00003fff)) |
           (word & UINT64_C(0x3fff00003fff0000)) >> 2;
    return (word & UINT64_C(0x000000000fffffff)) |
           (word & UINT64_C(0x0fffffff00000000)) >> 4;
}

/* One varint at a time, near the end of what may be read. */
RS_INLINE bool take_slow(const uint8_t *run, size_t n_bytes, size_t *at, uint64_t *v) {
    *v = 0;
    for (unsigned i = 0; i < LONGEST && *at < n_bytes; i++) {
        const uint8_t byte = run[(*at)++];
        *v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

/* The bits of the block at `at` that lie within the run. */
RS_INLINE uint64_t ends_within(const uint8_t *run, size_t at, size_t n_bytes) {
    const uint64_t ends = ends_of_block(run + at);
    return n_bytes - at < BLOCK ? ends & ((UINT64_C(1) << (n_bytes - at)) - 1) : ends;
}

RS_INLINE void put_key(void *out, size_t i, uint64_t key, bool wide) {
    if (wide) {
        ((uint64_t *)out)[i] = key;
    } else {
        ((uint32_t *)out)[i] = (uint32_t)key;
    }
}

RS_INLINE bool decode_keys(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                           size_t n, uint64_t limit, bool wide, bool bmi2) {
    /* Keys of up to 8 bytes are below 2^56, so that their distance to the limit is exact.
     */
    const int64_t largest = (int64_t)limit - 1;
    int64_t beyond = 0;
    size_t n_done = 0;
    size_t at = 0;
    size_t block = 0;
    for (; block < n_bytes && readable - block >= BLOCK + WORD; block += BLOCK) {
        uint64_t ends = ends_within(run, block, n_bytes);
        if (RS_COUNT_BITS(ends) > n - n_done) {
            return false;
        }
        while (ends != 0) {
            const size_t next = block + RS_LOWEST_BIT(ends) + 1;
            ends &= ends - 1;
            if (next - at > WORD) {
                return false;
            }
            const uint64_t key = gather(rs_load64(run + at), next - at, bmi2);
            beyond |= largest - (int64_t)key;
            put_key(out, n_done++, key, wide);
            at = next;
        }
    }
    while (at < n_bytes && block < n_bytes) {
        uint64_t key = 0;
        if (n_done == n || !take_slow(run, n_bytes, &at, &key) || key >= limit) {
            return false;
        }
        put_key(out, n_done++, key, wide);
    }
    return n_done == n && at == n_bytes && beyond >= 0;
}

/* Only the first five bytes of a varint reach the lower 32 bits. */
RS_INLINE uint32_t gather32(uint64_t word, size_t len, bool bmi2) {
    return (uint32_t)gather(word, len < 5 ? len : 5, bmi2);
}

RS_INLINE bool decode_int32s(const uint8_t *run, size_t n_bytes, size_t readable,
                             void *out, size_t n, bool bmi2) {
    uint32_t *values = out;
    size_t n_done = 0;
    size_t at = 0;
    size_t block = 0;
    for (; block < n_bytes && readable - block >= BLOCK + WORD; block += BLOCK) {
        uint64_t ends = ends_within(run, block, n_bytes);
        if (RS_COUNT_BITS(ends) > n - n_done) {
            return false;
        }
        while (ends != 0) {
            const size_t next = block + RS_LOWEST_BIT(ends) + 1;
            ends &= ends - 1;
            if (next - at > LONGEST) {
                return false;
            }
            values[n_done++] = gather32(rs_load64(run + at), next - at, bmi2);
            at = next;
        }
    }
    while (at < n_bytes && block < n_bytes) {
        uint64_t value = 0;
        if (n_done == n || !take_slow(run, n_bytes, &at, &value)) {
            return false;
        }
        values[n_done++] = (uint32_t)value;
    }
    return n_done == n && at == n_bytes;
}

static bool keys32_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n, uint64_t limit) {
    return decode_keys(run, n_bytes, readable, out, n, limit, false, false);
}

static bool keys64_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n, uint64_t limit) {
    return decode_keys(run, n_bytes, readable, out, n, limit, true, false);
}

static bool int32s_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n) {
    return decode_int32s(run, n_bytes, readable, out, n, false);
}

#if RS_HAVE_BMI2
RS_BMI2 static bool keys32_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n, uint64_t limit) {
    return decode_keys(run, n_bytes, readable, out, n, limit, false, true);
}

RS_BMI2 static bool keys64_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n, uint64_t limit) {
    return decode_keys(run, n_bytes, readable, out, n, limit, true, true);
}

RS_BMI2 static bool int32s_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n) {
    return decode_int32s(run, n_bytes, readable, out, n, true);
}

/* AMD's first two generations of Zen have pext, but take hundreds of cycles for it. */
static bool has_fast_pext(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt") &&
           !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
}
#endif

rs_decoders rs_choose_decoders(bool portable) {
    rs_decoders decoders = {keys32_plain, keys64_plain, int32s_plain};
#if RS_HAVE_BMI2
    if (!portable && has_fast_pext()) {
        decoders.keys32 = keys32_bmi2;
        decoders.keys64 = keys64_bmi2;
        decoders.int32s = int32s_bmi2;
    }
#endif
    (void)portable;
    return decoders;
}

uint64_t rs_count_varints(const uint8_t *run, size_t n) {
    uint64_t count = n;
    size_t i = 0;
#if defined(__SSE2__)
    while (n - i >= 16) {
        /* Bytes count up to 255 of those that go on; then they are summed. */
        const size_t n_blocks = (n - i) / 16 < 255 ? (n - i) / 16 : 255;
        __m128i more = _mm_setzero_si128();
        for (const size_t end = i + 16 * n_blocks; i < end; i += 16) {
            const __m128i bytes =
                _mm_loadu_si128((const __m128i *)(const void *)(run + i));
            more = _mm_sub_epi8(more, _mm_cmplt_epi8(bytes, _mm_setzero_si128()));
        }
        const __m128i sums = _mm_sad_epu8(more, _mm_setzero_si128());
        count -= (uint64_t)_mm_cvtsi128_si64(sums) +
                 (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
    }
#endif
    for (; n - i >= WORD; i += WORD) {
        /* one bit a byte, summed up by the multiplication in the uppermost byte */
        const uint64_t more = (rs_load64(run + i) & RS_HIGH_BITS) >> 7;
        count -= (more * UINT64_C(0x0101010101010101)) >> 56;
    }
    for (; i < n; i++) {
        count -= run[i] >> 7;
    }
    return count;
}
