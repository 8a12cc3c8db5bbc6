/* Private: the reading passes with a choice of path, for tests of their agreement. */
#ifndef RECORDSMITH_SCAN_H
#define RECORDSMITH_SCAN_H

#include "wire.h"

/* How a reading pass may go about it. What comes out is the same. */
enum {
    RS_ANY_PATH = 0,
    RS_GENERAL_ONLY = 1, /* every record through the general reader */
    RS_NO_REPEATS = 2, /* do not compare a record's bytes with those of the one before */
    RS_PORTABLE = 4    /* no instructions beyond the build's baseline */
};

rs_status rs_scan_paths(const uint8_t *in, size_t n, uint64_t max_records,
                        rs_column *columns, size_t capacity, rs_scan *scan,
                        unsigned paths, rs_error *err);

rs_status rs_fill_paths(const uint8_t *in, size_t n, uint64_t n_records,
                        const rs_column *columns, const rs_target *targets,
                        size_t n_columns, unsigned paths, rs_error *err);

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
