#include "engine/speech.h"

#include <string.h>
#include <unistd.h>

#include "engine/hearing/engines.h"

enum { HTTP_JOBS = 8 };

const struct cm_setting cm_speech_settings[] = {
    { .name = "SPEECH_ENGINE",
      .type = CM_SET_CHOICE,
      .fallback = "whisper",
      .choices = "whisper|openai",
      .help = "What hears the recordings: libwhisper in this process, or an OpenAI-compatible "
              "server." },
    { .name = "SPEECH_LANGUAGE",
      .type = CM_SET_TEXT,
      .fallback = "en",
      .min = 2,
      .max = 16,
      .help = "Language of the calls (ISO 639-1), or auto where the model tells languages apart." },
    { .name = "SPEECH_JOBS",
      .type = CM_SET_INT,
      .fallback = "0",
      .min = 0,
      .max = 256,
      .help = "Stretches of speech heard at a time; 0: one a processor core, or 8 over HTTP." },
    { .name = "WHISPER_MODEL",
      .type = CM_SET_FILE,
      .help = "Model file of the engine whisper (ggml-*.bin)." },
    { .name = "VAD_MODEL",
      .type = CM_SET_FILE,
      .help = "Silero voice activity model (ggml); unset: a gate on the energy, which hears "
              "ringing too." },
    { .name = "SPEECH_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "Server of the engine openai, such as https://api.openai.com; its "
              "/v1/audio/transcriptions "
              "is used." },
    { .name = "SPEECH_API_KEY",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Bearer token for SPEECH_URL." },
    { .name = "SPEECH_MODEL",
      .type = CM_SET_TEXT,
      .fallback = "whisper-1",
      .help = "Model that SPEECH_URL is asked for." },
    { .name = "SPEECH_FORMAT",
      .type = CM_SET_CHOICE,
      .fallback = "verbose_json",
      .choices = "verbose_json|json",
      .help =
          "What SPEECH_URL answers: with json (gpt-4o-transcribe) each utterance is a request." },
    { .name = "SPEECH_TIMEOUT_S",
      .type = CM_SET_INT,
      .fallback = "600",
      .min = 1,
      .max = 7200,
      .help = "How long a request to SPEECH_URL may take, in seconds." },
    { 0 },
};

void cm_sound_free(struct cm_sound *sound)
{
    if (sound)
        sound->destroy(sound);
}

void cm_speech_free(struct cm_speech *speech)
{
    if (speech)
        speech->destroy(speech);
}

static int jobs_of(const struct cm_config *config, int fallback)
{
    int64_t jobs = cm_config_int(config, "SPEECH_JOBS");

    return jobs > 0 ? (int)jobs : fallback;
}

static cm_rc need(const struct cm_config *config, const char *name, struct cm_err *err)
{
    if (cm_config_is_set(config, name))
        return CM_OK;
    return cm_fail(err, CM_FATAL, "%s is not set, SPEECH_ENGINE=%s needs it", name,
                   cm_config_text(config, "SPEECH_ENGINE"));
}

static cm_rc open_whisper(const struct cm_config *config, struct cm_speech **out,
                          struct cm_err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct cm_whisper_options options = {
        .model_path = cm_config_text(config, "WHISPER_MODEL"),
        .vad_path = cm_config_text(config, "VAD_MODEL"),
        .language = cm_config_text(config, "SPEECH_LANGUAGE"),
        .jobs = jobs_of(config, cores > 0 ? (int)cores : 1),
    };
    cm_rc rc;

    rc = need(config, "WHISPER_MODEL", err);
    if (rc)
        return rc;

    return cm_whisper_new(&options, out, err);
}

static cm_rc open_transcriptions(const struct cm_config *config, struct cm_http_client *http,
                                 struct cm_speech **out, struct cm_err *err)
{
    const struct cm_transcriptions_options options = {
        .http = http,
        .url = cm_config_text(config, "SPEECH_URL"),
        .api_key = cm_config_text(config, "SPEECH_API_KEY"),
        .model = cm_config_text(config, "SPEECH_MODEL"),
        .language = cm_config_text(config, "SPEECH_LANGUAGE"),
        .vad_path = cm_config_text(config, "VAD_MODEL"),
        .plain_json = strcmp(cm_config_text(config, "SPEECH_FORMAT"), "json") == 0,
        .jobs = jobs_of(config, HTTP_JOBS),
        .timeout_ms = (int)(cm_config_int(config, "SPEECH_TIMEOUT_S") * 1000),
    };
    cm_rc rc;

    rc = need(config, "SPEECH_URL", err);
    if (rc)
        return rc;

    return cm_transcriptions_new(&options, out, err);
}

cm_rc cm_speech_open(const struct cm_config *config, struct cm_http_client *http,
                     struct cm_speech **out, struct cm_err *err)
{
    if (strcmp(cm_config_text(config, "SPEECH_ENGINE"), "openai") == 0)
        return open_transcriptions(config, http, out, err);
    return open_whisper(config, out, err);
}
