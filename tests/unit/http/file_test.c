/* Files by sendfile, with ranges and conditions. */
#include "web.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "until.h"

enum { FILE_BYTES = 300000 };

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
    FILE *file;
    char bytes[FILE_BYTES];
};

static void reply_file(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;

    cm_http_reply_file(rq, dup(fileno(fx->file)), FILE_BYTES, "audio/mpeg", "\"v1\"");
}

static void reply_no_bytes(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_reply_file(rq, open("/dev/null", O_RDONLY | O_CLOEXEC), 0, "audio/mpeg", NULL);
}

static const struct cm_http_route routes[] = {
    { "GET", "/file", reply_file, CM_HTTP_INLINE, 0 },
    { "GET", "/worker-file", reply_file, CM_HTTP_WORKER, 0 },
    { "GET", "/nothing", reply_no_bytes, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;

    for (size_t i = 0; i < FILE_BYTES; i++)
        fx.bytes[i] = (char)(i * 2654435761u >> 24);
    fx.file = tmpfile();
    assert_int_equal(fwrite(fx.bytes, 1, FILE_BYTES, fx.file), FILE_BYTES);
    fflush(fx.file);
    fx.metrics = cm_metrics_new();
    fx.server = serve((struct cm_http_options){
        .routes = routes, .ctx = &fx, .workers = 1, .metrics = fx.metrics });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    cm_metrics_free(fx->metrics);
    fclose(fx->file);
    return 0;
}

static struct answer get(struct fixture *fx, const char *path, const char *headers)
{
    char request[500];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
    return ask(fx->port, request);
}

static void assert_bytes(struct fixture *fx, struct answer *a, unsigned status, size_t from,
                         size_t len)
{
    assert_int_equal(a->status, status);
    assert_true(a->whole);
    assert_int_equal(a->body.len, len);
    if (len)
        assert_memory_equal(a->body.at, fx->bytes + from, len);
    answer_finish(a);
}

static void the_whole_file_comes_with_its_type_and_etag(void **state)
{
    static const char *const paths[] = { "/file", "/worker-file" };
    struct fixture *fx = *state;

    for (int i = 0; i < 2; i++) {
        struct answer a = get(fx, paths[i], "");

        assert_string_equal(answer_header(&a, "Content-Type"), "audio/mpeg");
        assert_string_equal(answer_header(&a, "ETag"), "\"v1\"");
        assert_string_equal(answer_header(&a, "Accept-Ranges"), "bytes");
        assert_bytes(fx, &a, 200, 0, FILE_BYTES);
    }
}

static void one_range_is_a_206_with_content_range(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "/file", "Range: bytes=100-65635\r\n");

    assert_string_equal(answer_header(&a, "Content-Range"), "bytes 100-65635/300000");
    assert_bytes(fx, &a, 206, 100, 65536);
    a = get(fx, "/file", "Range: bytes=-1\r\n");
    assert_string_equal(answer_header(&a, "Content-Range"), "bytes 299999-299999/300000");
    assert_bytes(fx, &a, 206, FILE_BYTES - 1, 1);
    a = get(fx, "/file", "Range: bytes=1-\r\n");
    assert_bytes(fx, &a, 206, 1, FILE_BYTES - 1);
}

static void several_ranges_get_the_whole_file(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "/file", "Range: bytes=0-1,5-6\r\n");

    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
}

static void a_range_behind_the_end_is_416_with_the_size(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "/file", "Range: bytes=300000-\r\n");

    assert_int_equal(a.status, 416);
    assert_string_equal(answer_header(&a, "Content-Range"), "bytes */300000");
    assert_string_equal(answer_header(&a, "Content-Type"), "application/problem+json");
    answer_finish(&a);
}

static void if_range_holds_for_the_same_etag_only(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "/file", "Range: bytes=0-9\r\nIf-Range: \"v1\"\r\n");

    assert_bytes(fx, &a, 206, 0, 10);
    a = get(fx, "/file", "Range: bytes=0-9\r\nIf-Range: \"v0\"\r\n");
    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
    a = get(fx, "/file", "Range: bytes=0-9\r\nIf-Range: W/\"v1\"\r\n");
    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
    a = get(fx, "/file", "Range: bytes=0-9\r\nIf-Range: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
}

static void if_none_match_is_304_without_a_body(void **state)
{
    static const char *const matching[] = { "\"v1\"", "\"v0\", \"v1\"", "W/\"v1\"", "*" };
    struct fixture *fx = *state;
    struct answer a;
    char header[80];

    for (size_t i = 0; i < sizeof matching / sizeof matching[0]; i++) {
        snprintf(header, sizeof header, "If-None-Match: %s\r\nRange: bytes=0-1\r\n", matching[i]);
        a = get(fx, "/file", header);
        assert_string_equal(answer_header(&a, "ETag"), "\"v1\"");
        assert_bytes(fx, &a, 304, 0, 0);
    }
    a = get(fx, "/file", "If-None-Match: \"v0\"\r\n");
    assert_bytes(fx, &a, 200, 0, FILE_BYTES);
}

static void head_tells_the_size_and_sends_no_byte(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    struct answer a;

    peer_say(&peer, "HEAD /file HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n"
                    "GET /file HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n");
    a = peer_hear_head(&peer);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(&a, "Content-Length"), "300000");
    a = peer_hear(&peer);
    assert_bytes(fx, &a, 206, 0, 10);
    peer_close(&peer);
}

static void an_empty_file_is_an_empty_body(void **state)
{
    struct fixture *fx = *state;
    struct answer a = get(fx, "/nothing", "");

    assert_bytes(fx, &a, 200, 0, 0);
    a = get(fx, "/nothing", "Range: bytes=0-\r\n");
    assert_int_equal(a.status, 416);
    answer_finish(&a);
}

static int open_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void get_on(struct peer *peer, const char *path, const char *headers)
{
    char request[200];
    struct answer a;

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
    peer_say(peer, request);
    a = peer_hear(peer);
    assert_true(a.status > 0);
    answer_finish(&a);
}

static void descriptors_are_closed_whatever_the_answer_was(void **state)
{
    static const char *const headers[] = { "", "Range: bytes=0-9\r\n", "Range: bytes=300000-\r\n",
                                           "If-None-Match: *\r\n" };
    struct fixture *fx = *state;
    struct cm_metric *open = cm_gauge(fx->metrics, "callmill_http_connections", "", NULL);
    struct peer peer = peer_dial(fx->port);
    int before;

    /* An answer without a file is completed after all that was opened before it is closed: but
     * for other connections, of which the server may still have to hear that they ended. */
    get_on(&peer, "/none", "");
    until(cm_metric_value(open) == 1);
    get_on(&peer, "/none", "");
    before = open_descriptors();
    for (size_t i = 0; i < 20; i++)
        get_on(&peer, i % 2 ? "/file" : "/worker-file", headers[i % 4]);
    get_on(&peer, "/nothing", "");
    get_on(&peer, "/none", "");
    assert_int_equal(open_descriptors(), before);
    peer_close(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_file_comes_with_its_type_and_etag),
        cmocka_unit_test(one_range_is_a_206_with_content_range),
        cmocka_unit_test(several_ranges_get_the_whole_file),
        cmocka_unit_test(a_range_behind_the_end_is_416_with_the_size),
        cmocka_unit_test(if_range_holds_for_the_same_etag_only),
        cmocka_unit_test(if_none_match_is_304_without_a_body),
        cmocka_unit_test(head_tells_the_size_and_sends_no_byte),
        cmocka_unit_test(an_empty_file_is_an_empty_body),
        cmocka_unit_test(descriptors_are_closed_whatever_the_answer_was),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
