/* Services that are away, silent, or hang up in the middle. */
#include "elsewhere.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"

static void nobody_at_the_address_is_away_and_credentials_stay_out_of_the_message(void **state)
{
    struct elsewhere *fx = *state;

    assert_int_equal(
        fetch(fx,
              (struct cm_http_ask){ .url = "http://user:hidden@127.0.0.1:1/path?token=hidden" }),
        CM_RETRY);
    assert_true(fx->err.away);
    assert_non_null(strstr(fx->err.msg, "GET http://127.0.0.1:1/path: "));
    assert_null(strstr(fx->err.msg, "hidden"));
    assert_null(strstr(fx->err.msg, "user"));
    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = "http://no-such-host.invalid/" }),
                     CM_RETRY);
    assert_true(fx->err.away);
}

static void a_silent_server_is_given_up_at_the_timeout(void **state)
{
    struct elsewhere *fx = *state;
    int64_t began_ms = cm_mono_ms();

    assert_int_equal(
        fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/never"), .timeout_ms = 500 }),
        CM_RETRY);
    assert_false(fx->err.away);
    assert_in_range(cm_mono_ms() - began_ms, 450, WAIT_MS / 2);
}

static bool stop_now(void *ctx)
{
    ++*(int *)ctx;
    return true;
}

static void a_request_is_abandoned_when_asked_to_stop(void **state)
{
    struct elsewhere *fx = *state;
    int64_t began_ms = cm_mono_ms();
    int asked = 0;

    assert_int_equal(fetch(fx, (struct cm_http_ask){ .url = url_of(fx, "/never"),
                                                     .stop = stop_now,
                                                     .stop_ctx = &asked }),
                     CM_RETRY);
    assert_int_equal(asked, 1);
    assert_in_range(cm_mono_ms() - began_ms, 0, WAIT_MS / 2);
}

/* A peer that says one thing and hangs up. */
struct script {
    pthread_t thread;
    int fd;
    unsigned port;
    const char *says;
};

static void *play(void *ctx)
{
    struct script *script = ctx;
    char ignored[4096];
    int fd = accept(script->fd, NULL, NULL);

    if (recv(fd, ignored, sizeof ignored, 0) > 0)
        send(fd, script->says, strlen(script->says), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void script_start(struct script *script, const char *says)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;

    script->says = says;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    script->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(script->fd, 1), 0);
    assert_int_equal(getsockname(script->fd, (struct sockaddr *)&at, &len), 0);
    script->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&script->thread, NULL, play, script), 0);
}

static void script_end(struct script *script)
{
    pthread_join(script->thread, NULL);
    close(script->fd);
}

static void an_answer_cut_at_any_byte_is_retried(void **state)
{
    static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    struct elsewhere *fx = *state;

    for (size_t len = 0; len <= sizeof whole - 1; len++) {
        struct script script;
        char says[sizeof whole], url[64];
        cm_rc rc;

        snprintf(says, len + 1, "%s", whole);
        script_start(&script, says);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", script.port);
        rc = fetch(fx, (struct cm_http_ask){ .url = url, .timeout_ms = WAIT_MS });
        script_end(&script);
        assert_int_equal(rc, len == sizeof whole - 1 ? CM_OK : CM_RETRY);
        if (rc)
            assert_false(fx->err.away);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_at_the_address_is_away_and_credentials_stay_out_of_the_message),
        cmocka_unit_test(a_silent_server_is_given_up_at_the_timeout),
        cmocka_unit_test(a_request_is_abandoned_when_asked_to_stop),
        cmocka_unit_test(an_answer_cut_at_any_byte_is_retried),
    };

    return cmocka_run_group_tests(tests, elsewhere_open, elsewhere_close);
}
