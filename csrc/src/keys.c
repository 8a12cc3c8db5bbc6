/* Runs of small integers as varints: plain C that compilers turn into vector code. */
#include "keys.h"

bool rs_have_avx2(void)
{
#if defined(RS_HAVE_AVX2_KEYS)
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
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

/* The varints of keys, if they lie below 2^28, and their sizes; returns all their bits. Not
 * taken apart any further, so that compilers make vector code of it. */
static inline uint32_t spread_keys(const void *keys, size_t first, size_t n, bool is_wide,
                                   uint32_t *restrict bytes, uint32_t *restrict sizes)
{
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
    return bits;
}

static inline uint8_t *put_block(uint8_t *p, const void *keys, size_t first, size_t n,
                                 bool is_wide, uint32_t *all_bits)
{
    uint32_t bytes[BLOCK];
    uint32_t sizes[BLOCK];
    *all_bits |= spread_keys(keys, first, n, is_wide, bytes, sizes);
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

/* Are all keys, which are below 2^28, at most `last`? */
static inline bool all_below(const rs_rows *rows, int32_t last, bool is_wide)
{
    uint32_t above = 0;
    for (size_t i = 0; i < rows->run.n; i++) {
        const int32_t key = is_wide ? (int32_t)rs_load_int64(rows->run.first, i)
                                    : rs_load_int32(rows->run.first, i);
        above |= (uint32_t)(key > last);
    }
    return above == 0;
}

static inline size_t count_descents(const rs_rows *rows, bool is_wide)
{
    const void *keys = rows->run.first;
    uint32_t n = 0;
    for (size_t i = 1; i < rows->run.n; i++) {
        n += is_wide ? (uint32_t)(rs_load_int64(keys, i) <= rs_load_int64(keys, i - 1))
                     : (uint32_t)(rs_load_int32(keys, i) <= rs_load_int32(keys, i - 1));
    }
    for (size_t i = 1; i < rows->n_rows; i++) {
        const uint32_t at = rows->starts[i];
        n -= is_wide ? (uint32_t)(rs_load_int64(keys, at) <= rs_load_int64(keys, at - 1))
                     : (uint32_t)(rs_load_int32(keys, at) <= rs_load_int32(keys, at - 1));
    }
    return n;
}

static inline bool take_rows(rs_rows *rows, int32_t last, bool is_wide, bool ascending,
                             bool puts)
{
    uint32_t places[RS_GROUP_KEYS + 1]; /* first the sizes */
    uint32_t words[RS_GROUP_KEYS];
    uint8_t *bytes = rows->bytes;
    const size_t n = rows->run.n; /* bytes may alias anything */
    uint32_t place = 0;
    if (spread_keys(rows->run.first, 0, n, is_wide, words, places) >= RS_QUICK_LIMIT ||
        !all_below(rows, last, is_wide)) {
        return false;
    }
    if (ascending && count_descents(rows, is_wide) != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t size = places[i];
        places[i] = place;
        if (puts) {
            rs_store32(bytes + place, words[i]);
        }
        place += size;
    }
    places[n] = place;
    for (size_t i = 0; i <= rows->n_rows; i++) {
        rows->places[i] = places[rows->starts[i]];
    }
    return true;
}

/* Rows so long that what is done once for each does not count. */
static bool take_long_rows(rs_rows *rows, uint64_t limit, bool ascending, bool puts)
{
    const uint32_t key_size = rows->run.size;
    const uint8_t *keys = rows->run.first;
    size_t place = 0;
    for (size_t i = 0; i < rows->n_rows; i++) {
        const uint32_t first = rows->starts[i];
        const rs_run run = {keys + (size_t)first * key_size, rows->starts[i + 1] - first,
                            key_size};
        rows->places[i] = (uint32_t)place;
        if (!puts || ascending || limit < RS_QUICK_LIMIT) {
            const size_t n_bytes = rs_size_run(run, limit, ascending);
            if (n_bytes == SIZE_MAX) {
                return false;
            }
            place += puts ? 0 : n_bytes;
        }
        if (puts) {
            size_t n_done;
            const uint8_t *end = rs_put_run(
                rows->bytes + place, rows->bytes + sizeof rows->bytes, run, &n_done);
            if (end == NULL || n_done != run.n) {
                return false;
            }
            place = (size_t)(end - rows->bytes);
        }
    }
    rows->places[rows->n_rows] = (uint32_t)place;
    return true;
}

enum { LONG_ROW = 64 };

bool rs_take_rows(rs_rows *rows, uint64_t limit, bool ascending, bool puts)
{
    if (limit == 0) {
        return rows->run.n == 0;
    }
    if (rows->run.n > LONG_ROW * rows->n_rows) {
        return take_long_rows(rows, limit, ascending, puts);
    }
    const int32_t last = (int32_t)(limit - 1);
    if (rows->run.size == 4) {
        return puts ? take_rows(rows, last, false, ascending, true)
                    : take_rows(rows, last, false, ascending, false);
    }
    return puts ? take_rows(rows, last, true, ascending, true)
                : take_rows(rows, last, true, ascending, false);
}
