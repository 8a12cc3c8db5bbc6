/* Private: the frames that the reading passes take in one step. */
#ifndef RECORDSMITH_SCAN_H
#define RECORDSMITH_SCAN_H

#include "wire.h"

/* A whole, unsplit frame at the head of `in`? rs_frame_peek has the rest of the cases. */
static inline bool rs_whole_frame(const uint8_t *in, size_t n, size_t *payload_len)
{
    if (n < RS_HEADER_SIZE || rs_load32(in) != RS_MAGIC) {
        return false;
    }
    *payload_len = rs_load32(in + 4);
    return *payload_len <= RS_MAX_PAYLOAD &&
           rs_padded(*payload_len) <= n - RS_HEADER_SIZE;
}

#endif
