/* What a field of a record holds, and the rules of records about it. */
#include "varints.h"
#include "walk.h"

uint64_t rs_shape_product(const uint64_t *shape, size_t n_shape)
{
    uint64_t product = 1;
    for (size_t i = 0; i < n_shape; i++) {
        if (shape[i] == 0) {
            return 0;
        }
        product = product > UINT64_MAX / shape[i] ? UINT64_MAX : product * shape[i];
    }
    return n_shape == 0 ? UINT64_MAX : product;
}

/* Bytes of the UTF-8 character at the head of a text that is not empty; 0 if it is none.
 * The second byte's range is what rules out overlong forms, surrogates and what lies
 * above U+10FFFF. */
static size_t utf8_size(rs_span text)
{
    const uint8_t first = *text.at;
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t size = 0;
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        size = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        size = 3;
        low = first == 0xe0 ? 0xa0 : low;
        high = first == 0xed ? 0x9f : high;
    } else if (first >= 0xf0 && first <= 0xf4) {
        size = 4;
        low = first == 0xf0 ? 0x90 : low;
        high = first == 0xf4 ? 0x8f : high;
    }
    if (size == 0 || rs_span_len(text) < size || text.at[1] < low || text.at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((text.at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

bool rs_is_utf8(rs_span text)
{
    while (text.at < text.end) {
        if (rs_span_len(text) >= 8 && (rs_load64(text.at) & RS_HIGH_BITS) == 0) {
            text.at += 8;
            continue;
        }
        const size_t size = utf8_size(text);
        if (size == 0) {
            return false;
        }
        text.at += size;
    }
    return true;
}

rs_status rs_text_facts(const rs_walk *walk, rs_span text, rs_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->dtype = RS_BYTES;
    facts->n_values = rs_span_len(text);
    return rs_is_utf8(text) ? RS_OK : rs_bad(walk, RS_E_TEXT, text.at);
}

static rs_status add_shape(const rs_walk *walk, rs_span run, rs_facts *facts)
{
    while (run.at < run.end) {
        const uint8_t *at = run.at;
        uint64_t dimension = 0;
        const rs_status status = rs_take_varint(walk, &run, &dimension);
        if (status != RS_OK) {
            return status;
        }
        if (facts->n_shape == RS_MAX_RANK) {
            rs_bad(walk, RS_E_RANK, at);
            walk->err->limit = RS_MAX_RANK;
            return RS_E_RANK;
        }
        facts->shape[facts->n_shape++] = dimension;
    }
    return RS_OK;
}

/* A run, or the one varint of an unpacked element. */
static rs_status add_varints(const rs_walk *walk, rs_span run, uint64_t *n)
{
    if (run.at < run.end && run.end[-1] >= 0x80) {
        return rs_bad(walk, RS_E_TRUNCATED, run.end - 1);
    }
    *n += rs_count_varints(run.at, rs_span_len(run));
    return RS_OK;
}

static rs_status add_tensor_item(const rs_walk *walk, const rs_item *item,
                                 rs_facts *facts)
{
    switch (item->number) {
    case RS_TENSOR_VALUES:
        if (facts->dtype == RS_INT32) {
            return add_varints(walk, item->body, &facts->n_values);
        }
        facts->n_values += rs_span_len(item->body) / rs_dtype_size(facts->dtype);
        return RS_OK;
    case RS_TENSOR_KEYS:
        if (walk->deep) {
            return add_varints(walk, item->body, &facts->n_keys);
        }
        facts->n_keys += rs_span_len(item->body) > 0;
        return RS_OK;
    case RS_TENSOR_SHAPE: return add_shape(walk, item->body, facts);
    default: return RS_OK;
    }
}

static void add_bytes_item(const rs_item *item, rs_facts *facts)
{
    if (item->number == RS_BYTES_VALUE) {
        facts->n_items++;
        facts->n_values += rs_span_len(item->body);
    } else if (item->number == RS_BYTES_CONTENT_TYPE) {
        facts->content_type = item->body;
    }
}

static rs_status broken_rule(const rs_walk *walk, rs_status status, const rs_entry *entry,
                             uint64_t found, uint64_t limit)
{
    rs_bad(walk, status, entry->whole.at);
    walk->err->found = found > INT64_MAX ? INT64_MAX : (int64_t)found;
    walk->err->limit = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    return status;
}

/* Each key below the shape and below 2^63. */
static rs_status check_keys(const rs_walk *walk, const rs_entry *entry,
                            const rs_facts *facts)
{
    uint64_t limit = rs_shape_product(facts->shape, facts->n_shape);
    int64_t n_seen = 0;
    rs_pieces pieces = rs_entry_pieces(entry);
    rs_item item;
    bool more = false;
    limit = limit > (uint64_t)INT64_MAX + 1 ? (uint64_t)INT64_MAX + 1 : limit;
    for (;;) {
        rs_status status = rs_next_piece(walk, &pieces, &item, &more);
        if (status != RS_OK || !more) {
            return status;
        }
        rs_span run = item.body;
        while (item.number == RS_TENSOR_KEYS && run.at < run.end) {
            const uint8_t *at = run.at;
            uint64_t key = 0;
            status = rs_take_varint(walk, &run, &key);
            if (status != RS_OK) {
                return status;
            }
            if (key >= limit) {
                broken_rule(walk, RS_E_KEY, entry, key, limit);
                walk->err->offset = (int64_t)(at - walk->base);
                walk->err->column = n_seen;
                return RS_E_KEY;
            }
            n_seen++;
        }
    }
}

static rs_status check_rules(const rs_walk *walk, const rs_entry *entry, rs_facts *facts)
{
    facts->sparse = facts->n_keys > 0 ? 1 : facts->n_values > 0 ? 0 : 2;
    if (facts->sparse == 0 && facts->n_shape > 0) {
        const uint64_t product = rs_shape_product(facts->shape, facts->n_shape);
        if (product != facts->n_values) {
            return broken_rule(walk, RS_E_SHAPE, entry, facts->n_values, product);
        }
    }
    if (facts->sparse == 1 && walk->deep) {
        if (facts->n_keys != facts->n_values) {
            return broken_rule(walk, RS_E_KEY_COUNT, entry, facts->n_keys,
                               facts->n_values);
        }
        return check_keys(walk, entry, facts);
    }
    return RS_OK;
}

rs_status rs_entry_facts(const rs_walk *walk, const rs_entry *entry, rs_facts *facts)
{
    rs_pieces pieces = rs_entry_pieces(entry);
    rs_item item;
    bool more = entry->member != RS_NO_DTYPE;
    memset(facts, 0, sizeof *facts);
    facts->dtype = (uint8_t)entry->member;
    while (more) {
        rs_status status = rs_next_piece(walk, &pieces, &item, &more);
        if (status == RS_OK && more) {
            if (entry->member == RS_BYTES) {
                add_bytes_item(&item, facts);
            } else {
                status = add_tensor_item(walk, &item, facts);
            }
        }
        if (status != RS_OK) {
            return status;
        }
    }
    if (entry->member == RS_NO_DTYPE || entry->member == RS_BYTES) {
        return RS_OK;
    }
    return check_rules(walk, entry, facts);
}
