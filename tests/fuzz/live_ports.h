/* live_ports.h - what the targets that drive a live session share: ports that look at what comes.
 *
 * An input is a first line of options and then a message a line. Whatever is sent must be JSON,
 * nothing is sent or told after the end, and a turn has words and goes forward.
 */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_walk.h"
#include "session.h"

struct live {
    struct session *session;
    int64_t now_ms;
    unsigned options; /* bits: what the first line's first letter is worth */
    bool asked, ended;
    char act[80];
};

static inline bool live_sent(void *ctx, enum session_send what, const struct cm_str parts[],
                             size_t count)
{
    const struct live *live = ctx;
    CM_OWN_BUF struct cm_buf all = { 0 };
    struct json_walk walk;
    struct json_value value;

    if (live->ended)
        abort();
    for (size_t i = 0; i < count; i++)
        cm_buf_str(&all, parts[i]);
    walk = json_walk(cm_buf_view(&all));
    if (!json_value(&walk, &value) || !json_done(&walk) || value.kind != JSON_OBJECT)
        abort();
    if (live->options & 16 && what == SEND_SOUND && live->now_ms % 3 == 0)
        return false;                                     /* no room for sound now and then */
    return !(live->options & 8) || live->now_ms % 7 != 0; /* or for anything */
}

static inline void live_started(void *ctx, const struct session_start *start)
{
    struct live *live = ctx;

    if (live->ended || live->asked || start->call_sid.len != 34 || start->stream_sid.len != 34)
        abort();
    live->asked = true;
}

static inline void live_turn(void *ctx, const struct session_turn *turn)
{
    const struct live *live = ctx;

    if (live->ended || !turn->text.len || turn->start_ms < 0 || turn->end_ms < turn->start_ms)
        abort();
}

static inline void live_heard(void *ctx, enum session_role role, int64_t at_ms,
                              const uint8_t *mulaw, size_t count)
{
    const struct live *live = ctx;
    volatile uint8_t last = mulaw[count - 1];

    (void)role;
    (void)last;
    if (live->ended || at_ms < 0)
        abort();
}

static inline void live_act(void *ctx, const struct session_act *act)
{
    struct live *live = ctx;

    if (live->ended || (act->kind == ACT_FORWARD && act->number.len < 8) ||
        (act->kind == ACT_NOTE_TODO && (!act->title.len || act->title.len > 300)))
        abort();
    snprintf(live->act, sizeof live->act, "%.*s", CM_STR_FMT(act->id));
}

static inline void live_ended(void *ctx, enum session_end end)
{
    struct live *live = ctx;

    if (live->ended || !session_end_text(end))
        abort();
    live->ended = true;
}

static inline void live_admit(struct live *live, enum session_kind kind)
{
    session_admit(live->session,
                  &(struct session_plan){ .kind = kind,
                                          .instructions = CM_STR("Be kind."),
                                          .greeting = CM_STR("Hello."),
                                          .caller_is_inbound = true },
                  live->now_ms);
    session_model_opened(live->session, live->now_ms);
}

static const struct session_ports live_ports = { live_sent,  live_sent, live_started, live_turn,
                                                 live_heard, live_act,  live_ended };

static inline struct session_options live_options(unsigned bits)
{
    return (struct session_options){
        .dialect = DIALECT_AUTO,
        .pcm_rate = bits & 1 ? 24000 : 0,
        .append_ms = bits & 32 ? 60 : 0,
        .model = "m",
        .transcriber = bits & 2 ? "t" : "",
        .voice = "",
        .start_ms = 1000,
        .silence_ms = 1000,
        .model_ms = 1000,
        .limit_ms = 5000,
        .farewell_ms = 1000,
        .epoch_ms = bits & 2 ? 1 : 0,
    };
}
