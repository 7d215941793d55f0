#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "line_inside.h"
#include "live.h"

enum { TICK_MS = 250 };

/* A line may go while the next is looked at: each step takes its successor first. */
static void each(struct exchange *exchange, void (*fn)(struct line *line, void *ctx), void *ctx)
{
    for (struct line *line = exchange->lines, *next; line; line = next) {
        next = line->next;
        fn(line, ctx);
    }
}

static void tick_one(struct line *line, void *ctx)
{
    const int64_t *now_ms = ctx;

    line_tick(line, *now_ms);
}

/* Where sound waits to be joined, a gap in it has to be noticed in time. */
static int64_t tick_ms(const struct exchange *exchange)
{
    int append_ms = exchange->live->session.append_ms;

    return append_ms ? append_ms : TICK_MS;
}

static void tick(void *ctx)
{
    struct exchange *exchange = ctx;
    int64_t now_ms = cm_mono_ms();

    each(exchange, tick_one, &now_ms);
    cm_timer_arm(exchange->tick, tick_ms(exchange));
}

cm_rc exchange_open(struct live *live, struct cm_loop *loop, struct exchange **out,
                    struct cm_err *err)
{
    struct exchange *exchange = cm_must(calloc(1, sizeof *exchange));
    cm_rc rc;

    exchange->live = live;
    exchange->loop = loop;
    rc = cm_ws_dialer_new(loop, cm_str_starts(cm_str_of(live->model_url), "wss://"),
                          &exchange->dialer, err);
    if (rc) {
        free(exchange);
        return rc;
    }
    exchange->tick = cm_timer_new(loop, tick, exchange);
    cm_timer_arm(exchange->tick, tick_ms(exchange));
    *out = exchange;
    return CM_OK;
}

void exchange_close(struct exchange *exchange)
{
    if (!exchange)
        return;
    cm_ws_dialer_free(exchange->dialer);
    cm_timer_free(exchange->tick);
    free(exchange);
}

void exchange_add(struct exchange *exchange, struct line *line)
{
    line->next = exchange->lines;
    if (exchange->lines)
        exchange->lines->prev = line;
    exchange->lines = line;
    roll_line_came(&exchange->live->roll);
}

void exchange_remove(struct exchange *exchange, struct line *line)
{
    if (line->prev)
        line->prev->next = line->next;
    else
        exchange->lines = line->next;
    if (line->next)
        line->next->prev = line->prev;
    roll_line_left(&exchange->live->roll);
}

/* ---- ended from elsewhere ---- */

struct ending {
    struct exchange *exchange;
    enum session_end end;
    size_t count;
    struct cm_uuid sessions[];
};

static void end_one(struct line *line, void *ctx)
{
    const struct ending *ending = ctx;
    bool meant = ending->count == 0;

    for (size_t i = 0; i < ending->count && !meant; i++)
        meant = cm_uuid_eq(ending->sessions[i], line_session_id(line));
    if (meant)
        line_end(line, ending->end);
}

static void end_them(void *ctx)
{
    struct ending *ending = ctx;

    each(ending->exchange, end_one, ending);
    free(ending);
}

void exchange_end(struct exchange *exchange, const struct cm_uuid sessions[], size_t count,
                  enum session_end end)
{
    struct ending *ending = cm_must(malloc(sizeof *ending + count * sizeof *sessions));

    ending->exchange = exchange;
    ending->end = end;
    ending->count = count;
    if (count)
        memcpy(ending->sessions, sessions, count * sizeof *sessions);
    cm_loop_post(exchange->loop, end_them, ending);
}
