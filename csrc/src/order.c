/* Facts about the keys of sparse rows. */
#include "keys.h"

void rs_key_facts_init(rs_key_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->first_empty = -1;
    facts->first_unordered = -1;
    facts->min_key = INT64_MAX;
    facts->max_key = INT64_MIN;
}

/* Of one row that is not empty: whether the keys ascend, with their range taken in. Nothing
 * in the loops branches, so that compilers make vector code of them. */
static bool look_at_int32(const void *keys, size_t n, rs_key_facts *facts)
{
    int32_t min = rs_load_int32(keys, 0);
    int32_t max = min;
    int32_t unordered = 0;
    for (size_t i = 1; i < n; i++) {
        const int32_t key = rs_load_int32(keys, i);
        min = key < min ? key : min;
        max = key > max ? key : max;
        unordered |= key <= rs_load_int32(keys, i - 1);
    }
    facts->min_key = min < facts->min_key ? min : facts->min_key;
    facts->max_key = max > facts->max_key ? max : facts->max_key;
    return unordered == 0;
}

static bool look_at_int64(const void *keys, size_t n, rs_key_facts *facts)
{
    int64_t min = rs_load_int64(keys, 0);
    int64_t max = min;
    int64_t unordered = 0;
    for (size_t i = 1; i < n; i++) {
        const int64_t key = rs_load_int64(keys, i);
        min = key < min ? key : min;
        max = key > max ? key : max;
        unordered |= key <= rs_load_int64(keys, i - 1);
    }
    facts->min_key = min < facts->min_key ? min : facts->min_key;
    facts->max_key = max > facts->max_key ? max : facts->max_key;
    return unordered == 0;
}

static void add_row(rs_run row, uint8_t *kind, rs_key_facts *facts)
{
    if (row.n == 0) {
        facts->first_empty =
            facts->n_empty == 0 ? (int64_t)facts->n_rows : facts->first_empty;
        facts->n_empty++;
        *kind = RS_ROW_EMPTY;
        return;
    }
    facts->max_values = row.n > facts->max_values ? row.n : facts->max_values;
    const bool ordered = row.size == 4 ? look_at_int32(row.first, row.n, facts)
                                       : look_at_int64(row.first, row.n, facts);
    *kind = ordered ? RS_ROW_ORDERED : RS_ROW_UNORDERED;
    if (!ordered) {
        facts->first_unordered =
            facts->n_unordered == 0 ? (int64_t)facts->n_rows : facts->first_unordered;
        facts->n_unordered++;
    }
}

rs_status rs_find_key_facts(const rs_field *field, int64_t begin, int64_t end,
                            uint8_t *kinds, rs_key_facts *facts, rs_error *err)
{
    if (field->kind != RS_CSR || begin < 0 || end < begin || end > field->n_rows) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    const uint8_t *keys = (const uint8_t *)field->keys;
    int64_t at = begin < end
                     ? rs_load_signed(field->offsets, field->offset_size, (size_t)begin)
                     : 0;
    for (int64_t row = begin; row < end; row++) {
        const int64_t next =
            rs_load_signed(field->offsets, field->offset_size, (size_t)row + 1);
        const uint64_t n = (uint64_t)next - (uint64_t)at;
        if (at < 0 || next < at || next > field->n_values || n > UINT32_MAX) {
            rs_fail(err, RS_E_OFFSETS);
            err->row = row;
            err->found = next;
            err->limit = field->n_values;
            return RS_E_OFFSETS;
        }
        const rs_run run = {keys + (size_t)at * field->key_size, (uint32_t)n,
                            field->key_size};
        add_row(run, &kinds[row - begin], facts);
        facts->n_rows++;
        at = next;
    }
    return RS_OK;
}
