/* Private: what encoding knows about a field before it looks at any row.
 *
 * plan.c and encode.c share it, so that both passes agree on every byte.
 */
#ifndef RECORDSMITH_LAYOUT_H
#define RECORDSMITH_LAYOUT_H

#include "wire.h"

/* A tag is one byte here: no field number above 15 is written. */
#define RS_TAG(number, wire_type) ((uint8_t)((number) << 3 | (wire_type)))

enum {
    RS_NAME_ROOM = 48,  /* constant bytes before a value; longer names are copied apart */
    RS_SHAPE_ROOM = 82, /* tag, length, RS_MAX_RANK varints of ten bytes */
    RS_READY_FIELDS = 32 /* layouts kept for the whole call; the rest are made per row */
};

typedef struct rs_layout {
    const rs_field *field;
    int32_t index;      /* of the field, for errors */
    uint32_t item_size; /* bytes of a float value; 0 for varints and byte strings */
    uint64_t key_limit; /* keys are below this: product of the shape, at most 2^63 */
    size_t fixed_size;  /* bytes of the field in any row that has it; 0 if they vary */
    size_t name_size;   /* map key with tag and length; 0 outside the maps */
    size_t shape_size;  /* packed shape with tag and length, or the content type */
    uint8_t name[RS_NAME_ROOM]; /* in use if name_size < RS_NAME_ROOM */
    uint8_t shape[RS_SHAPE_ROOM];
} rs_layout;

/* The list of fields in the order of the record. */
typedef struct rs_record {
    const rs_field *fields;
    size_t n_fields;
    size_t fixed_size; /* payload bytes that every row has; 0 and `varies` otherwise */
    bool varies;       /* some field differs in size from row to row */
    uint16_t order[RS_MAX_FIELDS];
    rs_layout ready[RS_READY_FIELDS];
    rs_layout spare;
} rs_record;

/* The sizes of one field in one row. Sizes exclude the item's own tag and length. */
typedef struct rs_extent {
    int64_t first; /* first value, in elements (RS_BLOBS: strings; RS_TEXT: bytes) */
    size_t n;      /* number of values */
    size_t values; /* bytes of the packed values, or of the text */
    size_t keys;   /* bytes of the packed keys */
    size_t tensor; /* bytes of the tensor or Bytes message */
    size_t entry;  /* bytes of the map entry */
    size_t total;  /* bytes of the whole field in the record; 0: absent */
} rs_extent;

/* Checks the list and rows [begin, end) against it, and fills *record. */
rs_status rs_make_record(const rs_field *fields, size_t n_fields, int64_t begin,
                         int64_t end, rs_record *record, rs_error *err);

/* The layout of the field at place `i` of the record. Beyond RS_READY_FIELDS it is only
 * valid until the next call. */
const rs_layout *rs_get_layout(rs_record *record, size_t i);

/* Checks one row of a field and sizes it. */
rs_status rs_measure_field(const rs_layout *layout, int64_t row, rs_extent *extent,
                           rs_error *err);

/* Payload bytes of one row; checks each of its fields. */
rs_status rs_measure_row(rs_record *record, int64_t row, size_t *payload, rs_error *err);

static inline size_t rs_delimited_size(size_t n) {
    return 1 + rs_varint_size(n) + n;
}

static inline int64_t rs_load_signed(const void *array, uint8_t size, int64_t i) {
    if (size == 4) {
        int32_t v;
        memcpy(&v, (const uint8_t *)array + i * 4, 4);
        return v;
    }
    int64_t v;
    memcpy(&v, (const uint8_t *)array + i * 8, 8);
    return v;
}

static inline int32_t rs_load_int32(const void *array, int64_t i) {
    return (int32_t)rs_load_signed(array, 4, i);
}

/* -1 becomes ten bytes, as protobuf writes any negative int32. */
static inline uint64_t rs_int32_bits(int32_t v) {
    return (uint64_t)(int64_t)v;
}

#endif
