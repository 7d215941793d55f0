#include "engine/text.h"

#include <stdlib.h>
#include <string.h>

const struct cm_setting cm_text_settings[] = {
    { .name = "TEXT_ENGINE",
      .type = CM_SET_CHOICE,
      .fallback = "rules",
      .choices = "rules|openai",
      .help = "Who reads transcripts: the built-in rules, or a model behind an OpenAI-compatible "
              "server." },
    { .name = "TEXT_URL",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "The model's server, with or without /v1/chat/completions." },
    { .name = "TEXT_API_KEY",
      .type = CM_SET_TEXT,
      .secret = true,
      .help = "Sent to the model's server as a bearer token." },
    { .name = "TEXT_MODEL",
      .type = CM_SET_TEXT,
      .help = "The model's name, as its server knows it." },
    { .name = "TEXT_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "120000",
      .min = 1000,
      .max = 3600000,
      .help = "How long an answer of the model may take, in milliseconds." },
    { .name = "TEXT_SCHEMA_SHAPE",
      .type = CM_SET_CHOICE,
      .fallback = "openai",
      .choices = "openai|llama",
      .help = "Where the JSON schema stands in a request: nested as OpenAI's, or beside the type "
              "as llama.cpp's." },
    { .name = "TEXT_TEMPERATURE",
      .type = CM_SET_CHOICE,
      .fallback = "zero",
      .choices = "zero|default",
      .help = "zero asks for the likeliest answer; default sends none, for models that take no "
              "other." },
    { .name = "TEXT_ANSWER_MAX_TOKENS",
      .type = CM_SET_INT,
      .fallback = "4000",
      .min = 64,
      .max = 100000,
      .help = "How long an answer may get, in tokens." },
    { .name = "TEXT_TRANSCRIPT_MAX_BYTES",
      .type = CM_SET_INT,
      .fallback = "200000",
      .min = 1000,
      .max = 4000000,
      .help = "A longer transcript is sent to the model without its middle." },
    { .name = NULL },
};

void cm_text_free(struct cm_text *text)
{
    if (text)
        text->destroy(text);
}

cm_rc cm_text_open(const struct cm_config *config, struct cm_http_client *http,
                   struct cm_text **out, struct cm_err *err)
{
    struct cm_text *text = NULL;
    cm_rc rc;

    if (strcmp(cm_config_text(config, "TEXT_ENGINE"), "rules") == 0) {
        *out = cm_text_rules_new();
        return CM_OK;
    }

    rc = cm_text_openai_open(config, http, &text, err);
    if (rc)
        return rc;
    if (!text)
        return cm_fail(err, CM_FATAL, "TEXT_ENGINE=openai needs TEXT_URL and TEXT_MODEL");

    *out = text;
    return CM_OK;
}
