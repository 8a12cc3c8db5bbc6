/* recordsmith: rows as text, libsvm's and any other. The rules of recordsmith.h hold here. */
#ifndef RECORDSMITH_TEXT_H
#define RECORDSMITH_TEXT_H

#include "recordsmith/recordsmith.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------- libsvm text */

/* One row a line:
 *
 *     label[,label]...[:weight] [qid:N] index:value index:value ... # comment
 *
 * Spaces and tabs separate, in any number; lines end with LF or CRLF, the last one perhaps
 * with nothing; blank lines and lines of a comment only are no rows. Labels, weights and
 * values are numbers as Python's float() takes them (correctly rounded whatever their
 * length; nan, inf and infinity in any case), qid a whole number of 64 bits, an index
 * decimal digits only. */

enum {
    RS_LIBSVM_UNSORTED = 1, /* indices of a row in any order: stored as they stand */
    RS_LIBSVM_OPTIONAL_LABEL =
        2 /* a first word with a colon is a feature (or qid), and the
                                    row has no label; then weights cannot be given */
};

/* What a block of text holds at most. */
typedef struct rs_libsvm_bounds {
    size_t n_bytes;  /* whole lines: what rs_libsvm_fill may be given */
    uint64_t n_rows; /* upper bounds for those n_bytes */
    uint64_t n_values;
    uint64_t n_labels;
} rs_libsvm_bounds;

/* First pass: the whole lines at the head of `in`, and upper bounds of what they hold. Bytes
 * are counted, not judged.
 * final: not 0 if nothing comes after `in`, so that the last line may lack its LF.
 * Returns RS_OK (all n bytes are whole lines) or RS_NEED_MORE (the rest is an unfinished
 * line). Cannot fail. */
RS_API rs_status rs_libsvm_scan(const uint8_t *in, size_t n, int final,
                                rs_libsvm_bounds *bounds);

/* Facts about the text, summed over all calls that are given the same struct. Lines count
 * from 0; a line number is -1 where there is no such line. */
typedef struct rs_libsvm_facts {
    uint64_t n_lines; /* all of them, blank ones and comments too */
    uint64_t n_rows;
    uint64_t n_values;
    uint64_t n_labels;
    uint64_t n_weights; /* rows with a weight */
    uint64_t n_qids;    /* rows with a qid */
    int64_t min_index;  /* as the text has them; min > max if there is none */
    int64_t max_index;
    uint64_t label_width;      /* labels of the first row */
    int64_t first_other_width; /* line of the first row with fewer or more labels */
    int64_t first_weight;      /* line of the first row with a weight */
    int64_t first_qid;         /* line of the first row with a qid */
} rs_libsvm_facts;

RS_API void rs_libsvm_facts_init(rs_libsvm_facts *facts);

/* Where the second pass puts rows. Pointers are the caller's; the room behind them is stated
 * in elements. Positions and offsets begin at 0 in every call. */
typedef struct rs_libsvm_target {
    uint8_t dtype;      /* RS_FLOAT32, RS_FLOAT64; RS_NO_DTYPE: store nothing and read no
                           values, only gather facts (all pointers may be NULL then) */
    uint8_t key_size;   /* bytes of one key: 4 or 8 */
    uint8_t flags;      /* RS_LIBSVM_* */
    int64_t index_base; /* subtracted from each index; a smaller index is an error */
    int64_t n_keys; /* index - index_base must be below it: 2^31-1 at most for keys of 4
                           bytes; INT64_MAX for none but the format's limit */
    uint64_t max_rows;   /* stop after so many */
    uint64_t max_values; /* room at `values` and `keys` */
    uint64_t max_labels; /* room at `labels` */
    void *values;
    void *keys;       /* int32_t or int64_t */
    int64_t *offsets; /* max_rows + 1 */
    double *labels;
    int64_t *label_offsets;  /* max_rows + 1 */
    double *weights;         /* max_rows; 1 for a row without one. NULL: not stored */
    int64_t *qids;           /* max_rows; 0 for a row without one. NULL: not stored */
    rs_narrowing *narrowing; /* RS_FLOAT32: what rs_narrow_float32 counts. Not NULL */
} rs_libsvm_target;

/* What one call stored. */
typedef struct rs_libsvm_filled {
    size_t n_bytes; /* lines consumed */
    uint64_t n_rows;
    uint64_t n_values;
    uint64_t n_labels;
} rs_libsvm_filled;

/* Second pass: reads the lines of `in` into the target. `in` ends with a whole line (see
 * rs_libsvm_scan); blank lines after the last row are consumed too.
 * Returns RS_OK; RS_E_LABEL, RS_E_NUMBER, RS_E_INDEX (found: the index, where it is a number;
 * limit: the smallest or largest allowed), RS_E_INDEX_ORDER (found: the index, limit: the one
 * before it), RS_E_COLON, RS_E_QID, RS_E_CHARACTER (found: the byte); RS_E_CAPACITY where the
 * room does not suffice; RS_E_ARGUMENT.
 * An error says: offset in `in`; row: the LINE, from 0, over all calls with these facts;
 * column: the byte in the line, from 0. After an error `filled` and `facts` describe the rows
 * before it, except for float32 `narrowing`, which may have counted more. */
RS_API rs_status rs_libsvm_fill(const uint8_t *in, size_t n,
                                const rs_libsvm_target *target, rs_libsvm_facts *facts,
                                rs_libsvm_filled *filled, rs_error *err);

/* Longest text of one label and of one value, with the separators before and after. */
#define RS_LIBSVM_LABEL_TEXT ((size_t)26)
#define RS_LIBSVM_VALUE_TEXT ((size_t)46)

enum { RS_LIBSVM_KEEP_ZEROS = 1 /* dense features: write values that are +0 as well */ };

/* Writes rows [begin, end) as libsvm text, as many whole ones as surely fit.
 *
 * features: RS_DENSE or RS_CSR of RS_FLOAT32, RS_FLOAT64 or RS_INT32; of its members those
 *   that shape arrays count, and the flag RS_CHECK_ORDER. Values of CSR are all written,
 *   zeros too. label: RS_DENSE of the same dtypes, written with commas between; NULL: lines
 *   begin with the first feature.
 * index_base: added to each key.
 * A row fits if RS_LIBSVM_LABEL_TEXT * labels + RS_LIBSVM_VALUE_TEXT * values + 2 bytes are
 *   free. Numbers are the shortest text that reads back to the same value.
 * *end_row: the first row not written. Equal to `begin` with RS_E_CAPACITY if not even one
 *   row fits (err->limit: bytes that row may need).
 * Returns RS_OK; RS_E_CAPACITY; RS_E_OFFSETS, RS_E_KEY, RS_E_ORDER (err: row, found, limit);
 * RS_E_LABEL for a row that would be a blank line or lacks its label (`present`);
 * RS_E_ARGUMENT. *n_written and *end_row cover the whole rows before an error. */
RS_API rs_status rs_libsvm_write(const rs_field *features, const rs_field *label,
                                 int64_t begin, int64_t end, int64_t index_base,
                                 int flags, uint8_t *out, size_t capacity,
                                 int64_t *end_row, size_t *n_written, rs_error *err);

/* ------------------------------------------------------------------------- text */

#define RS_TEXT_SEPARATOR ((size_t)8) /* bytes that a separator may have */

enum {
    RS_TEXT_POINT = 1, /* floats have a point or an exponent: "1.0", not "1" */
    RS_TEXT_FINITE = 2 /* NaN and infinities are errors, not "nan", "inf", "-inf" */
};

/* What stands around the numbers of a row: head, values with separators between, tail; of
 * RS_CSR head, keys, middle, values, tail. A pointer may be NULL if its length is 0, except
 * `separator`. */
typedef struct rs_text_style {
    const uint8_t *head, *separator, *middle, *tail;
    size_t n_head, n_separator, n_middle, n_tail;
    int flags;
} rs_text_style;

/* Writes rows [begin, end) as text, as many whole ones as surely fit.
 *
 * field: RS_DENSE, RS_RAGGED or RS_CSR of RS_FLOAT32, RS_FLOAT64 or RS_INT32; of its members
 *   those that the kind needs, `shape` (a limit of keys) and the flag RS_CHECK_ORDER. All
 *   stored values are written. `present` is not looked at.
 * A row fits if its constant text, 8 bytes, and for each value 26 bytes and a separator are
 *   free (RS_CSR: 19 bytes and a separator more). Numbers are the shortest text that reads
 *   back to the same value; -0 is "-0.0".
 * row_ends: end - begin numbers; row_ends[i] is the byte in `out` after row begin + i.
 * *end_row: the first row not written. Equal to `begin` with RS_E_CAPACITY if not even one
 *   row fits (err->limit: bytes that row may need).
 * Returns RS_OK; RS_E_CAPACITY; RS_E_OFFSETS, RS_E_KEY, RS_E_ORDER (err: row, found, limit);
 * RS_E_NOT_FINITE (err: row, and column: the value's number, or its key); RS_E_ARGUMENT.
 * *n_written and *end_row cover the whole rows before an error. */
RS_API rs_status rs_text_write(const rs_field *field, int64_t begin, int64_t end,
                               const rs_text_style *style, uint8_t *out, size_t capacity,
                               int64_t *row_ends, int64_t *end_row, size_t *n_written,
                               rs_error *err);

#ifdef __cplusplus
}
#endif

#endif
