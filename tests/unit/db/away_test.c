/* A database that is not there, in the ways in which it can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/db.h"

enum { TIMEOUT_MS = 300, PATIENCE_MS = 30 * 1000 };

/* Listens on loopback and never says a word. */
static int a_silent_server(char *url, size_t size)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, size, "postgresql://x:secret@127.0.0.1:%d/x", ntohs(address.sin_port));
    return fd;
}

static void assert_away(const char *url)
{
    CM_OWN(cm_db) db = NULL;
    CM_OWN(cm_listener) listener = NULL;
    struct cm_tx *tx = NULL;
    struct cm_err err = { 0 };
    int64_t since_ms = cm_mono_ms();

    assert_int_equal(cm_db_new(url, 2, TIMEOUT_MS, "test", NULL, &db, &err), CM_OK);
    assert_int_equal(cm_db_ping(db, &err), CM_RETRY);
    assert_true(err.away);
    assert_null(strstr(err.msg, "secret"));
    assert_int_equal(cm_tx_begin(db, &tx, &err), CM_RETRY);
    assert_null(tx);
    assert_int_equal(cm_listener_new(db, "test", &listener, &err), CM_RETRY);
    assert_true(err.away);
    assert_true(cm_mono_ms() - since_ms < PATIENCE_MS);
}

static void a_server_that_says_nothing_holds_nobody(void **state)
{
    char url[80];
    CM_OWN_FD int server = a_silent_server(url, sizeof url);

    (void)state;
    assert_true(server >= 0);
    assert_away(url);
}

static void a_closed_port_is_told_at_once(void **state)
{
    (void)state;
    assert_away("postgresql://x:secret@127.0.0.1:9/x");
}

static void a_url_that_is_none_stops_the_start_without_quoting_it(void **state)
{
    struct cm_db *db = NULL;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(
        cm_db_new("postgresql://x:secret@[half/x", 1, TIMEOUT_MS, "test", NULL, &db, &err),
        CM_FATAL);
    assert_null(db);
    assert_non_null(strstr(err.msg, "DATABASE_URL"));
    assert_null(strstr(err.msg, "secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_says_nothing_holds_nobody),
        cmocka_unit_test(a_closed_port_is_told_at_once),
        cmocka_unit_test(a_url_that_is_none_stops_the_start_without_quoting_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
