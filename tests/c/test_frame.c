/* Framing, the constant text, and looking for a frame. */
#include "check.h"
#include "recordsmith/recordsmith.h"

static const uint8_t HELLO[] = {0x0a, 0x23, 0xd7, 0xce, 0x05, 0, 0, 0,
                                'h',  'e',  'l',  'l',  'o',  0, 0, 0};

static void test_text(void)
{
    CHECK(strcmp(rs_version(), "0.1.0") == 0);
    CHECK(strcmp(rs_status_name(RS_OK), "RS_OK") == 0);
    CHECK(strcmp(rs_status_name(RS_SPLIT), "RS_SPLIT") == 0);
    CHECK(strcmp(rs_status_name(RS_E_CHARACTER), "RS_E_CHARACTER") == 0);
    CHECK(strcmp(rs_status_name((rs_status)-99), "RS_?") == 0);
}

static void test_wrap(void)
{
    uint8_t out[32];
    size_t n = 99;
    rs_error err;
    memset(out, 0xee, sizeof out);
    CHECK_EQ(rs_frame_wrap(HELLO + 8, 5, out, sizeof HELLO, &n, &err), RS_OK);
    CHECK_BYTES(out, n, HELLO, sizeof HELLO);
    CHECK_EQ(out[sizeof HELLO], 0xee);

    memset(out, 0xee, sizeof out);
    CHECK_EQ(rs_frame_wrap(HELLO + 8, 5, out, sizeof HELLO - 1, &n, &err), RS_E_CAPACITY);
    CHECK_EQ(n, 0);
    CHECK_EQ(out[0], 0xee);
    CHECK_EQ(err.found, 16);
    CHECK_EQ(err.limit, 15);

    CHECK_EQ(rs_frame_wrap(NULL, 0, out, 8, &n, &err), RS_OK);
    CHECK_EQ(n, 8);
    CHECK_EQ(out[4], 0);
    CHECK_EQ(out[8], 0xee);

    CHECK_EQ(rs_frame_wrap(HELLO, RS_MAX_PAYLOAD + 1, out, sizeof out, &n, &err),
             RS_E_TOO_LONG);
    CHECK_EQ(err.limit, 0x1fffffff);
}

static void test_size(void)
{
    CHECK_EQ(rs_frame_size(0), 8);
    CHECK_EQ(rs_frame_size(1), 12);
    CHECK_EQ(rs_frame_size(4), 12);
    CHECK_EQ(rs_frame_size(RS_MAX_PAYLOAD), 0x20000008);
    CHECK_EQ(rs_frame_size(RS_MAX_PAYLOAD + 1), 0);
    CHECK_EQ(rs_frame_size(SIZE_MAX), 0);
}

static void test_peek(void)
{
    rs_frame frame;
    rs_error err;
    CHECK_EQ(rs_frame_peek(HELLO, sizeof HELLO, &frame, &err), RS_OK);
    CHECK_EQ(frame.part, 0);
    CHECK_EQ(frame.payload_len, 5);
    CHECK_EQ(frame.frame_len, 16);
    for (size_t n = 0; n < 8; n++) {
        CHECK_EQ(rs_frame_peek(HELLO, n, &frame, &err), RS_NEED_MORE);
        CHECK_EQ(frame.frame_len, 8);
    }
    for (size_t n = 8; n < sizeof HELLO; n++) {
        CHECK_EQ(rs_frame_peek(HELLO, n, &frame, &err), RS_NEED_MORE);
        CHECK_EQ(frame.payload_len, 5);
        CHECK_EQ(frame.frame_len, 16);
    }

    uint8_t bad[16];
    memcpy(bad, HELLO, sizeof bad);
    bad[7] = 0x60; /* the last part of a split record */
    CHECK_EQ(rs_frame_peek(bad, sizeof bad, &frame, &err), RS_OK);
    CHECK_EQ(frame.part, 3);
    CHECK_EQ(frame.payload_len, 5);
    bad[7] = 0x80; /* there is no part 4 */
    CHECK_EQ(rs_frame_peek(bad, sizeof bad, &frame, &err), RS_E_PART);
    CHECK_EQ(err.offset, 4);
    CHECK_EQ(err.found, 4);
    CHECK_EQ(err.limit, 3);
    bad[3] = 0xcf;
    CHECK_EQ(rs_frame_peek(bad, 4, &frame, &err), RS_E_MAGIC);
    CHECK_EQ(err.found, 0xcfd7230a);
    CHECK_EQ(err.offset, 0);
}

static void test_find(void)
{
    uint8_t in[40] = {0};
    memcpy(in + 12, HELLO, sizeof HELLO);
    CHECK_EQ(rs_find_frame(in, sizeof in, 0), 12);
    CHECK_EQ(rs_find_frame(in, sizeof in, 12), 12);
    CHECK_EQ(rs_find_frame(in, sizeof in, 16), sizeof in);
    CHECK_EQ(rs_find_frame(in, sizeof in, 2), sizeof in); /* not in its steps */
    CHECK_EQ(rs_find_frame(in, 19, 0), 19);               /* no length word */
    CHECK_EQ(rs_find_frame(in, 20, 0), 12);
    CHECK_EQ(rs_find_frame(in, sizeof in, sizeof in), sizeof in);
    CHECK_EQ(rs_find_frame(in, sizeof in, 1000), sizeof in);
    CHECK_EQ(rs_find_frame(NULL, 0, 0), 0);
    in[19] = 0xe0; /* part 7: not plausible */
    CHECK_EQ(rs_find_frame(in, sizeof in, 0), sizeof in);
}

int main(void)
{
    test_text();
    test_wrap();
    test_size();
    test_peek();
    test_find();
    return check_report();
}
