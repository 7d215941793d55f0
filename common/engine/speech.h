/* speech.h - the port behind which speech becomes text.
 *
 * Embedded: libwhisper in this process. Over HTTP: an OpenAI-compatible /v1/audio/transcriptions.
 * An engine hears one speaker at a time: the transcriber hands it each channel by itself.
 *
 * A sound is read once, from front to back, piece by piece: an engine holds the stretch that it is
 * hearing and no more, so the length of a call costs time and not memory.
 */
#pragma once
#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/own.h"

extern const struct cm_setting
    cm_speech_settings[]; /* SPEECH_ENGINE, WHISPER_MODEL, VAD_MODEL, SPEECH_URL, ... */

enum { CM_SPEECH_RATE = 16000 };

/** One speaker's sound: 16 kHz mono float PCM, mostly in [-1, 1]. One thread at a time. */
struct cm_sound {
    /** Puts up to `room` samples into `to`. `*got` is 0 only at the end. CM_REJECT: it cannot be
     * decoded; CM_RETRY: it cannot be read now. */
    cm_rc (*read)(struct cm_sound *sound, float *to, size_t room, size_t *got, struct cm_err *err);
    void (*destroy)(struct cm_sound *sound);
};
void cm_sound_free(struct cm_sound *sound); /* NULL is fine */
CM_DEFINE_OWN(cm_sound, cm_sound_free);

struct cm_utterance {
    int64_t start_ms, end_ms; /* from the beginning of the sound */
    struct cm_str text;       /* trimmed one-line UTF-8, never empty */
};

struct cm_heard {                          /* in the arena */
    const struct cm_utterance *utterances; /* in order of start */
    size_t count;                          /* 0: nobody said anything */
    struct cm_str language;                /* ISO 639-1 */
};

struct cm_listen { /* what is to be heard, and for whom */
    struct cm_sound *sound;
    struct cm_arena *arena;
    bool (*stop)(void *ctx); /* asked now and then; true: give up with CM_RETRY. May be NULL */
    void *stop_ctx;
};

struct cm_speech {
    const char *engine, *model; /* names for the transcript's row */
    /** Thread: any number at once; those above the engine's own limit (SPEECH_JOBS) wait their
     * turn. */
    cm_rc (*hear)(struct cm_speech *speech, const struct cm_listen *ask, struct cm_heard *out,
                  struct cm_err *err);
    void (*destroy)(struct cm_speech *speech);
};
void cm_speech_free(struct cm_speech *speech); /* NULL is fine */
CM_DEFINE_OWN(cm_speech, cm_speech_free);

struct cm_http_client;
/** The engine that the configuration names. `http` is borrowed. CM_FATAL: the model cannot be
 * loaded, or a setting is missing or does not fit the model. */
cm_rc cm_speech_open(const struct cm_config *config, struct cm_http_client *http,
                     struct cm_speech **out, struct cm_err *err) CM_MUSTCHECK;
