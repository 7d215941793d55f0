/* Long bodies: who may send one is asked before it is read, and none stays behind. */
#include "web.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "until.h"

enum { LONG_MAX_BYTES = 4 * 1024 * 1024, AT_A_TIME = 2, DEADLINE_MS = 1000 };

struct fixture {
    struct cm_http_server *server;
    struct cm_metrics *metrics;
    unsigned port;
    char folder[64];
    char *body;        /* LONG_MAX_BYTES */
    atomic_bool asked; /* of who comes as "never" */
};

static void tell_later(void *ctx)
{
    struct cm_http_request *rq = ctx;
    struct cm_str who = { 0 };

    cm_http_header(rq, "X-Then", &who);
    if (cm_str_is(who, "no"))
        cm_http_problem(rq, 401, NULL, "You may not.");
    else
        cm_http_take_body(rq);
}

static void admit(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    struct cm_str who = { 0 };

    cm_http_header(rq, "X-Who", &who);
    if (cm_str_is(who, "later"))
        cm_loop_post(cm_http_loop(rq), tell_later, rq);
    else if (cm_str_is(who, "never"))
        atomic_store(&fx->asked, true);
    else if (cm_str_is(who, "nobody"))
        cm_http_problem(rq, 401, NULL, "You may not.");
    else
        cm_http_take_body(rq);
}

/* Tells the size of what came, and its hash. */
static void weigh(struct cm_http_request *rq, void *ctx)
{
    struct cm_buf body = { 0 }, bytes = { 0 };
    struct cm_sha256 hash;
    struct stat st;

    (void)ctx;
    assert_int_equal(cm_http_body(rq).len, 0);
    assert_int_equal(fstat(cm_http_body_file(rq), &st), 0);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(pread(cm_http_body_file(rq), cm_buf_reserve(&bytes, (size_t)st.st_size),
                           (size_t)st.st_size, 0),
                     st.st_size);
    bytes.len = (size_t)st.st_size;
    hash = cm_sha256(cm_buf_view(&bytes));
    cm_buf_printf(&body, "%zu %s", bytes.len, cm_hex(hash.at, sizeof hash.at).at);
    cm_buf_finish(&bytes);
    cm_http_reply_buf(rq, 200, "text/plain", &body);
}

static const struct cm_http_route routes[] = {
    { "POST", "/long", weigh, CM_HTTP_WORKER, CM_HTTP_LONG_BODY },
    { 0 },
};

static char *make_body(void)
{
    char *at = malloc(LONG_MAX_BYTES);

    assert_non_null(at);
    for (size_t i = 0; i < LONG_MAX_BYTES; i++)
        at[i] = (char)(i * 2654435761u >> 13);
    return at;
}

static int start_with(void **state, int request_deadline_ms)
{
    static struct fixture fx;

    fx = (struct fixture){ .metrics = cm_metrics_new(), .body = make_body() };
    strcpy(fx.folder, "/tmp/http_body_test.XXXXXX");
    if (!mkdtemp(fx.folder))
        return -1;
    fx.server = serve((struct cm_http_options){ .routes = routes,
                                                .ctx = &fx,
                                                .workers = 1,
                                                .metrics = fx.metrics,
                                                .request_deadline_ms = request_deadline_ms,
                                                .long_bodies = { .folder = fx.folder,
                                                                 .max_bytes = LONG_MAX_BYTES,
                                                                 .at_a_time = AT_A_TIME,
                                                                 .admit = admit } });
    fx.port = cm_http_server_port(fx.server);
    *state = &fx;
    return 0;
}

static int start(void **state)
{
    return start_with(state, WAIT_MS);
}

static int start_hasty(void **state)
{
    return start_with(state, DEADLINE_MS);
}

static bool is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t entries = 0;

    assert_non_null(dir);
    while (readdir(dir))
        entries++;
    closedir(dir);
    return entries == 2; /* . and .. */
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_http_server_free(fx->server);
    cm_metrics_free(fx->metrics);
    assert_true(is_empty(fx->folder));
    rmdir(fx->folder);
    free(fx->body);
    return 0;
}

static void begin(struct peer *peer, const char *who, size_t length)
{
    CM_OWN_BUF struct cm_buf head = { 0 };

    cm_buf_printf(&head, "POST /long HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %zu\r\n\r\n", who,
                  length);
    peer_say(peer, head.at);
}

static void assert_weighed(struct peer *peer, struct cm_str body)
{
    struct answer a = peer_hear(peer);
    struct cm_sha256 hash = cm_sha256(body);
    CM_OWN_BUF struct cm_buf want = { 0 };

    cm_buf_printf(&want, "%zu %s", body.len, cm_hex(hash.at, sizeof hash.at).at);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.at, want.at);
    answer_finish(&a);
}

static void assert_status(struct peer *peer, unsigned status)
{
    struct answer a = peer_hear(peer);

    assert_int_equal(a.status, status);
    answer_finish(&a);
}

static void a_long_body_is_a_file_for_its_handler(void **state)
{
    static const char *const whos[] = { "X-Who: now", "X-Who: later" };
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    for (size_t i = 0; i < 4; i++) { /* on one connection */
        begin(&peer, whos[i % 2], LONG_MAX_BYTES);
        peer_say_bytes(&peer, fx->body, LONG_MAX_BYTES);
        assert_weighed(&peer, (struct cm_str){ fx->body, LONG_MAX_BYTES });
        assert_true(is_empty(fx->folder));
    }
    peer_close(&peer);
}

static void an_empty_one_too(void **state)
{
    static const char *const whos[] = { "X-Who: now", "X-Who: later" };
    struct fixture *fx = *state;

    for (size_t i = 0; i < 2; i++) {
        struct peer peer = peer_dial(fx->port);

        begin(&peer, whos[i], 0);
        assert_weighed(&peer, CM_STR(""));
        peer_close(&peer);
    }
}

static void chunks_are_put_together(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    peer_say(&peer, "POST /long HTTP/1.1\r\nHost: x\r\nX-Who: later\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < 50000; at += 5000) {
        peer_say(&peer, "1388\r\n");
        peer_say_bytes(&peer, fx->body + at, 5000);
        peer_say(&peer, "\r\n");
    }
    peer_say(&peer, "0\r\n\r\n");
    assert_weighed(&peer, (struct cm_str){ fx->body, 50000 });
    peer_close(&peer);
}

static void who_may_not_hears_it_after_all_was_sent_and_goes_on(void **state)
{
    static const char *const whos[] = { "X-Who: nobody", "X-Who: later\r\nX-Then: no" };
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    for (size_t i = 0; i < 4; i++) {
        begin(&peer, whos[i % 2], LONG_MAX_BYTES);
        peer_say_bytes(&peer, fx->body, LONG_MAX_BYTES);
        assert_status(&peer, 401);
    }
    begin(&peer, "X-Who: now", 10);
    peer_say_bytes(&peer, fx->body, 10);
    assert_weighed(&peer, (struct cm_str){ fx->body, 10 });
    peer_close(&peer);
}

static void who_waits_to_be_asked_is_told_at_once(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    begin(&peer, "X-Who: nobody\r\nExpect: 100-continue", LONG_MAX_BYTES);
    assert_status(&peer, 401);
    peer_close(&peer);

    peer = peer_dial(fx->port);
    begin(&peer, "X-Who: later\r\nExpect: 100-continue", 100);
    assert_true(peer_hear_text(&peer, "HTTP/1.1 100 Continue\r\n\r\n", WAIT_MS));
    peer_say_bytes(&peer, fx->body, 100);
    assert_weighed(&peer, (struct cm_str){ fx->body, 100 });
    peer_close(&peer);
}

static void more_than_the_bound_is_413(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    begin(&peer, "X-Who: now", LONG_MAX_BYTES + 1);
    peer_say_bytes(&peer, fx->body, LONG_MAX_BYTES);
    peer_say(&peer, "x");
    assert_status(&peer, 413);
    peer_close(&peer);

    peer = peer_dial(fx->port); /* not announced */
    peer_say(&peer,
             "POST /long HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400001\r\n");
    peer_say_bytes(&peer, fx->body, LONG_MAX_BYTES);
    peer_say(&peer, "x\r\n0\r\n\r\n");
    assert_status(&peer, 413);
    peer_close(&peer);
}

static void more_at_a_time_than_the_bound_are_503(void **state)
{
    struct fixture *fx = *state;
    struct peer peers[AT_A_TIME + 1];

    for (size_t i = 0; i <= AT_A_TIME; i++) {
        peers[i] = peer_dial(fx->port);
        begin(&peers[i], "Expect: 100-continue", 1000); /* so that each is known to be let in */
        assert_true(peer_hear_text(&peers[i], "HTTP/1.1 100 Continue\r\n\r\n", WAIT_MS));
    }
    for (size_t i = 0; i <= AT_A_TIME; i++) {
        size_t last = AT_A_TIME - i; /* the one that was one too many comes first */

        peer_say_bytes(&peers[last], fx->body, 1000);
        if (i == 0)
            assert_status(&peers[last], 503);
        else
            assert_weighed(&peers[last], (struct cm_str){ fx->body, 1000 });
        peer_close(&peers[last]);
    }
}

/* Was there a place? */
static bool come_and_leave(struct fixture *fx)
{
    struct peer peer = peer_dial(fx->port);
    struct cm_metric *refused =
        cm_counter(fx->metrics, "callmill_http_refused_total", "", "reason=\"long_bodies\"");
    int64_t before = cm_metric_value(refused);

    begin(&peer, "Expect: 100-continue", 1000);
    assert_true(peer_hear_text(&peer, "HTTP/1.1 100 Continue\r\n\r\n", WAIT_MS));
    peer_say_bytes(&peer, fx->body, 500);
    peer_close(&peer);
    return cm_metric_value(refused) == before;
}

static void who_leaves_gives_the_place_back(void **state)
{
    for (int visits = 0; visits < 2 * AT_A_TIME; visits++)
        until(come_and_leave(*state));
}

static void a_steady_sender_has_longer_than_the_deadline(void **state)
{
    enum { PARTS = 16, PART = LONG_MAX_BYTES / PARTS };
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);
    int64_t began_ms = cm_mono_ms();

    begin(&peer, "X-Who: now", LONG_MAX_BYTES);
    for (size_t i = 0; i < PARTS; i++) {
        peer_say_bytes(&peer, fx->body + i * PART, PART);
        cm_pause_ms(120); /* the pace: 2 MiB a second */
    }
    assert_weighed(&peer, (struct cm_str){ fx->body, LONG_MAX_BYTES });
    assert_true(cm_mono_ms() - began_ms > DEADLINE_MS + 500);
    peer_close(&peer);
}

static void one_that_drips_is_cut_at_the_deadline(void **state)
{
    struct fixture *fx = *state;
    int64_t began_ms = cm_mono_ms();
    struct peer peer = peer_dial(fx->port);
    bool heard = false;

    begin(&peer, "X-Who: now", LONG_MAX_BYTES);
    while (!heard && cm_mono_ms() - began_ms < WAIT_MS) {
        peer_try_say(&peer, "x", 1);
        heard = peer_hear_text(&peer, "HTTP/1.1 408 ", 50);
    }
    assert_true(heard);
    assert_in_range(cm_mono_ms() - began_ms, DEADLINE_MS, WAIT_MS);
    peer_close(&peer);
}

static void no_room_is_503(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    assert_int_equal(rmdir(fx->folder), 0);
    begin(&peer, "X-Who: now", 1000);
    peer_say_bytes(&peer, fx->body, 1000);
    assert_status(&peer, 503);
    peer_close(&peer);
    assert_int_equal(mkdir(fx->folder, 0700), 0);
}

static void who_is_still_asked_about_hears_503_when_the_server_stops(void **state)
{
    struct fixture *fx = *state;
    struct peer peer = peer_dial(fx->port);

    begin(&peer, "X-Who: never", 0);
    until(atomic_load(&fx->asked));
    cm_http_server_stop(fx->server, 0);
    assert_status(&peer, 503);
    peer_close(&peer);
}

#define TEST(name)       cmocka_unit_test_setup_teardown(name, start, stop)
#define HASTY_TEST(name) cmocka_unit_test_setup_teardown(name, start_hasty, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_long_body_is_a_file_for_its_handler),
        TEST(an_empty_one_too),
        TEST(chunks_are_put_together),
        TEST(who_may_not_hears_it_after_all_was_sent_and_goes_on),
        TEST(who_waits_to_be_asked_is_told_at_once),
        TEST(more_than_the_bound_is_413),
        TEST(more_at_a_time_than_the_bound_are_503),
        TEST(who_leaves_gives_the_place_back),
        HASTY_TEST(a_steady_sender_has_longer_than_the_deadline),
        HASTY_TEST(one_that_drips_is_cut_at_the_deadline),
        TEST(no_room_is_503),
        TEST(who_is_still_asked_about_hears_503_when_the_server_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
