#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static struct fixture *the_fixture; /* for the look-up of settings, which takes no context */
const char *puppet_shape, *puppet_temperature, *puppet_most_bytes;

char *puppet_setting(const char *name)
{
    const struct {
        const char *name, *value;
    } set[] = {
        { "TEXT_ENGINE", "openai" },
        { "TEXT_URL", the_fixture->url },
        { "TEXT_MODEL", "small-1" },
        { "TEXT_API_KEY", "sesame" },
        { "TEXT_SCHEMA_SHAPE", puppet_shape },
        { "TEXT_TEMPERATURE", puppet_temperature },
        { "TEXT_TRANSCRIPT_MAX_BYTES", puppet_most_bytes },
    };
    static char value[128];

    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (strcmp(name, set[i].name) == 0 && set[i].value) {
            (void)snprintf(value, sizeof value, "%s", set[i].value);
            return value;
        }
    return NULL;
}

static void put_completion(struct cm_buf *out, const struct answer *answer)
{
    struct cm_json j = cm_json(out);

    cm_json_object(&j, NULL);
    cm_json_array(&j, "choices");
    cm_json_object(&j, NULL);
    cm_json_text(&j, "finish_reason", answer->finish ? answer->finish : "stop");
    cm_json_object(&j, "message");
    cm_json_text(&j, "content", answer->content);
    cm_json_text(&j, "refusal", answer->refusal);
    cm_json_end(&j);
    cm_json_end(&j);
    cm_json_end(&j);
    cm_json_end(&j);
}

static void serve(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    size_t n = fx->asked < ANSWERS_MAX ? fx->asked++ : ANSWERS_MAX - 1;
    const struct answer *answer = &fx->answers[n];
    struct cm_buf body = { 0 };
    struct cm_str authorization = { 0 };

    cm_buf_str(&fx->bodies[n], cm_http_body(rq));
    if (cm_http_header(rq, "Authorization", &authorization))
        (void)snprintf(fx->authorization, sizeof fx->authorization, "%.*s",
                       CM_STR_FMT(authorization));
    if (answer->retry_after)
        cm_http_set(rq, "Retry-After", answer->retry_after);
    if (answer->retry_after_ms)
        cm_http_set(rq, "retry-after-ms", answer->retry_after_ms);
    if (answer->should_retry)
        cm_http_set(rq, "x-should-retry", answer->should_retry);
    if (answer->body)
        cm_buf_text(&body, answer->body);
    else
        put_completion(&body, answer);
    cm_http_reply_buf(rq, answer->status ? answer->status : 200, "application/json", &body);
}

static const struct cm_http_route routes[] = {
    { "POST", "/v1/chat/completions", serve, CM_HTTP_WORKER, (size_t)4 << 20 },
    { 0 },
};

int puppet_setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    const struct cm_http_options options = {
        .addr = "127.0.0.1:0", .routes = routes, .ctx = fx, .workers = 1, .queue_max = 4
    };

    assert_non_null(fx);
    the_fixture = fx;
    puppet_shape = puppet_temperature = puppet_most_bytes = NULL;
    fx->arena = cm_arena_new();
    assert_int_equal(cm_http_server_start(&options, &fx->server, &fx->err), CM_OK);
    assert_int_equal(cm_http_client_new(NULL, &fx->http, &fx->err), CM_OK);
    (void)snprintf(fx->url, sizeof fx->url, "http://127.0.0.1:%u", cm_http_server_port(fx->server));
    fx->transcript = (struct cm_transcript){ .segments = fx->segments,
                                             .started_at_us = INT64_C(1795446000) * 1000000,
                                             .direction = CM_STR("inbound") };
    *state = fx;
    return 0;
}

int puppet_teardown(void **state)
{
    struct fixture *fx = *state;

    cm_text_free(fx->text);
    cm_config_free(fx->config);
    cm_http_client_free(fx->http);
    cm_http_server_free(fx->server);
    for (int i = 0; i < ANSWERS_MAX; i++)
        cm_buf_finish(&fx->bodies[i]);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

void given_engine(struct fixture *fx)
{
    const struct cm_setting *const tables[] = { cm_text_settings, NULL };

    assert_int_equal(cm_config_load(tables, puppet_setting, &fx->config, &fx->err), CM_OK);
    assert_int_equal(cm_text_open(fx->config, fx->http, &fx->text, &fx->err), CM_OK);
}

void given_said(struct fixture *fx, const char *role, const char *text)
{
    size_t n = fx->transcript.segment_count++;

    fx->segments[n] = (struct cm_segment){ .role = cm_str_of(role),
                                           .start_ms = (int64_t)n * 5000,
                                           .end_ms = (int64_t)n * 5000 + 4000,
                                           .text = cm_str_of(text) };
}

cm_rc analyze(struct fixture *fx)
{
    struct cm_analysis_ask ask = { CM_STR("Mood"), CM_STR("How was the \"mood\"?") };

    if (!fx->text)
        given_engine(fx);
    if (!fx->transcript.segment_count)
        given_said(fx, "caller", "I am happy.");
    return fx->text->analyze(fx->text, &fx->transcript, &ask, fx->arena, &fx->analysis, &fx->err);
}

cm_rc analyze_answered(struct fixture *fx, struct answer answer)
{
    fx->answers[0] = answer;
    return analyze(fx);
}

/* The request's JSON; the caller's to json_decref. */
json_t *request(struct fixture *fx, size_t n)
{
    json_t *json = json_loadb(fx->bodies[n].at, fx->bodies[n].len, 0, NULL);

    assert_non_null(json);
    return json;
}

const char *user_message(const json_t *json)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(json, "messages"), 1), "content"));
}

bool has(const char *text, const char *part)
{
    return text && strstr(text, part) != NULL;
}
