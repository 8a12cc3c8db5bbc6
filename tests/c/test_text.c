/* rs_text_write: literal text, row ends, guard bytes, errors. */
#include "check.h"
#include "recordsmith/text.h"

#include <math.h>

static rs_field field;
static rs_text_style style;
static uint8_t out[1024];
static int64_t row_ends[8];
static int64_t end_row;
static size_t n_written;
static rs_error err;

static rs_status write_rows(int64_t begin, int64_t end, size_t capacity)
{
    memset(out, 0xa5, sizeof out);
    memset(row_ends, 0xa5, sizeof row_ends);
    const rs_status status = rs_text_write(&field, begin, end, &style, out, capacity,
                                           row_ends, &end_row, &n_written, &err);
    CHECK_EQ(out[capacity], 0xa5);
    CHECK_EQ(row_ends[end_row - begin], (int64_t)0xa5a5a5a5a5a5a5a5U);
    return status;
}

static void check_text(const char *want)
{
    CHECK_BYTES(out, n_written, want, strlen(want));
}

static void set(const uint8_t **text, size_t *n, const char *value)
{
    *text = (const uint8_t *)value;
    *n = strlen(value);
}

static void use_style(const char *head, const char *separator, const char *middle,
                      const char *tail, int flags)
{
    set(&style.head, &style.n_head, head);
    set(&style.separator, &style.n_separator, separator);
    set(&style.middle, &style.n_middle, middle);
    set(&style.tail, &style.n_tail, tail);
    style.flags = flags;
}

static void use_dense(uint8_t dtype, const void *values, int64_t n_rows, int64_t width)
{
    memset(&field, 0, sizeof field);
    field.kind = RS_DENSE;
    field.dtype = dtype;
    field.n_rows = n_rows;
    field.width = width;
    field.row_stride = width * (dtype == RS_FLOAT64 ? 8 : 4);
    field.values = values;
}

static const float csr_values[] = {0.5F, 0.0F, -1.25F, 3.0F};
static const int32_t csr_keys[] = {0, 7, 2, 1};
static const int64_t csr_offsets[] = {0, 2, 2, 4};
static const uint64_t csr_shape[] = {2, 4};

static void use_csr(void)
{
    memset(&field, 0, sizeof field);
    field.kind = RS_CSR;
    field.dtype = RS_FLOAT32;
    field.n_rows = 3;
    field.n_values = 4;
    field.values = csr_values;
    field.keys = csr_keys;
    field.key_size = 4;
    field.offsets = csr_offsets;
    field.offset_size = 8;
    field.shape = csr_shape;
    field.n_shape = 2;
}

static void test_dense(void)
{
    static const double doubles[] = {1.5, 0.0, -0.0, 0.1, 1e300, -2.0};
    use_dense(RS_FLOAT64, doubles, 2, 3);
    use_style("", ",", "", "\n", 0);
    CHECK_EQ(write_rows(0, 2, 1000), RS_OK);
    check_text("1.5,0,-0.0\n0.1,1e300,-2\n");
    CHECK_EQ(end_row, 2);
    CHECK_EQ(row_ends[0], 11);
    CHECK_EQ(row_ends[1], (int64_t)n_written);
    use_style("{[", ", ", "", "]},", RS_TEXT_POINT | RS_TEXT_FINITE);
    CHECK_EQ(write_rows(1, 2, 1000), RS_OK);
    check_text("{[0.1, 1e300, -2.0]},");
    CHECK_EQ(row_ends[0], (int64_t)n_written);
    /* last row first: a stride below 0 */
    field.values = doubles + 3;
    field.row_stride = -24;
    CHECK_EQ(write_rows(0, 2, 1000), RS_OK);
    check_text("{[0.1, 1e300, -2.0]},{[1.5, 0.0, -0.0]},");

    static const int32_t integers[] = {INT32_MIN, 0, INT32_MAX, -1};
    use_dense(RS_INT32, integers, 4, 1);
    CHECK_EQ(write_rows(0, 4, 1000), RS_OK);
    check_text("{[-2147483648]},{[0]},{[2147483647]},{[-1]},");
    static const float floats[] = {16777216.0F, 1e10F, 1e-45F, 0.1F};
    use_dense(RS_FLOAT32, floats, 2, 2);
    use_style("", ";", "", "|", RS_TEXT_POINT);
    CHECK_EQ(write_rows(0, 2, 1000), RS_OK);
    check_text("16777216.0;10000000000.0|1e-45;0.1|");
    use_dense(RS_FLOAT32, floats, 3, 0);
    CHECK_EQ(write_rows(0, 3, 1000), RS_OK);
    check_text("|||");
}

static void test_not_finite(void)
{
    static const double doubles[] = {1.0, NAN, -INFINITY, INFINITY};
    static const float floats[] = {1.0F, 2.0F, 3.0F, -NAN};
    use_dense(RS_FLOAT64, doubles, 2, 2);
    use_style("", ",", "", "\n", RS_TEXT_POINT);
    CHECK_EQ(write_rows(0, 2, 1000), RS_OK);
    check_text("1.0,nan\n-inf,inf\n");
    style.flags = RS_TEXT_FINITE;
    CHECK_EQ(write_rows(0, 2, 1000), RS_E_NOT_FINITE);
    CHECK_EQ(err.row, 0);
    CHECK_EQ(err.column, 1);
    CHECK_EQ(n_written, 0);
    use_dense(RS_FLOAT32, floats, 2, 2);
    CHECK_EQ(write_rows(0, 2, 1000), RS_E_NOT_FINITE);
    CHECK_EQ(err.row, 1);
    CHECK_EQ(err.column, 1);
    CHECK_EQ(end_row, 1);
    check_text("1,2\n");
    use_csr();
    field.values = floats;
    CHECK_EQ(write_rows(2, 3, 1000), RS_E_NOT_FINITE);
    CHECK_EQ(err.column, 1); /* the key, not the value's number */
}

static void test_sparse(void)
{
    use_csr();
    use_style("{\"keys\":[", ",", "],\"values\":[", "]}\n", RS_TEXT_POINT);
    CHECK_EQ(write_rows(0, 3, 1000), RS_OK);
    check_text("{\"keys\":[0,7],\"values\":[0.5,0.0]}\n"
               "{\"keys\":[],\"values\":[]}\n"
               "{\"keys\":[2,1],\"values\":[-1.25,3.0]}\n");
    field.flags = RS_CHECK_ORDER;
    CHECK_EQ(write_rows(0, 3, 1000), RS_E_ORDER);
    CHECK_EQ(err.row, 2);
    CHECK_EQ(err.found, 1);
    CHECK_EQ(err.limit, 2);
    CHECK_EQ(end_row, 2);

    static const uint64_t small[] = {7};
    field.shape = small;
    field.n_shape = 1;
    CHECK_EQ(write_rows(0, 3, 1000), RS_E_KEY);
    CHECK_EQ(err.found, 7);
    CHECK_EQ(err.limit, 7);
    static const int32_t bad_keys[] = {0, -1, 2, 1};
    field.keys = bad_keys;
    CHECK_EQ(write_rows(0, 3, 1000), RS_E_KEY);
    CHECK_EQ(err.found, -1);
    static const int64_t bad_offsets[] = {0, 2, 1, 5};
    use_csr();
    field.offsets = bad_offsets;
    CHECK_EQ(write_rows(0, 3, 1000), RS_E_OFFSETS);
    CHECK_EQ(err.row, 1);
    CHECK_EQ(write_rows(2, 3, 1000), RS_E_OFFSETS);

    /* shapes whose product overflows, or is 0 */
    static const uint64_t huge[] = {(uint64_t)1 << 40, (uint64_t)1 << 40};
    use_csr();
    field.shape = huge;
    CHECK_EQ(write_rows(0, 3, 1000), RS_OK);
    static const uint64_t none[] = {0, 5};
    field.shape = none;
    CHECK_EQ(write_rows(0, 1, 1000), RS_E_KEY);
    field.shape = NULL;
    CHECK_EQ(write_rows(0, 3, 1000), RS_OK);
}

static void test_ragged(void)
{
    use_csr();
    field.kind = RS_RAGGED;
    use_style("[", ",", "unused", "]", 0);
    CHECK_EQ(write_rows(0, 3, 1000), RS_OK);
    check_text("[0.5,0][][-1.25,3]");
}

static void test_capacity(void)
{
    static const float floats[] = {1.0F, 2.0F, 3.0F};
    use_dense(RS_FLOAT32, floats, 3, 1);
    use_style("<", ",", "", ">", 0);
    const size_t row = 26 + 1 + 8 + 2;
    CHECK_EQ(write_rows(0, 3, row - 1), RS_E_CAPACITY);
    CHECK_EQ(err.limit, (int64_t)row);
    CHECK_EQ(end_row, 0);
    CHECK_EQ(write_rows(0, 3, row), RS_OK);
    check_text("<1>");
    CHECK_EQ(end_row, 1);
    CHECK_EQ(write_rows(1, 3, row + 3), RS_OK);
    check_text("<2><3>");

    /* the longest texts there are fit what was promised */
    static const double wide[] = {-0x1.fffffffffffffp-1022, -123456789012345.0};
    static const int64_t keys[] = {INT64_MAX - 1, INT64_MAX - 1};
    static const int64_t offsets[] = {0, 2};
    use_csr();
    field.dtype = RS_FLOAT64;
    field.values = wide;
    field.keys = keys;
    field.key_size = 8;
    field.offsets = offsets;
    field.n_rows = 1;
    field.n_values = 2;
    field.shape = NULL;
    use_style("", ", and ::", " ", "", RS_TEXT_POINT);
    const size_t longest = 2 * (26 + 8) + 2 * (19 + 8) + 8 + 1;
    CHECK_EQ(write_rows(0, 1, longest), RS_OK);
    check_text("9223372036854775806, and ::9223372036854775806 "
               "-4.4501477170144023e-308, and ::-123456789012345.0");

    style.n_separator = 9;
    CHECK_EQ(write_rows(0, 1, 1000), RS_E_ARGUMENT);
    style.n_separator = 1;
    CHECK_EQ(write_rows(0, 2, 1000), RS_E_ARGUMENT);
    field.kind = RS_TEXT;
    CHECK_EQ(write_rows(0, 1, 1000), RS_E_ARGUMENT);
    field.kind = RS_CSR;
    field.dtype = RS_BYTES;
    CHECK_EQ(write_rows(0, 1, 1000), RS_E_ARGUMENT);
}

int main(void)
{
    test_dense();
    test_not_finite();
    test_sparse();
    test_ragged();
    test_capacity();
    return check_report();
}
