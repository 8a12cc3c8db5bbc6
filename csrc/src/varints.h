/* Private: packed runs of varints, many at a time. */
#ifndef RECORDSMITH_VARINTS_H
#define RECORDSMITH_VARINTS_H

#include "wire.h"

#define RS_HIGH_BITS UINT64_C(0x8080808080808080)

enum {
    RS_PACKED_ROWS = 64,    /* rows at a time */
    RS_PACKED_BYTES = 4096, /* of their keys */
    RS_PACKED_BLOCK = 64    /* bytes are copied in blocks of this size */
};

/* The keys of some rows as they stand in their records, one behind the other. */
typedef struct rs_packed {
    size_t n_rows;
    uint32_t ends[RS_PACKED_ROWS + 1];   /* ends[i + 1]: of row i's bytes; ends[0]: 0 */
    uint32_t starts[RS_PACKED_ROWS + 1]; /* of each row's keys, counted; and their end */
    uint8_t bytes[RS_PACKED_BYTES + RS_PACKED_BLOCK];
} rs_packed;

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

/* The keys of some rows, one behind the other, into an array. False if a row does not hold
 * as many as it should, or if a key is not below `limit` or in a form that is not cared for. */
typedef bool rs_packed_fn(const rs_packed *packed, void *out, uint64_t limit);

/* For keys below 2^28, on processors with AVX2 and a fast pext. */
bool rs_packed32_avx2(const rs_packed *packed, void *out, uint64_t limit);
bool rs_packed64_avx2(const rs_packed *packed, void *out, uint64_t limit);

typedef struct rs_decoders {
    rs_keys_fn
        *keys32; /* each below `limit`, which is at most 2^31, or 2^63 for keys64 */
    rs_keys_fn *keys64;
    rs_packed_fn *packed32;
    rs_packed_fn *packed64;
    rs_int32s_fn *int32s; /* varints of up to ten bytes, cut to 32 bits */
} rs_decoders;

/* The best for this machine; `portable`: those that run on any. */
rs_decoders rs_choose_decoders(bool portable);

#endif
