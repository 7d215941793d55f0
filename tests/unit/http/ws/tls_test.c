/* wss://: who is trusted, and bytes that come and go enciphered. */
#include "guest.h"
#include "tls_host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct tls_host host;
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct guest guest;
};

static int start_for(void **state, const char *name)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    struct cm_err err;

    assert_non_null(fx);
    signal(SIGPIPE, SIG_IGN); /* of the server's SSL_write; ours needs no such thing */
    tls_host_start(&fx->host, name);
    assert_int_equal(cm_loop_new(&fx->loop, &err), CM_OK);
    assert_int_equal(cm_ws_dialer_new(fx->loop, true, &fx->dialer, &err), CM_OK);
    fx->guest.loop = fx->loop;
    *state = fx;
    return 0;
}

static int start(void **state)
{
    return start_for(state, "DNS:localhost,IP:127.0.0.1");
}

static int start_as_other(void **state)
{
    return start_for(state, "DNS:other.example,IP:127.0.0.2");
}

static int stop(void **state)
{
    struct fixture *fx = *state;

    cm_ws_dialer_free(fx->dialer);
    cm_loop_free(fx->loop);
    tls_host_stop(&fx->host);
    guest_finish(&fx->guest);
    free(fx);
    return 0;
}

static void dial(struct fixture *fx, const char *name, const char *ca_file)
{
    char url[80];

    snprintf(url, sizeof url, "!wss://%s:%u/", name, fx->host.port);
    tls_host_serve(&fx->host);
    guest_dial(&fx->guest, fx->dialer, NULL, url,
               (struct cm_ws_dial){ .ca_file = ca_file, .limits = { .closing_ms = WAIT_MS } });
}

static void assert_echo(struct fixture *fx)
{
    fx->guest.greeting = "over TLS";
    loop_until(fx->loop, &fx->guest.messages, 1);
    assert_string_equal(fx->guest.heard.at, "over TLS");
    cm_ws_close(fx->guest.ws, CM_WS_NORMAL, "done");
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.code, 1000);
    assert_string_equal(fx->guest.why, "done");
}

static void a_server_that_the_ca_file_vouches_for_is_talked_to(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "127.0.0.1", fx->host.ca_file);
    assert_echo(fx);
}

static void the_name_may_be_a_name(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "localhost", fx->host.ca_file);
    assert_echo(fx);
}

static void the_environment_may_name_the_certificates(void **state)
{
    struct fixture *fx = *state;
    struct cm_err err;

    cm_ws_dialer_free(CM_STEAL(fx->dialer));
    setenv("SSL_CERT_FILE", fx->host.ca_file, 1);
    assert_int_equal(cm_ws_dialer_new(fx->loop, true, &fx->dialer, &err), CM_OK);
    unsetenv("SSL_CERT_FILE");
    dial(fx, "127.0.0.1", NULL);
    assert_echo(fx);
}

static void assert_untrusted(struct fixture *fx, const char *why)
{
    loop_until(fx->loop, &fx->guest.closed, 1);
    assert_int_equal(fx->guest.opened, 0);
    assert_int_equal(fx->guest.code, 1006);
    if (!strstr(fx->guest.why, why))
        fail_msg("it says: %s", fx->guest.why);
}

static void a_server_that_the_system_does_not_know_is_refused(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "127.0.0.1", NULL);
    assert_untrusted(fx, "unable to get local issuer certificate");
}

static void a_server_of_another_authority_is_refused(void **state)
{
    struct fixture *fx = *state;
    struct tls_host other;

    tls_host_start(&other, "IP:127.0.0.1");
    dial(fx, "127.0.0.1", other.ca_file);
    assert_untrusted(fx, "unable to get local issuer certificate");
    tls_host_serve(&other); /* for its end */
    tls_host_stop(&other);
}

static void a_server_of_another_name_is_refused(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "127.0.0.1", fx->host.ca_file);
    assert_untrusted(fx, "no alternative certificate subject name matches");
}

static void a_ca_file_that_is_not_there_is_said(void **state)
{
    struct fixture *fx = *state;

    dial(fx, "127.0.0.1", "/nowhere/ca.pem");
    assert_untrusted(fx, "/nowhere/ca.pem");
}

/* Much more than one read takes, and in records that the descriptor does not tell of. */
static void much_that_comes_is_heard(void **state)
{
    struct fixture *fx = *state;

    fx->host.much = 3000;
    dial(fx, "127.0.0.1", fx->host.ca_file);
    loop_until(fx->loop, &fx->guest.messages, 3000);
    assert_int_equal(fx->guest.heard.len, 1000);
}

/* The server reads late: what libcurl could not send must be offered again just as it was. */
static void much_that_goes_waits_and_arrives(void **state)
{
    static char much[50000];
    struct fixture *fx = *state;
    const struct cm_str text = { much, sizeof much };
    unsigned sent = 0;

    memset(much, 'm', sizeof much);
    fx->host.reads_late = true;
    dial(fx, "127.0.0.1", fx->host.ca_file);
    loop_until(fx->loop, &fx->guest.opened, 1);
    do {
        while (cm_ws_send(fx->guest.ws, &text, 1))
            sent++;
        loop_until(fx->loop, &fx->guest.opened, 1); /* a turn */
    } while (cm_ws_queued(fx->guest.ws) < 150000 && sent < 10000);
    assert_in_range(sent, 6, 9999);
    assert_int_equal(write(fx->host.read_now[1], "x", 1), 1);
    loop_until(fx->loop, &fx->guest.messages, sent);
    assert_int_equal(fx->guest.heard.len, sizeof much);
    assert_int_equal(fx->guest.closed, 0);
    assert_in_range(fx->guest.drained, 1, sent);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_server_that_the_ca_file_vouches_for_is_talked_to),
        STORY(the_name_may_be_a_name),
        STORY(the_environment_may_name_the_certificates),
        STORY(a_server_that_the_system_does_not_know_is_refused),
        STORY(a_server_of_another_authority_is_refused),
        cmocka_unit_test_setup_teardown(a_server_of_another_name_is_refused, start_as_other, stop),
        STORY(a_ca_file_that_is_not_there_is_said),
        STORY(much_that_comes_is_heard),
        STORY(much_that_goes_waits_and_arrives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
