/* libsvm text to rows and back: grammar, positions of errors, lent room. */
#include <math.h>

#include "check.h"
#include "recordsmith/text.h"

#define ROOM 64

/* Room for small texts, with all that a call gives back. */
static struct {
    double values[ROOM];
    float narrow[ROOM];
    int64_t keys[ROOM];
    int32_t short_keys[ROOM];
    int64_t offsets[ROOM + 1];
    double labels[ROOM];
    int64_t label_offsets[ROOM + 1];
    double weights[ROOM];
    int64_t qids[ROOM];
} room;

static rs_libsvm_target to;
static rs_libsvm_facts facts;
static rs_libsvm_filled filled;
static rs_narrowing narrowing;
static rs_error err;

static void reset(void)
{
    memset(&room, 0xa5, sizeof room);
    memset(&to, 0, sizeof to);
    to.dtype = RS_FLOAT64;
    to.key_size = 8;
    to.n_keys = INT64_MAX;
    to.max_rows = to.max_values = to.max_labels = ROOM;
    to.values = room.values;
    to.keys = room.keys;
    to.offsets = room.offsets;
    to.labels = room.labels;
    to.label_offsets = room.label_offsets;
    to.weights = room.weights;
    to.qids = room.qids;
    to.narrowing = &narrowing;
    rs_libsvm_facts_init(&facts);
    rs_narrowing_init(&narrowing);
}

static rs_status fill(const char *text)
{
    return rs_libsvm_fill((const uint8_t *)text, strlen(text), &to, &facts, &filled,
                          &err);
}

static void test_scan(void)
{
    static const struct {
        const char *text;
        int final;
        rs_status status;
        size_t n_bytes;
        uint64_t n_rows, n_values, n_labels;
    } cases[] = {
        {"", 0, RS_OK, 0, 0, 0, 0},
        {"", 1, RS_OK, 0, 0, 0, 0},
        {"1 1:2", 0, RS_NEED_MORE, 0, 0, 0, 0},
        {"1 1:2", 1, RS_OK, 5, 1, 1, 1},
        {"1 1:2\n", 0, RS_OK, 6, 1, 1, 1},
        {"1 1:2\r\n3,4 5:6 7:8\n9 1", 0, RS_NEED_MORE, 19, 2, 3, 3},
        {"1 1:2\n3,4 5:6 7:8\n9 1:", 1, RS_OK, 22, 3, 4, 4},
        {"\n\n# a:b,c\n", 0, RS_OK, 10, 3, 1, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rs_libsvm_bounds b;
        const uint8_t *const text = (const uint8_t *)cases[i].text;
        CHECK_EQ(rs_libsvm_scan(text, strlen(cases[i].text), cases[i].final, &b),
                 cases[i].status);
        CHECK_EQ(b.n_bytes, cases[i].n_bytes);
        CHECK_EQ(b.n_rows, cases[i].n_rows);
        CHECK_EQ(b.n_values, cases[i].n_values);
        CHECK_EQ(b.n_labels, cases[i].n_labels);
    }
    /* more of a byte than a counter of one byte holds */
    static uint8_t colons[1000];
    rs_libsvm_bounds b;
    memset(colons, ':', sizeof colons);
    CHECK_EQ(rs_libsvm_scan(colons, sizeof colons, 1, &b), RS_OK);
    CHECK_EQ(b.n_values, 1000);
}

static void test_whole_grammar(void)
{
    reset();
    CHECK_EQ(fill("# nothing yet\n"
                  "\n"
                  "1,2:0.5\tqid:7 3:4  5:-6e1 # c 3:4\r\n"
                  " \t \r\n"
                  "-2 10:nan\t\n"
                  "+3#x\n"
                  "  inf qid:-9 0:.5"),
             RS_OK);
    CHECK_EQ(filled.n_rows, 4);
    CHECK_EQ(filled.n_values, 4);
    CHECK_EQ(filled.n_labels, 5);
    static const int64_t offsets[] = {0, 2, 3, 3, 4}, label_offsets[] = {0, 2, 3, 4, 5};
    static const int64_t keys[] = {3, 5, 10, 0}, qids[] = {7, 0, 0, -9};
    static const double labels[] = {1, 2, -2, 3, INFINITY}, weights[] = {0.5, 1, 1, 1};
    CHECK_BYTES(room.offsets, sizeof offsets, offsets, sizeof offsets);
    CHECK_BYTES(room.label_offsets, sizeof offsets, label_offsets, sizeof offsets);
    CHECK_BYTES(room.keys, sizeof keys, keys, sizeof keys);
    CHECK_BYTES(room.qids, sizeof qids, qids, sizeof qids);
    CHECK_BYTES(room.labels, sizeof labels, labels, sizeof labels);
    CHECK_BYTES(room.weights, sizeof weights, weights, sizeof weights);
    CHECK(room.values[0] == 4 && room.values[1] == -60 && isnan(room.values[2]) &&
          room.values[3] == 0.5);
    CHECK_EQ(facts.n_lines, 7);
    CHECK_EQ(facts.n_rows, 4);
    CHECK_EQ(facts.min_index, 0);
    CHECK_EQ(facts.max_index, 10);
    CHECK_EQ(facts.label_width, 2);
    CHECK_EQ(facts.first_other_width, 4);
    CHECK_EQ(facts.n_weights, 1);
    CHECK_EQ(facts.first_weight, 2);
    CHECK_EQ(facts.n_qids, 2);
    CHECK_EQ(facts.first_qid, 2);
    /* nothing was stored behind the rows */
    CHECK_EQ(room.keys[4], (int64_t)0xa5a5a5a5a5a5a5a5U);
    CHECK_EQ(room.offsets[5], (int64_t)0xa5a5a5a5a5a5a5a5U);
}

static void test_facts_add_up(void)
{
    reset();
    CHECK_EQ(fill("1 2:1\n"), RS_OK);
    CHECK_EQ(fill("1 9:1\n\n"), RS_OK);
    CHECK_EQ(filled.n_rows, 1);
    CHECK_EQ(facts.n_rows, 2);
    CHECK_EQ(facts.n_lines, 3);
    CHECK_EQ(facts.min_index, 2);
    CHECK_EQ(facts.max_index, 9);
    CHECK_EQ(fill("1 1:1 x:1\n"), RS_E_INDEX);
    CHECK_EQ(err.row, 3);
    CHECK_EQ(err.offset, 6);
}

static void test_no_rows(void)
{
    static const char *const texts[] = {"",  "\n",       "\r\n",   "  \t",
                                        "#", " # 1 2:3", "\n\n \r"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        reset();
        CHECK_EQ(fill(texts[i]), RS_OK);
        CHECK_EQ(filled.n_rows, 0);
        CHECK_EQ(filled.n_bytes, strlen(texts[i]));
        CHECK_EQ(room.offsets[0], 0);
    }
}

static void test_options(void)
{
    reset();
    to.index_base = 1;
    to.n_keys = 3;
    to.key_size = 4;
    to.keys = room.short_keys;
    to.dtype = RS_FLOAT32;
    to.values = room.narrow;
    CHECK_EQ(fill("1 1:0.1 3:1e300\n"), RS_OK);
    CHECK_EQ(room.short_keys[0], 0);
    CHECK_EQ(room.short_keys[1], 2);
    CHECK(room.narrow[0] == 0.1F && isinf(room.narrow[1]));
    CHECK_EQ(narrowing.n_overflow, 1);
    CHECK_EQ(narrowing.first_overflow, 1);
    CHECK_EQ(narrowing.n_changed, 2);
    CHECK_EQ(narrowing.n_values, 2);

    reset();
    to.flags = RS_LIBSVM_UNSORTED;
    CHECK_EQ(fill("1 5:1 3:2 5:3\n"), RS_OK);
    CHECK_EQ(room.keys[1], 3);
    CHECK_EQ(facts.min_index, 3);
    CHECK_EQ(facts.max_index, 5);

    reset();
    to.flags = RS_LIBSVM_OPTIONAL_LABEL;
    CHECK_EQ(fill("1:1 2:2\nqid:3 4:4\n7 1:1\n"), RS_OK);
    CHECK_EQ(filled.n_labels, 1);
    CHECK_EQ(filled.n_values, 4);
    CHECK_EQ(room.label_offsets[2], 0);
    CHECK_EQ(facts.label_width, 0);
    CHECK_EQ(facts.first_other_width, 2);
    CHECK_EQ(room.qids[1], 3);

    reset();
    memset(&to, 0, sizeof to); /* only facts: no arrays, and values are not looked at */
    to.n_keys = INT64_MAX;
    to.max_rows = UINT64_MAX;
    CHECK_EQ(fill("1 2:x 7:\n2,3 9:1\n"), RS_OK);
    CHECK_EQ(facts.n_values, 3);
    CHECK_EQ(facts.max_index, 9);
    CHECK_EQ(facts.n_labels, 3);
    /* a comment right behind a value, and more text to look ahead at */
    rs_libsvm_facts_init(&facts);
    CHECK_EQ(fill("1 2:.5# 3:1 7:2 8:3 9:4 10:5 11:6 12:7 13:8 14:9 15:10\n1 4:1\n"),
             RS_OK);
    CHECK_EQ(facts.n_values, 2);
    CHECK_EQ(facts.max_index, 4);
}

static void test_stops_at_max_rows(void)
{
    static const char text[] = "1 1:1\n\n# c\n2 2:2\n3 3:3\n";
    reset();
    to.max_rows = 1;
    CHECK_EQ(fill(text), RS_OK);
    CHECK_EQ(filled.n_rows, 1);
    CHECK_EQ(filled.n_bytes, 11); /* blank lines behind the row are consumed */
    CHECK_EQ(fill(text + 11), RS_OK);
    CHECK_EQ(filled.n_bytes, 6);
    CHECK(room.labels[0] == 2);
    CHECK_EQ(facts.n_lines, 4);
    to.max_rows = 0;
    CHECK_EQ(fill(text + 17), RS_OK);
    CHECK_EQ(filled.n_bytes, 0);
}

/* The smallest texts for each error, and where they say it is. */
static void test_errors(void)
{
    static const struct {
        const char *text;
        rs_status status;
        int column;
        long long found, limit;
    } cases[] = {
        {"x", RS_E_LABEL, 0, -1, -1},
        {"1, 3:1", RS_E_LABEL, 2, -1, -1},
        {",1", RS_E_LABEL, 0, -1, -1},
        {"1x 3:1", RS_E_LABEL, 0, -1, -1},
        {":1", RS_E_LABEL, 0, -1, -1},
        {"qid:1 1:1", RS_E_LABEL, 0, -1, -1},
        {"1: 3:1", RS_E_NUMBER, 2, -1, -1},
        {"1:x 3:1", RS_E_NUMBER, 2, -1, -1},
        {"1:1e 3:1", RS_E_NUMBER, 2, -1, -1},
        {"1:2:3 4:5", RS_E_COLON, 3, -1, -1},
        {"1 3:", RS_E_NUMBER, 4, -1, -1},
        {"1 3:abc", RS_E_NUMBER, 4, -1, -1},
        {"1 3:0x10", RS_E_NUMBER, 4, -1, -1},
        {"1 3:1_", RS_E_NUMBER, 4, -1, -1},
        {"1 3:1,5", RS_E_NUMBER, 4, -1, -1},
        {"1 3", RS_E_COLON, 3, -1, -1},
        {"1 3 :4", RS_E_COLON, 3, -1, -1},
        {"1 :4", RS_E_COLON, 2, -1, -1},
        {"1 3:4:5", RS_E_COLON, 5, -1, -1},
        {"1 3: 4:5", RS_E_NUMBER, 4, -1, -1},
        {"1 -3:1", RS_E_INDEX, 2, -3, 0},
        {"1 -x:1", RS_E_INDEX, 2, -1, -1},
        {"1 +3:1", RS_E_INDEX, 2, -1, -1},
        {"1 3.5:1", RS_E_INDEX, 2, -1, -1},
        {"1 1e3:1", RS_E_INDEX, 2, -1, -1},
        {"1 abc", RS_E_INDEX, 2, -1, -1},
        {"1 100:1", RS_E_INDEX, 2, 100, 99},
        {"1 9223372036854775807:1", RS_E_INDEX, 2, -1, INT64_MAX - 1},
        {"1 99999999999999999999:1", RS_E_INDEX, 2, -1, INT64_MAX - 1},
        {"1 3:1 3:2", RS_E_INDEX_ORDER, 6, 3, 3},
        {"1 3:1 2:2", RS_E_INDEX_ORDER, 6, 2, 3},
        {"1 3:1 qid:4", RS_E_QID, 6, -1, -1},
        {"1 qid:4 qid:4", RS_E_QID, 8, -1, -1},
        {"1 qid: 3:1", RS_E_QID, 2, -1, -1},
        {"1 qid:1.5 3:1", RS_E_QID, 2, -1, -1},
        {"1 qid:9223372036854775808", RS_E_QID, 2, -1, -1},
        {"1 3:1\r4:5", RS_E_CHARACTER, 5, 13, -1},
        {"1 3:\xff", RS_E_CHARACTER, 4, 255, -1},
        {"1 3:1 \x01 4:2", RS_E_CHARACTER, 6, 1, -1},
        {"\xef\xbb\xbf"
         "1 3:1",
         RS_E_CHARACTER, 0, 239, -1},
    };
    static const char after[] =
        "\n1 1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8\n1 1:1 2:2 3:3 4:4 5:5 6:6 7:7\n";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        for (int more = 0; more < 2;
             more++) { /* at the end of the text, and before more */
            snprintf(text, sizeof text, "1 1:1\n\n%s%s", cases[i].text,
                     more ? after : "");
            reset();
            to.n_keys = 100;
            CHECK_EQ(fill(text), cases[i].status);
            CHECK_EQ(err.status, cases[i].status);
            CHECK_EQ(err.row, 2);
            CHECK_EQ(err.column, cases[i].column);
            CHECK_EQ(err.offset, 7 + cases[i].column);
            CHECK_EQ(err.found, cases[i].found);
            CHECK_EQ(err.limit, cases[i].limit);
            CHECK_EQ(filled.n_rows, 1);
            CHECK_EQ(filled.n_values, 1);
            CHECK_EQ(facts.n_rows, 1);
            CHECK_EQ(facts.n_lines, 2);
        }
    }
    reset();
    to.index_base = 1;
    CHECK_EQ(fill("1 0:1"), RS_E_INDEX);
    CHECK_EQ(err.found, 0);
    CHECK_EQ(err.limit, 1);
    reset();
    CHECK_EQ(fill("1 qid:-9223372036854775808\n1 qid:9223372036854775807"), RS_OK);
    CHECK_EQ(room.qids[0], INT64_MIN);
    CHECK_EQ(room.qids[1], INT64_MAX);
    reset();
    CHECK_EQ(fill("1 9223372036854775806:1"), RS_OK);
    CHECK_EQ(room.keys[0], INT64_MAX - 1);
}

/* Many rows of float32 cross the blocks in which values are narrowed; an error then leaves
 * the whole rows before it. */
static void test_narrow_blocks(void)
{
    enum { N = 1000 };
    static char text[N * 8 + 64];
    static float values[N + 1];
    static int32_t keys[N + 1];
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "1");
    for (int i = 0; i < 700; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, " %d:%d.5", i, i);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "\n1");
    for (int i = 0; i < 99; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, " %d:%d", i, i);
    }
    reset();
    to.dtype = RS_FLOAT32;
    to.key_size = 4;
    to.n_keys = INT32_MAX;
    to.values = values;
    to.keys = keys;
    to.max_values = N;
    CHECK_EQ(fill(text), RS_OK);
    CHECK_EQ(filled.n_values, 799);
    for (int i = 0; i < 799; i++) {
        CHECK(values[i] == (i < 700 ? (float)i + 0.5F : (float)(i - 700)));
    }
    CHECK_EQ(narrowing.n_values, 799);

    memset(values, 0, sizeof values);
    snprintf(text + n, sizeof text - n, " 98:1");
    CHECK_EQ(fill(text), RS_E_INDEX_ORDER);
    CHECK_EQ(filled.n_values, 700);
    for (int i = 0; i < 700; i++) {
        CHECK(values[i] == (float)i + 0.5F);
    }
}

static void test_capacity(void)
{
    reset();
    to.max_values = 2;
    CHECK_EQ(fill("1 1:1\n2 1:1 2:2\n"), RS_E_CAPACITY);
    CHECK_EQ(filled.n_rows, 1);
    CHECK_EQ(room.keys[2], (int64_t)0xa5a5a5a5a5a5a5a5U);
    reset();
    to.max_labels = 1;
    CHECK_EQ(fill("1 1:1\n2 1:1\n"), RS_E_CAPACITY);
    CHECK_EQ(filled.n_rows, 1);
    reset();
    to.index_base = 2;
    CHECK_EQ(fill("1"), RS_E_ARGUMENT);
    reset();
    to.key_size = 4;
    CHECK_EQ(fill("1"), RS_E_ARGUMENT); /* n_keys beyond what four bytes hold */
    reset();
    to.keys = NULL;
    CHECK_EQ(fill("1"), RS_E_ARGUMENT);
}

/* ------------------------------------------------------------------------- writing */

static rs_field features, label;
static uint8_t out[1024];
static size_t n_written;
static int64_t end_row;

static rs_status write_rows(int64_t begin, int64_t end, int64_t base, int flags,
                            size_t capacity)
{
    memset(out, 0xa5, sizeof out);
    const rs_status status =
        rs_libsvm_write(&features, label.kind != 0 ? &label : NULL, begin, end, base,
                        flags, out, capacity, &end_row, &n_written, &err);
    CHECK_EQ(out[capacity], 0xa5);
    return status;
}

static void check_text(const char *want)
{
    CHECK_BYTES(out, n_written, want, strlen(want));
}

static const float csr_values[] = {0.5F, 0.0F, -1.25F, 3.0F};
static const int32_t csr_keys[] = {0, 7, 2, 1};
static const int64_t csr_offsets[] = {0, 2, 2, 4};
static const int32_t int_labels[] = {1, -2, 3};

static void use_csr(void)
{
    memset(&features, 0, sizeof features);
    features.kind = RS_CSR;
    features.dtype = RS_FLOAT32;
    features.n_rows = 3;
    features.n_values = 4;
    features.values = csr_values;
    features.keys = csr_keys;
    features.key_size = 4;
    features.offsets = csr_offsets;
    features.offset_size = 8;
    memset(&label, 0, sizeof label);
    label.kind = RS_DENSE;
    label.dtype = RS_INT32;
    label.n_rows = 3;
    label.width = 1;
    label.row_stride = 4;
    label.values = int_labels;
}

static void test_write_csr(void)
{
    use_csr();
    CHECK_EQ(write_rows(0, 3, 1, 0, 1000), RS_OK);
    check_text("1 1:0.5 8:0\n-2\n3 3:-1.25 2:3\n");
    CHECK_EQ(end_row, 3);
    CHECK_EQ(write_rows(1, 2, 0, 0, 1000), RS_OK);
    check_text("-2\n");

    features.flags = RS_CHECK_ORDER;
    CHECK_EQ(write_rows(0, 3, 0, 0, 1000), RS_E_ORDER);
    CHECK_EQ(err.row, 2);
    CHECK_EQ(err.found, 1);
    CHECK_EQ(err.limit, 2);
    CHECK_EQ(end_row, 2);
    check_text("1 0:0.5 7:0\n-2\n");

    use_csr();
    static const int32_t bad_keys[] = {0, -1, 2, 1};
    features.keys = bad_keys;
    CHECK_EQ(write_rows(0, 3, 0, 0, 1000), RS_E_KEY);
    CHECK_EQ(err.found, -1);
    CHECK_EQ(n_written, 0);

    use_csr();
    static const int64_t bad_offsets[] = {0, 2, 1, 5};
    features.offsets = bad_offsets;
    CHECK_EQ(write_rows(0, 3, 0, 0, 1000), RS_E_OFFSETS);
    CHECK_EQ(err.row, 1);
    CHECK_EQ(write_rows(2, 3, 0, 0, 1000), RS_E_OFFSETS);
}

static void test_write_dense(void)
{
    static const double rows[] = {1.5, 0.0, -0.0, NAN, 0.1, 1e300};
    static const float pairs[] = {0.0F, 1.0F, 0.25F, INFINITY};
    use_csr();
    memset(&features, 0, sizeof features);
    features.kind = RS_DENSE;
    features.dtype = RS_FLOAT64;
    features.n_rows = 2;
    features.width = 3;
    features.row_stride = 24;
    features.values = rows;
    label.dtype = RS_FLOAT32;
    label.width = 2;
    label.row_stride = 8;
    label.values = pairs;
    CHECK_EQ(write_rows(0, 2, 1, 0, 1000), RS_OK);
    check_text("0,1 1:1.5 3:-0\n0.25,inf 1:nan 2:0.1 3:1e300\n");
    CHECK_EQ(write_rows(0, 1, 0, RS_LIBSVM_KEEP_ZEROS, 1000), RS_OK);
    check_text("0,1 0:1.5 1:0 2:-0\n");
    /* last row first: a stride below 0 */
    features.values = rows + 3;
    features.row_stride = -24;
    CHECK_EQ(write_rows(0, 1, 1, 0, 1000), RS_OK);
    check_text("0,1 1:nan 2:0.1 3:1e300\n");
}

static void test_write_without_label(void)
{
    use_csr();
    label.kind = 0;
    CHECK_EQ(write_rows(0, 1, 1, 0, 1000), RS_OK);
    check_text("1:0.5 8:0\n");
    CHECK_EQ(write_rows(0, 3, 1, 0, 1000), RS_E_LABEL); /* the second would be blank */
    CHECK_EQ(err.row, 1);
    CHECK_EQ(end_row, 1);
    use_csr();
    static const uint8_t present[] = {1, 0, 1};
    label.present = present;
    CHECK_EQ(write_rows(0, 3, 1, 0, 1000), RS_E_LABEL);
    CHECK_EQ(err.row, 1);
}

static void test_write_capacity(void)
{
    const size_t row = RS_LIBSVM_LABEL_TEXT + 2 * RS_LIBSVM_VALUE_TEXT + 2;
    use_csr();
    CHECK_EQ(write_rows(0, 3, 1, 0, row - 1), RS_E_CAPACITY);
    CHECK_EQ(err.limit, row);
    CHECK_EQ(end_row, 0);
    CHECK_EQ(write_rows(0, 3, 1, 0, row), RS_OK);
    check_text("1 1:0.5 8:0\n-2\n");
    CHECK_EQ(end_row, 2);
    CHECK_EQ(write_rows(2, 3, 1, 0, row), RS_OK);
    CHECK_EQ(end_row, 3);

    /* the longest texts there are fit what was promised */
    static const double wide[] = {-0x1.fffffffffffffp-1022};
    static const int64_t keys[] = {INT64_MAX - 2};
    static const int64_t offsets[] = {0, 1};
    features.dtype = label.dtype = RS_FLOAT64;
    features.values = label.values = wide;
    features.keys = keys;
    features.key_size = 8;
    features.offsets = offsets;
    features.n_values = features.n_rows = 1;
    const size_t longest = RS_LIBSVM_LABEL_TEXT + RS_LIBSVM_VALUE_TEXT + 2;
    CHECK_EQ(write_rows(0, 1, 1, 0, longest), RS_OK);
    check_text("-4.4501477170144023e-308 9223372036854775806:-4.4501477170144023e-308\n");
    CHECK(n_written <= longest);
}

int main(void)
{
    test_scan();
    test_whole_grammar();
    test_facts_add_up();
    test_no_rows();
    test_options();
    test_stops_at_max_rows();
    test_errors();
    test_narrow_blocks();
    test_capacity();
    test_write_csr();
    test_write_dense();
    test_write_without_label();
    test_write_capacity();
    return check_report();
}
