/* What the model wants done is done by others, in threads that may wait; the line waits for their
 * answer. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "line_inside.h"

struct errand { /* an act that is under way */
    struct line *line;
    size_t id_len;
    char id[];
};

static void errand_done(void *ctx, bool done)
{
    struct errand *errand = ctx;
    struct line *line = errand->line;
    CM_OWN_TRACE struct cm_trace before = line_enter(line);

    line->waiting--;
    session_act_done(line->session, (struct cm_str){ errand->id, errand->id_len }, done,
                     done ? CM_STR("done") : CM_STR("it could not be done"), cm_mono_ms());
    free(errand);
    line_settle(line);
}

static void errand_refused(void *ctx)
{
    errand_done(ctx, false);
}

static bool set_out(struct line *line, const struct session_act *act, struct errand *errand)
{
    struct live *live = line_live(line);
    const struct live_note note = { .id = cm_uuid_v7(cm_now_us()),
                                    .session_id = line->session_id,
                                    .title = act->title,
                                    .due = act->due,
                                    .said = act->said };

    switch (act->kind) {
    case ACT_HANG_UP:
        return acts_hang_up(live->acts, line->call.call_sid, line->at->loop, errand_done, errand);
    case ACT_FORWARD:
        return acts_forward(live->acts, line->call.call_sid, act->number, line->at->loop,
                            errand_done, errand);
    case ACT_NOTE_TODO:
        return scribe_note(live->scribe, &note, line->at->loop, errand_done, errand);
    }
    return false;
}

void line_run_errand(void *ctx, const struct session_act *act)
{
    struct line *line = ctx;
    struct errand *errand = cm_must(malloc(sizeof *errand + act->id.len));

    errand->line = line;
    errand->id_len = act->id.len;
    if (act->id.len)
        memcpy(errand->id, act->id.at, act->id.len);
    line->waiting++;
    if (!set_out(line, act, errand))
        cm_loop_post(line->at->loop, errand_refused, errand);
}
