/* One field of one record into the caller's arrays, in the general way. */
#include "place.h"

rs_status rs_check_target(const rs_column *column, const rs_target *target,
                          uint64_t n_records)
{
    const bool text = column->role > RS_LABEL;
    if (column->role < RS_FEATURE || column->role > RS_CONFIGURATION) {
        return RS_E_ARGUMENT;
    }
    if (column->dtype == RS_NO_DTYPE) {
        return RS_OK;
    }
    if (target->kind == RS_DENSE && !text && column->dtype != RS_BYTES) {
        if (target->width != 0 && n_records > target->n_values / target->width) {
            return RS_E_CAPACITY;
        }
        return RS_OK;
    }
    if ((target->kind == RS_TEXT) != text ||
        (target->kind == RS_BLOBS) != (!text && column->dtype == RS_BYTES) ||
        (target->kind == RS_DENSE) || target->kind < RS_DENSE ||
        target->kind > RS_BLOBS) {
        return RS_E_ARGUMENT;
    }
    if ((target->offset_size != 4 && target->offset_size != 8) ||
        (target->kind == RS_CSR && target->key_size != 4 && target->key_size != 8)) {
        return RS_E_ARGUMENT;
    }
    const uint64_t n = target->kind == RS_BLOBS ? target->n_items : target->n_values;
    const int64_t largest = target->offset_size == 8 ? INT64_MAX : INT32_MAX;
    if (target->first_offset < 0 || target->first_offset > largest ||
        n > (uint64_t)(largest - target->first_offset)) {
        return RS_E_ARGUMENT;
    }
    if (target->kind == RS_BLOBS &&
        (target->first_item_byte < 0 ||
         target->n_values > (uint64_t)(INT64_MAX - target->first_item_byte))) {
        return RS_E_ARGUMENT;
    }
    return RS_OK;
}

void rs_begin_target(const rs_column *column, const rs_target *target)
{
    if (column->dtype == RS_NO_DTYPE || target->kind == RS_DENSE) {
        return;
    }
    rs_put_offset(target, 0, target->first_offset);
    if (target->kind == RS_BLOBS) {
        target->item_offsets[0] = target->first_item_byte;
    }
}

void rs_place_nothing(const rs_column *column, const rs_target *target, uint64_t row)
{
    if (target->present != NULL) {
        target->present[row] = 0;
    }
    if (column->dtype == RS_NO_DTYPE) {
        return;
    }
    if (target->kind != RS_DENSE) {
        rs_put_offset(target, row + 1, rs_get_offset(target, row));
    } else if (target->width != 0) {
        const size_t n_bytes = (size_t)target->width * rs_dtype_size(column->dtype);
        memset((uint8_t *)target->values + row * n_bytes, 0, n_bytes);
    }
}

bool rs_place_text(rs_span text, const rs_target *target, uint64_t row)
{
    const uint64_t start = rs_row_start(target, row);
    const size_t n = rs_span_len(text);
    if (!rs_place_row(target, row, start, n, target->n_values)) {
        return false;
    }
    if (n != 0) {
        memcpy((uint8_t *)target->values + start, text.at, n);
    }
    return true;
}

/* Writing on from one place to another within a row's room. */
typedef struct pen {
    uint64_t at;
    uint64_t end;
} pen;

static rs_status changed(const rs_walk *walk, const rs_item *item)
{
    return rs_bad(walk, RS_E_CHANGED, item->at);
}

static rs_status put_int32s(const rs_walk *walk, const rs_item *item, uint8_t *values,
                            pen *place)
{
    rs_span run = item->body;
    while (run.at < run.end) {
        uint64_t v = 0;
        const rs_status status = rs_take_varint(walk, &run, &v);
        if (status != RS_OK) {
            return status;
        }
        if (place->at == place->end) {
            return changed(walk, item);
        }
        const uint32_t low = (uint32_t)v;
        memcpy(values + 4 * place->at++, &low, 4);
    }
    return RS_OK;
}

/* Unpacked elements, and runs in pieces, arrive one after the other. */
static rs_status put_floats(const rs_walk *walk, const rs_item *item, size_t size,
                            uint8_t *values, pen *place)
{
    const size_t n_bytes = rs_span_len(item->body);
    if (n_bytes / size > place->end - place->at) {
        return changed(walk, item);
    }
    if (n_bytes < size) {
        return RS_OK; /* there may be no array at all */
    }
    rs_copy_elements(values + size * place->at, item->body.at, n_bytes / size * size,
                     size);
    place->at += n_bytes / size;
    return RS_OK;
}

static rs_status put_keys(const rs_walk *walk, const rs_item *item,
                          const rs_target *target, uint64_t limit, uint64_t start,
                          pen *place)
{
    rs_span run = item->body;
    while (run.at < run.end) {
        const uint8_t *at = run.at;
        uint64_t key = 0;
        const rs_status status = rs_take_varint(walk, &run, &key);
        if (status != RS_OK) {
            return status;
        }
        if (place->at == place->end) {
            return changed(walk, item);
        }
        if (key >= limit) {
            rs_bad(walk, RS_E_KEY, at);
            walk->err->found = key > INT64_MAX ? INT64_MAX : (int64_t)key;
            walk->err->limit = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
            walk->err->column = (int64_t)(place->at - start);
            return RS_E_KEY;
        }
        if (target->key_size == 8) {
            memcpy((uint8_t *)target->keys + 8 * place->at++, &key, 8);
        } else {
            const uint32_t narrow = (uint32_t)key;
            memcpy((uint8_t *)target->keys + 4 * place->at++, &narrow, 4);
        }
    }
    return RS_OK;
}

static rs_status place_tensor(const rs_walk *walk, const rs_entry *entry,
                              const rs_column *column, const rs_target *target,
                              uint64_t start, uint64_t n)
{
    const uint64_t limit = rs_key_limit(column, target);
    pen values = {start, start + n};
    pen keys = values;
    rs_pieces pieces = rs_entry_pieces(entry);
    for (;;) {
        rs_item item;
        bool more = false;
        rs_status status = rs_next_piece(walk, &pieces, &item, &more);
        if (status == RS_OK && !more) {
            const bool whole = values.at == values.end &&
                               (target->kind != RS_CSR || keys.at == keys.end);
            return whole ? RS_OK : rs_bad(walk, RS_E_CHANGED, entry->whole.at);
        }
        if (status == RS_OK && item.number == RS_TENSOR_VALUES) {
            status = column->dtype == RS_INT32
                         ? put_int32s(walk, &item, target->values, &values)
                         : put_floats(walk, &item, rs_dtype_size(column->dtype),
                                      target->values, &values);
        } else if (status == RS_OK && item.number == RS_TENSOR_KEYS &&
                   target->kind == RS_CSR) {
            status = put_keys(walk, &item, target, limit, start, &keys);
        }
        if (status != RS_OK) {
            return status;
        }
    }
}

static rs_status place_blobs(const rs_walk *walk, const rs_entry *entry,
                             const rs_target *target, uint64_t start, uint64_t n)
{
    uint64_t at = start;
    rs_pieces pieces = rs_entry_pieces(entry);
    for (;;) {
        rs_item item;
        bool more = false;
        const rs_status status = rs_next_piece(walk, &pieces, &item, &more);
        if (status != RS_OK) {
            return status;
        }
        if (!more) {
            return at == start + n ? RS_OK : rs_bad(walk, RS_E_CHANGED, entry->whole.at);
        }
        if (item.number != RS_BYTES_VALUE) {
            continue;
        }
        const uint64_t byte =
            (uint64_t)target->item_offsets[at] - (uint64_t)target->first_item_byte;
        const size_t n_bytes = rs_span_len(item.body);
        if (at == start + n || byte > target->n_values ||
            n_bytes > target->n_values - byte) {
            return changed(walk, &item);
        }
        if (n_bytes != 0) {
            memcpy((uint8_t *)target->values + byte, item.body.at, n_bytes);
        }
        target->item_offsets[++at] = target->first_item_byte + (int64_t)(byte + n_bytes);
    }
}

rs_status rs_place_entry(const rs_walk *walk, const rs_entry *entry,
                         const rs_facts *facts, const rs_column *column,
                         const rs_target *target, uint64_t row)
{
    const uint64_t start = rs_row_start(target, row);
    const uint64_t n = rs_facts_width(facts, column->role);
    const uint64_t room = target->kind == RS_BLOBS ? target->n_items : target->n_values;
    if ((facts->sparse == 1 && target->kind != RS_CSR) ||
        (facts->sparse == 0 && target->kind == RS_CSR)) {
        return rs_bad(walk, RS_E_CHANGED, entry->whole.at);
    }
    if (!rs_place_row(target, row, start, n, room)) {
        rs_bad(walk, RS_E_CHANGED, entry->whole.at);
        walk->err->found = (int64_t)n;
        return RS_E_CHANGED;
    }
    if (target->kind == RS_BLOBS) {
        return place_blobs(walk, entry, target, start, n);
    }
    return place_tensor(walk, entry, column, target, start, n);
}
