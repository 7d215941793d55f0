/* recording.c - GET /api/calls/{id}/recording. */
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "calls/carrier.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_recording = {
    "call_recording", "SELECT call_sid FROM call WHERE id = $1 AND has_recording"
};

bool recording_found(struct cm_http_request *rq, cm_rc rc, const struct cm_recording *recording,
                     const struct cm_err *err)
{
    if (!rc && recording->is_there) {
        /* Kept by the browser, asked about each time: the file is replaced when a longer recording
         * comes. */
        cm_http_set(rq, "Cache-Control", "private, no-cache");
        return true;
    }

    cm_log(CM_LOG_WARN, "recording not served", "reason=%s", rc ? err->msg : "it is not there");
    if (rc == CM_RETRY || rc == CM_FATAL)
        reply_away(rq, 10, "The recording cannot be fetched right now. Try again later.");
    else
        reply_not_found(rq);
    return false;
}

static void answer_from_folder(struct ask *ask, struct cm_str call_sid)
{
    struct cm_recording recording = { .fd = -1 };
    struct cm_err err;
    cm_rc rc = cm_recordings_look(ask->gateway->recordings, cm_http_arena(ask->rq), call_sid,
                                  &recording, &err);

    if (recording_found(ask->rq, rc, &recording, &err))
        cm_http_reply_file(ask->rq, recording.fd, recording.size, "audio/mpeg", recording.etag);
}

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    if (cm_rows_count(rows[0]) == 0)
        reply_not_found(ask->rq);
    else if (cm_recordings_are_remote(ask->gateway->recordings))
        carrier_take(ask->gateway->carrier, ask->rq, cm_row_str(rows[0], 0, 0));
    else
        answer_from_folder(ask, cm_row_str(rows[0], 0, 0));
}

void serve_recording(struct cm_http_request *rq, void *ctx)
{
    ask_by_id(rq, ctx, &sql_recording, answer, NULL);
}
