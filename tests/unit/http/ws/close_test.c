/* How connections end: by the client, by the server, by neither. */
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

static int start_with(void **state, struct cm_ws_limits limits)
{
    struct host *host = malloc(sizeof *host);

    assert_non_null(host);
    host_start(host, (struct cm_ws_server_options){ .limits = limits });
    *state = host;
    return 0;
}

static int start(void **state)
{
    return start_with(state, (struct cm_ws_limits){
                                 .idle_ms = WAIT_MS, .closing_ms = WAIT_MS, .queue_max = 200000 });
}

static int start_hasty(void **state)
{
    return start_with(state, (struct cm_ws_limits){ .idle_ms = 1000, .closing_ms = 600 });
}

static int stop(void **state)
{
    host_stop(*state);
    free(*state);
    return 0;
}

static void assert_ended(struct host *host, unsigned code, const char *why)
{
    host_wait(host, &host->closed, 1);
    assert_int_equal(host->code, code);
    assert_string_equal(host->why, why);
}

static void a_clients_goodbye_is_answered_by_its_code(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");

    peer_text(&peer, "last words");
    peer_frame(&peer, 0x88, "\x03\xE9moved on", 10);
    assert_frame(&peer, 0x81, "last words");
    assert_frame(&peer, 0x88, "\x03\xE9");
    assert_true(peer_hear_end(&peer, WAIT_MS));
    assert_ended(host, 1001, "moved on");
    peer_close(&peer);
}

static void a_goodbye_without_a_code_is_answered_without_one(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");

    peer_frame(&peer, 0x88, "", 0);
    assert_frame(&peer, 0x88, "");
    assert_true(peer_hear_end(&peer, WAIT_MS));
    assert_ended(host, 1005, "");
    peer_close(&peer);
}

static void the_servers_goodbye_comes_after_what_it_said_and_waits_for_the_answer(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/close");

    peer_text(&peer, "who am I?");
    assert_frame(&peer, 0x81, "who am I?");
    assert_frame(&peer, 0x88, "\x03\xF0not you");
    peer_text(&peer, "is not heard any more"); /* or the host would send, and fail */
    assert_int_equal(host_count(host, &host->closed), 0);
    peer_frame(&peer, 0x88, "\x03\xF0", 2);
    assert_true(peer_hear_end(&peer, WAIT_MS));
    assert_ended(host, 1008, "not you");
    peer_close(&peer);
}

static void a_goodbye_that_is_not_answered_ends_in_time(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/close");
    int64_t from_ms = cm_mono_ms();

    peer_text(&peer, "x");
    host_wait(host, &host->closed, 1);
    assert_in_range(cm_mono_ms() - from_ms, 500, WAIT_MS);
    assert_ended(host, 1008, "the peer did not answer our close");
    assert_true(peer_hear_end(&peer, WAIT_MS));
    peer_close(&peer);
}

static void an_abort_is_a_reset(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/abort");
    char byte;

    peer_text(&peer, "x");
    assert_int_equal(recv(peer.fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    assert_ended(host, 1006, "aborted");
    peer_close(&peer);
}

static void a_client_that_leaves_without_a_word_is_1006(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");

    peer_close(&peer);
    assert_ended(host, 1006, "the peer left without a close frame");
}

static void a_connection_that_nobody_takes_is_closed(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/nobody");

    assert_closed(&peer, 1011);
    assert_int_equal(host_count(host, &host->closed), 0);
    peer_close(&peer);
}

static void a_client_that_answers_pings_stays_and_one_that_does_not_is_ended(void **state)
{
    struct host *host = *state;
    struct peer live = peer_upgraded(host, "/echo"), dead = peer_upgraded(host, "/echo");

    for (int i = 0; i < 4; i++) {
        assert_frame(&live, 0x89, "");
        peer_frame(&live, 0x8A, "", 0);
    }
    assert_ended(host, 1006, "the peer answered no ping");
    assert_frame(&dead, 0x89, "");
    assert_true(peer_hear_end(&dead, WAIT_MS));
    peer_text(&live, "still here");
    assert_frame(&live, 0x81, "still here");
    assert_int_equal(host_count(host, &host->closed), 1);
    peer_close(&live);
    peer_close(&dead);
}

static void a_queue_that_is_full_takes_no_more_and_says_when_it_is_empty(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/flood");

    /* 20,000 bytes each and room for 200,000. All wait until the end of the turn. */
    peer_text(&peer, "go");
    for (unsigned i = 0; i < 9; i++) {
        struct frame frame = peer_hear_frame(&peer);

        assert_int_equal(frame.first, 0x81);
        assert_int_equal(frame.payload.len, 20000);
        cm_buf_finish(&frame.payload);
    }
    assert_frame(&peer, 0x81, "drained");
    assert_int_equal(host_count(host, &host->flooded), 9);
    assert_int_equal(host_count(host, &host->drained), 1);
    peer_close(&peer);
}

static void a_slow_reader_holds_so_much_and_gets_all_of_it(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/flood");
    unsigned rounds = 0, heard = 0, drained = 0;

    /* Goes on until the kernel takes no more: then a request adds fewer than nine messages. */
    for (unsigned before = 0, added = 9; added == 9 && rounds < 400; rounds++) {
        peer_text(&peer, "go");
        host_wait(host, &host->messages, rounds + 1);
        added = host_count(host, &host->flooded) - before;
        before += added;
    }
    assert_in_range(rounds, 2, 399);
    while (heard < host_count(host, &host->flooded) || drained < host_count(host, &host->drained)) {
        struct frame frame = peer_hear_frame(&peer);

        assert_int_not_equal(frame.first, 0);
        heard += frame.first == 0x81 && frame.payload.len == 20000;
        drained += frame.first == 0x81 && frame.payload.len == 7;
        cm_buf_finish(&frame.payload);
    }
    assert_in_range(drained, 1, rounds);
    assert_int_equal(host_count(host, &host->closed), 0);
    peer_close(&peer);
}

#define STORY(name)       cmocka_unit_test_setup_teardown(name, start, stop)
#define HASTY_STORY(name) cmocka_unit_test_setup_teardown(name, start_hasty, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_clients_goodbye_is_answered_by_its_code),
        STORY(a_goodbye_without_a_code_is_answered_without_one),
        STORY(the_servers_goodbye_comes_after_what_it_said_and_waits_for_the_answer),
        HASTY_STORY(a_goodbye_that_is_not_answered_ends_in_time),
        STORY(an_abort_is_a_reset),
        STORY(a_client_that_leaves_without_a_word_is_1006),
        STORY(a_connection_that_nobody_takes_is_closed),
        HASTY_STORY(a_client_that_answers_pings_stays_and_one_that_does_not_is_ended),
        STORY(a_queue_that_is_full_takes_no_more_and_says_when_it_is_empty),
        STORY(a_slow_reader_holds_so_much_and_gets_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
