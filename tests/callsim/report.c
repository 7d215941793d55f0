#include "report.h"

#include "base/clock.h"
#include "base/json.h"

struct totals {
    int64_t sent, answered, repeated, withheld, attempts, recordings, fetched;
};

static const char *hook_text(enum hook_kind kind)
{
    static const char *const names[] = {
        "voice",      "status:ringing",     "status:in-progress", "recording:in-progress",
        "status:end", "recording:completed"
    };

    return names[kind];
}

static void put_hook(struct cm_json *j, const struct hook *hook, struct totals *totals)
{
    int64_t wanted = hook->withheld ? 0 : hook->copies;

    cm_json_object(j, NULL);
    cm_json_text(j, "webhook", hook_text(hook->kind));
    cm_json_bool(j, "withheld", hook->withheld);
    cm_json_i64(j, "sent", wanted);
    cm_json_i64(j, "answered", hook->answered);
    cm_json_i64(j, "attempts", hook->attempts);
    cm_json_i64(j, "last_status", hook->last_status);
    cm_json_end(j);
    totals->sent += wanted;
    totals->answered += hook->answered;
    totals->repeated += wanted > 1 ? wanted - 1 : 0;
    totals->withheld += hook->withheld;
    totals->attempts += hook->attempts;
}

static void put_recording(struct cm_json *j, const struct recording *recording,
                          struct totals *totals)
{
    cm_json_object(j, NULL);
    cm_json_text(j, "recording_sid", recording->sid);
    cm_json_text(j, "sha256", recording->audio->sha256.at);
    cm_json_i64(j, "size_bytes", (int64_t)recording->audio->size_bytes);
    cm_json_i64(j, "channels", recording->audio->channels);
    cm_json_i64(j, "duration_ms", recording->audio->duration_ms);
    cm_json_i64(j, "fetched", recording->fetched);
    cm_json_end(j);
    totals->recordings++;
    totals->fetched += recording->fetched > 0;
}

static void put_live(struct cm_json *j, const struct live *live)
{
    cm_json_object(j, "stream");
    cm_json_text(j, "stream_sid", live->sid);
    cm_json_bool(j, "both_ways", live->both_ways);
    cm_json_bool(j, "opened", live->opened);
    cm_json_i64(j, "frames_sent", live->frames);
    cm_json_i64(j, "taken_ms", live->bytes_taken / 8);
    cm_json_i64(j, "played_ms", live->played_ms);
    cm_json_i64(j, "marks", live->marks);
    cm_json_array(j, "cleared_at_ms");
    for (int i = 0; i < live->clears && i < LIVE_CLEARS; i++)
        cm_json_i64(j, NULL, live->cleared_at_ms[i]);
    cm_json_end(j);
    cm_json_i64(j, "bad_messages", live->bad_messages);
    cm_json_i64(j, "close_code", live->close_code);
    cm_json_text(j, "asked", live->asked[0] ? live->asked : NULL);
    cm_json_end(j);
}

static void put_call(struct cm_json *j, const struct world *world, const struct call *call,
                     struct totals *totals)
{
    cm_json_object(j, NULL);
    cm_json_text(j, "call_sid", call->sid);
    cm_json_text(j, "from", call->from);
    cm_json_text(j, "to", call->to);
    cm_json_text(j, "status", call->rejected ? "busy" : world->options->outcome);
    cm_json_bool(j, "rejected", call->rejected);
    cm_json_i64(j, "duration_s", (call->ended_us - call->started_us) / CM_US_PER_SEC);
    if (call->live)
        put_live(j, call->live);
    cm_json_array(j, "webhooks");
    for (int i = 0; i < call->hook_count; i++)
        put_hook(j, &call->hooks[i], totals);
    cm_json_end(j);
    cm_json_array(j, "recordings");
    for (int i = 0; i < call->recording_count; i++)
        if (call->recordings[i].done)
            put_recording(j, &call->recordings[i], totals);
    cm_json_end(j);
    cm_json_end(j);
}

static void put_totals(struct cm_json *j, const struct totals *totals)
{
    cm_json_object(j, "totals");
    cm_json_i64(j, "webhooks_sent", totals->sent);
    cm_json_i64(j, "webhooks_answered", totals->answered);
    cm_json_i64(j, "webhooks_repeated", totals->repeated);
    cm_json_i64(j, "webhooks_withheld", totals->withheld);
    cm_json_i64(j, "attempts", totals->attempts);
    cm_json_i64(j, "recordings", totals->recordings);
    cm_json_i64(j, "recordings_fetched", totals->fetched);
    cm_json_end(j);
}

bool report_print(struct world *world, unsigned port, FILE *to)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json j = cm_json(&text);
    struct totals totals = { 0 };

    cm_json_object(&j, NULL);
    cm_json_i64(&j, "seed", (int64_t)world->options->seed);
    cm_json_i64(&j, "port", port);
    cm_json_array(&j, "calls");
    pthread_mutex_lock(&world->lock);
    for (int i = 0; i < world->options->calls; i++)
        put_call(&j, world, &world->calls[i], &totals);
    pthread_mutex_unlock(&world->lock);
    cm_json_end(&j);
    put_totals(&j, &totals);
    cm_json_end(&j);
    fprintf(to, "%s\n", text.at);
    fflush(to);
    return totals.answered == totals.sent;
}
