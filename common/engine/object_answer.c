#include "engine/object_answer.h"

#include <stdio.h>
#include <string.h>

enum { CODE_MAX = 64 };

/* Codes that a status alone does not tell (docs of S3's REST API, "List of error codes"). */
static const struct {
    const char *code;
    cm_rc rc;
    bool away;
} known[] = {
    { "SlowDown", CM_RETRY, true },
    { "RequestTimeout", CM_RETRY, false },
    { "IncompleteBody", CM_RETRY, false },
    { "BadDigest", CM_RETRY, false },
    { "XAmzContentSHA256Mismatch", CM_RETRY, false },
    { "OperationAborted", CM_RETRY, false },
    { "PreconditionFailed", CM_RETRY, false },
    { "InvalidRange", CM_RETRY, false }, /* it has become shorter */
    { "EntityTooLarge", CM_REJECT, false },
};

bool object_answer_next(struct cm_str *rest, const char *name, struct cm_str *inner)
{
    char begin[CODE_MAX], end[CODE_MAX];
    size_t from, len;
    struct cm_str behind;

    snprintf(begin, sizeof begin, "<%s>", name);
    snprintf(end, sizeof end, "</%s>", name);
    if (!cm_str_find(*rest, begin, &from))
        return false;
    from += strlen(begin);
    behind = (struct cm_str){ rest->at + from, rest->len - from };
    if (!cm_str_find(behind, end, &len))
        return false;
    *inner = (struct cm_str){ behind.at, len };
    len += strlen(end);
    *rest = (struct cm_str){ behind.at + len, behind.len - len };
    return true;
}

/* One reference at the beginning of `text` ("&amp;"); 0: it is none that is known. */
static size_t resolve(struct cm_str text, char *out)
{
    static const struct {
        const char *name;
        char is;
    } names[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (cm_str_starts(text, names[i].name)) {
            *out = names[i].is;
            return strlen(names[i].name);
        }
    return 0;
}

struct cm_str object_answer_text(struct cm_arena *arena, struct cm_str in, const char *name)
{
    struct cm_str inner;
    char *out;
    size_t len = 0;

    if (!object_answer_next(&in, name, &inner))
        return (struct cm_str){ 0 };
    out = cm_arena_alloc(arena, inner.len + 1);
    for (size_t i = 0; i < inner.len;) {
        size_t step = resolve((struct cm_str){ inner.at + i, inner.len - i }, &out[len]);

        if (!step)
            out[len] = inner.at[i];
        len++;
        i += step ? step : 1;
    }
    return (struct cm_str){ out, len };
}

static cm_rc refused(const struct object_answer_context *c, unsigned status, const char *code,
                     struct cm_err *err)
{
    const char *at = c->endpoint ? c->endpoint : "AWS";

    if (c->reads && status == 403 && (!code[0] || strcmp(code, "AccessDenied") == 0))
        return cm_fail(err, CM_REJECT,
                       "%u %s: the key of S3_ACCESS_KEY_ID needs s3:GetObject in the bucket %.*s of"
                       " RECORDINGS_URL (and s3:ListBucket, else what is missing looks forbidden)",
                       status, code, CM_STR_FMT(c->bucket));
    if (status == 404)
        return cm_fail(err, CM_FATAL, "404 %s: there is no bucket %.*s at %s; see RECORDINGS_URL",
                       code, CM_STR_FMT(c->bucket), at);
    if (status == 401 || status == 403)
        return cm_fail(err, CM_FATAL,
                       "%u %s: %s refuses the bucket %.*s of RECORDINGS_URL; are S3_ACCESS_KEY_ID,"
                       " S3_SECRET_ACCESS_KEY, the key's rights and this machine's clock right?",
                       status, code, at, CM_STR_FMT(c->bucket));
    return cm_fail(err, CM_FATAL,
                   "%u %s: %s does not take what is asked of the bucket %.*s; are RECORDINGS_URL,"
                   " S3_ENDPOINT and S3_REGION=%s right?",
                   status, code, at, CM_STR_FMT(c->bucket), c->region);
}

static cm_rc wait_for(const struct cm_http_answer *answer, const char *code, bool away,
                      int64_t now_us, struct cm_err *err)
{
    cm_rc rc = away ? cm_fail_away(err, "it answers %u %s", answer->status, code)
                    : cm_fail(err, CM_RETRY, "it answers %u %s", answer->status, code);

    if (err)
        err->retry_after_ms = cm_retry_after_ms(answer->retry_after, now_us);
    return rc;
}

cm_rc object_answer_judge(const struct object_answer_context *context,
                          const struct cm_http_answer *answer, int64_t now_us, struct cm_err *err)
{
    unsigned status = answer->status;
    struct cm_str code = { 0 }, rest = answer->body;
    char text[CODE_MAX];

    if (status / 100 == 2)
        return CM_OK;
    (void)object_answer_next(&rest, "Code", &code);
    snprintf(text, sizeof text, "%.*s", CM_STR_FMT(code));
    if (status == 404 && strcmp(text, "NoSuchBucket") != 0)
        return CM_OK;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(text, known[i].code) == 0)
            return known[i].rc == CM_RETRY
                       ? wait_for(answer, text, known[i].away, now_us, err)
                       : cm_fail(err, known[i].rc, "it answers %u %s", status, text);
    if (status >= 500 || status == 429)
        return wait_for(answer, text, true, now_us, err);
    if (status == 408 || status == 409 || status == 412 || status == 416)
        return wait_for(answer, text, false, now_us, err);
    return refused(context, status, text, err);
}
