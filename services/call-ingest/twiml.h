/* twiml.h - what Twilio is told to do with a call, as XML.
 *
 * A recorded call is recorded from its first moment, in two channels; then it is forwarded,
 * answered by a model through a media stream, or greeted and given time to leave a message. Where
 * media streams have a place to go, a forwarded or greeted call is listened to as well. Every text
 * and address is escaped. Source: Twilio's TwiML reference (Recording, Stream, Dial, Say, Pause,
 * Reject). Thread: any.
 */
#pragma once
#include "base/buf.h"

struct twiml_stream {
    struct cm_str url;      /* ws(s)://, without a query, which Twilio drops; empty: no stream */
    struct cm_str callback; /* absolute URL of its status */
    struct cm_str token;    /* the right to open it */
    struct cm_str from, to; /* the call's, as Twilio sent them */
};

struct twiml_plan {
    struct cm_str recording_callback; /* absolute URL; empty: the call is not recorded */
    struct twiml_stream stream;
    bool assistant;           /* the stream is a model's, who talks in it */
    struct cm_str fallback;   /* said when the model's stream has closed; empty: a plain one */
    struct cm_str forward_to; /* E.164, "sip:..." or "client:..."; empty: greet */
    struct cm_str greeting;   /* empty: a plain one */
    int message_s;            /* how long a greeted caller may speak; 0: no message is taken */
};

#define TWIML_TYPE "text/xml; charset=utf-8"

void twiml_answer(const struct twiml_plan *plan, struct cm_buf *out);
void twiml_reject(struct cm_buf *out); /* the caller hears that the number is not in service */
