/* Runs of small integers as varints: plain C that compilers turn into vector code. */
#include "keys.h"

bool rs_have_avx2(void)
{
#if defined(RS_HAVE_AVX2_KEYS)
    return __builtin_cpu_supports("avx2") != 0;
#else
    return false;
#endif
}

/* One pass without a branch in it: what is wrong is only accumulated. */
static inline size_t size_run(const void *keys, size_t n, int32_t last, bool is_wide,
                              bool ascending)
{
    uint32_t bad = 0;
    uint32_t more = 0;
    const size_t n_pairs = n - 1;
    for (size_t i = 0; i < n; i++) {
        const int32_t key =
            is_wide ? (int32_t)rs_load_int64(keys, i) : rs_load_int32(keys, i);
        if (is_wide) {
            bad |= (uint32_t)((uint64_t)rs_load_int64(keys, i) >> 32);
        }
        bad |= (uint32_t)(key < 0) | (uint32_t)(key > last);
        more += (uint32_t)(key > 0x7f) + (uint32_t)(key > 0x3fff) +
                (uint32_t)(key > 0x1fffff);
    }
    for (size_t i = 0; ascending && i < n_pairs; i++) {
        bad |= is_wide ? (uint32_t)(rs_load_int64(keys, i) >= rs_load_int64(keys, i + 1))
                       : (uint32_t)(rs_load_int32(keys, i) >= rs_load_int32(keys, i + 1));
    }
    return bad != 0 ? SIZE_MAX : n + more;
}

size_t rs_size_run(rs_run run, uint64_t limit, bool ascending)
{
    if (run.n == 0) {
        return 0;
    }
    if (limit == 0) {
        return SIZE_MAX;
    }
    const int32_t last = (int32_t)(limit - 1);
    if (run.size == 4) {
        return ascending ? size_run(run.first, run.n, last, false, true)
                         : size_run(run.first, run.n, last, false, false);
    }
    return ascending ? size_run(run.first, run.n, last, true, true)
                     : size_run(run.first, run.n, last, true, false);
}

enum { BLOCK = 64 };

/* Spreads the 7-bit groups of 28 bits over four bytes and sets the continuation bits. */
static inline uint32_t spread(int32_t v)
{
    const uint32_t u = (uint32_t)v;
    const uint32_t groups =
        u + (u & 0x0fffff80) + 2 * (u & 0x0fffc000) + 4 * (u & 0x0fe00000);
    return groups | (v > 0x7f ? 0x80U : 0) | (v > 0x3fff ? 0x8000U : 0) |
           (v > 0x1fffff ? 0x800000U : 0);
}

static inline uint8_t *put_block(uint8_t *p, const void *keys, size_t first, size_t n,
                                 bool is_wide, uint32_t *all_bits)
{
    uint32_t bytes[BLOCK];
    uint32_t sizes[BLOCK];
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_wide) {
            const uint64_t wide = (uint64_t)rs_load_int64(keys, first + i);
            bits |= wide >> 28 != 0 ? ~0U : 0;
        }
        const uint32_t v = is_wide ? (uint32_t)rs_load_int64(keys, first + i)
                                   : (uint32_t)rs_load_int32(keys, first + i);
        /* signed compares are the ones that SSE2 has */
        const int32_t s = (int32_t)(v & 0x0fffffff);
        bits |= v;
        bytes[i] = spread(s);
        sizes[i] =
            1 + (uint32_t)(s > 0x7f) + (uint32_t)(s > 0x3fff) + (uint32_t)(s > 0x1fffff);
    }
    *all_bits |= bits;
    for (size_t i = 0; i < n; i++) {
        rs_store32(p, bytes[i]);
        p += sizes[i];
    }
    return p;
}

static inline uint8_t *put_run(uint8_t *p, const uint8_t *room_end, const void *keys,
                               size_t n, bool is_wide, size_t *n_done)
{
    uint32_t all_bits = 0;
    size_t i = 0;
    while (i < n) {
        const size_t n_block = n - i < BLOCK ? n - i : BLOCK;
        if ((size_t)(room_end - p) < n_block * 4) {
            break;
        }
        p = put_block(p, keys, i, n_block, is_wide, &all_bits);
        i += n_block;
    }
    *n_done = i;
    return all_bits < RS_QUICK_LIMIT ? p : NULL;
}

uint8_t *rs_put_run(uint8_t *p, const uint8_t *room_end, rs_run run, size_t *n_done)
{
    return run.size == 4 ? put_run(p, room_end, run.first, run.n, false, n_done)
                         : put_run(p, room_end, run.first, run.n, true, n_done);
}
