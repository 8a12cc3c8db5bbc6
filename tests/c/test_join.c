/* Split records made whole, in the three ways. */
#include "check.h"
#include "recordsmith/recordsmith.h"

#define MAGIC "\x0a\x23\xd7\xce"
#define FRAME(part_and_len, payload) MAGIC part_and_len payload
#define WHOLE_3 FRAME("\x03\x00\x00\x00", "\x1a\x01z\x00")

typedef struct joined {
    uint8_t bytes[256];
    size_t n_read;
    size_t n;
    rs_status status;
    rs_error err;
} joined;

static joined join(const char *in, size_t n, int mode)
{
    joined out;
    memset(&out, 0x5a, sizeof out);
    out.status = rs_join_frames((const uint8_t *)in, n, mode, out.bytes, n, &out.n_read,
                                &out.n, &out.err);
    CHECK(out.n <= out.n_read && out.n_read <= n);
    CHECK_EQ(out.bytes[n], 0x5a); /* nothing beyond what was lent */
    return out;
}
#define JOIN(in, mode) join(in, sizeof in - 1, mode)
#define CHECK_JOINED(out, want) CHECK_BYTES((out).bytes, (out).n, want, sizeof want - 1)

static void test_modes(void)
{
    static const char parts[] = WHOLE_3 FRAME("\x04\x00\x00\x20", "abcd")
        FRAME("\x00\x00\x00\x40", "") FRAME("\x02\x00\x00\x60", "ef\x00\x00");
    joined out = JOIN(parts, RS_JOIN_MAGIC);
    CHECK_EQ(out.status, RS_OK);
    CHECK_JOINED(out, WHOLE_3 FRAME("\x0e\x00\x00\x00", "abcd" MAGIC MAGIC "ef\x00\x00"));
    out = JOIN(parts, RS_JOIN_PLAIN);
    CHECK_EQ(out.status, RS_OK);
    CHECK_JOINED(out, WHOLE_3 FRAME("\x06\x00\x00\x00", "abcdef\x00\x00"));
    /* neither is a record: the error is that of the magic's way, at the record's start */
    out = JOIN(parts, RS_JOIN_RECORDS);
    CHECK(out.status <= RS_E_TRUNCATED);
    CHECK_EQ(out.err.offset, 12);
    CHECK_EQ(out.err.row, 1);
    CHECK_EQ(out.n_read, 12);
    CHECK_JOINED(out, WHOLE_3);
}

static void test_records(void)
{
    /* uid of 8 bytes, 4 of which are the magic */
    static const char with_magic[] =
        FRAME("\x04\x00\x00\x20", "\x1a\x08xx") FRAME("\x02\x00\x00\x60", "yy\x00\x00");
    joined out = JOIN(with_magic, RS_JOIN_RECORDS);
    CHECK_EQ(out.status, RS_E_TEXT); /* the magic is not UTF-8 */
    /* a Bytes value may hold it */
    static const char blob[] =
        FRAME("\x08\x00\x00\x20", "\x0a\x0c\x12\x0a\x4a\x08\x0a\x06")
            FRAME("\x02\x00\x00\x60", "yy\x00\x00");
    out = JOIN(blob, RS_JOIN_RECORDS);
    CHECK_EQ(out.status, RS_OK);
    CHECK_JOINED(out, FRAME("\x0e\x00\x00\x00",
                            "\x0a\x0c\x12\x0a\x4a\x08\x0a\x06" MAGIC "yy\x00\x00"));
    /* cut elsewhere by a writer that leaves nothing out */
    static const char plain[] =
        FRAME("\x04\x00\x00\x20", "\x1a\x04xx") FRAME("\x02\x00\x00\x60", "yy\x00\x00");
    out = JOIN(plain, RS_JOIN_RECORDS);
    CHECK_EQ(out.status, RS_OK);
    CHECK_JOINED(out, FRAME("\x06\x00\x00\x00", "\x1a\x04xxyy\x00\x00"));
}

static void test_places(void)
{
    CHECK_EQ(JOIN(FRAME("\x00\x00\x00\x60", ""), RS_JOIN_MAGIC).status, RS_E_PART);
    CHECK_EQ(JOIN(FRAME("\x00\x00\x00\x40", ""), RS_JOIN_MAGIC).status, RS_E_PART);
    CHECK_EQ(JOIN(FRAME("\x00\x00\x00\x80", ""), RS_JOIN_MAGIC).status, RS_E_PART);
    static const char twice[] =
        FRAME("\x00\x00\x00\x20", "") FRAME("\x00\x00\x00\x20", "");
    joined out = JOIN(twice, RS_JOIN_MAGIC);
    CHECK_EQ(out.status, RS_E_PART);
    CHECK_EQ(out.err.offset, 8);
    static const char open[] = WHOLE_3 FRAME("\x04\x00\x00\x20", "abcd");
    out = JOIN(open, RS_JOIN_MAGIC);
    CHECK_EQ(out.status, RS_NEED_MORE);
    CHECK_EQ(out.n_read, 12);
    CHECK_JOINED(out, WHOLE_3);
    CHECK_EQ(JOIN("", RS_JOIN_MAGIC).status, RS_OK);
    CHECK_EQ(JOIN("", 3).status, RS_E_ARGUMENT);
    uint8_t small[11];
    size_t n_read, n_written;
    rs_error err;
    CHECK_EQ(rs_join_frames((const uint8_t *)WHOLE_3, 12, RS_JOIN_MAGIC, small, 11,
                            &n_read, &n_written, &err),
             RS_E_CAPACITY);
}

int main(void)
{
    test_modes();
    test_records();
    test_places();
    return check_report();
}
