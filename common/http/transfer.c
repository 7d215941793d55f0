#include "http/transfer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/write.h"
#include "http/address.h"

enum {
    TIMEOUT_MS = 30 * 1000,
    CONNECT_TIMEOUT_MS = 5 * 1000,
    ANSWER_MAX = 8 * 1024 * 1024,
    EXPLANATION_MAX = 64 * 1024, /* of an answer that does not go to the sink */
    STALLED_S = 30,              /* without a byte */
    STOP_ASKED_MS = 1000,
};

struct transfer {
    const struct http_hop *hop;
    CURL *easy;
    struct curl_slist *headers;
    curl_mime *mime;
    struct cm_arena *arena;
    struct cm_http_answer answer;
    struct cm_buf body;
    size_t answer_max;
    int sink_error; /* errno of a failed write */
    uint64_t uploaded;
    bool too_big, stopped;
    bool head_ended;     /* the empty line came; libcurl is content without it */
    bool refused, tried; /* an address was; an address was not */
    int64_t asked_ms;    /* when `stop` was asked last */
    char error_text[CURL_ERROR_SIZE];
};

static bool goes_to_sink(const struct transfer *t)
{
    const struct cm_http_ask *ask = t->hop->ask;
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return ask->sink_fd > 0 && status == (ask->sink_status ? (long)ask->sink_status : 200);
}

static size_t on_body(char *at, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count, max = t->answer_max;
    bool sinks = goes_to_sink(t);

    if (!sinks && t->hop->ask->sink_fd > 0 && max < EXPLANATION_MAX)
        max = EXPLANATION_MAX; /* however few bytes the sink is to get */
    if (len > max - t->answer.size) {
        t->too_big = true;
        return 0;
    }

    t->answer.size += len;
    if (!sinks) {
        cm_buf_put(&t->body, at, len);
    } else if (!cm_write_all(t->hop->ask->sink_fd, (struct cm_str){ at, len })) {
        t->sink_error = errno;
        return 0;
    }
    return len;
}

static size_t on_upload(char *to, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    const struct cm_http_ask *ask = t->hop->ask;
    uint64_t left = ask->upload_len - t->uploaded;
    size_t room = left < size * count ? (size_t)left : size * count;
    ssize_t got;

    do
        got = room ? pread(ask->upload_fd, to, room, (off_t)t->uploaded) : 0;
    while (got < 0 && errno == EINTR);
    if (got < 0 || (room && got == 0))
        return CURL_READFUNC_ABORT; /* the file has become shorter, or the disk is ill */
    t->uploaded += (uint64_t)got;
    return (size_t)got;
}

/* A kept connection turned out to be closed: once more, from the beginning. */
static int on_upload_seek(void *ctx, curl_off_t offset, int origin)
{
    struct transfer *t = ctx;

    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_FAIL;
    t->uploaded = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_header(char *at, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    struct cm_str value = cm_str_trim((struct cm_str){ at, size * count }), name;
    const struct {
        const char *name;
        struct cm_str *to;
    } wanted[] = {
        { "Content-Type", &t->answer.type },
        { "Content-Length", &t->answer.length },
        { "ETag", &t->answer.etag },
        { "Location", &t->answer.location },
        { "Retry-After", &t->answer.retry_after },
        { "Retry-After-Ms", &t->answer.retry_after_ms },
        { "X-Should-Retry", &t->answer.should_retry },
    };

    if (cm_str_starts(value, "HTTP/")) { /* the first line of an answer, after a 100 perhaps */
        t->answer = (struct cm_http_answer){ 0 };
        t->head_ended = false;
        return size * count;
    }
    t->head_ended |= value.len == 0;
    if (!cm_str_split(&value, ':', &name) || !value.at)
        return size * count;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (cm_str_ieq(name, wanted[i].name))
            *wanted[i].to = cm_arena_str(t->arena, cm_str_trim(value));
    return size * count;
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *t = ctx;
    int64_t now_ms = cm_mono_ms();

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    if (now_ms - t->asked_ms < STOP_ASKED_MS)
        return 0;

    t->asked_ms = now_ms;
    t->stopped = t->hop->ask->stop(t->hop->ask->stop_ctx);
    return t->stopped;
}

/* The address is judged that is connected to, whatever the name said a moment ago. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *t = ctx;

    (void)purpose;
    if (t->hop->reach == CM_REACH_PUBLIC && !cm_address_is_public(&to->addr)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    t->tried = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void add_header(struct transfer *t, struct cm_str line)
{
    struct curl_slist *more = curl_slist_append(t->headers, cm_arena_text(t->arena, line));

    if (!more)
        cm_out_of_memory();
    t->headers = more;
}

static cm_rc set_headers(struct transfer *t, struct cm_err *err)
{
    const struct cm_http_ask *ask = t->hop->ask;

    if (!ask->sign)                       /* a signature would cover it, though it is not sent */
        add_header(t, CM_STR("Expect:")); /* none: it costs a round trip */
    if (ask->body_type && !t->hop->without_body)
        add_header(t, cm_arena_printf(t->arena, "Content-Type: %s", ask->body_type));
    for (size_t i = 0; !t->hop->redirected && ask->headers && ask->headers[i]; i++)
        add_header(t, cm_str_of(ask->headers[i]));
    if (t->hop->traceparent.at[0])
        add_header(t, cm_arena_printf(t->arena, "traceparent: %s", t->hop->traceparent.at));
    for (const struct curl_slist *line = t->headers; line; line = line->next)
        if (!http_is_line(line->data))
            return cm_fail(err, CM_REJECT, "%s: a request header has a control character",
                           http_safe_url(t->hop->url).at);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return CM_OK;
}

static cm_rc set_credentials(struct transfer *t, struct cm_err *err)
{
    const struct cm_http_ask *ask = t->hop->ask;

    if (t->hop->redirected)
        return CM_OK;
    if (ask->bearer) {
        if (!http_is_line(ask->bearer))
            return cm_fail(err, CM_REJECT, "%s: the bearer token has a control character",
                           http_safe_url(t->hop->url).at);
        curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(t->easy, CURLOPT_XOAUTH2_BEARER, ask->bearer);
    } else if (ask->user) {
        if (ask->sign)
            curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, ask->sign);
        else
            curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(t->easy, CURLOPT_USERNAME, ask->user);
        curl_easy_setopt(t->easy, CURLOPT_PASSWORD, ask->password ? ask->password : "");
    }
    return CM_OK;
}

static void set_parts(struct transfer *t)
{
    const struct cm_http_ask *ask = t->hop->ask;

    t->mime = curl_mime_init(t->easy);
    for (size_t i = 0; i < ask->part_count; i++) {
        const struct cm_http_part *from = &ask->parts[i];
        curl_mimepart *part = curl_mime_addpart(t->mime);

        if (!part || curl_mime_name(part, from->name) != CURLE_OK ||
            curl_mime_data(part, from->body.at ? from->body.at : "", from->body.len) != CURLE_OK ||
            curl_mime_filename(part, from->file_name) != CURLE_OK ||
            curl_mime_type(part, from->type) != CURLE_OK)
            cm_out_of_memory();
    }
    curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime);
}

static void set_upload(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->hop->ask->upload_len);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_upload);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_upload_seek);
    curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
}

static void set_method(struct transfer *t)
{
    const struct cm_http_ask *ask = t->hop->ask;
    bool posts = strcmp(t->hop->method, "POST") == 0;

    if (strcmp(t->hop->method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (ask->upload_fd > 0 && !t->hop->without_body) {
        set_upload(t);
    } else if (ask->part_count && !t->hop->without_body) {
        set_parts(t);
    } else if ((ask->body.len || posts) && !t->hop->without_body) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, ask->body.at ? ask->body.at : "");
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, t->hop->method);
}

static cm_rc set_up(struct transfer *t, struct cm_err *err)
{
    const struct cm_http_ask *ask = t->hop->ask;
    const char *protocols = t->hop->redirected && !ask->redirect_anywhere ? "https" : "http,https";
    cm_rc rc;

    http_curl_common(t->easy, protocols, ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS,
                     ask->connect_timeout_ms ? ask->connect_timeout_ms : CONNECT_TIMEOUT_MS,
                     t->error_text);
    curl_easy_setopt(t->easy, CURLOPT_URL, t->hop->url);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "callmill/" CALLMILL_VERSION);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    if (ask->stop) {
        curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
    }
    set_method(t);
    rc = set_headers(t, err);
    return rc ? rc : set_credentials(t, err);
}

static bool never_connected(CURL *easy)
{
    curl_off_t pretransfer_us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer_us);
    return pretransfer_us == 0;
}

/* Why there is no answer, in our terms. */
static cm_rc explain(const struct transfer *t, CURLcode code, struct cm_err *err)
{
    struct http_safe_url url = http_safe_url(t->hop->url);
    const char *method = t->hop->method;
    const char *why = t->error_text[0] ? t->error_text : curl_easy_strerror(code);

    if (t->too_big)
        return cm_fail(err, CM_REJECT, "%s %s: the answer is larger than %zu bytes", method, url.at,
                       t->answer_max);
    if (t->sink_error == ENOSPC || t->sink_error == EDQUOT) /* nobody's attempts empty a disk */
        return cm_fail_away(err, "%s %s: store the answer: %s", method, url.at,
                            strerror(t->sink_error));
    if (t->sink_error)
        return cm_fail(err, CM_RETRY, "%s %s: store the answer: %s", method, url.at,
                       strerror(t->sink_error));
    if (t->stopped)
        return cm_fail(err, CM_RETRY, "%s %s: abandoned, the process stops", method, url.at);
    if (t->refused && !t->tried)
        return cm_fail(err, CM_REJECT, "%s %s: the address is not a public one", method, url.at);
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
        return cm_fail(err, CM_REJECT, "%s %s: want an http or https URL", method, url.at);
    if (code == CURLE_OUT_OF_MEMORY)
        cm_out_of_memory();
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
        code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
        (code == CURLE_OPERATION_TIMEDOUT && never_connected(t->easy)))
        return cm_fail_away(err, "%s %s: %s", method, url.at, why);
    return cm_fail(err, CM_RETRY, "%s %s: %s", method, url.at, why);
}

static void conclude(struct transfer *t)
{
    struct cm_str type;
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->answer.status = (unsigned)status;
    t->answer.body = cm_arena_str(t->arena, cm_buf_view(&t->body));
    if (cm_str_split(&t->answer.type, ';', &type))
        t->answer.type = cm_str_trim(type);
}

cm_rc http_transfer(struct http_pool *pool, const struct http_hop *hop, struct cm_arena *arena,
                    struct cm_http_answer *out, struct cm_err *err)
{
    struct transfer t = {
        .hop = hop,
        .easy = http_pool_take(pool, hop->url, hop->reach),
        .arena = arena,
        .answer_max = hop->ask->answer_max ? hop->ask->answer_max : ANSWER_MAX,
        .asked_ms = cm_mono_ms(),
    };
    CURLcode code = CURLE_OK;
    cm_rc rc;

    if (!t.easy)
        cm_out_of_memory();

    rc = set_up(&t, err);
    if (!rc)
        code = curl_easy_perform(t.easy);
    if (!rc && code == CURLE_OK && !t.head_ended)
        code = CURLE_PARTIAL_FILE;
    if (!rc && code != CURLE_OK)
        rc = explain(&t, code, err);
    if (!rc) {
        conclude(&t);
        *out = t.answer;
    }
    cm_buf_finish(&t.body);
    http_pool_give(pool, t.easy, hop->url, hop->reach);
    curl_slist_free_all(t.headers);
    curl_mime_free(t.mime);
    return rc;
}
