/* Who may come in: handshakes over the wire, their deadline, the cap, many connections. */
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "until.h"

enum { CAP = 3, CROWD = 500, DEADLINE_MS = 1000 };

#define HEAD(target)                                                                               \
    "GET " target " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"          \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static int start_with(void **state, struct cm_ws_server_options options)
{
    struct host *host = malloc(sizeof *host);

    assert_non_null(host);
    host_start(host, options);
    *state = host;
    return 0;
}

static int start(void **state)
{
    return start_with(state, (struct cm_ws_server_options){ .handshake_ms = WAIT_MS });
}

static int start_hasty(void **state)
{
    return start_with(state, (struct cm_ws_server_options){ .handshake_ms = DEADLINE_MS });
}

static int start_small(void **state)
{
    return start_with(state, (struct cm_ws_server_options){ .connections_max = CAP });
}

static int start_for_crowd(void **state)
{
    return start_with(state, (struct cm_ws_server_options){ .loops = 2 });
}

static int stop(void **state)
{
    host_stop(*state);
    free(*state);
    return 0;
}

static void assert_refused(struct host *host, const char *request, unsigned status)
{
    struct peer peer = peer_dial(host->port);
    struct answer answer;

    peer_say(&peer, request);
    answer = peer_hear(&peer);
    assert_int_equal(answer.status, status);
    assert_true(peer_hear_end(&peer, WAIT_MS));
    answer_finish(&answer);
    peer_close(&peer);
}

static void what_is_no_handshake_is_answered_and_closed(void **state)
{
    struct host *host = *state;
    char *much = calloc(1, 20001);

    assert_non_null(much);
    memset(much, 'x', 20000);
    assert_refused(host, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426);
    assert_refused(host, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405);
    assert_refused(host, "GET / HTTP/1.1\nHost: x\n\n", 400);
    assert_refused(host, "\x16\x03\x01\x02\n", 400); /* TLS, perhaps */
    assert_refused(host, much, 431);
    assert_refused(host, HEAD("/no"), 403);
    assert_int_equal(host_metric(host, "callmill_ws_refused_total{reason=\"handshake\"}"), 5);
    assert_int_equal(host_metric(host, "callmill_ws_refused_total{reason=\"admit\"}"), 1);
    assert_int_equal(host_count(host, &host->opened), 0);
    free(much);
}

static void a_head_that_drips_is_read_and_what_follows_it_at_once_is_heard(void **state)
{
    static const char all[] = HEAD("/echo") "\x81\x82\0\0\0\0hi";
    struct host *host = *state;
    struct peer peer = peer_dial(host->port);

    for (size_t i = 0; i < sizeof HEAD("/echo") - 2; i++)
        peer_say_bytes(&peer, all + i, 1);
    peer_say_bytes(&peer, all + sizeof HEAD("/echo") - 2, sizeof all - sizeof HEAD("/echo") + 1);
    assert_true(peer_hear_text(&peer, "\r\n\r\n", WAIT_MS));
    assert_frame(&peer, 0x81, "hi");
    peer_close(&peer);
}

static void a_head_that_does_not_come_is_answered_408(void **state)
{
    struct host *host = *state;
    int64_t from_ms = cm_mono_ms();
    struct peer silent = peer_dial(host->port), slow = peer_dial(host->port);
    struct answer answer;

    peer_say(&slow, "GET / HTTP/1.1\r\nHost: ");
    answer = peer_hear(&slow);
    assert_int_equal(answer.status, 408);
    answer_finish(&answer);
    assert_true(peer_hear_end(&silent, WAIT_MS));
    assert_in_range(cm_mono_ms() - from_ms, DEADLINE_MS, WAIT_MS);
    assert_int_equal(host_metric(host, "callmill_ws_refused_total{reason=\"deadline\"}"), 2);
    peer_close(&silent);
    peer_close(&slow);
}

static bool is_let_in(struct host *host)
{
    struct peer peer = peer_dial(host->port);
    struct answer answer;

    peer_say(&peer, HEAD("/echo"));
    answer = peer_hear_head(&peer);
    peer_close(&peer);
    return answer.status == 101;
}

static void connections_over_the_cap_are_told_503_and_freed_ones_serve_again(void **state)
{
    struct host *host = *state;
    struct peer peers[CAP];

    for (int i = 0; i < CAP; i++)
        peers[i] = peer_upgraded(host, "/echo");
    assert_refused(host, HEAD("/echo"), 503);
    assert_int_equal(host_metric(host, "callmill_ws_refused_total{reason=\"connections\"}"), 1);
    peer_text(&peers[0], "undisturbed");
    assert_frame(&peers[0], 0x81, "undisturbed");

    for (int i = 0; i < CAP; i++)
        peer_close(&peers[i]);
    host_wait(host, &host->closed, CAP);
    until(is_let_in(host));
}

static void many_idle_connections_keep_nobody_waiting(void **state)
{
    static struct peer crowd[CROWD];
    struct host *host = *state;
    struct rlimit files = { 0 };

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = peer_upgraded(host, i % 2 ? "/echo" : "/silent");
    assert_int_equal(cm_ws_server_open(host->server), CROWD);
    for (int i = 1; i < CROWD; i += 50) {
        char text[20];

        snprintf(text, sizeof text, "from %d", i);
        peer_text(&crowd[i], text);
        assert_frame(&crowd[i], 0x81, text);
    }
    for (int i = 0; i < CROWD; i++)
        peer_close(&crowd[i]);
    host_wait(host, &host->closed, CROWD);
    until(cm_ws_server_open(host->server) == 0); /* counted once the last has been told */
}

static void an_address_that_is_taken_is_said(void **state)
{
    struct host *host = *state;
    struct cm_ws_server_options options = { .loops = 1 };
    struct cm_ws_server *second = NULL;
    struct cm_err err;
    char addr[40], want[80];

    snprintf(addr, sizeof addr, "127.0.0.1:%u", host->port);
    options.addr = addr;
    assert_int_equal(cm_ws_server_start(&options, &second, &err), CM_FATAL);
    snprintf(want, sizeof want, "listen on %s: Address already in use", addr);
    assert_string_equal(err.msg, want);
    assert_null(second);
    options.loops = 1000;
    assert_int_equal(cm_ws_server_start(&options, &second, &err), CM_FATAL);
    assert_string_equal(err.msg, "WebSocket server: 1000 loops; at most 256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_no_handshake_is_answered_and_closed, start, stop),
        cmocka_unit_test_setup_teardown(
            a_head_that_drips_is_read_and_what_follows_it_at_once_is_heard, start, stop),
        cmocka_unit_test_setup_teardown(a_head_that_does_not_come_is_answered_408, start_hasty,
                                        stop),
        cmocka_unit_test_setup_teardown(
            connections_over_the_cap_are_told_503_and_freed_ones_serve_again, start_small, stop),
        cmocka_unit_test_setup_teardown(many_idle_connections_keep_nobody_waiting, start_for_crowd,
                                        stop),
        cmocka_unit_test_setup_teardown(an_address_that_is_taken_is_said, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
