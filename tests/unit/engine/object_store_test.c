/* What an object store's refusals come to, where one answer alone does not tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/object_store.h"
#include "http/server.h"

enum { ANSWERS_MAX = 3 };

struct fixture {
    struct cm_http_server *server;
    struct cm_http_client *http;
    struct cm_arena *arena;
    struct object_store *store;
    char url[64];
    unsigned answers[ANSWERS_MAX]; /* statuses */
    size_t asked;
    struct object_about about;
    struct cm_err err;
};

static void answer(struct cm_http_request *rq, struct fixture *fx, const char *body)
{
    struct cm_buf out = { 0 };

    assert_true(fx->asked < ANSWERS_MAX);
    cm_buf_text(&out, body);
    cm_http_reply_buf(rq, fx->answers[fx->asked++], "application/xml", &out);
}

static void answer_object(struct cm_http_request *rq, void *ctx)
{
    answer(rq, ctx, "");
}

static void answer_listing(struct cm_http_request *rq, void *ctx)
{
    answer(rq, ctx, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
}

static const struct cm_http_route routes[] = {
    { "GET", "/calls/a.mp3", answer_object, CM_HTTP_INLINE, 0 },
    { "GET", "/calls", answer_listing, CM_HTTP_INLINE, 0 },
    { 0 },
};

static int start(void **state)
{
    static struct fixture fx;
    struct cm_http_options options = { .addr = "127.0.0.1:0", .routes = routes, .ctx = &fx };

    fx = (struct fixture){ .arena = cm_arena_new() };
    assert_int_equal(cm_http_server_start(&options, &fx.server, &fx.err), CM_OK);
    assert_int_equal(cm_http_client_new(NULL, &fx.http, &fx.err), CM_OK);
    (void)snprintf(fx.url, sizeof fx.url, "http://127.0.0.1:%u", cm_http_server_port(fx.server));
    fx.store = object_store_new(&(struct object_store_options){ .http = fx.http,
                                                                .endpoint = fx.url,
                                                                .region = "eu-central-1",
                                                                .key_id = "key",
                                                                .secret = "hush",
                                                                .bucket = CM_STR("calls"),
                                                                .timeout_ms = 60000 });
    object_store_settle(fx.store);
    *state = &fx;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    object_store_free(fx->store);
    cm_http_client_free(fx->http);
    cm_http_server_free(fx->server);
    cm_arena_free(fx->arena);
    return 0;
}

static cm_rc look_answered(struct fixture *fx, unsigned look, unsigned list, unsigned again)
{
    const unsigned answers[] = { look, list, again };

    for (size_t i = 0; i < ANSWERS_MAX; i++)
        fx->answers[i] = answers[i];
    return object_look(fx->store, fx->arena, CM_STR("a.mp3"), &fx->about, &fx->err);
}

static void an_object_that_alone_may_not_be_read_is_its_own_matter(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(look_answered(fx, 403, 200, 403), CM_REJECT);
    assert_int_equal(fx->asked, 3);
}

static void where_nothing_may_be_read_it_waits(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(look_answered(fx, 403, 403, 0), CM_RETRY);
    assert_true(fx->err.away);
    assert_int_equal(fx->asked, 2);
}

static void a_key_that_is_let_in_meanwhile_reads(void **state)
{
    struct fixture *fx = *state;

    fx->about.is_there = true;
    assert_int_equal(look_answered(fx, 403, 200, 404), CM_OK);
    assert_false(fx->about.is_there);
    assert_int_equal(fx->asked, 3);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_object_that_alone_may_not_be_read_is_its_own_matter),
        STORE_TEST(where_nothing_may_be_read_it_waits),
        STORE_TEST(a_key_that_is_let_in_meanwhile_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
