/* options.h - what callsim was asked to do, from its command line and environment. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum command { COMMAND_CALL, COMMAND_LOAD, COMMAND_SERVE };
enum { AUDIO_MAX = 4, TO_MAX = 16 };

enum hang_up {                 /* how a media stream ends */
               HANG_UP_STOP,   /* stop, then the socket closes */
               HANG_UP_CLOSE,  /* the socket closes without a stop */
               HANG_UP_RESET,  /* the connection is reset */
               HANG_UP_SILENT, /* nothing comes any more, and nobody says so */
               HANG_UP_ERROR,  /* a stream-error callback comes, long before the socket dies */
               HANG_UP_STATUS, /* the call's last status comes first */
};

struct options {
    enum command command;
    const char *account_sid, *auth_token; /* TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN */
    const char *listen;                   /* where the REST API is served */
    const char *ingest;           /* where webhooks are really sent; NULL: to the public URL */
    const char *public_url;       /* as Twilio knows the service: this is signed */
    const char *audio[AUDIO_MAX]; /* each is a recording of every call */
    int audio_count;
    const char *from; /* NULL: every call has its own */
    const char *to[TO_MAX];
    int to_count;
    const char *outcome; /* the call's last status */
    int duration_s;      /* of the call; 0: its longest recording's */

    int calls, concurrency;
    int pace_ms; /* between two calls that follow each other */
    int repeat_percent, missing_percent, withheld_percent;
    bool shuffle, at_once;
    uint64_t seed;
    bool seeded; /* false: the seed was drawn */

    int retry_s;         /* how long a webhook is tried until it is answered 2xx */
    bool twilio_retries; /* instead: as the URL's fragment says (#rc=..&rp=..) */
    int wait_s;          /* how long to wait for the recordings to be fetched */
    bool hold;           /* serve until SIGTERM */

    bool mono;           /* there is one channel only: RequestedChannels=2 is refused */
    int not_ready_tries; /* so many fetches of a recording find none at first */
    int not_ready_ms;    /* or all of them, for so long after the call */
    int latency_ms;      /* of every answer of the REST API */
    int fail_percent;    /* of its answers are 500, 503 or 429 */
    const char *stream;  /* where media streams really go; NULL: where the TwiML says */
    enum hang_up hang_up;
    int talk_s;        /* how long a stream lasts; 0: as the audio */
    int speed;         /* times real time */
    const char *heard; /* a file for what the first call's caller heard, mu-law; NULL: none */

    bool redirect; /* recordings are at another address, which wants no credentials */
};

/** Reads argv. `*help`: --help was asked for and nothing else was read. CM_REJECT: names the
 * argument. */
cm_rc options_read(int argc, char **argv, struct options *out, bool *help,
                   struct cm_err *err) CM_MUSTCHECK;
const char *options_usage(void);
