/* How the server stops: nobody new, time for those that are there, a goodbye, the end. */
#include "frames.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "until.h"

static int start(void **state)
{
    struct host *host = malloc(sizeof *host);

    assert_non_null(host);
    host_start(host, (struct cm_ws_server_options){ .loops = 2, .limits = { .closing_ms = 700 } });
    *state = host;
    return 0;
}

static int stop(void **state)
{
    struct host *host = *state;

    cm_ws_server_stop(host->server, -1);
    assert_int_equal(host->loops_open, 2);
    assert_int_equal(host->loops_closed, 2);
    assert_int_equal(host->closed, host->opened);
    host_stop(host);
    free(host);
    return 0;
}

/* The listening sockets are closed then. */
static bool is_refused(unsigned port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    CM_OWN_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno == ECONNREFUSED;
}

static void nobody_new_is_taken_and_the_others_go_on(void **state)
{
    struct host *host = *state;
    struct peer open = peer_upgraded(host, "/echo"), early = peer_dial(host->port);
    struct answer answer;

    peer_say(&early, "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n");
    cm_ws_server_refuse(host->server);
    cm_ws_server_refuse(host->server);
    until(is_refused(host->port));
    peer_text(&open, "still here");
    assert_frame(&open, 0x81, "still here");
    peer_say(&early, "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\n\r\n");
    answer = peer_hear(&early);
    /* 503, or nothing: it may have waited unaccepted when the socket was closed. */
    assert_true(answer.status == 503 || answer.status == 0);
    answer_finish(&answer);
    peer_close(&early);
    peer_close(&open);
}

struct leaver {
    struct host *host;
    int grace_ms;
};

static void *stop_in_thread(void *ctx)
{
    const struct leaver *leaver = ctx;

    cm_ws_server_stop(leaver->host->server, leaver->grace_ms);
    return NULL;
}

static void a_stop_ends_early_when_the_last_has_gone(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");
    struct leaver leaver = { host, WAIT_MS };
    int64_t from_ms = cm_mono_ms();
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, stop_in_thread, &leaver), 0);
    until(is_refused(host->port));
    peer_text(&peer, "within the grace");
    assert_frame(&peer, 0x81, "within the grace");
    assert_int_equal(host_count(host, &host->closed), 0);
    peer_frame(&peer, 0x88, "\x03\xE8", 2);
    assert_closed(&peer, 1000);
    pthread_join(thread, NULL);
    assert_in_range(cm_mono_ms() - from_ms, 0, WAIT_MS - 1000);
    peer_close(&peer);
}

static void who_stays_is_told_1001_and_may_answer(void **state)
{
    struct host *host = *state;
    struct peer polite = peer_upgraded(host, "/echo"), rude = peer_upgraded(host, "/echo");
    struct leaver leaver = { host, 100 };
    int64_t from_ms = cm_mono_ms();
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, stop_in_thread, &leaver), 0);
    assert_frame(&polite, 0x88, "\x03\xE9the server stops");
    peer_frame(&polite, 0x88, "\x03\xE9", 2);
    assert_true(peer_hear_end(&polite, WAIT_MS));
    assert_frame(&rude, 0x88, "\x03\xE9the server stops");
    pthread_join(thread, NULL);
    assert_in_range(cm_mono_ms() - from_ms, 700, WAIT_MS);
    assert_int_equal(host->closed, 2);
    assert_int_equal(host->code, 1001);
    assert_int_equal(host_metric(host, "callmill_ws_closed_total{code=\"1001\"}"), 2);
    peer_close(&polite);
    peer_close(&rude);
}

static void a_server_that_is_freed_resets_what_is_open(void **state)
{
    struct host *host = *state;
    struct peer peer = peer_upgraded(host, "/echo");

    cm_ws_server_stop(host->server, -1);
    assert_int_equal(host->closed, 1);
    assert_int_equal(host->code, 1006);
    assert_true(peer_hear_end(&peer, WAIT_MS));
    peer_close(&peer);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(nobody_new_is_taken_and_the_others_go_on),
        STORY(a_stop_ends_early_when_the_last_has_gone),
        STORY(who_stays_is_told_1001_and_may_answer),
        STORY(a_server_that_is_freed_resets_what_is_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
