/* The features of a row of libsvm text.
 *
 * There are two ways to take one. The quick one handles "123:0.456 " with eight bytes at a
 * time, and needs room to look ahead; it gives up on anything else. The careful one knows
 * the whole grammar, looks at single bytes, and is the only one that finds errors. Where
 * both can read a text they agree. */
#include "libsvm_reader.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Bytes that quick_feature may look at: an index of 7 digits, a colon, a number. */
#define QUICK_FEATURE_BYTES (8 + RS_QUICK_BYTES)
#define WORD_BYTES 32 /* bytes that word_length looks at */

/* Makes compilers forget what they know about a variable. */
#if defined(__GNUC__)
#define FORGET(variable) __asm__ volatile("" : "+r"(variable))
#else
#define FORGET(variable) ((void)0)
#endif

/* Of the usual "123:..." only the index; the colon, or NULL. */
static inline const uint8_t *quick_index(const uint8_t *p, int64_t *index)
{
    const uint64_t digits = rs_load_digits(p);
    const unsigned n = rs_count_digits(digits);
    if (n == 0 || n == 8 || p[n] != ':') {
        return NULL;
    }
    *index = (int64_t)rs_join_digits(digits, n);
    return p + n;
}

/* The usual "123:0.456" followed by a blank or LF. Returns the byte after it, or NULL. */
static inline const uint8_t *quick_feature(const uint8_t *p, int64_t *index,
                                           double *value)
{
    p = quick_index(p, index);
    p = p != NULL ? rs_number_parse_quick(p + 1, value) : NULL;
    return p != NULL && (*p == ' ' || *p == '\n' || *p == '\t') ? p : NULL;
}

/* How many bytes from p on belong to a word; WORD_BYTES if there are more than that. All bytes
 * up to "#", which begins a comment, end it here, and bytes that are not ASCII may. */
static inline size_t word_length(const uint8_t *p)
{
#if defined(__SSE2__)
    const __m128i limit = _mm_set1_epi8('#' + 1);
    const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
    const unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(first, limit)) |
                          (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(second, limit))
                              << 16;
    return (size_t)__builtin_ctzll(ends | (uint64_t)1 << WORD_BYTES);
#else
    size_t n = 0;
    while (n < WORD_BYTES) {
        const uint64_t bytes = rs_load64(p + n);
        const uint64_t low = (bytes - 0x2424242424242424U) & ~bytes & 0x8080808080808080U;
        if (low != 0) {
            while ((low >> (8 * (n % 8) + 7) & 1) == 0) {
                n++;
            }
            break;
        }
        n += 8;
    }
    return n;
#endif
}

static const uint8_t *skip_value(rs_reader *r, const uint8_t *p)
{
    while (!rs_at_word_end(p, r->end)) {
        p++;
    }
    return p;
}

/* No digit where an index should be. */
static const uint8_t *fail_no_index(rs_reader *r, const uint8_t *p)
{
    if (rs_at_qid(p, r->end)) {
        return rs_fail_at(r, RS_E_QID, p, -1, -1);
    }
    if (*p == ':') {
        return rs_fail_at(r, RS_E_COLON, p, -1, -1);
    }
    uint64_t number;
    const uint8_t *const q = rs_read_whole(p + 1, r->end, &number);
    if (*p == '-' && q != p + 1 && q != r->end && *q == ':' && number <= INT64_MAX) {
        return rs_fail_at(r, RS_E_INDEX, p, -(int64_t)number, r->to->index_base);
    }
    return rs_fail_word(r, RS_E_INDEX, p);
}

/* index:value at p, byte by byte, with all the complaints. */
static const uint8_t *careful_feature(rs_reader *r, const uint8_t *p, int64_t *index,
                                      double *value)
{
    uint64_t number;
    const uint8_t *q = rs_read_whole(p, r->end, &number);
    if (q == p) {
        return fail_no_index(r, p);
    }
    if (rs_at_word_end(q, r->end)) {
        return rs_fail_at(r, RS_E_COLON, q, -1, -1);
    }
    if (*q != ':') {
        return rs_fail_word(r, RS_E_INDEX, p);
    }
    if (number > INT64_MAX - 1) {
        return rs_fail_at(r, RS_E_INDEX, p, -1, INT64_MAX - 1);
    }
    *index = (int64_t)number;
    p = q + 1;
    if (!r->keep) {
        return skip_value(r, p);
    }
    q = rs_read_number(p, r->end, value);
    if (q == NULL) {
        return rs_fail_word(r, RS_E_NUMBER, p);
    }
    if (!rs_at_word_end(q, r->end)) {
        return *q == ':' ? rs_fail_at(r, RS_E_COLON, q, -1, -1)
                         : rs_fail_word(r, RS_E_NUMBER, p);
    }
    return q;
}

/* Indices are below this. */
static int64_t index_limit(const rs_libsvm_target *to)
{
    return to->n_keys < INT64_MAX - to->index_base ? to->index_base + to->n_keys
                                                   : INT64_MAX;
}

/* The index of the word at p does not do. */
static const uint8_t *fail_index(rs_reader *r, const uint8_t *p, int64_t index,
                                 int64_t previous)
{
    if (index < r->to->index_base) {
        return rs_fail_at(r, RS_E_INDEX, p, index, r->to->index_base);
    }
    if (index >= index_limit(r->to)) {
        return rs_fail_at(r, RS_E_INDEX, p, index, index_limit(r->to) - 1);
    }
    return rs_fail_at(r, RS_E_INDEX_ORDER, p, index, previous);
}

/* Puts pending values up to n_values into the float32 array. */
void rs_narrow_pending(rs_reader *r, uint64_t n_values)
{
    rs_narrow_float32(r->pending, (size_t)(n_values - r->n_narrowed),
                      (float *)r->to->values + r->n_narrowed, r->to->narrowing);
    r->n_narrowed = n_values;
}

/* index:value ... up to the end of the line or a comment, which is returned. */
const uint8_t *rs_read_features(rs_reader *r, const uint8_t *p)
{
    const rs_libsvm_target *const to = r->to;
    const int64_t base = to->index_base, end_index = index_limit(to);
    const bool sorted = (to->flags & RS_LIBSVM_UNSORTED) == 0, keep = r->keep;
    const bool wide_keys = to->key_size == 8, narrow = to->dtype == RS_FLOAT32;
    double *const values = narrow ? r->pending : (double *)to->values;
    const uint64_t mask = narrow ? RS_PENDING - 1 : UINT64_MAX;
    const uint8_t *const end = r->end;
    uint64_t n = r->n_values;
    int64_t least = INT64_MAX, greatest = -1, previous = base - 1;

    for (;;) {
        int64_t index = 0;
        double value = 0;
        const uint8_t *q = NULL, *after = NULL;
        if (end - p >= QUICK_FEATURE_BYTES) {
            /* Where the next word begins follows from a search for blanks alone, long before
               this word's numbers are known, so that the processor may work on several words
               at once. `after` and `guess` are the same, which compilers must not find out:
               they would wait for `q`. */
            const uint8_t *const guess = p + word_length(p);
            after = guess;
            FORGET(after);
            if (!keep) {
                q = quick_index(p, &index);
                q = q != NULL && (*guess == ' ' || *guess == '\n') ? guess : NULL;
            } else {
                q = quick_feature(p, &index, &value);
            }
            if (q != guess) {
                after = q;
                FORGET(after);
            }
        }
        if (q == NULL) {
            p = rs_skip_blanks(p, end);
            if (rs_at_line_end(p, end) || *p == '#') {
                break;
            }
            q = careful_feature(r, p, &index, &value);
            if (q == NULL) {
                return NULL;
            }
            after = q;
        }
        if (index <= previous || index >= end_index) {
            return fail_index(r, p, index, previous);
        }
        previous = sorted ? index : previous;
        least = index < least ? index : least;
        greatest = index > greatest ? index : greatest;
        if (keep) {
            if (n >= to->max_values) {
                return rs_fail_at(r, RS_E_CAPACITY, p, -1, -1);
            }
            if (wide_keys) {
                ((int64_t *)to->keys)[n] = index - base;
            } else {
                ((int32_t *)to->keys)[n] = (int32_t)(index - base);
            }
            values[n & mask] = value;
            if (((n + 1) & mask) == 0) {
                rs_narrow_pending(r, n + 1);
            }
        }
        n++;
        p = after;
        if (p != end && *p == ' ') {
            p++;
        }
    }
    r->n_values = n;
    r->min_index = least;
    r->max_index = greatest;
    return p;
}
