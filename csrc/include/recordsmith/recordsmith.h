/* recordsmith: the bytes of RecordIO-protobuf. See text.h for libsvm and other text.
 *
 * Rules that hold for every function here:
 *  - It allocates nothing, does no I/O, keeps no state: the caller lends all memory. It is
 *    therefore thread-safe as long as nobody writes to the memory that it reads or writes.
 *  - Sizes are bytes unless the name says otherwise; ranges are half-open [begin, end).
 *  - Input bytes are hostile. Nothing is read outside the lent ranges, whatever they hold.
 *  - Array contents (offsets, keys) are hostile in the second pass too: another thread may
 *    have changed them since the first. Nothing is written outside the lent ranges.
 *  - It returns an rs_status. RS_OK and the other values >= 0 are outcomes; RS_E_* (< 0) are
 *    errors and fill `*err` (never NULL). The core never formats text.
 *
 * csrc/FORMAT.md describes the bytes, and the decisions where readers in the field differ.
 */
#ifndef RECORDSMITH_H
#define RECORDSMITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RS_API __attribute__((visibility("default")))
#else
#define RS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ status and errors */

typedef enum rs_status {
    RS_OK = 0,
    RS_NEED_MORE = 1, /* the input ends inside an item: come back with more bytes */
    RS_SPLIT = 2,     /* the next frame is a part of a split record: see rs_join_frames */
    RS_NEW_SCHEMA = 3, /* the next record does not fit the fields found so far */

    /* frames */
    RS_E_MAGIC = -1, /* a frame does not begin with the magic number */
    RS_E_PART = -2,  /* a part of a split record where none may stand */
    RS_E_FRAME_TRUNCATED =
        -3,             /* the data end inside a frame (set by callers at the end) */
    RS_E_TRAILING = -4, /* bytes after the last frame that are no frame */
    /* protobuf */
    RS_E_TRUNCATED = -10, /* a length or a number runs past the end of its message */
    RS_E_VARINT = -11,    /* a varint of more than ten bytes, or a length above 2^31-1 */
    RS_E_WIRE_TYPE = -12, /* wire type 6 or 7, or one that the field cannot have */
    RS_E_FIELD_NUMBER = -13, /* field number 0 or above 2^29-1 */
    RS_E_GROUP = -14,        /* an end-group that nothing began, or groups too deep */
    RS_E_PACKED = -15,       /* packed floats whose bytes are no multiple of their size */
    RS_E_TEXT = -16,         /* a string field that is not UTF-8 */
    /* records */
    RS_E_SHAPE = -20,     /* the number of values differs from the product of the shape */
    RS_E_KEY_COUNT = -21, /* as many keys as values are required */
    RS_E_KEY = -22,       /* a key is negative, beyond the shape, or beyond its type */
    RS_E_TOO_MANY_FIELDS = -23, /* more fields than the caller lent room for */
    RS_E_RANK = -24,            /* a shape of more than RS_MAX_RANK dimensions */
    /* arrays given by the caller */
    RS_E_OFFSETS = -30, /* offsets descend, or lie outside the values */
    RS_E_ORDER = -31, /* keys of a row are not strictly ascending (flag RS_CHECK_ORDER) */
    RS_E_TOO_LONG = -32, /* a payload of 2^29 bytes or more */
    RS_E_CAPACITY = -33, /* the lent output does not suffice (arrays changed meanwhile) */
    RS_E_CHANGED = -34,  /* second pass: the bytes are not those of the first pass */
    RS_E_ARGUMENT = -35, /* a programming error of the caller */
    /* libsvm text */
    RS_E_LABEL = -40,       /* no number where the label should be */
    RS_E_NUMBER = -41,      /* not a number as Python's float() takes it */
    RS_E_INDEX = -42,       /* not an index, below the index base, or above 2^63-2 */
    RS_E_INDEX_ORDER = -43, /* an index is not above the one before it in the row */
    RS_E_COLON = -44,       /* a colon is missing or surplus */
    RS_E_QID = -45,         /* qid is not an integer, or stands at the wrong place */
    RS_E_CHARACTER = -46,   /* a byte that cannot stand in libsvm text */
    /* casts */
    RS_E_MISSING = -50,  /* a missing number, and nothing to put in its place */
    RS_E_RANGE = -51,    /* outside int32; or finite, and infinite as float32 */
    RS_E_FRACTION = -52, /* no whole number, for int32 */
    RS_E_INEXACT = -53,  /* an integer too large to be exact as a float */
    /* text */
    RS_E_NOT_FINITE = -60 /* NaN or an infinity where the text has no place for them */
} rs_status;

/* Where and what. Members that mean nothing for a status are -1. */
typedef struct rs_error {
    rs_status status;
    int32_t field;  /* index of the field, or -1 */
    int64_t offset; /* byte offset in the input given to the call */
    int64_t row;    /* row or record counted from 0, relative to the call's first one */
    int64_t column; /* position in the row: value number, or libsvm byte column from 0 */
    int64_t found;  /* the offending number, where there is one */
    int64_t limit;  /* what it was held against */
} rs_error;

/* Constant text such as "0.1.0" and "RS_E_MAGIC"; "RS_?" for an unknown status. */
RS_API const char *rs_version(void);
RS_API const char *rs_status_name(rs_status status);

/* ------------------------------------------------------------------------- limits */

#define RS_MAGIC 0xced7230aU
#define RS_MAX_PAYLOAD ((size_t)0x1fffffff) /* the length word holds 29 bits */
#define RS_MAX_RANK 8
#define RS_MAX_FIELDS 4096

/* ------------------------------------------------------------------------- fields */

/* A record is a list of fields. The values are those of the wire where there is one. */
typedef enum rs_role {
    RS_FEATURE = 1, /* an entry of the features map */
    RS_LABEL = 2,   /* an entry of the label map */
    RS_UID = 3,
    RS_METADATA = 4,
    RS_CONFIGURATION = 5
} rs_role;

typedef enum rs_dtype {
    RS_NO_DTYPE = 0,
    RS_FLOAT32 = 2, /* numbers are those of the Value message's members */
    RS_FLOAT64 = 3,
    RS_INT32 = 7,
    RS_BYTES = 9
} rs_dtype;

typedef enum rs_kind {
    RS_DENSE = 1,  /* `width` values a row */
    RS_RAGGED = 2, /* offsets[row] .. offsets[row + 1] values */
    RS_CSR = 3,    /* like ragged, and a key for each value */
    RS_TEXT = 4,   /* uid, metadata, configuration: UTF-8 at offsets */
    RS_BLOBS = 5   /* byte strings: offsets count strings, item_offsets count bytes */
} rs_kind;

enum {
    RS_CHECK_ORDER = 1,   /* CSR: refuse rows whose keys are not strictly ascending */
    RS_ZERO_FOR_EMPTY = 2 /* CSR: a row without values is written as value 0 at key 0 */
};

/* One field of n_rows rows to be encoded. All pointers are borrowed for the call. */
typedef struct rs_field {
    uint8_t role;        /* rs_role */
    uint8_t dtype;       /* rs_dtype; RS_BYTES for RS_TEXT and RS_BLOBS */
    uint8_t kind;        /* rs_kind */
    uint8_t flags;       /* RS_CHECK_ORDER | RS_ZERO_FOR_EMPTY */
    uint8_t offset_size; /* bytes of one offset: 4 (int32_t) or 8 (int64_t) */
    uint8_t key_size;    /* bytes of one key: 4 (int32_t) or 8 (int64_t) */
    const char *name;    /* map key, UTF-8; empty for uid, metadata, configuration */
    size_t name_len;
    const char *content_type; /* RS_BLOBS: UTF-8, or NULL for none */
    size_t content_type_len;
    const uint64_t *shape; /* written into every record; NULL: none is written */
    size_t n_shape;
    int64_t n_rows; /* rows behind `values`, `offsets` and `present` */
    int64_t width;  /* RS_DENSE: values of a row */
    int64_t
        row_stride;   /* RS_DENSE: bytes from one row's values to the next; may be < 0 */
    int64_t n_values; /* elements at `values` (and `keys`); RS_TEXT, RS_BLOBS: bytes;
                             RS_DENSE: not looked at */
    const void *values;          /* native byte order, naturally aligned or not */
    const void *offsets;         /* n_rows + 1, ascending; the first need not be 0 */
    int64_t n_items;             /* RS_BLOBS: number of strings */
    const int64_t *item_offsets; /* RS_BLOBS: n_items + 1, ascending, in bytes */
    const void *keys;            /* RS_CSR: signed integers of key_size */
    const uint8_t
        *present; /* one byte a row, 0: the row lacks the field; NULL: none does */
} rs_field;

/* ------------------------------------------------------------------------- encoding */

/* First pass: the longest run of whole rows from `begin` whose frames fit `max_bytes`.
 *
 * Checks all that encoding relies on: offsets, keys (0 <= key < product of the shape, where
 * the field has a shape), order where asked, payload lengths.
 * max_bytes: upper bound of the run; SIZE_MAX for none. If even the first row does not fit,
 *            *end_row is `begin` and *n_bytes is the size of that row.
 * Returns RS_OK; RS_E_OFFSETS, RS_E_KEY, RS_E_ORDER, RS_E_TOO_LONG, RS_E_SHAPE (dense or ragged
 * values that are not the product of a given shape) with err: row, field, found, limit;
 * RS_E_RANK, RS_E_ARGUMENT. */
RS_API rs_status rs_plan_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                              int64_t end, size_t max_bytes, int64_t *end_row,
                              size_t *n_bytes, rs_error *err);

/* Second pass: writes rows [begin, end) as frames.
 *
 * Nothing is written beyond out + capacity. On success *n_written is what rs_plan_rows said;
 * bytes beyond that, within the capacity, are unspecified.
 * Range and order of keys are the first pass's business: this one need not find them wrong.
 * Returns RS_OK; RS_E_CAPACITY where the rows do not fit (the arrays have changed), and the
 * errors of rs_plan_rows; after an error *n_written holds the bytes of the whole rows
 * before it, and bytes beyond those are unspecified within the capacity. */
RS_API rs_status rs_encode_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                                int64_t end, uint8_t *out, size_t capacity,
                                size_t *n_written, rs_error *err);

/* Both passes in one, for callers who have room already: checks each row as rs_plan_rows
 * does, and writes it, as long as there is room for it.
 *
 * *end_row: the first row that is not written: `end`, or one that has no room, or the bad
 * one. *n_written holds the bytes of the rows before it. Where all rows are written, the
 * bytes beyond them are untouched, else unspecified within the capacity.
 * Returns RS_OK, also where not all rows fit; the errors of rs_plan_rows. */
RS_API rs_status rs_encode_fitting(const rs_field *fields, size_t n_fields, int64_t begin,
                                   int64_t end, uint8_t *out, size_t capacity,
                                   int64_t *end_row, size_t *n_written, rs_error *err);

/* ------------------------------------------------------------------------- frames */

typedef struct rs_frame {
    uint32_t part;      /* 0 whole record; 1 first, 2 middle, 3 last part */
    size_t payload_len; /* bytes; the payload begins 8 bytes after the frame */
    size_t frame_len;   /* header, payload and padding */
} rs_frame;

/* Looks at the frame at the head of `in`.
 * Returns RS_OK; RS_NEED_MORE (then frame->frame_len is the number of bytes needed from the
 * frame's start as far as known: 8, or all of it; padding of a last frame may be missing,
 * see FORMAT.md); RS_E_MAGIC (found: the word); RS_E_PART (a part number above 3). n == 0 is
 * RS_NEED_MORE. */
RS_API rs_status rs_frame_peek(const uint8_t *in, size_t n, rs_frame *frame,
                               rs_error *err);

/* Size of a frame around a payload; 0 if the payload is longer than RS_MAX_PAYLOAD. */
RS_API size_t rs_frame_size(size_t payload_len);

/* Frames a ready-made payload as one whole record. Returns RS_OK, RS_E_TOO_LONG,
 * RS_E_CAPACITY. `out` and `payload` must not overlap. */
RS_API rs_status rs_frame_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                               size_t capacity, size_t *n_written, rs_error *err);

/* The same for a payload that is cut at each magic number which stands in it at a multiple
 * of 4, as dmlc-core's writer does: the numbers are left out, and what is between them goes
 * into frames of their own. n_frames: how many. Returns 0 if the payload is longer than
 * RS_MAX_PAYLOAD. */
RS_API size_t rs_cut_size(const uint8_t *payload, size_t payload_len, size_t *n_frames);

/* Writes such frames; one, as rs_frame_wrap does, where there is nothing to cut at. */
RS_API rs_status rs_cut_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                             size_t capacity, size_t *n_written, rs_error *err);

/* A record as frames: one, or several if it is split. */
typedef struct rs_parts {
    size_t n_bytes;   /* of its frames, padding included */
    size_t n_parts;   /* frames */
    size_t n_payload; /* bytes of their payloads together */
} rs_parts;

/* Looks at the record at the head of `in`, split or not.
 * Returns RS_OK; RS_NEED_MORE (then record->n_bytes is the number of bytes needed, as far as
 * known); RS_E_MAGIC, RS_E_PART with the offset of the frame. */
RS_API rs_status rs_record_peek(const uint8_t *in, size_t n, rs_parts *record,
                                rs_error *err);

/* Bytes of a record's payload once its parts are joined: with the magic number put back
 * between them, as dmlc-core does, or without. */
RS_API size_t rs_payload_size(const rs_parts *record, bool with_magic);

/* Joins the payload of the record at the head of `in`, which rs_record_peek has looked at.
 * out: rs_payload_size(record, with_magic) bytes, not overlapping `in`.
 * Returns false if the bytes at `in` are no longer those that were looked at; then what
 * `out` holds is unspecified. */
RS_API bool rs_take_payload(const uint8_t *in, const rs_parts *record, bool with_magic,
                            uint8_t *out);

enum { RS_JOIN_RECORDS = 0, RS_JOIN_MAGIC = 1, RS_JOIN_PLAIN = 2 };

/* Rewrites frames so that no record is split, for rs_scan_records.
 *
 * mode: RS_JOIN_MAGIC puts the magic number back between parts (dmlc-core), RS_JOIN_PLAIN
 *   does not, RS_JOIN_RECORDS takes the first of the two that parses as a record.
 * out: at least n bytes; the result is never longer than what was consumed of the input.
 * Whole records are copied; stops before a record whose parts are not all there.
 * Returns RS_OK (all consumed), RS_NEED_MORE (the rest is an unfinished record),
 * RS_E_MAGIC, RS_E_PART, RS_E_TOO_LONG, and in RS_JOIN_RECORDS the error of rs_record_check
 * where neither reading parses. *n_read and *n_written cover the whole records handled. */
RS_API rs_status rs_join_frames(const uint8_t *in, size_t n, int mode, uint8_t *out,
                                size_t capacity, size_t *n_read, size_t *n_written,
                                rs_error *err);

/* Is this payload a valid record? Every byte is looked at: wire format, UTF-8, and the rules
 * of records (shape, keys). Returns RS_OK or the error, with offset relative to `payload`. */
RS_API rs_status rs_record_check(const uint8_t *payload, size_t n, rs_error *err);

/* ------------------------------------------------------------------------- decoding */

/* What the first reading pass learned about one field of a run of records. */
typedef struct rs_column {
    uint8_t role;  /* rs_role */
    uint8_t dtype; /* rs_dtype; RS_NO_DTYPE for an empty Value message */
    uint8_t
        sparse; /* 1: records have keys; 0: they have none; 2: only empty rows so far */
    uint8_t n_shape; /* dimensions; 0: no shape in the records */
    uint64_t shape[RS_MAX_RANK];
    const char *name; /* borrowed from the input */
    size_t name_len;
    const char *content_type; /* borrowed; NULL if there is none */
    size_t content_type_len;
    uint64_t n_present;     /* records that have the field */
    uint64_t first_missing; /* the first record without it; UINT64_MAX if all have it */
    uint64_t n_values;      /* sum over the records; text: bytes; blobs: bytes */
    uint64_t n_items;       /* blobs: number of byte strings */
    uint64_t min_width,
        max_width;              /* fewest and most values (blobs: strings) in a record */
    uint64_t first_width;       /* values of the first record that has the field */
    uint64_t first_other_width; /* first record of another width; UINT64_MAX if none */
} rs_column;

typedef struct rs_scan {
    size_t n_columns;   /* columns in use; 0 before the first call */
    uint64_t n_records; /* whole records scanned */
    size_t n_bytes;     /* bytes of their frames */
    size_t n_need;      /* RS_NEED_MORE: bytes needed from n_bytes on, as far as known */
} rs_scan;

/* First reading pass: whole records from the head of `in` that share one schema.
 *
 * columns: lent room for `capacity` columns, filled in the order in which fields first
 *   appear. A record fits if its fields have the dtype, shape, density and content type of
 *   the columns of the same role and name; a field may be missing, and new ones may come.
 *   A field of no values and no keys fits dense and sparse alike. An unset Value counts as
 *   a missing field.
 * max_records: stop after so many; UINT64_MAX for no limit.
 * scan: set to zero by the caller; results on return. After an error or outcome it describes
 *   the records before.
 * Returns RS_OK (input used up, or max_records reached), RS_NEED_MORE, RS_SPLIT,
 * RS_NEW_SCHEMA (err: the record, the field's column and its offset), or the error of the
 * next frame or record (err->row counts from the run's first record). Keys are counted and
 * checked by rs_fill_records. */
RS_API rs_status rs_scan_records(const uint8_t *in, size_t n, uint64_t max_records,
                                 rs_column *columns, size_t capacity, rs_scan *scan,
                                 rs_error *err);

/* Where the second reading pass puts one column. Arrays are the caller's; their lengths are
 * stated so that nothing is written beyond them. Offsets begin at `first_offset`. */
typedef struct rs_target {
    uint8_t kind;        /* rs_kind that the caller chose for the column */
    uint8_t offset_size; /* 4 or 8 */
    uint8_t key_size;    /* 4 or 8 */
    uint64_t width;      /* RS_DENSE: values of a row */
    void *values;        /* RS_DENSE: n_records * width elements, absent rows zeroed */
    uint64_t
        n_values;  /* room at `values` (and `keys`), in elements; text, blobs: bytes */
    void *offsets; /* n_records + 1 */
    int64_t first_offset; /* value of offsets[0] and of the first element's position; the
                             `values` and `keys` pointers already point at that element */
    void *keys;
    uint64_t
        n_keys_limit; /* keys must be below this, the shape and what the type holds */
    int64_t *item_offsets; /* RS_BLOBS: n_items + 1 */
    uint64_t n_items;
    int64_t first_item_byte; /* value of item_offsets[0] */
    uint8_t *present;        /* n_records bytes, or NULL if no record lacks the field */
} rs_target;

/* Second reading pass: the n_records records at the head of `in` into the targets.
 * columns: those of rs_scan_records for these bytes (or of a longer run that holds them);
 * names need not point into `in`.
 * Returns RS_OK; RS_E_KEY_COUNT, RS_E_KEY; RS_E_CHANGED where the bytes do not fit the
 * columns and targets; any error of rs_scan_records. */
RS_API rs_status rs_fill_records(const uint8_t *in, size_t n, uint64_t n_records,
                                 const rs_column *columns, const rs_target *targets,
                                 size_t n_columns, rs_error *err);

/* The same where the number of records is not known yet, for callers who have room for as
 * many as there can be: fills until `in` holds no further whole frame.
 * n_records: the records that there is room for; on return those that were filled, whose
 *   frames are *n_bytes long.
 * Returns RS_OK (input used up); RS_NEED_MORE where it ends inside a frame that is not a part
 * of a split record; RS_E_CAPACITY where there are more records; the errors of
 * rs_fill_records. */
RS_API rs_status rs_fill_to_end(const uint8_t *in, size_t n, uint64_t *n_records,
                                size_t *n_bytes, const rs_column *columns,
                                const rs_target *targets, size_t n_columns,
                                rs_error *err);

/* The next place from `begin` on, in steps of 4 bytes, where a frame may begin: a magic
 * number and a plausible length word. Returns n if there is none. For salvage, and for
 * cutting a buffer between threads: only a scan that ends exactly there proves it. */
RS_API size_t rs_find_frame(const uint8_t *in, size_t n, size_t begin);

/* ------------------------------------------------------------------------- numbers */

/* Facts about float values, not judgements. Set to zero by the caller before the first of
 * several calls, so that results add up. */
typedef struct rs_stats {
    uint64_t n_values;
    uint64_t n_nan;
    uint64_t n_inf;
    uint64_t n_not_integer; /* finite, with a fraction */
    int64_t first_nan;      /* position over all calls, -1 if none */
    int64_t first_inf;
    double min, max; /* of the finite values; min > max if there is none */
} rs_stats;

RS_API void rs_stats_init(rs_stats *stats);
RS_API void rs_stats_float32(const float *values, size_t n, rs_stats *stats);
RS_API void rs_stats_float64(const double *values, size_t n, rs_stats *stats);
RS_API void rs_stats_int32(const int32_t *values, size_t n, rs_stats *stats);
/* rs_stats_float32, several times as fast, for all but n_not_integer, which is left alone. */
RS_API void rs_bounds_float32(const float *values, size_t n, rs_stats *stats);

/* Facts about the keys of sparse rows. */
typedef struct rs_key_facts {
    uint64_t n_rows;
    uint64_t n_empty;     /* rows without a stored value */
    uint64_t n_unordered; /* rows whose keys do not strictly ascend */
    uint64_t max_values;  /* most stored values of a row */
    int64_t first_empty;  /* position over all calls, -1 if none */
    int64_t first_unordered;
    int64_t min_key, max_key; /* min > max if there is none */
} rs_key_facts;

enum { RS_ROW_ORDERED = 0, RS_ROW_EMPTY = 1, RS_ROW_UNORDERED = 2 };

RS_API void rs_key_facts_init(rs_key_facts *facts);
/* Looks at rows [begin, end) of an RS_CSR field, and adds to *facts. `present` counts for
 * nothing here.
 * kinds: end - begin bytes, filled with RS_ROW_*: which rows the facts are about.
 * Returns RS_OK; RS_E_OFFSETS (err: row, found, limit); RS_E_ARGUMENT. */
RS_API rs_status rs_find_key_facts(const rs_field *field, int64_t begin, int64_t end,
                                   uint8_t *kinds, rs_key_facts *facts, rs_error *err);

/* What a narrowing cast cost. */
typedef struct rs_narrowing {
    uint64_t n_changed;     /* values that did not survive exactly (NaN stays NaN) */
    uint64_t n_overflow;    /* finite values that became infinite or left the range */
    int64_t first_overflow; /* position over all calls, -1 if none */
    uint64_t n_values;
    double max_relative_error; /* over values that changed without overflow */
} rs_narrowing;

RS_API void rs_narrowing_init(rs_narrowing *cost);
/* float64 -> float32, round to nearest even; NaN payloads keep their upper bits. */
RS_API void rs_narrow_float32(const double *in, size_t n, float *out, rs_narrowing *cost);
/* int64 -> int32; a value outside int32 counts as overflow and is written as 0. */
RS_API void rs_narrow_int32(const int64_t *in, size_t n, int32_t *out,
                            rs_narrowing *cost);

/* ------------------------------------------------------------------------- columns */

/* How numbers lie in memory: native byte order, naturally aligned or not. */
typedef enum rs_number_type {
    RS_BITS = 1, /* 0 or 1, eight to a byte, the least significant bit first */
    RS_I8 = 2,
    RS_U8 = 3,
    RS_I16 = 4,
    RS_U16 = 5,
    RS_I32 = 6,
    RS_U32 = 7,
    RS_I64 = 8,
    RS_U64 = 9,
    RS_F32 = 10,
    RS_F64 = 11
} rs_number_type;

/* One or more adjacent columns of a matrix, row after row: an Arrow array, a C-contiguous
 * NumPy array. */
typedef struct rs_strip {
    const void *values;
    const uint8_t *valid; /* a bit for each number, 0: it is missing; NULL: none is */
    int64_t first;        /* numbers (and bits of `valid`) before those of row 0 */
    int64_t n_rows;
    int64_t width; /* numbers of a row */
    uint8_t type;  /* rs_number_type */
} rs_strip;

typedef struct rs_cast_cost {
    uint64_t n_filled;
    uint64_t n_changed;        /* numbers that did not survive exactly (NaN stays NaN) */
    double max_relative_error; /* over those; each of the three is set, not added to */
} rs_cast_cost;

enum { RS_KEEP_INTEGERS = 1 /* integers above 2^53 are not rounded to a float */ };

/* Rows [begin, end) of the strips, side by side in a row-major matrix of one dtype.
 *
 * Numbers keep their values; those that cannot are rounded to nearest, ties to even, and
 * counted. float32 to float32 and float64 to float64 keep every bit.
 * dtype: RS_FLOAT32, RS_FLOAT64, RS_INT32.
 * flags: RS_KEEP_INTEGERS or 0.
 * fill: what stands for a missing number, of that dtype; NULL: a missing one is an error.
 * out: (end - begin) * (sum of the widths) numbers, aligned for the dtype; `capacity` is in
 *   bytes.
 * Returns RS_OK; RS_E_MISSING, RS_E_RANGE, RS_E_FRACTION, RS_E_INEXACT for the first such
 * number row by row, with err->row, counted from `begin`, err->column (position in the row)
 * and err->field (the strip); RS_E_CAPACITY; RS_E_ARGUMENT. After an error `out` is
 * unspecified within the capacity. */
RS_API rs_status rs_interleave_columns(const rs_strip *strips, size_t n_strips,
                                       int64_t begin, int64_t end, uint8_t dtype,
                                       uint32_t flags, const void *fill, void *out,
                                       size_t capacity, rs_cast_cost *cost,
                                       rs_error *err);

#ifdef __cplusplus
}
#endif

#endif
