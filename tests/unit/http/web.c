#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { PIECE = 65536 };

struct peer peer_dial(unsigned port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct peer peer = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    const int on = 1;

    assert_true(peer.fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(peer.fd, (const struct sockaddr *)&to, sizeof to), 0);
    setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    cm_buf_text(&peer.in, "");
    return peer;
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    cm_buf_finish(&peer->in);
}

bool peer_try_say(struct peer *peer, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len) {
        ssize_t sent = send(peer->fd, at, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

void peer_say_bytes(struct peer *peer, const void *bytes, size_t len)
{
    assert_true(peer_try_say(peer, bytes, len));
}

void peer_say(struct peer *peer, const char *bytes)
{
    peer_say_bytes(peer, bytes, strlen(bytes));
}

void peer_say_end(struct peer *peer)
{
    assert_true(shutdown(peer->fd, SHUT_WR) == 0 || errno == ENOTCONN); /* it was ended already */
}

/* 1: something more; 0: the end or a reset; -1: nothing in time. */
static int receive(struct peer *peer, int64_t until_ms)
{
    struct pollfd at = { .fd = peer->fd, .events = POLLIN };
    int64_t left = until_ms - cm_mono_ms();
    ssize_t got;

    if (poll(&at, 1, left > 0 ? (int)left : 0) <= 0)
        return -1;
    got = recv(peer->fd, cm_buf_reserve(&peer->in, PIECE), PIECE, 0);
    if (got <= 0)
        return 0;
    peer->in.len += (size_t)got;
    peer->in.at[peer->in.len] = '\0';
    return 1;
}

static void take(struct peer *peer, size_t len)
{
    memmove(peer->in.at, peer->in.at + len, peer->in.len - len + 1);
    peer->in.len -= len;
}

static bool find(const struct peer *peer, const char *text, size_t *end)
{
    size_t at;

    if (!cm_str_find(cm_buf_view(&peer->in), text, &at))
        return false;
    *end = at + strlen(text);
    return true;
}

bool peer_hear_text(struct peer *peer, const char *text, int within_ms)
{
    int64_t until_ms = cm_mono_ms() + within_ms;
    size_t end;

    while (!find(peer, text, &end))
        if (receive(peer, until_ms) <= 0)
            return false;
    take(peer, end);
    return true;
}

bool peer_hear_end(struct peer *peer, int within_ms)
{
    int64_t until_ms = cm_mono_ms() + within_ms;
    int more;

    while ((more = receive(peer, until_ms)) > 0)
        cm_buf_clear(&peer->in);
    return more == 0;
}

struct answer peer_hear_head(struct peer *peer)
{
    struct answer answer = { 0 };
    int64_t until_ms = cm_mono_ms() + WAIT_MS;
    size_t end;

    while (!find(peer, "\r\n\r\n", &end)) {
        int more = receive(peer, until_ms);

        if (more < 0)
            fail_msg("no answer within %d ms, only: %s", WAIT_MS, peer->in.at ? peer->in.at : "");
        if (more == 0)
            return answer;
    }
    assert_true(end < sizeof answer.head);
    memcpy(answer.head, cm_buf_view(&peer->in).at, end);
    take(peer, end);
    assert_memory_equal(answer.head, "HTTP/1.", 7);
    answer.status = (unsigned)strtoul(answer.head + sizeof "HTTP/1.1", NULL, 10);
    return answer;
}

static bool need(struct peer *peer, size_t len)
{
    int64_t until_ms = cm_mono_ms() + WAIT_MS;

    while (peer->in.len < len)
        if (receive(peer, until_ms) <= 0)
            return false;
    return true;
}

static bool hear_chunks(struct peer *peer, struct cm_buf *body)
{
    for (;;) {
        int64_t until_ms = cm_mono_ms() + WAIT_MS;
        unsigned long len;
        size_t line;

        while (!find(peer, "\r\n", &line))
            if (receive(peer, until_ms) <= 0)
                return false;
        len = strtoul(peer->in.at, NULL, 16);
        if (!need(peer, line + len + 2))
            return false;
        cm_buf_put(body, peer->in.at + line, len);
        take(peer, line + len + 2);
        if (len == 0)
            return true;
    }
}

struct answer peer_hear(struct peer *peer)
{
    struct answer answer = peer_hear_head(peer);
    const char *length = answer_header(&answer, "Content-Length");

    if (!answer.status || answer.status == 304 || answer.status == 204) {
        answer.whole = answer.status != 0;
    } else if (*length) {
        size_t len = strtoul(length, NULL, 10);

        answer.whole = need(peer, len);
        len = answer.whole ? len : peer->in.len;
        cm_buf_put(&answer.body, peer->in.at, len);
        if (len)
            take(peer, len);
    } else if (strcasecmp(answer_header(&answer, "Transfer-Encoding"), "chunked") == 0) {
        answer.whole = hear_chunks(peer, &answer.body);
    } else {
        while (receive(peer, cm_mono_ms() + WAIT_MS) > 0)
            ;
        cm_buf_str(&answer.body, cm_buf_view(&peer->in));
        cm_buf_clear(&peer->in);
        answer.whole = true;
    }
    return answer;
}

void answer_finish(struct answer *answer)
{
    cm_buf_finish(&answer->body);
}

const char *answer_header(const struct answer *answer, const char *name)
{
    static _Thread_local char value[1024];
    const char *line = strstr(answer->head, "\r\n");
    size_t len = strlen(name);

    value[0] = '\0';
    for (; line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + len + 2, "\r\n"),
                     line + len + 2);
            break;
        }
    }
    return value;
}

struct answer ask(unsigned port, const char *request)
{
    struct peer peer = peer_dial(port);
    struct answer answer;

    peer_say(&peer, request);
    answer = peer_hear(&peer);
    peer_close(&peer);
    return answer;
}

unsigned ask_status(unsigned port, const char *request)
{
    struct answer answer = ask(port, request);

    answer_finish(&answer);
    return answer.status;
}

void assert_answer(unsigned port, const char *request, unsigned status, const char *body)
{
    struct answer a = ask(port, request);

    assert_int_equal(a.status, status);
    assert_true(a.whole);
    assert_string_equal(cm_buf_view(&a.body).at, body);
    answer_finish(&a);
}

struct cm_http_server *serve(struct cm_http_options options)
{
    struct cm_http_server *server = NULL;
    struct cm_err err = { 0 };

    if (!options.addr)
        options.addr = "127.0.0.1:0";
    if (cm_http_server_start(&options, &server, &err))
        fail_msg("%s", err.msg);
    return server;
}
