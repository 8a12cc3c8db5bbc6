/* Decimal text <-> floats: literal cases, and a walk against the C library's strtod. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "number.h"

/* Parses text followed by enough bytes for the quick way, and by none; both must agree. */
static const char *parse(const char *text, uint64_t *bits)
{
    static uint8_t room[4096];
    const size_t n = strlen(text);
    double value = -1, quick = -1;
    memset(room, '\n', sizeof room);
    memcpy(room + 1024, text, n);
    const uint8_t *end = rs_number_parse(room + 1024, room + 1024 + n, &value);
    const uint8_t *quick_end = rs_number_parse_quick(room + 1024, &quick);
    if (quick_end != NULL) {
        CHECK(quick_end == end);
        CHECK(rs_bits_of_double(quick) == rs_bits_of_double(value));
    }
    *bits = rs_bits_of_double(value);
    return end == NULL ? NULL : text + (end - (room + 1024));
}

static void check_parses(const char *text, double want)
{
    uint64_t bits;
    const char *const end = parse(text, &bits);
    CHECK(end == text + strlen(text));
    if (bits != rs_bits_of_double(want)) {
        fprintf(stderr, "\"%.60s\" gives %a, expected %a\n", text,
                rs_double_of_bits(bits), want);
    }
    CHECK(bits == rs_bits_of_double(want));
}

/* The number ends after `taken` bytes of the text; -1: there is none. */
static void check_stops(const char *text, int taken)
{
    uint64_t bits;
    const char *const end = parse(text, &bits);
    CHECK_EQ(end == NULL ? -1 : end - text, taken);
}

static void test_literals(void)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"-0.000e99999999999999999999", -0.0},
        {"1", 1.0},
        {"+1", 1.0},
        {"12345678", 12345678.0},
        {"1234567.", 1234567.0},
        {".5", 0.5},
        {"-.5e-1", -0.05},
        {"1_0.2_5e0_1", 102.5},
        {"0000000000000000000000000000001", 1.0},
        {"0.0000000000000000000000000000001", 1e-31},
        {"1E5", 1e5},
        {"0.1", 0x1.999999999999ap-4},
        {"123456.7890123456789", 0x1.e240c9fcb68cdp+16},
        /* 2^53 + 1: a tie, to even; and the smallest bit more */
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000000000000000001", 9007199254740994.0},
        {"9007199254740992.9999999999999999999999999999999999999", 9007199254740992.0},
        {"9007199254740995", 9007199254740996.0},
        /* the ends of the range */
        {"1.7976931348623157e308", 0x1.fffffffffffffp+1023},
        {"1.7976931348623158079e308", 0x1.fffffffffffffp+1023},
        {"1.7976931348623159e308", INFINITY},
        {"1e309", INFINITY},
        {"-1e99999999999999999999", -INFINITY},
        {"2.2250738585072014e-308", 0x1p-1022},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"4.9e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"1e-400", 0.0},
        {"1e-99999999999999999999", 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_parses(cases[i].text, cases[i].value);
    }
}

static void test_words(void)
{
    uint64_t bits;
    check_parses("inf", INFINITY);
    check_parses("-INF", -INFINITY);
    check_parses("+iNfInItY", INFINITY);
    CHECK(parse("nan", &bits) != NULL);
    CHECK(bits == 0x7ff8000000000000U);
    CHECK(parse("-NaN", &bits) != NULL);
    CHECK(bits == 0xfff8000000000000U);
    check_stops("infinit", 3);
    check_stops("nan(1)", 3);
    check_stops("in", -1);
    check_stops("na", -1);
    check_stops("", -1);
    check_stops("+", -1);
    check_stops("-", -1);
    check_stops(".", -1);
    check_stops("-.e1", -1);
    check_stops("e5", -1);
    check_stops("_1", -1);
    check_stops("--1", -1);
    check_stops("1e", 1);
    check_stops("1e+", 1);
    check_stops("1e_5", 1);
    check_stops("1_", 1);
    check_stops("1__0", 1);
    check_stops("1_.5", 1);
    check_stops("1._5", 2);
    check_stops("0x10", 1);
    check_stops("1,5", 1);
    check_stops("1 ", 1);
    check_stops("1.5.5", 3);
}

static uint64_t random_state = 88172645463325252U;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static double random_double(void)
{
    uint64_t bits;
    do {
        bits = next_random();
    } while ((bits >> 52 & 0x7ff) == 0x7ff);
    return rs_double_of_bits(bits);
}

/* strtod is an independent, correctly rounding reader (glibc, in the C locale). */
static void test_against_strtod(void)
{
    char text[1200];
    for (int i = 0; i < 40000; i++) {
        const double d = random_double();
        const unsigned long long a = next_random() >> next_random() % 64;
        const unsigned long long b = next_random() >> next_random() % 64;
        snprintf(text, sizeof text, "%.*e", (int)(next_random() % 40), d);
        check_parses(text, strtod(text, NULL));
        snprintf(text, sizeof text, "%llu.%llu", a, b);
        check_parses(text, strtod(text, NULL));
        snprintf(text, sizeof text, "-%llu.%llue%d", a, b,
                 (int)(next_random() % 700) - 350);
        check_parses(text, strtod(text, NULL));
    }
}

/* Texts in the very middle of two doubles, cut off, and with a little more or less. */
static void test_middles(void)
{
    char text[1200];
    for (int i = 0; i < 500; i++) {
        /* a multiple of 2^-1074 with 53 bits, and half a unit of its last place */
        const uint64_t whole = (next_random() >> 11) | (uint64_t)1 << 52;
        const int shift = -1074 + (int)(next_random() % 8);
        const double below = ldexp((double)whole, shift);
        const double above = ldexp((double)(whole + 1), shift);
        const double even = (whole & 1) == 0 ? below : above;
        /* The exact digits of the middle: half the sum of both neighbours, digit by
           digit. */
        char low[1200], high[1200];
        snprintf(low, sizeof low, "%.1074f", below);
        snprintf(high, sizeof high, "%.1074f", above);
        const size_t n = strlen(low);
        CHECK_EQ(strlen(high), n);
        int carry = 0;
        text[n] = 0;
        for (size_t k = n; k-- > 0;) { /* sum of the digits, right to left */
            if (low[k] == '.') {
                text[k] = '.';
                continue;
            }
            const int sum = (low[k] - '0') + (high[k] - '0') + carry;
            text[k] = (char)('0' + sum % 10);
            carry = sum / 10;
        }
        CHECK_EQ(carry, 0);
        int rest = 0;
        for (size_t k = 0; k < n; k++) { /* half of it, left to right */
            if (text[k] != '.') {
                const int now = rest * 10 + (text[k] - '0');
                text[k] = (char)('0' + now / 2);
                rest = now % 2;
            }
        }
        text[n] = rest != 0 ? '5' : '0';
        text[n + 1] = 0;
        check_parses(text, even);
        text[n + 1] = '1';
        text[n + 2] = 0;
        check_parses(text, above);
        text[n] = '4';
        if (rest != 0) {
            check_parses(text, below);
        }
    }
}

static void check_writes(double value, const char *want)
{
    uint8_t out[RS_MAX_NUMBER_TEXT + 1];
    memset(out, 0xa5, sizeof out);
    const uint8_t *const end = rs_number_write_double(value, out);
    CHECK_BYTES(out, (size_t)(end - out), want, strlen(want));
    CHECK_EQ(out[RS_MAX_NUMBER_TEXT], 0xa5);
}

static void check_writes_float(float value, const char *want)
{
    uint8_t out[RS_MAX_NUMBER_TEXT + 1];
    memset(out, 0xa5, sizeof out);
    const uint8_t *const end = rs_number_write_float(value, out);
    CHECK_BYTES(out, (size_t)(end - out), want, strlen(want));
    CHECK_EQ(out[RS_MAX_NUMBER_TEXT], 0xa5);
}

static void test_writing(void)
{
    check_writes(0.0, "0");
    check_writes(-0.0, "-0");
    check_writes(1.0, "1");
    check_writes(-15.0, "-15");
    check_writes(0.5, "0.5");
    check_writes(0.1, "0.1");
    check_writes(0.1 + 0.2, "0.30000000000000004");
    check_writes(1.0 / 3.0, "0.3333333333333333");
    check_writes(123456.75, "123456.75");
    check_writes(0.0001, "0.0001");
    check_writes(0.00012345678901234567, "0.00012345678901234567");
    check_writes(0.00001, "1e-5");
    check_writes(1.5e-7, "1.5e-7");
    check_writes(9007199254740992.0, "9007199254740992");
    check_writes(9999999999999998.0, "9999999999999998");
    check_writes(1e16, "1e16");
    check_writes(1e22, "1e22");
    check_writes(1e23, "1e23");
    check_writes(9.5e-300, "9.5e-300");
    check_writes(0x1p-1074, "5e-324");
    check_writes(0x1p-1022, "2.2250738585072014e-308");
    check_writes(-0x1.fffffffffffffp+1023, "-1.7976931348623157e308");
    check_writes(INFINITY, "inf");
    check_writes(-INFINITY, "-inf");
    check_writes(NAN, "nan");
    check_writes(-NAN, "nan");

    check_writes_float(0.1F, "0.1");
    check_writes_float(1.0F / 3.0F, "0.33333334");
    check_writes_float(16777216.0F, "16777216");
    check_writes_float(3.4028235e38F, "3.4028235e38");
    check_writes_float(0x1p-149F, "1e-45");
    check_writes_float(0x1p-126F, "1.1754944e-38");
    check_writes_float(-2.5F, "-2.5");
    /* "7.038531e-26" would do for a reader of floats, but not for one of doubles */
    check_writes_float(0x1.5c87fap-84F, "7.0385307e-26");
    check_writes_float(INFINITY, "inf");

    uint8_t out[RS_MAX_NUMBER_TEXT];
    const uint8_t *end = rs_number_write_integer(INT64_MIN, out);
    CHECK_BYTES(out, (size_t)(end - out), "-9223372036854775808", 20);
    end = rs_number_write_integer(100, out);
    CHECK_BYTES(out, (size_t)(end - out), "100", 3);
    end = rs_number_write_integer(99999999, out);
    CHECK_BYTES(out, (size_t)(end - out), "99999999", 8);
}

/* What is written reads back, and with one digit less it does not. */
static void test_round_trip(void)
{
    char text[64];
    for (int i = 0; i < 40000; i++) {
        const double d = random_double();
        memset(text, 0, sizeof text);
        CHECK(rs_number_write_double(d, (uint8_t *)text) <= (uint8_t *)text + 24);
        CHECK(strtod(text, NULL) == d);
        char *const e = strchr(text, 'e');
        const size_t n_digits = (e == NULL ? strlen(text) : (size_t)(e - text)) -
                                (text[0] == '-') - (strchr(text, '.') != NULL);
        if (e != NULL && n_digits > 1) {
            snprintf(text, sizeof text, "%.*e", (int)n_digits - 2, d);
            CHECK(strtod(text, NULL) != d);
        }
        float f;
        const uint32_t bits = (uint32_t)next_random();
        memcpy(&f, &bits, sizeof f);
        if (isfinite(f)) {
            memset(text, 0, sizeof text);
            rs_number_write_float(f, (uint8_t *)text);
            CHECK((float)strtod(text, NULL) == f);
        }
    }
}

int main(void)
{
    test_literals();
    test_words();
    test_against_strtod();
    test_middles();
    test_writing();
    test_round_trip();
    return check_report();
}
