/* The dialler against our own server: in threads of their own, and within one loop. */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { MANY = 200, ROUNDS = 50 };

struct fixture {
    struct host host;
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct guest guest;
};

static int start_on(void **state, struct cm_ws_server_options options)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    struct cm_err err;

    assert_non_null(fx);
    host_start(&fx->host, options);
    assert_int_equal(cm_loop_new(&fx->loop, &err), CM_OK);
    assert_int_equal(cm_ws_dialer_new(fx->loop, false, &fx->dialer, &err), CM_OK);
    fx->guest.loop = fx->loop;
    *state = fx;
    return 0;
}

static int start(void **state)
{
    return start_on(state, (struct cm_ws_server_options){ .loops = 2 });
}

static int start_v6(void **state)
{
    return start_on(state, (struct cm_ws_server_options){ .addr = "[::1]:0" });
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_ws_dialer_free(fx->dialer);
    cm_loop_free(fx->loop);
    host_stop(&fx->host);
    guest_finish(&fx->guest);
    free(fx);
    return 0;
}

static void dial(struct fixture *fx, const char *path, struct cm_ws_dial options)
{
    guest_dial(&fx->guest, fx->dialer, &fx->host, path, options);
}

static void what_is_said_is_heard_and_answered(void **state)
{
    struct fixture *fx = *state;

    fx->guest.greeting = "hello";
    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    assert_int_equal(fx->guest.opened, 0);
    loop_until(fx->loop, &fx->guest.messages, 1);
    assert_int_equal(fx->guest.opened, 1);
    assert_string_equal(fx->guest.heard.at, "hello");

    cm_ws_close(fx->guest.ws, CM_WS_NORMAL, "done");
    assert_int_equal(fx->guest.closed, 0);
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1000);
    assert_string_equal(fx->guest.why, "done");
    host_wait(&fx->host, &fx->host.closed, 1);
    assert_int_equal(fx->host.code, 1000);
    assert_string_equal(fx->host.why, "done");
    assert_string_equal(fx->host.peer, "127.0.0.1");
}

static void a_message_may_be_put_together_of_parts(void **state)
{
    struct fixture *fx = *state;
    static char much[60000];
    const struct cm_str parts[] = {
        CM_STR("head "), { NULL, 0 }, { much, sizeof much }, CM_STR(" tail")
    };

    memset(much, 'm', sizeof much);
    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    assert_true(cm_ws_send(fx->guest.ws, parts, 4));
    assert_int_equal(cm_ws_queued(fx->guest.ws), sizeof much + 10 + 8);
    loop_until(fx->loop, &fx->guest.messages, 1);
    assert_int_equal(fx->guest.heard.len, sizeof much + 10);
    assert_memory_equal(fx->guest.heard.at, "head mmm", 8);
    assert_memory_equal(fx->guest.heard.at + fx->guest.heard.len - 8, "mmm tail", 8);
    assert_true(cm_ws_send(fx->guest.ws, NULL, 0));
    loop_until(fx->loop, &fx->guest.messages, 2);
    assert_int_equal(fx->guest.heard.len, 0);
    assert_int_equal(cm_ws_queued(fx->guest.ws), 0);
}

static void the_servers_goodbye_is_heard(void **state)
{
    struct fixture *fx = *state;

    fx->guest.greeting = "hello";
    dial(fx, "/close", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.messages, 1);
    assert_int_equal(fx->guest.code, 1008);
    assert_string_equal(fx->guest.why, "not you");
    host_wait(&fx->host, &fx->host.closed, 1);
    assert_int_equal(fx->host.code, 1008);
}

static void a_reset_is_1006(void **state)
{
    struct fixture *fx = *state;

    fx->guest.greeting = "hello";
    dial(fx, "/abort", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1006);
    assert_string_equal(fx->guest.why, "the connection broke");
}

static void an_abort_is_heard_by_both(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    host_wait(&fx->host, &fx->host.opened, 1);
    cm_ws_abort(fx->guest.ws);
    assert_int_equal(fx->guest.closed, 0); /* never from inside a call */
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1006);
    host_wait(&fx->host, &fx->host.closed, 1);
    assert_int_equal(fx->host.code, 1006);
}

static void a_dial_may_be_given_up_at_once(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    assert_false(cm_ws_send(fx->guest.ws, NULL, 0));
    cm_ws_close(fx->guest.ws, CM_WS_NORMAL, "never mind");
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.opened, 0);
    assert_int_equal(fx->guest.code, 1006);
    assert_string_equal(fx->guest.why, "closed before the handshake was done");
}

static void a_server_that_says_no_is_heard(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "/no", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.opened, 0);
    assert_int_equal(fx->guest.code, 1006);
    assert_string_equal(fx->guest.why, "the server refused the handshake: it answered 403");
}

static void a_server_that_is_not_there_is_said(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "!ws://127.0.0.1:1/echo", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1006);
    assert_non_null(strstr(fx->guest.why, "Failed to connect to 127.0.0.1 port"));
    fx->guest.closed = 0;
    dial(fx, "!ws://no-such-host.invalid/", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_non_null(strstr(fx->guest.why, "no-such-host.invalid"));
}

static void both_families_are_dialled(void **state)
{
    struct fixture *fx = *state;
    char url[60];

    snprintf(url, sizeof url, "!ws://[::1]:%u/echo?a=b", fx->host.port);
    fx->guest.greeting = "over IPv6";
    dial(fx, url, (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.messages, 1);
    assert_string_equal(fx->guest.heard.at, "over IPv6");
    host_wait(&fx->host, &fx->host.opened, 1);
    assert_string_equal(fx->host.peer, "::1");
}

static void what_is_no_url_or_header_of_ours_is_rejected(void **state)
{
    static const struct {
        const char *url, *header, *why;
    } bad[] = {
        { NULL, NULL, "no URL: want ws://host[:port]/path or wss://..., without user or fragment" },
        { "http://x/", NULL,
          "http://x/: want ws://host[:port]/path or wss://..., without user or fragment" },
        { "ws://", NULL, NULL },
        { "ws://user:secret@x/", NULL,
          "ws://x/: want ws://host[:port]/path or wss://..., without user or fragment" },
        { "ws://x/#frag", NULL, NULL },
        { "ws://x/a b", NULL, NULL },
        { "ws://x/a\r\nEvil: 1", NULL, NULL },
        { "ws://x:99999/", NULL, NULL },
        { "wss://x/", NULL, "wss:// is dialled without the system's certificates" },
        { "ws://x/", "X: a\r\nY: b", "ws://x/: a request header is not one line \"Name: value\"" },
        { "ws://x/", "no colon", "ws://x/: a request header is not one line \"Name: value\"" },
        { "ws://x/", "host: y", "ws://x/: the request header host belongs to the handshake" },
        { "ws://x/", "Sec-WebSocket-Protocol: y",
          "ws://x/: the request header Sec-WebSocket-Protocol belongs to the handshake" },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const headers[] = { bad[i].header, NULL };
        struct cm_ws_dial options = { .url = bad[i].url, .headers = headers };
        struct cm_ws *ws = NULL;
        struct cm_err err = { 0 };

        if (cm_ws_dial(fx->dialer, &options, &guest_events, &fx->guest, &ws, &err) != CM_REJECT)
            fail_msg("taken: %s %s", bad[i].url, bad[i].header);
        assert_null(ws);
        if (bad[i].why)
            assert_string_equal(err.msg, bad[i].why);
    }
}

static void a_dialer_that_is_freed_tells_everybody(void **state)
{
    struct fixture *fx = *state;
    struct guest early = { .loop = fx->loop };
    struct cm_err err;

    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    guest_dial(&early, fx->dialer, &fx->host, "/echo", (struct cm_ws_dial){ 0 });
    cm_ws_dialer_free(fx->dialer);
    assert_int_equal(fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1006);
    assert_int_equal(early.closed, 1);
    assert_int_equal(cm_ws_dialer_new(fx->loop, false, &fx->dialer, &err), CM_OK);
    fx->guest.greeting = "again";
    dial(fx, "/echo", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.messages, 1);
}

static void many_connections_talk_at_once(void **state)
{
    static struct guest many[MANY];
    struct fixture *fx = *state;

    for (int i = 0; i < MANY; i++) {
        many[i] = (struct guest){ .loop = fx->loop, .greeting = "hello" };
        guest_dial(&many[i], fx->dialer, &fx->host, "/echo", (struct cm_ws_dial){ 0 });
    }
    for (unsigned round = 1; round <= ROUNDS; round++)
        for (int i = 0; i < MANY; i++) {
            loop_until(fx->loop, &many[i].messages, round);
            if (round < ROUNDS)
                assert_true(cm_ws_send(many[i].ws, &(struct cm_str){ "again", 5 }, 1));
        }
    assert_int_equal(host_count(&fx->host, &fx->host.messages), MANY * ROUNDS);
    for (int i = 0; i < MANY; i++)
        cm_ws_close(many[i].ws, CM_WS_NORMAL, "");
    for (int i = 0; i < MANY; i++) {
        loop_until(fx->loop, &many[i].closed, 1);
        assert_int_equal(many[i].code, 1000);
        guest_finish(&many[i]);
    }
}

/* Two dialers on one loop have an end of turn each. What the second's connection does to one of the
 * first, whose end of turn is over, is done at once and not when the loop wakes by itself. */
struct relay {
    struct cm_ws *to;
    bool waits;
    int64_t since_ms, shortest_ms;
    unsigned done;
};

static void pass_on(void *ctx, unsigned code, const char *why)
{
    struct relay *relay = ctx;

    (void)code;
    (void)why;
    assert_true(cm_ws_send(relay->to, &(struct cm_str){ "gone", 4 }, 1));
    relay->waits = true;
    relay->since_ms = cm_mono_ms();
}

static void measure(void *ctx)
{
    struct relay *relay = ctx;
    int64_t waited_ms = cm_mono_ms() - relay->since_ms;

    if (!relay->waits || cm_ws_queued(relay->to))
        return;
    relay->waits = false;
    if (waited_ms < relay->shortest_ms)
        relay->shortest_ms = waited_ms;
    relay->done++;
}

static void work_for_another_dialer_is_not_slept_on(void **state)
{
    static const struct cm_ws_events events = { .closed = pass_on };
    struct fixture *fx = *state;
    struct relay relay = { .shortest_ms = WAIT_MS };
    struct cm_ws_dialer *second;
    struct cm_err err;
    char url[60];

    dial(fx, "/silent", (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    relay.to = fx->guest.ws;
    assert_int_equal(cm_ws_dialer_new(fx->loop, false, &second, &err), CM_OK);
    cm_loop_on_turn(fx->loop, measure, &relay);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/silent", fx->host.port);
    for (unsigned i = 1; i <= 8; i++) {
        struct cm_ws *ws;

        assert_int_equal(
            cm_ws_dial(second, &(struct cm_ws_dial){ .url = url }, &events, &relay, &ws, &err),
            CM_OK);
        cm_ws_abort(ws);
        loop_until(fx->loop, &relay.done, i);
    }
    cm_loop_off_turn(fx->loop, measure, &relay);
    cm_ws_dialer_free(second);
    assert_in_range(relay.shortest_ms, 0, 30); /* a loop that sleeps waits 80 and more each time */
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(what_is_said_is_heard_and_answered),
        STORY(a_message_may_be_put_together_of_parts),
        STORY(the_servers_goodbye_is_heard),
        STORY(a_reset_is_1006),
        STORY(an_abort_is_heard_by_both),
        STORY(a_dial_may_be_given_up_at_once),
        STORY(a_server_that_says_no_is_heard),
        STORY(a_server_that_is_not_there_is_said),
        cmocka_unit_test_setup_teardown(both_families_are_dialled, start_v6, stop),
        STORY(what_is_no_url_or_header_of_ours_is_rejected),
        STORY(a_dialer_that_is_freed_tells_everybody),
        STORY(many_connections_talk_at_once),
        STORY(work_for_another_dialer_is_not_slept_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
