/* Private: runs of records that look alike: one CSR column of floats, and beside it only
 * columns of as many floats in each record. All their fields match the patterns that were
 * learned from records before. Such records are read many at a time; all others, with or
 * without errors, are left to the ways that look more closely. */
#ifndef RECORDSMITH_ALIKE_H
#define RECORDSMITH_ALIKE_H

#include "pattern.h"

typedef struct rs_alike {
    const rs_pattern *patterns; /* of all columns, in the order of the records */
    size_t n_columns;
    size_t csr;         /* which of them is sparse */
    unsigned log2_size; /* of its values */
} rs_alike;

/* What a run of records adds to the columns. */
typedef struct rs_additions {
    uint64_t n_records;
    size_t n_bytes;
    uint64_t n_values, min_width, max_width;
    uint64_t first_other_width; /* the first record whose width is not `first_width` */
} rs_additions;

/* Can records be looked at in this way? Each column needs a pattern. */
bool rs_make_alike(const rs_pattern *patterns, const rs_column *columns, size_t n_columns,
                   rs_alike *alike);

/* Counts the records at the head of `in` that are alike, at most max_records. */
void rs_scan_alike(const rs_alike *alike, const uint8_t *in, const uint8_t *end,
                   uint64_t max_records, uint64_t first_width, rs_additions *found);

/* Adds up to RS_PACKED_ROWS records at the head of `in` to the targets, as records `row` and
 * on. Returns how many, and their bytes; 0 if it is not to be done in this way. */
size_t rs_fill_alike(const rs_alike *alike, const uint8_t *in, const uint8_t *end,
                     uint64_t max_records, const rs_column *columns,
                     const rs_target *targets, uint64_t row, const rs_decoders *decoders,
                     size_t *n_bytes);

#endif
