#include "live.h"

void live_open_metrics(struct live *live, struct cm_metrics *m)
{
    static const char lines[] = "callmill_live_sessions", of_lines[] = "Streams on the line.";
    static const char refused[] = "callmill_live_refused_total",
                      of_refused[] = "Streams that were not taken, by why.";
    static const char dropped[] = "callmill_live_media_dropped_total",
                      of_dropped[] = "Messages with sound that a full queue, or a model that was "
                                     "not ready, cost.";
    static const char media[] = "callmill_live_media_total",
                      of_media[] = "Messages with sound, from and to Twilio.";

    live->metrics.lines[SESSION_ASSISTANT] = cm_gauge(m, lines, of_lines, "kind=\"assistant\"");
    live->metrics.lines[SESSION_CAPTIONS] = cm_gauge(m, lines, of_lines, "kind=\"captions\"");
    live->metrics.refused[LIVE_TAKEN] = cm_counter(m, refused, of_refused, "reason=\"database\"");
    live->metrics.refused[LIVE_BAD_TOKEN] = cm_counter(m, refused, of_refused, "reason=\"token\"");
    live->metrics.refused[LIVE_NO_NUMBER] = cm_counter(m, refused, of_refused, "reason=\"number\"");
    live->metrics.refused[LIVE_HELD] = cm_counter(m, refused, of_refused, "reason=\"held\"");
    live->metrics.refused[LIVE_OVER] = cm_counter(m, refused, of_refused, "reason=\"over\"");
    live->metrics.unsigned_upgrades = cm_counter(m, refused, of_refused, "reason=\"signature\"");
    for (enum session_end end = 0; end <= END_REFUSED; end++)
        live->metrics.ended[end] =
            cm_counter(m, "callmill_live_ended_total", "Sessions that ended, by why.",
                       cm_arena_printf(live->arena, "reason=\"%s\"", session_end_text(end)).at);
    live->session_metrics = (struct session_metrics){
        .media_in = cm_counter(m, media, of_media, "way=\"in\""),
        .media_out = cm_counter(m, media, of_media, "way=\"out\""),
        .media_dropped = cm_counter(m, dropped, of_dropped, NULL),
        .interruptions = cm_counter(m, "callmill_live_interruptions_total",
                                    "Times that a caller spoke into the model's words.", NULL),
        .harmless_errors = cm_counter(m, "callmill_live_model_errors_total",
                                      "Errors of the model that a session outlived.", NULL),
        .bad_messages = cm_counter(m, "callmill_live_bad_messages_total",
                                   "Messages that made no sense, of streams and models.", NULL),
    };
}
