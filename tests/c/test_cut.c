/* Payloads cut at the magic number, and taken out of their frames again. */
#include "check.h"
#include "recordsmith/recordsmith.h"

#define MAGIC "\x0a\x23\xd7\xce"
#define FRAME(part_and_len, payload) MAGIC part_and_len payload

/* Cuts, and takes the payload back: `out` is exactly as long as it has to be. */
static void check_cut(const char *payload, size_t n, const char *want, size_t n_want,
                      size_t n_frames_want)
{
    uint8_t out[128];
    uint8_t back[128];
    rs_error err;
    rs_parts record;
    size_t n_frames, n_written = 0;
    const size_t size = rs_cut_size((const uint8_t *)payload, n, &n_frames);
    CHECK_EQ(size, n_want);
    CHECK_EQ(n_frames, n_frames_want);
    memset(out, 0x5a, sizeof out);
    CHECK_EQ(rs_cut_wrap((const uint8_t *)payload, n, out, size, &n_written, &err),
             RS_OK);
    CHECK_BYTES(out, n_written, want, n_want);
    CHECK_EQ(out[size], 0x5a); /* nothing beyond what was lent */

    CHECK_EQ(rs_record_peek(out, size, &record, &err), RS_OK);
    CHECK_EQ(record.n_bytes, size);
    CHECK_EQ(record.n_parts, n_frames);
    CHECK_EQ(rs_payload_size(&record, true), n);
    memset(back, 0x5a, sizeof back);
    CHECK(rs_take_payload(out, &record, true, back));
    CHECK_BYTES(back, n, payload, n);
    CHECK_EQ(back[n], 0x5a);

    for (size_t less = 0; less < size; less++) {
        memset(out, 0x5a, sizeof out);
        const rs_status status =
            rs_cut_wrap((const uint8_t *)payload, n, out, less, &n_written, &err);
        CHECK_EQ(status, RS_E_CAPACITY);
        CHECK_EQ(out[less], 0x5a);
    }
}
#define CHECK_CUT(payload, want, n_frames)                                               \
    check_cut(payload, sizeof payload - 1, want, sizeof want - 1, n_frames)

static void test_cut(void)
{
    CHECK_CUT("", FRAME("\x00\x00\x00\x00", ""), 1);
    CHECK_CUT("abcde", FRAME("\x05\x00\x00\x00", "abcde\0\0\0"), 1);
    CHECK_CUT(MAGIC, FRAME("\x00\x00\x00\x20", "") FRAME("\x00\x00\x00\x60", ""), 2);
    CHECK_CUT("abcd" MAGIC "ef",
              FRAME("\x04\x00\x00\x20", "abcd") FRAME("\x02\x00\x00\x60", "ef\0\0"), 2);
    CHECK_CUT(MAGIC MAGIC "abcd",
              FRAME("\x00\x00\x00\x20", "") FRAME("\x00\x00\x00\x40", "")
                  FRAME("\x04\x00\x00\x60", "abcd"),
              3);
}

static void test_not_cut(void)
{
    /* at no multiple of 4, or not all of it */
    CHECK_CUT("x" MAGIC "abc", FRAME("\x08\x00\x00\x00", "x" MAGIC "abc"), 1);
    CHECK_CUT("abcd\x0a\x23\xd7", FRAME("\x07\x00\x00\x00", "abcd\x0a\x23\xd7\0"), 1);
}

/* Long payloads are looked at many words at a time: no place is passed over. */
static void test_every_place(void)
{
    enum { N = 700 };
    uint8_t payload[N];
    uint8_t out[N + 32];
    rs_parts record;
    rs_error err;
    for (size_t at = 0; at + 4 <= N; at++) {
        size_t n_frames, n_written = 0;
        memset(payload, 0x0a, N); /* the magic's first byte, everywhere */
        memcpy(payload + at, MAGIC, 4);
        const size_t size = rs_cut_size(payload, N, &n_frames);
        CHECK_EQ(n_frames, at % 4 == 0 ? 2 : 1);
        CHECK_EQ(rs_cut_wrap(payload, N, out, size, &n_written, &err), RS_OK);
        CHECK_EQ(n_written, size);
        CHECK_EQ(rs_record_peek(out, size, &record, &err), RS_OK);
        CHECK_EQ(record.n_parts, n_frames);
        CHECK_EQ(record.n_payload, N - 4 * (n_frames - 1));
    }
}

static void test_too_long(void)
{
    static const uint8_t byte = 0;
    uint8_t out[8];
    size_t n_frames, n_written;
    rs_error err;
    CHECK_EQ(rs_cut_size(&byte, RS_MAX_PAYLOAD + 1, &n_frames), 0);
    CHECK_EQ(rs_cut_wrap(&byte, RS_MAX_PAYLOAD + 1, out, 8, &n_written, &err),
             RS_E_TOO_LONG);
    CHECK_EQ(err.found, RS_MAX_PAYLOAD + 1);
    CHECK_EQ(n_written, 0);
}

static void test_peek(void)
{
    static const char parts[] = FRAME("\x04\x00\x00\x20", "abcd")
        FRAME("\x01\x00\x00\x40", "e\0\0\0") FRAME("\x02\x00\x00\x60", "fg\0\0");
    const uint8_t *in = (const uint8_t *)parts;
    rs_parts record;
    rs_error err;
    uint8_t out[16];
    CHECK_EQ(rs_record_peek(in, sizeof parts - 1, &record, &err), RS_OK);
    CHECK_EQ(record.n_bytes, 36);
    CHECK_EQ(record.n_parts, 3);
    CHECK_EQ(record.n_payload, 7);
    CHECK_EQ(rs_payload_size(&record, false), 7);
    CHECK(rs_take_payload(in, &record, false, out));
    CHECK_BYTES(out, 7, "abcdefg", 7);
    CHECK_EQ(rs_payload_size(&record, true), 15);
    CHECK(rs_take_payload(in, &record, true, out));
    CHECK_BYTES(out, 15, "abcd" MAGIC "e" MAGIC "fg", 15);

    for (size_t n = 0; n < 36; n++) {
        CHECK_EQ(rs_record_peek(in, n, &record, &err), RS_NEED_MORE);
        CHECK(record.n_bytes > n); /* and never more than there is in the end */
        CHECK(record.n_bytes <= 36);
    }
    CHECK_EQ(rs_record_peek(in + 12, 24, &record, &err), RS_E_PART);
    CHECK_EQ(err.offset, 0);
    CHECK_EQ(rs_record_peek(in + 4, 8, &record, &err), RS_E_MAGIC);
    static const char broken[] = FRAME("\x04\x00\x00\x20", "abcd") "abcdefgh";
    CHECK_EQ(rs_record_peek((const uint8_t *)broken, 20, &record, &err), RS_E_MAGIC);
    CHECK_EQ(err.offset, 12);
}

/* The bytes were others when they were looked at: no more is read or written than then. */
static void test_changed(void)
{
    char bytes[] = FRAME("\x04\x00\x00\x20", "abcd") FRAME("\x04\x00\x00\x60", "efgh");
    uint8_t *in = (uint8_t *)bytes;
    uint8_t out[13];
    rs_parts record;
    rs_error err;
    CHECK_EQ(rs_record_peek(in, 24, &record, &err), RS_OK);
    out[12] = 0x5a;
    for (int length = 0; length < 256; length++) {
        in[4] = (uint8_t)length;
        CHECK_EQ(rs_take_payload(in, &record, true, out), length == 4);
        CHECK_EQ(out[12], 0x5a);
    }
    in[4] = 8; /* the second header ends beyond the bytes */
    CHECK(!rs_take_payload(in, &record, true, out));
}

int main(void)
{
    test_cut();
    test_not_cut();
    test_every_place();
    test_too_long();
    test_peek();
    test_changed();
    return check_report();
}
