#include "service/relay.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/producer.h"
#include "service/inbox.h"
#include "service/relay_stats.h"
#include "service/retry.h"

enum {
    ROWS_MAX = 500,
    HEADERS_MAX = 32,
    IDLE_MS = 2000,    /* a look without a notification, in case one was lost */
    STANDBY_MS = 1000, /* between two tries to become the one that publishes */
    SEND_MS = 15000,
    DEPTH_MS = 5000,
    PRUNE_MS = 600000,
    SEGMENT_DAYS = 7, /* Kafka's own default; callmill's topics have a day */
};

static const struct cm_stmt sql_lock = {
    "relay_lock", "SELECT pg_try_advisory_lock(hashtext('callmill relay'), hashtext($1))"
};

/* At most 16 MiB at a time, but always one. */
static const struct cm_stmt sql_fetch = {
    "relay_fetch",
    "SELECT id, aggregatetype, aggregateid, message_key, payload, headers FROM ("
    "  SELECT *, sum(octet_length(payload)) OVER (ORDER BY seq) - octet_length(payload) AS before"
    "  FROM (SELECT * FROM outbox WHERE producer = $1 ORDER BY seq LIMIT 500) AS next) AS sized"
    " WHERE before < 16777216 ORDER BY seq"
};

static const struct cm_stmt sql_delete = { "relay_delete",
                                           "DELETE FROM outbox WHERE id = ANY ($1::uuid[])" };

/* What no broker takes must not stand in the way of what follows: it becomes a dead letter. */
static const struct cm_stmt sql_put_aside = { "relay_put_aside",
                                              "SELECT put_refused_aside($1, $2::uuid[], $3)" };

static const struct cm_stmt sql_depth = {
    "relay_depth",
    "SELECT count(*) FROM (SELECT FROM outbox WHERE producer = $1 LIMIT 1000000) AS o"
};

struct relay {
    struct cm_service *service;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the two below */
    bool is_stopping;
    int64_t stop_at_ms;

    struct cm_listener *listener; /* the rest is the thread's */
    struct cm_producer *producer;
    struct cm_arena *arena;
    struct backoff backoff;
    int64_t depth_at_ms, prune_at_ms;
    bool is_leader;
    struct relay_stats stats;
};

struct batch {
    struct cm_rows *rows;
    struct cm_message_out messages[ROWS_MAX];
    size_t count;
};

/* ---- a batch ---- */

static void read_headers(struct relay *relay, struct cm_str json, struct cm_message_out *message)
{
    json_t *object = json_loadb(json.at, json.len, 0, NULL);
    struct cm_header *headers = CM_NEW_N(relay->arena, struct cm_header, HEADERS_MAX);
    const char *name;
    json_t *value;

    message->headers = headers;
    json_object_foreach(object, name, value)
    {
        struct cm_str text = { json_string_value(value), json_string_length(value) };

        if (!text.at || message->header_count == HEADERS_MAX)
            continue;
        headers[message->header_count++] =
            (struct cm_header){ cm_arena_str(relay->arena, cm_str_of(name)),
                                cm_arena_str(relay->arena, text) };
    }
    json_decref(object);
}

static void read_row(struct relay *relay, const struct cm_rows *rows, int row,
                     struct cm_message_out *message)
{
    const char *prefix = cm_config_text(relay->service->config, "TOPIC_PREFIX");
    struct cm_str type = cm_row_str(rows, row, 1), key = cm_row_str(rows, row, 3);

    if (!key.at)
        key = cm_row_str(rows, row, 2);
    *message = (struct cm_message_out){
        .topic = cm_arena_printf(relay->arena, "%s%.*s", prefix, CM_STR_FMT(type)),
        .key = key.len ? key : (struct cm_str){ 0 },
        .value = cm_row_str(rows, row, 4),
    };
    read_headers(relay, cm_row_str(rows, row, 5), message);
}

static cm_rc fetch(struct relay *relay, struct batch *batch, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(relay->arena);
    cm_rc rc;

    cm_arg_text(args, relay->service->spec->name);
    rc = cm_listener_query(relay->listener, &sql_fetch, args, &batch->rows, err);
    if (rc)
        return rc;

    batch->count = (size_t)cm_rows_count(batch->rows);
    for (size_t i = 0; i < batch->count; i++)
        read_row(relay, batch->rows, (int)i, &batch->messages[i]);
    return CM_OK;
}

static void tell_refused(struct relay *relay, const struct batch *batch, const struct cm_err *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct cm_message_out *message = &batch->messages[i];

        if (!message->refused)
            continue;
        cm_metric_add(relay->stats.refused, 1);
        cm_log(CM_LOG_ERROR, "the brokers refuse an event, it is put aside as a dead letter",
               "event_id=%s topic=%.*s bytes=%zu reason=%s",
               cm_uuid_text(cm_row_uuid(batch->rows, (int)i, 0)).at, CM_STR_FMT(message->topic),
               message->value.len, why->msg);
    }
}

/* Of the refused, or of the acknowledged; how many. */
static size_t add_ids(struct cm_args *args, const struct batch *batch, bool refused)
{
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    size_t added = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (refused ? !batch->messages[i].refused : !batch->messages[i].acked)
            continue;
        cm_col_uuid(ids, cm_row_uuid(batch->rows, (int)i, 0));
        added++;
    }
    return added;
}

static cm_rc put_refused_aside(struct relay *relay, const struct batch *batch,
                               const struct cm_err *why, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(relay->arena);
    cm_rc rc;

    cm_arg_text(args, relay->service->spec->name);
    if (!add_ids(args, batch, true))
        return CM_OK;
    cm_arg_text(args, why->msg);
    rc = cm_listener_query(relay->listener, &sql_put_aside, args, NULL, err);
    if (!rc)
        tell_refused(relay, batch, why);
    return rc;
}

static cm_rc delete_acked(struct relay *relay, const struct batch *batch, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(relay->arena);
    cm_rc rc;

    if (!add_ids(args, batch, false))
        return CM_OK;
    rc = cm_listener_query(relay->listener, &sql_delete, args, NULL, err);
    for (size_t i = 0; i < batch->count && !rc; i++)
        if (batch->messages[i].acked)
            relay_stats_published(&relay->stats, cm_row_str(batch->rows, (int)i, 1));
    return rc;
}

/* A producer that is fenced or broken is made anew; its unacknowledged messages are sent again. */
static cm_rc send(struct relay *relay, struct batch *batch, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    if (!relay->producer)
        rc = cm_producer_new(relay->service->config, relay->service->spec->name, &relay->producer,
                             err);
    if (rc)
        return rc;

    rc = cm_producer_send(relay->producer, batch->messages, batch->count, SEND_MS, err);
    if (rc == CM_FATAL)
        cm_producer_free(CM_STEAL(relay->producer));
    return rc;
}

/* `*more`: there may be more to do at once. */
static cm_rc publish(struct relay *relay, bool *more, struct cm_err *err)
{
    struct batch *batch;
    struct cm_err send_err = { 0 };
    cm_rc rc, sent = CM_OK;

    cm_arena_reset(relay->arena);
    batch = CM_NEW(relay->arena, struct batch);
    rc = fetch(relay, batch, err);
    if (!rc && batch->count > 0) {
        sent = send(relay, batch, &send_err);
        rc = delete_acked(relay, batch, err);
        if (!rc)
            rc = put_refused_aside(relay, batch, &send_err, err);
    }
    *more = batch->count > 0;
    cm_rows_free(batch->rows);
    if (!rc && sent && sent != CM_REJECT) {
        *err = send_err;
        return CM_RETRY;
    }
    return rc;
}

/* ---- the thread ---- */

static bool is_stopping(struct relay *relay, int64_t *left_ms)
{
    bool answer;

    pthread_mutex_lock(&relay->lock);
    answer = relay->is_stopping;
    *left_ms = relay->stop_at_ms - cm_mono_ms();
    pthread_mutex_unlock(&relay->lock);
    return answer;
}

static cm_rc become_leader(struct relay *relay, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(relay->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = CM_OK;

    if (!relay->listener)
        rc = cm_listener_new(relay->service->db, "callmill_outbox", &relay->listener, err);
    if (rc || relay->is_leader)
        return rc;

    cm_arg_text(args, relay->service->spec->name);
    rc = cm_listener_query(relay->listener, &sql_lock, args, &rows, err);
    if (!rc && cm_row_bool(rows, 0, 0)) {
        relay->is_leader = true;
        cm_log(CM_LOG_INFO, "this process publishes the outbox", NULL);
    }
    return rc;
}

static cm_rc show_depth(struct relay *relay, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(relay->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    if (cm_mono_ms() < relay->depth_at_ms)
        return CM_OK;

    relay->depth_at_ms = cm_mono_ms() + DEPTH_MS;
    cm_arg_text(args, relay->service->spec->name);
    rc = cm_listener_query(relay->listener, &sql_depth, args, &rows, err);
    if (!rc)
        cm_metric_set(relay->stats.depth, cm_row_i64(rows, 0, 0));
    return rc;
}

/* The one that publishes also keeps the inbox small. A topic forgets whole segments only, so it
 * remembers longer than it says; a group whose offsets are lost reads it from its beginning. */
static cm_rc prune(struct relay *relay, struct cm_err *err)
{
    int64_t days = SEGMENT_DAYS + cm_config_int(relay->service->config, "EVENT_RETENTION_DAYS");
    bool more = false;
    cm_rc rc;

    if (!relay->service->spec->routes || cm_mono_ms() < relay->prune_at_ms)
        return CM_OK;

    rc = inbox_prune(relay->listener, relay->arena, relay->service->spec->name,
                     cm_now_us() - days * 24 * 3600 * CM_US_PER_SEC, &more, err);
    relay->prune_at_ms = more ? 0 : cm_mono_ms() + PRUNE_MS;
    return rc;
}

static cm_rc turn(struct relay *relay, bool stopping, struct cm_err *err)
{
    bool more = false, woken;
    cm_rc rc = become_leader(relay, err);

    if (!rc && relay->is_leader)
        rc = publish(relay, &more, err);
    if (!rc)
        rc = show_depth(relay, err);
    if (!rc && relay->is_leader && !more && !stopping)
        rc = prune(relay, err);
    if (rc || more || stopping)
        return rc;
    return cm_listener_wait(relay->listener, relay->is_leader ? IDLE_MS : STANDBY_MS, &woken, err);
}

static void recover(struct relay *relay, const struct cm_err *err)
{
    int64_t pause_ms = backoff_next_ms(&relay->backoff, arc4random()), left_ms = 0;
    int64_t until_ms = cm_mono_ms() + pause_ms;

    cm_log(CM_LOG_WARN, "publishing waits", "pause_ms=%lld reason=%s", (long long)pause_ms,
           err->msg);
    /* With the connection goes the lock, so another process may take over meanwhile. */
    cm_listener_free(CM_STEAL(relay->listener));
    relay->is_leader = false;
    while (cm_mono_ms() < until_ms && !is_stopping(relay, &left_ms))
        cm_pause_ms(50);
}

static bool outbox_is_empty(struct relay *relay)
{
    struct cm_err err = { 0 };

    relay->depth_at_ms = 0;
    return relay->listener && !show_depth(relay, &err) && cm_metric_value(relay->stats.depth) == 0;
}

static void *relay_run(void *arg)
{
    struct relay *relay = arg;
    int64_t left_ms = 0;
    bool stopping;

    for (;;) {
        struct cm_err err = { 0 };

        stopping = is_stopping(relay, &left_ms);
        if (stopping && (left_ms <= 0 || outbox_is_empty(relay)))
            break;
        if (turn(relay, stopping, &err))
            recover(relay, &err);
        else
            relay->backoff.step_ms = 0;
        if (stopping && !relay->is_leader)
            break; /* another process publishes what is left */
    }
    cm_producer_free(relay->producer);
    cm_listener_free(relay->listener);
    return NULL;
}

/* ---- life ---- */

cm_rc relay_start(struct cm_service *service, struct relay **out, struct cm_err *err)
{
    struct relay *relay = cm_must(calloc(1, sizeof *relay));

    relay->service = service;
    relay->arena = cm_arena_new();
    pthread_mutex_init(&relay->lock, NULL);
    relay_stats_open(&relay->stats, service);
    if (pthread_create(&relay->thread, NULL, relay_run, relay) != 0) {
        cm_arena_free(relay->arena);
        free(relay);
        return cm_fail(err, CM_FATAL, "relay: cannot start a thread");
    }
    *out = relay;
    return CM_OK;
}

void relay_stop(struct relay *relay, int64_t grace_ms)
{
    if (!relay)
        return;

    pthread_mutex_lock(&relay->lock);
    relay->is_stopping = true;
    relay->stop_at_ms = cm_mono_ms() + grace_ms;
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
}

void relay_free(struct relay *relay)
{
    if (!relay)
        return;

    cm_arena_free(relay->arena);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}
