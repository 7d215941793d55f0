#include "db/db.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/cond.h"
#include "db/pool.h"

/* Idle connections are a stack: the one used last goes out first, so that a quiet service needs
 * few. `open` counts idle and borrowed ones and those being made; it never exceeds `room`. */
struct cm_db {
    struct cm_conn_target target;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct cm_conn **idle;
    int idle_count, open, room;
    struct cm_metric *open_now, *borrowed_now, *connects, *failures, *wait_time, *trip_time;
};

const struct cm_setting cm_db_settings[] = {
    { .name = "DATABASE_URL",
      .type = CM_SET_TEXT,
      .fallback = "postgresql://callmill_worker@127.0.0.1:5432/callmill",
      .secret = true,
      .help = "PostgreSQL, as a libpq URL or keyword string." },
    { .name = "DATABASE_POOL",
      .type = CM_SET_INT,
      .fallback = "8",
      .min = 1,
      .max = 500,
      .help = "Most connections that a process opens." },
    { .name = "DATABASE_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "10000",
      .min = 100,
      .max = 600000,
      .help = "Longest wait for an answer of PostgreSQL, in milliseconds." },
    { 0 },
};

static void metrics_make(struct cm_db *db, struct cm_metrics *metrics)
{
    if (!metrics)
        return;

    db->open_now =
        cm_gauge(metrics, "callmill_db_connections", "Open connections to PostgreSQL.", "");
    db->borrowed_now =
        cm_gauge(metrics, "callmill_db_connections_busy", "Connections at work right now.", "");
    db->connects = cm_counter(metrics, "callmill_db_connects_total", "Connections made.", "");
    db->failures = cm_counter(metrics, "callmill_db_failures_total",
                              "Round trips to PostgreSQL that failed.", "");
    db->wait_time =
        cm_histogram(metrics, "callmill_db_wait_seconds", "Time until a connection was there.", "");
    db->trip_time = cm_histogram(metrics, "callmill_db_round_trip_seconds",
                                 "Time until a statement, or several at once, were answered.", "");
}

cm_rc cm_db_new(const char *url, int connections, int timeout_ms, const char *application,
                struct cm_metrics *metrics, struct cm_db **out, struct cm_err *err)
{
    struct cm_db *db = cm_must(calloc(1, sizeof *db));
    cm_rc rc;

    rc = cm_conn_target_init(&db->target, url, application, timeout_ms, err);
    /* A batch's plan, once kept for a table that was still empty, would read all of it for ever. */
    db->target.plans_anew = true;
    if (rc) {
        free(db);
        return rc;
    }

    db->room = connections;
    db->idle = cm_must(calloc((size_t)connections, sizeof(struct cm_conn *)));
    pthread_mutex_init(&db->lock, NULL);
    cm_cond_init(&db->freed);
    metrics_make(db, metrics);
    *out = db;
    return CM_OK;
}

cm_rc cm_db_new_from(const struct cm_config *config, const char *application,
                     struct cm_metrics *metrics, struct cm_db **out, struct cm_err *err)
{
    return cm_db_new(
        cm_config_text(config, "DATABASE_URL"), (int)cm_config_int(config, "DATABASE_POOL"),
        (int)cm_config_int(config, "DATABASE_TIMEOUT_MS"), application, metrics, out, err);
}

void cm_db_free(struct cm_db *db)
{
    if (!db)
        return;

    while (db->idle_count > 0)
        cm_conn_free(db->idle[--db->idle_count]);
    cm_conn_target_finish(&db->target);
    pthread_cond_destroy(&db->freed);
    pthread_mutex_destroy(&db->lock);
    free(db->idle);
    free(db);
}

const struct cm_conn_target *cm_db_target(const struct cm_db *db)
{
    return &db->target;
}

int64_t cm_db_deadline_ms(const struct cm_db *db)
{
    /* The server's statement_timeout is the same; its answer should win over ours. */
    return cm_mono_ms() + db->target.timeout_ms + 500;
}

void cm_db_count(struct cm_db *db, cm_rc rc, int64_t since_us)
{
    cm_metric_observe_us(db->trip_time, cm_now_us() - since_us);
    if (rc)
        cm_metric_add(db->failures, 1);
}

/* ---- borrowing ---- */

/* Waits for an idle connection or room for a new one; `*conn` stays NULL for the latter. */
static cm_rc take_place(struct cm_db *db, struct cm_conn **conn, struct cm_err *err)
{
    int64_t until_ms = cm_mono_ms() + db->target.timeout_ms;
    bool in_time = true, found = true;

    pthread_mutex_lock(&db->lock);
    while (db->idle_count == 0 && db->open == db->room && in_time)
        in_time = cm_cond_wait(&db->freed, &db->lock, until_ms);
    if (db->idle_count > 0)
        *conn = db->idle[--db->idle_count];
    else if (db->open < db->room)
        db->open++;
    else
        found = false;
    pthread_mutex_unlock(&db->lock);

    if (!found)
        return cm_fail_away(err, "database: all %d connections are busy (DATABASE_POOL)", db->room);
    return CM_OK;
}

static void leave_place(struct cm_db *db)
{
    pthread_mutex_lock(&db->lock);
    db->open--;
    pthread_cond_signal(&db->freed);
    pthread_mutex_unlock(&db->lock);
}

cm_rc cm_db_borrow(struct cm_db *db, struct cm_conn **out, struct cm_err *err)
{
    int64_t since_us = cm_now_us();
    struct cm_conn *conn = NULL;
    cm_rc rc = take_place(db, &conn, err);

    if (rc)
        return rc;

    if (conn && cm_conn_is_stale(conn)) { /* e.g. PostgreSQL was restarted meanwhile */
        cm_conn_free(CM_STEAL(conn));
        cm_metric_add(db->open_now, -1);
    }
    if (!conn) {
        rc = cm_conn_open(&db->target, &conn, err);
        if (rc) {
            leave_place(db);
            cm_metric_add(db->failures, 1);
            return rc;
        }
        cm_metric_add(db->connects, 1);
        cm_metric_add(db->open_now, 1);
    }
    cm_metric_add(db->borrowed_now, 1);
    cm_metric_observe_us(db->wait_time, cm_now_us() - since_us);
    *out = conn;
    return CM_OK;
}

void cm_db_give_back(struct cm_db *db, struct cm_conn *conn, bool reusable)
{
    cm_metric_add(db->borrowed_now, -1);
    if (!reusable || cm_conn_awaited(conn) > 0) {
        cm_conn_free(conn);
        cm_metric_add(db->open_now, -1);
        leave_place(db);
        return;
    }
    pthread_mutex_lock(&db->lock);
    db->idle[db->idle_count++] = conn;
    pthread_cond_signal(&db->freed);
    pthread_mutex_unlock(&db->lock);
}

/* ---- one statement ---- */

cm_rc cm_db_query(struct cm_db *db, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows, struct cm_err *err)
{
    struct cm_conn *conn = NULL;
    bool reconnect = false;
    int64_t since_us;
    cm_rc rc = cm_db_borrow(db, &conn, err);

    if (rc)
        return rc;

    since_us = cm_now_us();
    rc = cm_conn_exec(conn, stmt, args, err);
    if (!rc)
        rc = cm_conn_sync(conn, err);
    if (!rc)
        rc = cm_conn_finish_segment(conn, cm_db_deadline_ms(db), rows, &reconnect, err);
    cm_db_count(db, rc, since_us);
    cm_db_give_back(db, conn, !reconnect);
    return rc;
}

cm_rc cm_db_ping(struct cm_db *db, struct cm_err *err)
{
    static const struct cm_stmt ping = { "cm_ping", "SELECT 1" };

    return cm_db_query(db, &ping, NULL, NULL, err);
}
