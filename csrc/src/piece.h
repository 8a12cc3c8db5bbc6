/* Private: stretches of a record whose bytes are the same in every row, and values between
 * them. */
#ifndef RECORDSMITH_PIECE_H
#define RECORDSMITH_PIECE_H

#include "layout.h"

/* Frame header, a shape, a head; whole copy blocks. */
#define RS_PIECE_ROOM ((size_t)208)

/* Some constant bytes, and the values of a field after them, if there are any. */
typedef struct rs_piece {
    const uint8_t *values; /* of the first row, or of the next */
    int64_t stride;
    size_t n_values; /* bytes */
    size_t n_constant;
    uint8_t constant[RS_PIECE_ROOM];
} rs_piece;

static inline void rs_add_constant(rs_piece *to, const uint8_t *bytes, size_t n)
{
    memcpy(to->constant + to->n_constant, bytes, n);
    to->n_constant += n;
}

/* A field that has a head, up to its values. */
static inline void rs_add_field(rs_piece *to, const rs_layout *layout)
{
    const rs_field *field = layout->field;
    rs_add_constant(to, layout->head, layout->head_size);
    to->values = field->values;
    to->stride = field->row_stride;
    to->n_values = (size_t)field->width * layout->item_size;
}

#endif
