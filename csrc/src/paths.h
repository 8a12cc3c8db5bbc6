/* Private: the passes with a choice of path, for tests of their agreement. */
#ifndef RECORDSMITH_PATHS_H
#define RECORDSMITH_PATHS_H

#include "wire.h"

/* How a pass may go about it. What comes out is the same. */
enum {
    RS_ANY_PATH = 0,
    RS_GENERAL_ONLY = 1, /* every row or record in the general way */
    RS_NO_REPEATS = 2, /* reading: each record apart, not in runs of such as look alike */
    RS_PORTABLE = 4    /* no instructions beyond the build's baseline */
};

rs_status rs_plan_paths(const rs_field *fields, size_t n_fields, int64_t begin,
                        int64_t end, size_t max_bytes, int64_t *end_row, size_t *n_bytes,
                        unsigned paths, rs_error *err);

/* rs_encode_rows and rs_encode_fitting, the latter if `fitting`. */
rs_status rs_encode_paths(const rs_field *fields, size_t n_fields, int64_t begin,
                          int64_t end, uint8_t *out, size_t capacity, bool fitting,
                          int64_t *end_row, size_t *n_written, unsigned paths,
                          rs_error *err);

rs_status rs_scan_paths(const uint8_t *in, size_t n, uint64_t max_records,
                        rs_column *columns, size_t capacity, rs_scan *scan,
                        unsigned paths, rs_error *err);

rs_status rs_fill_paths(const uint8_t *in, size_t n, uint64_t n_records,
                        const rs_column *columns, const rs_target *targets,
                        size_t n_columns, unsigned paths, rs_error *err);

#endif
