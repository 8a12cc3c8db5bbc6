/* rs_text_write on hostile arrays: what it writes stays within what was lent, whole rows are
 * the same however many are written at once, and every number reads back as it was.
 *
 * The input: kind and flags, dtype and sizes, the number of rows, lengths of the constant
 * text, then a shape byte, offsets, keys and values as they come. Build as a libFuzzer target,
 * or with -DRS_REPLAY_MAIN to run files.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "number.h"
#include "recordsmith/text.h"

enum { MAX_ROWS = 8, HEADER = 8 };

/* All output of one call; `text` has exactly `capacity` bytes, so that the sanitizer sees each
 * byte beyond it. */
typedef struct written {
    uint8_t *text;
    size_t n;
    int64_t end_row;
    int64_t row_ends[MAX_ROWS];
    rs_status status;
    rs_error err;
} written;

static written write_rows(const rs_field *field, const rs_text_style *style,
                          int64_t begin, int64_t end, size_t capacity)
{
    written w;
    memset(&w, 0, sizeof w);
    w.text = malloc(capacity == 0 ? 1 : capacity);
    REQUIRE(w.text != NULL);
    w.status = rs_text_write(field, begin, end, style, w.text, capacity, w.row_ends,
                             &w.end_row, &w.n, &w.err);
    REQUIRE(w.n <= capacity && begin <= w.end_row && w.end_row <= end);
    size_t at = 0;
    for (int64_t row = begin; row < w.end_row; row++) {
        REQUIRE(w.row_ends[row - begin] >= (int64_t)at);
        at = (size_t)w.row_ends[row - begin];
    }
    REQUIRE(at == w.n);
    return w;
}

/* The rows one by one are the rows at once, up to the same error. */
static void check_cuts(const rs_field *field, const rs_text_style *style,
                       const written *whole, size_t room)
{
    size_t at = 0;
    for (int64_t row = 0; row < field->n_rows; row++) {
        written one = write_rows(field, style, row, row + 1, room);
        if (row < whole->end_row) {
            REQUIRE(one.status == RS_OK && one.n == (size_t)whole->row_ends[row] - at);
            REQUIRE(one.n == 0 || memcmp(one.text, whole->text + at, one.n) == 0);
            at += one.n;
        } else if (row == whole->end_row) {
            REQUIRE(one.status == whole->status && one.status != RS_OK);
            REQUIRE(one.err.row == whole->err.row);
        }
        free(one.text);
    }
}

/* The number at `text` is the value, bit for bit but for the payloads of NaN. */
static const uint8_t *check_value(const rs_field *field, const uint8_t *value,
                                  const uint8_t *text, const uint8_t *end)
{
    double got;
    const uint8_t *const after = rs_number_parse(text, end, &got);
    REQUIRE(after != NULL);
    if (field->dtype == RS_INT32) {
        int32_t want;
        memcpy(&want, value, 4);
        REQUIRE(got == want);
    } else if (field->dtype == RS_FLOAT32) {
        float want, narrow = (float)got;
        memcpy(&want, value, 4);
        REQUIRE(isnan(want) ? isnan(got) : memcmp(&want, &narrow, 4) == 0);
    } else {
        double want;
        memcpy(&want, value, 8);
        REQUIRE(isnan(want) ? isnan(got) : memcmp(&want, &got, 8) == 0);
    }
    return after;
}

/* Dense rows, with a comma between values and lines of rows. */
static void check_numbers(const rs_field *field, const written *whole)
{
    const size_t size = field->dtype == RS_FLOAT64 ? 8 : 4;
    const uint8_t *p = whole->text, *const end = whole->text + whole->n;
    for (int64_t row = 0; row < whole->end_row; row++) {
        const uint8_t *value = (const uint8_t *)field->values + row * field->row_stride;
        for (int64_t i = 0; i < field->width; i++, value += size) {
            p = check_value(field, value, p, end);
            REQUIRE(p < end && (i + 1 == field->width || *p == ','));
            p += i + 1 < field->width;
        }
        REQUIRE(p < end && *p == '\n');
        p++;
    }
    REQUIRE(p == end);
}

/* Takes n bytes of the input as an array of its own, so that reads beyond it are seen. */
static void *take(const uint8_t **data, size_t *left, size_t n)
{
    uint8_t *const own = malloc(n == 0 ? 1 : n);
    REQUIRE(own != NULL);
    const size_t some = n < *left ? n : *left;
    memset(own, 0, n);
    memcpy(own, *data, some);
    *data += some;
    *left -= some;
    return own;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t head[HEADER] = {0};
    memcpy(head, data, size < HEADER ? size : HEADER);
    size_t left = size < HEADER ? 0 : size - HEADER;
    const uint8_t *rest = data + (size - left);
    static const uint8_t kinds[] = {RS_DENSE, RS_CSR, RS_RAGGED, RS_TEXT};
    static const uint8_t dtypes[] = {RS_FLOAT32, RS_FLOAT64, RS_INT32, RS_BYTES};

    rs_field field;
    memset(&field, 0, sizeof field);
    field.kind = kinds[head[0] & 3];
    field.flags = (head[0] & 4) != 0 ? RS_CHECK_ORDER : 0;
    field.dtype = dtypes[head[1] & 3];
    field.key_size = (head[1] & 4) != 0 ? 8 : 4;
    field.offset_size = (head[1] & 8) != 0 ? 8 : 4;
    field.n_rows = head[2] % (MAX_ROWS + 1);
    field.width = head[3] % 5;
    field.n_values = field.kind == RS_DENSE ? field.n_rows * field.width : head[3] % 32;
    const size_t item = field.dtype == RS_FLOAT64 ? 8 : 4;
    const uint64_t shape[] = {head[4], (uint64_t)1 << (head[4] & 63)};
    field.shape = (head[0] & 8) != 0 ? shape : NULL;
    field.n_shape = 2;
    field.row_stride = field.width * (int64_t)item;
    void *const offsets =
        take(&rest, &left, (size_t)(field.n_rows + 1) * field.offset_size);
    void *const keys = take(&rest, &left, (size_t)field.n_values * field.key_size);
    void *const values = take(&rest, &left, (size_t)field.n_values * item);
    field.offsets = offsets;
    field.keys = keys;
    field.values = values;

    static const uint8_t text[] = ",,,,,,,,,,,,,,,,\n";
    rs_text_style style = {text, text, text, text + 16, 0, 1, 0, 1, head[5] & 3};
    const bool plain = (head[5] & 4) == 0;
    if (!plain) {
        style.n_head = head[6] & 15;
        style.n_middle = head[6] >> 4;
        style.n_separator = head[7] % 10; /* 9 is refused */
    }
    const size_t room = 64 + (size_t)(field.n_values + 1) * 70;
    written whole = write_rows(&field, &style, 0, field.n_rows, room * MAX_ROWS);
    if (whole.status == RS_OK) {
        REQUIRE(whole.end_row == field.n_rows);
    } else {
        REQUIRE(whole.status < 0 && whole.err.status == whole.status);
        REQUIRE(whole.status != RS_E_CAPACITY);
    }
    if (whole.status != RS_E_ARGUMENT) {
        check_cuts(&field, &style, &whole, room);
        if (plain && field.kind == RS_DENSE && field.width > 0) {
            check_numbers(&field, &whole);
        }
        /* with less room: fewer rows, or none and how much they need */
        written less = write_rows(&field, &style, 0, field.n_rows, head[7]);
        REQUIRE(less.end_row <= whole.end_row);
        REQUIRE(less.n == 0 || memcmp(less.text, whole.text, less.n) == 0);
        if (less.status == RS_E_CAPACITY) {
            REQUIRE(less.end_row == 0 && less.err.limit > head[7]);
        }
        free(less.text);
    }
    free(whole.text);
    free(offsets);
    free(keys);
    free(values);
    return 0;
}
