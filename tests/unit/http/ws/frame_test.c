/* Frames as bytes: by the RFC's examples, and by what wslay says of the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>
#include <wslay/wslay.h>

#include "http/ws/frame.h"

static const uint8_t key[WS_KEY] = { 0x37, 0xFA, 0x21, 0x3D };

static void the_rfcs_examples_are_read(void **state)
{
    static uint8_t hello[] = "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58";
    static const uint8_t ping[] = "\x89\x05Hello", fragment[] = "\x01\x03Hel",
                         k64[] = "\x82\x7F\0\0\0\0\0\x01\0\0";
    struct ws_frame f;
    const char *why;
    size_t need;

    (void)state;
    assert_int_equal(ws_frame_read(hello, sizeof hello - 1, &f, &need, &why), WS_FRAME_READ);
    assert_true(f.fin && f.masked && f.opcode == WS_TEXT && f.head == 6 && f.len == 5);
    ws_frame_mask(hello + f.head, 5, f.key);
    assert_memory_equal(hello + f.head, "Hello", 5);
    assert_int_equal(ws_frame_read(ping, sizeof ping - 1, &f, &need, &why), WS_FRAME_READ);
    assert_true(f.fin && !f.masked && f.opcode == WS_PING && f.head == 2 && f.len == 5);
    assert_int_equal(ws_frame_read(fragment, sizeof fragment - 1, &f, &need, &why), WS_FRAME_READ);
    assert_true(!f.fin && f.opcode == WS_TEXT && f.len == 3);
    assert_int_equal(ws_frame_read(k64, sizeof k64 - 1, &f, &need, &why), WS_FRAME_READ);
    assert_true(f.opcode == WS_BINARY && f.head == 10 && f.len == 65536);
}

static void a_head_that_is_cut_says_how_much_it_needs(void **state)
{
    static const struct {
        uint64_t len;
        size_t head, masked_head;
    } forms[] = { { 0, 2, 6 },     { 125, 2, 6 },     { 126, 4, 8 },
                  { 65535, 4, 8 }, { 65536, 10, 14 }, { INT64_MAX, 10, 14 } };
    uint8_t out[WS_HEAD_MAX];
    struct ws_frame f;
    const char *why;
    size_t need, head;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof forms / sizeof forms[0]; i++) {
        const uint8_t *mask = i % 2 ? key : NULL;

        head = ws_frame_write(out, WS_TEXT, forms[i / 2].len, mask);
        assert_int_equal(head, mask ? forms[i / 2].masked_head : forms[i / 2].head);
        for (size_t cut = 0; cut < head; cut++) {
            assert_int_equal(ws_frame_read(out, cut, &f, &need, &why), WS_FRAME_MORE);
            assert_int_equal(need, cut < 2 ? 2 : head);
        }
        assert_int_equal(ws_frame_read(out, head, &f, &need, &why), WS_FRAME_READ);
        assert_true(f.fin && f.opcode == WS_TEXT && f.len == forms[i / 2].len && f.head == head);
        assert_int_equal(f.masked, mask != NULL);
    }
}

struct feed { /* what wslay reads or writes */
    uint8_t bytes[70100];
    size_t len, at;
};

static ssize_t give(uint8_t *to, size_t len, int flags, void *ctx)
{
    struct feed *feed = ctx;
    size_t left = feed->len - feed->at;

    (void)flags;
    if (left < len)
        len = left;
    memcpy(to, feed->bytes + feed->at, len);
    feed->at += len;
    return (ssize_t)len;
}

static ssize_t take(const uint8_t *from, size_t len, int flags, void *ctx)
{
    struct feed *feed = ctx;

    (void)flags;
    memcpy(feed->bytes + feed->len, from, len);
    feed->len += len;
    return (ssize_t)len;
}

static int mask_key(uint8_t *to, size_t len, void *ctx)
{
    (void)ctx;
    memcpy(to, key, len);
    return 0;
}

static const struct wslay_frame_callbacks callbacks = { take, give, mask_key };

static void what_is_written_is_byte_for_byte_what_wslay_writes(void **state)
{
    static const size_t lengths[] = { 0,   1,    2,    3,    4,     5,     7,    8,
                                      9,   15,   16,   17,   124,   125,   126,  127,
                                      330, 4095, 4096, 4097, 65535, 65536, 70000 };
    static struct feed theirs;
    static uint8_t text[70000], ours[70100];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof lengths[0]; i++) {
        size_t len = lengths[i / 2], head;
        struct wslay_frame_iocb io = { .fin = 1,
                                       .opcode = WSLAY_TEXT_FRAME,
                                       .mask = i % 2,
                                       .payload_length = len,
                                       .data = text,
                                       .data_length = len };
        wslay_frame_context_ptr wslay;

        theirs.len = theirs.at = 0;
        assert_int_equal(wslay_frame_context_init(&wslay, &callbacks, &theirs), 0);
        assert_int_equal(wslay_frame_send(wslay, &io), len);
        wslay_frame_context_free(wslay);

        head = ws_frame_write(ours, WS_TEXT, len, i % 2 ? key : NULL);
        memcpy(ours + head, text, len);
        if (i % 2)
            ws_frame_mask(ours + head, len, key);
        assert_int_equal(head + len, theirs.len);
        assert_memory_equal(ours, theirs.bytes, theirs.len);
    }
}

/* Any first two bytes, with three lengths behind them: wslay and we take the same ones. It knows
 * nothing of reserved bits and opcodes, which are for the layer above it. */
static void what_is_read_is_what_wslay_reads(void **state)
{
    static const uint8_t lengths[][8] = { { 0, 0, 0, 0, 0, 0, 0, 5 },
                                          { 0, 126, 0, 0, 0, 0, 0, 0 },
                                          { 0, 0, 0, 0, 0, 1, 0, 0 },
                                          { 0x80, 0, 0, 0, 0, 1, 0, 0 } };
    static struct feed feed;
    unsigned read = 0;

    (void)state;
    for (unsigned i = 0; i < 65536 * 4; i++) {
        struct wslay_frame_iocb io = { 0 };
        wslay_frame_context_ptr wslay;
        enum ws_frame_answer answer;
        struct ws_frame f;
        const char *why;
        size_t need;
        ssize_t theirs;

        memset(feed.bytes, 'x', 300);
        feed.bytes[0] = (uint8_t)i;
        feed.bytes[1] = (uint8_t)(i >> 8);
        memcpy(feed.bytes + 2, lengths[i >> 16], 8);
        feed.len = 300;
        feed.at = 0;
        answer = ws_frame_read(feed.bytes, feed.len, &f, &need, &why);
        assert_int_equal(wslay_frame_context_init(&wslay, &callbacks, &feed), 0);
        theirs = wslay_frame_recv(wslay, &io);
        if (answer == WS_FRAME_READ) {
            assert_true(theirs >= 0);
            assert_true(io.rsv == 0 && io.fin == f.fin && io.opcode == f.opcode);
            assert_true(io.mask == f.masked && io.payload_length == f.len);
            read++;
        } else if (theirs >= 0) {
            assert_true(io.rsv != 0 || (io.opcode & 7) > 2);
        }
        wslay_frame_context_free(wslay);
    }
    assert_in_range(read, 5000, 30000);
}

static void masking_twice_changes_nothing_at_any_place(void **state)
{
    uint8_t bytes[64], again[64];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t from = 0; from < 9; from++)
        for (size_t len = 0; from + len <= sizeof bytes; len++) {
            memcpy(again, bytes, sizeof bytes);
            ws_frame_mask(again + from, len, key);
            for (size_t i = 0; i < sizeof bytes; i++)
                assert_int_equal(again[i], i < from || i >= from + len
                                               ? bytes[i]
                                               : bytes[i] ^ key[(i - from) % WS_KEY]);
            ws_frame_mask(again + from, len, key);
            assert_memory_equal(again, bytes, sizeof bytes);
        }
}

static void text_is_judged_at_every_place(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } parts[] = { { "\xC3\xA9", true },      { "\xF0\x9F\x93\x9E", true },
                  { "\xED\x9F\xBF", true },  { "\xF4\x8F\xBF\xBF", true },
                  { "\xC0\x80", false },     { "\x80", false },
                  { "\xED\xA0\x80", false }, { "\xF4\x90\x80\x80", false },
                  { "\xE2\x82", false },     { "\xFF", false } };

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (size_t before = 0; before < 20; before++)
            for (size_t after = 0; after < 20; after++) {
                char text[64];
                size_t len = strlen(parts[i].text);

                memset(text, 'a', sizeof text);
                memcpy(text + before, parts[i].text, len);
                assert_int_equal(ws_text_is_utf8((struct cm_str){ text, before + len + after }),
                                 parts[i].good);
            }
    assert_true(ws_text_is_utf8(CM_STR("\0 and \0")));
    assert_true(ws_text_is_utf8((struct cm_str){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_examples_are_read),
        cmocka_unit_test(a_head_that_is_cut_says_how_much_it_needs),
        cmocka_unit_test(what_is_written_is_byte_for_byte_what_wslay_writes),
        cmocka_unit_test(what_is_read_is_what_wslay_reads),
        cmocka_unit_test(masking_twice_changes_nothing_at_any_place),
        cmocka_unit_test(text_is_judged_at_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
