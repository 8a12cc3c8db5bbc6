/* Private: decimal text <-> floats, exact, and independent of the locale.
 *
 * Reading gives what Python's float() gives for the same ASCII text: the nearest double, ties
 * to even, whatever the number of digits. Writing gives the shortest digits that read back to
 * the same float32 or float64, and among those the ones nearest to the value.
 */
#ifndef RECORDSMITH_NUMBER_H
#define RECORDSMITH_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire.h"

/* ------------------------------------------------------------------------- reading */

/* The longest number at the head of [p, end): an optional sign, then digits with an optional
 * point and exponent ("_" may stand between digits), or inf, infinity, nan in any case.
 * Returns the byte after it, or NULL if no number begins at p. Whether the number is complete
 * shows in the byte after it: Python's float() refuses "1e", and here it is "1" before "e". */
const uint8_t *rs_number_parse(const uint8_t *p, const uint8_t *end, double *value);

/* The double nearest to m * 10^q, m != 0, as bits. Returns false where 128 bits of the power
 * cannot tell between two neighbours; *bits is then one of them. */
bool rs_decimal_to_bits(uint64_t m, int64_t q, uint64_t *bits);

/* The exact fallback. [p, end) holds the digits from the first that is not 0, maybe with "."
 * and "_" among them; the value is 0.d1d2d3... * 10^point. guess: bits of a double near it. */
uint64_t rs_exact_bits(const uint8_t *p, const uint8_t *end, int64_t point,
                       uint64_t guess);

extern const double rs_exact_powers[23];     /* 10^0 .. 10^22, exact as doubles */
extern const uint64_t rs_integer_powers[20]; /* 10^0 .. 10^19 */

static inline double rs_double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t rs_bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Eight bytes of text as digits: a byte is below 10 where the text has a digit. */
static inline uint64_t rs_load_digits(const uint8_t *p)
{
    return rs_load64(p) ^ 0x3030303030303030U;
}

/* How many of the eight bytes, from the first on, are digits. */
static inline unsigned rs_count_digits(uint64_t digits)
{
    /* A sum sets the upper bit from 10 on; its carry only spoils bytes after a non-digit. */
    const uint64_t others =
        ((digits + 0x7676767676767676U) | digits) & 0x8080808080808080U;
#if defined(__GNUC__)
    return others == 0 ? 8U : (unsigned)__builtin_ctzll(others) >> 3;
#else
    unsigned n = 0;
    while (n < 8 && (others >> (8 * n + 7) & 1) == 0) {
        n++;
    }
    return n;
#endif
}

/* The number that the first n (1 to 8) of the eight digits make. */
static inline uint64_t rs_join_digits(uint64_t digits, unsigned n)
{
    digits <<= 64 - 8 * n; /* as many leading zeros as bytes that do not count */
    digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ffU;
    digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffffU;
    return (digits * 10000 + (digits >> 32)) & 0xffffffffU;
}

/* Bytes that rs_number_parse_quick may look at. */
#define RS_QUICK_BYTES 40

/* What rs_number_parse gives, for the common shapes: [-]1234567[.1234567890123456789] with at
 * most 19 digits in all. Returns NULL for any other text, and where only the general function
 * can tell. RS_QUICK_BYTES bytes at p must be readable. */
static inline const uint8_t *rs_number_parse_quick(const uint8_t *p, double *value)
{
    const uint64_t sign = *p == '-';
    p += sign;
    uint64_t digits = rs_load_digits(p);
    const unsigned n_whole = rs_count_digits(digits);
    if (n_whole == 0 || n_whole == 8) {
        return NULL;
    }
    uint64_t m = rs_join_digits(digits, n_whole);
    uint64_t bits;
    p += n_whole;
    if (*p != '.') {
        bits = rs_bits_of_double((double)m);
    } else {
        digits = rs_load_digits(++p);
        unsigned n_fraction = rs_count_digits(digits);
        if (n_fraction == 8) {
            m = m * 100000000 + rs_join_digits(digits, 8);
            digits = rs_load_digits(p + 8);
            const unsigned n = rs_count_digits(digits);
            if (n != 0) {
                m = m * rs_integer_powers[n] + rs_join_digits(digits, n);
            }
            n_fraction += n;
            while (n_fraction >= 16 && n_whole + n_fraction < 19 &&
                   (uint8_t)(p[n_fraction] - '0') < 10) {
                m = m * 10 + (uint64_t)(p[n_fraction++] - '0');
            }
        } else if (n_fraction != 0) {
            m = m * rs_integer_powers[n_fraction] + rs_join_digits(digits, n_fraction);
        }
        p += n_fraction;
        if (n_whole + n_fraction > 19 || (uint8_t)(*p - '0') < 10) {
            return NULL;
        }
        if (m <= (uint64_t)1 << 53) {
            /* Both are exact, so that the one division rounds as it should. */
            bits = rs_bits_of_double((double)m / rs_exact_powers[n_fraction]);
        } else if (!rs_decimal_to_bits(m, -(int64_t)n_fraction, &bits)) {
            return NULL;
        }
    }
    if ((*p | 0x20) == 'e' || *p == '_') {
        return NULL;
    }
    *value = rs_double_of_bits(bits | sign << 63);
    return p;
}

/* ------------------------------------------------------------------------- writing */

#define RS_MAX_NUMBER_TEXT 24 /* "-1.7976931348623157e-308" */

/* Writes shortest text and returns the byte after it; RS_MAX_NUMBER_TEXT bytes must be lent.
 * Python's float() of it is the value (for float32: the nearest float32 of that is). */
uint8_t *rs_number_write_double(double value, uint8_t *out);
uint8_t *rs_number_write_float(float value, uint8_t *out);
uint8_t *rs_number_write_integer(int64_t value, uint8_t *out);

#endif
