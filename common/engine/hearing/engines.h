/* engines.h - the two speech engines, for speech.c to choose from. Settings are described in
 * speech.c. */
#pragma once
#include "engine/speech.h"

struct cm_whisper_options {            /* borrowed for the call */
    const char *model_path, *vad_path; /* vad_path NULL: the energy gate */
    const char *language;              /* ISO 639-1 or "auto" */
    int jobs;
};

/** libwhisper in this process. CM_FATAL: a model cannot be loaded or does not know the language. */
cm_rc cm_whisper_new(const struct cm_whisper_options *options, struct cm_speech **out,
                     struct cm_err *err) CM_MUSTCHECK;

struct cm_transcriptions_options { /* borrowed for the call, but for `http` */
    struct cm_http_client *http;
    const char *url;              /* of the server, with or without /v1/audio/transcriptions */
    const char *api_key;          /* NULL: none is sent */
    const char *model, *language; /* language as above */
    const char *vad_path;
    bool plain_json; /* the server knows no verbose_json, so no times */
    int jobs, timeout_ms;
};

/** An OpenAI-compatible server. CM_FATAL: the VAD's model cannot be loaded. */
cm_rc cm_transcriptions_new(const struct cm_transcriptions_options *options, struct cm_speech **out,
                            struct cm_err *err) CM_MUSTCHECK;

/** "english", "English" or "en" as "en"; NULL: no language that Whisper knows. */
const char *cm_language_code(struct cm_str name);
