/* Private: runs of numbers of one type become numbers of the wire, and what that costs.
 *
 * A cast never fails: it says that some number of the run does not fit, and rs_misfit_of
 * finds out which and why. Numbers lie at any alignment; the output is aligned.
 */
#ifndef RECORDSMITH_CASTS_H
#define RECORDSMITH_CASTS_H

#include "wire.h"

typedef struct rs_cast_facts {
    uint64_t n_changed; /* numbers that did not survive exactly (NaN stays NaN) */
    double max_relative_error;
    uint64_t n_misfits; /* not 0: some do not fit, and the rest means nothing */
    uint64_t n_large;   /* integers beyond those that floats hold without gaps */
} rs_cast_facts;

/* Casts n numbers, and adds to the facts. */
typedef void rs_cast(const uint8_t *in, size_t n, void *out, rs_cast_facts *facts);

/* Bytes of one number; 0 for RS_BITS and for what is no type. */
size_t rs_number_size(uint8_t type);

/* The cast from an rs_number_type (not RS_BITS) to an rs_dtype; NULL if there is none. */
rs_cast *rs_find_cast(uint8_t type, uint8_t dtype);

/* Why one number has no place in the dtype: RS_E_RANGE, RS_E_FRACTION, or, where integers
 * have to stay `exact`, RS_E_INEXACT; RS_OK if it has one. */
rs_status rs_misfit_of(const uint8_t *in, uint8_t type, uint8_t dtype, bool exact);

#endif
