/* Private: powers of ten to 128 bits. */
#ifndef RECORDSMITH_POWER_TABLE_H
#define RECORDSMITH_POWER_TABLE_H

#include <stdint.h>

#define RS_MIN_POWER                                                                     \
    (-342)               /* below it every 19-digit number is less than half of 2^-1074 */
#define RS_MAX_POWER 324 /* reading needs 308; writing the smallest double needs 324 */

/* [q - RS_MIN_POWER] = {high, low} words of 10^q scaled into [2^127, 2^128): exact for
 * 0 <= q <= RS_LAST_EXACT, rounded up for RS_FIRST_ROUNDED_UP <= q < 0, else down. */
extern const uint64_t rs_power_table[RS_MAX_POWER - RS_MIN_POWER + 1][2];

#define RS_LAST_EXACT 55
#define RS_FIRST_ROUNDED_UP (-27)

/* The full 128-bit product of two words. */
static inline void rs_multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 rs_u128;
    const rs_u128 product = (rs_u128)a * b;
    *high = (uint64_t)(product >> 64);
    *low = (uint64_t)product;
#else
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low_low = a0 * b0;
    const uint64_t middle = a1 * b0 + (low_low >> 32);
    const uint64_t cross = a0 * b1 + (uint32_t)middle;
    *high = a1 * b1 + (middle >> 32) + (cross >> 32);
    *low = cross << 32 | (uint32_t)low_low;
#endif
}

/* Zero bits above the highest set bit; `x` is not 0. */
static inline int rs_leading_zeros(uint64_t x)
{
#if defined(__GNUC__)
    return __builtin_clzll(x);
#else
    int n = 0;
    for (int step = 32; step != 0; step /= 2) {
        if (x >> (64 - step) == 0) {
            n += step;
            x <<= step;
        }
    }
    return n;
#endif
}

#endif
