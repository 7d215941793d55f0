/* service.h - the runner: every hard thing about a pipeline service, once.
 *
 * A service is data: which events it consumes, what it does with them, what it emits. A route has
 * two steps. `prepare` does slow outside work in a worker thread, with no transaction open, many at
 * a time and in order per call. `persist` writes what is ready, many events in one transaction: it
 * is a pure function of (events, prepared results, what the transaction shows, now) to (rows,
 * events) and touches neither clock nor network nor Kafka. Around them the runner polls, decodes,
 * asks the inbox, begins, calls, writes the outbox and the step's state, commits, moves the offset,
 * retries, dead-letters, stops.
 *
 * A message's way: window (one a partition) -> [prepare] -> persist -> done. Messages of one key
 * follow each other; others overtake them. CM_RETRY waits in the window with capped, jittered
 * back-off; when the attempts are used up, or at once on CM_REJECT, the message goes to the
 * service's dead letters and its step is marked failed, in one transaction. A persist batch that
 * fails is repeated one event at a time. CM_FATAL ends the process with everything uncommitted left
 * to the next one.
 */
#pragma once
#include "base/config.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "db/db.h"
#include "event/event.h"
#include "http/server.h"

struct cm_service; /* the running service */
struct cm_http_client;
struct cm_codec;

/** One event on its way through a route. */
struct cm_item {
    const struct cm_event *event; /* lives in `arena` */
    struct cm_arena *arena;       /* for everything of this event, until it is done */
    void *prepared;               /* what `prepare` left for `persist`; kept across attempts */
    struct cm_str remark;  /* set by either: the reason of a step that is done all the same */
    struct cm_trace trace; /* what is done and emitted on behalf of the event hangs on it */
    unsigned attempt;      /* from 1 */
    bool last_attempt;     /* a CM_RETRY now becomes a dead letter */
};

/** What a step may use. In `persist`: `app`, `now_us` and the transaction only. */
struct cm_context {
    struct cm_service *service;
    void *app;        /* what the service's `open` made */
    struct cm_db *db; /* for reading in `prepare` */
    int64_t now_us;
    struct cm_emitter *emitter;  /* see cm_emit */
    bool (*stopping)(void *ctx); /* long work asks it now and then and returns CM_RETRY when true */
    void *stopping_ctx;
};

typedef cm_rc cm_prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err);
typedef cm_rc cm_persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                         size_t count, struct cm_err *err);

struct cm_route {
    enum cm_event_kind consumes;
    cm_prepare *prepare; /* NULL: nothing slow */
    /** Asked once at the start: false where `app`, as it is configured, has nothing slow to do, so
     * that events go straight into batches. NULL: `prepare` is always needed. */
    bool (*prepares)(void *app);
    cm_persist *persist; /* NULL: prepare was all (rare) */
    const char *step;    /* of call_step that this route drives to done or failed; NULL: none */
};

struct cm_service_spec {
    const char *name;
    const struct cm_route *routes;      /* ended by {0}; NULL: consumes nothing */
    const enum cm_event_kind *produces; /* ended by EVENT_NONE */
    const struct cm_setting *const
        *settings;          /* beside the runner's own; ended by NULL; may be NULL */
    const char *admin_addr; /* default of ADMIN_ADDR */
    /** Makes what the steps share; called before anything is consumed, again after CM_RETRY. */
    cm_rc (*open)(struct cm_service *service, void **app, struct cm_err *err);
    /** When everything else is up: starts listeners, sweepers. May be NULL. */
    cm_rc (*start)(struct cm_service *service, void *app, struct cm_err *err);
    /** SIGTERM: stop taking new work from outside. May be NULL. */
    void (*stop)(struct cm_service *service, void *app);
    void (*close)(void *app); /* NULL is fine as argument */
};

extern const struct cm_setting
    cm_service_settings[]; /* ADMIN_ADDR, HANDLERS, BATCH_MAX, WINDOW_MAX,
                            * INFLIGHT_MAX_BYTES, RETRY_*, GRACE_MS */

enum { CM_SCHEMA_VERSION = 9 }; /* of schemas/sql: a service refuses to start on an older one */

/** The whole life of a service: command line (--help, --check, --healthcheck, ...), configuration,
 * dependencies (waits for those that are away, readiness tells), work until SIGTERM or SIGINT,
 * drain. Returns the process's exit status. Called from main, once. */
int cm_service_main(const struct cm_service_spec *spec, int argc, char **argv);

/* What a service's own code may use. Thread: any. */
const struct cm_config *cm_service_config(const struct cm_service *service);
struct cm_db *cm_service_db(const struct cm_service *service);
struct cm_metrics *cm_service_metrics(const struct cm_service *service);
struct cm_http_client *cm_service_http(const struct cm_service *service);
struct cm_codec *cm_service_codec(const struct cm_service *service);
bool cm_service_is_stopping(const struct cm_service *service);

/** From `persist`: this event goes out with the transaction. event_id, occurred_at and traceparent
 * are filled in where they are zero: the trace of the item of the same call, the thread's if it is
 * the call's, or else the call itself is what the event hangs on. The event is encoded at once, so
 * it need not outlive the call. Of a call that is gone, nothing goes out but call.deleted. */
cm_rc cm_emit(struct cm_context *cx, const struct cm_event *event, struct cm_err *err) CM_MUSTCHECK;

/** The same for code outside a route (webhooks, sweepers, the API): queues the outbox rows of
 * `events` in the caller's transaction. */
cm_rc cm_outbox_write(struct cm_service *service, struct cm_tx *tx, struct cm_arena *arena,
                      const struct cm_event *events, size_t count, int64_t now_us,
                      struct cm_err *err) CM_MUSTCHECK;
