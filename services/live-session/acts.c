#include "acts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/trace.h"

struct act {
    struct cm_arena *arena; /* owns this and the texts */
    struct cm_str call_sid, form;
    struct cm_trace trace; /* whoever asks stands in it */
    struct cm_loop *loop;
    acts_done *done;
    void *ctx;
    bool is_done;
};

struct acts {
    struct acts_options options;
    struct cm_arena *arena;
    struct cm_twilio_rest *twilio;
    struct cm_queue *queue;
    pthread_t *threads;
    atomic_bool stopping;
};

/* ---- asking Twilio ---- */

static bool is_stopping(void *ctx)
{
    struct acts *acts = ctx;

    return atomic_load(&acts->stopping);
}

static cm_rc post(struct acts *acts, const struct act *act, struct cm_http_answer *out,
                  struct cm_err *err)
{
    struct cm_str account = cm_twilio_rest_url(acts->twilio, NULL, act->arena);
    struct cm_str url = cm_arena_printf(act->arena, "%.*s/Calls/%.*s.json", CM_STR_FMT(account),
                                        CM_STR_FMT(act->call_sid));
    struct cm_http_ask ask = { .method = "POST",
                               .url = url.at,
                               .body = act->form,
                               .body_type = "application/x-www-form-urlencoded",
                               .timeout_ms = acts->options.timeout_ms,
                               .stop = is_stopping,
                               .stop_ctx = acts };

    return cm_twilio_rest_fetch(acts->twilio, &ask, act->arena, out, err);
}

/* 404: the call is over. Nothing is tried again: somebody is on the line, and the model is told. */
static bool perform(struct acts *acts, const struct act *act)
{
    struct cm_http_answer answer = { 0 };
    struct cm_err err = { 0 };

    if (post(acts, act, &answer, &err)) {
        cm_log(CM_LOG_ERROR, "Twilio was not reached to change a call", "call_sid=%.*s reason=%s",
               CM_STR_FMT(act->call_sid), err.msg);
        return false;
    }
    if (answer.status / 100 == 2 || answer.status == 404)
        return true;
    cm_log(CM_LOG_ERROR, "Twilio did not change a call", "call_sid=%.*s status=%u",
           CM_STR_FMT(act->call_sid), answer.status);
    return false;
}

static void answer(void *ctx)
{
    struct act *act = ctx;

    act->done(act->ctx, act->is_done);
    cm_arena_free(act->arena);
}

static void *acts_main(void *ctx)
{
    struct acts *acts = ctx;
    void *popped;

    while (cm_queue_pop(acts->queue, &popped, -1) == CM_QUEUE_OK) {
        struct act *act = popped;

        cm_trace_enter(&act->trace);
        act->is_done = !is_stopping(acts) && perform(acts, act);
        cm_loop_post(act->loop, answer, act);
    }
    return NULL;
}

/* ---- from loops ---- */

static bool submit(struct acts *acts, struct cm_arena *arena, struct act act)
{
    struct act *kept = CM_NEW(arena, struct act);

    *kept = act;
    kept->arena = arena;
    kept->trace = *cm_trace_current();
    if (cm_queue_try_push(acts->queue, kept))
        return true;
    cm_arena_free(arena);
    return false;
}

bool acts_hang_up(struct acts *acts, struct cm_str call_sid, struct cm_loop *loop, acts_done *done,
                  void *ctx)
{
    struct cm_arena *arena = cm_arena_new();

    return submit(acts, arena,
                  (struct act){ .call_sid = cm_arena_str(arena, call_sid),
                                .form = CM_STR("Status=completed"),
                                .loop = loop,
                                .done = done,
                                .ctx = ctx });
}

/* <Response><Dial answerOnBridge="true"><Number>+1...</Number></Dial></Response>, urlencoded; an
 * E.164 number has nothing else to be escaped. */
bool acts_forward(struct acts *acts, struct cm_str call_sid, struct cm_str number,
                  struct cm_loop *loop, acts_done *done, void *ctx)
{
    struct cm_arena *arena = cm_arena_new();
    struct cm_str digits = { number.at + 1, number.len - 1 };

    return submit(acts, arena,
                  (struct act){ .call_sid = cm_arena_str(arena, call_sid),
                                .form = cm_arena_printf(
                                    arena,
                                    "Twiml=%%3CResponse%%3E%%3CDial%%3E%%3CNumber%%3E%%2B%.*s"
                                    "%%3C%%2FNumber%%3E%%3C%%2FDial%%3E%%3C%%2FResponse%%3E",
                                    CM_STR_FMT(digits)),
                                .loop = loop,
                                .done = done,
                                .ctx = ctx });
}

/* ---- life ---- */

struct acts *acts_start(const struct acts_options *options)
{
    struct cm_arena *arena = cm_arena_new();
    struct acts *acts = CM_NEW(arena, struct acts);

    acts->arena = arena;
    acts->options = *options;
    acts->queue = cm_queue_new(options->queue_max);
    acts->twilio = cm_twilio_rest_new(&options->twilio);
    acts->threads = CM_NEW_N(arena, pthread_t, options->workers);
    for (int i = 0; i < options->workers; i++)
        if (pthread_create(&acts->threads[i], NULL, acts_main, acts) != 0)
            cm_out_of_memory();
    return acts;
}

void acts_free(struct acts *acts)
{
    if (!acts)
        return;
    atomic_store(&acts->stopping, true);
    cm_queue_close(acts->queue);
    for (int i = 0; i < acts->options.workers; i++)
        pthread_join(acts->threads[i], NULL);
    cm_queue_free(acts->queue);
    cm_twilio_rest_free(acts->twilio);
    cm_arena_free(acts->arena);
}
