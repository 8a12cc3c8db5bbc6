/* Records of one CSR field among fields of fixed size. */
#include "csr.h"

#include "put.h"

/* Rows of more values go the general way, and no sum below can overflow. */
#define MOST_VALUES ((size_t)1 << 24)

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
    csr->least = (size_t)record->fixed_size + layout->name_size + layout->shape_size;
    return field->kind == RS_CSR && layout->item_size != 0 && field->present == NULL &&
           layout->name_size < RS_NAME_ROOM && record->fixed_size < RS_MAX_PAYLOAD / 4;
}

/* First value and number of values of a row; false if they are not as usual. */
static inline bool get_range(const rs_csr *csr, int64_t row, size_t *first, size_t *n)
{
    const rs_field *field = csr->field;
    const int64_t begin = rs_load_signed(field->offsets, field->offset_size, (size_t)row);
    const int64_t end =
        rs_load_signed(field->offsets, field->offset_size, (size_t)row + 1);
    *first = (size_t)begin;
    *n = (size_t)end - (size_t)begin;
    return begin >= 0 && end <= field->n_values && *n - 1 < MOST_VALUES;
}

static inline rs_run get_keys(const rs_csr *csr, size_t first, size_t n)
{
    const rs_run run = {(const uint8_t *)csr->field->keys + first * csr->field->key_size,
                        (uint32_t)n, csr->field->key_size};
    return run;
}

/* The nested lengths of the field. */
typedef struct lengths {
    size_t values, keys, tensor, value, entry;
    size_t head; /* bytes before the values */
} lengths;

static inline lengths get_lengths(const rs_csr *csr, size_t values, size_t keys)
{
    lengths all;
    all.values = values;
    all.keys = keys;
    all.tensor =
        rs_delimited_size(values) + rs_delimited_size(keys) + csr->layout->shape_size;
    all.value = rs_delimited_size(all.tensor);
    all.entry = csr->layout->name_size + rs_delimited_size(all.value);
    all.head = csr->layout->name_size + 4 + rs_short_size(values) +
               rs_short_size(all.tensor) + rs_short_size(all.value) +
               rs_short_size(all.entry);
    return all;
}

size_t rs_size_csr_row(const rs_csr *csr, int64_t row)
{
    size_t first, n;
    if (!get_range(csr, row, &first, &n)) {
        return SIZE_MAX;
    }
    const rs_run run = get_keys(csr, first, n);
    const size_t keys = csr->record->use_avx2
                            ? rs_size_run_avx2(run, csr->quick_limit, csr->ascending)
                            : rs_size_run(run, csr->quick_limit, csr->ascending);
    if (keys == SIZE_MAX) {
        return SIZE_MAX;
    }
    const lengths all = get_lengths(csr, n * csr->layout->item_size, keys);
    return (size_t)csr->record->fixed_size + rs_delimited_size(all.entry);
}

static inline void put_head(uint8_t *p, const rs_csr *csr, const lengths *all)
{
    const rs_field *field = csr->field;
    p = rs_put_loose_tag(p, RS_TAG(field->role, RS_WIRE_LEN), all->entry, true);
    /* the keys stand already: only values are overwritten after this */
    const bool loose = all->values >= RS_COPY_SIZE;
    p = rs_put_constant(p, csr->layout->name, csr->layout->name_size, loose);
    p = rs_put_loose_tag(p, RS_TAG(2, RS_WIRE_LEN), all->value, true);
    p = rs_put_loose_tag(p, RS_TAG(field->dtype, RS_WIRE_LEN), all->tensor, true);
    rs_put_loose_tag(p, RS_TAG(1, RS_WIRE_LEN), all->values, true);
}

/* The keys are written first, for their size decides the lengths before them. Where they
 * begin depends on it too, but only through the sizes of the lengths: a guess is nearly
 * always right, and the second one certain. */
static inline uint8_t *put_csr(uint8_t *p, const uint8_t *room_end, const rs_csr *csr,
                               size_t first, size_t n)
{
    const uint32_t item_size = csr->layout->item_size;
    const rs_run run = get_keys(csr, first, n);
    lengths all = get_lengths(csr, n * item_size, n * 5 / 2);
    for (int attempt = 0; attempt < 2; attempt++) {
        const size_t key_head = 1 + rs_short_size(all.keys);
        uint8_t *values = p + all.head;
        uint8_t *keys = values + all.values + key_head;
        size_t n_done;
        uint8_t *end = csr->record->use_avx2
                           ? rs_put_run_avx2(keys, room_end, run, &n_done)
                           : rs_put_run(keys, room_end, run, &n_done);
        if (end == NULL || n_done != n) {
            return NULL;
        }
        const size_t guessed_head = all.head;
        all = get_lengths(csr, all.values, (size_t)(end - keys));
        if (all.head == guessed_head && key_head == 1 + rs_short_size(all.keys)) {
            put_head(p, csr, &all);
            rs_put_floats(values, (const uint8_t *)csr->field->values + first * item_size,
                          n, item_size);
            rs_put_tag(values + all.values, RS_TAG(2, RS_WIRE_LEN), all.keys);
            return rs_put_constant(end, csr->layout->shape, csr->layout->shape_size,
                                   true);
        }
    }
    return NULL;
}

uint8_t *rs_put_csr_row(const rs_csr *csr, int64_t row, uint8_t *frame,
                        const uint8_t *room_end)
{
    const rs_record *record = csr->record;
    size_t first, n;
    if (!get_range(csr, row, &first, &n)) {
        return NULL;
    }
    /* at most four bytes a key, six a tag with its length; 32 spare bytes for the keys */
    const size_t most = RS_HEADER_SIZE + csr->least + n * (csr->layout->item_size + 4) +
                        6 * 6 + 3 + 32 + RS_SLACK;
    if (most > (size_t)(room_end - frame)) {
        return NULL;
    }
    uint8_t *p = frame + RS_HEADER_SIZE;
    for (size_t i = 0; i < record->n_fields; i++) {
        const rs_layout *layout = &record->ready[i];
        p = layout == csr->layout ? put_csr(p, room_end, csr, first, n)
                                  : rs_put_fixed_field(p, layout, row, true);
        if (p == NULL) {
            return NULL;
        }
    }
    const size_t payload = (size_t)(p - frame) - RS_HEADER_SIZE;
    return payload <= RS_MAX_PAYLOAD ? rs_put_frame(frame, payload) : NULL;
}
