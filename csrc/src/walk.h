/* Private: reading protobuf of any valid form, one bounds-checked item at a time.
 *
 * Nothing here relies on an earlier look at the same bytes, so that memory which another
 * thread changes under our hands can give wrong numbers, but never a read outside of it.
 */
#ifndef RECORDSMITH_WALK_H
#define RECORDSMITH_WALK_H

#include "wire.h"

/* How deep messages and groups may nest, the Record included as in protobuf's own limit.
 */
enum { RS_MAX_DEPTH = 100 };

/* The level of the message that an item stands in. */
enum { RS_IN_RECORD = 0, RS_IN_ENTRY = 1, RS_IN_VALUE = 2, RS_IN_MEMBER = 3 };

/* Field numbers of the messages; those of Record are the values of rs_role, those of
 * Value the values of rs_dtype. */
enum { RS_ENTRY_KEY = 1, RS_ENTRY_VALUE = 2 };
enum { RS_TENSOR_VALUES = 1, RS_TENSOR_KEYS = 2, RS_TENSOR_SHAPE = 3 };
enum { RS_BYTES_VALUE = 1, RS_BYTES_CONTENT_TYPE = 2 };

/* What is left to read of a message, a string or a packed run. */
typedef struct rs_span {
    const uint8_t *at;
    const uint8_t *end;
} rs_span;

typedef struct rs_item {
    const uint8_t *at; /* where its tag begins */
    uint32_t number;
    uint32_t wire;
    rs_span body; /* the bytes after tag and length */
} rs_item;

typedef struct rs_walk {
    const uint8_t *base; /* errors give offsets from here */
    rs_error *err;
    bool deep; /* look into packed varints too; the first reading pass does not */
} rs_walk;

/* A map entry: its name, and which occurrences of which Value member count. A member that
 * follows another one replaces it; equal members that follow each other merge. */
typedef struct rs_entry {
    rs_span whole;
    rs_span name;
    uint32_t member; /* rs_dtype; RS_NO_DTYPE if no member is set */
    uint32_t n_skip; /* member occurrences before the first that counts */
} rs_entry;

/* An iterator over the items of the member occurrences that count. */
typedef struct rs_pieces {
    rs_span entry;
    rs_span value;
    rs_span member;
    uint32_t n_skip;
} rs_pieces;

/* What one field of one record holds. */
typedef struct rs_facts {
    uint8_t dtype;
    uint8_t sparse; /* as in rs_column */
    uint8_t n_shape;
    uint64_t shape[RS_MAX_RANK];
    uint64_t n_values;    /* text, blobs: bytes */
    uint64_t n_keys;      /* a deep walk counts them, another only tells 0 from more */
    uint64_t n_items;     /* blobs */
    rs_span content_type; /* at == NULL: none */
} rs_facts;

static inline size_t rs_span_len(rs_span s)
{
    return (size_t)(s.end - s.at);
}

/* Bytes of one element: of the array, and of the wire's where that is fixed. */
static inline size_t rs_dtype_size(unsigned dtype)
{
    return dtype == RS_FLOAT64 ? 8 : 4;
}

/* Values of a row in the sense of rs_column's widths. */
static inline uint64_t rs_facts_width(const rs_facts *facts, unsigned role)
{
    return facts->dtype == RS_BYTES && role <= RS_LABEL ? facts->n_items
                                                        : facts->n_values;
}

/* Elements of a shape; UINT64_MAX where they are more. No dimensions: UINT64_MAX too, for
 * nothing is known then. */
uint64_t rs_shape_product(const uint64_t *shape, size_t n_shape);

bool rs_is_utf8(rs_span text);

/* Sets *err to `status` at `at` and returns it. */
rs_status rs_bad(const rs_walk *walk, rs_status status, const uint8_t *at);

/* Up to ten bytes; bits over 64 are dropped. Leaves `in` at the varint on error. */
rs_status rs_take_varint(const rs_walk *walk, rs_span *in, uint64_t *v);

/* The next item of a message that is not at its end. Groups are items too: their body is
 * what lies between the tags and the end tag. */
rs_status rs_take_item(const rs_walk *walk, rs_span *in, unsigned level, rs_item *item);

/* Like it, with `expected` as the only wire type that the field may have. */
rs_status rs_expect_wire(const rs_walk *walk, const rs_item *item, uint32_t expected);

/* Walks a whole map entry. */
rs_status rs_open_entry(const rs_walk *walk, rs_span whole, rs_entry *entry);

rs_pieces rs_entry_pieces(const rs_entry *entry);
/* *more is false at the end. */
rs_status rs_next_piece(const rs_walk *walk, rs_pieces *pieces, rs_item *item,
                        bool *more);

/* Counts what an opened entry holds, and checks the rules of records: values against
 * shape, and in a deep walk keys against values and shape. */
rs_status rs_entry_facts(const rs_walk *walk, const rs_entry *entry, rs_facts *facts);

/* A text field: checks UTF-8. */
rs_status rs_text_facts(const rs_walk *walk, rs_span text, rs_facts *facts);

/* Every byte of a record: see rs_record_check. The walk is deep. */
rs_status rs_check_walk(const rs_walk *walk, rs_span record);

#endif
