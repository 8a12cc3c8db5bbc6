/* Private: what encoding knows about the fields before it looks at any row, and the sizes of
 * one row. plan.c and encode.c share it, so that both passes agree on every byte. */
#ifndef RECORDSMITH_LAYOUT_H
#define RECORDSMITH_LAYOUT_H

#include "wire.h"

/* A tag is one byte here: no field number above 15 is written. */
#define RS_TAG(number, wire_type) ((uint8_t)((number) << 3 | (wire_type)))

enum {
    RS_NAME_ROOM = 48,  /* map key and value tag; longer names are copied apart */
    RS_SHAPE_ROOM = 96, /* tag, length, RS_MAX_RANK varints of ten bytes; rounded up */
    RS_HEAD_ROOM = 96,  /* all that stands before the values: name, four tags, lengths */
    RS_READY_FIELDS = 32, /* layouts kept for the whole call; the rest are made per row */
    RS_COPY_SIZE = 16     /* constant bytes are copied in blocks where there is room */
};

typedef struct rs_layout {
    const rs_field *field;
    int32_t index;      /* of the field, for errors */
    uint32_t item_size; /* bytes of a float value; 0 for varints and byte strings */
    uint64_t key_limit; /* keys are below this: product of the shape, at most 2^63 */
    size_t fixed_size;  /* bytes of the field in every row; 0 if they vary */
    size_t name_size;   /* map key with tag and length; 0 outside the maps */
    size_t shape_size;  /* packed shape with tag and length, or the content type */
    size_t head_size;   /* fixed size and short name: bytes in `head`; else 0 */
    uint8_t head[RS_HEAD_ROOM];
    uint8_t name[RS_NAME_ROOM]; /* and the value's tag; if name_size < RS_NAME_ROOM */
    uint8_t shape[RS_SHAPE_ROOM];
} rs_layout;

/* The list of fields in the order of the record. */
typedef struct rs_record {
    const rs_field *fields;
    size_t n_fields;
    uint64_t fixed_size; /* payload bytes of the fields that have a head */
    bool use_avx2;
    size_t n_varying; /* fields without a head, by place in the record */
    uint16_t varying[RS_MAX_FIELDS];
    uint16_t order[RS_MAX_FIELDS]; /* place in the record -> index in `fields` */
    rs_layout ready[RS_READY_FIELDS];
    rs_layout spare;
} rs_record;

/* The sizes of one field in one row. Sizes exclude the item's own tag and length. */
typedef struct rs_extent {
    size_t first;  /* first value, in elements (RS_BLOBS: strings; RS_TEXT: bytes) */
    size_t n;      /* number of values */
    size_t values; /* bytes of the packed values, of the text, of the strings */
    size_t keys;   /* bytes of the packed keys */
    size_t tensor; /* bytes of the tensor or Bytes message */
    size_t entry;  /* bytes of the map entry */
    size_t total;  /* bytes of the whole field in the record; 0: absent */
} rs_extent;

typedef struct rs_row {
    int64_t index;
    size_t payload;
    rs_extent extents[RS_READY_FIELDS];
} rs_row;

/* Checks the list and rows [begin, end) against it, and fills *record. */
rs_status rs_make_record(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, rs_record *record, rs_error *err);

/* Makes the layout of a field beyond RS_READY_FIELDS, valid until the next call. */
const rs_layout *rs_make_spare(rs_record *record, size_t i);

/* The layout of the field at place `i` of the record. */
static inline const rs_layout *rs_get_layout(rs_record *record, size_t i)
{
    return i < RS_READY_FIELDS ? &record->ready[i] : rs_make_spare(record, i);
}

/* Checks one row of a field and sizes it. */
rs_status rs_measure_field(const rs_layout *layout, bool use_avx2, int64_t row,
                           rs_extent *extent, rs_error *err);

/* Checks and sizes a row. Keeps the extents of its varying fields that are ready. */
rs_status rs_measure_row(rs_record *record, int64_t index, rs_row *row, rs_error *err);

/* Bytes of a varint below 2^32; compilers need no slow count of leading zeros for it. */
static inline size_t rs_short_size(size_t n)
{
    return 1 + (size_t)(n > 0x7f) + (size_t)(n > 0x3fff) + (size_t)(n > 0x1fffff) +
           (size_t)(n > 0xfffffff);
}

static inline size_t rs_delimited_size(size_t n)
{
    return 1 + rs_short_size(n) + n;
}

/* An error of a whole row. */
static inline rs_status rs_fail_row(rs_error *err, rs_status status, int64_t row,
                                    uint64_t found, uint64_t limit)
{
    rs_fail(err, status);
    err->row = row;
    err->found = (int64_t)found;
    err->limit = (int64_t)limit;
    return status;
}

/* Where the row's values begin. */
static inline const uint8_t *rs_get_values(const rs_layout *layout, int64_t row,
                                           const rs_extent *extent)
{
    const rs_field *field = layout->field;
    if (extent->n == 0) {
        return field->values; /* may be NULL, to which nothing may be added */
    }
    if (field->kind == RS_DENSE) {
        return (const uint8_t *)field->values + row * field->row_stride;
    }
    const size_t stored_size = layout->item_size != 0     ? layout->item_size
                               : field->dtype == RS_INT32 ? 4
                                                          : 1;
    return (const uint8_t *)field->values + extent->first * stored_size;
}

/* -1 becomes ten bytes, as protobuf writes any negative int32. */
static inline uint64_t rs_int32_bits(int32_t v)
{
    return (uint64_t)(int64_t)v;
}

/* Writes a tag and a length. */
static inline uint8_t *rs_put_tag(uint8_t *p, uint8_t tag, size_t n)
{
    *p++ = tag;
    return rs_put_varint(p, n);
}

#endif
