/* A plain writer of frames, field by field, that encoding is compared with; and arrays. */
#ifndef RECORDSMITH_TESTS_PLAIN_WRITER_H
#define RECORDSMITH_TESTS_PLAIN_WRITER_H

#include <stdlib.h>

#include "check.h"
#include "paths.h"
#include "recordsmith/recordsmith.h"

/* --------------------------------------------------------------------- a plain writer */

typedef struct text {
    uint8_t *at;
    size_t n, room;
} text;

static void add(text *to, const void *bytes, size_t n)
{
    if (to->n + n > to->room) {
        to->room = 2 * (to->n + n) + 64;
        to->at = realloc(to->at, to->room);
    }
    if (n != 0) {
        memcpy(to->at + to->n, bytes, n);
    }
    to->n += n;
}

static void add_varint(text *to, uint64_t v)
{
    do {
        const uint8_t byte = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        add(to, &byte, 1);
        v >>= 7;
    } while (v != 0);
}

/* A length-delimited member; `member` is used up. */
static void add_member(text *to, unsigned number, text *member)
{
    add_varint(to, number << 3 | 2);
    add_varint(to, member->n);
    add(to, member->at, member->n);
    free(member->at);
    memset(member, 0, sizeof *member);
}

static int64_t get(const void *array, unsigned size, int64_t i)
{
    return size == 4 ? ((const int32_t *)array)[i] : ((const int64_t *)array)[i];
}

static text write_tensor(const rs_field *field, int64_t row)
{
    text tensor = {0}, part = {0};
    const int64_t size = field->dtype == RS_FLOAT64 ? 8 : 4;
    int64_t first = 0, n = field->width;
    const uint8_t *values = field->values;
    if (field->kind == RS_DENSE) {
        values = n != 0 ? values + row * field->row_stride : NULL;
    } else {
        first = get(field->offsets, field->offset_size, row);
        n = get(field->offsets, field->offset_size, row + 1) - first;
        values += first * size;
    }
    const int zero =
        field->kind == RS_CSR && n == 0 && (field->flags & RS_ZERO_FOR_EMPTY) != 0;
    for (int64_t i = 0; i < n; i++) {
        if (field->dtype == RS_INT32) {
            add_varint(&part, (uint64_t)get(values, 4, i));
        } else {
            add(&part, values + i * size, (size_t)size);
        }
    }
    if (zero) {
        add(&part, "\0\0\0\0\0\0\0", field->dtype == RS_INT32 ? 1 : (size_t)size);
    }
    if (part.n != 0) {
        add_member(&tensor, 1, &part);
    }
    for (int64_t i = 0; i < n && field->kind == RS_CSR; i++) {
        add_varint(&part, (uint64_t)get(field->keys, field->key_size, first + i));
    }
    if (zero) {
        add(&part, "", 1);
    }
    if (part.n != 0) {
        add_member(&tensor, 2, &part);
    }
    for (size_t i = 0; i < field->n_shape; i++) {
        add_varint(&part, field->shape[i]);
    }
    if (part.n != 0) {
        add_member(&tensor, 3, &part);
    }
    return tensor;
}

static text write_blobs(const rs_field *field, int64_t row)
{
    text blobs = {0}, part = {0};
    const int64_t end = get(field->offsets, field->offset_size, row + 1);
    for (int64_t i = get(field->offsets, field->offset_size, row); i < end; i++) {
        const int64_t first = field->item_offsets[i];
        add(&part, (const uint8_t *)field->values + first,
            (size_t)(field->item_offsets[i + 1] - first));
        add_member(&blobs, 1, &part);
    }
    if (field->content_type != NULL) {
        add(&part, field->content_type, field->content_type_len);
        add_member(&blobs, 2, &part);
    }
    return blobs;
}

static void write_field(text *record, const rs_field *field, int64_t row)
{
    text entry = {0}, value = {0}, part = {0};
    if (field->present != NULL && field->present[row] == 0) {
        return;
    }
    if (field->kind == RS_TEXT) {
        const int64_t first = get(field->offsets, field->offset_size, row);
        const int64_t end = get(field->offsets, field->offset_size, row + 1);
        add(&part, (const uint8_t *)field->values + first, (size_t)(end - first));
        add_member(record, field->role, &part);
        return;
    }
    part = field->kind == RS_BLOBS ? write_blobs(field, row) : write_tensor(field, row);
    add_member(&value, field->dtype, &part);
    add(&part, field->name, field->name_len);
    add_member(&entry, 1, &part);
    add_member(&entry, 2, &value);
    add_member(record, field->role, &entry);
}

static text write_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                       int64_t end)
{
    text all = {0};
    for (int64_t row = begin; row < end; row++) {
        text record = {0};
        for (unsigned role = RS_FEATURE; role <= RS_CONFIGURATION; role++) {
            for (size_t i = 0; i < n_fields; i++) {
                if (fields[i].role == role) {
                    write_field(&record, &fields[i], row);
                }
            }
        }
        const uint8_t header[] = {0x0a,
                                  0x23,
                                  0xd7,
                                  0xce,
                                  (uint8_t)record.n,
                                  (uint8_t)(record.n >> 8),
                                  (uint8_t)(record.n >> 16),
                                  (uint8_t)(record.n >> 24)};
        add(&all, header, 8);
        add(&all, record.at, record.n);
        add(&all, "\0\0\0", (4 - record.n % 4) % 4);
        free(record.at);
    }
    return all;
}

/* ---------------------------------------------------------------------------- helpers */

static uint64_t random_state = 1;

static uint64_t get_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return random_state >> 33;
}

static const unsigned ENCODE_PATHS[] = {RS_ANY_PATH, RS_GENERAL_ONLY, RS_PORTABLE,
                                        RS_GENERAL_ONLY | RS_PORTABLE};

/* Plans and encodes into exactly the planned bytes, and compares with the plain writer. */
static void compare_path(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, const text *want, unsigned paths)
{
    int64_t end_row = -1;
    size_t n = 0, n_written = 0;
    rs_error err;
    CHECK_EQ(
        rs_plan_paths(fields, n_fields, begin, end, SIZE_MAX, &end_row, &n, paths, &err),
        RS_OK);
    CHECK_EQ(end_row, end);
    CHECK_EQ(n, want->n);
    uint8_t *roomy = malloc(n + 400);
    memset(roomy, 0xee, n + 400);
    CHECK_EQ(rs_encode_paths(fields, n_fields, begin, end, roomy, n + 400, true, &end_row,
                             &n_written, paths, &err),
             RS_OK);
    CHECK_EQ(n_written, n);
    size_t n_kept = 0;
    while (n_kept < 400 && roomy[n + n_kept] == 0xee) {
        n_kept++;
    }
    CHECK_EQ(n_kept, 400);
    free(roomy);
    for (int fitting = 0; fitting <= 1; fitting++) {
        uint8_t *out = malloc(n + (n == 0));
        CHECK_EQ(rs_encode_paths(fields, n_fields, begin, end, out, n, fitting, &end_row,
                                 &n_written, paths, &err),
                 RS_OK);
        CHECK_EQ(end_row, end);
        CHECK_BYTES(out, n_written, want->at, want->n);
        if (n > 4 && want->n == n) {
            CHECK_EQ(rs_encode_paths(fields, n_fields, begin, end, out, n - 4, fitting,
                                     &end_row, &n_written, paths, &err),
                     fitting ? RS_OK : RS_E_CAPACITY);
            CHECK_EQ(end_row, end - 1);
            CHECK_BYTES(out, n_written, want->at, n_written);
        }
        free(out);
    }
}

/* On every path. */
static inline void compare(const rs_field *fields, size_t n_fields, int64_t begin,
                           int64_t end)
{
    text want = write_rows(fields, n_fields, begin, end);
    for (size_t i = 0; i < sizeof ENCODE_PATHS / sizeof *ENCODE_PATHS; i++) {
        compare_path(fields, n_fields, begin, end, &want, ENCODE_PATHS[i]);
    }
    free(want.at);
}

static rs_field make_dense(uint8_t role, uint8_t dtype, const void *values,
                           int64_t n_rows, int64_t width)
{
    rs_field field;
    memset(&field, 0, sizeof field);
    field.role = role;
    field.dtype = dtype;
    field.kind = RS_DENSE;
    field.name = "values";
    field.name_len = 6;
    field.n_rows = n_rows;
    field.width = width;
    field.row_stride = width * (dtype == RS_FLOAT64 ? 8 : 4);
    field.n_values = n_rows * width;
    field.values = values;
    return field;
}

/* Arrays of a CSR or ragged field, each allocated apart. */
typedef struct sparse {
    void *offsets, *keys, *values;
    uint64_t shape[1];
    rs_field field;
} sparse;

/* Rows of n_most values at most; the keys ascend and stay below key_end. */
static void make_sparse(sparse *made, uint8_t dtype, unsigned size, int64_t n_rows,
                        unsigned n_most, int64_t key_end)
{
    const int64_t first = 3;
    int64_t n = first;
    int64_t *offsets = malloc(8 * (size_t)(n_rows + 1));
    for (int64_t row = 0; row <= n_rows; row++) {
        offsets[row] = n;
        n += row < n_rows ? (int64_t)(get_random() % (n_most + 1)) : 0;
    }
    const size_t value_size = dtype == RS_FLOAT64 ? 8 : 4;
    made->offsets = malloc(size * (size_t)(n_rows + 1));
    made->keys = malloc(size * (size_t)n);
    made->values = malloc(value_size * (size_t)n);
    for (size_t i = 0; i < value_size * (size_t)n; i++) {
        const uint8_t byte = (uint8_t)get_random();
        ((uint8_t *)made->values)[i] = i % 4 == 3 && get_random() % 4 != 0 ? 0 : byte;
    }
    memset(made->keys, 0xff, size * (size_t)n);
    for (int64_t row = 0; row <= n_rows; row++) {
        const int64_t n_keys = row < n_rows ? offsets[row + 1] - offsets[row] : 0;
        int64_t key = -1;
        for (int64_t i = 0; i < n_keys; i++) {
            const int64_t most = key_end - (n_keys - i) - key;
            const uint64_t wide = get_random() << 31 | get_random();
            key += 1 + (int64_t)(wide %
                                 (uint64_t)((most - 1) / (1 + (int64_t)(wide % 9)) + 1));
            if (size == 4) {
                ((int32_t *)made->keys)[offsets[row] + i] = (int32_t)key;
            } else {
                ((int64_t *)made->keys)[offsets[row] + i] = key;
            }
        }
        if (size == 4) {
            ((int32_t *)made->offsets)[row] = (int32_t)offsets[row];
        } else {
            ((int64_t *)made->offsets)[row] = offsets[row];
        }
    }
    free(offsets);
    made->shape[0] = (uint64_t)key_end;
    made->field = make_dense(RS_FEATURE, dtype, made->values, n_rows, 0);
    made->field.kind = RS_CSR;
    made->field.flags = RS_CHECK_ORDER;
    made->field.offset_size = (uint8_t)size;
    made->field.key_size = (uint8_t)size;
    made->field.n_values = n;
    made->field.offsets = made->offsets;
    made->field.keys = made->keys;
    made->field.shape = made->shape;
    made->field.n_shape = 1;
}

static void free_sparse(sparse *made)
{
    free(made->offsets);
    free(made->keys);
    free(made->values);
}

#endif
