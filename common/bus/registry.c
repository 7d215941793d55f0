#include "bus/registry.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/percent.h"
#include "http/client.h"

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"
#define LEVEL        "BACKWARD_TRANSITIVE"

enum { TIMEOUT_MS = 10000, CONNECT_TIMEOUT_MS = 3000, ANSWER_MAX_BYTES = 1024 * 1024 };

/* The registry's own error codes: the HTTP status and two more digits. */
enum { SUBJECT_NOT_FOUND = 40401, SCHEMA_NOT_FOUND = 40403, LEVEL_NOT_FOUND = 40408 };

struct cm_registry {
    struct cm_http_client *http;
    struct cm_arena *arena; /* of the texts below */
    const char *base;       /* without credentials and without a slash at the end */
    const char *user, *password;
};

struct answer {
    unsigned status;
    json_t *json; /* an object, or NULL */
};

static void answer_done(struct answer *answer)
{
    json_decref(answer->json);
}
#define OWN_ANSWER __attribute__((cleanup(answer_done))) struct answer

/* Takes user:password@ out of the URL. */
static void set_url(struct cm_registry *registry, const char *url)
{
    struct cm_str whole = cm_str_of(url), scheme = { 0 }, user, password;
    const char *end, *at;
    size_t slashes;

    if (cm_str_find(whole, "://", &slashes))
        scheme = (struct cm_str){ whole.at, slashes + 3 };
    whole.at += scheme.len;
    whole.len -= scheme.len;

    end = whole.len ? memchr(whole.at, '/', whole.len) : NULL;
    at = whole.len ? memrchr(whole.at, '@', end ? (size_t)(end - whole.at) : whole.len) : NULL;
    if (at) {
        password = (struct cm_str){ whole.at, (size_t)(at - whole.at) };
        (void)cm_str_split(&password, ':', &user);
        registry->user = cm_percent_decode(registry->arena, user).at;
        registry->password = cm_percent_decode(registry->arena, password).at;
        whole.len -= (size_t)(at + 1 - whole.at);
        whole.at = at + 1;
    }
    whole = cm_str_trim_end(whole, '/');
    registry->base =
        cm_arena_printf(registry->arena, "%.*s%.*s", CM_STR_FMT(scheme), CM_STR_FMT(whole)).at;
}

struct cm_registry *cm_registry_new(const char *url, struct cm_http_client *http)
{
    struct cm_registry *registry = cm_must(calloc(1, sizeof *registry));

    registry->http = http;
    registry->arena = cm_arena_new();
    set_url(registry, url);
    return registry;
}

void cm_registry_free(struct cm_registry *registry)
{
    if (!registry)
        return;

    cm_arena_free(registry->arena);
    free(registry);
}

static json_int_t error_code(const struct answer *answer)
{
    return json_integer_value(json_object_get(answer->json, "error_code"));
}

/* What an answer that is no success means, for all but the codes that a caller knows better. */
static cm_rc refuse(const struct cm_registry *registry, const struct answer *answer,
                    const char *what, struct cm_err *err)
{
    const char *why = json_string_value(json_object_get(answer->json, "message"));
    bool is_ill = answer->status >= 500 || answer->status == 408 || answer->status == 429;

    /* Without the registry's own code a 404 comes from a proxy, or from a registry that starts. */
    if (is_ill || (answer->status == 404 && !answer->json))
        return cm_fail_away(err, "schema registry %s: %s: HTTP status %u", registry->base, what,
                            answer->status);
    return cm_fail(err, CM_FATAL, "schema registry refuses to %s: HTTP status %u, %lld %s", what,
                   answer->status, (long long)error_code(answer), why ? why : "");
}

/* It hung up or is not there; or the URL is forbidden, or the answer endless. */
static cm_rc no_answer(const struct cm_registry *registry, cm_rc rc, struct cm_err *err)
{
    rc = rc == CM_RETRY ? CM_RETRY : CM_FATAL;
    if (err) {
        cm_err_wrap(err, "schema registry %s", registry->base);
        err->rc = rc;
        err->away = rc == CM_RETRY;
    }
    return rc;
}

/* One request; the path is the registry's, the body JSON or empty. Any status is CM_OK. */
static cm_rc ask(const struct cm_registry *registry, const char *method, const char *path,
                 struct cm_str body, struct answer *out, struct cm_err *err)
{
    static const char *const headers[] = { "Accept: " CONTENT_TYPE, NULL };
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_http_answer answer = { 0 };
    struct cm_http_ask question = {
        .method = method,
        .url = cm_arena_printf(arena, "%s%s", registry->base, path).at,
        .headers = headers,
        .user = registry->user,
        .password = registry->password,
        .body = body,
        .body_type = body.len ? CONTENT_TYPE : NULL,
        .timeout_ms = TIMEOUT_MS,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .answer_max = ANSWER_MAX_BYTES,
    };
    cm_rc rc = cm_http_fetch(registry->http, &question, arena, &answer, err);

    if (rc)
        return no_answer(registry, rc, err);

    out->status = answer.status;
    out->json = json_loadb(answer.body.at ? answer.body.at : "", answer.body.len,
                           JSON_REJECT_DUPLICATES, NULL);
    return CM_OK;
}

/* "/subjects/callmill.call.started-value/versions", with what a path cannot hold escaped. */
static const char *subject_path(struct cm_arena *arena, const char *before, const char *subject,
                                const char *after)
{
    CM_OWN_BUF struct cm_buf path = { 0 };

    cm_buf_text(&path, before);
    for (; *subject; subject++) {
        bool plain = (*subject >= 'a' && *subject <= 'z') || (*subject >= 'A' && *subject <= 'Z') ||
                     (*subject >= '0' && *subject <= '9') || strchr("-._~", *subject);

        if (plain)
            cm_buf_char(&path, *subject);
        else
            cm_buf_printf(&path, "%%%02X", (unsigned char)*subject);
    }
    cm_buf_text(&path, after);
    return cm_arena_text(arena, cm_buf_view(&path));
}

/* `*is_set` stays false where the registry knows the level only of subjects that exist. */
static cm_rc set_level(const struct cm_registry *registry, struct cm_arena *arena,
                       const char *subject, bool *is_set, struct cm_err *err)
{
    const char *path = subject_path(arena, "/config/", subject, "");
    OWN_ANSWER now = { 0 };
    OWN_ANSWER then = { 0 };
    const char *level;
    cm_rc rc = ask(registry, "GET", path, (struct cm_str){ 0 }, &now, err);

    if (rc)
        return rc;

    level = json_string_value(json_object_get(now.json, "compatibilityLevel"));
    *is_set = now.status == 200 && level && strcmp(level, LEVEL) == 0;
    if (*is_set)
        return CM_OK;

    rc = ask(registry, "PUT", path, CM_STR("{\"compatibility\":\"" LEVEL "\"}"), &then, err);
    if (rc)
        return rc;

    *is_set = then.status == 200;
    if (*is_set || (then.status == 404 && error_code(&then) / 100 == 404))
        return CM_OK;
    return refuse(registry, &then, "set a subject's compatibility", err);
}

/* A subject's schema by its text: `after` of its path says whether it is registered or looked up.
 */
static cm_rc ask_schema(const struct cm_registry *registry, struct cm_arena *arena,
                        const char *subject, const char *after, struct cm_str avsc,
                        struct answer *answer, struct cm_err *err)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);

    cm_json_object(&j, NULL);
    cm_json_str(&j, "schema", avsc);
    cm_json_end(&j);
    return ask(registry, "POST", subject_path(arena, "/subjects/", subject, after),
               cm_buf_view(&body), answer, err);
}

static cm_rc post_schema(const struct cm_registry *registry, struct cm_arena *arena,
                         const char *subject, struct cm_str avsc, uint32_t *id, struct cm_err *err)
{
    OWN_ANSWER answer = { 0 };
    const json_t *value;
    cm_rc rc = ask_schema(registry, arena, subject, "/versions", avsc, &answer, err);

    if (rc)
        return rc;

    value = json_object_get(answer.json, "id");
    if (answer.status != 200 || !json_is_integer(value))
        return refuse(registry, &answer, "register the schema", err);
    if (json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
        return cm_fail(err, CM_FATAL, "schema registry gives an id that no frame can hold");

    *id = (uint32_t)json_integer_value(value);
    return CM_OK;
}

cm_rc cm_registry_register(struct cm_registry *registry, const char *subject, struct cm_str avsc,
                           uint32_t *id, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    bool is_set = false;
    cm_rc rc = set_level(registry, arena, subject, &is_set, err);

    if (!rc)
        rc = post_schema(registry, arena, subject, avsc, id, err);
    if (!rc && !is_set)
        rc = set_level(registry, arena, subject, &is_set, err);
    if (!rc && !is_set)
        rc = cm_fail(err, CM_FATAL, "schema registry keeps no compatibility");
    if (rc && err)
        cm_err_wrap(err, "%s", subject);
    return rc;
}

cm_rc cm_registry_look_up(struct cm_registry *registry, const char *subject, struct cm_str avsc,
                          enum cm_registry_found *found, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    OWN_ANSWER answer = { 0 };
    cm_rc rc = ask_schema(registry, arena, subject, "", avsc, &answer, err);

    if (rc)
        return rc;
    if (answer.status != 200 && !(answer.status == 404 && error_code(&answer) / 100 == 404))
        return refuse(registry, &answer, "look a schema up", err);

    *found = answer.status == 200 ? CM_REGISTRY_FOUND : CM_REGISTRY_MISSING;
    return CM_OK;
}

cm_rc cm_registry_schema(struct cm_registry *registry, uint32_t id, struct cm_arena *arena,
                         struct cm_str *avsc, struct cm_err *err)
{
    char path[40];
    OWN_ANSWER answer = { 0 };
    const char *text, *type;
    cm_rc rc;

    snprintf(path, sizeof path, "/schemas/ids/%u", id);
    rc = ask(registry, "GET", path, (struct cm_str){ 0 }, &answer, err);
    if (rc)
        return rc;
    if (answer.status == 404 && error_code(&answer) == SCHEMA_NOT_FOUND)
        return cm_fail(err, CM_REJECT, "no schema has the id %u", id);
    if (answer.status != 200)
        return refuse(registry, &answer, "tell a schema", err);

    text = json_string_value(json_object_get(answer.json, "schema"));
    type = json_string_value(json_object_get(answer.json, "schemaType"));
    if (!text || (type && strcmp(type, "AVRO") != 0))
        return cm_fail(err, CM_REJECT, "schema %u is no Avro schema", id);
    if (json_array_size(json_object_get(answer.json, "references")) > 0)
        return cm_fail(err, CM_REJECT, "schema %u refers to other schemas", id);

    *avsc = cm_arena_str(arena, cm_str_of(text));
    return CM_OK;
}

cm_rc cm_registry_ping(struct cm_registry *registry, struct cm_err *err)
{
    OWN_ANSWER answer = { 0 };
    cm_rc rc = ask(registry, "GET", "/schemas/types", (struct cm_str){ 0 }, &answer, err);

    if (rc)
        return rc;
    return answer.status == 200 ? CM_OK : refuse(registry, &answer, "say that it is there", err);
}
