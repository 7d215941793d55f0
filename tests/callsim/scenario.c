#include "scenario.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "stream.h"
#include "stream_twiml.h"
#include "twiml_reader.h"
#include "webhook.h"

struct stage { /* what the threads share */
    struct world *world;
    struct poster poster;
    atomic_int next;
};

/* ---- forms ---- */

static void put_call(struct form *form, const struct world *world, const struct call *call)
{
    form_text(form, "AccountSid", world->options->account_sid);
    form_text(form, "ApiVersion", "2010-04-01");
    form_text(form, "CallSid", call->sid);
    form_text(form, "Direction", "inbound");
    form_text(form, "From", call->from);
    form_text(form, "To", call->to);
    form_text(form, "Called", call->to);
    form_text(form, "Caller", call->from);
}

static void put_voice(struct form *form, struct cm_arena *arena)
{
    static const char *const empty[] = { "CalledCity", "CalledZip", "FromZip", "ToCity", "ToZip" };

    form_text(form, "CallStatus", "ringing");
    form_add(form, "CallToken",
             cm_arena_printf(arena, "%%7B%%22parentCallInfoToken%%22%%3A%%22%s%%22%%7D",
                             cm_uuid_text(cm_uuid_v7(cm_now_us())).at));
    form_text(form, "StirVerstat", "TN-Validation-Passed-A");
    form_text(form, "CallerCity", "TREZZO SULL'ADDA");
    form_text(form, "FromCity", "SÃO PAULO");
    form_text(form, "FromCountry", "US");
    form_text(form, "ToCountry", "US");
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        form_text(form, empty[i], "");
}

static void put_status(struct form *form, struct cm_arena *arena, const char *status, int sequence,
                       int64_t at_us)
{
    form_text(form, "CallStatus", status);
    form_text(form, "CallbackSource", "call-progress-events");
    form_add(form, "SequenceNumber", cm_arena_printf(arena, "%d", sequence));
    form_add(form, "Timestamp", cm_arena_printf(arena, "%s", cm_time_rfc5322(at_us).at));
}

static void put_end(struct form *form, struct cm_arena *arena, const struct call *call)
{
    int64_t seconds = (call->ended_us - call->started_us) / CM_US_PER_SEC;

    form_add(form, "CallDuration", cm_arena_printf(arena, "%lld", (long long)seconds));
    if (seconds)
        form_add(form, "Duration", cm_arena_printf(arena, "%lld", (long long)(seconds + 59) / 60));
}

static void put_recording(struct form *form, struct cm_arena *arena, const struct world *world,
                          const struct call *call, const struct hook *hook)
{
    const struct recording *recording = &call->recordings[hook->recording];
    bool done = hook->kind == HOOK_RECORDING_DONE;

    form_text(form, "AccountSid", world->options->account_sid);
    form_text(form, "CallSid", call->sid);
    form_text(form, "RecordingSid", recording->sid);
    form_add(form, "RecordingUrl",
             cm_arena_printf(arena, "https://api.twilio.com/2010-04-01/Accounts/%s/Recordings/%s",
                             world->options->account_sid, recording->sid));
    form_text(form, "RecordingStatus", done ? "completed" : "in-progress");
    form_text(form, "RecordingSource", "StartCallRecordingTwiML");
    form_text(form, "RecordingTrack", "both");
    form_text(form, "RecordingChannels", world->options->mono ? "1" : "2");
    form_text(form, "ErrorCode", "0");
    form_add(form, "RecordingStartTime",
             cm_arena_printf(arena, "%s", cm_time_rfc5322(call->started_us).at));
    if (done)
        form_add(form, "RecordingDuration",
                 cm_arena_printf(arena, "%lld",
                                 (long long)(recording->audio->duration_ms + 999) / 1000));
}

static void put_hook(struct form *form, struct cm_arena *arena, const struct world *world,
                     const struct call *call, const struct hook *hook)
{
    int last = call->recording_count ? 2 : 1;

    if (hook->kind != HOOK_RECORDING_STARTED && hook->kind != HOOK_RECORDING_DONE)
        put_call(form, world, call);
    switch (hook->kind) {
    case HOOK_VOICE:
        put_voice(form, arena);
        break;
    case HOOK_RINGING:
        put_status(form, arena, "ringing", 0, call->started_us - CM_US_PER_SEC);
        break;
    case HOOK_ANSWERED:
        put_status(form, arena, "in-progress", 1, call->started_us);
        break;
    case HOOK_ENDED:
        put_status(form, arena, call->rejected ? "busy" : world->options->outcome, last,
                   call->ended_us);
        put_end(form, arena, call);
        break;
    case HOOK_RECORDING_STARTED:
    case HOOK_RECORDING_DONE:
        put_recording(form, arena, world, call, hook);
        break;
    }
}

static const char *hook_url(struct cm_arena *arena, const struct world *world,
                            const struct call *call, const struct hook *hook)
{
    const char *path = hook->kind == HOOK_VOICE ? "voice" : "status";

    if (hook->kind == HOOK_RECORDING_STARTED || hook->kind == HOOK_RECORDING_DONE) {
        if (call->recording_callback[0])
            return call->recording_callback;
        path = "recording";
    }
    return cm_arena_printf(arena, "%s/twilio/%s", world->options->public_url, path).at;
}

/* ---- a call's life ---- */

static void follow_twiml(struct call *call, struct cm_str xml, struct cm_arena *arena)
{
    struct cm_str callback = { 0 };

    call->rejected = twiml_has(xml, "Reject");
    call->recorded = twiml_has(xml, "Recording");
    if (twiml_attribute(xml, "Recording", "recordingStatusCallback", arena, &callback))
        snprintf(call->recording_callback, sizeof call->recording_callback, "%.*s",
                 CM_STR_FMT(callback));
    stream_twiml_read(call, xml, arena);
}

/* What the REST API says from this moment on, whether the webhook itself is sent or not. */
static void move_on(struct world *world, struct call *call, const struct hook *hook)
{
    struct recording *recording = &call->recordings[hook->recording];
    bool kept = call->recorded && !call->rejected;

    pthread_mutex_lock(&world->lock);
    call->placed = true;
    if (hook->kind == HOOK_ANSWERED)
        call->answered = true;
    if (hook->kind == HOOK_ENDED)
        call->ended = true;
    if (hook->kind == HOOK_RECORDING_STARTED && kept)
        recording->started = true;
    if (hook->kind == HOOK_RECORDING_DONE && kept) {
        recording->done = true;
        recording->done_ms = cm_mono_ms();
    }
    pthread_mutex_unlock(&world->lock);
}

/* Shuffled webhooks tell of a call that is over. */
static void move_to_end(struct world *world, struct call *call)
{
    for (int i = 0; i < call->hook_count; i++)
        move_on(world, call, &call->hooks[i]);
}

static bool is_due(const struct call *call, const struct hook *hook)
{
    bool of_recording = hook->kind == HOOK_RECORDING_STARTED || hook->kind == HOOK_RECORDING_DONE;

    return !(of_recording && (call->rejected || !call->recorded)) &&
           !(hook->kind == HOOK_ANSWERED && call->rejected);
}

static void send(struct stage *stage, struct call *call, struct hook *hook)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_uuid_text token = cm_uuid_text(cm_uuid_v7(cm_now_us()));
    struct webhook_sent sent;
    struct form form = { 0 };

    put_hook(&form, arena, stage->world, call, hook);
    webhook_post(&stage->poster, hook_url(arena, stage->world, call, hook), &form, token.at, arena,
                 &sent);
    hook->attempts += sent.attempts;
    hook->last_status = sent.status;
    if (sent.status < 200 || sent.status >= 300)
        return;
    hook->answered++;
    /* What comes at once with the answer cannot follow it. */
    if (hook->kind == HOOK_VOICE && !stage->world->options->at_once)
        follow_twiml(call, sent.body, arena);
}

struct sending { /* one webhook, in a thread of its own */
    struct stage *stage;
    struct call *call;
    struct hook *hook;
};

static void *run_sending(void *at)
{
    const struct sending *sending = at;

    send(sending->stage, sending->call, sending->hook);
    return NULL;
}

static bool is_wanted(const struct hook *hook, int round)
{
    return !hook->withheld && hook->copies > round;
}

static void send_at_once(struct stage *stage, struct call *call, int round)
{
    struct sending sendings[HOOKS_MAX];
    pthread_t threads[HOOKS_MAX];
    int started = 0;

    for (int i = 0; i < call->hook_count; i++) {
        struct sending *sending = &sendings[started];

        *sending = (struct sending){ stage, call, &call->hooks[i] };
        if (!is_wanted(sending->hook, round))
            continue;
        if (pthread_create(&threads[started], NULL, run_sending, sending) == 0)
            started++;
        else
            run_sending(sending);
    }
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* The sound of the call, between its answer and its end. */
static struct stream *talk(struct stage *stage, struct call *call)
{
    struct stream *stream = stream_open(stage->world, &stage->poster, call);
    int64_t began_us = cm_now_us();

    stream_talk(stream);
    if (stage->world->options->hang_up != HANG_UP_STATUS) {
        stream_hang_up(stream);
        stream_free(stream);
        stream = NULL;
    }
    /* As long as it would have been at the speed of people. */
    call->ended_us = cm_now_us();
    call->started_us = call->ended_us - (call->ended_us - began_us) * stage->world->options->speed;
    return stream;
}

static void send_in_turn(struct stage *stage, struct call *call, int round)
{
    struct stream *stream = NULL;

    for (int i = 0; i < call->hook_count && !stage->poster.stop(); i++) {
        struct hook *hook = &call->hooks[i];

        if (hook->kind == HOOK_ENDED && round == 0 && call->live)
            stream = talk(stage, call);
        if (!is_due(call, hook))
            hook->copies = 0;
        if (round == 0)
            move_on(stage->world, call, hook);
        if (is_wanted(hook, round))
            send(stage, call, hook);
        if (stream && hook->kind == HOOK_ENDED) {
            stream_hang_up(stream);
            stream_free(CM_STEAL(stream));
        }
    }
    stream_free(stream);
}

/* The call ends now, whatever was drawn when the world was made. */
static void set_times(struct call *call)
{
    int64_t length_us = call->ended_us - call->started_us;

    call->ended_us = cm_now_us();
    call->started_us = call->ended_us - length_us;
}

/* Repeats come when everything has been said once, which is the hardest moment for them. */
static void play(struct stage *stage, struct call *call)
{
    const struct options *options = stage->world->options;

    set_times(call);
    if (options->shuffle || options->at_once || options->command == COMMAND_SERVE)
        move_to_end(stage->world, call);
    for (int round = 0; options->command != COMMAND_SERVE && round < 3; round++) {
        if (options->at_once)
            send_at_once(stage, call, round);
        else
            send_in_turn(stage, call, round);
    }
}

static void *run(void *at)
{
    struct stage *stage = at;
    int calls = stage->world->options->calls;

    for (int i = atomic_fetch_add(&stage->next, 1); i < calls && !stage->poster.stop();
         i = atomic_fetch_add(&stage->next, 1)) {
        play(stage, &stage->world->calls[i]);
        cm_pause_ms(stage->world->options->pace_ms);
    }
    return NULL;
}

void scenario_play(struct world *world, struct cm_http_client *client, bool (*stop)(void))
{
    struct stage stage = { .world = world, .poster = { client, world->options, stop } };
    int wanted = world->options->concurrency, started = 0;
    pthread_t *threads = CM_NEW_N(world->arena, pthread_t, wanted);

    if (wanted > world->options->calls)
        wanted = world->options->calls;
    while (started < wanted && pthread_create(&threads[started], NULL, run, &stage) == 0)
        started++;
    if (!started)
        run(&stage);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}
