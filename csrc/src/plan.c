/* First pass of encoding: how many rows fit, and their exact size. */
#include "csr.h"
#include "paths.h"

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

typedef struct plan {
    int64_t row; /* the next */
    size_t n_bytes;
    size_t max_bytes;
} plan;

/* False: the row does not fit. */
static inline bool add_frame(plan *so_far, size_t size)
{
    if (size > so_far->max_bytes - so_far->n_bytes) {
        return false;
    }
    so_far->n_bytes += size;
    so_far->row++;
    return true;
}

/* Rows that can be taken together, as far as they fit. */
static void plan_group(const rs_csr *csr, int64_t end, plan *so_far)
{
    rs_group group;
    uint32_t sizes[RS_GROUP_ROWS];
    size_t n;
    size_t i;
    do {
        n = rs_size_csr_rows(csr, so_far->row, end, &group, sizes);
        i = 0;
        while (i < n && add_frame(so_far, sizes[i])) {
            i++;
        }
    } while (n != 0 && i == n && so_far->row < end);
}

rs_status rs_plan_paths(const rs_field *fields, size_t n_fields, int64_t begin,
                        int64_t end, size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                        unsigned paths, rs_error *err)
{
    rs_record record;
    rs_row row;
    rs_csr csr;
    plan so_far = {begin, 0, max_bytes};
    *end_row = begin;
    *n_bytes = 0;
    rs_status status = rs_make_record(fields, n_fields, begin, end, &record, err);
    if (status != RS_OK || begin == end) {
        return status;
    }
    record.use_avx2 = record.use_avx2 && (paths & RS_PORTABLE) == 0;
    const bool is_quick = (paths & RS_GENERAL_ONLY) == 0;
    if (is_quick && record.n_varying == 0) {
        return plan_fixed(&record, begin, end, max_bytes, end_row, n_bytes, err);
    }
    const bool is_csr = is_quick && rs_make_csr(&record, &csr);
    while (so_far.row < end) {
        if (is_csr) {
            plan_group(&csr, end, &so_far);
        }
        if (so_far.row == end) {
            break;
        }
        status = rs_measure_row(&record, so_far.row, &row, err);
        if (status != RS_OK || !add_frame(&so_far, get_frame_size(row.payload))) {
            break;
        }
    }
    *end_row = so_far.row;
    *n_bytes = so_far.n_bytes;
    if (status == RS_OK && so_far.row == begin) {
        *n_bytes = get_frame_size(row.payload);
    }
    return status;
}

rs_status rs_plan_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                       int64_t end, size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                       rs_error *err)
{
    return rs_plan_paths(fields, n_fields, begin, end, max_bytes, end_row, n_bytes,
                         RS_ANY_PATH, err);
}
