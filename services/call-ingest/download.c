#include "download.h"

#include "base/log.h"
#include "ingest.h"
#include "recording_check.h"
#include "store_download.h"

const struct cm_setting download_settings[] = {
    { .name = "RECORDINGS_DIR",
      .type = CM_SET_DIR,
      .help = "Where recordings are kept; needed unless RECORDINGS_URL is file://." },
    { .name = "RECORDING_MAX_BYTES",
      .type = CM_SET_INT,
      .fallback = "536870912",
      .min = 1024,
      .max = INT64_C(1) << 40,
      .help = "A recording with more bytes is refused." },
    { .name = "RECORDING_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "300000",
      .min = 1000,
      .max = 3600000,
      .help = "How long one download may take, in milliseconds." },
    { 0 },
};

/* Attempts don't count while Twilio or the disk is away, so the runner's back-off does not grow
 * either. */
enum { AWAY_PAUSE_MS = 3000 };

struct downloaded { /* from prepare to persist */
    struct cm_recording_facts facts;
    bool is_call_file;
};

static bool is_longest(const struct cm_recording_facts *facts, const struct download_row *row)
{
    int64_t duration_ms = facts->duration_ms.value; /* 0: not to be told */

    if (row->file_size_bytes < 0)
        return true;
    if (duration_ms != row->file_duration_ms)
        return duration_ms > row->file_duration_ms;
    return (int64_t)facts->size_bytes > row->file_size_bytes;
}

static cm_rc fetch(struct cm_context *cx, struct cm_item *item,
                   const struct cm_recording_file *file, struct cm_recording_facts *facts,
                   struct cm_err *err)
{
    const struct ingest *app = cx->app;
    const struct cm_recording_available *event = &item->event->recording_available;
    struct twilio_media media = {
        .account_sid = event->account_sid,
        .recording_sid = event->recording_sid,
        .fd = file->fd,
        .size_max = (size_t)cm_config_int(app->config, "RECORDING_MAX_BYTES"),
        .timeout_ms = (int)cm_config_int(app->config, "RECORDING_TIMEOUT_MS"),
        .stop = cx->stopping,
        .stop_ctx = cx->stopping_ctx,
    };
    uint64_t size;
    int channels;
    cm_rc rc = twilio_fetch_recording(app->twilio, &media, item->arena, &size, &channels, err);

    if (!rc)
        rc = recording_check(file, item->arena, event->duration_ms, facts, err);
    if (!rc && !facts->channels)
        facts->channels = channels;
    return rc;
}

/* A recording that is not ready mostly is within seconds, and now and then after minutes. The
 * pauses add up to a quarter of an hour over the runner's twelve attempts; its own back-off alone
 * is over in two minutes. */
static unsigned pause_ms(unsigned attempt)
{
    static const unsigned seconds[] = { 1, 2, 5, 10, 30, 60, 90, 120, 180, 180, 240 };
    unsigned last = sizeof seconds / sizeof seconds[0];

    return 1000 * seconds[attempt < last ? attempt - 1 : last - 1];
}

static cm_rc download(struct cm_context *cx, struct cm_item *item, const struct download_row *row,
                      struct downloaded *out, struct cm_err *err)
{
    const struct ingest *app = cx->app;
    struct cm_recording_file file;
    cm_rc rc =
        cm_recordings_begin(app->recordings, item->arena, item->event->head.call_sid, &file, err);

    if (rc)
        return rc;
    rc = fetch(cx, item, &file, &out->facts, err);
    out->is_call_file = !rc && is_longest(&out->facts, row);
    if (out->is_call_file)
        rc = cm_recordings_keep(app->recordings, item->arena, &file, &out->facts, err);
    cm_recording_file_finish(&file);
    return rc;
}

/* What people see of the recording when the runner gives the event up, which happens on these
 * outcomes. */
static void note_failure(struct cm_context *cx, struct cm_item *item, const struct cm_err *why)
{
    struct cm_err err = { 0 };
    bool final = why->rc == CM_REJECT || (why->rc == CM_RETRY && !why->away && item->last_attempt);

    if (final &&
        store_fail_download(cx->db, item->arena, item->event->recording_available.recording_sid,
                            cm_str_of(why->msg), &err))
        cm_log(CM_LOG_WARN, "a recording's failure is not noted", "call_sid=%.*s reason=%s",
               CM_STR_FMT(item->event->head.call_sid), err.msg);
}

cm_rc download_recording(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    const struct cm_recording_available *event = &item->event->recording_available;
    struct downloaded *downloaded = CM_NEW(item->arena, struct downloaded);
    struct download_row row;
    enum download_answer answer;
    cm_rc rc;

    item->prepared = NULL;
    if (!cm_is_sid(item->event->head.call_sid, "CA") || !cm_is_sid(event->recording_sid, "RE") ||
        !cm_is_sid(event->account_sid, "AC"))
        return cm_fail(err, CM_REJECT,
                       "the event's call_sid, recording_sid or account_sid is no sid");

    rc = store_find_download(cx->db, item->arena, event->recording_sid, &row, &answer, err);
    if (rc || answer == DOWNLOAD_GONE)
        return rc;

    rc = download(cx, item, &row, downloaded, err);
    if (rc) {
        if (rc == CM_RETRY && !err->retry_after_ms)
            err->retry_after_ms = err->away ? AWAY_PAUSE_MS : pause_ms(item->attempt);
        note_failure(cx, item, err);
        return rc;
    }
    cm_log(CM_LOG_INFO, "recording fetched",
           "call_sid=%.*s recording_sid=%.*s bytes=%llu call_file=%d",
           CM_STR_FMT(item->event->head.call_sid), CM_STR_FMT(event->recording_sid),
           (unsigned long long)downloaded->facts.size_bytes, downloaded->is_call_file);
    item->prepared = downloaded;
    return CM_OK;
}

static cm_rc emit_recorded(struct cm_context *cx, const struct cm_item *item,
                           const struct stored_row *stored, const struct recorded_call *call,
                           struct cm_err *err)
{
    struct cm_event event = {
        .kind = EVENT_CALL_RECORDED,
        .head = { .organization_id = item->event->head.organization_id,
                  .call_id = item->event->head.call_id,
                  .call_sid = item->event->head.call_sid },
        .call_recorded = { .recording_sid = stored->recording_sid,
                           .file = cm_arena_printf(item->arena, "%.*s.mp3",
                                                   CM_STR_FMT(item->event->head.call_sid)),
                           .sha256 = stored->sha256,
                           .size_bytes = stored->size_bytes,
                           .channels = stored->channels,
                           .duration_ms = stored->duration_ms,
                           .caller_channel = call->caller_channel,
                           .from_number = call->from,
                           .to_number = call->to,
                           .direction = call->direction,
                           .started_at_us = call->started_at_us },
    };

    return cm_emit(cx, &event, err);
}

static cm_rc store_one(struct cm_context *cx, struct cm_tx *tx, struct cm_item *item,
                       struct cm_err *err)
{
    const struct ingest *app = cx->app;
    const struct downloaded *downloaded = item->prepared;
    const struct cm_recording_available *event = &item->event->recording_available;
    struct stored_row stored;
    struct recorded_call call;
    enum download_answer answer;
    cm_rc rc;

    if (!downloaded)
        return CM_OK; /* the call was deleted before the download */

    stored = (struct stored_row){
        .recording_sid = event->recording_sid,
        .sha256 = downloaded->facts.sha256,
        .size_bytes = (int64_t)downloaded->facts.size_bytes,
        .channels = downloaded->facts.channels,
        .duration_ms =
            downloaded->facts.duration_ms.set ? downloaded->facts.duration_ms : event->duration_ms,
        .is_call_file = downloaded->is_call_file,
    };
    rc = store_download(tx, item->arena, item->event->head.call_id, &stored, cx->now_us, &call,
                        &answer, err);
    if (rc)
        return rc;
    if (answer == DOWNLOAD_GONE)
        /* Deleted meanwhile: the one thing of it that is left is the file that was just kept. */
        return cm_recordings_remove(app->recordings, item->arena, item->event->head.call_sid, err);
    return stored.is_call_file ? emit_recorded(cx, item, &stored, &call, err) : CM_OK;
}

cm_rc store_recording(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                      size_t count, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < count && !rc; i++)
        rc = store_one(cx, tx, items[i], err);
    return rc;
}
