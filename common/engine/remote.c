#include "engine/remote.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

enum {
    SAID_MAX = 160,            /* bytes of the server's own words in our message */
    PAUSE_MAX_MS = 120 * 1000, /* asked to wait longer, we come back earlier and are told again */
};

static bool ends_with(struct cm_str text, const char *end)
{
    size_t len = strlen(end);

    return text.len >= len && memcmp(text.at + text.len - len, end, len) == 0;
}

const char *cm_remote_url(struct cm_arena *arena, const char *server, const char *path)
{
    struct cm_str base = cm_str_trim_end(cm_str_of(server), '/');

    if (ends_with(base, path))
        return cm_arena_text(arena, base);
    return cm_arena_printf(arena, "%.*s%s%s", CM_STR_FMT(base), ends_with(base, "/v1") ? "" : "/v1",
                           path)
        .at;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* {"error": {"message"}}, {"error": "..."}, {"message"} and {"detail"} are all about. */
static const char *said(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    const char *words = text_of(error, "message");

    if (!words)
        words = json_string_value(error);
    if (!words)
        words = text_of(answer, "message");
    return words ? words : text_of(answer, "detail");
}

static bool is_quota_used_up(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    const char *code = text_of(error, "code"), *type = text_of(error, "type");

    return (code && strcmp(code, "insufficient_quota") == 0) ||
           (type && strcmp(type, "insufficient_quota") == 0);
}

static bool may_pass(const struct cm_http_answer *answer, const json_t *body)
{
    if (cm_str_ieq(answer->should_retry, "true"))
        return true;
    if (cm_str_ieq(answer->should_retry, "false") || is_quota_used_up(body))
        return false;
    return answer->status == 408 || answer->status == 409 || answer->status == 429 ||
           answer->status >= 500;
}

/* The server's words as one printable piece of ASCII and UTF-8, cut between characters. */
static void quote(char out[SAID_MAX + 1], const char *words)
{
    size_t len = 0;

    for (; words && *words && len < SAID_MAX; words++) {
        char c = *words;

        out[len++] = iscntrl((unsigned char)c) ? ' ' : c;
    }
    while (len > 0 && !cm_str_utf8((struct cm_str){ out, len }))
        len--;
    out[len] = '\0';
}

/* retry-after-ms is finer and wins. */
static unsigned asked_pause_ms(const struct cm_http_answer *answer, int64_t now_us)
{
    int64_t ms;

    if (cm_str_i64(answer->retry_after_ms, 1, UINT32_MAX, &ms))
        return (unsigned)ms;
    return cm_retry_after_ms(answer->retry_after, now_us);
}

cm_rc cm_remote_verdict(const char *setting, const struct cm_http_answer *answer, int64_t now_us,
                        struct cm_err *err)
{
    char words[SAID_MAX + 1];
    json_t *body;
    unsigned pause_ms;
    bool retry;

    if (answer->status >= 200 && answer->status < 300)
        return CM_OK;

    body = json_loadb(answer->body.at ? answer->body.at : "", answer->body.len, 0, NULL);
    quote(words, said(body));
    retry = may_pass(answer, body);
    json_decref(body);

    (void)cm_fail(err, retry ? CM_RETRY : CM_REJECT, "%s answers %u%s%s", setting, answer->status,
                  *words ? ": " : "", words);
    pause_ms = asked_pause_ms(answer, now_us);
    if (err && retry)
        err->retry_after_ms = pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
    return retry ? CM_RETRY : CM_REJECT;
}
