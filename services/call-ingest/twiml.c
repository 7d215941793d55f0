#include "twiml.h"

enum { PARAMETER_MAX = 500 }; /* name and value together stay below it */

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void element(struct cm_buf *out, const char *name, struct cm_str text)
{
    cm_buf_printf(out, "<%s>", name);
    cm_buf_markup(out, text);
    cm_buf_printf(out, "</%s>", name);
}

/* Untrimmed, so that a moment of the recording is the same moment of the call. */
static void record(struct cm_buf *out, struct cm_str callback)
{
    cm_buf_text(out, "<Start><Recording channels=\"dual\" trim=\"do-not-trim\" "
                     "recordingStatusCallbackEvent=\"in-progress completed absent\" "
                     "recordingStatusCallback=\"");
    cm_buf_markup(out, callback);
    cm_buf_text(out, "\"/></Start>");
}

static void forward(struct cm_buf *out, struct cm_str to)
{
    const char *noun = cm_str_starts(to, "sip") ? "Sip" : "Number";

    if (cm_str_starts(to, "client:")) {
        noun = "Client";
        to = (struct cm_str){ to.at + 7, to.len - 7 };
    }
    cm_buf_text(out, "<Dial answerOnBridge=\"true\">");
    element(out, noun, to);
    cm_buf_text(out, "</Dial>");
}

static void attribute(struct cm_buf *out, const char *name, struct cm_str value)
{
    cm_buf_printf(out, " %s=\"", name);
    cm_buf_markup(out, value);
    cm_buf_char(out, '"');
}

/* One that is too long is left out: Twilio would refuse the whole answer for it. */
static void parameter(struct cm_buf *out, struct cm_str name, struct cm_str value)
{
    if (!value.len || name.len + value.len >= PARAMETER_MAX)
        return;
    cm_buf_text(out, "<Parameter");
    attribute(out, "name", name);
    attribute(out, "value", value);
    cm_buf_text(out, "/>");
}

/* `verb` is Connect, which waits until the stream has closed, or Start. `track` may be NULL. */
static void stream(struct cm_buf *out, const struct twiml_stream *to, const char *verb,
                   const char *track)
{
    cm_buf_printf(out, "<%s><Stream", verb);
    attribute(out, "url", to->url);
    if (track)
        attribute(out, "track", cm_str_of(track));
    attribute(out, "statusCallback", to->callback);
    cm_buf_char(out, '>');
    parameter(out, CM_STR("tok"), to->token);
    parameter(out, CM_STR("from"), to->from);
    parameter(out, CM_STR("to"), to->to);
    cm_buf_printf(out, "</Stream></%s>", verb);
}

/* Says the text, or a plain one in its place, and waits for the message that it asks for. */
static void say_last(struct cm_buf *out, struct cm_str text, int message_s, struct cm_str plain,
                     struct cm_str plain_goodbye)
{
    if (!text.len)
        text = message_s > 0 ? plain : plain_goodbye;
    element(out, "Say", text);
    if (message_s > 0)
        cm_buf_printf(out, "<Pause length=\"%d\"/>", message_s);
    cm_buf_text(out, "<Hangup/>");
}

static void greet(struct cm_buf *out, struct cm_str greeting, int message_s)
{
    say_last(out, greeting, message_s,
             CM_STR("Thank you for calling. Please say your message now."),
             CM_STR("Thank you for calling. Nobody can take your call at the moment. Goodbye."));
}

/* Twilio goes on here when the stream has closed and the call has not ended. */
static void talk(struct cm_buf *out, const struct twiml_plan *plan, int message_s)
{
    stream(out, &plan->stream, "Connect", NULL);
    say_last(out, plan->fallback, message_s,
             CM_STR("Sorry, I cannot go on at the moment. Please say your message now, and we will "
                    "call you back."),
             CM_STR("Sorry, I cannot go on at the moment. Please call again later. Goodbye."));
}

void twiml_answer(const struct twiml_plan *plan, struct cm_buf *out)
{
    int message_s = plan->recording_callback.len ? plan->message_s : 0; /* else nobody keeps it */
    bool streamed = plan->stream.url.len > 0, talks = streamed && plan->assistant;

    cm_buf_text(out, XML_HEAD "<Response>");
    if (plan->recording_callback.len)
        record(out, plan->recording_callback);
    if (streamed && !talks)
        stream(out, &plan->stream, "Start", plan->forward_to.len ? "both_tracks" : "inbound_track");
    if (talks)
        talk(out, plan, message_s);
    else if (plan->forward_to.len)
        forward(out, plan->forward_to);
    else
        greet(out, plan->greeting, message_s);
    cm_buf_text(out, "</Response>\n");
}

void twiml_reject(struct cm_buf *out)
{
    cm_buf_text(out, XML_HEAD "<Response><Reject/></Response>\n");
}
