/* session.h - one call on the line: what Twilio's stream and the model say, and what follows of it.
 *
 * Vocabulary: the *stream* is Twilio's WebSocket, the *model* is the realtime server's. An *item*
 * is one utterance of the model; it is *sent* when its audio went to Twilio, *played* as far as
 * Twilio has played it to the caller (marks tell, between two marks the stream's clock). A *turn*
 * is what one side said without a break, as text; a turn is told once, when it is over.
 *
 * An assistant's session talks through a model. A captions' session only listens: a forwarded or
 * greeted call, whose tracks go to a local ear.
 *
 * Pure: texts in, texts out through ports; time is handed in; no sockets, no clock, no database.
 * Ports are called from inside the calls below and never call back into the session. Sources:
 * Twilio's Media Streams messages, OpenAI's Realtime events (GA) and their earlier names.
 * Thread: one at a time.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct session; /* opaque; one small allocation and, for an assistant, a second one */

enum session_kind { SESSION_ASSISTANT, SESSION_CAPTIONS };
enum session_role { ROLE_CALLER, ROLE_AGENT };

enum session_end {                   /* as live_session.reason has them */
                   END_STOPPED,      /* Twilio said stop */
                   END_CLOSED,       /* the stream's socket closed or broke */
                   END_SILENT,       /* no message for too long, or no start */
                   END_STREAM_ERROR, /* Twilio's stream-error or stream-stopped callback */
                   END_CALL_ENDED,   /* a terminal status came */
                   END_HUNG_UP,      /* the model ended the call */
                   END_FORWARDED,    /* the model forwarded it */
                   END_MODEL_LOST,   /* the model could not be reached, or went */
                   END_TIME_LIMIT,   /* the model's session, or the longest call, was over */
                   END_SHUTDOWN,     /* this process stops */
                   END_LOST,         /* its process was killed; never from here */
                   END_REFUSED,      /* not taken: wrong token, or a breach of the protocol */
};
const char *session_end_text(enum session_end end);

/** What Twilio said at the start; lent while `started` runs. */
struct session_start {
    struct cm_str account_sid, call_sid, stream_sid; /* shapes are checked */
    struct cm_str token, from, to;                   /* custom parameters tok, from, to; or empty */
    bool inbound, outbound;                          /* the tracks that will come */
};

/** What becomes of it; borrowed until session_admit returns. */
struct session_plan {
    enum session_kind kind;
    struct cm_str instructions, voice, greeting; /* empty: plain ones, the model's own, none */
    bool speaks_first; /* without a greeting the model makes one up; else it waits for the caller */
    bool
        caller_is_inbound; /* the track `inbound` is the caller's (it is, but for outgoing calls) */
};

struct session_turn { /* lent */
    enum session_role role;
    int64_t start_ms, end_ms; /* of the stream */
    struct cm_str text;
    bool interrupted;
};

enum session_act_kind { ACT_HANG_UP, ACT_FORWARD, ACT_NOTE_TODO };

struct session_act { /* a tool that the model called; lent */
    enum session_act_kind kind;
    struct cm_str id;     /* the model's, raw, for session_act_done */
    struct cm_str number; /* ACT_FORWARD: E.164, checked */
    struct cm_str title;  /* ACT_NOTE_TODO: 1 to 300 bytes */
    struct cm_str due;    /* ACT_NOTE_TODO: YYYY-MM-DD, checked; or empty */
    struct cm_str said;   /* ACT_NOTE_TODO: the caller's last turn; may be empty */
};

enum session_send {
    SEND_SOUND,   /* much of it; what is refused is lost */
    SEND_CONTROL, /* short and seldom, and it matters that it arrives */
};

struct session_ports {
    /** Queue one message made of parts. false: the peer is too slow and its queue is full. Sound
     *  that is refused is lost; a `clear` is tried again; anything else that the model is not told
     *  ends the session. So leave room for a few short messages behind the sound. */
    bool (*to_stream)(void *ctx, enum session_send what, const struct cm_str parts[], size_t count);
    bool (*to_model)(void *ctx, enum session_send what, const struct cm_str parts[], size_t count);
    /** `start` came: find out whether it is taken, then call session_admit or session_end. */
    void (*started)(void *ctx, const struct session_start *start);
    void (*turn)(void *ctx, const struct session_turn *turn);
    /** mu-law, 8 kHz, of a captions' session. */
    void (*heard)(void *ctx, enum session_role role, int64_t at_ms, const uint8_t *mulaw,
                  size_t count);
    /** Do it, then call session_act_done, within 30 s; for ACT_HANG_UP and ACT_FORWARD everything
     *  that the model said before was played, or should have been 10 s ago. A caller who speaks
     *  first calls them off. */
    void (*act)(void *ctx, const struct session_act *act);
    /** Once, last; after it nothing is sent. */
    void (*ended)(void *ctx, enum session_end end);
};

enum realtime_dialect { DIALECT_AUTO, DIALECT_GA, DIALECT_BETA };

struct session_options { /* of the process; borrowed */
    enum realtime_dialect dialect;
    int pcm_rate;            /* 0: audio/pcmu as it comes; 16000 or 24000: PCM16 */
    int append_ms;           /* so much of the caller's sound a message; 0: as it comes */
    const char *model;       /* REALTIME_MODEL */
    const char *transcriber; /* the model that writes down the caller; "": the server's own */
    const char *voice;       /* default; "": the server's own */
    int start_ms;            /* until `start` */
    int silence_ms;          /* no message on the stream for so long is its end */
    int model_ms;            /* until the model is ready to talk */
    int limit_ms;     /* the longest assistant's session; the model's own limit may be shorter */
    int farewell_ms;  /* so long before its end the model is told to say goodbye */
    int64_t epoch_ms; /* Unix time when now_ms was 0, for the model's own limit; 0: not watched */
    struct session_metrics *metrics; /* may be NULL */
};

struct cm_metric;
struct session_metrics {                    /* counted over all sessions; each may be NULL */
    struct cm_metric *media_in, *media_out; /* messages with audio from and to Twilio */
    struct cm_metric *media_dropped; /* of these; a full queue, or a model not ready, cost them */
    struct cm_metric *interruptions, *harmless_errors, *bad_messages;
};

/** Options and ports are borrowed for the session's life. */
struct session *session_new(const struct session_options *options,
                            const struct session_ports *ports, void *ctx, int64_t now_ms);
void session_free(struct session *session);

/** A message on the stream. Nonsense ends the session with END_REFUSED; unknown events are passed
 *  over. */
void session_stream_text(struct session *session, struct cm_str text, int64_t now_ms);
/** After `started`: it is taken. An assistant's owner now dials the model. */
void session_admit(struct session *session, const struct session_plan *plan, int64_t now_ms);

/* The model: connected, a message, gone. */
void session_model_opened(struct session *session, int64_t now_ms);
void session_model_text(struct session *session, struct cm_str text, int64_t now_ms);
void session_model_closed(struct session *session, unsigned code, const char *why, int64_t now_ms);

/** What became of a tool's call: `answer` is told to the model (JSON text, or plain words; empty:
 *  plain ones), which then goes on talking. A call that was hung up or forwarded ends the session
 *  instead, with END_HUNG_UP or END_FORWARDED. */
void session_act_done(struct session *session, struct cm_str id, bool done, struct cm_str answer,
                      int64_t now_ms);

/** Four times a second or so, and at least every append_ms: deadlines. */
void session_tick(struct session *session, int64_t now_ms);
/** Ends it, if it has not ended: open turns are told, then `ended` is called. */
void session_end(struct session *session, enum session_end end, int64_t now_ms);
bool session_has_ended(const struct session *session);
/** What led to its end, in words for the log, without anything personal; "" while there is none.
 *  Lent by the session. */
const char *session_why(const struct session *session);
