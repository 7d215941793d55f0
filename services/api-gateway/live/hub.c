#include "live/hub.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "live/hub_reader.h"
#include "reply.h"

enum { QUEUE_BYTES = 64 * 1024, BEHIND_MAX = 4096 };

struct viewer {
    struct lane *lane;
    struct viewer *prev, *next;
    struct cm_http_stream
        *stream; /* NULL: the page is gone, and only a look at its session is still under way */
    struct cm_arena *arena; /* of the parameters of that look */
    struct cm_uuid user_id, organization_id;
    struct cm_pipe_step session;
    bool looking;
};

struct lane {
    struct hub *hub;
    struct cm_loop *loop; /* under the hub's lock; NULL: closed */
    struct cm_pipe *pipe;
    struct cm_timer *timer;
    struct viewer *viewers;
    int since_recheck_ms;
    atomic_int behind; /* deliveries posted and not yet made */
    atomic_bool skipped;
};

struct delivery {
    struct lane *lane;
    struct cm_uuid organization;
    size_t len;
    char text[];
};

struct hub {
    struct hub_options options;
    struct hub_reader *reader;
    struct cm_metric *viewers_now, *delivered, *skipped;
    pthread_mutex_t lock; /* of what follows */
    struct lane lanes[GATEWAY_LOOPS_MAX];
    struct cm_uuid *users; /* of each viewer, in no order */
    unsigned viewers;
};

/* ---- how many ---- */

static enum hub_answer count_in(struct hub *hub, struct cm_uuid user)
{
    enum hub_answer answer = HUB_JOINED;
    unsigned his = 0;

    pthread_mutex_lock(&hub->lock);
    for (unsigned i = 0; i < hub->viewers; i++)
        his += cm_uuid_eq(hub->users[i], user);
    if (his >= hub->options.viewers_per_user)
        answer = HUB_USER_FULL;
    else if (hub->viewers == hub->options.viewers_max)
        answer = HUB_FULL;
    else
        hub->users[hub->viewers++] = user;
    pthread_mutex_unlock(&hub->lock);
    if (answer == HUB_JOINED)
        cm_metric_add(hub->viewers_now, 1);
    return answer;
}

static void count_out(struct hub *hub, struct cm_uuid user)
{
    pthread_mutex_lock(&hub->lock);
    for (unsigned i = 0; i < hub->viewers; i++) {
        if (!cm_uuid_eq(hub->users[i], user))
            continue;
        hub->users[i] = hub->users[--hub->viewers];
        break;
    }
    pthread_mutex_unlock(&hub->lock);
    cm_metric_add(hub->viewers_now, -1);
}

static bool anybody(void *ctx)
{
    struct hub *hub = ctx;
    bool any;

    pthread_mutex_lock(&hub->lock);
    any = hub->viewers > 0;
    pthread_mutex_unlock(&hub->lock);
    return any;
}

/* ---- viewers, in their loop's thread ---- */

static void viewer_free(struct viewer *viewer)
{
    cm_arena_free(viewer->arena);
    free(viewer);
}

static void viewer_gone(void *ctx)
{
    struct viewer *viewer = ctx;
    struct lane *lane = viewer->lane;

    if (viewer->prev)
        viewer->prev->next = viewer->next;
    else
        lane->viewers = viewer->next;
    if (viewer->next)
        viewer->next->prev = viewer->prev;
    viewer->stream = NULL;
    count_out(lane->hub, viewer->user_id);
    if (!viewer->looking)
        viewer_free(viewer);
}

/* Puts the text to all viewers of the organization, or to everybody with NULL. A slow one's end may
 * come at once. */
static void put_all(struct lane *lane, const struct cm_uuid *organization, struct cm_str text)
{
    for (struct viewer *viewer = lane->viewers, *next; viewer; viewer = next) {
        next = viewer->next;
        if (organization && !cm_uuid_eq(viewer->organization_id, *organization))
            continue;
        if (cm_http_stream_put(viewer->stream, text) && organization)
            cm_metric_add(lane->hub->delivered, 1);
    }
}

static void session_looked_at(void *ctx, cm_rc rc, struct cm_rows *rows[], size_t n,
                              const struct cm_err *err)
{
    struct viewer *viewer = ctx;

    (void)n;
    (void)err;
    viewer->looking = false;
    if (!viewer->stream) {
        viewer_free(viewer);
        return;
    }
    /* When the database is away the page stays: it will be looked at again. */
    if (rc == CM_OK && cm_rows_count(rows[0]) == 0)
        cm_http_stream_end(viewer->stream);
}

static void look_at_sessions(struct lane *lane)
{
    for (struct viewer *viewer = lane->viewers; viewer; viewer = viewer->next) {
        if (viewer->looking)
            continue;
        viewer->looking = cm_pipe_submit(lane->pipe, &viewer->session, 1, session_looked_at, viewer,
                                         NULL) == CM_OK;
    }
}

static void beat(void *ctx)
{
    struct lane *lane = ctx;

    cm_timer_arm(lane->timer, lane->hub->options.heartbeat_ms);
    put_all(lane, NULL, CM_STR(": \n\n"));
    lane->since_recheck_ms += lane->hub->options.heartbeat_ms;
    if (lane->since_recheck_ms >= lane->hub->options.recheck_ms) {
        lane->since_recheck_ms = 0;
        look_at_sessions(lane);
    }
}

enum hub_answer hub_join(struct hub *hub, const struct ask *ask)
{
    struct lane *lane = &hub->lanes[cm_http_loop_index(ask->rq)];
    enum hub_answer answer = count_in(hub, ask->user_id);
    struct viewer *viewer;

    if (answer != HUB_JOINED)
        return answer;
    viewer = cm_must(calloc(1, sizeof *viewer));

    viewer->lane = lane;
    viewer->arena = cm_arena_new();
    viewer->user_id = ask->user_id;
    viewer->organization_id = ask->organization_id;
    viewer->session = ask_session_step(ask->gateway, &ask->credential, viewer->arena);
    viewer->next = lane->viewers;
    if (viewer->next)
        viewer->next->prev = viewer;
    lane->viewers = viewer;
    viewer->stream =
        cm_http_reply_stream(ask->rq, "text/event-stream", QUEUE_BYTES, viewer_gone, viewer);
    cm_http_stream_put(viewer->stream, CM_STR("retry: 3000\n\n"));
    return HUB_JOINED;
}

/* ---- deliveries ---- */

static void make_delivery(void *ctx)
{
    struct delivery *delivery = ctx;
    struct lane *lane = delivery->lane;

    atomic_fetch_sub(&lane->behind, 1);
    if (atomic_exchange(&lane->skipped, false))
        put_all(lane, NULL, CM_STR("event: reset\ndata: {}\n\n"));
    put_all(lane, &delivery->organization, (struct cm_str){ delivery->text, delivery->len });
    free(delivery);
}

static void post(struct lane *lane, struct cm_uuid organization, struct cm_str text)
{
    struct delivery *delivery;

    if (atomic_load(&lane->behind) >= BEHIND_MAX) {
        atomic_store(&lane->skipped, true);
        cm_metric_add(lane->hub->skipped, 1);
        return;
    }
    delivery = cm_must(malloc(sizeof *delivery + text.len));

    delivery->lane = lane;
    delivery->organization = organization;
    delivery->len = text.len;
    memcpy(delivery->text, text.at, text.len);
    atomic_fetch_add(&lane->behind, 1);
    cm_loop_post(lane->loop, make_delivery, delivery);
}

static void deliver(void *ctx, struct cm_uuid organization, struct cm_str text)
{
    struct hub *hub = ctx;

    pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < GATEWAY_LOOPS_MAX; i++)
        if (hub->lanes[i].loop)
            post(&hub->lanes[i], organization, text);
    pthread_mutex_unlock(&hub->lock);
}

/* ---- life ---- */

void hub_lane_open(struct hub *hub, struct cm_loop *loop, unsigned index, struct cm_pipe *pipe)
{
    struct lane *lane = &hub->lanes[index];

    lane->hub = hub;
    lane->pipe = pipe;
    lane->timer = cm_timer_new(loop, beat, lane);
    cm_timer_arm(lane->timer, hub->options.heartbeat_ms);
    pthread_mutex_lock(&hub->lock);
    lane->loop = loop;
    pthread_mutex_unlock(&hub->lock);
}

void hub_lane_close(struct hub *hub, unsigned index)
{
    struct lane *lane = &hub->lanes[index];

    pthread_mutex_lock(&hub->lock);
    lane->loop = NULL;
    pthread_mutex_unlock(&hub->lock);
    cm_timer_free(lane->timer);
    lane->timer = NULL;
}

cm_rc hub_new(const struct hub_options *options, struct hub **out, struct cm_err *err)
{
    CM_OWN(hub) hub = cm_must(calloc(1, sizeof *hub));
    cm_rc rc;

    pthread_mutex_init(&hub->lock, NULL);
    hub->options = *options;
    hub->users = cm_must(calloc(options->viewers_max, sizeof *hub->users));
    hub->viewers_now = cm_gauge(options->metrics, "callmill_live_pages", "Open live pages.", NULL);
    hub->delivered = cm_counter(options->metrics, "callmill_live_events_total",
                                "Events put to live pages.", NULL);
    hub->skipped = cm_counter(options->metrics, "callmill_live_events_skipped_total",
                              "Events that an event loop had no time for.", NULL);
    rc = hub_reader_start(&(struct hub_reader_options){ .config = options->config,
                                                        .codec = options->codec,
                                                        .wanted = anybody,
                                                        .deliver = deliver,
                                                        .ctx = hub },
                          &hub->reader, err);
    if (rc)
        return rc;

    *out = CM_STEAL(hub);
    return CM_OK;
}

void hub_stop_reading(struct hub *hub)
{
    if (hub)
        hub_reader_free(CM_STEAL(hub->reader));
}

void hub_free(struct hub *hub)
{
    if (!hub)
        return;

    hub_stop_reading(hub);
    pthread_mutex_destroy(&hub->lock);
    free(hub->users);
    free(hub);
}
