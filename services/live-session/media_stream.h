/* media_stream.h - the messages of Twilio's Media Streams, read and written.
 *
 * Reading costs one walk over the text: there are fifty a second a call. Views point into the
 * message. What is written has exactly the documented keys, since Twilio warns of others (31951).
 * Source: Twilio's Media Streams reference, "WebSocket Messages". Thread: any.
 */
#pragma once
#include "base/buf.h"
#include "base/str.h"
#include "session.h"

enum stream_event {
    STREAM_OTHER, /* a JSON object, and an event that is not known here */
    STREAM_CONNECTED,
    STREAM_START,
    STREAM_MEDIA,
    STREAM_DTMF,
    STREAM_MARK,
    STREAM_STOP,
};

struct stream_message {
    enum stream_event event;
    struct cm_str stream_sid; /* raw; of `connected` it is empty */
    bool outbound;            /* media: of the track `outbound` */
    int64_t timestamp_ms;     /* media: since the stream began */
    struct cm_str payload;    /* media: base64 as it is written; it may have \/ in it (base64.h) */
    struct cm_str mark;       /* mark: its name, raw */
    struct cm_str detail;     /* start: the object */
};

/** false: no message of the protocol; `*why` says what is wrong. */
bool stream_read(struct cm_str text, struct stream_message *out, const char **why);
/** What a start message says; its custom parameters are put into `room`, which lends them. */
bool stream_read_start(const struct stream_message *message, struct cm_buf *room,
                       struct session_start *out, const char **why);

/* Each message is STREAM_PARTS views; `stream_sid` and what goes in are lent. */
enum { STREAM_PARTS = 5 };
size_t stream_write_media(struct cm_str stream_sid, struct cm_str base64,
                          struct cm_str parts[STREAM_PARTS]);
size_t stream_write_mark(struct cm_str stream_sid, struct cm_str name,
                         struct cm_str parts[STREAM_PARTS]);
size_t stream_write_clear(struct cm_str stream_sid, struct cm_str parts[STREAM_PARTS]);
