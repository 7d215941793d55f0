#include "engine/object_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/object_answer.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { PAGE_MAX = 1000, LISTING_MAX_BYTES = 4 * 1024 * 1024, QUICK_MS = 10 * 1000 };
static const uint64_t put_max = UINT64_C(5) << 30; /* of one PUT, S3 says */

enum verb { PUT, LOOK, GET, REMOVE, LIST, VERBS };
static const char *const verb_names[VERBS] = { "put", "look", "get", "remove", "list" };
enum outcome { DONE, FAILED, REFUSED, OUTCOMES };
static const char *const outcome_names[OUTCOMES] = { "done", "failed", "refused" };

struct object_store {
    struct object_store_options o;
    struct cm_arena *arena;
    struct cm_str root;   /* the bucket's URL, without a slash at its end */
    struct cm_str prefix; /* with a slash at its end, or empty */
    const char *sign;     /* for http/client.h */
    bool settled;
    struct cm_metric *asked[VERBS][OUTCOMES];
};

static void open_metrics(struct object_store *store)
{
    for (int v = 0; v < VERBS; v++)
        for (int outcome = 0; outcome < OUTCOMES; outcome++) {
            char labels[64];

            snprintf(labels, sizeof labels, "verb=\"%s\",outcome=\"%s\"", verb_names[v],
                     outcome_names[outcome]);
            store->asked[v][outcome] =
                cm_counter(store->o.metrics, "callmill_object_store_requests_total",
                           "What was asked of the object store with the recordings.", labels);
        }
}

struct object_store *object_store_new(const struct object_store_options *options)
{
    struct object_store *store = cm_must(calloc(1, sizeof *store));
    struct cm_str endpoint = cm_str_of(options->endpoint);

    store->o = *options;
    store->arena = cm_arena_new();
    if (!endpoint.len)
        endpoint = cm_arena_printf(store->arena, "https://s3.%s.amazonaws.com", options->region);
    endpoint = cm_str_trim_end(endpoint, '/');
    store->root = cm_arena_printf(store->arena, "%.*s/%.*s", CM_STR_FMT(endpoint),
                                  CM_STR_FMT(options->bucket));
    store->prefix = cm_arena_printf(store->arena, "%.*s%s", CM_STR_FMT(options->prefix),
                                    options->prefix.len ? "/" : "");
    store->sign = cm_arena_printf(store->arena, "aws:amz:%s:s3", options->region).at;
    open_metrics(store);
    return store;
}

void object_store_free(struct object_store *store)
{
    if (!store)
        return;
    cm_arena_free(store->arena);
    free(store);
}

void object_store_settle(struct object_store *store)
{
    store->settled = true;
}

/* RFC 3986's unreserved characters stay, as the signature has it. */
static struct cm_str escape(struct cm_arena *arena, struct cm_str text, bool keep_slash)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = cm_arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if ((c && strchr(plain, c)) || (keep_slash && c == '/'))
            out[len++] = c;
        else
            len += (size_t)snprintf(out + len, 4, "%%%02X", (unsigned char)c);
    }
    return (struct cm_str){ out, len };
}

static const char *url_of(const struct object_store *store, struct cm_arena *arena,
                          struct cm_str name)
{
    struct cm_str key =
        cm_arena_printf(arena, "%.*s%.*s", CM_STR_FMT(store->prefix), CM_STR_FMT(name));

    return cm_arena_printf(arena, "%.*s/%.*s", CM_STR_FMT(store->root),
                           CM_STR_FMT(escape(arena, key, true)))
        .at;
}

static cm_rc wait_to_be_let_in(struct cm_err *err)
{
    if (err) {
        err->rc = CM_RETRY;
        err->away = true;
    }
    return CM_RETRY;
}

/* What is asked, who we are, and whether the answer is one of those that are wanted. */
static cm_rc ask_store(const struct object_store *store, enum verb verb, struct cm_arena *arena,
                       struct cm_http_ask *ask, struct cm_http_answer *answer, struct cm_err *err)
{
    struct object_answer_context context = { .bucket = store->o.bucket,
                                             .endpoint = store->o.endpoint,
                                             .region = store->o.region,
                                             .reads = verb == GET || verb == LOOK };
    enum outcome outcome = FAILED;
    cm_rc rc;

    ask->sign = store->sign;
    ask->user = store->o.key_id;
    ask->password = store->o.secret;
    ask->timeout_ms = store->o.timeout_ms;
    if (verb != PUT && verb != GET && ask->timeout_ms > QUICK_MS)
        ask->timeout_ms = QUICK_MS; /* no bytes to speak of, and somebody waits */
    rc = cm_http_fetch(store->o.http, ask, arena, answer, err);
    if (!rc) {
        rc = object_answer_judge(&context, answer, cm_now_us(), err);
        outcome = !rc ? DONE : rc == CM_FATAL ? REFUSED : FAILED;
    }
    if (outcome == REFUSED && store->settled)
        rc = wait_to_be_let_in(err);
    if (rc)
        cm_err_wrap(err, "object store, %s", verb_names[verb]);
    cm_metric_add(store->asked[verb][outcome], 1);
    return rc;
}

/* One object that may not be read is its own matter; where nothing may be, the key's rights are
 * what is wrong, and the object waits. Who is let in between the two asks again: it was refused as
 * all were. */
static cm_rc ask_to_read(const struct object_store *store, enum verb verb, struct cm_arena *arena,
                         struct cm_http_ask *ask, struct cm_http_answer *answer, struct cm_err *err)
{
    cm_rc rc = ask_store(store, verb, arena, ask, answer, err);
    struct object_entry *entries;
    size_t count;
    bool more;

    if (rc != CM_REJECT)
        return rc;
    rc = object_list(store, arena, (struct cm_str){ 0 }, 1, &entries, &count, &more, err);
    return rc ? rc : ask_store(store, verb, arena, ask, answer, err);
}

cm_rc object_put(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                 int fd, uint64_t size, struct cm_str sha256, struct cm_err *err)
{
    const char *headers[] = {
        "Content-Type: audio/mpeg",
        cm_arena_printf(arena, "x-amz-content-sha256: %.*s", CM_STR_FMT(sha256)).at,
        NULL,
    };
    struct cm_http_ask ask = { .method = "PUT",
                               .url = url_of(store, arena, name),
                               .headers = headers,
                               .upload_fd = fd,
                               .upload_len = size };
    struct cm_http_answer answer;
    cm_rc rc;

    if (size > put_max)
        return cm_fail(err, CM_REJECT, "the object store takes no more than %llu bytes at once",
                       (unsigned long long)put_max);
    rc = ask_store(store, PUT, arena, &ask, &answer, err);
    if (!rc && answer.status == 404)
        rc = cm_fail(err, CM_RETRY, "object store, put: it answers 404");
    return rc;
}

static const char *const no_body[] = { "x-amz-content-sha256: " EMPTY_SHA256, NULL };

cm_rc object_look(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                  struct object_about *out, struct cm_err *err)
{
    struct cm_http_ask ask = { .method = "HEAD",
                               .url = url_of(store, arena, name),
                               .headers = no_body };
    struct cm_http_answer answer;
    int64_t size = 0;
    cm_rc rc = ask_to_read(store, LOOK, arena, &ask, &answer, err);

    if (rc)
        return rc;
    *out = (struct object_about){ .is_there = answer.status != 404 };
    if (!out->is_there)
        return CM_OK;
    if (!cm_str_i64(answer.length, 0, INT64_MAX, &size))
        return cm_fail(err, CM_RETRY, "object store, look: the answer has no Content-Length");
    out->size = (uint64_t)size;
    if (answer.etag.len < sizeof out->etag)
        memcpy(out->etag, answer.etag.at ? answer.etag.at : "", answer.etag.len);
    return CM_OK;
}

cm_rc object_get(const struct object_store *store, struct cm_arena *arena,
                 const struct object_get *get, struct cm_err *err)
{
    const char *headers[4] = {
        no_body[0], cm_arena_printf(arena, "Range: bytes=%llu-%llu", (unsigned long long)get->from,
                                    (unsigned long long)(get->from + get->len - 1))
                        .at
    };
    struct cm_http_ask ask = { .method = "GET",
                               .url = url_of(store, arena, get->name),
                               .headers = headers,
                               .answer_max = get->len,
                               .sink_fd = get->fd,
                               .sink_status = 206,
                               .stop = get->stop,
                               .stop_ctx = get->stop_ctx };
    struct cm_http_answer answer;
    cm_rc rc;

    if (get->etag && get->etag[0])
        headers[2] = cm_arena_printf(arena, "If-Match: %s", get->etag).at;
    rc = ask_to_read(store, GET, arena, &ask, &answer, err);
    if (rc)
        return rc;
    if (answer.status == 404)
        return cm_fail(err, CM_RETRY, "object store, get: %.*s is not there any more",
                       CM_STR_FMT(get->name));
    if (answer.status != 206)
        return cm_fail(err, CM_REJECT, "object store, get: it answers %u, not a part",
                       answer.status);
    if (answer.size != get->len)
        return cm_fail(err, CM_RETRY, "object store, get: %llu of %llu bytes came",
                       (unsigned long long)answer.size, (unsigned long long)get->len);
    return CM_OK;
}

cm_rc object_remove(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                    struct cm_err *err)
{
    struct cm_http_ask ask = { .method = "DELETE",
                               .url = url_of(store, arena, name),
                               .headers = no_body };
    struct cm_http_answer answer;

    return ask_store(store, REMOVE, arena, &ask, &answer, err);
}

/* Names without the prefix; what another prefix begins with ours too is not there, since ours ends
 * with a slash. */
static size_t read_page(const struct object_store *store, struct cm_arena *arena,
                        struct cm_str page, struct object_entry *entries, int max)
{
    size_t count = 0;
    struct cm_str content;

    while (count < (size_t)max && object_answer_next(&page, "Contents", &content)) {
        struct cm_str key = object_answer_text(arena, content, "Key");
        struct object_entry entry = { 0 };

        if (key.len <= store->prefix.len ||
            !cm_time_parse_rfc3339(object_answer_text(arena, content, "LastModified"),
                                   &entry.changed_us))
            continue;
        entry.name = (struct cm_str){ key.at + store->prefix.len, key.len - store->prefix.len };
        entries[count++] = entry;
    }
    return count;
}

cm_rc object_list(const struct object_store *store, struct cm_arena *arena, struct cm_str after,
                  int max, struct object_entry **out, size_t *count, bool *more, struct cm_err *err)
{
    int page = max < PAGE_MAX ? max : PAGE_MAX;
    struct cm_str behind =
        cm_arena_printf(arena, "%.*s%.*s", CM_STR_FMT(store->prefix), CM_STR_FMT(after));
    const char *url = /* by the alphabet, since it is signed */
        cm_arena_printf(arena, "%.*s?list-type=2&max-keys=%d&prefix=%.*s&start-after=%.*s",
                        CM_STR_FMT(store->root), page,
                        CM_STR_FMT(escape(arena, store->prefix, false)),
                        CM_STR_FMT(escape(arena, behind, false)))
            .at;
    struct cm_http_ask ask = {
        .method = "GET", .url = url, .headers = no_body, .answer_max = LISTING_MAX_BYTES
    };
    struct cm_http_answer answer;
    cm_rc rc = ask_store(store, LIST, arena, &ask, &answer, err);

    if (rc)
        return rc;
    if (answer.status == 404)
        return cm_fail(err, CM_RETRY, "object store, list: it answers 404");
    *out = CM_NEW_N(arena, struct object_entry, page);
    *count = read_page(store, arena, answer.body, *out, page);
    *more = cm_str_is(object_answer_text(arena, answer.body, "IsTruncated"), "true");
    return CM_OK;
}
