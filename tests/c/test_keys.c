/* Runs of keys as varints: vector code and plain code, single rows and groups of them. */
#include <stdlib.h>

#include "check.h"
#include "keys.h"

static uint64_t random_state = 1;

static uint64_t get_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return random_state >> 33;
}

/* The vector code and the plain code write and size alike, on whatever machine this is. */
static void test_runs(void)
{
    int64_t wide[90];
    int32_t keys[90];
    uint8_t a[512], b[512];
    for (int round = 0; round < 400; round++) {
        const uint32_t n = (uint32_t)(get_random() % 90);
        int64_t key = -1;
        for (uint32_t i = 0; i < n; i++) {
            key += 1 + (int64_t)(get_random() % (UINT64_C(1) << (round % 22)));
            wide[i] = keys[i] = (int32_t)key;
        }
        for (unsigned size = 4; size <= 8; size += 4) {
            const rs_run run = {size == 4 ? (void *)keys : (void *)wide, n, size};
            size_t n_a = 0, n_b = 0;
            const size_t n_bytes = rs_size_run(run, RS_QUICK_LIMIT, true);
            const uint8_t *end = rs_put_run(a, a + sizeof a, run, &n_a);
            CHECK_EQ(n_a, n);
            CHECK_EQ(end - a, n_bytes);
            CHECK_EQ(rs_size_run(run, (uint64_t)key, false), n == 0 ? 0 : SIZE_MAX);
            if (rs_have_avx2()) {
                CHECK_EQ(rs_size_run_avx2(run, RS_QUICK_LIMIT, true), n_bytes);
                end = rs_put_run_avx2(b, b + sizeof b, run, &n_b);
                CHECK_EQ(n_b, n);
                CHECK_BYTES(a, n_bytes, b, (size_t)(end - b));
                CHECK_EQ(rs_size_run_avx2(run, (uint64_t)key, false),
                         n == 0 ? 0 : SIZE_MAX);
            }
        }
    }
}

/* Rows of a group: places and bytes are those of each row by itself. */
static void check_rows(rs_rows *rows, bool ascends, bool avx2)
{
    uint8_t want[4 * 90 + 8];
    for (int puts = 0; puts <= 1; puts++) {
        memset(rows->bytes, 0xee, sizeof rows->bytes);
        memset(rows->places, 0xee, sizeof rows->places);
        CHECK(avx2 ? rs_take_rows_avx2(rows, RS_QUICK_LIMIT, ascends, puts)
                   : rs_take_rows(rows, RS_QUICK_LIMIT, ascends, puts));
        CHECK_EQ(avx2 ? rs_take_rows_avx2(rows, RS_QUICK_LIMIT, true, puts)
                      : rs_take_rows(rows, RS_QUICK_LIMIT, true, puts),
                 ascends);
        size_t n_bytes = 0;
        for (size_t i = 0; i < rows->n_rows; i++) {
            const rs_run run = {(const uint8_t *)rows->run.first +
                                    rows->starts[i] * rows->run.size,
                                rows->starts[i + 1] - rows->starts[i], rows->run.size};
            CHECK_EQ(rows->places[i], n_bytes);
            size_t n = 0;
            rs_put_run(want, want + sizeof want, run, &n);
            n = rs_size_run(run, RS_QUICK_LIMIT, false);
            if (puts) {
                CHECK_BYTES(rows->bytes + n_bytes, n, want, n);
            }
            n_bytes += n;
        }
        CHECK_EQ(rows->places[rows->n_rows], n_bytes);
    }
}

static void test_row_groups(void)
{
    int64_t wide[90];
    int32_t keys[90];
    rs_rows *rows = malloc(sizeof *rows);
    for (int round = 0; round < 3000; round++) {
        const uint32_t n = 1 + (uint32_t)(get_random() % 90);
        const size_t row_most = 1 + get_random() % (round % 3 == 0 ? 90 : 30);
        bool ascends = true;
        rows->n_rows = 0;
        rows->starts[0] = 0;
        int64_t key = -1;
        for (uint32_t i = 0, left = 0; i < n; i++, left--) {
            if (left == 0 && rows->n_rows < RS_GROUP_ROWS) {
                left = 1 + (uint32_t)(get_random() % row_most);
                rows->starts[rows->n_rows++] = i;
                key = -1;
            }
            key += 1 + (int64_t)(get_random() % (UINT64_C(1) << (round % 22)));
            if (get_random() % 200 == 0 && rows->starts[rows->n_rows - 1] != i) {
                key = wide[i - 1] - (int64_t)(get_random() % 2) * wide[i - 1];
                ascends = false;
            }
            wide[i] = keys[i] = (int32_t)key;
        }
        rows->starts[rows->n_rows] = n;
        for (unsigned size = 4; size <= 8; size += 4) {
            rows->run = (rs_run){size == 4 ? (void *)keys : (void *)wide, n, size};
            check_rows(rows, ascends, false);
            if (rs_have_avx2()) {
                check_rows(rows, ascends, true);
            }
            /* one key that is too large, or negative */
            const uint32_t at = (uint32_t)(get_random() % n);
            const int64_t bad[] = {-1,        INT32_MIN, 1 << 28,         INT32_MAX,
                                   INT64_MIN, INT64_MAX, INT64_C(1) << 32};
            const int64_t other = bad[get_random() % (size == 4 ? 4 : 7)];
            const int64_t kept = wide[at];
            wide[at] = other;
            keys[at] = (int32_t)other;
            CHECK(!rs_take_rows(rows, RS_QUICK_LIMIT, false, true));
            CHECK(!rs_have_avx2() ||
                  !rs_take_rows_avx2(rows, RS_QUICK_LIMIT, false, true));
            CHECK(!rs_have_avx2() ||
                  !rs_take_rows_avx2(rows, RS_QUICK_LIMIT, true, false));
            wide[at] = kept;
            keys[at] = (int32_t)kept;
            CHECK(!rs_take_rows(rows, (uint64_t)kept, false, false));
            CHECK(!rs_have_avx2() ||
                  !rs_take_rows_avx2(rows, (uint64_t)kept, false, false));
        }
    }
    free(rows);
}

int main(void)
{
    test_runs();
    test_row_groups();
    return check_report();
}
