/* Runs of records of equal frames. */
#include "even.h"

#include "place.h"

enum { BLOCK = 64 }; /* values are copied in blocks where there is room */

static size_t get_size(const rs_column *column)
{
    return column->dtype == RS_FLOAT64 ? 8 : 4;
}

bool rs_make_even(const rs_pattern *patterns, const rs_column *columns, size_t n_columns,
                  rs_even *even)
{
    size_t at = RS_HEADER_SIZE;
    if (n_columns == 0 || n_columns > RS_MAX_PATTERNS) {
        return false;
    }
    for (size_t c = 0; c < n_columns; c++) {
        const rs_pattern *pattern = &patterns[c];
        if (!rs_is_fixed(pattern, &columns[c])) {
            return false;
        }
        even->heads[c] = at;
        even->values[c] = at + pattern->fixed.n;
        at += pattern->fixed.n + pattern->n_fixed_values + pattern->n_tail;
    }
    const size_t payload_len = at - RS_HEADER_SIZE;
    even->patterns = patterns;
    even->n_columns = n_columns;
    even->frame_len = RS_HEADER_SIZE + rs_padded(payload_len);
    even->header = RS_MAGIC | (uint64_t)payload_len << 32;
    return payload_len <= RS_MAX_PAYLOAD;
}

/* Is this such a frame? RS_PATTERN_SLACK bytes may be read behind it. */
static inline bool is_even(const rs_even *even, const uint8_t *at)
{
    uint64_t differ = rs_load64(at) ^ even->header;
    for (size_t c = 0; c < even->n_columns; c++) {
        const rs_pattern *pattern = &even->patterns[c];
        const uint8_t *head = at + even->heads[c];
        const uint8_t *tail = at + even->values[c] + pattern->n_fixed_values;
        differ |= rs_differ(&pattern->fixed, head, 0) |
                  rs_differ(&pattern->fixed, head, 1) |
                  rs_differ(&pattern->fixed, head, 2);
        if (pattern->n_tail != 0) {
            differ |= (rs_load64(tail) ^ pattern->tail) & pattern->tail_mask;
        }
    }
    return differ == 0;
}

/* As many frames, with the slack behind them, as there are bytes for. */
static uint64_t get_most(const rs_even *even, const uint8_t *in, const uint8_t *end,
                         uint64_t max_records)
{
    const size_t n_bytes = (size_t)(end - in);
    const uint64_t n =
        n_bytes < RS_PATTERN_SLACK ? 0 : (n_bytes - RS_PATTERN_SLACK) / even->frame_len;
    return n < max_records ? n : max_records;
}

uint64_t rs_scan_even(const rs_even *even, const uint8_t *in, const uint8_t *end,
                      uint64_t max_records)
{
    const uint64_t most = get_most(even, in, end, max_records);
    uint64_t n = 0;
    while (n < most && is_even(even, in)) {
        in += even->frame_len;
        n++;
    }
    return n;
}

/* Where a column's values go, and which. */
typedef struct stream {
    uint8_t *to;       /* of the next row */
    uint8_t *room_end; /* nothing is written from here on */
    size_t from;       /* in the frame */
    size_t n_bytes;
    size_t size; /* of an element */
} stream;

static inline void put_values(stream *to, const uint8_t *frame)
{
    const uint8_t *values = frame + to->from;
    const size_t n = to->n_bytes;
    if (RS_LITTLE_ENDIAN && n == 4) { /* most labels */
        memcpy(to->to, values, 4);
    } else if (RS_LITTLE_ENDIAN && n != 0 && n <= 1024 &&
               (size_t)(to->room_end - to->to) >= n + BLOCK) {
        for (size_t i = 0; i < n; i += BLOCK) {
            memcpy(to->to + i, values + i, BLOCK);
        }
    } else {
        rs_copy_elements(to->to, values, n, to->size);
    }
    to->to += n;
}

/* False if these are no targets for such records. */
static bool make_streams(const rs_even *even, const rs_column *columns,
                         const rs_target *targets, uint64_t row, stream *streams)
{
    for (size_t c = 0; c < even->n_columns; c++) {
        const rs_target *target = &targets[c];
        const size_t size = get_size(&columns[c]);
        const size_t n_bytes = even->patterns[c].n_fixed_values;
        if (target->kind != RS_DENSE || target->width * size != n_bytes) {
            return false;
        }
        uint8_t *values = n_bytes != 0 ? target->values : NULL;
        streams[c] = (stream){values, values, even->values[c], n_bytes, size};
        if (n_bytes != 0) {
            streams[c].to += row * n_bytes;
            streams[c].room_end += target->n_values * size;
        }
    }
    return true;
}

uint64_t rs_fill_even(const rs_even *even, const uint8_t *in, const uint8_t *end,
                      uint64_t max_records, const rs_column *columns,
                      const rs_target *targets, uint64_t row)
{
    const uint64_t most = get_most(even, in, end, max_records);
    stream streams[RS_MAX_PATTERNS];
    uint64_t n = 0;
    if (!make_streams(even, columns, targets, row, streams)) {
        return 0;
    }
    for (; n < most && is_even(even, in); n++) {
        for (size_t c = 0; c < even->n_columns; c++) {
            put_values(&streams[c], in);
        }
        in += even->frame_len;
    }
    for (size_t c = 0; c < even->n_columns; c++) {
        if (targets[c].present != NULL) {
            memset(targets[c].present + row, 1, (size_t)n);
        }
    }
    return n;
}
