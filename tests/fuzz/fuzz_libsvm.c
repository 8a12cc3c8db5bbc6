/* Hostile libsvm text: no access outside the lent memory, no crash, and these laws:
 *  - every number that is accepted has the bits that strtod gives for it;
 *  - however the text is cut, and whatever follows it, the same rows come out;
 *  - gathering facts agrees with reading rows;
 *  - rows written as text and read again are the same rows.
 *
 * The first byte of the input chooses options, the rest is the text. Build as a libFuzzer
 * target, or with -DRS_REPLAY_MAIN to run files given as arguments.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "recordsmith/text.h"

/* Rows of a text, in arrays of exactly the size that the bounds promise. */
typedef struct rows {
    rs_libsvm_target to;
    rs_libsvm_facts facts;
    rs_libsvm_filled filled;
    rs_narrowing narrowing;
    rs_status status;
    rs_error err;
} rows;

static void *lend(uint64_t n, size_t size)
{
    void *memory = malloc((size_t)n * size + 1); /* never NULL for nothing */
    REQUIRE(memory != NULL);
    return memory;
}

static void rows_init(rows *r, uint8_t options, const rs_libsvm_bounds *bounds)
{
    memset(r, 0, sizeof *r);
    r->to.dtype = (options & 1) != 0 ? RS_FLOAT32 : RS_FLOAT64;
    r->to.key_size = (options & 2) != 0 ? 4 : 8;
    r->to.flags = (uint8_t)(((options & 4) != 0 ? RS_LIBSVM_UNSORTED : 0) |
                            ((options & 8) != 0 ? RS_LIBSVM_OPTIONAL_LABEL : 0));
    r->to.index_base = (options & 16) != 0;
    r->to.n_keys = r->to.key_size == 4 ? INT32_MAX : INT64_MAX;
    r->to.max_rows = bounds->n_rows;
    r->to.max_values = bounds->n_values;
    r->to.max_labels = bounds->n_labels;
    r->to.values = lend(bounds->n_values, r->to.dtype == RS_FLOAT32 ? 4 : 8);
    r->to.keys = lend(bounds->n_values, r->to.key_size);
    r->to.offsets = lend(bounds->n_rows + 1, 8);
    r->to.labels = lend(bounds->n_labels, 8);
    r->to.label_offsets = lend(bounds->n_rows + 1, 8);
    r->to.weights = lend(bounds->n_rows, 8);
    r->to.qids = lend(bounds->n_rows, 8);
    r->to.narrowing = &r->narrowing;
    rs_libsvm_facts_init(&r->facts);
    rs_narrowing_init(&r->narrowing);
}

static void rows_free(rows *r)
{
    free(r->to.values);
    free(r->to.keys);
    free(r->to.offsets);
    free(r->to.labels);
    free(r->to.label_offsets);
    free(r->to.weights);
    free(r->to.qids);
}

/* Reads the text, copied to memory that ends where it ends. */
static void rows_read(rows *r, uint8_t options, const uint8_t *text, size_t n)
{
    uint8_t *const copy = malloc(n + (n == 0));
    rs_libsvm_bounds bounds;
    REQUIRE(copy != NULL);
    memcpy(copy, text, n);
    REQUIRE(rs_libsvm_scan(copy, n, 1, &bounds) == RS_OK && bounds.n_bytes == n);
    rows_init(r, options, &bounds);
    r->status = rs_libsvm_fill(copy, n, &r->to, &r->facts, &r->filled, &r->err);
    free(copy);
}

static size_t value_size(const rows *r)
{
    return r->to.dtype == RS_FLOAT32 ? 4 : 8;
}

static bool same_rows(const rows *a, const rows *b)
{
    const size_t n = (size_t)a->filled.n_rows, v = (size_t)a->filled.n_values;
    return n == b->filled.n_rows && v == b->filled.n_values &&
           a->filled.n_labels == b->filled.n_labels &&
           memcmp(a->to.values, b->to.values, v * value_size(a)) == 0 &&
           memcmp(a->to.keys, b->to.keys, v * a->to.key_size) == 0 &&
           memcmp(a->to.offsets, b->to.offsets, (n + 1) * 8) == 0 &&
           memcmp(a->to.label_offsets, b->to.label_offsets, (n + 1) * 8) == 0 &&
           memcmp(a->to.labels, b->to.labels, (size_t)a->filled.n_labels * 8) == 0 &&
           memcmp(a->to.weights, b->to.weights, n * 8) == 0 &&
           memcmp(a->to.qids, b->to.qids, n * 8) == 0;
}

/* What strtod says about a word of the text; underscores are none of its business. */
static double reference(const uint8_t *p, size_t n)
{
    char *const word = malloc(n + 1);
    char *end;
    size_t length = 0;
    REQUIRE(word != NULL);
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '_') {
            word[length++] = (char)p[i];
        }
    }
    word[length] = 0;
    const double value = strtod(word, &end);
    REQUIRE(end == word + length && strpbrk(word, "xX(") == NULL);
    free(word);
    return value;
}

static void check_value(const rows *r, uint64_t at, double want)
{
    if (r->to.dtype == RS_FLOAT64) {
        const double got = ((const double *)r->to.values)[at];
        REQUIRE(isnan(want) ? isnan(got) : memcmp(&got, &want, 8) == 0);
    } else {
        const float got = ((const float *)r->to.values)[at], narrow = (float)want;
        REQUIRE(isnan(want) ? isnan(got) : memcmp(&got, &narrow, 4) == 0);
    }
}

/* Every "index:value" of the rows that were read, found by another, simpler walk. */
static void check_numbers(const rows *r, const uint8_t *text)
{
    const uint8_t *p = text, *const end = text + r->filled.n_bytes;
    uint64_t at = 0;
    while (p != end) {
        const uint8_t *line_end = memchr(p, '\n', (size_t)(end - p));
        line_end = line_end == NULL ? end : line_end;
        const uint8_t *const hash = memchr(p, '#', (size_t)(line_end - p));
        const uint8_t *const stop = hash == NULL ? line_end : hash;
        bool first = true;
        while (p != stop) {
            const uint8_t *word = p;
            while (p != stop && *p != ' ' && *p != '\t' && *p != '\r') {
                p++;
            }
            const uint8_t *const colon = memchr(word, ':', (size_t)(p - word));
            const bool label = first && (r->to.flags & RS_LIBSVM_OPTIONAL_LABEL) == 0;
            if (colon != NULL && !label && *word != 'q') {
                REQUIRE(at < r->filled.n_values);
                check_value(r, at++, reference(colon + 1, (size_t)(p - colon - 1)));
            }
            first = first && p == word;
            p += p != stop;
        }
        p = line_end + (line_end != end);
    }
    REQUIRE(at == r->filled.n_values);
}

static void check_sound(const rows *r)
{
    REQUIRE(r->filled.n_rows <= r->to.max_rows && r->filled.n_values <= r->to.max_values);
    REQUIRE(r->filled.n_labels <= r->to.max_labels);
    REQUIRE(r->facts.n_rows == r->filled.n_rows &&
            r->facts.n_values == r->filled.n_values);
    REQUIRE((uint64_t)r->to.offsets[r->filled.n_rows] == r->filled.n_values);
    REQUIRE((uint64_t)r->to.label_offsets[r->filled.n_rows] == r->filled.n_labels);
    for (uint64_t i = 0; i < r->filled.n_values; i++) {
        const int64_t key = r->to.key_size == 4 ? ((const int32_t *)r->to.keys)[i]
                                                : ((const int64_t *)r->to.keys)[i];
        REQUIRE(key >= 0 && key < r->to.n_keys);
    }
}

/* Two calls on two parts, and one call with more text behind, see the same rows. */
static void check_cuts(const rows *whole, uint8_t options, const uint8_t *text, size_t n)
{
    static const uint8_t blank_lines[64] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                           "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                           "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                           "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
    uint8_t *const longer = malloc(n + 63);
    rows padded;
    REQUIRE(longer != NULL);
    memcpy(longer, text, n);
    memcpy(longer + n, blank_lines, 63);
    rows_read(&padded, options, longer, n + 63);
    REQUIRE(padded.status == whole->status && same_rows(whole, &padded));
    REQUIRE(whole->status == RS_OK || whole->err.offset == padded.err.offset);
    rows_free(&padded);
    free(longer);

    rs_libsvm_bounds bounds;
    const size_t cut = n * (size_t)(options >> 5) / 8;
    rs_libsvm_scan(text, cut, 0, &bounds);
    rows first, second;
    rows_read(&first, options, text, bounds.n_bytes);
    REQUIRE(first.filled.n_rows <= whole->filled.n_rows);
    if (first.status == RS_OK) {
        rows_read(&second, options, text + bounds.n_bytes, n - bounds.n_bytes);
        REQUIRE(second.status == whole->status);
        REQUIRE(first.filled.n_rows + second.filled.n_rows == whole->filled.n_rows);
        REQUIRE(first.facts.n_lines + second.facts.n_lines == whole->facts.n_lines);
        REQUIRE(memcmp((const uint8_t *)whole->to.values +
                           first.filled.n_values * value_size(whole),
                       second.to.values,
                       second.filled.n_values * value_size(whole)) == 0);
        rows_free(&second);
    } else {
        REQUIRE(first.status == whole->status && first.err.offset == whole->err.offset);
    }
    rows_free(&first);
}

/* Without values the same facts come out, except that bad values are not found. */
static void check_facts(const rows *whole, const uint8_t *text, size_t n)
{
    rows r;
    memset(&r, 0, sizeof r);
    r.to.dtype = RS_NO_DTYPE;
    r.to.flags = whole->to.flags;
    r.to.index_base = whole->to.index_base;
    r.to.n_keys = whole->to.n_keys;
    r.to.max_rows = UINT64_MAX;
    rs_libsvm_facts_init(&r.facts);
    r.status = rs_libsvm_fill(text, n, &r.to, &r.facts, &r.filled, &r.err);
    if (whole->status == RS_OK) {
        REQUIRE(r.status == RS_OK);
        REQUIRE(memcmp(&r.facts, &whole->facts, sizeof r.facts) == 0);
    }
}

/* All rows have one label, say `field`s: written and read again they are the same. */
static void check_text_again(const rows *whole, uint8_t options)
{
    const uint64_t n_rows = whole->filled.n_rows;
    rs_field features, label;
    memset(&features, 0, sizeof features);
    memset(&label, 0, sizeof label);
    features.kind = RS_CSR;
    features.dtype = whole->to.dtype;
    features.offset_size = 8;
    features.key_size = whole->to.key_size;
    features.n_rows = label.n_rows = (int64_t)n_rows;
    features.n_values = (int64_t)whole->filled.n_values;
    features.values = whole->to.values;
    features.keys = whole->to.keys;
    features.offsets = whole->to.offsets;
    label.kind = RS_DENSE;
    label.dtype = RS_FLOAT64;
    label.width = 1;
    label.row_stride = 8;
    label.values = whole->to.labels;
    const size_t bound = (size_t)(n_rows * (RS_LIBSVM_LABEL_TEXT + 2) +
                                  whole->filled.n_values * RS_LIBSVM_VALUE_TEXT);
    uint8_t *const text = malloc(bound + 1);
    size_t n_written;
    int64_t end_row;
    rs_error err;
    REQUIRE(text != NULL);
    REQUIRE(rs_libsvm_write(&features, &label, 0, (int64_t)n_rows, whole->to.index_base,
                            0, text, bound, &end_row, &n_written, &err) == RS_OK);
    REQUIRE(end_row == (int64_t)n_rows && n_written <= bound);
    rows again;
    rows_read(&again, options, text, n_written);
    REQUIRE(again.status == RS_OK);
    memcpy(again.to.weights, whole->to.weights, (size_t)n_rows * 8);
    memcpy(again.to.qids, whole->to.qids, (size_t)n_rows * 8);
    for (uint64_t i = 0; i < again.filled.n_values;
         i++) { /* the sign of NaN is not kept */
        if (again.to.dtype == RS_FLOAT64 && isnan(((double *)again.to.values)[i])) {
            memcpy((double *)again.to.values + i, (double *)whole->to.values + i, 8);
        } else if (again.to.dtype == RS_FLOAT32 && isnan(((float *)again.to.values)[i])) {
            memcpy((float *)again.to.values + i, (float *)whole->to.values + i, 4);
        }
    }
    for (uint64_t i = 0; i < again.filled.n_labels; i++) {
        if (isnan(again.to.labels[i])) {
            again.to.labels[i] = whole->to.labels[i];
        }
    }
    REQUIRE(same_rows(whole, &again));
    rows_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];
    const uint8_t options = size == 0 ? 0 : data[0];
    const uint8_t *const text = size == 0 ? nothing : data + 1;
    const size_t n = size == 0 ? 0 : size - 1;
    rows whole;
    rows_read(&whole, options, text, n);
    if (whole.status == RS_OK) {
        REQUIRE(whole.filled.n_bytes == n);
    } else {
        REQUIRE(whole.status < 0 && whole.status != RS_E_CAPACITY);
        REQUIRE(whole.err.offset >= 0 && (size_t)whole.err.offset <= n);
        REQUIRE(whole.err.row >= 0 && whole.err.column >= 0);
    }
    check_sound(&whole);
    check_numbers(&whole, text);
    check_cuts(&whole, options, text, n);
    check_facts(&whole, text, n);
    if (whole.facts.first_other_width < 0 && whole.facts.label_width == 1) {
        check_text_again(&whole, options);
    }
    rows_free(&whole);
    return 0;
}
