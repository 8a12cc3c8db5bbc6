/* Private: packed runs of varints, many at a time. */
#ifndef RECORDSMITH_VARINTS_H
#define RECORDSMITH_VARINTS_H

#include "wire.h"

#define RS_HIGH_BITS UINT64_C(0x8080808080808080)

/* The number of bytes below 0x80, which is the number of varints of a sound run. */
uint64_t rs_count_varints(const uint8_t *run, size_t n);

/* Decodes exactly n varints, which take up the n_bytes of a run exactly. `readable`
 * bytes, n_bytes or more, may be read from `run`; only n elements are written. False if
 * that is not so, or if a varint is longer than these functions care for: the general
 * reader then decides. What is at `out` is unspecified then. */
typedef bool rs_keys_fn(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                        size_t n, uint64_t limit);
typedef bool rs_int32s_fn(const uint8_t *run, size_t n_bytes, size_t readable, void *out,
                          size_t n);

typedef struct rs_decoders {
    rs_keys_fn
        *keys32; /* each below `limit`, which is at most 2^31, or 2^63 for keys64 */
    rs_keys_fn *keys64;
    rs_int32s_fn *int32s; /* varints of up to ten bytes, cut to 32 bits */
} rs_decoders;

/* The best for this machine; `portable`: those that run on any. */
rs_decoders rs_choose_decoders(bool portable);

#endif
