/* Private: the quick way for records of one CSR field, and beside it only fields whose size
 * never changes. It takes a few rows at a time, and deals with those that are as usual; all
 * others, with or without errors, are left to the general way. */
#ifndef RECORDSMITH_CSR_H
#define RECORDSMITH_CSR_H

#include "keys.h"
#include "piece.h"
#include "sink.h"

typedef struct rs_csr {
    const rs_record *record;
    const rs_layout *layout;
    const rs_field *field;
    uint64_t quick_limit; /* of the keys */
    bool ascending;
    size_t n_before; /* pieces before the field */
    size_t n_pieces;
    rs_piece pieces[RS_READY_FIELDS + 1];
} rs_csr;

/* Some rows that are as usual: their keys, and where their values begin. */
typedef struct rs_group {
    size_t first; /* value of the first row */
    rs_rows rows;
} rs_group;

/* Is the record of that kind? */
bool rs_make_csr(const rs_record *record, rs_csr *csr);

/* The rows from `row` on that can be taken together, and their sizes, checked as
 * rs_measure_row does: frame i takes up sizes[i] bytes. Returns how many; 0 if the first is
 * not as usual. */
size_t rs_size_csr_rows(const rs_csr *csr, int64_t row, int64_t end, rs_group *group,
                        uint32_t *sizes);

/* Writes the rows from `row` on that can be taken together, as far as there is room for
 * doing it quickly. Returns how many. `check`: the keys too, as rs_size_csr_rows does. */
int64_t rs_put_csr_rows(const rs_csr *csr, int64_t row, int64_t end, rs_group *group,
                        bool check, rs_sink *sink);

#endif
