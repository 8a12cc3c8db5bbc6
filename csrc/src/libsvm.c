/* libsvm text to rows: counting bytes first, then one reading pass over whole lines. The
 * features of a row are read in libsvm_features.c. */
#include "libsvm_reader.h"

/* ------------------------------------------------------------------------- errors */

const uint8_t *rs_fail_at(rs_reader *r, rs_status status, const uint8_t *p, int64_t found,
                          int64_t limit)
{
    rs_fail(r->err, status);
    r->err->offset = p - r->begin;
    r->err->row = (int64_t)r->facts->n_lines;
    r->err->column = p - r->line;
    r->err->found = found;
    r->err->limit = limit;
    return NULL;
}

const uint8_t *rs_fail_word(rs_reader *r, rs_status status, const uint8_t *at)
{
    for (const uint8_t *p = at; !rs_at_word_end(p, r->end); p++) {
        if (*p < 0x21 || *p > 0x7e) {
            return rs_fail_at(r, RS_E_CHARACTER, p, *p, -1);
        }
    }
    return rs_fail_at(r, status, at, -1, -1);
}

const uint8_t *rs_read_whole(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
    uint64_t v = 0;
    for (; p != end && (uint8_t)(*p - '0') < 10; p++) {
        v = v < UINT64_MAX / 10 ? v * 10 + (uint64_t)(*p - '0') : UINT64_MAX;
    }
    *value = v;
    return p;
}

/* ------------------------------------------------------------------------- label, qid */

static bool word_has_colon(const uint8_t *p, const uint8_t *end)
{
    for (; !rs_at_word_end(p, end); p++) {
        if (*p == ':') {
            return true;
        }
    }
    return false;
}

/* label[,label]...[:weight] */
static const uint8_t *read_labels(rs_reader *r, const uint8_t *p)
{
    const rs_libsvm_target *const to = r->to;
    r->has_weight = false;
    if (r->keep && to->weights != NULL) {
        to->weights[r->n_rows] = 1;
    }
    if ((to->flags & RS_LIBSVM_OPTIONAL_LABEL) != 0 && word_has_colon(p, r->end)) {
        return p;
    }
    const uint8_t *q = p - 1;
    do {
        double label;
        p = q + 1;
        q = rs_read_number(p, r->end, &label);
        if (q == NULL) {
            return rs_fail_word(r, RS_E_LABEL, p);
        }
        if (r->keep) {
            if (r->n_labels >= to->max_labels) {
                return rs_fail_at(r, RS_E_CAPACITY, p, -1, -1);
            }
            to->labels[r->n_labels] = label;
        }
        r->n_labels++;
    } while (q != r->end && *q == ',');

    if (q != r->end && *q == ':') {
        double weight;
        p = q + 1;
        q = rs_read_number(p, r->end, &weight);
        if (q == NULL) {
            return rs_fail_word(r, RS_E_NUMBER, p);
        }
        r->has_weight = true;
        if (r->keep && to->weights != NULL) {
            to->weights[r->n_rows] = weight;
        }
        if (!rs_at_word_end(q, r->end)) {
            return *q == ':' ? rs_fail_at(r, RS_E_COLON, q, -1, -1)
                             : rs_fail_word(r, RS_E_NUMBER, p);
        }
    }
    return rs_at_word_end(q, r->end) ? q : rs_fail_word(r, RS_E_LABEL, p);
}

/* qid:N at p, if it stands there */
static const uint8_t *read_qid(rs_reader *r, const uint8_t *p)
{
    int64_t qid = 0;
    p = rs_skip_blanks(p, r->end);
    r->has_qid = rs_at_qid(p, r->end);
    if (r->has_qid) {
        const uint8_t *q = p + 4;
        const bool negative = q != r->end && *q == '-';
        q += negative;
        const uint8_t *const digits = q;
        uint64_t number;
        q = rs_read_whole(q, r->end, &number);
        if (q == digits || !rs_at_word_end(q, r->end) ||
            number > (uint64_t)INT64_MAX + negative) {
            return rs_fail_word(r, RS_E_QID, p);
        }
        qid = (int64_t)(negative ? 0 - number : number); /* -2^63 too */
        p = q;
    }
    if (r->keep && r->to->qids != NULL) {
        r->to->qids[r->n_rows] = qid;
    }
    return p;
}

/* ------------------------------------------------------------------------- rows */

/* Counts the row that ended at r->n_labels and r->n_values. */
static void commit_row(rs_reader *r, rs_libsvm_filled *filled)
{
    rs_libsvm_facts *const facts = r->facts;
    const int64_t line = (int64_t)facts->n_lines;
    const uint64_t width = r->n_labels - filled->n_labels;

    if (facts->n_rows == 0) {
        facts->label_width = width;
    } else if (width != facts->label_width && facts->first_other_width < 0) {
        facts->first_other_width = line;
    }
    if (r->has_weight && facts->n_weights++ == 0) {
        facts->first_weight = line;
    }
    if (r->has_qid && facts->n_qids++ == 0) {
        facts->first_qid = line;
    }
    facts->min_index = r->min_index < facts->min_index ? r->min_index : facts->min_index;
    facts->max_index = r->max_index > facts->max_index ? r->max_index : facts->max_index;
    facts->n_rows++;
    facts->n_values += r->n_values - filled->n_values;
    facts->n_labels += width;

    filled->n_rows = ++r->n_rows;
    filled->n_values = r->n_values;
    filled->n_labels = r->n_labels;
    if (r->keep) {
        r->to->offsets[r->n_rows] = (int64_t)r->n_values;
        r->to->label_offsets[r->n_rows] = (int64_t)r->n_labels;
    }
}

/* Reads lines until the text ends, max_rows are there, or an error is found. */
static rs_status read_rows(rs_reader *r, rs_libsvm_filled *filled)
{
    const uint8_t *p = r->begin;
    while (p != r->end) {
        r->line = p;
        p = rs_skip_blanks(p, r->end);
        if (!rs_at_line_end(p, r->end) && *p != '#') {
            if (r->n_rows >= r->to->max_rows) {
                return RS_OK;
            }
            p = read_labels(r, p);
            p = p != NULL ? read_qid(r, p) : NULL;
            p = p != NULL ? rs_read_features(r, p) : NULL;
            if (p == NULL) {
                return r->err->status;
            }
            commit_row(r, filled);
        }
        if (p != r->end && *p != '\n') { /* a comment, or CR */
            const uint8_t *const newline = memchr(p, '\n', (size_t)(r->end - p));
            p = newline != NULL ? newline : r->end;
        }
        p += p != r->end;
        r->facts->n_lines++;
        filled->n_bytes = (size_t)(p - r->begin);
    }
    return RS_OK;
}

static bool target_is_sound(const rs_libsvm_target *to)
{
    const int64_t base = to->index_base;
    if (base < 0 || base > 1 || to->n_keys < 0) {
        return false;
    }
    if (to->dtype == RS_NO_DTYPE) {
        return true;
    }
    if (to->offsets == NULL || to->label_offsets == NULL ||
        (to->max_labels != 0 && to->labels == NULL) ||
        (to->max_values != 0 && (to->values == NULL || to->keys == NULL))) {
        return false;
    }
    return (to->key_size == 8 || (to->key_size == 4 && to->n_keys <= INT32_MAX)) &&
           (to->dtype == RS_FLOAT64 ||
            (to->dtype == RS_FLOAT32 && to->narrowing != NULL));
}

void rs_libsvm_facts_init(rs_libsvm_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->min_index = INT64_MAX;
    facts->max_index = -1;
    facts->first_other_width = facts->first_weight = facts->first_qid = -1;
}

rs_status rs_libsvm_fill(const uint8_t *in, size_t n, const rs_libsvm_target *target,
                         rs_libsvm_facts *facts, rs_libsvm_filled *filled, rs_error *err)
{
    memset(filled, 0, sizeof *filled);
    if (!target_is_sound(target)) {
        return rs_fail(err, RS_E_ARGUMENT);
    }
    rs_reader r;
    memset(&r, 0, offsetof(rs_reader, pending));
    r.to = target;
    r.facts = facts;
    r.err = err;
    r.keep = target->dtype != RS_NO_DTYPE;
    if (r.keep) {
        target->offsets[0] = target->label_offsets[0] = 0;
    }
    if (n == 0) {
        return RS_OK;
    }
    r.begin = in;
    r.end = in + n;
    const rs_status status = read_rows(&r, filled);
    if (target->dtype == RS_FLOAT32 && filled->n_values > r.n_narrowed) {
        rs_narrow_pending(&r, filled->n_values);
    }
    return status;
}

/* ------------------------------------------------------------------------- counting */

/* A block short enough for counters of one byte, which compilers turn into vector code. */
#define COUNT_BLOCK ((size_t)255)

static void count_bytes(const uint8_t *p, size_t n, rs_libsvm_bounds *bounds)
{
    uint64_t newlines = 0, colons = 0, commas = 0;
    while (n != 0) {
        const size_t length = n < COUNT_BLOCK ? n : COUNT_BLOCK;
        uint8_t newline = 0, colon = 0, comma = 0;
        for (size_t i = 0; i < length; i++) {
            newline = (uint8_t)(newline + (p[i] == '\n'));
            colon = (uint8_t)(colon + (p[i] == ':'));
            comma = (uint8_t)(comma + (p[i] == ','));
        }
        newlines += newline;
        colons += colon;
        commas += comma;
        p += length;
        n -= length;
    }
    bounds->n_rows = newlines;
    bounds->n_values = colons;
    bounds->n_labels = commas;
}

rs_status rs_libsvm_scan(const uint8_t *in, size_t n, int final, rs_libsvm_bounds *bounds)
{
    size_t n_bytes = n;
    while (!final && n_bytes != 0 && in[n_bytes - 1] != '\n') {
        n_bytes--;
    }
    count_bytes(in, n_bytes, bounds);
    bounds->n_bytes = n_bytes;
    bounds->n_rows += n_bytes != 0 && in[n_bytes - 1] != '\n';
    bounds->n_labels += bounds->n_rows; /* each row has one more label than commas */
    return n_bytes == n ? RS_OK : RS_NEED_MORE;
}
