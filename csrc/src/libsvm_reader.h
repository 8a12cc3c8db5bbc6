/* Private: the state of one reading pass over libsvm text, and its words. */
#ifndef RECORDSMITH_LIBSVM_READER_H
#define RECORDSMITH_LIBSVM_READER_H

#include "number.h"
#include "recordsmith/text.h"

enum { RS_PENDING = 256 }; /* a power of two: doubles that wait to be narrowed */

typedef struct rs_reader {
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
    uint64_t n_narrowed;        /* float32: values of this call that are in place */
    double pending[RS_PENDING]; /* those that follow */
} rs_reader;

/* Does a line end here: LF, CR LF, or the end of the text? */
static inline bool rs_at_line_end(const uint8_t *p, const uint8_t *end)
{
    return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

static inline bool rs_at_word_end(const uint8_t *p, const uint8_t *end)
{
    return rs_at_line_end(p, end) || *p == ' ' || *p == '\t' || *p == '#';
}

static inline const uint8_t *rs_skip_blanks(const uint8_t *p, const uint8_t *end)
{
    while (p != end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    return p;
}

static inline const uint8_t *rs_read_number(const uint8_t *p, const uint8_t *end,
                                            double *value)
{
    const uint8_t *q = NULL;
    if (end - p >= RS_QUICK_BYTES) {
        q = rs_number_parse_quick(p, value);
    }
    return q != NULL ? q : rs_number_parse(p, end, value);
}

static inline bool rs_at_qid(const uint8_t *p, const uint8_t *end)
{
    return end - p >= 4 && memcmp(p, "qid:", 4) == 0;
}

/* Decimal digits at p. Returns the byte after them; p if there are none. *value is UINT64_MAX
 * if they are too many. */
const uint8_t *rs_read_whole(const uint8_t *p, const uint8_t *end, uint64_t *value);

/* Fill r->err for a place in the current line, and return NULL. */
const uint8_t *rs_fail_at(rs_reader *r, rs_status status, const uint8_t *p, int64_t found,
                          int64_t limit);

/* The word at p makes no sense at `at`. A byte in it that is no text at all is the better
 * explanation. */
const uint8_t *rs_fail_word(rs_reader *r, rs_status status, const uint8_t *at);

/* index:value ... up to the end of the line or a comment, which is returned; NULL after an
 * error. */
const uint8_t *rs_read_features(rs_reader *r, const uint8_t *p);

/* Puts pending values up to n_values into the float32 array. */
void rs_narrow_pending(rs_reader *r, uint64_t n_values);

#endif
