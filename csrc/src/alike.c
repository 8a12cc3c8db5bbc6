/* Runs of records that look alike. */
#include "alike.h"

#include "place.h"
#include "scan.h"

bool rs_make_alike(const rs_pattern *patterns, const rs_column *columns, size_t n_columns,
                   rs_alike *alike)
{
    size_t n_sparse = 0;
    if (n_columns > RS_MAX_PATTERNS) {
        return false;
    }
    for (size_t c = 0; c < n_columns; c++) {
        if (patterns[c].head.n == 0) {
            return false;
        }
        if (patterns[c].sparse == 1 && columns[c].sparse == 1 &&
            columns[c].dtype != RS_INT32) {
            n_sparse++;
            alike->csr = c;
            alike->log2_size = columns[c].dtype == RS_FLOAT64 ? 3 : 2;
        } else if (!rs_is_fixed(&patterns[c], &columns[c])) {
            return false;
        }
    }
    alike->patterns = patterns;
    alike->n_columns = n_columns;
    return n_sparse == 1;
}

/* The frame at `at`, which the patterns' slack follows. */
static inline bool take_frame(const uint8_t *at, const uint8_t *end, rs_span *record)
{
    const size_t least = RS_HEADER_SIZE + RS_PATTERN_SLACK;
    size_t payload_len = 0;
    if ((size_t)(end - at) < least ||
        !rs_whole_frame(at, (size_t)(end - at) - RS_PATTERN_SLACK, &payload_len)) {
        return false;
    }
    record->at = at + RS_HEADER_SIZE;
    record->end = record->at + payload_len;
    return true;
}

/* Finds the CSR field, and the values of the others. */
static inline bool take_record(const rs_alike *alike, rs_span record, rs_straight *csr,
                               const uint8_t **values)
{
    for (size_t c = 0; c < alike->n_columns; c++) {
        rs_straight fixed;
        if (record.end - record.at < 1) {
            return false;
        }
        if (c == alike->csr) {
            if (!rs_take_pattern(&alike->patterns[c], &record, csr)) {
                return false;
            }
        } else {
            if (!rs_take_fixed(&alike->patterns[c], &record, &fixed)) {
                return false;
            }
            values[c] = fixed.values.at;
        }
    }
    const size_t size = (size_t)1 << alike->log2_size;
    return record.at == record.end && (rs_span_len(csr->values) & (size - 1)) == 0;
}

void rs_scan_alike(const rs_alike *alike, const uint8_t *in, const uint8_t *end,
                   uint64_t max_records, uint64_t first_width, rs_additions *found)
{
    rs_additions sum = {0, 0, 0, UINT64_MAX, 0, UINT64_MAX};
    const uint8_t *at = in;
    while (sum.n_records < max_records) {
        const uint8_t *values[RS_MAX_PATTERNS];
        rs_span record;
        rs_straight csr;
        if (!take_frame(at, end, &record) || !take_record(alike, record, &csr, values)) {
            break;
        }
        const uint64_t n = rs_span_len(csr.values) >> alike->log2_size;
        if (n != first_width && sum.first_other_width == UINT64_MAX) {
            sum.first_other_width = sum.n_records;
        }
        sum.min_width = n < sum.min_width ? n : sum.min_width;
        sum.max_width = n > sum.max_width ? n : sum.max_width;
        sum.n_values += n;
        sum.n_records++;
        at = record.at + rs_padded(rs_span_len(record));
    }
    sum.n_bytes = (size_t)(at - in);
    *found = sum;
}

static inline void copy_blocks(uint8_t *to, const uint8_t *from, size_t n)
{
    size_t i = 0;
    do {
        memcpy(to + i, from + i, RS_PACKED_BLOCK);
        i += RS_PACKED_BLOCK;
    } while (i < n);
}

/* Values into an array; RS_PATTERN_SLACK bytes may be read behind them. */
static inline void put_values(uint8_t *to, size_t room, const uint8_t *from, size_t n,
                              size_t size)
{
#if RS_LITTLE_ENDIAN
    if (n == 4) {
        memcpy(to, from, 4);
        return;
    }
    if (room - n >= RS_PACKED_BLOCK) {
        copy_blocks(to, from, n);
        return;
    }
#endif
    (void)room;
    rs_copy_elements(to, from, n, size);
}

/* The other columns' values of a row, or how wide the targets have to be for them. */
static void put_fixed(const rs_alike *alike, const rs_column *columns,
                      const rs_target *targets, uint64_t row,
                      const uint8_t *const *values)
{
    for (size_t c = 0; c < alike->n_columns; c++) {
        if (c == alike->csr) {
            continue;
        }
        const rs_target *target = &targets[c];
        const size_t n = alike->patterns[c].n_fixed_values;
        const size_t size = columns[c].dtype == RS_FLOAT64 ? 8 : 4;
        put_values((uint8_t *)target->values + row * n,
                   (size_t)target->n_values * size - (size_t)row * n, values[c], n, size);
        if (target->present != NULL) {
            target->present[row] = 1;
        }
    }
}

/* Are these the targets for such records? */
static bool fits_targets(const rs_alike *alike, const rs_column *columns,
                         const rs_target *targets)
{
    for (size_t c = 0; c < alike->n_columns; c++) {
        const size_t size = columns[c].dtype == RS_FLOAT64 ? 8 : 4;
        if (c == alike->csr
                ? targets[c].kind != RS_CSR
                : targets[c].kind != RS_DENSE ||
                      targets[c].width * size != alike->patterns[c].n_fixed_values) {
            return false;
        }
    }
    return true;
}

size_t rs_fill_alike(const rs_alike *alike, const uint8_t *in, const uint8_t *end,
                     uint64_t max_records, const rs_column *columns,
                     const rs_target *targets, uint64_t row, const rs_decoders *decoders,
                     size_t *n_bytes)
{
    const rs_target *target = &targets[alike->csr];
    const uint64_t start = rs_row_start(target, row);
    const unsigned log2_size = alike->log2_size;
    const uint8_t *at = in;
    rs_packed packed;
    size_t n = 0;
    uint64_t place = start;
    packed.ends[0] = 0;
    packed.starts[0] = 0;
    *n_bytes = 0;
    if (!fits_targets(alike, columns, targets) || start > target->n_values) {
        return 0;
    }
    while (n < RS_PACKED_ROWS && n < max_records) {
        const uint8_t *values[RS_MAX_PATTERNS];
        rs_span record;
        rs_straight csr;
        if (!take_frame(at, end, &record) || !take_record(alike, record, &csr, values)) {
            break;
        }
        const size_t n_value_bytes = rs_span_len(csr.values);
        const size_t n_values = n_value_bytes >> log2_size;
        const size_t n_key_bytes = rs_span_len(csr.keys);
        if (n_key_bytes > RS_PACKED_BYTES - packed.ends[n] ||
            n_values > target->n_values - place) {
            break;
        }
        put_values((uint8_t *)target->values + (place << log2_size),
                   (size_t)(target->n_values - place) << log2_size, csr.values.at,
                   n_value_bytes, (size_t)1 << log2_size);
        copy_blocks(packed.bytes + packed.ends[n], csr.keys.at, n_key_bytes);
        put_fixed(alike, columns, targets, row + n, values);
        place += n_values;
        n++;
        packed.ends[n] = packed.ends[n - 1] + (uint32_t)n_key_bytes;
        packed.starts[n] = (uint32_t)(place - start);
        rs_put_offset(target, row + n, target->first_offset + (int64_t)place);
        at = record.at + rs_padded(rs_span_len(record));
    }
    packed.n_rows = n;
    uint8_t *keys = (uint8_t *)target->keys + start * target->key_size;
    rs_packed_fn *decode =
        target->key_size == 8 ? decoders->packed64 : decoders->packed32;
    if (n == 0 || !decode(&packed, keys, rs_key_limit(&columns[alike->csr], target))) {
        return 0;
    }
    for (size_t i = 0; target->present != NULL && i < n; i++) {
        target->present[row + i] = 1;
    }
    *n_bytes = (size_t)(at - in);
    return n;
}
