/* First pass of encoding: how many rows fit, and their exact size. */
#include "layout.h"

static size_t frame_size(size_t payload) {
    return RS_HEADER_SIZE + rs_padded(payload);
}

rs_status rs_plan_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                       int64_t end, size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                       rs_error *err) {
    rs_record record;
    *end_row = begin;
    *n_bytes = 0;
    const rs_status made = rs_make_record(fields, n_fields, begin, end, &record, err);
    if (made != RS_OK) {
        return made;
    }
    size_t sum = 0;
    for (int64_t row = begin; row < end; row++) {
        size_t payload;
        const rs_status status = rs_measure_row(&record, row, &payload, err);
        if (status != RS_OK) {
            return status;
        }
        const size_t size = frame_size(payload);
        if (size > max_bytes - sum) {
            *n_bytes = row == begin ? size : sum;
            return RS_OK;
        }
        sum += size;
        *end_row = row + 1;
        *n_bytes = sum;
    }
    return RS_OK;
}
