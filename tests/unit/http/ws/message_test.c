/* Messages and frames against the server: what may come, and what each breach of a rule costs. */
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int start(void **state)
{
    struct host *host = malloc(sizeof *host);

    assert_non_null(host);
    host_start(host, (struct cm_ws_server_options){ .limits.message_max = 70000 });
    *state = host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    free(*state);
    return 0;
}

static void assert_echo(struct peer *peer, size_t len)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct frame frame;

    for (size_t i = 0; i < len; i++)
        cm_buf_char(&text, (char)('a' + i % 26));
    peer_frame(peer, 0x81, cm_buf_view(&text).at, len);
    frame = peer_hear_frame(peer);
    assert_int_equal(frame.first, 0x81);
    assert_false(frame.masked);
    assert_int_equal(frame.payload.len, len);
    if (len)
        assert_memory_equal(frame.payload.at, text.at, len);
    cm_buf_finish(&frame.payload);
}

static void every_form_of_length_comes_back_whole(void **state)
{
    static const size_t lengths[] = { 0, 1, 7, 8, 9, 124, 125, 126, 127, 300, 65535, 65536, 70000 };
    struct peer peer = peer_upgraded(*state, "/echo");

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_echo(&peer, lengths[i]);
    peer_close(&peer);
}

static void many_messages_in_one_piece_come_back_in_their_order(void **state)
{
    struct peer peer = peer_upgraded(*state, "/echo");
    char text[20];

    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "message %d", i);
        peer_text(&peer, text);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "message %d", i);
        assert_frame(&peer, 0x81, text);
    }
    peer_close(&peer);
}

/* Every cut of a frame is met: in its head, in its key, in what it carries. */
static void bytes_that_drip_one_by_one_make_messages(void **state)
{
    static const char frames[] = "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58" /* RFC 6455, 5.7 */
                                 "\x01\x81\x20\x20\x20\x20\x41"
                                 "\x89\x82\x20\x20\x20\x20\x50\x49"
                                 "\x80\xFE\x00\x7E\x20\x20\x20\x20";
    struct peer peer = peer_upgraded(*state, "/echo");
    char many[128] = "a";

    for (size_t i = 0; i < sizeof frames - 1; i++)
        peer_say_bytes(&peer, frames + i, 1);
    for (int i = 0; i < 126; i++)
        peer_say_bytes(&peer, "B", 1); /* 'b' behind its mask */
    memset(many + 1, 'b', 126);
    assert_frame(&peer, 0x81, "Hello");
    assert_frame(&peer, 0x8A, "pi");
    assert_frame(&peer, 0x81, many);
    peer_close(&peer);
}

static void fragments_make_one_message_with_control_frames_between(void **state)
{
    struct peer peer = peer_upgraded(*state, "/echo");

    peer_frame(&peer, 0x01, "one ", 4);
    peer_frame(&peer, 0x89, "are you there?", 14);
    peer_frame(&peer, 0x00, "", 0);
    peer_frame(&peer, 0x8A, "", 0);
    peer_frame(&peer, 0x00, "two \xC3", 5); /* a character may be cut */
    peer_frame(&peer, 0x80, "\xA9", 1);
    assert_frame(&peer, 0x8A, "are you there?");
    assert_frame(&peer, 0x81, "one two \xC3\xA9");
    peer_text(&peer, "after it");
    assert_frame(&peer, 0x81, "after it");
    peer_close(&peer);
}

static void text_may_hold_any_character(void **state)
{
    struct peer peer = peer_upgraded(*state, "/echo");
    struct frame frame;

    peer_frame(&peer, 0x81, "a\0b", 3);
    frame = peer_hear_frame(&peer);
    assert_int_equal(frame.payload.len, 3);
    assert_memory_equal(frame.payload.at, "a\0b", 3);
    cm_buf_finish(&frame.payload);
    peer_text(&peer, "plain ascii first, then \xF0\x9F\x93\x9E and \xE2\x82\xAC");
    assert_frame(&peer, 0x81, "plain ascii first, then \xF0\x9F\x93\x9E and \xE2\x82\xAC");
    peer_close(&peer);
}

struct breach {
    const char *bytes;
    size_t len;
    unsigned code;
    const char *why;
};
#define BYTES(literal) literal, sizeof(literal) - 1
#define KEY            "\0\0\0\0"

static void every_breach_is_told_by_its_code_and_ends_the_connection(void **state)
{
    static const struct breach breaches[] = {
        { BYTES("\x81\x02hi"), 1002, "an unmasked frame from a client" },
        { BYTES("\xC1\x80" KEY), 1002, "a reserved bit is set" },
        { BYTES("\xA1\x80" KEY), 1002, "a reserved bit is set" },
        { BYTES("\x91\x80" KEY), 1002, "a reserved bit is set" },
        { BYTES("\x83\x80" KEY), 1002, "a reserved opcode" },
        { BYTES("\x8B\x80" KEY), 1002, "a reserved opcode" },
        { BYTES("\x09\x80" KEY), 1002,
          "a control frame that is fragmented or longer than 125 bytes" },
        { BYTES("\x89\xFE\x00\x7E" KEY), 1002,
          "a control frame that is fragmented or longer than 125 bytes" },
        { BYTES("\x81\xFE\x00\x7D" KEY), 1002, "a length that is not in its shortest form" },
        { BYTES("\x81\xFF\0\0\0\0\0\0\xFF\xFF" KEY), 1002,
          "a length that is not in its shortest form" },
        { BYTES("\x81\xFF\x80\0\0\0\0\0\0\0" KEY), 1002, "a length beyond 63 bits" },
        { BYTES("\x80\x80" KEY), 1002, "a continuation of nothing" },
        { BYTES("\x01\x80" KEY "\x81\x80" KEY), 1002, "a message within a fragmented one" },
        { BYTES("\x82\x81" KEY "x"), 1003, "a binary message" },
        { BYTES("\x81\x82" KEY "\xC3("), 1007, "the text is no UTF-8" },
        { BYTES("\x81\x83" KEY "\xED\xA0\x80"), 1007, "the text is no UTF-8" },
        { BYTES("\x81\x81" KEY "\xC3"), 1007, "the text is no UTF-8" },
        { BYTES("\x81\xFF\0\0\0\0\0\x01\x11\x71" KEY), 1009, "the message is too long" },
        { BYTES("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF" KEY), 1009, "the message is too long" },
        { BYTES("\x88\x81" KEY "\x03"), 1002, "a close frame with a code that must not be sent" },
        { BYTES("\x88\x82" KEY "\x03\xEE"), 1002,
          "a close frame with a code that must not be sent" },
        { BYTES("\x88\x82" KEY "\x03\xEC"), 1002,
          "a close frame with a code that must not be sent" },
        { BYTES("\x88\x82" KEY "\0\0"), 1002, "a close frame with a code that must not be sent" },
        { BYTES("\x88\x84" KEY "\x03\xE8\xFF\xFF"), 1007, "the close frame's reason is no UTF-8" },
    };
    struct host *host = *state;

    for (unsigned i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
        const struct breach *b = &breaches[i];
        struct peer peer = peer_upgraded(host, "/silent");

        peer_say_bytes(&peer, b->bytes, b->len);
        peer_try_say(&peer, "\x81\x80" KEY, 6); /* nothing is heard after it */
        assert_closed(&peer, b->code);
        host_wait(host, &host->closed, i + 1);
        assert_int_equal(host->code, b->code);
        assert_string_equal(host->why, b->why);
        peer_close(&peer);
    }
    assert_int_equal(host_count(host, &host->messages), 0);
}

static void fragments_are_too_long_together(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/silent");
    static char much[40000];

    peer_frame(&peer, 0x01, much, sizeof much);
    peer_frame(&peer, 0x80, much, sizeof much);
    assert_closed(&peer, 1009);
    host_wait(host, &host->closed, 1);
    assert_int_equal(host->messages, 0);
    peer_close(&peer);
}

static void what_was_counted_is_what_was_said(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");

    peer_text(&peer, "four");
    peer_text(&peer, "eleven more");
    assert_frame(&peer, 0x81, "four");
    assert_frame(&peer, 0x81, "eleven more");
    assert_int_equal(host_metric(host, "callmill_ws_connections"), 1);
    assert_int_equal(cm_ws_server_open(host->server), 1);
    peer_frame(&peer, 0x88, "\x0F\xA1gone", 6);
    assert_closed(&peer, 4001);
    host_wait(host, &host->closed, 1);
    cm_ws_server_stop(host->server, 0);
    assert_int_equal(host_metric(host, "callmill_ws_connections"), 0);
    assert_int_equal(host_metric(host, "callmill_ws_messages_total{way=\"in\"}"), 2);
    assert_int_equal(host_metric(host, "callmill_ws_messages_total{way=\"out\"}"), 2);
    assert_int_equal(host_metric(host, "callmill_ws_bytes_total{way=\"in\"}"), 15);
    assert_int_equal(host_metric(host, "callmill_ws_closed_total{code=\"4xxx\"}"), 1);
    peer_close(&peer);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(every_form_of_length_comes_back_whole),
        STORY(many_messages_in_one_piece_come_back_in_their_order),
        STORY(bytes_that_drip_one_by_one_make_messages),
        STORY(fragments_make_one_message_with_control_frames_between),
        STORY(text_may_hold_any_character),
        STORY(every_breach_is_told_by_its_code_and_ends_the_connection),
        STORY(fragments_are_too_long_together),
        STORY(what_was_counted_is_what_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
