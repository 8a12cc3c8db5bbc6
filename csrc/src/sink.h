/* Private: where encoded rows go.
 *
 * Small outputs are written in place. Large ones pass through a block that stays in the
 * nearest cache and are then stored past the caches, as memcpy does with large blocks:
 * otherwise the processor would first read each line that is about to be overwritten.
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
#define RS_STREAM_MIN ((size_t)4 << 20) /* below, the reader finds the bytes in a cache */

typedef struct rs_sink {
    uint8_t *out; /* the next byte of the caller's memory that is not final */
    size_t room;  /* bytes from `out` to the end of the capacity */
    uint8_t *p;   /* where the next row goes: in `stage`, or at `out` itself */
    uint8_t *end; /* nothing is written from here on */
    size_t lead;  /* bytes at the stage's head that stand for those before `out` */
    bool is_staged;
    uint8_t *stage; /* aligned to a line */
    uint8_t block[RS_STAGE_SIZE + RS_LINE];
} rs_sink;

/* Whole lines, both aligned. */
static inline void rs_stream_lines(uint8_t *out, const uint8_t *from, size_t n)
{
#if RS_CAN_STREAM
    for (size_t i = 0; i < n; i += RS_LINE) {
        const __m128i *in = (const __m128i *)(const void *)(from + i);
        __m128i *to = (__m128i *)(void *)(out + i);
        const __m128i a = _mm_load_si128(in);
        const __m128i b = _mm_load_si128(in + 1);
        const __m128i c = _mm_load_si128(in + 2);
        const __m128i d = _mm_load_si128(in + 3);
        _mm_stream_si128(to, a);
        _mm_stream_si128(to + 1, b);
        _mm_stream_si128(to + 2, c);
        _mm_stream_si128(to + 3, d);
    }
#else
    memcpy(out, from, n);
#endif
}

/* Points the stage's first line at the line of `out`. */
static inline void rs_restart_stage(rs_sink *sink)
{
    sink->lead = (uintptr_t)sink->out & (RS_LINE - 1);
    sink->p = sink->stage + sink->lead;
}

static inline void rs_open_sink(rs_sink *sink, uint8_t *out, size_t capacity)
{
    sink->out = out;
    sink->room = capacity;
    sink->is_staged = RS_CAN_STREAM && capacity >= RS_STREAM_MIN;
    sink->p = out;
    sink->end = out + capacity;
    sink->stage = sink->block + (-(uintptr_t)sink->block & (RS_LINE - 1));
    if (sink->is_staged) {
        sink->end = sink->stage + RS_STAGE_SIZE;
        rs_restart_stage(sink);
    }
}

/* Bytes written, final or not, beyond `out`. */
static inline size_t rs_sink_pending(const rs_sink *sink)
{
    return sink->is_staged ? (size_t)(sink->p - sink->stage) - sink->lead : 0;
}

/* Moves whole lines of what is staged to the output, and the rest of it too if `all`. */
static inline void rs_flush_sink(rs_sink *sink, bool all)
{
    const uint8_t *from = sink->stage + sink->lead;
    size_t n = rs_sink_pending(sink);
    const size_t n_head = -sink->lead & (RS_LINE - 1);
    const size_t n_first = n < n_head ? n : n_head;
    const size_t n_lines = (n - n_first) & ~(RS_LINE - 1);
    const size_t n_rest = n - n_first - n_lines;
    memcpy(sink->out, from, n_first);
    rs_stream_lines(sink->out + n_first, from + n_first, n_lines);
    from += n_first + n_lines;
    sink->out += n_first + n_lines;
    sink->room -= n_first + n_lines;
    if (all) {
        memcpy(sink->out, from, n_rest);
        sink->out += n_rest;
        sink->room -= n_rest;
    }
    rs_restart_stage(sink);
    if (!all) {
        memmove(sink->p, from, n_rest);
        sink->p += n_rest;
    }
}

/* Copies bytes of any number through the stage. There is room for them. */
static inline void rs_append_sink(rs_sink *sink, const uint8_t *bytes, size_t n)
{
    while (n != 0) {
        const size_t room = (size_t)(sink->end - sink->p);
        const size_t n_now = n < room ? n : room;
        memcpy(sink->p, bytes, n_now);
        sink->p += n_now;
        bytes += n_now;
        n -= n_now;
        if (sink->p == sink->end) {
            rs_flush_sink(sink, false);
        }
    }
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
