/* Packed runs of varints, many at a time.
 *
 * A mask says which of 64 bytes end a varint. Walking over its bits takes no branch that
 * depends on the lengths, and no varint waits for the one before. */
#include "varints.h"

#if defined(__GNUC__)
#define RS_INLINE static inline __attribute__((always_inline))
#define RS_LOWEST_BIT(x) ((unsigned)__builtin_ctzll(x))
#define RS_COUNT_BITS(x) ((unsigned)__builtin_popcountll(x))
#else
#define RS_INLINE static inline
RS_INLINE unsigned count_bits(uint64_t x)
{
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
#define RS_BMI2 __attribute__((target("bmi,bmi2,popcnt")))
#else
#define RS_HAVE_BMI2 0
#endif

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define RS_LOW_BITS UINT64_C(0x7f7f7f7f7f7f7f7f)
enum { BLOCK = 64, WORD = 8, LONGEST = 10 };

#if defined(__SSE2__)
RS_INLINE uint64_t ends_of_16(const uint8_t *p)
{
    const int more = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
    return (uint64_t)((unsigned)more ^ 0xffffU);
}

RS_INLINE uint64_t ends_of_block(const uint8_t *p)
{
    return ends_of_16(p) | ends_of_16(p + 16) << 16 | ends_of_16(p + 32) << 32 |
           ends_of_16(p + 48) << 48;
}
#else
RS_INLINE uint64_t ends_of_block(const uint8_t *p)
{
    uint64_t ends = 0;
    for (unsigned i = 0; i < BLOCK; i += WORD) {
        /* one bit a byte, moved next to each other in the uppermost byte */
        const uint64_t bits = (~rs_load64(p + i) & RS_HIGH_BITS) >> 7;
        ends |= (bits * UINT64_C(0x0102040810204080)) >> 56 << i;
    }
    return ends;
}
#endif

/* The value of a varint of 1 to 8 bytes at the head of `word`; any for a longer one. */
RS_INLINE uint64_t gather(uint64_t word, size_t len, bool bmi2)
{
    const uint64_t mask = RS_LOW_BITS >> ((64 - 8 * len) & 63);
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
RS_INLINE bool take_slow(const uint8_t *run, size_t n_bytes, size_t *at, uint64_t *v)
{
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

/* What a run is decoded into. */
enum { KEYS32, KEYS64, INT32S };

RS_INLINE void put(void *out, size_t i, uint64_t value, int kind)
{
    if (kind == KEYS64) {
        ((uint64_t *)out)[i] = value;
    } else {
        ((uint32_t *)out)[i] = (uint32_t)value;
    }
}

/* Four varints of the same length each, which sorted keys mostly are. The bits of `ends`
 * say which; returns their bytes, or 0 if it is not so. 16 bytes may be read. */
RS_INLINE unsigned take_four(const uint8_t *at, uint64_t ends, void *out, size_t i,
                             int kind, bool bmi2)
{
    if ((ends & 0xfff) == 0x924) {
        const uint64_t low = gather(rs_load64(at), 6, bmi2);
        const uint64_t high = gather(rs_load64(at + 6), 6, bmi2);
        put(out, i, low & 0x1fffff, kind);
        put(out, i + 1, low >> 21, kind);
        put(out, i + 2, high & 0x1fffff, kind);
        put(out, i + 3, high >> 21, kind);
        return 12;
    }
    if ((ends & 0xff) == 0xaa) {
        const uint64_t all = gather(rs_load64(at), 8, bmi2);
        put(out, i, all & 0x3fff, kind);
        put(out, i + 1, all >> 14 & 0x3fff, kind);
        put(out, i + 2, all >> 28 & 0x3fff, kind);
        put(out, i + 3, all >> 42, kind);
        return 8;
    }
    if ((ends & 0xf) == 0xf) {
        for (unsigned k = 0; k < 4; k++) {
            put(out, i + k, at[k], kind);
        }
        return 4;
    }
    return 0;
}

/* Decodes the varints that end within 64 bytes from `at` on; `ends` is not 0, and there
 * is room for them. Returns the byte after the last, or NULL if one is too long. */
RS_INLINE const uint8_t *decode_block(const uint8_t *at, uint64_t ends, void *out,
                                      size_t i, int kind, bool bmi2)
{
    while (ends != 0) {
        /* Integers come in any order, so that a guess at four of them would often fail.
         */
        const unsigned n_bytes =
            kind == INT32S ? 0 : take_four(at, ends, out, i, kind, bmi2);
        if (n_bytes != 0) {
            i += 4;
            at += n_bytes;
            ends >>= n_bytes;
            continue;
        }
        unsigned len = RS_LOWEST_BIT(ends) + 1;
        ends = ends >> (len - 1) >> 1;
        if (len > (kind == INT32S ? LONGEST : WORD)) {
            return NULL;
        }
        /* Only five bytes reach the lower 32 bits. */
        const unsigned n_used = kind == INT32S && len > 5 ? 5 : len;
        const uint64_t value = gather(rs_load64(at), n_used, bmi2);
        if (kind == KEYS32 && value > INT32_MAX) {
            return NULL;
        }
        put(out, i++, value, kind);
        at += len;
    }
    return at;
}

RS_INLINE bool decode(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                      size_t n, int kind, bool bmi2)
{
    const uint8_t *at = run;
    const uint8_t *end = run + n_bytes;
    size_t i = 0;
    while (at < end && readable - (size_t)(at - run) >= BLOCK + 2 * WORD) {
        uint64_t ends = ends_of_block(at);
        if (end - at < BLOCK) {
            ends &= (UINT64_C(1) << (end - at)) - 1;
        }
        const size_t n_ends = RS_COUNT_BITS(ends);
        if (n_ends == 0 || n_ends > n - i) {
            return false;
        }
        at = decode_block(at, ends, out, i, kind, bmi2);
        if (at == NULL) {
            return false;
        }
        i += n_ends;
    }
    size_t place = (size_t)(at - run);
    while (place < n_bytes) {
        uint64_t value = 0;
        if (i == n || !take_slow(run, n_bytes, &place, &value) ||
            (kind == KEYS32 && value > INT32_MAX)) {
            return false;
        }
        put(out, i++, value, kind);
    }
    return i == n;
}

/* All below `limit`? Without a branch, so that several are compared at once. */
RS_INLINE bool all_below(const void *keys, size_t n, uint64_t limit, bool wide)
{
    uint64_t beyond = 0;
    for (size_t i = 0; i < n; i++) {
        if (wide) { /* above 2^63 or above the limit, which is no more than that */
            const uint64_t key = ((const uint64_t *)keys)[i];
            beyond |= key | (limit - 1 - key);
        } else {
            const uint32_t key = ((const uint32_t *)keys)[i];
            beyond |= key | ((uint32_t)limit - 1 - key);
        }
    }
    return n == 0 ||
           (limit != 0 && (beyond & (wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31)) == 0);
}

/* Bits of all bytes that end a key, and how many there are before each word of them. */
typedef struct ends {
    uint64_t words[RS_PACKED_BYTES / BLOCK + 1];
    uint32_t n_before[RS_PACKED_BYTES / BLOCK + 1];
} ends;

RS_INLINE void find_ends(const rs_packed *packed, ends *found)
{
    const size_t n_bytes = packed->ends[packed->n_rows];
    uint32_t n = 0;
    size_t i = 0;
    for (; i * BLOCK < n_bytes; i++) {
        uint64_t word = ends_of_block(packed->bytes + i * BLOCK);
        if (n_bytes - i * BLOCK < BLOCK) {
            word &= (UINT64_C(1) << (n_bytes - i * BLOCK)) - 1;
        }
        found->words[i] = word;
        found->n_before[i] = n;
        n += RS_COUNT_BITS(word);
    }
    found->words[i] = 0;
    found->n_before[i] = n;
}

/* Does each row end with a key, and hold as many as it should? */
RS_INLINE bool fits_rows(const rs_packed *packed, const ends *found)
{
    uint64_t differ = 0;
    for (size_t i = 1; i <= packed->n_rows; i++) {
        const size_t end = packed->ends[i];
        const uint64_t below = (UINT64_C(1) << end % BLOCK) - 1;
        const uint32_t n = found->n_before[end / BLOCK] +
                           RS_COUNT_BITS(found->words[end / BLOCK] & below);
        const uint64_t last = found->words[(end - 1) / BLOCK] >> (end - 1) % BLOCK;
        differ |= (n ^ packed->starts[i]) | (~last & 1);
    }
    return differ == 0;
}

/* Each key by itself: none waits for the one before. */
RS_INLINE bool decode_packed(const rs_packed *packed, void *out, uint64_t limit, int kind,
                             bool bmi2)
{
    ends found;
    find_ends(packed, &found);
    if (!fits_rows(packed, &found)) {
        return false;
    }
    const size_t n_bytes = packed->ends[packed->n_rows];
    const uint8_t *at = packed->bytes;
    size_t n = 0;
    uint64_t lengths = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i * BLOCK < n_bytes; i++) {
        for (uint64_t word = found.words[i]; word != 0; word &= word - 1) {
            const uint8_t *end = packed->bytes + i * BLOCK + RS_LOWEST_BIT(word) + 1;
            const size_t len = (size_t)(end - at);
            const uint64_t key = gather(rs_load64(at), len, bmi2);
            put(out, n++, key, kind);
            lengths |= len;
            bits |= key;
            at = end;
        }
    }
    return lengths < WORD && (kind == KEYS64 || bits <= INT32_MAX) &&
           all_below(out, n, limit, kind == KEYS64);
}

static bool packed32_plain(const rs_packed *packed, void *out, uint64_t limit)
{
    return decode_packed(packed, out, limit, KEYS32, false);
}

static bool packed64_plain(const rs_packed *packed, void *out, uint64_t limit)
{
    return decode_packed(packed, out, limit, KEYS64, false);
}

static bool keys32_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n, uint64_t limit)
{
    return decode(run, n_bytes, readable, out, n, KEYS32, false) &&
           all_below(out, n, limit, false);
}

static bool keys64_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n, uint64_t limit)
{
    return decode(run, n_bytes, readable, out, n, KEYS64, false) &&
           all_below(out, n, limit, true);
}

static bool int32s_plain(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                         size_t n)
{
    return decode(run, n_bytes, readable, out, n, INT32S, false);
}

#if RS_HAVE_BMI2
RS_BMI2 static bool packed32_bmi2(const rs_packed *packed, void *out, uint64_t limit)
{
    return rs_packed32_avx2(packed, out, limit) ||
           decode_packed(packed, out, limit, KEYS32, true);
}

RS_BMI2 static bool packed64_bmi2(const rs_packed *packed, void *out, uint64_t limit)
{
    return rs_packed64_avx2(packed, out, limit) ||
           decode_packed(packed, out, limit, KEYS64, true);
}

RS_BMI2 static bool keys32_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n, uint64_t limit)
{
    return decode(run, n_bytes, readable, out, n, KEYS32, true) &&
           all_below(out, n, limit, false);
}

RS_BMI2 static bool keys64_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n, uint64_t limit)
{
    return decode(run, n_bytes, readable, out, n, KEYS64, true) &&
           all_below(out, n, limit, true);
}

RS_BMI2 static bool int32s_bmi2(const uint8_t *run, size_t n_bytes, size_t readable,
                                void *out, size_t n)
{
    return decode(run, n_bytes, readable, out, n, INT32S, true);
}

/* AMD's first two generations of Zen have pext, but take hundreds of cycles for it. */
static bool has_fast_pext(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt") && !__builtin_cpu_is("znver1") &&
           !__builtin_cpu_is("znver2");
}
#endif

rs_decoders rs_choose_decoders(bool portable)
{
    rs_decoders decoders = {keys32_plain, keys64_plain, packed32_plain, packed64_plain,
                            int32s_plain};
#if RS_HAVE_BMI2
    if (!portable && has_fast_pext()) {
        decoders.keys32 = keys32_bmi2;
        decoders.keys64 = keys64_bmi2;
        decoders.packed32 = packed32_bmi2;
        decoders.packed64 = packed64_bmi2;
        decoders.int32s = int32s_bmi2;
    }
#endif
    (void)portable;
    return decoders;
}

uint64_t rs_count_varints(const uint8_t *run, size_t n)
{
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
