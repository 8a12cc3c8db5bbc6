/* Private: packed runs of varints, many at a time. */
#ifndef RECORDSMITH_VARINTS_H
#define RECORDSMITH_VARINTS_H

#include "wire.h"

#define RS_HIGH_BITS UINT64_C(0x8080808080808080)

/* The number of bytes below 0x80, which is the number of varints of a sound run. */
static inline uint64_t rs_count_varints(const uint8_t *run, size_t n) {
    uint64_t count = n;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        /* one bit a byte, summed up by the multiplication in the uppermost byte */
        const uint64_t more = (rs_load64(run + i) & RS_HIGH_BITS) >> 7;
        count -= (more * UINT64_C(0x0101010101010101)) >> 56;
    }
    for (; i < n; i++) {
        count -= run[i] >> 7;
    }
    return count;
}

#endif
