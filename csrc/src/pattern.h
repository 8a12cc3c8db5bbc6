/* Private: what the bytes around a column's values looked like in the last record.
 *
 * Where the next record's look the same, three comparisons of words replace the reading
 * of names, tags and shape; what is left are the lengths. */
#ifndef RECORDSMITH_PATTERN_H
#define RECORDSMITH_PATTERN_H

#include "straight.h"

enum {
    RS_MAX_PATTERNS = 16,
    RS_PATTERN_HEAD = 16,  /* longest key with its tag and length, and the Value's tag */
    RS_PATTERN_FIXED = 24, /* longest all of what stands before values of fixed width */
    RS_PATTERN_TAIL = 8,   /* longest shape with its tag and length */
    RS_PATTERN_SLACK = 64  /* bytes that must be readable behind the record */
};

/* Bytes to be found; those beyond n are 0 here and in the masks. */
typedef struct rs_words {
    uint64_t words[3];
    uint64_t masks[3];
    size_t n;
} rs_words;

typedef struct rs_pattern {
    rs_words head;  /* from the entry's first byte on; none: there is no pattern */
    rs_words fixed; /* from the field's tag on; none: not a dense column */
    uint64_t tail;  /* from the end of the last run on */
    uint64_t tail_mask;
    uint64_t product; /* what a dense record's number of values must be, or UINT64_MAX */
    size_t n_tail;
    size_t n_fixed_values; /* bytes of the values behind `fixed` */
    uint8_t tag;
    uint8_t member;
    uint8_t sparse;
} rs_pattern;

static inline void rs_learn_words(rs_words *words, const uint8_t *at, size_t n)
{
    uint8_t bytes[RS_PATTERN_FIXED] = {0};
    uint8_t masks[RS_PATTERN_FIXED] = {0};
    memcpy(bytes, at, n);
    memset(masks, 0xff, n);
    for (size_t i = 0; i < 3; i++) {
        words->words[i] = rs_load64(bytes + 8 * i);
        words->masks[i] = rs_load64(masks + 8 * i);
    }
    words->n = n;
}

/* Learns from a straight field of a map that begins at `begin` and fits its column. */
static inline void rs_learn_pattern(rs_pattern *pattern, const rs_column *column,
                                    const uint8_t *begin, const rs_straight *field,
                                    uint8_t sparse)
{
    const uint8_t *head = field->name.at - 2;
    const size_t n_head = rs_span_len(field->name) + 3;
    const uint8_t *runs_end = sparse == 1 ? field->keys.end : field->values.end;
    const size_t n_tail =
        column->n_shape == 0 ? 0 : (size_t)(field->shape.end - runs_end);
    const size_t n_fixed = (size_t)(field->values.at - begin);
    rs_words tail;
    pattern->head.n = 0;
    pattern->fixed.n = 0;
    if (field->dtype == RS_BYTES || sparse == 2 || n_head > RS_PATTERN_HEAD ||
        n_tail > RS_PATTERN_TAIL || head[1] >= 0x80) {
        return;
    }
    rs_learn_words(&pattern->head, head, n_head);
    rs_learn_words(&tail, runs_end, n_tail);
    if (sparse == 0 && n_fixed <= RS_PATTERN_FIXED) {
        rs_learn_words(&pattern->fixed, begin, n_fixed);
    }
    pattern->n_fixed_values = rs_span_len(field->values);
    pattern->tail = tail.words[0];
    pattern->tail_mask = tail.masks[0];
    pattern->n_tail = n_tail;
    pattern->product =
        sparse == 0 ? rs_shape_product(column->shape, column->n_shape) : UINT64_MAX;
    pattern->tag = RS_TAG_LEN(field->role);
    pattern->member = RS_TAG_LEN(field->dtype);
    pattern->sparse = sparse;
}

/* Does the pattern ask for as many floats in each record? */
static inline bool rs_is_fixed(const rs_pattern *pattern, const rs_column *column)
{
    const size_t size = column->dtype == RS_FLOAT64 ? 8 : 4;
    return pattern->head.n != 0 && pattern->fixed.n != 0 && column->dtype != RS_INT32 &&
           column->sparse == 0 &&
           (pattern->product == UINT64_MAX ||
            pattern->product == pattern->n_fixed_values / size);
}

static inline uint64_t rs_differ(const rs_words *words, const uint8_t *at, size_t i)
{
    return (rs_load64(at + 8 * i) ^ words->words[i]) & words->masks[i];
}

static inline bool rs_has_tail(const rs_pattern *pattern, const uint8_t *at)
{
    return ((rs_load64(at) ^ pattern->tail) & pattern->tail_mask) == 0;
}

/* A length of three or four bytes, of which four may be read. A longer one comes out as
 * more than any record holds. */
static inline const uint8_t *rs_pattern_long(const uint8_t *at, size_t *len)
{
    *len = (at[0] & 0x7fU) | (at[1] & 0x7fU) << 7 | (size_t)(at[2] & 0x7fU) << 14;
    if (at[2] < 0x80) {
        return at + 3;
    }
    *len = at[3] < 0x80 ? *len | (size_t)at[3] << 21 : SIZE_MAX / 2;
    return at + 4;
}

/* A length. Whether it has one byte or two differs from row to row, so there is no branch
 * on that. */
static inline const uint8_t *rs_pattern_len(const uint8_t *at, size_t *len)
{
    const size_t first = at[0];
    const size_t second = at[1];
    const size_t more = first >> 7;
    if ((first & second) >= 0x80) {
        return rs_pattern_long(at, len);
    }
    *len = (first & 0x7f) | ((second << 7) & (0 - more));
    return at + 1 + more;
}

/* A length of two bytes as it is written. */
static inline uint64_t rs_two_bytes(size_t len)
{
    return (len & 0x7f) | 0x80 | (len & 0x3f80) << 1;
}

/* From the length of the Value, which ends at `end`, to that of the run of values: what
 * stands there follows from how much there is to come. NULL if it is something else. */
static inline const uint8_t *rs_pass_lengths(const uint8_t *at, const uint8_t *end,
                                             uint8_t member)
{
    const size_t left = (size_t)(end - at);
    const uint64_t found = rs_load64(at);
    size_t len = 0;
    if (left >= 133 && left < 16384) {
        const uint64_t want = rs_two_bytes(left - 2) | (uint64_t)member << 16 |
                              rs_two_bytes(left - 5) << 24 |
                              (uint64_t)RS_TAG_LEN(RS_TENSOR_VALUES) << 40;
        return (found ^ want) << 16 == 0 ? at + 6 : NULL;
    }
    at = rs_pattern_len(at, &len);
    if ((size_t)(end - at) != len || *at != member) {
        return NULL;
    }
    at = rs_pattern_len(at + 1, &len);
    if ((size_t)(end - at) != len || *at != RS_TAG_LEN(RS_TENSOR_VALUES)) {
        return NULL;
    }
    return at + 1;
}

/* All bytes before the values as they were, lengths included. */
static inline bool rs_take_fixed(const rs_pattern *pattern, rs_span *record,
                                 rs_straight *field)
{
    const uint8_t *at = record->at;
    const uint8_t *values = at + pattern->fixed.n;
    if ((rs_differ(&pattern->fixed, at, 0) | rs_differ(&pattern->fixed, at, 1) |
         rs_differ(&pattern->fixed, at, 2)) != 0 ||
        (ptrdiff_t)(pattern->n_fixed_values + pattern->n_tail) > record->end - values) {
        return false;
    }
    field->values.at = values;
    field->values.end = values + pattern->n_fixed_values;
    field->keys.at = field->keys.end = field->values.end;
    record->at = field->values.end + pattern->n_tail;
    return rs_has_tail(pattern, field->values.end);
}

/* The next field of the record by its column's pattern, with at least RS_PATTERN_SLACK
 * bytes to be read behind the record. False if it does not fit. */
static inline bool rs_take_pattern(const rs_pattern *pattern, rs_span *record,
                                   rs_straight *field)
{
    const uint8_t *at = record->at;
    size_t len = 0;
    if (pattern->head.n == 0 || *at != pattern->tag) {
        return false;
    }
    field->dtype = pattern->member >> 3;
    if (pattern->fixed.n != 0) {
        rs_span rest = *record;
        if (rs_take_fixed(pattern, &rest, field)) {
            *record = rest;
            return true;
        }
    }
    at = rs_pattern_len(at + 1, &len);
    if ((ptrdiff_t)len > record->end - at) {
        return false;
    }
    const uint8_t *end = at + len;
    if ((rs_differ(&pattern->head, at, 0) | rs_differ(&pattern->head, at, 1)) != 0) {
        return false;
    }
    /* From here on `at` may be beyond the end by a few bytes, but not by the slack. */
    at = rs_pass_lengths(at + pattern->head.n, end, pattern->member);
    if (at == NULL) {
        return false;
    }
    at = rs_pattern_len(at, &len);
    if ((ptrdiff_t)len > end - at || len == 0) {
        return false;
    }
    field->values.at = at;
    at = field->values.end = at + len;
    field->keys.at = field->keys.end = at;
    if (pattern->sparse == 1) {
        if (*at != RS_TAG_LEN(RS_TENSOR_KEYS)) {
            return false;
        }
        at = rs_pattern_len(at + 1, &len);
        if ((ptrdiff_t)len > end - at || len == 0) {
            return false;
        }
        field->keys.at = at;
        at = field->keys.end = at + len;
    }
    if ((size_t)(end - at) != pattern->n_tail || !rs_has_tail(pattern, at)) {
        return false;
    }
    record->at = end;
    return true;
}

/* When to try many records at once: where it fails again and again, seldom. */
typedef struct rs_patience {
    uint32_t n_wait; /* records before the next attempt */
    uint32_t n_next; /* records to wait if that fails */
} rs_patience;

static inline bool rs_may_try(rs_patience *patience)
{
    if (patience->n_wait == 0) {
        return true;
    }
    patience->n_wait--;
    return false;
}

/* Learns from an attempt that dealt with n records. */
static inline void rs_tried(rs_patience *patience, uint64_t n)
{
    if (n >= 16) {
        patience->n_next = 1;
    } else {
        patience->n_wait = patience->n_next;
        patience->n_next = patience->n_next < 256 ? 2 * patience->n_next : 256;
    }
}

#endif
