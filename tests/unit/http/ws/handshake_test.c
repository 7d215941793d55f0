/* Heads, as bytes: what is read, what is refused and why, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/ws/handshake.h"

#define KEY    "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455, 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define LINE   "GET /chat?a=b HTTP/1.1\r\n"
#define HOST   "Host: server.example.com\r\n"
#define UP     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEYS   "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"
#define GOOD   LINE HOST UP KEYS "Origin: http://example.com\r\n\r\n"

static enum cm_ws_head_answer read_text(struct cm_str text, struct cm_ws_request *rq, size_t *used,
                                        unsigned *status)
{
    const char *why = "";
    enum cm_ws_head_answer answer = cm_ws_read_request(text, rq, used, status, &why);

    assert_true(answer != CM_WS_HEAD_BAD || *why);
    return answer;
}

static void the_rfcs_request_is_read(void **state)
{
    struct cm_ws_request rq;
    struct cm_str value;
    unsigned status;
    size_t used = 0;

    (void)state;
    assert_int_equal(read_text(CM_STR(GOOD "frames"), &rq, &used, &status), CM_WS_HEAD_WHOLE);
    assert_int_equal(used, sizeof GOOD - 1);
    assert_true(cm_str_is(rq.target, "/chat?a=b"));
    assert_true(cm_str_is(rq.path, "/chat"));
    assert_true(cm_str_is(rq.key, KEY));
    assert_int_equal(rq.header_count, 6);
    assert_true(cm_ws_request_header(&rq, "ORIGIN", &value));
    assert_true(cm_str_is(value, "http://example.com"));
    assert_false(cm_ws_request_header(&rq, "Cookie", &value));
}

static void a_request_that_is_cut_at_any_byte_wants_more(void **state)
{
    struct cm_ws_request rq;
    unsigned status;
    size_t used;

    (void)state;
    for (size_t len = 0; len < sizeof GOOD - 1; len++)
        assert_int_equal(read_text((struct cm_str){ GOOD, len }, &rq, &used, &status),
                         CM_WS_HEAD_MORE);
}

static void what_clients_write_in_other_ways_is_read_too(void **state)
{
    static const char *const ways[] = {
        LINE "host:x\r\nUPGRADE:WebSocket\r\nconnection: keep-alive, upgrade\r\n" KEYS "\r\n",
        LINE HOST
        "Upgrade: h2c, websocket\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n" KEYS "\r\n",
        LINE HOST UP "Sec-WebSocket-Key: \t " KEY " \r\nSec-WebSocket-Version: 13 \r\n\r\n",
        LINE HOST UP KEYS "Content-Length: 0\r\n\r\n",
        LINE HOST UP KEYS "Sec-WebSocket-Extensions: permessage-deflate\r\nX-Empty:\r\n\r\n",
        LINE HOST UP KEYS "User-Agent: Twilio/\xE2\x82\xAC\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST UP KEYS "\r\n",
    };
    struct cm_ws_request rq;
    unsigned status;
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (read_text(cm_str_of(ways[i]), &rq, &used, &status) != CM_WS_HEAD_WHOLE)
            fail_msg("refused: %s", ways[i]);
}

static void what_is_no_handshake_is_refused_by_its_status(void **state)
{
    static const struct {
        unsigned status;
        const char *head;
    } bad[] = {
        { 400, "\r\n" LINE HOST UP KEYS "\r\n" },
        { 400, "GET /\r\n\r\n" },
        { 400, "GET  / HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET / x HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET chat HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET http://x/ HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET /a#b HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET /a\tb HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET / HTTP/1.2\r\n" HOST UP KEYS "\r\n" },
        { 400, "G(T / HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 505, "GET / HTTP/1.0\r\n" HOST UP KEYS "\r\n" },
        { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
        { 405, "POST / HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 405, "get / HTTP/1.1\r\n" HOST UP KEYS "\r\n" },
        { 400, "GET / HTTP/1.1\n" HOST UP KEYS "\r\n" },
        { 400, LINE HOST UP KEYS "X: a\nY: b\r\n\r\n" },
        { 400, LINE HOST UP KEYS "X: a\rY: b\r\n\r\n" },
        { 400, LINE HOST UP KEYS "X: a\r\n folded\r\n\r\n" },
        { 400, LINE HOST UP KEYS "X : a\r\n\r\n" },
        { 400, LINE HOST UP KEYS ": a\r\n\r\n" },
        { 400, LINE HOST UP KEYS "no colon\r\n\r\n" },
        { 400, LINE HOST UP KEYS "X: \x01\r\n\r\n" },
        { 400, LINE HOST UP KEYS "X: \x7F\r\n\r\n" },
        { 400, LINE HOST UP KEYS "Transfer-Encoding: chunked\r\n\r\n" },
        { 400, LINE HOST UP KEYS "Content-Length: 5\r\n\r\nhello" },
        { 400, LINE UP KEYS "\r\n" },
        { 400, LINE HOST HOST UP KEYS "\r\n" },
        { 400, LINE HOST UP KEYS KEYS "\r\n" },
        { 400, LINE HOST UP "Upgrade: websocket\r\n" KEYS "\r\n" },
        { 426, LINE HOST KEYS "\r\n" },
        { 426, LINE HOST "Upgrade: websockets\r\nConnection: Upgrade\r\n" KEYS "\r\n" },
        { 426, LINE HOST "Upgrade: websocket\r\nConnection: close\r\n" KEYS "\r\n" },
        { 426, LINE HOST UP "Sec-WebSocket-Key: " KEY "\r\n\r\n" },
        { 426, LINE HOST UP "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 8\r\n\r\n" },
        { 400, LINE HOST UP "Sec-WebSocket-Version: 13\r\n\r\n" },
        { 400, LINE HOST UP "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key:\r\n\r\n" },
        { 400, LINE HOST UP "Sec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n\r\n" },
        { 400, LINE HOST UP "Sec-WebSocket-Version: 13\r\n" /* bits beyond the 16 bytes */
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n" },
        { 400, LINE HOST UP "Sec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ_==\r\n\r\n" },
    };
    struct cm_ws_request rq;
    unsigned status;
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        status = 0;
        if (read_text(cm_str_of(bad[i].head), &rq, &used, &status) != CM_WS_HEAD_BAD ||
            status != bad[i].status)
            fail_msg("%u instead of %u: %s", status, bad[i].status, bad[i].head);
    }
}

static void a_nul_is_a_control_character(void **state)
{
    struct cm_ws_request rq;
    unsigned status;
    size_t used;

    (void)state;
    assert_int_equal(read_text(CM_STR(LINE HOST UP KEYS "X: a\0b\r\n\r\n"), &rq, &used, &status),
                     CM_WS_HEAD_BAD);
    assert_int_equal(read_text(CM_STR(LINE HOST UP KEYS "X\0: a\r\n\r\n"), &rq, &used, &status),
                     CM_WS_HEAD_BAD);
    assert_int_equal(status, 400);
}

static void a_head_has_a_size_and_a_number_of_headers(void **state)
{
    CM_OWN_BUF struct cm_buf head = { 0 };
    struct cm_ws_request rq;
    unsigned status = 0;
    size_t used = 0;

    (void)state;
    cm_buf_text(&head, LINE HOST UP KEYS "X: ");
    while (head.len < CM_WS_HEAD_MAX - 4)
        cm_buf_char(&head, 'x');
    cm_buf_text(&head, "\r\n\r\n");
    assert_int_equal(read_text(cm_buf_view(&head), &rq, &used, &status), CM_WS_HEAD_WHOLE);
    assert_int_equal(used, CM_WS_HEAD_MAX);
    head.len -= 4;
    cm_buf_text(&head, "x\r\n\r\n");
    assert_int_equal(read_text(cm_buf_view(&head), &rq, &used, &status), CM_WS_HEAD_BAD);
    assert_int_equal(status, 431);

    cm_buf_clear(&head);
    cm_buf_text(&head, LINE HOST UP KEYS); /* five of them */
    for (int i = 5; i < CM_WS_HEADERS_MAX; i++)
        cm_buf_text(&head, "X: y\r\n");
    cm_buf_text(&head, "\r\n");
    assert_int_equal(read_text(cm_buf_view(&head), &rq, &used, &status), CM_WS_HEAD_WHOLE);
    assert_int_equal(rq.header_count, CM_WS_HEADERS_MAX);
    head.len -= 2;
    cm_buf_text(&head, "X: y\r\n\r\n");
    assert_int_equal(read_text(cm_buf_view(&head), &rq, &used, &status), CM_WS_HEAD_BAD);
    assert_int_equal(status, 400);
}

static void the_servers_heads_are_written(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    (void)state;
    cm_ws_write_accept(CM_STR(KEY), &out);
    assert_string_equal(out.at, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n");
    cm_buf_clear(&out);
    cm_ws_write_refusal(426, &out);
    assert_string_equal(out.at, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n"
                                "Connection: close, Upgrade\r\n\r\n");
    cm_buf_clear(&out);
    cm_ws_write_refusal(418, &out);
    assert_string_equal(out.at, "HTTP/1.1 418 Refused\r\nContent-Length: 0\r\n"
                                "Connection: close\r\n\r\n");
}

static void the_clients_head_is_one_that_the_server_reads(void **state)
{
    static const char *const headers[] = { "Authorization: Bearer x", "OpenAI-Beta: realtime=v1",
                                           NULL };
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_ws_request rq;
    struct cm_str value;
    unsigned status;
    size_t used;

    (void)state;
    cm_ws_write_request(CM_STR("[::1]:81"), CM_STR("/a?b"), CM_STR(KEY), headers, &out);
    assert_int_equal(read_text(cm_buf_view(&out), &rq, &used, &status), CM_WS_HEAD_WHOLE);
    assert_int_equal(used, out.len);
    assert_true(cm_str_is(rq.target, "/a?b") && cm_str_is(rq.key, KEY));
    assert_true(cm_ws_request_header(&rq, "Host", &value) && cm_str_is(value, "[::1]:81"));
    assert_true(cm_ws_request_header(&rq, "openai-beta", &value));
    assert_true(cm_str_is(value, "realtime=v1"));
}

#define YES "HTTP/1.1 101 Switching Protocols\r\n"
#define ANS YES UP "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n"

static void the_servers_answer_is_read(void **state)
{
    const char *why;
    unsigned status;
    size_t used = 0;

    (void)state;
    assert_int_equal(cm_ws_read_response(CM_STR(ANS "\x81"), CM_STR(KEY), &used, &status, &why),
                     CM_WS_HEAD_WHOLE);
    assert_int_equal(used, sizeof ANS - 1);
    assert_int_equal(status, 101);
    for (size_t len = 0; len < sizeof ANS - 1; len++)
        assert_int_equal(
            cm_ws_read_response((struct cm_str){ ANS, len }, CM_STR(KEY), &used, &status, &why),
            CM_WS_HEAD_MORE);
}

static void an_answer_that_is_none_is_refused(void **state)
{
    static const struct {
        unsigned status;
        const char *head;
    } bad[] = {
        { 401, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" },
        { 200, "HTTP/1.1 200 OK\r\n\r\n" },
        { 302, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n" },
        { 0, "HTTP/1.0 101 x\r\n\r\n" },
        { 0, "SSH-2.0-OpenSSH\r\n\r\n" },
        { 0, "HTTP/1.1 10 x\r\n\r\n" },
        { 0, "HTTP/1.1 1x1 x\r\n\r\n" },
        { 0, "line\nline\n" },
        { 101, YES UP "\r\n" },
        { 101, YES "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n" },
        { 101, YES "Upgrade: websocket\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n" },
        { 101, YES UP "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n" },
        { 101,
          YES UP "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n" },
        { 101, YES UP "Sec-WebSocket-Accept: " ACCEPT
                      "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n" },
        { 101, YES UP "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: chat\r\n\r\n" },
        { 101, YES UP "Sec-WebSocket-Accept: " ACCEPT "\r\nfolded\r\n\r\n" },
    };
    const char *why;
    unsigned status;
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why = "";
        if (cm_ws_read_response(cm_str_of(bad[i].head), CM_STR(KEY), &used, &status, &why) !=
                CM_WS_HEAD_BAD ||
            status != bad[i].status || !*why)
            fail_msg("%u instead of %u: %s", status, bad[i].status, bad[i].head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_request_is_read),
        cmocka_unit_test(a_request_that_is_cut_at_any_byte_wants_more),
        cmocka_unit_test(what_clients_write_in_other_ways_is_read_too),
        cmocka_unit_test(what_is_no_handshake_is_refused_by_its_status),
        cmocka_unit_test(a_nul_is_a_control_character),
        cmocka_unit_test(a_head_has_a_size_and_a_number_of_headers),
        cmocka_unit_test(the_servers_heads_are_written),
        cmocka_unit_test(the_clients_head_is_one_that_the_server_reads),
        cmocka_unit_test(the_servers_answer_is_read),
        cmocka_unit_test(an_answer_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
