#include "guest.h"

#include <stdio.h>
#include <string.h>

static void on_guest_opened(void *ctx, struct cm_ws *ws)
{
    struct guest *guest = ctx;

    assert_ptr_equal(ws, guest->ws);
    assert_ptr_equal(cm_ws_loop(ws), guest->loop);
    guest->opened++;
    if (guest->greeting)
        assert_true(
            cm_ws_send(ws, &(struct cm_str){ guest->greeting, strlen(guest->greeting) }, 1));
}

static void on_guest_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    struct guest *guest = ctx;

    (void)ws;
    guest->messages++;
    cm_buf_clear(&guest->heard);
    cm_buf_str(&guest->heard, text);
}

static void on_guest_drained(void *ctx, struct cm_ws *ws)
{
    struct guest *guest = ctx;

    (void)ws;
    guest->drained++;
}

static void on_guest_closed(void *ctx, unsigned code, const char *why)
{
    struct guest *guest = ctx;

    guest->closed++;
    guest->code = code;
    guest->ws = NULL;
    snprintf(guest->why, sizeof guest->why, "%s", why);
}

const struct cm_ws_events guest_events = { .opened = on_guest_opened,
                                           .message = on_guest_message,
                                           .drained = on_guest_drained,
                                           .closed = on_guest_closed };

void guest_dial(struct guest *guest, struct cm_ws_dialer *dialer, const struct host *host,
                const char *path, struct cm_ws_dial dial)
{
    char url[300];
    struct cm_err err;

    if (*path == '!')
        snprintf(url, sizeof url, "%s", path + 1);
    else
        snprintf(url, sizeof url, "ws://127.0.0.1:%u%s", host->port, path);
    dial.url = url;
    if (cm_ws_dial(dialer, &dial, &guest_events, guest, &guest->ws, &err))
        fail_msg("%s", err.msg);
}

void guest_finish(struct guest *guest)
{
    cm_buf_finish(&guest->heard);
}

struct watcher {
    struct cm_loop *loop;
    const unsigned *what;
    unsigned count;
};

static void look(void *ctx)
{
    const struct watcher *watcher = ctx;

    if (*watcher->what >= watcher->count)
        cm_loop_stop(watcher->loop);
}

static void too_late(void *ctx)
{
    const struct watcher *watcher = ctx;

    fail_msg("waited for %u, there are %u", watcher->count, *watcher->what);
}

void loop_until(struct cm_loop *loop, const unsigned *what, unsigned count)
{
    struct watcher watcher = { loop, what, count };
    CM_OWN(cm_timer) deadline = cm_timer_new(loop, too_late, &watcher);

    cm_timer_arm(deadline, WAIT_MS);
    cm_loop_on_turn(loop, look, &watcher);
    cm_loop_again(loop); /* perhaps it is so already */
    cm_loop_run(loop);
    cm_loop_off_turn(loop, look, &watcher);
}
