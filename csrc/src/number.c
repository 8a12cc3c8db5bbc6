/* Decimal text to double: one pass over the text, then the cheapest step that is certain.
 *
 * 1. Few digits and a small power of ten: one multiplication or division of exact doubles
 *    (Clinger, "How to read floating point numbers accurately", 1990).
 * 2. Up to 19 digits: their product with a 128-bit power of ten (Lemire, "Number parsing at a
 *    gigabyte per second", 2021).
 * 3. What is left (more digits that lie near the middle of two doubles): exact comparison,
 *    number_exact.c.
 */
#include "number.h"
#include "power_table.h"

const double rs_exact_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

const uint64_t rs_integer_powers[20] = {1U,
                                        10U,
                                        100U,
                                        1000U,
                                        10000U,
                                        100000U,
                                        1000000U,
                                        10000000U,
                                        100000000U,
                                        1000000000U,
                                        10000000000U,
                                        100000000000U,
                                        1000000000000U,
                                        10000000000000U,
                                        100000000000000U,
                                        1000000000000000U,
                                        10000000000000000U,
                                        100000000000000000U,
                                        1000000000000000000U,
                                        10000000000000000000U};

#define MAX_DIGITS 19 /* as many as surely fit 64 bits */
#define INFINITE_BITS ((uint64_t)0x7ff << 52)

/* The part of a number before its exponent. */
typedef struct mantissa {
    uint64_t m; /* the first digits, at most MAX_DIGITS, leading zeros not counted */
    int64_t exponent;     /* value = m * 10^exponent, if no digit was left out */
    int64_t n_digits;     /* digits in m */
    bool inexact;         /* digits other than 0 were left out */
    const uint8_t *first; /* the first digit that is not 0; NULL if there is none */
    int64_t n_after; /* digits from `first` on that stand before the point; below 0: zeros
                             between the point and `first` */
} mantissa;

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

/* Takes digits (and "_" between two digits) at p; `whole` says which side of the point. */
static const uint8_t *read_digits(const uint8_t *p, const uint8_t *end, bool whole,
                                  mantissa *number)
{
    const uint8_t *const begin = p;
    for (; p != end; p++) {
        const uint8_t digit = (uint8_t)(*p - '0');
        if (digit > 9) {
            if (*p == '_' && p != begin && end - p > 1 && is_digit(p[1])) {
                continue;
            }
            break;
        }
        if (digit != 0 && number->first == NULL) {
            number->first = p;
        }
        if (whole) {
            number->n_after += number->first != NULL;
        } else {
            number->n_after -= number->first == NULL;
        }
        if (number->first == NULL) {
            number->exponent -= !whole;
        } else if (number->n_digits < MAX_DIGITS) {
            number->m = number->m * 10 + digit;
            number->n_digits++;
            number->exponent -= !whole;
        } else {
            number->inexact |= digit != 0;
            number->exponent += whole;
        }
    }
    return p;
}

/* The exponent at p, if one begins there; else p and *exponent = 0. */
static const uint8_t *read_exponent(const uint8_t *p, const uint8_t *end,
                                    int64_t *exponent)
{
    *exponent = 0;
    if (p == end || (*p | 0x20) != 'e') {
        return p;
    }
    const uint8_t *q = p + 1;
    bool negative = false;
    if (q != end && (*q == '+' || *q == '-')) {
        negative = *q++ == '-';
    }
    if (q == end || !is_digit(*q)) {
        return p;
    }
    int64_t value = 0;
    for (; q != end; q++) {
        if (is_digit(*q)) {
            /* More would change nothing: no text has 10^17 digits to make up for it. */
            value = value < 100000000000000000 ? value * 10 + (*q - '0') : value;
        } else if (*q != '_' || end - q < 2 || !is_digit(q[1])) {
            break;
        }
    }
    *exponent = negative ? -value : value;
    return q;
}

/* Does [p, end) begin with these lower-case letters, in any case? */
static bool begins_with(const uint8_t *p, const uint8_t *end, const char *letters,
                        size_t n)
{
    if ((size_t)(end - p) < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((p[i] | 0x20) != (uint8_t)letters[i]) {
            return false;
        }
    }
    return true;
}

static const uint8_t *read_special(const uint8_t *p, const uint8_t *end, uint64_t *bits)
{
    if (begins_with(p, end, "nan", 3)) {
        *bits = INFINITE_BITS | (uint64_t)1 << 51;
        return p + 3;
    }
    if (begins_with(p, end, "inf", 3)) {
        *bits = INFINITE_BITS;
        return p + (begins_with(p, end, "infinity", 8) ? 8 : 3);
    }
    return NULL;
}

bool rs_decimal_to_bits(uint64_t m, int64_t q, uint64_t *bits)
{
    if (q < RS_MIN_POWER) {
        *bits = 0;
        return true;
    }
    if (q > 308) {
        *bits = INFINITE_BITS;
        return true;
    }
    const int shift = rs_leading_zeros(m);
    const uint64_t *const power = rs_power_table[q - RS_MIN_POWER];
    uint64_t high, low;
    m <<= shift;
    rs_multiply(m, power[0], &high, &low);
    if ((high & 0x1ff) == 0x1ff) {
        /* The neglected lower word could carry into the bits that decide. */
        uint64_t more, ignored;
        rs_multiply(m, power[1], &more, &ignored);
        low += more;
        high += low < more;
    }
    const bool certain =
        low != UINT64_MAX || (q >= RS_FIRST_ROUNDED_UP && q <= RS_LAST_EXACT);

    /* high * 2^(exponent - 63) is the value; keep 53 bits and one to round by. */
    const int top = (int)(high >> 63);
    const int dropped = 64 - 54 - 1 + top;
    uint64_t fraction = high >> dropped;
    /* floor(q * log2(10)) for |q| < 400 */
    int64_t exponent = ((q * 217706) >> 16) + 63 + top - shift + 1023;
    if (exponent <= 0) { /* subnormal; 19 digits cannot make a tie there */
        const int64_t further = 1 - exponent;
        fraction = further < 64 ? fraction >> further : 0;
        *bits = (fraction + 1) >> 1; /* may become the smallest normal: the bits say so */
        return certain;
    }
    if (low <= 1 && q >= -4 && q <= 23 && (fraction & 3) == 1 &&
        fraction << dropped == high) {
        fraction--; /* an exact tie goes to the even neighbour, which is below */
    }
    fraction = (fraction + 1) >> 1;
    if (fraction >> 53 != 0) {
        fraction >>= 1;
        exponent++;
    }
    if (exponent >= 0x7ff) {
        *bits = INFINITE_BITS;
        return certain;
    }
    *bits = (uint64_t)exponent << 52 | (fraction & (((uint64_t)1 << 52) - 1));
    return certain;
}

/* Bits of m * 10^q, m != 0, by the cheapest way that is exact. */
static uint64_t bits_of_mantissa(const mantissa *number, int64_t exponent,
                                 const uint8_t *end)
{
    const uint64_t m = number->m;
    const int64_t q = number->exponent + exponent;
    uint64_t bits, above;
    if (!number->inexact && m <= (uint64_t)1 << 53 && q >= -22 && q <= 22) {
        const double value = (double)m;
        return rs_bits_of_double(q < 0 ? value / rs_exact_powers[-q]
                                       : value * rs_exact_powers[q]);
    }
    bool certain = rs_decimal_to_bits(m, q, &bits);
    if (certain && number->inexact) {
        certain = rs_decimal_to_bits(m + 1, q, &above) && above == bits;
    }
    return certain ? bits
                   : rs_exact_bits(number->first, end, number->n_after + exponent, bits);
}

const uint8_t *rs_number_parse(const uint8_t *p, const uint8_t *end, double *value)
{
    uint64_t sign = 0;
    if (p != end && (*p == '-' || *p == '+')) {
        sign = (uint64_t)(*p++ == '-') << 63;
    }
    mantissa number = {0};
    uint64_t bits = 0;
    const uint8_t *const begin = p;
    p = read_digits(p, end, true, &number);
    if (p != end && *p == '.') {
        p = read_digits(p + 1, end, false, &number);
    }
    if (p == begin || (p == begin + 1 && *begin == '.')) { /* no digit */
        p = read_special(begin, end, &bits);
        if (p == NULL) {
            return NULL;
        }
    } else {
        const uint8_t *const digits_end = p;
        int64_t exponent;
        p = read_exponent(p, end, &exponent);
        if (number.first != NULL) {
            bits = bits_of_mantissa(&number, exponent, digits_end);
        }
    }
    *value = rs_double_of_bits(bits | sign);
    return p;
}
