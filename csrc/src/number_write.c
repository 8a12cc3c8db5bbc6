/* Floats to the shortest decimal digits that read back to the same float.
 *
 * Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2020): scale the
 * float and the two ends of the interval that rounds to it by one power of ten, so that the
 * candidates are the whole numbers next to it, and look which of them lie inside.
 */
#include <math.h>

#include "number.h"
#include "power_table.h"

/* A decimal number: digits * 10^exponent. */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* ------------------------------------------------------------------------- digits as text */

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930"
    "31323334353637383940414243444546474849505152535455565758596061"
    "62636465666768697071727374757677787980818283848586878889909192"
    "93949596979899";

static unsigned count_decimal_digits(uint64_t v)
{
    /* 1233 / 4096 is log10(2) well enough for 64 bits; the table corrects the rest. */
    const unsigned bits = 64U - (unsigned)rs_leading_zeros(v | 1);
    const unsigned n = bits * 1233U >> 12;
    return n + (v >= rs_integer_powers[n]) + (v == 0);
}

/* Writes the last n digits of v, and returns what is left of v. */
static uint64_t put_digits(uint64_t v, unsigned n, uint8_t *out)
{
    for (; n >= 2; n -= 2) {
        memcpy(out + n - 2, digit_pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (n != 0) {
        out[0] = (uint8_t)('0' + v % 10);
        v /= 10;
    }
    return v;
}

static uint8_t *write_whole(uint64_t v, uint8_t *out)
{
    if (v < 10) {
        *out = (uint8_t)('0' + v);
        return out + 1;
    }
    const unsigned n = count_decimal_digits(v);
    put_digits(v, n, out);
    return out + n;
}

uint8_t *rs_number_write_integer(int64_t value, uint8_t *out)
{
    if (value < 0) {
        *out++ = '-';
        return write_whole(-(uint64_t)value, out);
    }
    return write_whole((uint64_t)value, out);
}

static void strip_zeros(decimal *d)
{
    static const struct {
        uint32_t power;
        int zeros;
    } steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (d->digits % steps[i].power == 0) {
            d->digits /= steps[i].power;
            d->exponent += steps[i].zeros;
        }
    }
}

/* Lays the digits out as Python's repr does: a plain number from 1e-4 to below 1e16, else an
 * exponent; without the ".0", "+" and leading zeros that repr adds. */
static uint8_t *write_decimal(decimal d, uint8_t *out)
{
    strip_zeros(&d);
    const unsigned n = count_decimal_digits(d.digits);
    const int point = (int)n + d.exponent; /* value = 0.digits * 10^point */
    if (point > 16 || point < -3) {
        uint8_t *const first = out++;
        if (n > 1) {
            *out++ = '.';
            d.digits = put_digits(d.digits, n - 1, out);
            out += n - 1;
        }
        *first = (uint8_t)('0' + d.digits);
        *out++ = 'e';
        return rs_number_write_integer(point - 1, out);
    }
    if (point <= 0) {
        memcpy(out, "0.000", 5);
        out += 2 - point;
        put_digits(d.digits, n, out);
        return out + n;
    }
    if (d.exponent >= 0) {
        put_digits(d.digits, n, out);
        memset(out + n, '0', (size_t)d.exponent);
        return out + point;
    }
    d.digits = put_digits(d.digits, n - (unsigned)point, out + point + 1);
    out[point] = '.';
    put_digits(d.digits, (unsigned)point, out);
    return out + n + 1;
}

/* ------------------------------------------------------------------------- Schubfach */

/* floor(e * log10(2)), floor(e * log10(2) + log10(3/4)), floor(e * log2(10)): exact over the
 * exponents of doubles. Shifts of negative numbers are arithmetic on all our compilers. */
static int floor_log10_pow2(int e)
{
    return (e * 1262611) >> 22;
}

static int floor_log10_three_quarters_pow2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static int floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* 10^e to 128 bits, rounded up. */
static void power_of_ten(int e, uint64_t *high, uint64_t *low)
{
    const uint64_t *const power = rs_power_table[e - RS_MIN_POWER];
    const bool rounded_down = e > RS_LAST_EXACT || e < RS_FIRST_ROUNDED_UP;
    *low = power[1] + rounded_down;
    *high = power[0] + (*low < power[1]);
}

/* Of the scaled number the whole part; its last bit also says "and more". */
static uint64_t scale64(uint64_t high, uint64_t low, uint64_t x)
{
    uint64_t upper, middle, carry, ignored;
    rs_multiply(high, x, &upper, &middle);
    rs_multiply(low, x, &carry, &ignored);
    middle += carry;
    upper += middle < carry;
    return upper | (middle > 1);
}

static uint64_t scale32(uint64_t power, uint64_t x)
{
    uint64_t upper, lower;
    rs_multiply(power, x, &upper, &lower);
    return upper | (lower >> 32 > 1);
}

/* The choice among whole numbers (k is their power of ten). All arguments are four times the
 * scaled number: the float, and the ends of its interval. */
static decimal choose(uint64_t lower, uint64_t value, uint64_t upper, bool ends_belong,
                      int k)
{
    lower += !ends_belong;
    upper -= !ends_belong;
    const uint64_t s = value / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above) {
            return (decimal){tens + above, k + 1};
        }
    }
    const bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above) {
        return (decimal){s + above, k};
    }
    const uint64_t middle = 4 * s + 2;
    return (decimal){s + (value > middle || (value == middle && (s & 1) != 0)), k};
}

/* c * 2^q; closer: the lower neighbour is half as far away as the upper one. */
static decimal shortest64(uint64_t c, int q, bool closer)
{
    const int k = closer ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    const int shift = q + floor_log2_pow10(-k) + 1;
    uint64_t high, low;
    power_of_ten(-k, &high, &low);
    return choose(scale64(high, low, (4 * c - 2 + closer) << shift),
                  scale64(high, low, 4 * c << shift),
                  scale64(high, low, (4 * c + 2) << shift), (c & 1) == 0, k);
}

static decimal shortest32(uint64_t c, int q, bool closer)
{
    const int k = closer ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    const int shift = q + floor_log2_pow10(-k) + 1;
    uint64_t high, low;
    power_of_ten(-k, &high, &low);
    high += low != 0;
    return choose(scale32(high, (4 * c - 2 + closer) << shift),
                  scale32(high, 4 * c << shift), scale32(high, (4 * c + 2) << shift),
                  (c & 1) == 0, k);
}

/* ------------------------------------------------------------------------- floats */

/* nan, inf, 0 and whole numbers, with their sign. Returns NULL for all others, without their
 * sign. */
static uint8_t *write_easy(double magnitude, uint8_t *out)
{
    if (isnan(magnitude)) {
        memcpy(out, "nan", 3);
        return out + 3;
    }
    if (isinf(magnitude)) {
        memcpy(out, "inf", 3);
        return out + 3;
    }
    if (magnitude < 9007199254740992.0) {
        const int64_t whole = (int64_t)magnitude;
        if ((double)whole == magnitude) {
            return write_whole((uint64_t)whole, out);
        }
    }
    return NULL;
}

uint8_t *rs_number_write_double(double value, uint8_t *out)
{
    const uint64_t bits = rs_bits_of_double(value);
    *out = '-';
    out += bits >> 63 != 0 && !isnan(value);
    uint8_t *const done = write_easy(fabs(value), out);
    if (done != NULL) {
        return done;
    }
    const uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    const int biased = (int)(bits >> 52 & 0x7ff);
    if (biased == 0) {
        return write_decimal(shortest64(fraction, -1074, false), out);
    }
    return write_decimal(shortest64(fraction | (uint64_t)1 << 52, biased - 1075,
                                    fraction == 0 && biased > 1),
                         out);
}

uint8_t *rs_number_write_float(float value, uint8_t *out)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    *out = '-';
    out += bits >> 31 != 0 && !isnan(value);
    uint8_t *const done = write_easy(fabs((double)value), out);
    if (done != NULL) {
        return done;
    }
    if ((bits & 0x7fffffff) == 0x15ae43fd) {
        /* Of all floats the one whose shortest text, 7.038531e-26, is a double that then
           rounds to another float. */
        return write_decimal((decimal){70385307, -33}, out);
    }
    const uint32_t fraction = bits & (((uint32_t)1 << 23) - 1);
    const int biased = (int)(bits >> 23 & 0xff);
    if (biased == 0) {
        return write_decimal(shortest32(fraction, -149, false), out);
    }
    return write_decimal(shortest32(fraction | (uint32_t)1 << 23, biased - 150,
                                    fraction == 0 && biased > 1),
                         out);
}
