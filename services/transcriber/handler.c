#include "handler.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "recording.h"
#include "store.h"
#include "turns.h"

/* Text and segments carry the words twice, and an event may have a megabyte (event/codec.h). Four
 * hours of two people who never pause come to half of this. */
enum { TEXT_MAX_BYTES = 400 * 1024 };

static const struct cm_setting settings[] = {
    { .name = "RECORDINGS_DIR",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 4096,
      .help = "The folder with the recordings; needed unless RECORDINGS_URL is file://." },
    { .name = "MAX_RECORDING_S",
      .type = CM_SET_INT,
      .fallback = "14400",
      .min = 1,
      .max = 86400,
      .help = "Longer recordings are not transcribed, in seconds." },
    { 0 },
};

struct prepared { /* what transcribe_recording leaves for store_transcripts */
    bool superseded;
    struct cm_call_transcribed transcribed;
    struct waveform waveform;
};

static struct cm_call_transcribed
transcribed_as(const struct cm_speech *speech, const struct hearing *hearing,
               const struct turns *turns, const struct cm_call_recorded *recorded, int64_t now_us)
{
    const struct cm_heard *told = &hearing->channels[0];

    if (hearing->mp3.channels > 1 && hearing->channels[1].count > told->count)
        told = &hearing->channels[1]; /* the language of the one who says more */
    return (struct cm_call_transcribed){
        .transcription_id = cm_uuid_v7(now_us),
        .text = turns->text,
        .segments = turns->segments,
        .segment_count = turns->count,
        .engine = cm_str_of(speech->engine),
        .model = cm_str_of(speech->model),
        .language = told->language,
        .duration_ms = hearing->mp3.duration_ms,
        .from_number = recorded->from_number,
        .to_number = recorded->to_number,
        .direction = recorded->direction,
        .started_at_us = recorded->started_at_us,
    };
}

/* Roles as the segments have them; of a mono recording nobody can tell (handler.h). */
static struct waveform waveform_of(const struct hearing *hearing, int64_t caller_channel,
                                   struct cm_arena *arena)
{
    struct waveform waveform = { .channels = hearing->mp3.channels };
    size_t each = hearing->peak_count;
    char *peaks = cm_arena_alloc(arena, (size_t)waveform.channels * each);

    for (int c = 0; c < waveform.channels; c++) {
        memcpy(peaks + (size_t)c * each, hearing->peaks[c], each);
        if (waveform.channels > 1)
            waveform.roles[c] = c == caller_channel ? CM_STR("caller") : CM_STR("agent");
    }
    waveform.peaks = (struct cm_str){ peaks, (size_t)waveform.channels * each };
    return waveform;
}

static void tell(const struct transcriber *app, const struct cm_event *event,
                 const struct hearing *hearing, size_t segments, int64_t took_ms)
{
    cm_metric_observe_us(app->sound, hearing->mp3.duration_ms * hearing->mp3.channels * 1000);
    cm_metric_observe_us(app->hearing, took_ms * 1000);
    cm_log(hearing->mp3.cut ? CM_LOG_WARN : CM_LOG_INFO,
           hearing->mp3.cut ? "recording heard, but it was cut short" : "recording heard",
           "call_id=%s channels=%d duration_ms=%lld segments=%zu took_ms=%lld",
           cm_uuid_text(event->head.call_id).at, hearing->mp3.channels,
           (long long)hearing->mp3.duration_ms, segments, (long long)took_ms);
}

static cm_rc hear(struct cm_context *cx, struct cm_item *item, int fd, struct prepared *prepared,
                  struct cm_err *err)
{
    const struct transcriber *app = cx->app;
    const struct cm_call_recorded *recorded = &item->event->call_recorded;
    const struct hearing_ask ask = { .speech = app->speech,
                                     .arena = item->arena,
                                     .max_s = app->max_s,
                                     .stop = cx->stopping,
                                     .stop_ctx = cx->stopping_ctx };
    int64_t began_ms = cm_mono_ms();
    struct hearing hearing;
    struct turns turns;
    cm_rc rc;

    rc = recording_hear(fd, &ask, &hearing, err);
    if (rc)
        return rc;

    turns = turns_of(&hearing, recorded->caller_channel, cx->now_us, item->arena);
    if (turns.text.len > TEXT_MAX_BYTES)
        return cm_fail(err, CM_REJECT, "transcript has %zu bytes, an event takes %d",
                       turns.text.len, TEXT_MAX_BYTES);
    prepared->transcribed = transcribed_as(app->speech, &hearing, &turns, recorded, cx->now_us);
    prepared->waveform = waveform_of(&hearing, recorded->caller_channel, item->arena);
    tell(app, item->event, &hearing, turns.count, cm_mono_ms() - began_ms);
    return CM_OK;
}

/* What is kept is not the event's: a longer recording has taken its place, or it is being
 * put there at this moment. */
static cm_rc other_file(struct cm_context *cx, struct cm_item *item, int64_t size_bytes,
                        struct prepared *prepared, struct cm_err *err)
{
    const struct cm_call_recorded *recorded = &item->event->call_recorded;
    cm_rc rc;

    rc = store_is_superseded(cx->db, item->arena, item->event->head.call_id,
                             recorded->recording_sid, &prepared->superseded, err);
    if (rc || prepared->superseded)
        return rc;

    return cm_fail(err, CM_RETRY, "recording %.*s has %lld bytes, its event says %lld",
                   CM_STR_FMT(recorded->file), (long long)size_bytes,
                   (long long)recorded->size_bytes);
}

cm_rc transcribe_recording(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    const struct transcriber *app = cx->app;
    const struct cm_call_recorded *recorded = &item->event->call_recorded;
    struct prepared *prepared = CM_NEW(item->arena, struct prepared);
    CM_OWN_FD int fd = -1;
    int64_t size_bytes;
    cm_rc rc;

    rc = recording_open(app->recordings, item->arena,
                        &(struct recording_ask){ .file = recorded->file,
                                                 .stop = cx->stopping,
                                                 .stop_ctx = cx->stopping_ctx },
                        &fd, &size_bytes, err);
    if (rc)
        return rc;

    rc = size_bytes == recorded->size_bytes ? hear(cx, item, fd, prepared, err)
                                            : other_file(cx, item, size_bytes, prepared, err);
    if (rc)
        return rc;

    item->prepared = prepared;
    return CM_OK;
}

static cm_rc emit(struct cm_context *cx, const struct cm_event *recorded,
                  const struct stored_call *call, const struct prepared *prepared,
                  struct cm_err *err)
{
    struct cm_event out = { .kind = EVENT_CALL_TRANSCRIBED,
                            .head = { .organization_id = call->organization_id,
                                      .call_id = recorded->head.call_id,
                                      .call_sid = recorded->head.call_sid },
                            .call_transcribed = prepared->transcribed };

    out.call_transcribed.contact_id = call->contact_id;
    return cm_emit(cx, &out, err);
}

/* Writes down and tells what is wanted; the rest was about calls that are gone or have a better
 * recording. */
cm_rc store_transcripts(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                        size_t count, struct cm_err *err)
{
    struct cm_arena *arena = items[0]->arena;
    const struct cm_event **events = CM_NEW_N(arena, const struct cm_event *, count);
    struct stored_call *calls = CM_NEW_N(arena, struct stored_call, count);
    struct transcript *transcripts = CM_NEW_N(arena, struct transcript, count);
    size_t wanted = 0;
    cm_rc rc;

    for (size_t i = 0; i < count; i++)
        events[i] = items[i]->event;
    rc = store_calls(tx, arena, events, count, calls, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++) {
        const struct prepared *prepared = items[i]->prepared;

        calls[i].wanted = calls[i].wanted && !prepared->superseded;
        if (!calls[i].wanted)
            continue;
        transcripts[wanted++] =
            (struct transcript){ .call_id = events[i]->head.call_id,
                                 .organization_id = calls[i].organization_id,
                                 .recording_sid = events[i]->call_recorded.recording_sid,
                                 .transcribed = &prepared->transcribed,
                                 .waveform = &prepared->waveform };
    }
    if (wanted == 0)
        return CM_OK;

    rc = store_replace(tx, arena, transcripts, wanted, err);
    for (size_t i = 0; !rc && i < count; i++)
        if (calls[i].wanted)
            rc = emit(cx, events[i], &calls[i], items[i]->prepared, err);
    return rc;
}

static void close_transcriber(void *app)
{
    struct transcriber *made = app;

    if (!made)
        return;

    cm_recordings_free(made->recordings);
    cm_speech_free(made->speech);
    free(made);
}

static cm_rc open_transcriber(struct cm_service *service, void **app, struct cm_err *err)
{
    const struct cm_config *config = cm_service_config(service);
    struct cm_metrics *metrics = cm_service_metrics(service);
    CM_OWN(cm_recordings) recordings = NULL;
    struct transcriber *made;
    struct cm_speech *speech;
    cm_rc rc = cm_recordings_new(config, cm_service_http(service), metrics, &recordings, err);

    if (!rc)
        rc = cm_speech_open(config, cm_service_http(service), &speech, err);
    if (rc)
        return rc;

    made = cm_must(calloc(1, sizeof *made));
    made->speech = speech;
    made->recordings = CM_STEAL(recordings);
    made->max_s = cm_config_int(config, "MAX_RECORDING_S");
    made->sound =
        cm_histogram(metrics, "callmill_sound_seconds",
                     "Length of the recordings that were heard, all channels together.", NULL);
    made->hearing =
        cm_histogram(metrics, "callmill_hearing_seconds",
                     "How long hearing a recording took, waiting for a job included.", NULL);
    *app = made;
    return CM_OK;
}

const struct cm_service_spec transcriber = {
    .name = "transcriber",
    .routes = (const struct cm_route[]){ { .consumes = EVENT_CALL_RECORDED,
                                           .prepare = transcribe_recording,
                                           .persist = store_transcripts,
                                           .step = "transcribe" },
                                         { 0 } },
    .produces = (const enum cm_event_kind[]){ EVENT_CALL_TRANSCRIBED, EVENT_NONE },
    .settings = (const struct cm_setting *const[]){ settings, cm_recordings_settings,
                                                    cm_speech_settings, NULL },
    .admin_addr = "127.0.0.1:9103",
    .open = open_transcriber,
    .close = close_transcriber,
};
