#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "http/ws/inside.h"

enum { ROUNDS = 4 }; /* of telling and sending within a turn; what is left has the next one */

void ws_todo(struct cm_ws *ws)
{
    if (ws->is_todo)
        return;

    ws->is_todo = true;
    ws->next_todo = ws->hub->todo;
    if (!ws->hub->todo)
        cm_loop_again(ws->hub->loop); /* perhaps this turn's end is over */
    ws->hub->todo = ws;
}

void ws_mark_dirty(struct cm_ws *ws)
{
    if (ws->is_dirty || ws->blocked)
        return;

    ws->is_dirty = true;
    ws->next_dirty = ws->hub->dirty;
    if (!ws->hub->dirty)
        cm_loop_again(ws->hub->loop);
    ws->hub->dirty = ws;
}

void ws_next_key(struct ws_hub *hub, uint8_t key[WS_KEY])
{
    if (hub->random_left < WS_KEY) {
        randombytes_buf(hub->random, sizeof hub->random);
        hub->random_left = sizeof hub->random;
    }
    hub->random_left -= WS_KEY;
    memcpy(key, hub->random + hub->random_left, WS_KEY);
}

struct cm_buf ws_take_spare(struct ws_hub *hub)
{
    return hub->spares ? hub->spare[--hub->spares] : (struct cm_buf){ 0 };
}

void ws_give_spare(struct ws_hub *hub, struct cm_buf *buf)
{
    if (buf->at && buf->room <= WS_SPARE_BYTES && hub->spares < WS_SPARE_MAX) {
        cm_buf_clear(buf);
        hub->spare[hub->spares++] = *buf;
        *buf = (struct cm_buf){ 0 };
    } else {
        cm_buf_finish(buf);
    }
}

static void flush_all(struct ws_hub *hub)
{
    while (hub->dirty) {
        struct cm_ws *ws = hub->dirty;

        hub->dirty = ws->next_dirty;
        ws->is_dirty = false;
        ws_flush(ws);
    }
}

/* Says what the owner is to hear. Any of it may change the connection, and others. */
static void tell(struct cm_ws *ws)
{
    if (ws->drained) {
        ws->drained = false;
        if (ws->state == WS_OPEN && ws->events->drained)
            ws->events->drained(ws->ctx, ws);
    }
    if (ws->read_on && !ws->ended) {
        ws->read_on = false;
        ws_read(ws);
    }
    if (ws->ended && !ws->told) {
        ws->told = true;
        if (ws->events)
            ws->events->closed(ws->ctx, ws->code, ws->why ? ws->why : "");
        if (ws->keeper && ws->keeper->told)
            ws->keeper->told(ws);
    }
}

static void do_todo(struct ws_hub *hub)
{
    struct cm_ws *list = hub->todo;

    hub->todo = NULL;
    while (list) {
        struct cm_ws *ws = list;

        list = ws->next_todo;
        ws->is_todo = false;
        tell(ws);
        if (ws->state == WS_GONE && !ws->is_todo)
            ws_free(ws);
    }
}

static void count(struct ws_hub *hub)
{
    for (int way = 0; way < WS_WAYS; way++) {
        if (!hub->messages[way])
            continue;
        cm_metric_add(hub->counts.messages[way], hub->messages[way]);
        cm_metric_add(hub->counts.bytes[way], hub->bytes[way]);
        hub->messages[way] = hub->bytes[way] = 0;
    }
}

void ws_hub_turn(struct ws_hub *hub)
{
    for (int round = 0; round < ROUNDS && (hub->dirty || hub->todo); round++) {
        flush_all(hub);
        do_todo(hub);
    }
    count(hub);
    if (hub->dirty || hub->todo)
        cm_loop_again(hub->loop);
}

static void end_of_turn(void *ctx)
{
    ws_hub_turn(ctx);
}

static void look_after_open(struct cm_ws *ws, int64_t now_ms)
{
    int64_t quiet = now_ms - ws->quiet_ms;

    if (ws->heard) {
        ws->quiet_ms = now_ms;
        ws->heard = ws->pinged = false;
    } else if (ws->pinged && quiet >= 2 * (int64_t)ws->limits.idle_ms) {
        ws_drop(ws, true);
        ws_end(ws, CM_WS_BROKEN, "the peer answered no ping");
    } else if (!ws->pinged && quiet >= ws->limits.idle_ms) {
        ws->pinged = true;
        ws_put_control(ws, WS_PING, (struct cm_str){ 0 });
    }
}

static void look_after(struct cm_ws *ws, int64_t now_ms)
{
    if (ws->state == WS_OPEN) {
        look_after_open(ws, now_ms);
    } else if (ws->state != WS_GONE && ws->state != WS_CONNECTING && now_ms >= ws->deadline_ms) {
        if (ws->state == WS_SHAKING) {
            ws->keeper->late(ws);
            return;
        }
        if (ws->state == WS_CLOSING)
            ws_end(ws, ws->code, "the peer did not answer our close");
        ws_drop(ws, ws->state == WS_CLOSING);
    }
}

static void sweep(void *ctx)
{
    struct ws_hub *hub = ctx;
    int64_t now_ms = cm_mono_ms();

    for (struct cm_ws *ws = hub->first; ws; ws = ws->next)
        look_after(ws, now_ms);
    if (hub->first)
        cm_timer_arm(hub->sweep, WS_SWEEP_MS);
}

struct ws_hub *ws_hub_new(struct cm_loop *loop, const struct ws_counts *counts)
{
    struct ws_hub *hub = cm_must(malloc(sizeof *hub));

    memset(hub, 0, offsetof(struct ws_hub, random));
    hub->loop = loop;
    if (counts)
        hub->counts = *counts;
    hub->sweep = cm_timer_new(loop, sweep, hub);
    cm_loop_on_turn(loop, end_of_turn, hub);
    return hub;
}

void ws_hub_free(struct ws_hub *hub)
{
    if (!hub)
        return;

    for (struct cm_ws *ws = hub->first; ws; ws = ws->next)
        if (ws->state == WS_LEAVING)
            ws_drop(ws, false);
        else
            ws_lose(ws, "the connection was given up");
    while (hub->todo)
        do_todo(hub);
    count(hub);
    cm_loop_off_turn(hub->loop, end_of_turn, hub);
    cm_timer_free(hub->sweep);
    while (hub->spares)
        cm_buf_finish(&hub->spare[--hub->spares]);
    free(hub);
}
