/* Rows to libsvm text. */
#include "number.h"
#include "recordsmith/text.h"

/* Where a writing pass stands; the arguments of rs_libsvm_write. */
typedef struct writer {
    const rs_field *features;
    const rs_field *label; /* or NULL */
    int64_t index_base;
    bool keep_zeros;
    rs_error *err;
} writer;

static rs_status fail_row(writer *w, rs_status status, int64_t row, int64_t found,
                          int64_t limit)
{
    rs_fail(w->err, status);
    w->err->row = row;
    w->err->found = found;
    w->err->limit = limit;
    return status;
}

static size_t dtype_size(uint8_t dtype)
{
    return dtype == RS_FLOAT64 ? 8 : 4;
}

/* ------------------------------------------------------------------------- elements */

/* Arrays may be unaligned; a copy of known length is one load. */
static int64_t load_integer(const void *array, uint8_t size, int64_t i)
{
    if (size == 8) {
        int64_t v;
        memcpy(&v, (const uint8_t *)array + 8 * i, 8);
        return v;
    }
    int32_t v;
    memcpy(&v, (const uint8_t *)array + 4 * i, 4);
    return v;
}

static bool is_plus_zero(uint8_t dtype, const uint8_t *p)
{
    uint64_t bits = 0;
    memcpy(&bits, p, 4);
    if (dtype == RS_FLOAT64) {
        memcpy(&bits, p, 8);
    }
    return bits == 0;
}

static uint8_t *write_value(uint8_t dtype, const uint8_t *p, uint8_t *out)
{
    if (dtype == RS_FLOAT32) {
        float v;
        memcpy(&v, p, sizeof v);
        return rs_number_write_float(v, out);
    }
    if (dtype == RS_FLOAT64) {
        double v;
        memcpy(&v, p, sizeof v);
        return rs_number_write_double(v, out);
    }
    return rs_number_write_integer(load_integer(p, 4, 0), out);
}

/* ------------------------------------------------------------------------- rows */

static uint8_t *write_labels(const rs_field *label, int64_t row, uint8_t *out)
{
    const size_t size = dtype_size(label->dtype);
    const uint8_t *p = (const uint8_t *)label->values + row * label->row_stride;
    for (int64_t i = 0; i < label->width; i++, p += size) {
        if (i != 0) {
            *out++ = ',';
        }
        out = write_value(label->dtype, p, out);
    }
    return out;
}

static uint8_t *write_dense(const writer *w, int64_t row, uint8_t *out)
{
    const rs_field *const f = w->features;
    const size_t size = dtype_size(f->dtype);
    const uint8_t *p = (const uint8_t *)f->values + row * f->row_stride;
    for (int64_t i = 0; i < f->width; i++, p += size) {
        if (w->keep_zeros || !is_plus_zero(f->dtype, p)) {
            *out++ = ' ';
            out = rs_number_write_integer(i + w->index_base, out);
            *out++ = ':';
            out = write_value(f->dtype, p, out);
        }
    }
    return out;
}

/* NULL after an error. */
static uint8_t *write_sparse(writer *w, int64_t row, int64_t begin, int64_t end,
                             uint8_t *out)
{
    const rs_field *const f = w->features;
    const size_t size = dtype_size(f->dtype);
    const bool ordered = (f->flags & RS_CHECK_ORDER) != 0;
    const int64_t limit = INT64_MAX - 1 - w->index_base;
    int64_t previous = -1;
    for (int64_t i = begin; i < end; i++) {
        const int64_t key = load_integer(f->keys, f->key_size, i);
        if (key < 0 || key > limit) {
            fail_row(w, RS_E_KEY, row, key, key < 0 ? 0 : limit);
            return NULL;
        }
        if (ordered && key <= previous) {
            fail_row(w, RS_E_ORDER, row, key, previous);
            return NULL;
        }
        previous = key;
        *out++ = ' ';
        out = rs_number_write_integer(key + w->index_base, out);
        *out++ = ':';
        out = write_value(f->dtype, (const uint8_t *)f->values + (size_t)i * size, out);
    }
    return out;
}

/* Bytes that a row may need; SIZE_MAX if that overflows. */
static size_t row_bound(const writer *w, int64_t n_values)
{
    size_t labels = 0, values, sum;
    if ((w->label != NULL &&
         !rs_mul_size((size_t)w->label->width, RS_LIBSVM_LABEL_TEXT, &labels)) ||
        !rs_mul_size((size_t)n_values, RS_LIBSVM_VALUE_TEXT, &values) ||
        !rs_add_size(labels, values, &sum) || !rs_add_size(sum, 2, &sum)) {
        return SIZE_MAX;
    }
    return sum;
}

/* Writes one row if it surely fits; *out moves on. */
static rs_status write_row(writer *w, int64_t row, uint8_t **out, size_t room)
{
    const rs_field *const f = w->features;
    int64_t begin = 0, end = f->width;
    if (f->kind == RS_CSR) {
        begin = load_integer(f->offsets, f->offset_size, row);
        end = load_integer(f->offsets, f->offset_size, row + 1);
        if (begin < 0 || end < begin || end > f->n_values) {
            return fail_row(w, RS_E_OFFSETS, row, end, begin < 0 ? 0 : f->n_values);
        }
    }
    const rs_field *const label = w->label;
    if (label != NULL && label->present != NULL && label->present[row] == 0) {
        return fail_row(w, RS_E_LABEL, row, -1, -1);
    }
    const size_t bound = row_bound(w, end - begin);
    if (bound > room) {
        return fail_row(w, RS_E_CAPACITY, row, -1,
                        bound > INT64_MAX ? INT64_MAX : (int64_t)bound);
    }
    uint8_t *const line = *out;
    uint8_t *p = label != NULL ? write_labels(label, row, line) : line;
    p = f->kind == RS_CSR ? write_sparse(w, row, begin, end, p) : write_dense(w, row, p);
    if (p == NULL) {
        return w->err->status;
    }
    if (p == line) {
        return fail_row(w, RS_E_LABEL, row, -1, -1);
    }
    if (label == NULL) { /* each feature wrote a blank before itself */
        memmove(line, line + 1, (size_t)(p - line - 1));
        p--;
    }
    *p++ = '\n';
    *out = p;
    return RS_OK;
}

static bool field_is_sound(const rs_field *f)
{
    return f->dtype == RS_FLOAT32 || f->dtype == RS_FLOAT64 || f->dtype == RS_INT32;
}

rs_status rs_libsvm_write(const rs_field *features, const rs_field *label, int64_t begin,
                          int64_t end, int64_t index_base, int flags, uint8_t *out,
                          size_t capacity, int64_t *end_row, size_t *n_written,
                          rs_error *err)
{
    *end_row = begin;
    *n_written = 0;
    if (!field_is_sound(features) || index_base < 0 || index_base > 1 || begin < 0 ||
        begin > end || end > features->n_rows ||
        (features->kind != RS_DENSE && features->kind != RS_CSR) || features->width < 0) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    if (label != NULL && (!field_is_sound(label) || label->kind != RS_DENSE ||
                          label->width < 1 || end > label->n_rows)) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    writer w = {features, label, index_base, (flags & RS_LIBSVM_KEEP_ZEROS) != 0, err};
    uint8_t *p = out;
    for (int64_t row = begin; row < end; row++) {
        const rs_status status = write_row(&w, row, &p, capacity - (size_t)(p - out));
        *end_row = row + (status == RS_OK);
        *n_written = (size_t)(p - out);
        if (status == RS_E_CAPACITY && row != begin) {
            return RS_OK;
        }
        if (status != RS_OK) {
            return status;
        }
    }
    return RS_OK;
}
