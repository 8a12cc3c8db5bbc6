/* Private: where encoded rows go.
 *
 * Small outputs are written in place. Large ones pass through a block that stays in the
 * nearest cache and are then stored past the caches, as memcpy does with large blocks:
 * otherwise the processor would first read each line that is about to be overwritten.
 * Lines leave the block soon, and what is read next is asked for early, so that reading
 * and writing go on at the same time. In blocks of many KiB they take turns, which costs
 * half as much again.
 */
#ifndef RECORDSMITH_SINK_H
#define RECORDSMITH_SINK_H

#include "wire.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define RS_CAN_STREAM 1
#else
#define RS_CAN_STREAM 0
#endif

#define RS_LINE ((size_t)64)
#define RS_STAGE_SIZE ((size_t)32 * 1024)
#define RS_FLUSH_MIN ((size_t)512)
#define RS_LONG_PART ((size_t)1024) /* at least what is appended in one go */
#define RS_LAG ((size_t)1024)       /* bytes too fresh to be read back without a stall */
#define RS_AHEAD ((size_t)2048)     /* bytes between what is read and what is asked for */
#define RS_STREAM_MIN ((size_t)4 << 20) /* below, the reader finds the bytes in a cache */

typedef struct rs_sink {
    uint8_t *out;           /* the next byte of the caller's memory that is not final */
    size_t room;            /* bytes from `out` to the end of the capacity */
    uint8_t *p;             /* where the next row goes: in `stage`, or at `out` itself */
    uint8_t *end;           /* nothing is written from here on */
    const uint8_t *waiting; /* staged bytes from here to `p` belong at `out` */
    bool is_staged;
    uint8_t *stage; /* aligned to a line */
    uint8_t block[RS_STAGE_SIZE + RS_LINE];
} rs_sink;

/* Asks for n bytes that lie RS_AHEAD behind `p`, whether or not anything is there. */
static inline void rs_ask_ahead(const void *p, size_t n)
{
#if RS_CAN_STREAM
    const uintptr_t ahead = (uintptr_t)p + RS_AHEAD;
    for (size_t i = 0; i < n; i += RS_LINE) {
        _mm_prefetch((const char *)(ahead + i), _MM_HINT_T0);
    }
#else
    (void)p;
    (void)n;
#endif
}

/* Asks for n bytes that are about to be overwritten, likewise. */
static inline void rs_ask_to_write(const void *p, size_t n)
{
#if RS_CAN_STREAM && defined(__GNUC__)
    const uintptr_t ahead = (uintptr_t)p + RS_AHEAD;
    for (size_t i = 0; i < n; i += RS_LINE) {
        __builtin_prefetch((const void *)(ahead + i), 1);
    }
#else
    (void)p;
    (void)n;
#endif
}

/* Whole lines; `out` is aligned to one. */
static inline void rs_stream_lines(uint8_t *out, const uint8_t *from, size_t n, bool ask)
{
#if RS_CAN_STREAM
    for (size_t i = 0; i < n; i += RS_LINE) {
        if (ask) {
            rs_ask_ahead(from + i, RS_LINE);
        }
        const __m128i *in = (const __m128i *)(const void *)(from + i);
        __m128i *to = (__m128i *)(void *)(out + i);
        const __m128i a = _mm_loadu_si128(in);
        const __m128i b = _mm_loadu_si128(in + 1);
        const __m128i c = _mm_loadu_si128(in + 2);
        const __m128i d = _mm_loadu_si128(in + 3);
        _mm_stream_si128(to, a);
        _mm_stream_si128(to + 1, b);
        _mm_stream_si128(to + 2, c);
        _mm_stream_si128(to + 3, d);
    }
#else
    (void)ask;
    memcpy(out, from, n);
#endif
}

/* Begins the stage anew, at the place in a line that `out` has. */
static inline void rs_restart_stage(rs_sink *sink)
{
    sink->p = sink->stage + ((uintptr_t)sink->out & (RS_LINE - 1));
    sink->waiting = sink->p;
}

static inline void rs_open_sink(rs_sink *sink, uint8_t *out, size_t capacity)
{
    sink->out = out;
    sink->room = capacity;
    sink->is_staged = RS_CAN_STREAM && capacity >= RS_STREAM_MIN;
    sink->p = out;
    sink->end = capacity != 0 ? out + capacity : out; /* NULL may not be added to */
    sink->waiting = out;
    sink->stage = sink->block + (-(uintptr_t)sink->block & (RS_LINE - 1));
    if (sink->is_staged) {
        sink->end = sink->stage + RS_STAGE_SIZE;
        rs_restart_stage(sink);
    }
}

/* Before the first byte: writes in place after all. */
static inline void rs_unstage_sink(rs_sink *sink)
{
    sink->is_staged = false;
    sink->p = sink->out;
    sink->end = sink->out + sink->room;
}

/* Bytes that wait in the stage. */
static inline size_t rs_sink_pending(const rs_sink *sink)
{
    return sink->is_staged ? (size_t)(sink->p - sink->waiting) : 0;
}

static inline void rs_advance_sink(rs_sink *sink, size_t n)
{
    sink->waiting += n;
    sink->out += n;
    sink->room -= n;
}

/* Lets the first n waiting bytes go; beyond a line that is begun they are whole lines. */
static inline void rs_let_go(rs_sink *sink, size_t n)
{
    const size_t n_head = -(uintptr_t)sink->waiting & (RS_LINE - 1);
    if (n_head != 0) {
        const size_t n_first = n < n_head ? n : n_head;
        memcpy(sink->out, sink->waiting, n_first);
        rs_advance_sink(sink, n_first);
        n -= n_first;
    }
    rs_stream_lines(sink->out, sink->waiting, n, false);
    rs_advance_sink(sink, n);
}

/* Lets all whole lines go, and the rest too if `all`, and begins the stage anew. */
static inline void rs_flush_sink(rs_sink *sink, bool all)
{
    const size_t n_rest = (uintptr_t)sink->p & (RS_LINE - 1);
    const size_t n = (size_t)(sink->p - sink->waiting);
    if (n >= n_rest) {
        rs_let_go(sink, n - n_rest);
    }
    const uint8_t *rest = sink->waiting;
    const size_t n_left = (size_t)(sink->p - rest);
    if (all) {
        memcpy(sink->out, rest, n_left);
        rs_advance_sink(sink, n_left);
    }
    rs_restart_stage(sink);
    if (!all) {
        memmove(sink->p, rest, n_left);
        sink->p += n_left;
    }
}

/* Lets lines go that are no longer fresh, once there are some, and sees to it that the
 * stage has room for `n_next` bytes. */
static inline void rs_flush_lines(rs_sink *sink, size_t n_next)
{
    const size_t n = (size_t)(sink->p - sink->waiting);
    if ((size_t)(sink->end - sink->p) < n_next) {
        rs_flush_sink(sink, false);
    } else if (n >= RS_LAG + RS_FLUSH_MIN) {
        const size_t n_head = -(uintptr_t)sink->waiting & (RS_LINE - 1);
        rs_let_go(sink, n_head + ((n - n_head - RS_LAG) & ~(RS_LINE - 1)));
    }
}

/* Writes many bytes: most lines go to the output as they are read. There is room. */
static inline void rs_append_sink(rs_sink *sink, const uint8_t *bytes, size_t n)
{
    const size_t n_head = -(uintptr_t)sink->p & (RS_LINE - 1);
    if (n < n_head + RS_LINE) {
        memcpy(sink->p, bytes, n);
        sink->p += n;
        rs_flush_lines(sink, RS_LONG_PART);
        return;
    }
    memcpy(sink->p, bytes, n_head);
    sink->p += n_head;
    rs_flush_sink(sink, false); /* leaves nothing in the stage */
    const size_t n_lines = (n - n_head) & ~(RS_LINE - 1);
    rs_stream_lines(sink->out, bytes + n_head, n_lines, true);
    sink->out += n_lines;
    sink->room -= n_lines;
    memcpy(sink->p, bytes + n_head + n_lines, n - n_head - n_lines);
    sink->p += n - n_head - n_lines;
}

/* Unstaged: what was written up to `p` is final. */
static inline void rs_settle_sink(rs_sink *sink)
{
    if (!sink->is_staged) {
        sink->room -= (size_t)(sink->p - sink->out);
        sink->out = sink->p;
    }
}

/* Makes all that was written final, and visible to other threads in the usual order. */
static inline void rs_close_sink(rs_sink *sink)
{
    if (sink->is_staged) {
        rs_flush_sink(sink, true);
#if RS_CAN_STREAM
        _mm_sfence();
#endif
    }
}

#endif
