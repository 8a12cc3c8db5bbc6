/* Private: runs of records whose columns all hold as many floats in each of them. Their
 * frames are equally long, and but for the values they are equal: they are read at one
 * stride, without being taken apart. */
#ifndef RECORDSMITH_EVEN_H
#define RECORDSMITH_EVEN_H

#include "pattern.h"

typedef struct rs_even {
    const rs_pattern *patterns; /* of all columns, in the order of the records */
    size_t n_columns;
    size_t frame_len;
    uint64_t header;
    size_t heads[RS_MAX_PATTERNS];  /* where each column's field begins in the frame */
    size_t values[RS_MAX_PATTERNS]; /* where its values do */
} rs_even;

/* Can records be looked at in this way? Each column needs a pattern. */
bool rs_make_even(const rs_pattern *patterns, const rs_column *columns, size_t n_columns,
                  rs_even *even);

/* Counts the records at the head of `in` that are so, at most max_records. */
uint64_t rs_scan_even(const rs_even *even, const uint8_t *in, const uint8_t *end,
                      uint64_t max_records);

/* Adds the records at the head of `in` that are so, at most max_records, to the targets, as
 * records `row` and on. Returns how many. */
uint64_t rs_fill_even(const rs_even *even, const uint8_t *in, const uint8_t *end,
                      uint64_t max_records, const rs_column *columns,
                      const rs_target *targets, uint64_t row);

#endif
