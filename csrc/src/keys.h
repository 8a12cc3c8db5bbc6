/* Private: runs of small integers (keys, int32 values) as varints.
 *
 * The quick functions know integers below RS_QUICK_LIMIT only, whose varints have at most
 * four bytes; they refuse others, and the caller then goes the careful way.
 */
#ifndef RECORDSMITH_KEYS_H
#define RECORDSMITH_KEYS_H

#include "wire.h"

#define RS_QUICK_LIMIT ((uint64_t)1 << 28)

#if defined(__x86_64__) && defined(__GNUC__)
#define RS_HAVE_AVX2_KEYS 1
#endif

/* A run of integers in the caller's arrays; `size` is that of one, 4 or 8 bytes. Passed by
 * value in two registers; a payload's limit keeps n below 2^29. */
typedef struct rs_run {
    const void *first;
    uint32_t n;
    uint32_t size;
} rs_run;

static inline int32_t rs_load_int32(const void *array, size_t i)
{
    int32_t v;
    memcpy(&v, (const uint8_t *)array + i * 4, 4);
    return v;
}

static inline int64_t rs_load_int64(const void *array, size_t i)
{
    int64_t v;
    memcpy(&v, (const uint8_t *)array + i * 8, 8);
    return v;
}

static inline int64_t rs_load_signed(const void *array, uint32_t size, size_t i)
{
    return size == 4 ? rs_load_int32(array, i) : rs_load_int64(array, i);
}

/* May the AVX2 twins be called? Asks the processor, cheaply. */
bool rs_have_avx2(void);

/* The bytes of the run's varints, if all integers lie in [0, limit) and, where `ascending`,
 * each is above the one before; else SIZE_MAX. limit <= RS_QUICK_LIMIT. */
size_t rs_size_run(rs_run run, uint64_t limit, bool ascending);
size_t rs_size_run_avx2(rs_run run, uint64_t limit, bool ascending);

/* The keys of a few rows, which lie one behind the other. Taking all rows at once has no
 * branch that depends on where one ends. */
enum { RS_GROUP_ROWS = 64, RS_GROUP_KEYS = 1024, RS_GROUP_SPARE = 128 };

typedef struct rs_rows {
    rs_run run; /* of all rows: at most RS_GROUP_KEYS */
    size_t n_rows;
    uint32_t
        starts[RS_GROUP_ROWS + 1]; /* of each row in the run, ascending; and the end */
    uint32_t places[RS_GROUP_ROWS + 1]; /* of each row in the varints; and the end */
    uint8_t bytes[4 * RS_GROUP_KEYS + RS_GROUP_SPARE]; /* the varints */
} rs_rows;

/* Fills in the places, and if `puts` the bytes. False if a key is outside [0, limit) or,
 * where `ascending`, not above the one before it in its row. limit <= RS_QUICK_LIMIT. */
bool rs_take_rows(rs_rows *rows, uint64_t limit, bool ascending, bool puts);
bool rs_take_rows_avx2(rs_rows *rows, uint64_t limit, bool ascending, bool puts);

/* Writes the varints of as many integers from the head of the run as fit well before
 * `room_end`: it may leave the last ones undone, and may write anything up to room_end.
 * Returns the byte after the last varint, and in *n_done how many were written; NULL if
 * one of the integers is not below RS_QUICK_LIMIT. */
uint8_t *rs_put_run(uint8_t *p, const uint8_t *room_end, rs_run run, size_t *n_done);
uint8_t *rs_put_run_avx2(uint8_t *p, const uint8_t *room_end, rs_run run, size_t *n_done);

#endif
