/* Private: the caller's arrays, and where the next row goes in them.
 *
 * The place is read back from the offsets written so far, and checked against the lent
 * room again, so that no state is needed however many columns there are. */
#ifndef RECORDSMITH_PLACE_H
#define RECORDSMITH_PLACE_H

#include "walk.h"

static inline int64_t rs_get_offset(const rs_target *target, uint64_t i)
{
    if (target->offset_size == 8) {
        int64_t offset = 0;
        memcpy(&offset, (const uint8_t *)target->offsets + i * 8, 8);
        return offset;
    }
    int32_t offset = 0;
    memcpy(&offset, (const uint8_t *)target->offsets + i * 4, 4);
    return offset;
}

/* rs_check_target has made sure that offsets of four bytes suffice. */
static inline void rs_put_offset(const rs_target *target, uint64_t i, int64_t offset)
{
    if (target->offset_size == 8) {
        memcpy((uint8_t *)target->offsets + i * 8, &offset, 8);
    } else {
        const int32_t narrow = (int32_t)offset;
        memcpy((uint8_t *)target->offsets + i * 4, &narrow, 4);
    }
}

/* Where row `row` begins, in elements (text: bytes, blobs: strings) from the target's
 * first one. May be beyond the room if the offsets were changed by others. */
static inline uint64_t rs_row_start(const rs_target *target, uint64_t row)
{
    if (target->kind == RS_DENSE) {
        return row * target->width;
    }
    return (uint64_t)rs_get_offset(target, row) - (uint64_t)target->first_offset;
}

/* Ends row `row` after n elements from `start`, and marks it as present. False if the row
 * does not fit; nothing is written then. */
static inline bool rs_place_row(const rs_target *target, uint64_t row, uint64_t start,
                                uint64_t n, uint64_t room)
{
    if (start > room || n > room - start) {
        return false;
    }
    if (target->kind == RS_DENSE) {
        if (n != target->width) {
            return false;
        }
    } else {
        rs_put_offset(target, row + 1, target->first_offset + (int64_t)(start + n));
    }
    if (target->present != NULL) {
        target->present[row] = 1;
    }
    return true;
}

/* Copies n_bytes of little-endian elements of `size` bytes into an array of the host's.
 */
static inline void rs_copy_elements(uint8_t *out, const uint8_t *in, size_t n_bytes,
                                    size_t size)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    (void)size;
    if (n_bytes == 4) {
        memcpy(out, in, 4);
    } else if (n_bytes != 0) {
        memcpy(out, in, n_bytes);
    }
#else
    for (size_t i = 0; n_bytes - i >= size; i += size) {
        if (size == 8) {
            const uint64_t word = rs_load64(in + i);
            memcpy(out + i, &word, 8);
        } else {
            const uint32_t word = rs_load32(in + i);
            memcpy(out + i, &word, 4);
        }
    }
#endif
}

/* Keys must be below it: the caller's limit, the shape, the type of the array. */
static inline uint64_t rs_key_limit(const rs_column *column, const rs_target *target)
{
    const uint64_t shape = rs_shape_product(column->shape, column->n_shape);
    const uint64_t type = UINT64_C(1) << (target->key_size == 8 ? 63 : 31);
    const uint64_t limit = shape < target->n_keys_limit ? shape : target->n_keys_limit;
    return limit < type ? limit : type;
}

/* Can this target hold n_records rows of this column? RS_OK or RS_E_ARGUMENT,
 * RS_E_CAPACITY. */
rs_status rs_check_target(const rs_column *column, const rs_target *target,
                          uint64_t n_records);

/* Writes the first offset, which every row after builds on. */
void rs_begin_target(const rs_column *column, const rs_target *target);

/* A record that lacks the field. */
void rs_place_nothing(const rs_column *column, const rs_target *target, uint64_t row);

/* The field that an opened and checked entry holds, whatever its form. */
rs_status rs_place_entry(const rs_walk *walk, const rs_entry *entry,
                         const rs_facts *facts, const rs_column *column,
                         const rs_target *target, uint64_t row);

/* A text field. False if it does not fit. */
bool rs_place_text(rs_span text, const rs_target *target, uint64_t row);

#endif
