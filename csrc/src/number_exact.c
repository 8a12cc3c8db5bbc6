/* The last resort of number.c: compares decimal digits with the middle between two doubles in
 * whole numbers of fixed size. Slow, rare, and certain. */
#include "number.h"

/* Digits beyond these only matter as "something more": a middle between two doubles has at
 * most 767 significant digits. */
#define MAX_DIGITS 800

/* Either side of a comparison: MAX_DIGITS + 1 digits are below 2^2662, and 5^1125 * 2^54 is
 * below 2^2667. Lining up the powers of two makes neither side longer than the other needs. */
#define N_LIMBS 96

#define INFINITE_BITS ((uint64_t)0x7ff << 52)

typedef struct big {
    uint32_t limb[N_LIMBS]; /* lowest first */
    int n;                  /* limbs in use; the highest of them is not 0 */
} big;

/* x = x * factor + addend. What does not fit is dropped; see N_LIMBS for why nothing is. */
static void multiply_add(big *x, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = 0; i < x->n; i++) {
        carry += (uint64_t)x->limb[i] * factor;
        x->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && x->n < N_LIMBS) {
        x->limb[x->n++] = (uint32_t)carry;
    }
}

static void multiply_power_of_5(big *x, int64_t exponent)
{
    for (; exponent >= 13; exponent -= 13) {
        multiply_add(x, 1220703125U, 0); /* 5^13 */
    }
    for (; exponent > 0; exponent--) {
        multiply_add(x, 5, 0);
    }
}

static void shift_left(big *x, int64_t bits)
{
    const int64_t limbs = bits / 32;
    if (x->n == 0 || x->n + limbs >= N_LIMBS) {
        return;
    }
    for (int i = x->n - 1; i >= 0; i--) {
        x->limb[i + limbs] = x->limb[i];
    }
    memset(x->limb, 0, (size_t)limbs * sizeof x->limb[0]);
    x->n += (int)limbs;
    multiply_add(x, (uint32_t)1 << bits % 32, 0);
}

static int compare(const big *a, const big *b)
{
    if (a->n != b->n) {
        return a->n < b->n ? -1 : 1;
    }
    for (int i = a->n - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

/* The significant digits as a whole number, and how many they are. */
static int64_t read_big(const uint8_t *p, const uint8_t *end, big *x)
{
    int64_t n = 0;
    x->n = 0;
    for (; p != end && n < MAX_DIGITS; p++) {
        const uint8_t digit = (uint8_t)(*p - '0');
        if (digit < 10) {
            multiply_add(x, 10, digit);
            n++;
        }
    }
    for (; p != end; p++) {
        if (*p >= '1' && *p <= '9') {
            multiply_add(x, 10, 1); /* above all shorter texts, below all next digits */
            return n + 1;
        }
    }
    return n;
}

/* Is digits * 10^exponent below, at, or above the middle of the double and the next one? */
static int compare_with_middle(const big *digits, int64_t exponent, uint64_t bits)
{
    const uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    const int64_t biased = (int64_t)(bits >> 52);
    const uint64_t whole = biased == 0 ? fraction : fraction | (uint64_t)1 << 52;
    const uint64_t middle = 2 * whole + 1; /* times 2^twos */
    const int64_t twos = (biased == 0 ? 1 : biased) - 1075 - 1;

    big left = *digits;
    big right = {{(uint32_t)middle, (uint32_t)(middle >> 32)}, middle >> 32 != 0 ? 2 : 1};
    int64_t shift =
        twos - exponent; /* powers of two on the right, less those on the left */
    if (exponent >= 0) {
        multiply_power_of_5(&left, exponent);
    } else {
        multiply_power_of_5(&right, -exponent);
    }
    if (shift >= 0) {
        shift_left(&right, shift);
    } else {
        shift_left(&left, -shift);
    }
    return compare(&left, &right);
}

uint64_t rs_exact_bits(const uint8_t *p, const uint8_t *end, int64_t point,
                       uint64_t guess)
{
    if (point > 310) {
        return INFINITE_BITS;
    }
    if (point < -324) {
        return 0;
    }
    big digits;
    const int64_t exponent = point - read_big(p, end, &digits);
    uint64_t bits = guess < INFINITE_BITS ? guess : INFINITE_BITS - 1;
    /* A middle that is hit exactly belongs to the even neighbour. */
    for (; bits != INFINITE_BITS; bits++) {
        const int order = compare_with_middle(&digits, exponent, bits);
        if (order < 0 || (order == 0 && (bits & 1) == 0)) {
            break;
        }
    }
    for (; bits != 0; bits--) {
        const int order = compare_with_middle(&digits, exponent, bits - 1);
        if (order > 0 || (order == 0 && (bits & 1) == 0)) {
            break;
        }
    }
    return bits;
}
