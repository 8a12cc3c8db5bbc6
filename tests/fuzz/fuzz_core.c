/* Hostile frames and records: no access outside the lent memory, no crash, and these laws:
 *  - every path of the two reading passes says and writes the same (FORMAT.md, I5);
 *  - a run read in two halves gives what it gives in one;
 *  - what scan and fill accept, rs_record_check accepts, and the other way round;
 *  - joined frames are whole, no longer than the parts, and join to themselves;
 *  - payloads are taken out of frames as those are joined, and come back when they are cut.
 *
 * The first byte of the input chooses the target, the second one options. The rest is
 * frames; or records, each behind its length in two bytes, which are framed here so that
 * mutations need not keep a header right. Build as a libFuzzer target, or with
 * -DRS_REPLAY_MAIN to run files given as arguments, or standard input.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "paths.h"
#include "recordsmith/recordsmith.h"

enum { DECODE_RECORDS, DECODE_FRAMES, JOIN, N_TARGETS };
enum { OPTION_NARROW_KEYS = 1, OPTION_NARROW_OFFSETS = 2, OPTION_RAGGED = 4 };
enum { MAX_COLUMNS = 24 };

static const unsigned PATHS[] = {RS_ANY_PATH, RS_GENERAL_ONLY, RS_NO_REPEATS, RS_PORTABLE,
                                 RS_PORTABLE | RS_NO_REPEATS};
enum { N_PATHS = sizeof PATHS / sizeof PATHS[0] };

/* Exactly n bytes, so that a sanitizer sees the first one too many. */
static void *lend(uint64_t n)
{
    void *memory = malloc(n == 0 ? 1 : (size_t)n);
    REQUIRE(memory != NULL);
    memset(memory, 0xa5, (size_t)n);
    return memory;
}

static bool same(const void *a, const void *b, uint64_t n)
{
    return n == 0 || memcmp(a, b, (size_t)n) == 0;
}

/* ------------------------------------------------------------------- decoding */

typedef struct run {
    rs_column columns[MAX_COLUMNS];
    rs_scan scan;
    rs_status status;
    rs_error err;
} run;

static void scan_run(run *r, const uint8_t *in, size_t n, uint64_t max_records,
                     unsigned paths)
{
    memset(r, 0, sizeof *r);
    memset(r->columns, 0xa5, sizeof r->columns);
    r->status = rs_scan_paths(in, n, max_records, r->columns, MAX_COLUMNS, &r->scan,
                              paths, &r->err);
}

static bool same_run(const run *a, const run *b)
{
    return a->status == b->status && same(&a->scan, &b->scan, sizeof a->scan) &&
           same(a->columns, b->columns, a->scan.n_columns * sizeof(rs_column)) &&
           (a->status >= 0 || same(&a->err, &b->err, sizeof a->err));
}

static unsigned element_size(const rs_column *column)
{
    return column->dtype == RS_BYTES ? 1 : column->dtype == RS_FLOAT64 ? 8 : 4;
}

static uint8_t choose_kind(const rs_column *column, unsigned options)
{
    if (column->dtype == RS_NO_DTYPE) {
        return RS_DENSE; /* no array but `present` is written */
    }
    if (column->role > RS_LABEL) {
        return RS_TEXT;
    }
    if (column->dtype == RS_BYTES) {
        return RS_BLOBS;
    }
    if (column->sparse == 1 || (column->sparse == 2 && (options & OPTION_RAGGED) != 0)) {
        return RS_CSR;
    }
    return column->min_width == column->max_width && (options & OPTION_RAGGED) == 0
               ? RS_DENSE
               : RS_RAGGED;
}

/* Arrays of exactly the size that the scan says, for records [begin, end) of a run whose
 * whole is `whole`, or of all records if that is NULL. */
static void lend_target(rs_target *to, const rs_column *column, unsigned options,
                        uint64_t n_records, const rs_target *whole, uint64_t begin)
{
    memset(to, 0, sizeof *to);
    to->kind = choose_kind(column, options);
    to->offset_size = (options & OPTION_NARROW_OFFSETS) != 0 ? 4 : 8;
    to->key_size = (options & OPTION_NARROW_KEYS) != 0 ? 4 : 8;
    to->n_keys_limit = UINT64_MAX;
    to->width = column->max_width;
    to->n_values = column->n_values;
    to->n_items = column->n_items;
    if (to->kind == RS_DENSE) {
        to->n_values = n_records * to->width;
    } else if (whole != NULL) {
        int64_t edges[2] = {0, 0};
        for (unsigned i = 0; i < 2; i++) {
            const uint64_t at = begin + i * n_records;
            edges[i] = to->offset_size == 8 ? ((const int64_t *)whole->offsets)[at]
                                            : ((const int32_t *)whole->offsets)[at];
        }
        to->first_offset = edges[0];
        to->n_values = to->n_items = (uint64_t)(edges[1] - edges[0]);
        if (to->kind == RS_BLOBS) {
            to->first_item_byte = whole->item_offsets[edges[0]];
            to->n_values =
                (uint64_t)(whole->item_offsets[edges[1]] - to->first_item_byte);
        }
    }
    to->values = lend(to->n_values * element_size(column));
    to->keys = lend(to->kind == RS_CSR ? to->n_values * to->key_size : 0);
    to->offsets = lend((n_records + 1) * to->offset_size);
    to->item_offsets = lend((to->n_items + 1) * 8);
    to->present = lend(n_records);
}

static void free_targets(rs_target *targets, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        free(targets[c].values);
        free(targets[c].keys);
        free(targets[c].offsets);
        free(targets[c].item_offsets);
        free(targets[c].present);
    }
}

static void require_same_target(const rs_target *a, const rs_target *b,
                                const rs_column *column, uint64_t n_records)
{
    REQUIRE(same(a->present, b->present, n_records));
    if (column->dtype == RS_NO_DTYPE) {
        return;
    }
    REQUIRE(same(a->values, b->values, a->n_values * element_size(column)));
    REQUIRE(a->kind != RS_CSR || same(a->keys, b->keys, a->n_values * a->key_size));
    REQUIRE(a->kind == RS_DENSE ||
            same(a->offsets, b->offsets, (n_records + 1) * a->offset_size));
    REQUIRE(a->kind != RS_BLOBS ||
            same(a->item_offsets, b->item_offsets, (a->n_items + 1) * 8));
}

static size_t frame_len(const uint8_t *at)
{
    return RS_HEADER_SIZE + rs_padded(rs_load32(at + 4));
}

/* Records [begin, end) of the run into arrays of their own equal that part of the whole. */
static void check_half(const uint8_t *in, size_t n, const run *r, unsigned options,
                       const rs_target *whole, uint64_t begin, uint64_t end)
{
    rs_target half[MAX_COLUMNS];
    rs_error err;
    for (size_t c = 0; c < r->scan.n_columns; c++) {
        lend_target(&half[c], &r->columns[c], options, end - begin, &whole[c], begin);
    }
    REQUIRE(rs_fill_records(in, n, end - begin, r->columns, half, r->scan.n_columns,
                            &err) == RS_OK);
    for (size_t c = 0; c < r->scan.n_columns; c++) {
        rs_target part = whole[c];
        const rs_column *column = &r->columns[c];
        const uint64_t start = part.kind == RS_DENSE   ? begin * part.width
                               : part.kind == RS_BLOBS ? (uint64_t)half[c].first_item_byte
                                                       : (uint64_t)half[c].first_offset;
        part.values = (uint8_t *)part.values + start * element_size(column);
        part.keys =
            (uint8_t *)part.keys + (part.kind == RS_CSR ? start * part.key_size : 0);
        part.offsets = (uint8_t *)part.offsets + begin * part.offset_size;
        part.item_offsets += part.kind == RS_BLOBS ? half[c].first_offset : 0;
        part.present += begin;
        part.n_values = half[c].n_values;
        part.n_items = half[c].n_items;
        require_same_target(&part, &half[c], column, end - begin);
    }
    free_targets(half, r->scan.n_columns);
}

static void check_halves(const uint8_t *in, const run *r, unsigned options,
                         const rs_target *whole)
{
    const uint64_t middle = r->scan.n_records / 2;
    size_t cut = 0;
    for (uint64_t i = 0; i < middle; i++) {
        cut += frame_len(in + cut);
    }
    /* Only what belongs to each half is lent, so that reading ahead shows. */
    uint8_t *first = lend(cut);
    uint8_t *second = lend(r->scan.n_bytes - cut);
    memcpy(first, in, cut);
    memcpy(second, in + cut, r->scan.n_bytes - cut);
    check_half(first, cut, r, options, whole, 0, middle);
    check_half(second, r->scan.n_bytes - cut, r, options, whole, middle,
               r->scan.n_records);
    free(first);
    free(second);
}

/* Do all records pass rs_record_check? */
static bool all_sound(const uint8_t *in, uint64_t n_records)
{
    for (uint64_t i = 0; i < n_records; i++) {
        rs_error err;
        const size_t n = rs_load32(in + 4);
        uint8_t *payload = lend(n);
        memcpy(payload, in + RS_HEADER_SIZE, n);
        const rs_status status = rs_record_check(payload, n, &err);
        free(payload);
        if (status != RS_OK) {
            REQUIRE(status == err.status && err.offset >= 0 && (size_t)err.offset <= n);
            return false;
        }
        in += frame_len(in);
    }
    return true;
}

/* Fills a run by every path. */
static void check_fill(const uint8_t *in, size_t n, const run *r, unsigned options)
{
    rs_target targets[N_PATHS][MAX_COLUMNS];
    rs_error errors[N_PATHS];
    rs_status statuses[N_PATHS];
    const size_t n_columns = r->scan.n_columns;
    const uint64_t n_records = r->scan.n_records;
    for (size_t p = 0; p < N_PATHS; p++) {
        for (size_t c = 0; c < n_columns; c++) {
            lend_target(&targets[p][c], &r->columns[c], options, n_records, NULL, 0);
        }
        statuses[p] = rs_fill_paths(in, n, n_records, r->columns, targets[p], n_columns,
                                    PATHS[p], &errors[p]);
        REQUIRE(statuses[p] == statuses[0] && statuses[p] <= 0);
        REQUIRE(statuses[p] == RS_OK || same(&errors[p], &errors[0], sizeof errors[0]));
        for (size_t c = 0; statuses[p] == RS_OK && c < n_columns; c++) {
            require_same_target(&targets[p][c], &targets[0][c], &r->columns[c],
                                n_records);
        }
    }
    if ((options & OPTION_NARROW_KEYS) == 0) {
        REQUIRE((statuses[0] == RS_OK) == all_sound(in, n_records));
    }
    if (statuses[0] == RS_OK) {
        check_halves(in, r, options, targets[0]);
    }
    for (size_t p = 0; p < N_PATHS; p++) {
        free_targets(targets[p], n_columns);
    }
}

/* A scan that stops and goes on finds what one without a stop finds. */
static void check_stops(const uint8_t *in, size_t n, const run *r)
{
    run other;
    scan_run(&other, in, n, r->scan.n_records / 2, RS_ANY_PATH);
    REQUIRE(other.status == RS_OK && other.scan.n_records == r->scan.n_records / 2);
    other.status = rs_scan_records(in, n, UINT64_MAX, other.columns, MAX_COLUMNS,
                                   &other.scan, &other.err);
    REQUIRE(same_run(&other, r));
}

static void check_columns(const run *r)
{
    for (size_t c = 0; c < r->scan.n_columns; c++) {
        const rs_column *column = &r->columns[c];
        REQUIRE(column->n_present <= r->scan.n_records);
        REQUIRE((column->first_missing == UINT64_MAX) ==
                (column->n_present == r->scan.n_records));
        REQUIRE(column->min_width <= column->max_width);
        REQUIRE((column->first_other_width == UINT64_MAX) ==
                (column->min_width == column->max_width));
    }
}

static void decode(const uint8_t *in, size_t n, unsigned options)
{
    size_t begin = 0;
    while (begin < n) {
        run r;
        scan_run(&r, in + begin, n - begin, UINT64_MAX, RS_ANY_PATH);
        for (size_t p = 1; p < N_PATHS; p++) {
            run other;
            scan_run(&other, in + begin, n - begin, UINT64_MAX, PATHS[p]);
            REQUIRE(same_run(&r, &other));
        }
        REQUIRE(r.scan.n_bytes <= n - begin);
        check_columns(&r);
        check_stops(in + begin, n - begin, &r);
        check_fill(in + begin, n - begin, &r, options);
        begin += r.scan.n_bytes;
        if (r.status != RS_NEW_SCHEMA) {
            REQUIRE(r.status != RS_OK || begin == n);
            if (r.status <= RS_E_TRUNCATED && r.status != RS_E_TOO_MANY_FIELDS) {
                REQUIRE(!all_sound(in + begin, 1));
                REQUIRE(r.err.row == (int64_t)r.scan.n_records);
            }
            return;
        }
        REQUIRE(r.scan.n_records > 0);
    }
}

/* Frames around the records of the input. */
static void decode_records(const uint8_t *data, size_t size, unsigned options)
{
    uint8_t *frames = lend(6 * size + 16);
    size_t n = 0;
    while (size > 2) {
        rs_error err;
        size_t n_written = 0;
        size_t len = (size_t)data[0] | (size_t)data[1] << 8;
        len = len < size - 2 ? len : size - 2;
        REQUIRE(rs_frame_wrap(data + 2, len, frames + n, 6 * size + 16, &n_written,
                              &err) == RS_OK);
        n += n_written;
        data += 2 + len;
        size -= 2 + len;
    }
    uint8_t *exact = lend(n);
    memcpy(exact, frames, n);
    free(frames);
    decode(exact, n, options);
    free(exact);
}

/* -------------------------------------------------------------------- joining */

static void check_joined(const uint8_t *out, size_t n, int mode, bool was_split)
{
    size_t at = 0;
    while (at < n) {
        rs_frame frame;
        rs_error err;
        REQUIRE(rs_frame_peek(out + at, n - at, &frame, &err) == RS_OK &&
                frame.part == 0);
        REQUIRE(!was_split || mode != RS_JOIN_RECORDS ||
                rs_record_check(out + at + RS_HEADER_SIZE, frame.payload_len, &err) ==
                    RS_OK);
        at += frame.frame_len;
    }
}

static void join(const uint8_t *in, size_t n)
{
    for (int mode = RS_JOIN_RECORDS; mode <= RS_JOIN_PLAIN; mode++) {
        uint8_t *out = lend(n);
        uint8_t *again = lend(n);
        size_t n_read = 0, n_written = 0, n_again = 0, n_same = 0;
        rs_error err;
        rs_frame frame;
        const rs_status status =
            rs_join_frames(in, n, mode, out, n, &n_read, &n_written, &err);
        REQUIRE(n_read <= n && n_written <= n_read);
        REQUIRE(status != RS_OK || n_read == n);
        REQUIRE(status >= 0 ||
                (err.offset >= (int64_t)n_read && err.offset <= (int64_t)n));
        const bool one =
            n > 0 && rs_frame_peek(in, n, &frame, &err) == RS_OK && frame.part == 1;
        check_joined(out, n_written, mode, one && n_written == frame_len(out));
        REQUIRE(rs_join_frames(out, n_written, mode, again, n, &n_same, &n_again, &err) ==
                RS_OK);
        REQUIRE(n_again == n_written && same(out, again, n_written));
        REQUIRE(rs_join_frames(in, n_read, mode, again, n_read, &n_same, &n_again,
                               &err) == RS_OK);
        REQUIRE(n_again == n_written && same(out, again, n_written));
        free(out);
        free(again);
    }
    for (size_t at = 0; at <= n; at++) {
        const size_t found = rs_find_frame(in, n, at);
        REQUIRE(found == n || (found >= at && (found - at) % 4 == 0 &&
                               rs_load32(in + found) == RS_MAGIC));
        at = found > at ? found : at;
    }
}

/* Cut into frames and taken out of them, a payload is what it was. */
static void cut(const uint8_t *payload, size_t n)
{
    rs_error err;
    rs_parts record;
    size_t n_frames = 0, n_written = 0;
    const size_t size = rs_cut_size(payload, n, &n_frames);
    uint8_t *frames = lend(size);
    uint8_t *back = lend(n);
    REQUIRE(rs_cut_wrap(payload, n, frames, size, &n_written, &err) == RS_OK);
    REQUIRE(n_written == size);
    REQUIRE(rs_record_peek(frames, size, &record, &err) == RS_OK);
    REQUIRE(record.n_bytes == size && record.n_parts == n_frames);
    REQUIRE(rs_payload_size(&record, true) == n);
    REQUIRE(rs_take_payload(frames, &record, true, back) && same(back, payload, n));
    for (size_t at = 4; at < size; at += 4) { /* no magic where no frame begins */
        const bool begins = rs_load32(frames + at) == RS_MAGIC;
        n_frames -= begins;
    }
    REQUIRE(n_frames == 1);
    free(frames);
    free(back);
}

static void take(const uint8_t *in, size_t n)
{
    rs_error err;
    rs_parts record;
    rs_status status = RS_OK;
    cut(in, n);
    while (n > 0 && (status = rs_record_peek(in, n, &record, &err)) == RS_OK) {
        REQUIRE(record.n_bytes <= n && record.n_parts > 0);
        for (int with_magic = 0; with_magic <= 1; with_magic++) {
            const size_t n_payload = rs_payload_size(&record, with_magic != 0);
            uint8_t *payload = lend(n_payload);
            uint8_t *joined = lend(record.n_bytes);
            size_t n_read = 0, n_written = 0;
            REQUIRE(rs_take_payload(in, &record, with_magic != 0, payload));
            REQUIRE(rs_join_frames(in, record.n_bytes,
                                   with_magic != 0 ? RS_JOIN_MAGIC : RS_JOIN_PLAIN,
                                   joined, record.n_bytes, &n_read, &n_written,
                                   &err) == RS_OK);
            REQUIRE(n_written == RS_HEADER_SIZE + rs_padded(n_payload) &&
                    same(joined + RS_HEADER_SIZE, payload, n_payload));
            cut(payload, n_payload);
            free(payload);
            free(joined);
        }
        in += record.n_bytes;
        n -= record.n_bytes;
    }
    REQUIRE(status != RS_NEED_MORE || record.n_bytes > n);
    REQUIRE(status >= 0 || (err.offset >= 0 && err.offset <= (int64_t)n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const size_t n = size - 2;
    uint8_t *exact = lend(n);
    memcpy(exact, data + 2, n);
    switch (data[0] % N_TARGETS) {
    case DECODE_RECORDS: decode_records(exact, n, data[1]); break;
    case DECODE_FRAMES: decode(exact, n, data[1]); break;
    default:
        join(exact, n);
        take(exact, n);
        break;
    }
    free(exact);
    return 0;
}
