/* session_acts.c - tools that the model calls: hang up, forward, note something down.
 *
 * A call is forwarded to whom the number's instructions name, and to nobody else: callers may talk
 * a model into anything, and some numbers cost their callers money.
 *
 * Hanging up or forwarding waits until the whole answer in which it was asked for was played, since
 * that is where the model says goodbye; at most ACT_WAIT_MS longer than the playing takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "json_walk.h"
#include "mulaw.h"
#include "named_numbers.h"
#include "session_inside.h"

enum { ACT_WAIT_MS = 10000, ACT_DONE_MS = 30000, TITLE_MAX = 300, ARGUMENTS_MAX = 4096 };

static const char called_off[] = "{\"error\":\"not done: the caller spoke first\"}";

/* false: the session has ended. */
static bool tell(struct session *s, struct cm_str id, struct cm_str output)
{
    CM_OWN_BUF struct cm_buf message = { 0 };

    realtime_write_answer(id, output, &message);
    return model_send(s, &message);
}

/* To one who listens the model goes on talking; one who speaks it answers by itself. */
static void answer(struct session *s, struct cm_str id, struct cm_str output)
{
    if (tell(s, id, output) && !s->assistant->caller_speaks)
        s->assistant->due |= DUE_ANSWER;
}

bool acts_wait(const struct session *s)
{
    for (size_t i = 0; i < ACTS_MAX; i++)
        if (s->assistant->acts[i])
            return true;
    return false;
}

static void forget(struct act **act)
{
    free(*act);
    *act = NULL;
}

void acts_forget(struct assistant *a)
{
    for (size_t i = 0; i < ACTS_MAX; i++)
        forget(&a->acts[i]);
}

static bool is_e164(struct cm_str number)
{
    if (number.len < 8 || number.len > 16 || number.at[0] != '+' || number.at[1] == '0')
        return false;

    for (size_t i = 1; i < number.len; i++)
        if (number.at[i] < '0' || number.at[i] > '9')
            return false;
    return true;
}

static bool is_date(struct cm_str date)
{
    static const int8_t lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    struct cm_str rest = date, year_text, month_text;
    int64_t year, month, day;

    if (date.len != 10 || date.at[4] != '-' || date.at[7] != '-' ||
        !cm_str_split(&rest, '-', &year_text) || !cm_str_split(&rest, '-', &month_text) ||
        !cm_str_i64(year_text, 1970, 9999, &year) || !cm_str_i64(month_text, 1, 12, &month) ||
        !cm_str_i64(rest, 1, lengths[month - 1], &day))
        return false;
    return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Arguments are JSON in a JSON string. `*out` lives in `room`. */
static bool read_argument(struct cm_str arguments, const char *name, size_t most,
                          struct cm_buf *room, struct cm_str *out)
{
    struct json_value value = json_find(arguments, name);

    *out = (struct cm_str){ 0 };
    if (value.kind == JSON_NONE || value.kind == JSON_NULL)
        return true;
    if (value.kind != JSON_STRING || value.raw.len > most * 6)
        return false;

    json_unescape(value.raw, SIZE_MAX, room);
    *out = cm_str_trim(cm_buf_view(room));
    return out->len <= most;
}

static void give_note(struct session *s, struct act *act, struct cm_str title, struct cm_str due)
{
    act->given = true;
    act->until_ms = s->now_ms + ACT_DONE_MS;
    s->ports->act(s->ctx, &(struct session_act){
                              .kind = ACT_NOTE_TODO,
                              .id = ident_str(&act->id),
                              .title = title,
                              .due = due,
                              .said = turns_last_said(&s->assistant->turns),
                          });
}

static const char *note(struct session *s, struct act *act, struct cm_str arguments)
{
    CM_OWN_BUF struct cm_buf title_room = { 0 };
    CM_OWN_BUF struct cm_buf due_room = { 0 };
    struct cm_str title, due;

    if (!read_argument(arguments, "title", TITLE_MAX, &title_room, &title) || !title.len)
        return "title must be a text of 1 to 300 bytes";
    if (!read_argument(arguments, "due_date", 10, &due_room, &due) || (due.len && !is_date(due)))
        return "due_date must be a day as YYYY-MM-DD, or left out";

    give_note(s, act, title, due);
    return NULL;
}

static void await_playing(struct session *s, struct act *act)
{
    const struct playback *playback = &s->assistant->playback;
    int64_t left = playback->sent - playback_at(playback);

    act->place = playback->sent;
    act->until_ms = s->now_ms + left / MULAW_BYTES_A_MS + ACT_WAIT_MS;
}

static const char *wait_for(struct session *s, struct act *act, struct cm_str arguments)
{
    CM_OWN_BUF struct cm_buf room = { 0 };
    struct assistant *a = s->assistant;
    struct cm_str number;

    if (act->kind == ACT_FORWARD) {
        if (!read_argument(arguments, "number", sizeof act->number - 1, &room, &number) ||
            !is_e164(number))
            return "number must be a telephone number in E.164 form, such as +15551234567";
        if (!number_is_named(cm_buf_view(&a->numbers), number))
            return "the instructions name no such number";
        snprintf(act->number, sizeof act->number, "%.*s", CM_STR_FMT(number));
    }
    act->follows = a->open && ident_is(&a->response, ident_str(&act->response));
    await_playing(s, act);
    return NULL;
}

/* NULL: it is done, or will be; else what the model is told. */
static const char *begin(struct session *s, struct act *act, const struct realtime_message *call)
{
    CM_OWN_BUF struct cm_buf arguments = { 0 };
    struct json_walk walk;
    struct json_value value;

    json_unescape(call->arguments, ARGUMENTS_MAX, &arguments);
    walk = json_walk(cm_buf_view(&arguments));
    if (arguments.len &&
        (!json_value(&walk, &value) || value.kind != JSON_OBJECT || !json_done(&walk)))
        return "the arguments are no JSON object";

    if (cm_str_is(call->name, "note_todo")) {
        act->kind = ACT_NOTE_TODO;
        return note(s, act, cm_buf_view(&arguments));
    }
    if (!cm_str_is(call->name, "end_call") && !cm_str_is(call->name, "forward_call"))
        return "there is no such tool";

    act->kind = cm_str_is(call->name, "end_call") ? ACT_HANG_UP : ACT_FORWARD;
    return wait_for(s, act, cm_buf_view(&arguments));
}

static bool seen_before(struct assistant *a, struct cm_str call_id)
{
    uint64_t hash = ident_hash(call_id);

    for (size_t i = 0; i < SEEN_MAX; i++)
        if (a->seen[i] == hash)
            return true;
    a->seen[a->next_seen++ % SEEN_MAX] = hash;
    return false;
}

/* NULL: all places are taken. */
static struct act **free_place(struct assistant *a)
{
    for (size_t i = 0; i < ACTS_MAX; i++)
        if (!a->acts[i])
            return &a->acts[i];
    return NULL;
}

static struct act *act_new(const struct realtime_message *call)
{
    struct act *act = cm_must(calloc(1, sizeof *act));

    ident_set(&act->id, call->call_id);
    ident_set(&act->response, call->response_id);
    return act;
}

void acts_call(struct session *s, const struct realtime_message *call)
{
    struct act **place = free_place(s->assistant);
    const char *wrong = "too many tools are being called at once";

    if (seen_before(s->assistant, call->call_id) || call->call_id.len > IDENT_MAX)
        return;
    if (talk_is_dropped(s, call->response_id)) {
        tell(s, call->call_id, CM_STR(called_off));
        return;
    }

    if (place) {
        *place = act_new(call);
        wrong = begin(s, *place, call);
    }
    if (wrong) {
        CM_OWN_BUF struct cm_buf output = { 0 };

        if (place)
            forget(place);
        cm_buf_printf(&output, "{\"error\":\"%s\"}", wrong);
        answer(s, call->call_id, cm_buf_view(&output));
        if (s->stage == STAGE_LIVE)
            model_pump(s);
    }
}

void acts_response_done(struct session *s, struct cm_str response_id)
{
    for (size_t i = 0; i < ACTS_MAX; i++) {
        struct act *act = s->assistant->acts[i];

        if (!act || act->given || !act->follows ||
            (response_id.len && !ident_is(&act->response, response_id)))
            continue;
        act->follows = false;
        await_playing(s, act);
    }
}

static void give_up(struct session *s, struct act **act, const char *why)
{
    struct ident id = (*act)->id;

    forget(act);
    answer(s, ident_str(&id), cm_str_of(why));
}

static bool is_due(const struct session *s, const struct act *act)
{
    return s->now_ms >= act->until_ms ||
           (!act->follows && playback_is_over(&s->assistant->playback, act->place));
}

void acts_settle(struct session *s)
{
    for (size_t i = 0; i < ACTS_MAX && s->stage == STAGE_LIVE; i++) {
        struct act *act = s->assistant->acts[i];

        if (!act)
            continue;
        if (act->given) {
            if (s->now_ms >= act->until_ms)
                give_up(s, &s->assistant->acts[i],
                        "{\"error\":\"it took too long; it may or may not have happened\"}");
            continue;
        }
        if (!is_due(s, act))
            continue;
        act->given = true;
        act->until_ms = s->now_ms + ACT_DONE_MS;
        s->ports->act(s->ctx, &(struct session_act){
                                  .kind = act->kind,
                                  .id = ident_str(&act->id),
                                  .number = cm_str_of(act->number),
                              });
    }
}

void acts_call_off(struct session *s)
{
    for (size_t i = 0; i < ACTS_MAX; i++) {
        struct act **act = &s->assistant->acts[i];

        if (*act && !(*act)->given)
            give_up(s, act, called_off);
    }
}

static bool is_given(const struct act *act, struct cm_str id)
{
    return act && act->given && ident_is(&act->id, id);
}

void session_act_done(struct session *s, struct cm_str id, bool done, struct cm_str what,
                      int64_t now_ms)
{
    struct act **act = NULL, was;

    if (s->stage != STAGE_LIVE || !s->assistant)
        return;

    s->now_ms = now_ms;
    for (size_t i = 0; i < ACTS_MAX; i++)
        if (is_given(s->assistant->acts[i], id))
            act = &s->assistant->acts[i];
    if (!act)
        return;

    was = **act;
    forget(act);
    if (done && was.kind != ACT_NOTE_TODO) {
        session_end_because(s, was.kind == ACT_HANG_UP ? END_HUNG_UP : END_FORWARDED,
                            was.kind == ACT_HANG_UP ? "the model hung up"
                                                    : "the model forwarded the call");
        return;
    }
    if (!what.len)
        what = done ? CM_STR("{\"done\":true}") : CM_STR("{\"error\":\"it could not be done\"}");
    answer(s, ident_str(&was.id), what);
    if (s->stage == STAGE_LIVE)
        model_pump(s);
}
