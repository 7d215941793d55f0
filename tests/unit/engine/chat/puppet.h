/* puppet.h - a chat model that says what it is told to say, and the engine that asks it. */
#pragma once
#include <jansson.h>

#include "base/buf.h"
#include "engine/text.h"
#include "http/client.h"
#include "http/server.h"

enum { ANSWERS_MAX = 6 };
struct answer {
    unsigned status;
    const char *content; /* of the message; NULL: `body` is the whole answer */
    const char *finish, *refusal, *body;
    const char *retry_after, *retry_after_ms, *should_retry;
};

struct fixture {
    struct cm_http_server *server;
    struct cm_http_client *http;
    struct cm_arena *arena;
    struct cm_config *config;
    struct cm_text *text;
    char url[64];
    struct answer answers[ANSWERS_MAX];
    size_t asked;
    struct cm_buf bodies[ANSWERS_MAX];
    char authorization[64];
    struct cm_segment segments[40];
    struct cm_transcript transcript;
    struct cm_analysis analysis;
    struct cm_err err;
};

/* Settings of the engine that differ from the defaults; NULL: they do not. Set them before it is
 * asked. */
extern const char *puppet_shape, *puppet_temperature, *puppet_most_bytes;

int puppet_setup(void **state);
int puppet_teardown(void **state);
void given_engine(struct fixture *fx);
void given_said(struct fixture *fx, const char *role, const char *text);
/** Asks for an analysis; makes the engine and something said where the test did not. */
cm_rc analyze(struct fixture *fx);
cm_rc analyze_answered(struct fixture *fx, struct answer answer);
/** What the engine sent in its n-th request; the caller's to json_decref. */
json_t *request(struct fixture *fx, size_t n);
const char *user_message(const json_t *json);
bool has(const char *text, const char *part);
char *puppet_setting(const char *name); /* of the engine, as getenv gives it */
