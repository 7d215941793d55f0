/* chat.h - one question to an OpenAI-compatible chat model, answered as JSON by a schema. */
#pragma once
#include <jansson.h>

#include "base/config.h"
#include "engine/chat/prompt.h"

struct cm_http_client;

struct chat {
    struct cm_http_client *http; /* borrowed */
    const struct cm_config *config;
    const char *url, *model;
};

struct chat_ask {
    const char *name;   /* of the schema, [a-z_]+ */
    const char *schema; /* JSON */
    struct cm_str instruction;
    const struct cm_transcript *transcript;
};

struct chat_answer {
    json_t *json; /* fits the schema; the caller's to json_decref */
    struct prompt_cut cut;
};

/** CM_RETRY: the server or its answer is ill (err->retry_after_ms; away: no connection). CM_REJECT:
 * it refuses, or the answer was cut off. A transcript that is too long for the model is asked about
 * again without more of its middle. Thread: any. */
cm_rc chat_ask(const struct chat *chat, const struct chat_ask *ask, struct cm_arena *arena,
               struct chat_answer *out, struct cm_err *err) CM_MUSTCHECK;
