/* First pass of encoding: how many rows fit, and their exact size. */
#include "csr.h"

static size_t get_frame_size(size_t payload)
{
    return RS_HEADER_SIZE + rs_padded(payload);
}

/* All rows have one size: no row is looked at. */
static rs_status plan_fixed(const rs_record *record, int64_t begin, int64_t end,
                            size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                            rs_error *err)
{
    if (record->fixed_size > RS_MAX_PAYLOAD) {
        return rs_fail_row(err, RS_E_TOO_LONG, begin, record->fixed_size, RS_MAX_PAYLOAD);
    }
    const size_t size = get_frame_size((size_t)record->fixed_size);
    const uint64_t n_fitting = max_bytes / size;
    const uint64_t n_rows = (uint64_t)(end - begin);
    const uint64_t n = n_rows < n_fitting ? n_rows : n_fitting;
    *end_row = begin + (int64_t)n;
    *n_bytes = n != 0 ? (size_t)n * size : size;
    return RS_OK;
}

rs_status rs_plan_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                       int64_t end, size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                       rs_error *err)
{
    rs_record record;
    rs_row row;
    *end_row = begin;
    *n_bytes = 0;
    const rs_status made = rs_make_record(fields, n_fields, begin, end, &record, err);
    if (made != RS_OK || begin == end) {
        return made;
    }
    if (record.n_varying == 0) {
        return plan_fixed(&record, begin, end, max_bytes, end_row, n_bytes, err);
    }
    rs_csr csr;
    const bool is_csr = rs_make_csr(&record, &csr);
    size_t sum = 0;
    for (int64_t i = begin; i < end; i++) {
        row.payload = is_csr ? rs_size_csr_row(&csr, i) : SIZE_MAX;
        if (row.payload > RS_MAX_PAYLOAD) {
            const rs_status status = rs_measure_row(&record, i, &row, err);
            if (status != RS_OK) {
                return status;
            }
        }
        const size_t size = get_frame_size(row.payload);
        if (size > max_bytes - sum) {
            *n_bytes = i == begin ? size : sum;
            return RS_OK;
        }
        sum += size;
        *end_row = i + 1;
        *n_bytes = sum;
    }
    return RS_OK;
}
