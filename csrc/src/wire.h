/* Private: little-endian loads and stores, varints, checked sizes. */
#ifndef RECORDSMITH_WIRE_H
#define RECORDSMITH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "recordsmith/recordsmith.h"

#define RS_HEADER_SIZE ((size_t)8)

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RS_LITTLE_ENDIAN 1
#else
#define RS_LITTLE_ENDIAN 0
#endif

enum { RS_WIRE_VARINT = 0, RS_WIRE_64 = 1, RS_WIRE_LEN = 2, RS_WIRE_32 = 5 };

/* Byte-wise, so that alignment and the host's byte order do not matter; compilers make
 * one instruction of each. */
static inline uint32_t rs_load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static inline uint64_t rs_load64(const uint8_t *p)
{
    return (uint64_t)rs_load32(p) | (uint64_t)rs_load32(p + 4) << 32;
}

static inline void rs_store32(uint8_t *p, uint32_t v)
{
#if RS_LITTLE_ENDIAN /* of single bytes compilers do not always make one store */
    memcpy(p, &v, sizeof v);
#else
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
#endif
}

static inline void rs_store64(uint8_t *p, uint64_t v)
{
    rs_store32(p, (uint32_t)v);
    rs_store32(p + 4, (uint32_t)(v >> 32));
}

static inline size_t rs_padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* Bytes of a varint: 1 to 10. */
static inline size_t rs_varint_size(uint64_t v)
{
#if defined(__GNUC__)
    const unsigned bits = 64U - (unsigned)__builtin_clzll(v | 1);
    return (bits * 9U + 64U) / 64U;
#else
    size_t n = 1;
    while (v >= 0x80) {
        v >>= 7;
        n++;
    }
    return n;
#endif
}

/* Writes a varint and returns the byte after it. The caller has made sure of the room. */
static inline uint8_t *rs_put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* Checked size arithmetic: false on overflow. */
static inline bool rs_add_size(size_t a, size_t b, size_t *sum)
{
    *sum = a + b;
    return *sum >= a;
}

static inline bool rs_mul_size(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b) {
        return false;
    }
    *product = a * b;
    return true;
}

/* Resets *err to "nothing known" with a status, which it returns. */
static inline rs_status rs_fail(rs_error *err, rs_status status)
{
    err->status = status;
    err->field = -1;
    err->offset = -1;
    err->row = -1;
    err->column = -1;
    err->found = -1;
    err->limit = -1;
    return status;
}

#endif
