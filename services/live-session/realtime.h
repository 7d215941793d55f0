/* realtime.h - the events of a realtime model's WebSocket, read and written.
 *
 * Two dialects: GA nests the session's settings and says response.output_audio, beta is flat and
 * says response.audio. Written is the one that is asked for; read are the names of both. Reading is
 * one walk over the text; views point into it and are raw (json_walk.h). Sources: OpenAI's Realtime
 * API reference (GA and beta). Thread: any.
 */
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include "session.h"

enum realtime_event {
    REALTIME_OTHER, /* known or not, it changes nothing here */
    REALTIME_SESSION_CREATED,
    REALTIME_SESSION_UPDATED,
    REALTIME_AUDIO,          /* item_id, response_id, text: base64 */
    REALTIME_AUDIO_DONE,     /* item_id */
    REALTIME_SAID,           /* agent's words: item_id, response_id, text */
    REALTIME_SAID_DONE,      /* all of them again */
    REALTIME_SPEECH_STARTED, /* item_id, audio_ms */
    REALTIME_SPEECH_STOPPED,
    REALTIME_HEARD,      /* caller's words so far: item_id, text */
    REALTIME_HEARD_DONE, /* all of them again */
    REALTIME_HEARD_FAILED,
    REALTIME_RESPONSE_CREATED, /* response_id */
    REALTIME_RESPONSE_DONE,    /* response_id, detail: the response */
    REALTIME_CALL,             /* a tool is called: response_id, call_id, name, arguments */
    REALTIME_ERROR,            /* detail: the error */
};

struct realtime_message {
    enum realtime_event event;
    struct cm_str response_id, item_id, text;
    struct cm_str call_id, name, arguments;
    int64_t audio_ms;     /* of the model's input; -1: not said */
    struct cm_str detail; /* the event's object: session, response or error; empty: it has none */
};

/** false: no JSON object with a type. */
bool realtime_read(struct cm_str text, struct realtime_message *out);

/* What `session` says. */
bool realtime_is_beta(struct cm_str session); /* it has the beta's shape */
/** Will both directions have the sound that was asked for? What is not said is taken to be so.
 *  `*found` is the format that is another. */
bool realtime_formats_agree(struct cm_str session, int pcm_rate, struct cm_str *found);
bool realtime_cancels_itself(struct cm_str session);  /* it stops when the caller speaks */
int64_t realtime_expires_at_s(struct cm_str session); /* epoch; 0: not said */

enum realtime_trouble {
    TROUBLE_HARMLESS, /* nothing is lost */
    TROUBLE_BUSY,     /* a response is open already: ask again after it */
    TROUBLE_PASSING,  /* that one request failed; the session goes on */
    TROUBLE_NOT_GA,   /* it does not understand the GA's session.update */
    TROUBLE_NOT_BETA, /* it speaks only GA */
    TROUBLE_FATAL,    /* the session is over */
};
/** What an error, or a failed response's error, means. */
enum realtime_trouble realtime_trouble(struct cm_str error);

struct realtime_setup {
    bool beta;
    int pcm_rate; /* 0: mu-law */
    struct cm_str instructions;
    const char *voice, *transcriber; /* "": the server's own */
};

void realtime_write_update(const struct realtime_setup *setup, struct cm_buf *out);
void realtime_write_response(struct cm_str instructions, struct cm_buf *out); /* or none */
void realtime_write_cancel(struct cm_str response_id, struct cm_buf *out);
void realtime_write_truncate(struct cm_str item_id, int64_t audio_end_ms, struct cm_buf *out);
void realtime_write_answer(struct cm_str call_id, struct cm_str output, struct cm_buf *out);

enum { REALTIME_PARTS = 3 };
/** `base64` is lent, and may have \/ in it. */
size_t realtime_write_append(struct cm_str base64, struct cm_str parts[REALTIME_PARTS]);
