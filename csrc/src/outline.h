/* Private: records that equal the one before in all bytes but those of their values.
 *
 * Fixed-width data make a file of such records. Where the bytes between the values are
 * those of a record that was read already, so is their meaning. */
#ifndef RECORDSMITH_OUTLINE_H
#define RECORDSMITH_OUTLINE_H

#include "straight.h"

enum { RS_MAX_RUNS = 64 };

/* The bytes of one field's values, from the payload's start on. */
typedef struct rs_run {
    uint32_t begin;
    uint32_t n_bytes;
    uint32_t column;
    uint32_t dtype;
    uint64_t n_values;
} rs_run;

typedef struct rs_outline {
    const uint8_t *payload; /* NULL: there is no outline */
    size_t n_bytes;
    size_t n_runs;
    rs_run runs[RS_MAX_RUNS];
} rs_outline;

/* Begins the outline of a record, if that may pay: the one before was as long. */
static inline void rs_begin_outline(rs_outline *outline, rs_span record)
{
    const size_t n_bytes = rs_span_len(record);
    outline->payload = outline->n_bytes == n_bytes ? record.at : NULL;
    outline->n_bytes = n_bytes;
    outline->n_runs = 0;
}

static inline void rs_add_run(rs_outline *outline, const rs_straight *field,
                              size_t column, uint64_t n_values)
{
    if (outline->payload == NULL) {
        return;
    }
    if (outline->n_runs == RS_MAX_RUNS || field->keys.at < field->keys.end) {
        outline->payload = NULL;
        return;
    }
    rs_run *run = &outline->runs[outline->n_runs++];
    run->begin = (uint32_t)(field->values.at - outline->payload);
    run->n_bytes = (uint32_t)rs_span_len(field->values);
    run->column = (uint32_t)column;
    run->dtype = field->dtype;
    run->n_values = n_values;
}

static inline bool rs_equal_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n < 8) {
        for (size_t i = 0; i < n; i++) {
            if (a[i] != b[i]) {
                return false;
            }
        }
        return true;
    }
    uint64_t differ = rs_load64(a + n - 8) ^ rs_load64(b + n - 8);
    for (size_t i = 0; n - i > 8; i += 8) {
        differ |= rs_load64(a + i) ^ rs_load64(b + i);
    }
    return differ == 0;
}

/* Are the bytes between the values the same? Of integers and text, of which the same
 * bytes can hold more or less, the number of values and the form are compared too. */
static inline bool rs_outline_fits(const rs_outline *outline, rs_span record)
{
    size_t at = 0;
    if (outline->payload == NULL || outline->n_bytes != rs_span_len(record)) {
        return false;
    }
    for (size_t i = 0; i < outline->n_runs; i++) {
        const rs_run *run = &outline->runs[i];
        const uint8_t *values = record.at + run->begin;
        if (!rs_equal_bytes(outline->payload + at, record.at + at, run->begin - at)) {
            return false;
        }
        at = run->begin + run->n_bytes;
        if (run->dtype == RS_INT32 && run->n_bytes > 0 &&
            (record.at[at - 1] >= 0x80 ||
             rs_count_varints(values, run->n_bytes) != run->n_values)) {
            return false;
        }
        if (run->dtype == RS_BYTES && !rs_is_utf8((rs_span){values, record.at + at})) {
            return false;
        }
    }
    return rs_equal_bytes(outline->payload + at, record.at + at, outline->n_bytes - at);
}

#endif
