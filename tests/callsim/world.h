/* world.h - the calls that callsim has placed, as its REST API knows them.
 *
 * Vocabulary: a call's *hooks* are the webhooks that Twilio would send about it; each may be sent,
 * sent again, or withheld. A call's sids end in its index, so a look-up is no search.
 *
 * A call belongs to the thread that plays it; what the REST API's threads read or count of it is
 * guarded by the world's lock. Times are microseconds since 1970.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "options.h"

enum hook_kind {
    HOOK_VOICE,
    HOOK_RINGING,
    HOOK_ANSWERED,
    HOOK_RECORDING_STARTED,
    HOOK_ENDED,
    HOOK_RECORDING_DONE,
};
enum { HOOKS_MAX = 4 + 2 * AUDIO_MAX };

struct audio {
    const char *path;
    size_t size_bytes;
    int64_t duration_ms;
    int channels;
    struct cm_hex sha256;
    struct cm_buf mulaw[2]; /* by channel, decoded when it is first streamed; under the lock */
};

struct hook {
    enum hook_kind kind;
    int recording; /* which of the call's */
    bool withheld;
    int copies;   /* how often it is to be sent */
    int answered; /* 2xx */
    int attempts;
    unsigned last_status; /* 0: no answer */
};

struct recording {
    char sid[35];
    struct audio *audio;
    bool started, done; /* the REST API knows it */
    int64_t done_ms;    /* monotonic */
    int tries, fetched;
};

enum { LIVE_PARAMETERS = 8, LIVE_CLEARS = 16 };

struct live {                    /* the call's media stream */
    bool both_ways, both_tracks; /* as the TwiML wants it */
    bool opened;
    char sid[35];
    char url[512], status_callback[512];
    struct {
        char name[64], value[448];
    } parameters[LIVE_PARAMETERS];
    int parameter_count;
    int64_t frames;      /* sent, of the caller */
    int64_t bytes_taken; /* sound that came */
    int64_t played_ms;
    int64_t marks; /* given back */
    int clears;
    int64_t cleared_at_ms[LIVE_CLEARS]; /* what was played since the sound began that was cut */
    int bad_messages;                   /* at which Twilio would warn */
    unsigned close_code;                /* 0: it was never closed */
    struct cm_buf heard;                /* what the caller heard */
    char asked[512]; /* what the REST API was told to do with the call; under the lock */
};

struct call {
    int index;
    char sid[35];
    const char *to;
    char from[24];
    uint64_t rng;
    int64_t started_us, ended_us;
    bool placed, answered, ended; /* what the REST API says of it */
    bool rejected, recorded;      /* what the TwiML said */
    struct hook hooks[HOOKS_MAX];
    int hook_count;
    struct recording recordings[AUDIO_MAX];
    int recording_count;
    struct live *live;            /* NULL: its TwiML asked for no stream */
    char recording_callback[512]; /* from the TwiML; empty: it was not read */
};

struct world {
    const struct options *options;
    struct cm_arena *arena; /* owns calls and paths */
    struct audio audio[AUDIO_MAX];
    struct call *calls;
    pthread_mutex_t lock;
};

/** Reads the audio files and draws every call from the seed. CM_REJECT: a file is no MP3. */
cm_rc world_make(struct world *world, const struct options *options,
                 struct cm_err *err) CM_MUSTCHECK;
void world_finish(struct world *world);

/** By "CA..." and "RE..."; NULL: no such. `recording` may be NULL. */
struct call *world_call(struct world *world, struct cm_str sid);
struct call *world_recording(struct world *world, struct cm_str sid, struct recording **recording);

bool world_all_fetched(struct world *world);

/** The next number below `below` of a call's own sequence. */
unsigned rng_below(uint64_t *state, unsigned below);
bool rng_chance(uint64_t *state, int percent);
