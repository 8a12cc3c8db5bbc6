/* libsvm text to rows: counting bytes first, then one reading pass over whole lines.
 *
 * The reading pass knows two ways to take a feature. The quick one handles "123:0.456 " with
 * eight bytes at a time, and needs room to look ahead; it gives up on anything else. The
 * careful one knows the whole grammar, looks at single bytes, and is the only one that finds
 * errors. Where both can read a text they agree. */
#include "number.h"

enum { N_PENDING = 256 }; /* a power of two: doubles that wait to be narrowed */

typedef struct reader {
    const uint8_t *begin; /* the text of this call */
    const uint8_t *end;
    const uint8_t *line; /* the line being read */
    const rs_libsvm_target *to;
    rs_libsvm_facts *facts;
    rs_error *err;
    bool keep;         /* store rows, rather than only gather facts */
    uint64_t n_rows;   /* whole rows of this call */
    uint64_t n_labels; /* labels and values of this call, with those of the row */
    uint64_t n_values; /* being read */
    int64_t min_index; /* of the row being read */
    int64_t max_index;
    bool has_weight, has_qid;
    uint64_t n_narrowed;       /* float32: values of this call that are in place */
    double pending[N_PENDING]; /* those that follow */
} reader;

/* ------------------------------------------------------------------------- errors */

static const uint8_t *fail_at(reader *r, rs_status status, const uint8_t *p,
                              int64_t found, int64_t limit)
{
    rs_fail(r->err, status);
    r->err->offset = p - r->begin;
    r->err->row = (int64_t)r->facts->n_lines;
    r->err->column = p - r->line;
    r->err->found = found;
    r->err->limit = limit;
    return NULL;
}

/* Does a line end here: LF, CR LF, or the end of the text? */
static inline bool at_line_end(const uint8_t *p, const uint8_t *end)
{
    return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

static inline bool at_word_end(const uint8_t *p, const uint8_t *end)
{
    return at_line_end(p, end) || *p == ' ' || *p == '\t' || *p == '#';
}

/* The word at p makes no sense at `at`. A byte in it that is no text at all is the better
 * explanation. */
static const uint8_t *fail_word(reader *r, rs_status status, const uint8_t *at)
{
    for (const uint8_t *p = at; !at_word_end(p, r->end); p++) {
        if (*p < 0x21 || *p > 0x7e) {
            return fail_at(r, RS_E_CHARACTER, p, *p, -1);
        }
    }
    return fail_at(r, status, at, -1, -1);
}

/* ------------------------------------------------------------------------- words */

static inline const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end)
{
    while (p != end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    return p;
}

static inline const uint8_t *read_number(const uint8_t *p, const uint8_t *end,
                                         double *value)
{
    const uint8_t *q = NULL;
    if (end - p >= RS_QUICK_BYTES) {
        q = rs_number_parse_quick(p, value);
    }
    return q != NULL ? q : rs_number_parse(p, end, value);
}

/* Decimal digits at p. Returns the byte after them; p if there are none. *value is UINT64_MAX
 * if they are too many. */
static const uint8_t *read_whole(const uint8_t *p, const uint8_t *end, uint64_t *value)
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
    for (; !at_word_end(p, end); p++) {
        if (*p == ':') {
            return true;
        }
    }
    return false;
}

/* label[,label]...[:weight] */
static const uint8_t *read_labels(reader *r, const uint8_t *p)
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
        q = read_number(p, r->end, &label);
        if (q == NULL) {
            return fail_word(r, RS_E_LABEL, p);
        }
        if (r->keep) {
            if (r->n_labels >= to->max_labels) {
                return fail_at(r, RS_E_CAPACITY, p, -1, -1);
            }
            to->labels[r->n_labels] = label;
        }
        r->n_labels++;
    } while (q != r->end && *q == ',');

    if (q != r->end && *q == ':') {
        double weight;
        p = q + 1;
        q = read_number(p, r->end, &weight);
        if (q == NULL) {
            return fail_word(r, RS_E_NUMBER, p);
        }
        r->has_weight = true;
        if (r->keep && to->weights != NULL) {
            to->weights[r->n_rows] = weight;
        }
        if (!at_word_end(q, r->end)) {
            return *q == ':' ? fail_at(r, RS_E_COLON, q, -1, -1)
                             : fail_word(r, RS_E_NUMBER, p);
        }
    }
    return at_word_end(q, r->end) ? q : fail_word(r, RS_E_LABEL, p);
}

static inline bool at_qid(const uint8_t *p, const uint8_t *end)
{
    return end - p >= 4 && memcmp(p, "qid:", 4) == 0;
}

/* qid:N at p, if it stands there */
static const uint8_t *read_qid(reader *r, const uint8_t *p)
{
    int64_t qid = 0;
    p = skip_blanks(p, r->end);
    r->has_qid = at_qid(p, r->end);
    if (r->has_qid) {
        const uint8_t *q = p + 4;
        const bool negative = q != r->end && *q == '-';
        q += negative;
        const uint8_t *const digits = q;
        uint64_t number;
        q = read_whole(q, r->end, &number);
        if (q == digits || !at_word_end(q, r->end) ||
            number > (uint64_t)INT64_MAX + negative) {
            return fail_word(r, RS_E_QID, p);
        }
        qid = (int64_t)(negative ? 0 - number : number); /* -2^63 too */
        p = q;
    }
    if (r->keep && r->to->qids != NULL) {
        r->to->qids[r->n_rows] = qid;
    }
    return p;
}

/* ------------------------------------------------------------------------- features */

/* Bytes that quick_feature may look at: an index of 7 digits, a colon, a number. */
#define QUICK_FEATURE_BYTES (8 + RS_QUICK_BYTES)

/* The usual "123:0.456" followed by a blank or LF. Returns the byte after it, or NULL. */
static inline const uint8_t *quick_feature(const uint8_t *p, int64_t *index,
                                           double *value)
{
    const uint64_t digits = rs_load_digits(p);
    const unsigned n = rs_count_digits(digits);
    if (n == 0 || n == 8 || p[n] != ':') {
        return NULL;
    }
    *index = (int64_t)rs_join_digits(digits, n);
    p = rs_number_parse_quick(p + n + 1, value);
    return p != NULL && (*p == ' ' || *p == '\n' || *p == '\t') ? p : NULL;
}

static const uint8_t *skip_value(reader *r, const uint8_t *p)
{
    while (!at_word_end(p, r->end)) {
        p++;
    }
    return p;
}

/* No digit where an index should be. */
static const uint8_t *fail_no_index(reader *r, const uint8_t *p)
{
    if (at_qid(p, r->end)) {
        return fail_at(r, RS_E_QID, p, -1, -1);
    }
    if (*p == ':') {
        return fail_at(r, RS_E_COLON, p, -1, -1);
    }
    uint64_t number;
    const uint8_t *const q = read_whole(p + 1, r->end, &number);
    if (*p == '-' && q != p + 1 && q != r->end && *q == ':' && number <= INT64_MAX) {
        return fail_at(r, RS_E_INDEX, p, -(int64_t)number, r->to->index_base);
    }
    return fail_word(r, RS_E_INDEX, p);
}

/* index:value at p, byte by byte, with all the complaints. */
static const uint8_t *careful_feature(reader *r, const uint8_t *p, int64_t *index,
                                      double *value)
{
    uint64_t number;
    const uint8_t *q = read_whole(p, r->end, &number);
    if (q == p) {
        return fail_no_index(r, p);
    }
    if (at_word_end(q, r->end)) {
        return fail_at(r, RS_E_COLON, q, -1, -1);
    }
    if (*q != ':') {
        return fail_word(r, RS_E_INDEX, p);
    }
    if (number > INT64_MAX - 1) {
        return fail_at(r, RS_E_INDEX, p, -1, INT64_MAX - 1);
    }
    *index = (int64_t)number;
    p = q + 1;
    if (!r->keep) {
        return skip_value(r, p);
    }
    q = read_number(p, r->end, value);
    if (q == NULL) {
        return fail_word(r, RS_E_NUMBER, p);
    }
    if (!at_word_end(q, r->end)) {
        return *q == ':' ? fail_at(r, RS_E_COLON, q, -1, -1)
                         : fail_word(r, RS_E_NUMBER, p);
    }
    return q;
}

/* Indices are below this. */
static int64_t index_limit(const rs_libsvm_target *to)
{
    return to->n_keys < INT64_MAX - to->index_base ? to->index_base + to->n_keys
                                                   : INT64_MAX;
}

/* The index of the word at p does not do. */
static const uint8_t *fail_index(reader *r, const uint8_t *p, int64_t index,
                                 int64_t previous)
{
    if (index < r->to->index_base) {
        return fail_at(r, RS_E_INDEX, p, index, r->to->index_base);
    }
    if (index >= index_limit(r->to)) {
        return fail_at(r, RS_E_INDEX, p, index, index_limit(r->to) - 1);
    }
    return fail_at(r, RS_E_INDEX_ORDER, p, index, previous);
}

/* Puts pending values up to n_values into the float32 array. */
static void narrow_pending(reader *r, uint64_t n_values)
{
    rs_narrow_float32(r->pending, (size_t)(n_values - r->n_narrowed),
                      (float *)r->to->values + r->n_narrowed, r->to->narrowing);
    r->n_narrowed = n_values;
}

/* index:value ... up to the end of the line or a comment, which is returned. */
static const uint8_t *read_features(reader *r, const uint8_t *p)
{
    const rs_libsvm_target *const to = r->to;
    const int64_t base = to->index_base, end_index = index_limit(to);
    const bool sorted = (to->flags & RS_LIBSVM_UNSORTED) == 0, keep = r->keep;
    const bool wide_keys = to->key_size == 8, narrow = to->dtype == RS_FLOAT32;
    double *const values = narrow ? r->pending : (double *)to->values;
    const uint64_t mask = narrow ? N_PENDING - 1 : UINT64_MAX;
    const uint8_t *const end = r->end;
    uint64_t n = r->n_values;
    int64_t least = INT64_MAX, greatest = -1, previous = base - 1;

    for (;;) {
        int64_t index = 0;
        double value = 0;
        const uint8_t *q = NULL;
        if (keep && end - p >= QUICK_FEATURE_BYTES) {
            q = quick_feature(p, &index, &value);
        }
        if (q == NULL) {
            p = skip_blanks(p, end);
            if (at_line_end(p, end) || *p == '#') {
                break;
            }
            q = careful_feature(r, p, &index, &value);
            if (q == NULL) {
                return NULL;
            }
        }
        if (index <= previous || index >= end_index) {
            return fail_index(r, p, index, previous);
        }
        previous = sorted ? index : previous;
        least = index < least ? index : least;
        greatest = index > greatest ? index : greatest;
        if (keep) {
            if (n >= to->max_values) {
                return fail_at(r, RS_E_CAPACITY, p, -1, -1);
            }
            if (wide_keys) {
                ((int64_t *)to->keys)[n] = index - base;
            } else {
                ((int32_t *)to->keys)[n] = (int32_t)(index - base);
            }
            values[n & mask] = value;
            if (((n + 1) & mask) == 0) {
                narrow_pending(r, n + 1);
            }
        }
        n++;
        p = q;
        if (q != end && *q == ' ') {
            p++;
        }
    }
    r->n_values = n;
    r->min_index = least;
    r->max_index = greatest;
    return p;
}

/* ------------------------------------------------------------------------- rows */

/* Counts the row that ended at r->n_labels and r->n_values. */
static void commit_row(reader *r, rs_libsvm_filled *filled)
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
static rs_status read_rows(reader *r, rs_libsvm_filled *filled)
{
    const uint8_t *p = r->begin;
    while (p != r->end) {
        r->line = p;
        p = skip_blanks(p, r->end);
        if (!at_line_end(p, r->end) && *p != '#') {
            if (r->n_rows >= r->to->max_rows) {
                return RS_OK;
            }
            p = read_labels(r, p);
            p = p != NULL ? read_qid(r, p) : NULL;
            p = p != NULL ? read_features(r, p) : NULL;
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
    reader r;
    memset(&r, 0, offsetof(reader, pending));
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
        narrow_pending(&r, filled->n_values);
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
