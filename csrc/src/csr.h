/* Private: the quick way for records of one CSR field, and beside it only fields whose size
 * never changes. It deals with the rows that are as usual, and leaves all others, with or
 * without errors, to the general way. */
#ifndef RECORDSMITH_CSR_H
#define RECORDSMITH_CSR_H

#include "layout.h"

typedef struct rs_csr {
    const rs_record *record;
    const rs_layout *layout;
    const rs_field *field;
    uint64_t quick_limit; /* of the keys */
    size_t least;         /* bytes of a payload without values, keys and varints */
    bool ascending;
} rs_csr;

/* Is the record of that kind? */
bool rs_make_csr(const rs_record *record, rs_csr *csr);

/* Payload bytes of the row, checked as rs_measure_row does; SIZE_MAX: not as usual. */
size_t rs_size_csr_row(const rs_csr *csr, int64_t row);

/* Writes the row's frame and returns its end; NULL: not as usual, or not enough room for
 * doing it quickly. May write anything up to room_end. Keys are not checked again. */
uint8_t *rs_put_csr_row(const rs_csr *csr, int64_t row, uint8_t *frame,
                        const uint8_t *room_end);

#endif
