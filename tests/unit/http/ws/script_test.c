/* The dialler against servers that are none of ours: a thread that says just these bytes. */
#include "guest.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/listen.h"

struct script {         /* what the server does with the one that comes */
    bool silent;        /* does not even answer the handshake */
    const char *answer; /* instead of 101; NULL: a proper one */
    const char *bytes;  /* what is said then */
    size_t len;
    bool drips;      /* everything byte by byte */
    bool leaves;     /* closes without reading on */
    bool reads_late; /* only when it is told to */
};

#define SAYS(literal) .bytes = (literal), .len = sizeof(literal) - 1

struct fixture {
    struct script script;
    int listener;
    unsigned port;
    pthread_t thread;
    bool runs;
    int read_now[2];           /* a pipe: a byte lets it read */
    struct cm_buf head, heard; /* by the server */
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct guest guest;
};

static void say(int fd, const char *at, size_t len, bool drips)
{
    while (len) {
        ssize_t sent = send(fd, at, drips ? 1 : len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        at += sent;
        len -= (size_t)sent;
    }
}

static bool hear(int fd, struct cm_buf *into)
{
    ssize_t got = recv(fd, cm_buf_reserve(into, 65536), 65536, 0);

    if (got > 0)
        into->len += (size_t)got;
    if (into->at)
        into->at[into->len] = '\0';
    return got > 0;
}

static void answer(struct fixture *fx, int fd)
{
    CM_OWN_BUF struct cm_buf head = { 0 };
    struct cm_ws_request rq;
    const char *why;
    unsigned status;
    size_t used;

    while (cm_ws_read_request(cm_buf_view(&fx->head), &rq, &used, &status, &why) == CM_WS_HEAD_MORE)
        if (!hear(fd, &fx->head))
            return;
    if (fx->script.answer)
        cm_buf_text(&head, fx->script.answer);
    else
        cm_ws_write_accept(rq.key, &head);
    cm_buf_put(&head, fx->script.bytes, fx->script.len);
    say(fd, head.at, head.len, fx->script.drips);
    if (fx->script.leaves)
        return;
    if (fx->script.reads_late) {
        char byte;

        assert_int_equal(read(fx->read_now[0], &byte, 1), 1);
    }
    while (hear(fd, &fx->heard))
        ;
}

static void *serve_one(void *ctx)
{
    struct fixture *fx = ctx;
    struct pollfd ready = { .fd = fx->listener, .events = POLLIN };
    CM_OWN_FD int fd = -1;

    poll(&ready, 1, WAIT_MS);
    fd = accept(fx->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    if (fx->script.silent)
        while (hear(fd, &fx->head))
            ;
    else
        answer(fx, fd);
    return NULL;
}

static int start(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    struct cm_err err;

    assert_non_null(fx);
    assert_int_equal(http_listen("127.0.0.1:0", 1, &fx->listener, &fx->port, &err), CM_OK);
    assert_int_equal(pipe(fx->read_now), 0);
    assert_int_equal(cm_loop_new(&fx->loop, &err), CM_OK);
    assert_int_equal(cm_ws_dialer_new(fx->loop, false, &fx->dialer, &err), CM_OK);
    fx->guest.loop = fx->loop;
    *state = fx;
    return 0;
}

/* Waits until the server has heard the end of it. */
static void join(struct fixture *fx)
{
    if (fx->runs)
        pthread_join(fx->thread, NULL);
    fx->runs = false;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_ws_dialer_free(fx->dialer);
    cm_loop_free(fx->loop);
    shutdown(fx->listener, SHUT_RDWR);
    join(fx);
    close(fx->listener);
    close(fx->read_now[0]);
    close(fx->read_now[1]);
    cm_buf_finish(&fx->head);
    cm_buf_finish(&fx->heard);
    guest_finish(&fx->guest);
    free(fx);
    return 0;
}

static void dial(struct fixture *fx, struct script script, struct cm_ws_dial options)
{
    struct host host = { .port = fx->port };

    fx->script = script;
    assert_int_equal(pthread_create(&fx->thread, NULL, serve_one, fx), 0);
    fx->runs = true;
    guest_dial(&fx->guest, fx->dialer, &host, "/path?query=1", options);
}

static void assert_ends(struct fixture *fx, unsigned code, const char *why)
{
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_string_equal(fx->guest.why, why);
    assert_int_equal(fx->guest.code, code);
}

static void the_request_says_what_it_should(void **state)
{
    static const char *const headers[] = { "Authorization: Bearer key", "X-Trace: 1", NULL };
    struct fixture *fx = *state;
    char host[40];

    dial(fx, (struct script){ .leaves = true }, (struct cm_ws_dial){ .headers = headers });
    assert_ends(fx, 1006, "the peer left without a close frame");
    assert_int_equal(fx->guest.opened, 1);
    join(fx);
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", fx->port);
    assert_int_equal(strncmp(fx->head.at, "GET /path?query=1 HTTP/1.1\r\n", 28), 0);
    assert_non_null(strstr(fx->head.at, host));
    assert_non_null(strstr(fx->head.at, "\r\nAuthorization: Bearer key\r\nX-Trace: 1\r\n\r\n"));
    assert_null(strstr(fx->head.at, "Sec-WebSocket-Extensions"));
}

static void a_handshake_that_drips_is_heard_with_what_follows(void **state)
{
    struct fixture *fx = *state;

    dial(fx,
         (struct script){ SAYS("\x81\x03one\x01\x02tw\x89\x01?\x80\x01o\x88\x05\x0F\xA0"
                               "bye"),
                          .drips = true },
         (struct cm_ws_dial){ 0 });
    assert_ends(fx, 4000, "bye");
    assert_int_equal(fx->guest.messages, 2);
    assert_string_equal(fx->guest.heard.at, "two");
}

static void a_handshake_in_one_piece_with_what_follows_is_heard(void **state)
{
    struct fixture *fx = *state;

    dial(fx, (struct script){ SAYS("\x81\x03one\x81\x03two") }, (struct cm_ws_dial){ 0 });
    loop_until(fx->loop, &fx->guest.messages, 2);
    assert_string_equal(fx->guest.heard.at, "two");
}

static void a_server_that_does_not_answer_is_given_up(void **state)
{
    struct fixture *fx = *state;
    int64_t from_ms = cm_mono_ms();

    dial(fx, (struct script){ .silent = true }, (struct cm_ws_dial){ .connect_ms = 400 });
    assert_ends(fx, 1006, "the server did not answer the handshake in time");
    assert_in_range(cm_mono_ms() - from_ms, 300, WAIT_MS);
}

static void a_server_that_masks_is_told(void **state)
{
    struct fixture *fx = *state;

    dial(fx, (struct script){ SAYS("\x81\x82\0\0\0\0hi") }, (struct cm_ws_dial){ 0 });
    assert_ends(fx, 1002, "a masked frame from a server");
    assert_int_equal(fx->guest.messages, 0);
}

static void answers_that_are_none_are_refused(void **state)
{
    struct fixture *fx = *state;

    dial(fx,
         (struct script){ .answer = "HTTP/1.1 101 Switching Protocols\r\n"
                                    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"
                                    "\r\n" },
         (struct cm_ws_dial){ 0 });
    assert_ends(fx, 1006, "Sec-WebSocket-Accept does not fit the key: it answered 101");
    assert_int_equal(fx->guest.opened, 0);
}

static void an_answer_without_end_is_refused(void **state)
{
    static char much[20000];
    struct fixture *fx = *state;

    memset(much, 'x', sizeof much - 1);
    dial(fx, (struct script){ .answer = much }, (struct cm_ws_dial){ 0 });
    assert_ends(fx, 1006, "the head is longer than 8192 bytes");
}

static void a_goodbye_that_is_not_answered_ends_in_time(void **state)
{
    struct fixture *fx = *state;
    int64_t from_ms = cm_mono_ms();

    dial(fx, (struct script){ 0 }, (struct cm_ws_dial){ .limits.closing_ms = 400 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    cm_ws_close(fx->guest.ws, CM_WS_GOING_AWAY, "enough");
    assert_ends(fx, 1001, "the peer did not answer our close");
    assert_in_range(cm_mono_ms() - from_ms, 300, WAIT_MS);
}

static void every_frame_has_a_key_of_its_own(void **state)
{
    struct fixture *fx = *state;
    const struct cm_str zeros = { "\0\0\0\0\0\0\0\0", 8 };
    const uint8_t *at;

    dial(fx, (struct script){ 0 }, (struct cm_ws_dial){ .limits.closing_ms = 100 });
    loop_until(fx->loop, &fx->guest.opened, 1);
    for (int i = 0; i < 1500; i++) /* more than one batch of keys */
        assert_true(cm_ws_send(fx->guest.ws, &zeros, 1));
    cm_ws_close(fx->guest.ws, CM_WS_NORMAL, "");
    loop_until(fx->loop, &fx->guest.closed, 1);
    cm_ws_dialer_free(CM_STEAL(fx->dialer));
    join(fx);
    assert_true(fx->heard.len >= (size_t)1500 * 14);
    at = (const uint8_t *)fx->heard.at;
    for (int i = 0; i < 1500; i++, at += 14) {
        assert_memory_equal(at, "\x81\x88", 2);
        assert_memory_equal(at + 2, at + 6, 4); /* the key shows through zeros */
        assert_memory_equal(at + 2, at + 10, 4);
        if (i > 1)
            assert_memory_not_equal(at - 12, at + 2, 4);
    }
}

/* Sends until the kernel takes no more and the queue is full; returns how many messages. */
static unsigned fill(struct fixture *fx)
{
    static char much[50000];
    const struct cm_str text = { much, sizeof much };
    unsigned sent = 0;

    memset(much, 'm', sizeof much);
    dial(fx, (struct script){ .reads_late = true },
         (struct cm_ws_dial){ .limits = { .queue_max = 300000, .closing_ms = 5000 } });
    loop_until(fx->loop, &fx->guest.opened, 1);
    do {
        while (cm_ws_send(fx->guest.ws, &text, 1))
            sent++;
        loop_until(fx->loop, &fx->guest.opened, 1); /* a turn */
    } while (cm_ws_queued(fx->guest.ws) < 250000);
    assert_in_range(sent, 6, 10000);
    fx->guest.drained = 0;
    return sent;
}

static void a_server_that_reads_late_gets_all_of_it(void **state)
{
    struct fixture *fx = *state;

    fill(fx);
    assert_int_equal(fx->guest.closed, 0);
    assert_int_equal(write(fx->read_now[1], "x", 1), 1);
    loop_until(fx->loop, &fx->guest.drained, 1);
    assert_int_equal(cm_ws_queued(fx->guest.ws), 0);
    cm_ws_abort(fx->guest.ws);
    loop_until(fx->loop, &fx->guest.closed, 1);
}

static void a_goodbye_waits_behind_what_is_queued(void **state)
{
    struct fixture *fx = *state;
    size_t bytes = (size_t)fill(fx) * (50000 + 8);

    cm_ws_close(fx->guest.ws, CM_WS_NORMAL, "");
    assert_false(cm_ws_send(fx->guest.ws, NULL, 0));
    assert_int_equal(write(fx->read_now[1], "x", 1), 1);
    assert_ends(fx, 1000, "the peer did not answer our close");
    assert_int_equal(fx->guest.drained, 0);
    join(fx);
    assert_int_equal(fx->heard.len, bytes + 8);
    assert_memory_equal(fx->heard.at + bytes, "\x88\x82", 2);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_request_says_what_it_should),
        STORY(a_handshake_that_drips_is_heard_with_what_follows),
        STORY(a_handshake_in_one_piece_with_what_follows_is_heard),
        STORY(a_server_that_does_not_answer_is_given_up),
        STORY(a_server_that_masks_is_told),
        STORY(answers_that_are_none_are_refused),
        STORY(an_answer_without_end_is_refused),
        STORY(a_goodbye_that_is_not_answered_ends_in_time),
        STORY(every_frame_has_a_key_of_its_own),
        STORY(a_server_that_reads_late_gets_all_of_it),
        STORY(a_goodbye_waits_behind_what_is_queued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
