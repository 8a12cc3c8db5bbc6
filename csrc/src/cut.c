/* Payloads cut at the magic number, as dmlc-core's writer does. */
#include "wire.h"

enum { PART_WHOLE = 0, PART_FIRST = 1, PART_MIDDLE = 2, PART_LAST = 3, PART_SHIFT = 29 };
enum { STRIDE = 256 }; /* bytes looked at together, where there are as many */

static const uint8_t MAGIC_BYTES[4] = {0x0a, 0x23, 0xd7, 0xce};

/* In the host's own byte order, so that compilers make one comparison of many. */
static inline bool is_magic(const uint8_t *p)
{
    uint32_t found;
    uint32_t magic;
    memcpy(&found, p, 4);
    memcpy(&magic, MAGIC_BYTES, 4);
    return found == magic;
}

/* The next magic number from `at` on, in steps of 4; n, a multiple of 4, if there is none. */
static size_t next_magic(const uint8_t *p, size_t at, size_t n)
{
    for (; n - at >= STRIDE; at += STRIDE) {
        uint32_t count = 0; /* no way out of the loop: so it is made of vectors */
        for (size_t i = 0; i < STRIDE; i += 4) {
            count += is_magic(p + at + i);
        }
        if (count != 0) {
            break;
        }
    }
    while (at < n && !is_magic(p + at)) {
        at += 4;
    }
    return at;
}

size_t rs_cut_size(const uint8_t *payload, size_t payload_len, size_t *n_frames)
{
    size_t n_cuts = 0;
    *n_frames = 0;
    if (payload_len > RS_MAX_PAYLOAD) {
        return 0;
    }
    const size_t n_whole = payload_len & ~(size_t)3;
    for (size_t at = next_magic(payload, 0, n_whole); at < n_whole;
         at = next_magic(payload, at + 4, n_whole)) {
        n_cuts++;
    }
    *n_frames = n_cuts + 1;
    /* each cut leaves out 4 bytes and begins a frame of 8 more */
    return RS_HEADER_SIZE + rs_padded(payload_len) + 4 * n_cuts;
}

/* Writes one frame, if there is room, and returns the place after it; NULL if not. */
static uint8_t *put_part(uint8_t *out, const uint8_t *end, uint32_t part,
                         const uint8_t *payload, size_t n)
{
    if (RS_HEADER_SIZE + rs_padded(n) > (size_t)(end - out)) {
        return NULL;
    }
    rs_store32(out, RS_MAGIC);
    rs_store32(out + 4, part << PART_SHIFT | (uint32_t)n);
    out += RS_HEADER_SIZE;
    if (n != 0) {
        memcpy(out, payload, n);
    }
    memset(out + n, 0, rs_padded(n) - n);
    return out + rs_padded(n);
}

rs_status rs_cut_wrap(const uint8_t *payload, size_t payload_len, uint8_t *out,
                      size_t capacity, size_t *n_written, rs_error *err)
{
    const size_t n_whole = payload_len & ~(size_t)3;
    const uint8_t *end = out + capacity;
    uint8_t *to = out;
    size_t begin = 0;
    uint32_t part = PART_FIRST;
    *n_written = 0;
    if (payload_len > RS_MAX_PAYLOAD) {
        rs_fail(err, RS_E_TOO_LONG);
        err->found = (int64_t)payload_len;
        err->limit = (int64_t)RS_MAX_PAYLOAD;
        return RS_E_TOO_LONG;
    }
    for (size_t at = next_magic(payload, 0, n_whole); at < n_whole && to != NULL;
         at = next_magic(payload, at + 4, n_whole)) {
        to = put_part(to, end, part, payload + begin, at - begin);
        begin = at + 4;
        part = PART_MIDDLE;
    }
    if (to != NULL) {
        const uint32_t last = part == PART_FIRST ? PART_WHOLE : PART_LAST;
        to = put_part(to, end, last, payload + begin, payload_len - begin);
    }
    if (to == NULL) {
        return rs_fail(err, RS_E_CAPACITY);
    }
    *n_written = (size_t)(to - out);
    return RS_OK;
}
