/* Records of one CSR field among fields of fixed size. */
#include "csr.h"

#include "put.h"

enum {
    /* Values and keys are copied in blocks of this size, so that few rows differ in the
     * number of blocks: that is hard to foresee for a processor. */
    BLOCK = 128,
    SLACK = 2 * BLOCK /* bytes behind a row that may be written */
};

/* What stands before and after the CSR field. */
static void make_pieces(rs_csr *csr)
{
    const rs_record *record = csr->record;
    rs_piece *next = csr->pieces;
    memset(csr->pieces, 0, (record->n_fields + 1) * sizeof *next);
    csr->n_before = 0;
    for (size_t i = 0; i < record->n_fields; i++) {
        const rs_layout *layout = &record->ready[i];
        if (layout == csr->layout) {
            next += next->n_constant != 0;
            csr->n_before = (size_t)(next - csr->pieces);
        } else {
            rs_add_field(next, layout);
            next++;
        }
        rs_add_constant(next, layout->shape, layout->shape_size);
    }
    next += next->n_constant != 0;
    csr->n_pieces = (size_t)(next - csr->pieces);
}

bool rs_make_csr(const rs_record *record, rs_csr *csr)
{
    if (record->n_varying != 1 || record->varying[0] >= RS_READY_FIELDS) {
        return false;
    }
    const rs_layout *layout = &record->ready[record->varying[0]];
    const rs_field *field = layout->field;
    csr->record = record;
    csr->layout = layout;
    csr->field = field;
    csr->quick_limit =
        layout->key_limit < RS_QUICK_LIMIT ? layout->key_limit : RS_QUICK_LIMIT;
    csr->ascending = (field->flags & RS_CHECK_ORDER) != 0;
    if (field->kind != RS_CSR || layout->item_size == 0 || field->present != NULL ||
        layout->name_size >= RS_NAME_ROOM || record->fixed_size >= RS_MAX_PAYLOAD / 4) {
        return false;
    }
    make_pieces(csr);
    return true;
}

/* Rows of at least one value and at most RS_GROUP_KEYS in all. The offsets are read once:
 * whatever becomes of them later, the group stays within the arrays. */
static size_t form_group(const rs_csr *csr, int64_t row, int64_t end, rs_group *group)
{
    const rs_field *field = csr->field;
    const size_t n_most =
        end - row < RS_GROUP_ROWS ? (size_t)(end - row) : (size_t)RS_GROUP_ROWS;
    const int64_t first = rs_load_signed(field->offsets, field->offset_size, (size_t)row);
    uint32_t *starts = group->rows.starts;
    int64_t before = first;
    size_t n = 0;
    starts[0] = 0;
    while (first >= 0 && n < n_most) {
        const int64_t next =
            rs_load_signed(field->offsets, field->offset_size, (size_t)row + n + 1);
        if (next <= before || next > field->n_values || next - first > RS_GROUP_KEYS) {
            break;
        }
        before = next;
        starts[++n] = (uint32_t)(next - first);
    }
    group->first = (size_t)first;
    group->rows.n_rows = n;
    group->rows.run.n = starts[n];
    group->rows.run.size = field->key_size;
    if (n != 0) {
        group->rows.run.first =
            (const uint8_t *)field->keys + (size_t)first * field->key_size;
    }
    return n;
}

static bool take_keys(const rs_csr *csr, rs_group *group, uint64_t limit, bool ascending,
                      bool puts)
{
    return csr->record->use_avx2 ? rs_take_rows_avx2(&group->rows, limit, ascending, puts)
                                 : rs_take_rows(&group->rows, limit, ascending, puts);
}

/* The rows' lengths with their tags, as they are written; and the bytes of the payloads. */
typedef struct tags {
    uint32_t entry[RS_GROUP_ROWS], value[RS_GROUP_ROWS], tensor[RS_GROUP_ROWS];
    uint32_t values[RS_GROUP_ROWS], keys[RS_GROUP_ROWS];
    uint32_t payload[RS_GROUP_ROWS];
} tags;

/* In a group no length takes more than two bytes: at most 1024 values of eight bytes, as
 * many keys of four, a shape, a name. */
static inline uint32_t make_tag(uint32_t tag, uint32_t n)
{
    const uint32_t is_long = (uint32_t)((int32_t)n > 0x7f);
    return tag | (n & 0x7f) << 8 | is_long << 15 | n >> 7 << 16;
}

/* Tag, length and content. */
static inline uint32_t get_size(uint32_t n)
{
    return 2 + (uint32_t)((int32_t)n > 0x7f) + n;
}

static void make_tags(const rs_csr *csr, const rs_rows *rows, tags *all)
{
    const uint32_t item_size = csr->layout->item_size;
    const uint32_t shape_size = (uint32_t)csr->layout->shape_size;
    const uint32_t name_size = (uint32_t)csr->layout->name_size;
    const uint32_t fixed_size = (uint32_t)csr->record->fixed_size;
    const uint32_t role = RS_TAG(csr->field->role, RS_WIRE_LEN);
    const uint32_t dtype = RS_TAG(csr->field->dtype, RS_WIRE_LEN);
    for (size_t i = 0; i < rows->n_rows; i++) {
        const uint32_t values = (rows->starts[i + 1] - rows->starts[i]) * item_size;
        const uint32_t keys = rows->places[i + 1] - rows->places[i];
        const uint32_t tensor = get_size(values) + get_size(keys) + shape_size;
        const uint32_t value = get_size(tensor);
        const uint32_t entry = name_size + get_size(value);
        all->values[i] = make_tag(RS_TAG(1, RS_WIRE_LEN), values);
        all->keys[i] = make_tag(RS_TAG(2, RS_WIRE_LEN), keys);
        all->tensor[i] = make_tag(dtype, tensor);
        all->value[i] = make_tag(RS_TAG(2, RS_WIRE_LEN), value);
        all->entry[i] = make_tag(role, entry);
        all->payload[i] = fixed_size + get_size(entry);
    }
}

size_t rs_size_csr_rows(const rs_csr *csr, int64_t row, int64_t end, rs_group *group,
                        uint32_t *sizes)
{
    tags all;
    const size_t n = form_group(csr, row, end, group);
    if (n == 0 || !take_keys(csr, group, csr->quick_limit, csr->ascending, false)) {
        return 0;
    }
    make_tags(csr, &group->rows, &all);
    for (size_t i = 0; i < n; i++) {
        sizes[i] = (uint32_t)RS_HEADER_SIZE + ((all.payload[i] + 3) & ~3U);
    }
    return n;
}

static inline uint8_t *put_tag(uint8_t *p, uint32_t tag)
{
    rs_store32(p, tag);
    return p + 2 + (tag >> 15 & 1);
}

static inline uint8_t *put_blocks(uint8_t *p, const uint8_t *bytes, size_t n)
{
    size_t i = 0;
    do {
        memcpy(p + i, bytes + i, BLOCK);
        i += BLOCK;
    } while (i < n);
    return p + n;
}

static inline uint8_t *put_pieces(uint8_t *p, const rs_csr *csr, size_t first, size_t end,
                                  int64_t row)
{
    for (size_t i = first; i < end; i++) {
        const rs_piece *piece = &csr->pieces[i];
        p = rs_put_constant(p, piece->constant, piece->n_constant, true);
        if (piece->n_values == 4) {
            memcpy(p, piece->values + row * piece->stride, 4);
        } else if (piece->n_values != 0) {
            memcpy(p, piece->values + row * piece->stride, piece->n_values);
        }
        p += piece->n_values;
    }
    return p;
}

/* Row i of the group. `loose`: BLOCK bytes may be read behind its values. */
static inline uint8_t *put_row(uint8_t *frame, const rs_csr *csr, const rs_group *group,
                               const tags *all, size_t i, int64_t row, bool loose)
{
    const rs_layout *layout = csr->layout;
    const rs_rows *rows = &group->rows;
    const size_t first = group->first + rows->starts[i];
    const size_t n = rows->starts[i + 1] - rows->starts[i];
    const uint8_t *values =
        (const uint8_t *)csr->field->values + first * layout->item_size;
    uint8_t *p = frame;
    rs_store32(p, RS_MAGIC);
    rs_store32(p + 4, all->payload[i]);
    p = put_pieces(p + RS_HEADER_SIZE, csr, 0, csr->n_before, row);
    p = put_tag(p, all->entry[i]);
    p = rs_put_constant(p, layout->name, layout->name_size, true);
    p = put_tag(p, all->value[i]);
    p = put_tag(p, all->tensor[i]);
    p = put_tag(p, all->values[i]);
    p = loose ? put_blocks(p, values, n * layout->item_size)
              : rs_put_floats(p, values, n, layout->item_size);
    p = put_tag(p, all->keys[i]);
    p = put_blocks(p, rows->bytes + rows->places[i],
                   rows->places[i + 1] - rows->places[i]);
    p = put_pieces(p, csr, csr->n_before, csr->n_pieces, row);
    rs_store32(p, 0); /* the padding, and a little more */
    return frame + RS_HEADER_SIZE + rs_padded(all->payload[i]);
}

/* Room for the row and its slack, in the stage at least? */
static inline bool make_room(rs_sink *sink, size_t most)
{
    if (sink->is_staged && most > (size_t)(sink->end - sink->p)) {
        rs_flush_sink(sink, false);
    }
    return most <= (size_t)(sink->end - sink->p) &&
           most <= sink->room - rs_sink_pending(sink);
}

static inline int64_t put_group(const rs_csr *csr, int64_t row, const rs_group *group,
                                bool loose, rs_sink *sink)
{
    tags all;
    make_tags(csr, &group->rows, &all);
    for (size_t i = 0; i < group->rows.n_rows; i++) {
        if (!make_room(sink, RS_HEADER_SIZE + all.payload[i] + SLACK)) {
            return (int64_t)i;
        }
        sink->p = put_row(sink->p, csr, group, &all, i, row + (int64_t)i, loose);
        if (sink->is_staged) {
            rs_flush_lines(sink, 0);
        } else {
            rs_settle_sink(sink);
        }
    }
    return (int64_t)group->rows.n_rows;
}

int64_t rs_put_csr_rows(const rs_csr *csr, int64_t row, int64_t end, rs_group *group,
                        bool check, rs_sink *sink)
{
    const size_t n = form_group(csr, row, end, group);
    const uint64_t limit = check ? csr->quick_limit : RS_QUICK_LIMIT;
    if (n == 0 || !take_keys(csr, group, limit, check && csr->ascending, true)) {
        return 0;
    }
    const size_t n_behind =
        (size_t)csr->field->n_values - group->first - group->rows.starts[n];
    return RS_LITTLE_ENDIAN && n_behind * csr->layout->item_size >= BLOCK
               ? put_group(csr, row, group, true, sink)
               : put_group(csr, row, group, false, sink);
}
