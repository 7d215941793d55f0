/* conn_open.c - how a connection comes to be: its address, its session's options, its first steps.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/conn_inside.h"

cm_rc cm_conn_target_init(struct cm_conn_target *target, const char *url, const char *application,
                          int timeout_ms, struct cm_err *err)
{
    char *reason = NULL;
    PQconninfoOption *parts = PQconninfoParse(url, &reason);

    if (!parts) {
        cm_fail(err, CM_FATAL,
                "DATABASE_URL cannot be parsed; it looks like "
                "postgresql://user:password@host:5432/callmill");
        PQfreemem(reason); /* not shown: it may quote the password */
        return CM_FATAL;
    }

    PQconninfoFree(parts);
    target->url = cm_must(strdup(url));
    target->application = cm_must(strdup(application ? application : "callmill"));
    target->timeout_ms = timeout_ms;
    return CM_OK;
}

void cm_conn_target_finish(struct cm_conn_target *target)
{
    free(target->url);
    free(target->application);
}

/* The session's options: the URL's own, then ours. */
static void session_options(const struct cm_conn_target *target, char *out, size_t size)
{
    PQconninfoOption *parts = PQconninfoParse(target->url, NULL);
    const char *given = "";

    for (PQconninfoOption *part = parts; part && part->keyword; part++) {
        if (strcmp(part->keyword, "options") == 0 && part->val)
            given = part->val;
    }
    /* The keepalives are the server's: a client that vanished holds its locks for a minute at most.
     */
    snprintf(out, size,
             "-c statement_timeout=%d -c idle_in_transaction_session_timeout=%d "
             "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 "
             "-c plan_cache_mode=%s %s",
             target->timeout_ms, 2 * target->timeout_ms,
             target->plans_anew ? "force_custom_plan" : "auto", given);
    PQconninfoFree(parts);
}

static void ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

cm_rc cm_conn_start(const struct cm_conn_target *target, struct cm_conn **out, struct cm_err *err)
{
    CM_OWN(cm_conn) conn = cm_must(calloc(1, sizeof *conn));
    char options[512], tcp_timeout[16];
    /* gssencmode: libgssapi is where libpq dies without memory, and nobody here uses it. */
    const char *keywords[] = { "dbname",  "gssencmode",       "application_name",
                               "options", "tcp_user_timeout", "client_encoding",
                               NULL };
    const char *values[] = { target->url, "disable", target->application, options, tcp_timeout,
                             "UTF8",      NULL };

    session_options(target, options, sizeof options);
    snprintf(tcp_timeout, sizeof tcp_timeout, "%d", target->timeout_ms);
    conn->pg = cm_must(PQconnectStartParams(keywords, values, 1));
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        return conn_lost(conn, "cannot connect", err);

    PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
    conn->wants = POLLOUT;
    *out = CM_STEAL(conn);
    return CM_OK;
}

cm_rc cm_conn_go_on(struct cm_conn *conn, enum cm_conn_progress *progress, struct cm_err *err)
{
    *progress = CM_CONN_CONNECTING;
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        conn->wants = POLLIN;
        return CM_OK;
    case PGRES_POLLING_WRITING:
        conn->wants = POLLOUT;
        return CM_OK;
    case PGRES_POLLING_OK:
        break;
    case PGRES_POLLING_ACTIVE:
    case PGRES_POLLING_FAILED:
        return conn_lost(conn, "cannot connect", err);
    }
    if (PQsetnonblocking(conn->pg, 1) != 0 || PQenterPipelineMode(conn->pg) != 1)
        return conn_lost(conn, "cannot enter pipeline mode", err);

    conn->wants = POLLIN;
    *progress = CM_CONN_READY;
    return CM_OK;
}

cm_rc cm_conn_open(const struct cm_conn_target *target, struct cm_conn **out, struct cm_err *err)
{
    int64_t deadline_ms = cm_mono_ms() + target->timeout_ms;
    enum cm_conn_progress progress = CM_CONN_CONNECTING;
    CM_OWN(cm_conn) conn = NULL;
    cm_rc rc = cm_conn_start(target, &conn, err);

    if (rc)
        return rc;

    assert(conn);
    while (progress == CM_CONN_CONNECTING) {
        rc = conn_wait_fd(conn, deadline_ms, err);
        if (!rc)
            rc = cm_conn_go_on(conn, &progress, err);
        if (rc)
            return rc;
    }

    *out = CM_STEAL(conn);
    return CM_OK;
}
