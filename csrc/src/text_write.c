/* Rows to text: numbers in a list, and constant text around them. */
#include "keys.h"
#include "number.h"
#include "recordsmith/text.h"

enum { MAX_VALUE_TEXT = RS_MAX_NUMBER_TEXT + 2 /* ".0" */, MAX_KEY_TEXT = 19 };

/* The arguments of a call, as a row needs them. */
typedef struct writer {
    const rs_field *field;
    const rs_text_style *style;
    uint8_t separator[RS_TEXT_SEPARATOR];
    int64_t key_limit;
    rs_error *err;
} writer;

/* The values of a row, and their keys. */
typedef struct row_values {
    const uint8_t *values;
    const void *keys;
    int64_t n;
} row_values;

static rs_status fail_row(const writer *w, rs_status status, int64_t row, int64_t column,
                          int64_t found, int64_t limit)
{
    rs_fail(w->err, status);
    w->err->row = row;
    w->err->column = column;
    w->err->found = found;
    w->err->limit = limit;
    return status;
}

/* ------------------------------------------------------------------------- elements */

static inline bool is_finite(uint8_t dtype, const uint8_t *p)
{
    if (dtype == RS_FLOAT64) {
        return (rs_load_int64(p, 0) >> 52 & 0x7ff) != 0x7ff;
    }
    return dtype != RS_FLOAT32 || (rs_load_int32(p, 0) >> 23 & 0xff) != 0xff;
}

/* Only digits, as whole numbers have? Then it would be taken for an integer. */
static inline bool is_whole(const uint8_t *text, const uint8_t *end)
{
    for (const uint8_t *p = text + (*text == '-'); p < end; p++) {
        if ((uint8_t)(*p - '0') > 9) {
            return false;
        }
    }
    return true;
}

static inline uint8_t *write_value(uint8_t dtype, const uint8_t *p, bool point,
                                   uint8_t *out)
{
    if (dtype == RS_INT32) {
        return rs_number_write_integer(rs_load_int32(p, 0), out);
    }
    uint8_t *end;
    if (dtype == RS_FLOAT32) {
        float v;
        memcpy(&v, p, sizeof v);
        end = rs_number_write_float(v, out);
    } else {
        double v;
        memcpy(&v, p, sizeof v);
        end = rs_number_write_double(v, out);
    }
    const bool minus_zero = end - out == 2 && out[0] == '-' && out[1] == '0';
    if (minus_zero || (point && is_whole(out, end))) {
        *end++ = '.';
        *end++ = '0';
    }
    return end;
}

static inline uint8_t *put(uint8_t *out, const uint8_t *text, size_t n)
{
    if (n != 0) {
        memcpy(out, text, n);
    }
    return out + n;
}

/* Separators have a fixed room, so that the copy is one store. */
static inline uint8_t *separate(const writer *w, uint8_t *out)
{
    memcpy(out, w->separator, RS_TEXT_SEPARATOR);
    return out + w->style->n_separator;
}

/* ------------------------------------------------------------------------- rows */

/* One of these is made for each dtype. NULL after an error. */
static inline uint8_t *write_values(const writer *w, int64_t row, const row_values *r,
                                    uint8_t dtype, uint8_t *out)
{
    const size_t size = dtype == RS_FLOAT64 ? 8 : 4;
    const bool point = (w->style->flags & RS_TEXT_POINT) != 0;
    const bool finite = (w->style->flags & RS_TEXT_FINITE) != 0;
    const uint8_t *p = r->values;
    for (int64_t i = 0; i < r->n; i++, p += size) {
        if (finite && !is_finite(dtype, p)) {
            const int64_t key =
                r->keys == NULL ? i
                                : rs_load_signed(r->keys, w->field->key_size, (size_t)i);
            fail_row(w, RS_E_NOT_FINITE, row, key, -1, -1);
            return NULL;
        }
        if (i != 0) {
            out = separate(w, out);
        }
        out = write_value(dtype, p, point, out);
    }
    return out;
}

static uint8_t *write_any_values(const writer *w, int64_t row, const row_values *r,
                                 uint8_t *out)
{
    switch (w->field->dtype) {
    case RS_FLOAT32: return write_values(w, row, r, RS_FLOAT32, out);
    case RS_FLOAT64: return write_values(w, row, r, RS_FLOAT64, out);
    default: return write_values(w, row, r, RS_INT32, out);
    }
}

/* NULL after an error. */
static uint8_t *write_keys(const writer *w, int64_t row, const row_values *r,
                           uint8_t *out)
{
    const bool ordered = (w->field->flags & RS_CHECK_ORDER) != 0;
    int64_t previous = -1;
    for (int64_t i = 0; i < r->n; i++) {
        const int64_t key = rs_load_signed(r->keys, w->field->key_size, (size_t)i);
        if (key < 0 || key >= w->key_limit) {
            fail_row(w, RS_E_KEY, row, -1, key, w->key_limit);
            return NULL;
        }
        if (ordered && key <= previous) {
            fail_row(w, RS_E_ORDER, row, -1, key, previous);
            return NULL;
        }
        previous = key;
        if (i != 0) {
            out = separate(w, out);
        }
        out = rs_number_write_integer(key, out);
    }
    return out;
}

static rs_status find_row(const writer *w, int64_t row, row_values *r)
{
    const rs_field *const f = w->field;
    const size_t size = f->dtype == RS_FLOAT64 ? 8 : 4;
    r->keys = NULL;
    if (f->kind == RS_DENSE) {
        r->values = (const uint8_t *)f->values + row * f->row_stride;
        r->n = f->width;
        return RS_OK;
    }
    const int64_t begin = rs_load_signed(f->offsets, f->offset_size, (size_t)row);
    const int64_t end = rs_load_signed(f->offsets, f->offset_size, (size_t)row + 1);
    if (begin < 0 || end < begin || end > f->n_values) {
        return fail_row(w, RS_E_OFFSETS, row, -1, end, begin < 0 ? 0 : f->n_values);
    }
    r->n = end - begin;
    r->values = (const uint8_t *)f->values + (size_t)begin * size;
    if (f->kind == RS_CSR) {
        r->keys = (const uint8_t *)f->keys + (size_t)begin * f->key_size;
    }
    return RS_OK;
}

/* Bytes that a row may need; SIZE_MAX if that overflows. */
static size_t row_bound(const writer *w, int64_t n_values)
{
    const rs_text_style *const s = w->style;
    const bool csr = w->field->kind == RS_CSR;
    const size_t one =
        MAX_VALUE_TEXT + s->n_separator + (csr ? MAX_KEY_TEXT + s->n_separator : 0);
    size_t sum;
    if (!rs_mul_size((size_t)n_values, one, &sum) || !rs_add_size(sum, s->n_head, &sum) ||
        !rs_add_size(sum, s->n_tail, &sum) ||
        (csr && !rs_add_size(sum, s->n_middle, &sum)) ||
        !rs_add_size(sum, RS_TEXT_SEPARATOR, &sum)) {
        return SIZE_MAX;
    }
    return sum;
}

/* Writes one row if it surely fits; *out moves on. */
static rs_status write_row(const writer *w, int64_t row, uint8_t **out, size_t room)
{
    row_values r;
    const rs_status status = find_row(w, row, &r);
    if (status != RS_OK) {
        return status;
    }
    const size_t bound = row_bound(w, r.n);
    if (bound > room) {
        return fail_row(w, RS_E_CAPACITY, row, -1, -1,
                        bound > INT64_MAX ? INT64_MAX : (int64_t)bound);
    }
    uint8_t *p = put(*out, w->style->head, w->style->n_head);
    if (w->field->kind == RS_CSR) {
        p = write_keys(w, row, &r, p);
        if (p == NULL) {
            return w->err->status;
        }
        p = put(p, w->style->middle, w->style->n_middle);
    }
    p = write_any_values(w, row, &r, p);
    if (p == NULL) {
        return w->err->status;
    }
    *out = put(p, w->style->tail, w->style->n_tail);
    return RS_OK;
}

/* Keys are below the product of the shape; without one, below what they can be. */
static int64_t limit_of_keys(const rs_field *f)
{
    uint64_t product = 1;
    if (f->shape == NULL) {
        return INT64_MAX;
    }
    for (size_t i = 0; i < f->n_shape; i++) {
        if (f->shape[i] == 0) {
            return 0;
        }
        product = product > (uint64_t)INT64_MAX / f->shape[i] ? (uint64_t)INT64_MAX
                                                              : product * f->shape[i];
    }
    return (int64_t)product;
}

rs_status rs_text_write(const rs_field *field, int64_t begin, int64_t end,
                        const rs_text_style *style, uint8_t *out, size_t capacity,
                        int64_t *row_ends, int64_t *end_row, size_t *n_written,
                        rs_error *err)
{
    *end_row = begin;
    *n_written = 0;
    if ((field->dtype != RS_FLOAT32 && field->dtype != RS_FLOAT64 &&
         field->dtype != RS_INT32) ||
        (field->kind != RS_DENSE && field->kind != RS_RAGGED && field->kind != RS_CSR) ||
        field->width < 0 || begin < 0 || begin > end || end > field->n_rows ||
        style->n_separator > RS_TEXT_SEPARATOR) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    writer w = {field, style, {0}, limit_of_keys(field), err};
    memcpy(w.separator, style->separator, style->n_separator);
    uint8_t *p = out;
    for (int64_t row = begin; row < end; row++) {
        const rs_status status = write_row(&w, row, &p, capacity - (size_t)(p - out));
        if (status == RS_E_CAPACITY && row != begin) {
            return RS_OK;
        }
        if (status != RS_OK) {
            return status;
        }
        *end_row = row + 1;
        *n_written = (size_t)(p - out);
        row_ends[row - begin] = p - out;
    }
    return RS_OK;
}
