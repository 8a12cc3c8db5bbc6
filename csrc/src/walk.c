/* The general reader of protobuf: any valid form, nothing allocated, nothing trusted. */
#include "walk.h"

enum { RS_WIRE_GROUP = 3, RS_WIRE_END_GROUP = 4 };
enum { RS_MAX_LENGTH = 0x7fffffff };

rs_status rs_bad(const rs_walk *walk, rs_status status, const uint8_t *at)
{
    rs_fail(walk->err, status);
    walk->err->offset = (int64_t)(at - walk->base);
    return status;
}

rs_status rs_take_varint(const rs_walk *walk, rs_span *in, uint64_t *v)
{
    const uint8_t *at = in->at;
    uint64_t sum = 0;
    for (unsigned i = 0; i < 10; i++) {
        if (at == in->end) {
            return rs_bad(walk, RS_E_TRUNCATED, in->at);
        }
        const uint8_t byte = *at++;
        sum |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            in->at = at;
            *v = sum;
            return RS_OK;
        }
    }
    return rs_bad(walk, RS_E_VARINT, in->at);
}

/* Tags and lengths: protobuf's readers take five bytes of them, not ten. */
static rs_status take_short_varint(const rs_walk *walk, rs_span *in, uint64_t *v)
{
    const uint8_t *begin = in->at;
    const rs_status status = rs_take_varint(walk, in, v);
    if (status == RS_OK && in->at - begin > 5) {
        return rs_bad(walk, RS_E_VARINT, begin);
    }
    return status;
}

static rs_status take_tag(const rs_walk *walk, rs_span *in, rs_item *item)
{
    uint64_t tag = 0;
    item->at = in->at;
    const rs_status status = take_short_varint(walk, in, &tag);
    if (status != RS_OK) {
        return status;
    }
    if (tag < 8 || tag > UINT32_MAX) {
        rs_bad(walk, RS_E_FIELD_NUMBER, item->at);
        walk->err->found = (int64_t)(tag >> 3);
        walk->err->limit = (1 << 29) - 1;
        return RS_E_FIELD_NUMBER;
    }
    item->number = (uint32_t)(tag >> 3);
    item->wire = (uint32_t)(tag & 7);
    return RS_OK;
}

/* The body of anything but a group. */
static rs_status take_body(const rs_walk *walk, rs_span *in, rs_item *item)
{
    uint64_t v = 0;
    rs_status status = RS_OK;
    item->body.at = in->at;
    switch (item->wire) {
    case RS_WIRE_VARINT:
        status = rs_take_varint(walk, in, &v);
        item->body.end = in->at;
        return status;
    case RS_WIRE_64: v = 8; break;
    case RS_WIRE_32: v = 4; break;
    case RS_WIRE_LEN:
        status = take_short_varint(walk, in, &v);
        if (status != RS_OK) {
            return status;
        }
        if (v > RS_MAX_LENGTH) {
            rs_bad(walk, RS_E_VARINT, item->body.at);
            walk->err->found = (int64_t)v;
            walk->err->limit = RS_MAX_LENGTH;
            return RS_E_VARINT;
        }
        break;
    case RS_WIRE_END_GROUP: return rs_bad(walk, RS_E_GROUP, item->at);
    default:
        rs_bad(walk, RS_E_WIRE_TYPE, item->at);
        walk->err->found = item->wire;
        return RS_E_WIRE_TYPE;
    }
    if (v > rs_span_len(*in)) {
        rs_bad(walk, RS_E_TRUNCATED, item->at);
        walk->err->found = (int64_t)v;
        walk->err->limit = (int64_t)rs_span_len(*in);
        return RS_E_TRUNCATED;
    }
    item->body.at = in->at;
    in->at += v;
    item->body.end = in->at;
    return RS_OK;
}

/* After the tag that begins a group: to the end tag that belongs to it. */
static rs_status skip_group(const rs_walk *walk, rs_span *in, unsigned level,
                            rs_item *group)
{
    uint32_t open[RS_MAX_DEPTH];
    unsigned n_open = 0;
    rs_item item = *group;
    group->body.at = in->at;
    for (;;) {
        if (item.wire == RS_WIRE_GROUP) {
            if (level + n_open >= RS_MAX_DEPTH) {
                return rs_bad(walk, RS_E_GROUP, item.at);
            }
            open[n_open++] = item.number;
        } else if (item.wire == RS_WIRE_END_GROUP) {
            if (item.number != open[n_open - 1]) {
                return rs_bad(walk, RS_E_GROUP, item.at);
            }
            if (--n_open == 0) {
                group->body.end = item.at;
                return RS_OK;
            }
        } else {
            const rs_status status = take_body(walk, in, &item);
            if (status != RS_OK) {
                return status;
            }
        }
        const rs_status status = take_tag(walk, in, &item);
        if (status != RS_OK) {
            return status;
        }
    }
}

rs_status rs_take_item(const rs_walk *walk, rs_span *in, unsigned level, rs_item *item)
{
    const rs_status status = take_tag(walk, in, item);
    if (status != RS_OK) {
        return status;
    }
    if (item->wire == RS_WIRE_GROUP) {
        return skip_group(walk, in, level, item);
    }
    return take_body(walk, in, item);
}

rs_status rs_expect_wire(const rs_walk *walk, const rs_item *item, uint32_t expected)
{
    if (item->wire == expected) {
        return RS_OK;
    }
    rs_bad(walk, RS_E_WIRE_TYPE, item->at);
    walk->err->found = item->wire;
    walk->err->limit = expected;
    return RS_E_WIRE_TYPE;
}

static rs_status check_text(const rs_walk *walk, const rs_item *item)
{
    const rs_status status = rs_expect_wire(walk, item, RS_WIRE_LEN);
    if (status == RS_OK && !rs_is_utf8(item->body)) {
        return rs_bad(walk, RS_E_TEXT, item->body.at);
    }
    return status;
}

/* A field of packable varints, in either form. */
static rs_status check_varints(const rs_walk *walk, const rs_item *item)
{
    if (item->wire == RS_WIRE_VARINT) {
        return RS_OK;
    }
    rs_status status = rs_expect_wire(walk, item, RS_WIRE_LEN);
    rs_span run = item->body;
    while (status == RS_OK && walk->deep && run.at < run.end) {
        uint64_t v = 0;
        status = rs_take_varint(walk, &run, &v);
    }
    return status;
}

/* A field of packable floats, in either form. */
static rs_status check_floats(const rs_walk *walk, const rs_item *item, size_t size)
{
    if (item->wire == (size == 8 ? RS_WIRE_64 : RS_WIRE_32)) {
        return RS_OK;
    }
    const rs_status status = rs_expect_wire(walk, item, RS_WIRE_LEN);
    if (status == RS_OK && rs_span_len(item->body) % size != 0) {
        rs_bad(walk, RS_E_PACKED, item->body.at);
        walk->err->found = (int64_t)rs_span_len(item->body);
        walk->err->limit = (int64_t)size;
        return RS_E_PACKED;
    }
    return status;
}

static rs_status check_member_item(const rs_walk *walk, unsigned dtype,
                                   const rs_item *item)
{
    if (dtype == RS_BYTES) {
        if (item->number == RS_BYTES_VALUE) {
            return rs_expect_wire(walk, item, RS_WIRE_LEN);
        }
        return item->number == RS_BYTES_CONTENT_TYPE ? check_text(walk, item) : RS_OK;
    }
    if (item->number == RS_TENSOR_VALUES && dtype != RS_INT32) {
        return check_floats(walk, item, rs_dtype_size(dtype));
    }
    return item->number <= RS_TENSOR_SHAPE ? check_varints(walk, item) : RS_OK;
}

static rs_status open_value(const rs_walk *walk, rs_span value, rs_entry *entry,
                            uint32_t *n_seen)
{
    while (value.at < value.end) {
        rs_item member;
        rs_status status = rs_take_item(walk, &value, RS_IN_VALUE, &member);
        if (status != RS_OK) {
            return status;
        }
        if (member.number != RS_FLOAT32 && member.number != RS_FLOAT64 &&
            member.number != RS_INT32 && member.number != RS_BYTES) {
            continue;
        }
        status = rs_expect_wire(walk, &member, RS_WIRE_LEN);
        while (status == RS_OK && member.body.at < member.body.end) {
            rs_item item;
            status = rs_take_item(walk, &member.body, RS_IN_MEMBER, &item);
            if (status == RS_OK) {
                status = check_member_item(walk, member.number, &item);
            }
        }
        if (status != RS_OK) {
            return status;
        }
        if (entry->member != member.number) {
            entry->member = member.number;
            entry->n_skip = *n_seen;
        }
        ++*n_seen;
    }
    return RS_OK;
}

rs_status rs_open_entry(const rs_walk *walk, rs_span whole, rs_entry *entry)
{
    uint32_t n_seen = 0;
    rs_span rest = whole;
    entry->whole = whole;
    entry->name.at = entry->name.end = whole.at; /* a missing key is the empty one */
    entry->member = RS_NO_DTYPE;
    entry->n_skip = 0;
    while (rest.at < rest.end) {
        rs_item item;
        rs_status status = rs_take_item(walk, &rest, RS_IN_ENTRY, &item);
        if (status != RS_OK) {
            return status;
        }
        if (item.number == RS_ENTRY_KEY) {
            status = check_text(walk, &item);
            entry->name = item.body;
        } else if (item.number == RS_ENTRY_VALUE) {
            status = rs_expect_wire(walk, &item, RS_WIRE_LEN);
            if (status == RS_OK) {
                status = open_value(walk, item.body, entry, &n_seen);
            }
        }
        if (status != RS_OK) {
            return status;
        }
    }
    return RS_OK;
}

rs_pieces rs_entry_pieces(const rs_entry *entry)
{
    rs_pieces pieces;
    pieces.entry = entry->whole;
    pieces.value.at = pieces.value.end = entry->whole.end;
    pieces.member = pieces.value;
    pieces.n_skip = entry->n_skip;
    return pieces;
}

rs_status rs_next_piece(const rs_walk *walk, rs_pieces *pieces, rs_item *item, bool *more)
{
    rs_status status = RS_OK;
    *more = false;
    while (status == RS_OK) {
        if (pieces->member.at < pieces->member.end) {
            *more = true;
            return rs_take_item(walk, &pieces->member, RS_IN_MEMBER, item);
        }
        if (pieces->value.at < pieces->value.end) {
            status = rs_take_item(walk, &pieces->value, RS_IN_VALUE, item);
            if (status != RS_OK ||
                (item->number != RS_FLOAT32 && item->number != RS_FLOAT64 &&
                 item->number != RS_INT32 && item->number != RS_BYTES)) {
                continue;
            }
            if (pieces->n_skip > 0) {
                pieces->n_skip--;
            } else {
                pieces->member = item->body;
            }
        } else if (pieces->entry.at < pieces->entry.end) {
            status = rs_take_item(walk, &pieces->entry, RS_IN_ENTRY, item);
            if (status == RS_OK && item->number == RS_ENTRY_VALUE) {
                pieces->value = item->body;
            }
        } else {
            return RS_OK;
        }
    }
    return status;
}
