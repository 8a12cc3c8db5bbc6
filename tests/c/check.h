/* The few words that the C tests speak: checks that count themselves.
 *
 * A failed check prints where and what, and the program goes on. `return check_report();`
 * ends main: non-zero if a check failed or none ran.
 */
#ifndef RECORDSMITH_TESTS_CHECK_H
#define RECORDSMITH_TESTS_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t check_n_run;
static size_t check_n_failed;

static inline void check_that(int good, const char *file, int line, const char *text)
{
    check_n_run++;
    if (!good) {
        check_n_failed++;
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
    }
}

static inline void check_equal(long long got, long long want, const char *file, int line,
                               const char *text)
{
    check_n_run++;
    if (got != want) {
        check_n_failed++;
        fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, text, got,
                want);
    }
}

static inline void check_dump(const char *label, const uint8_t *p, size_t n)
{
    fprintf(stderr, "  %s (%zu):", label, n);
    for (size_t i = 0; i < n && i < 256; i++) {
        fprintf(stderr, " %02x", p[i]);
    }
    fprintf(stderr, "\n");
}

static inline void check_same_bytes(const void *got, size_t n_got, const void *want,
                                    size_t n_want, const char *file, int line)
{
    check_n_run++;
    if (n_got != n_want || (n_got != 0 && memcmp(got, want, n_got) != 0)) {
        check_n_failed++;
        fprintf(stderr, "%s:%d: bytes differ\n", file, line);
        check_dump("got", got, n_got);
        check_dump("expected", want, n_want);
    }
}

/* CHECK_EQ compares as long long; CHECK_BYTES takes (got, its length, expected, its
 * length).
 */
#define CHECK(cond) check_that((cond) != 0, __FILE__, __LINE__, #cond)
#define CHECK_EQ(got, want)                                                              \
    check_equal((long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define CHECK_BYTES(got, n_got, want, n_want)                                            \
    check_same_bytes((got), (n_got), (want), (n_want), __FILE__, __LINE__)

static inline int check_report(void)
{
    printf("%zu checks\n", check_n_run);
    if (check_n_failed != 0) {
        fprintf(stderr, "%zu of %zu checks failed\n", check_n_failed, check_n_run);
    }
    return check_n_failed != 0 || check_n_run == 0;
}

#endif
