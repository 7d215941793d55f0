/* session_inside.h - what the parts of a session share; nobody else's business.
 *
 * session.c has its life and the stream's messages, session_model.c the model's, session_caller.c
 * the caller's sound, session_talk.c the model's and what was heard of it, session_acts.c the
 * tools. After session_end nothing is sent: whoever calls something that may end it looks at
 * `stage` before going on.
 */
#pragma once
#include "base/metrics.h"
#include "media_stream.h"
#include "playback.h"
#include "realtime.h"
#include "resample.h"
#include "session.h"
#include "turns.h"

enum { ACTS_MAX = 4, SEEN_MAX = 16, DROPPED_MAX = 4 };

enum stage { STAGE_NEW, STAGE_ASKED, STAGE_LIVE, STAGE_ENDED };
enum model_stage { MODEL_AWAY, MODEL_OPEN, MODEL_SETUP, MODEL_READY };

enum due { /* what the model is to be asked to say, once it says nothing else; bits */
           DUE_GREETING = 1,
           DUE_FAREWELL = 2,
           DUE_ANSWER = 4, /* to what a tool gave */
};

struct act { /* a tool's call that is not over */
    enum session_act_kind kind;
    bool given;   /* to session_ports.act; else it waits for the playing */
    bool follows; /* its response is not done: `place` moves on */
    struct ident id, response;
    char number[20];
    int64_t place;    /* playback's: it waits until this was played */
    int64_t until_ms; /* now_ms: it waits no longer */
};

struct waiting { /* the caller's sound that is not long enough for an append */
    struct cm_buf mulaw;
    unsigned messages; /* of the caller's; 0: nothing waits */
    int64_t since_ms;  /* now_ms of the first one */
    int64_t offset_ms; /* assistant.offset_ms, as of the last one */
};

struct assistant {
    enum model_stage model;
    bool beta, fell_back;    /* the dialect that is spoken; it was tried another way */
    bool cancels_itself;     /* the model stops when the caller speaks */
    bool open, told_created; /* a response is; the model tells when one begins */
    bool clear_owed;         /* the stream's queue was full */
    bool farewell_said;
    bool caller_speaks;     /* the model answers that by itself */
    unsigned due, asked;    /* enum due: to be asked; asked, and no response has begun */
    unsigned last_asked;    /* until that response is done */
    int64_t asked_until_ms; /* so long `asked` is believed */
    int64_t model_until_ms; /* until it is ready */
    int64_t limit_at_ms;    /* 0: none */
    int64_t offset_ms;      /* the stream's time less that of the model's input */
    int64_t input_samples;  /* what the model got */
    struct waiting waiting;
    struct ident response;         /* open, or the last one */
    uint64_t dropped[DROPPED_MAX]; /* responses, as ident_hash has them */
    unsigned next_dropped;
    struct act *acts[ACTS_MAX]; /* NULL: the place is free */
    uint64_t seen[SEEN_MAX];    /* tools' calls, as ident_hash has them */
    unsigned next_seen;
    struct resample *resample; /* NULL: mu-law goes through as it is */
    struct cm_buf instructions, voice, greeting;
    struct cm_buf numbers; /* that the instructions name: where a call may be forwarded to */
    bool speaks_first;     /* without a greeting */
    struct playback playback;
    struct turns turns;
};

struct session {
    const struct session_options *options;
    const struct session_ports *ports;
    void *ctx;
    enum stage stage;
    enum session_kind kind;
    bool caller_is_inbound, refused;
    int64_t now_ms, new_ms, heard_ms; /* now; when it was made; of the last message */
    int64_t clock_ms;                 /* of the stream: the latest sound's */
    char stream_sid[40];
    char *why;                   /* it ended; NULL: it did not say */
    struct assistant *assistant; /* NULL: none, or not admitted */
};

#define COUNT_MANY(session, what, n)                                                               \
    do {                                                                                           \
        if ((session)->options->metrics)                                                           \
            cm_metric_add((session)->options->metrics->what, (n));                                 \
    } while (0)
#define COUNT(session, what) COUNT_MANY(session, what, 1)

/* A thousand calls a thread: what one of them holds stays small. */
_Static_assert(sizeof(struct session) <= 192, "a session without an assistant is small");
_Static_assert(sizeof(struct assistant) <= 2048, "an assistant's state is small");

struct cm_str session_stream_sid(const struct session *session);
/** session_end that says why; printf. */
void session_end_because(struct session *session, enum session_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The caller's sound. */
void caller_says(struct session *session, const struct stream_message *media);
void caller_flush(struct session *session); /* what waits goes now */
void caller_tick(struct session *session);  /* ... if it has waited long enough */

/* The model's. */
void talk_from_model(struct session *session, const struct realtime_message *message);
void talk_mark(struct session *session); /* sends one if it is due: an item has ended */
void talk_barge_in(struct session *session, const struct realtime_message *started);
void talk_response_done(struct session *session);
bool talk_is_dropped(const struct session *session, struct cm_str response_id);
/** Tells what is over: turns, and acts that waited for it. */
void talk_settle(struct session *session);
void talk_end(struct session *session); /* all that is open is over now */
int64_t talk_stream_ms(const struct session *session, int64_t input_ms); /* -1: now */

/* The model. */
void model_tick(struct session *session);
void model_pump(struct session *session); /* asks for what is due, if nothing is being said */
/** Says something that must arrive: false, and the session has ended, when it can't. */
bool model_send(struct session *session, const struct cm_buf *message);
void model_try(struct session *session, const struct cm_buf *message); /* it may be lost */

/* Tools. */
void acts_call(struct session *session, const struct realtime_message *call);
void acts_response_done(struct session *session, struct cm_str response_id);
void acts_settle(struct session *session);
void acts_call_off(struct session *session); /* the caller spoke first */
bool acts_wait(const struct session *session);
void acts_forget(struct assistant *assistant); /* all of them, untold */
