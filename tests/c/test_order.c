/* Facts about the keys of sparse rows. */
#include "check.h"
#include "recordsmith/recordsmith.h"

#include <string.h>

static rs_field sparse(const int32_t *keys, int64_t n_values, const int64_t *offsets,
                       int64_t n_rows)
{
    static const float values[16];
    rs_field field;
    memset(&field, 0, sizeof field);
    field.role = RS_FEATURE;
    field.dtype = RS_FLOAT32;
    field.kind = RS_CSR;
    field.offset_size = 8;
    field.key_size = 4;
    field.values = values;
    field.n_values = n_values;
    field.keys = keys;
    field.offsets = offsets;
    field.n_rows = n_rows;
    return field;
}

static void test_rows(void)
{
    const int32_t keys[] = {1, 5, 9, 4, 4, 7, 3, -2};
    const int64_t offsets[] = {0, 3, 3, 5, 7, 8};
    const rs_field field = sparse(keys, 8, offsets, 5);
    uint8_t kinds[6] = {9, 9, 9, 9, 9, 9};
    rs_key_facts facts;
    rs_error err;
    rs_key_facts_init(&facts);
    CHECK(facts.min_key > facts.max_key);
    CHECK_EQ(facts.first_empty, -1);
    CHECK_EQ(rs_find_key_facts(&field, 0, 2, kinds, &facts, &err), RS_OK);
    CHECK_EQ(rs_find_key_facts(&field, 2, 5, kinds + 2, &facts, &err), RS_OK);
    CHECK_EQ(facts.n_rows, 5);
    CHECK_EQ(facts.n_empty, 1);
    CHECK_EQ(facts.first_empty, 1);
    CHECK_EQ(facts.n_unordered, 2);
    CHECK_EQ(facts.first_unordered, 2);
    CHECK_EQ(facts.max_values, 3);
    CHECK_EQ(facts.min_key, -2);
    CHECK_EQ(facts.max_key, 9);
    CHECK_EQ(kinds[0], RS_ROW_ORDERED);
    CHECK_EQ(kinds[1], RS_ROW_EMPTY);
    CHECK_EQ(kinds[2], RS_ROW_UNORDERED); /* a key twice */
    CHECK_EQ(kinds[3], RS_ROW_UNORDERED);
    CHECK_EQ(kinds[4], RS_ROW_ORDERED);
    CHECK_EQ(kinds[5], 9);
}

static void test_wide_and_unaligned(void)
{
    const int64_t keys[] = {INT64_MIN, 0, INT64_MAX};
    const int32_t offsets[] = {0, 3};
    uint8_t bytes[1 + sizeof keys + 1 + sizeof offsets];
    memcpy(bytes + 1, keys, sizeof keys);
    memcpy(bytes + 2 + sizeof keys, offsets, sizeof offsets);
    rs_field field = sparse(NULL, 3, NULL, 1);
    field.key_size = 8;
    field.keys = bytes + 1;
    field.offset_size = 4;
    field.offsets = bytes + 2 + sizeof keys;
    uint8_t kind = 9;
    rs_key_facts facts;
    rs_error err;
    rs_key_facts_init(&facts);
    CHECK_EQ(rs_find_key_facts(&field, 0, 1, &kind, &facts, &err), RS_OK);
    CHECK_EQ(kind, RS_ROW_ORDERED);
    CHECK(facts.min_key == INT64_MIN && facts.max_key == INT64_MAX);
}

static void test_hostile_offsets(void)
{
    const int32_t keys[] = {1, 2};
    const int64_t cases[][3] = {{0, 2, 1}, {0, 3, 3}, {-1, 0, 2}, {0, INT64_MAX, 2}};
    for (size_t i = 0; i < 4; i++) {
        const rs_field field = sparse(keys, 2, cases[i], 2);
        uint8_t kinds[2];
        rs_key_facts facts;
        rs_error err;
        rs_key_facts_init(&facts);
        CHECK_EQ(rs_find_key_facts(&field, 0, 2, kinds, &facts, &err), RS_E_OFFSETS);
        CHECK_EQ(err.limit, 2);
    }
}

static void test_wrong_calls(void)
{
    const int32_t keys[] = {1};
    const int64_t offsets[] = {0, 1};
    rs_field field = sparse(keys, 1, offsets, 1);
    uint8_t kinds[2];
    rs_key_facts facts;
    rs_error err;
    rs_key_facts_init(&facts);
    CHECK_EQ(rs_find_key_facts(&field, 0, 0, kinds, &facts, &err), RS_OK);
    CHECK_EQ(facts.n_rows, 0);
    CHECK_EQ(rs_find_key_facts(&field, 0, 2, kinds, &facts, &err), RS_E_ARGUMENT);
    CHECK_EQ(rs_find_key_facts(&field, 1, 0, kinds, &facts, &err), RS_E_ARGUMENT);
    field.kind = RS_RAGGED;
    CHECK_EQ(rs_find_key_facts(&field, 0, 1, kinds, &facts, &err), RS_E_ARGUMENT);
}

int main(void)
{
    test_rows();
    test_wide_and_unaligned();
    test_hostile_offsets();
    test_wrong_calls();
    return check_report();
}
