"""The core's C surface, as recordsmith.h and text.h declare it."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "recordsmith/recordsmith.h" nogil:
    ctypedef int rs_status
    int RS_OK
    int RS_NEED_MORE
    int RS_SPLIT
    int RS_NEW_SCHEMA
    int RS_E_TOO_MANY_FIELDS
    int RS_E_CAPACITY
    int RS_E_ARGUMENT
    int RS_E_CHANGED
    int RS_CHECK_ORDER
    int RS_ZERO_FOR_EMPTY
    int RS_MAX_RANK
    int RS_MAX_FIELDS

    ctypedef struct rs_error:
        rs_status status
        int32_t field
        int64_t offset
        int64_t row
        int64_t column
        int64_t found
        int64_t limit

    const char *rs_version() noexcept
    const char *rs_status_name(rs_status status) noexcept

    ctypedef struct rs_field:
        uint8_t role
        uint8_t dtype
        uint8_t kind
        uint8_t flags
        uint8_t offset_size
        uint8_t key_size
        const char *name
        size_t name_len
        const char *content_type
        size_t content_type_len
        const uint64_t *shape
        size_t n_shape
        int64_t n_rows
        int64_t width
        int64_t row_stride
        int64_t n_values
        const void *values
        const void *offsets
        int64_t n_items
        const int64_t *item_offsets
        const void *keys
        const uint8_t *present

    rs_status rs_plan_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                           int64_t end, size_t max_bytes, int64_t *end_row,
                           size_t *n_bytes, rs_error *err) noexcept
    rs_status rs_encode_rows(const rs_field *fields, size_t n_fields, int64_t begin,
                             int64_t end, uint8_t *out, size_t capacity,
                             size_t *n_written, rs_error *err) noexcept
    rs_status rs_encode_fitting(const rs_field *fields, size_t n_fields, int64_t begin,
                                int64_t end, uint8_t *out, size_t capacity,
                                int64_t *end_row, size_t *n_written,
                                rs_error *err) noexcept

    ctypedef struct rs_frame:
        uint32_t part
        size_t payload_len
        size_t frame_len

    rs_status rs_frame_peek(const uint8_t *data, size_t n, rs_frame *frame,
                            rs_error *err) noexcept
    size_t rs_frame_size(size_t payload_len) noexcept
    rs_status rs_frame_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                            size_t capacity, size_t *n_written, rs_error *err) noexcept
    size_t rs_cut_size(const uint8_t *payload, size_t payload_len,
                       size_t *n_frames) noexcept
    rs_status rs_cut_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                          size_t capacity, size_t *n_written, rs_error *err) noexcept

    ctypedef struct rs_parts:
        size_t n_bytes
        size_t n_parts
        size_t n_payload

    rs_status rs_record_peek(const uint8_t *data, size_t n, rs_parts *record,
                             rs_error *err) noexcept
    size_t rs_payload_size(const rs_parts *record, bint with_magic) noexcept
    bint rs_take_payload(const uint8_t *data, const rs_parts *record, bint with_magic,
                         uint8_t *out) noexcept
    rs_status rs_join_frames(const uint8_t *data, size_t n, int mode, uint8_t *out,
                             size_t capacity, size_t *n_read, size_t *n_written,
                             rs_error *err) noexcept
    rs_status rs_record_check(const uint8_t *payload, size_t n, rs_error *err) noexcept

    ctypedef struct rs_column:
        uint8_t role
        uint8_t dtype
        uint8_t sparse
        uint8_t n_shape
        uint64_t *shape
        const char *name
        size_t name_len
        const char *content_type
        size_t content_type_len
        uint64_t n_present
        uint64_t first_missing
        uint64_t n_values
        uint64_t n_items
        uint64_t min_width
        uint64_t max_width
        uint64_t first_width
        uint64_t first_other_width

    ctypedef struct rs_scan:
        size_t n_columns
        uint64_t n_records
        size_t n_bytes
        size_t n_need

    rs_status rs_scan_records(const uint8_t *data, size_t n, uint64_t max_records,
                              rs_column *columns, size_t capacity, rs_scan *scan,
                              rs_error *err) noexcept

    ctypedef struct rs_target:
        uint8_t kind
        uint8_t offset_size
        uint8_t key_size
        uint64_t width
        void *values
        uint64_t n_values
        void *offsets
        int64_t first_offset
        void *keys
        uint64_t n_keys_limit
        int64_t *item_offsets
        uint64_t n_items
        int64_t first_item_byte
        uint8_t *present

    rs_status rs_fill_records(const uint8_t *data, size_t n, uint64_t n_records,
                              const rs_column *columns, const rs_target *targets,
                              size_t n_columns, rs_error *err) noexcept
    rs_status rs_fill_to_end(const uint8_t *data, size_t n, uint64_t *n_records,
                             size_t *n_bytes, const rs_column *columns,
                             const rs_target *targets, size_t n_columns,
                             rs_error *err) noexcept
    size_t rs_find_frame(const uint8_t *data, size_t n, size_t begin) noexcept

    ctypedef struct rs_stats:
        uint64_t n_values
        uint64_t n_nan
        uint64_t n_inf
        uint64_t n_not_integer
        int64_t first_nan
        int64_t first_inf
        double min
        double max

    void rs_stats_init(rs_stats *stats) noexcept
    void rs_stats_float32(const float *values, size_t n, rs_stats *stats) noexcept
    void rs_stats_float64(const double *values, size_t n, rs_stats *stats) noexcept
    void rs_stats_int32(const int32_t *values, size_t n, rs_stats *stats) noexcept
    void rs_bounds_float32(const float *values, size_t n, rs_stats *stats) noexcept

    ctypedef struct rs_key_facts:
        uint64_t n_rows
        uint64_t n_empty
        uint64_t n_unordered
        uint64_t max_values
        int64_t first_empty
        int64_t first_unordered
        int64_t min_key
        int64_t max_key

    void rs_key_facts_init(rs_key_facts *facts) noexcept
    rs_status rs_find_key_facts(const rs_field *field, int64_t begin, int64_t end,
                                uint8_t *kinds, rs_key_facts *facts,
                                rs_error *err) noexcept

    ctypedef struct rs_narrowing:
        uint64_t n_changed
        uint64_t n_overflow
        int64_t first_overflow
        uint64_t n_values
        double max_relative_error

    void rs_narrowing_init(rs_narrowing *cost) noexcept
    void rs_narrow_float32(const double *values, size_t n, float *out,
                           rs_narrowing *cost) noexcept

    int RS_BITS
    int RS_I8
    int RS_U8
    int RS_I16
    int RS_U16
    int RS_I32
    int RS_U32
    int RS_I64
    int RS_U64
    int RS_F32
    int RS_F64
    int RS_KEEP_INTEGERS

    ctypedef struct rs_strip:
        const void *values
        const uint8_t *valid
        int64_t first
        int64_t n_rows
        int64_t width
        uint8_t type

    ctypedef struct rs_cast_cost:
        uint64_t n_filled
        uint64_t n_changed
        double max_relative_error

    rs_status rs_interleave_columns(const rs_strip *strips, size_t n_strips,
                                    int64_t begin, int64_t end, uint8_t dtype,
                                    uint32_t flags, const void *fill, void *out,
                                    size_t capacity, rs_cast_cost *cost,
                                    rs_error *err) noexcept


cdef extern from "pages.h" nogil:
    void rs_want_huge_pages(void *begin, size_t n) noexcept


cdef extern from "recordsmith/text.h" nogil:
    int RS_LIBSVM_KEEP_ZEROS

    ctypedef struct rs_libsvm_bounds:
        size_t n_bytes
        uint64_t n_rows
        uint64_t n_values
        uint64_t n_labels

    ctypedef struct rs_libsvm_facts:
        uint64_t n_lines
        uint64_t n_rows
        uint64_t n_values
        uint64_t n_labels
        uint64_t n_weights
        uint64_t n_qids
        int64_t min_index
        int64_t max_index
        uint64_t label_width
        int64_t first_other_width
        int64_t first_weight
        int64_t first_qid

    ctypedef struct rs_libsvm_target:
        uint8_t dtype
        uint8_t key_size
        uint8_t flags
        int64_t index_base
        int64_t n_keys
        uint64_t max_rows
        uint64_t max_values
        uint64_t max_labels
        void *values
        void *keys
        int64_t *offsets
        double *labels
        int64_t *label_offsets
        double *weights
        int64_t *qids
        rs_narrowing *narrowing

    ctypedef struct rs_libsvm_filled:
        size_t n_bytes
        uint64_t n_rows
        uint64_t n_values
        uint64_t n_labels

    rs_status rs_libsvm_scan(const uint8_t *data, size_t n, int final,
                             rs_libsvm_bounds *bounds) noexcept
    void rs_libsvm_facts_init(rs_libsvm_facts *facts) noexcept
    rs_status rs_libsvm_fill(const uint8_t *data, size_t n,
                             const rs_libsvm_target *target, rs_libsvm_facts *facts,
                             rs_libsvm_filled *filled, rs_error *err) noexcept
    rs_status rs_libsvm_write(const rs_field *features, const rs_field *label,
                              int64_t begin, int64_t end, int64_t index_base, int flags,
                              uint8_t *out, size_t capacity, int64_t *end_row,
                              size_t *n_written, rs_error *err) noexcept

    int RS_TEXT_POINT
    int RS_TEXT_FINITE

    ctypedef struct rs_text_style:
        const uint8_t *head
        const uint8_t *separator
        const uint8_t *middle
        const uint8_t *tail
        size_t n_head
        size_t n_separator
        size_t n_middle
        size_t n_tail
        int flags

    rs_status rs_text_write(const rs_field *field, int64_t begin, int64_t end,
                            const rs_text_style *style, uint8_t *out, size_t capacity,
                            int64_t *row_ends, int64_t *end_row, size_t *n_written,
                            rs_error *err) noexcept
