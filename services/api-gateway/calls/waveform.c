/* waveform.c - GET /api/calls/{id}/waveform: how loud the recording is, for drawing it. */
#include "ask.h"
#include "endpoints.h"
#include "reply.h"
#include "row_json.h"

static const struct cm_stmt sql_waveform = {
    "call_waveform", "SELECT duration_ms, array_length(roles, 1), roles[1], roles[2], peaks"
                     " FROM waveform WHERE call_id = $1"
};
enum { DURATION, CHANNELS, FIRST_ROLE, PEAKS = FIRST_ROLE + 2 };

static void put_peaks(struct cm_json *json, struct cm_str peaks)
{
    cm_json_array(json, "peaks");
    for (size_t i = 0; i < peaks.len; i++)
        cm_json_i64(json, NULL, (unsigned char)peaks.at[i]);
    cm_json_end(json);
}

/* The channels' peaks follow each other, as many of each. */
static void put_waveform(struct cm_json *json, const struct cm_rows *rows, int row)
{
    struct cm_str peaks = cm_row_str(rows, row, PEAKS);
    int channels = (int)cm_row_i64(rows, row, CHANNELS);
    size_t each = peaks.len / (size_t)channels;

    cm_json_object(json, NULL);
    row_json_i64(json, "duration_ms", rows, row, DURATION);
    cm_json_array(json, "channels");
    for (int i = 0; i < channels; i++) {
        cm_json_object(json, NULL);
        row_json_str(json, "role", rows, row, FIRST_ROLE + i);
        put_peaks(json, (struct cm_str){ peaks.at + (size_t)i * each, each });
        cm_json_end(json);
    }
    cm_json_end(json);
    cm_json_end(json);
}

static void answer(struct ask *ask, struct cm_rows *rows[])
{
    reply_row(ask->rq, rows[0], put_waveform);
}

void show_waveform(struct cm_http_request *rq, void *ctx)
{
    ask_by_id(rq, ctx, &sql_waveform, answer, NULL);
}
