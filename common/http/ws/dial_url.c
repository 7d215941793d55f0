#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "http/ws/dial.h"

enum { URL_MAX = 4096, HEADERS_BYTES_MAX = 6 * 1024 };

struct parts {
    CURLU *url;
    char *scheme, *host, *port, *path, *query;
    bool tls;
};

static void finish(struct parts *p)
{
    char *const texts[] = { p->scheme, p->host, p->port, p->path, p->query };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        curl_free(texts[i]);
    curl_url_cleanup(p->url);
}

static bool has(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool there = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return there;
}

static bool take_scheme(struct parts *p)
{
    if (curl_url_get(p->url, CURLUPART_SCHEME, &p->scheme, 0) != CURLUE_OK)
        return false;
    p->tls = strcmp(p->scheme, "wss") == 0;
    return p->tls || strcmp(p->scheme, "ws") == 0;
}

static bool split(const char *text, struct parts *p)
{
    p->url = curl_url();
    return p->url &&
           curl_url_set(p->url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
           take_scheme(p) && !has(p->url, CURLUPART_USER) && !has(p->url, CURLUPART_PASSWORD) &&
           !has(p->url, CURLUPART_FRAGMENT) &&
           curl_url_get(p->url, CURLUPART_HOST, &p->host, 0) == CURLUE_OK && *p->host &&
           (curl_url_get(p->url, CURLUPART_PORT, &p->port, 0) == CURLUE_OK || true) &&
           curl_url_get(p->url, CURLUPART_PATH, &p->path, 0) == CURLUE_OK &&
           (curl_url_get(p->url, CURLUPART_QUERY, &p->query, 0) == CURLUE_OK || true);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7F)
            return false;
    return true;
}

/* The fields of the handshake are ours. */
static bool is_ours(const char *header)
{
    static const char *const ours[] = { "Host:",          "Upgrade:",        "Connection:",
                                        "Sec-WebSocket-", "Content-Length:", "Transfer-Encoding:" };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strncasecmp(header, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

static cm_rc check_headers(const struct cm_ws_dial *options, struct cm_err *err)
{
    const struct http_safe_url where = http_safe_url(options->url);
    size_t bytes = 0;

    for (const char *const *h = options->headers; h && *h; h++) {
        const char *colon = strchr(*h, ':');

        bytes += strlen(*h) + 2;
        if (!colon || colon == *h || !http_is_line(*h))
            return cm_fail(err, CM_REJECT, "%s: a request header is not one line \"Name: value\"",
                           where.at);
        if (is_ours(*h))
            return cm_fail(err, CM_REJECT, "%s: the request header %.*s belongs to the handshake",
                           where.at, (int)(colon - *h), *h);
    }
    if (bytes > HEADERS_BYTES_MAX)
        return cm_fail(err, CM_REJECT, "%s: request headers of %zu bytes; at most %d", where.at,
                       bytes, HEADERS_BYTES_MAX);
    return CM_OK;
}

static void write_head(const struct cm_ws_dial *options, const struct parts *p, struct ws_dial *out)
{
    unsigned char random[16];
    char host[300], target[URL_MAX + 8];

    snprintf(host, sizeof host, "%s%s%s", p->host, p->port ? ":" : "", p->port ? p->port : "");
    snprintf(target, sizeof target, "%s%s%s", p->path, p->query ? "?" : "",
             p->query ? p->query : "");
    randombytes_buf(random, sizeof random);
    out->key = cm_base64(random, sizeof random);
    cm_ws_write_request(cm_str_of(host), cm_str_of(target), cm_str_of(out->key.at),
                        options->headers, &out->head);
}

/* For libcurl the scheme is http, since it has ideas of its own of ws://. */
static char *url_of(const char *scheme, const struct parts *p)
{
    char *text = NULL;

    if (asprintf(&text, "%s://%s%s%s/", scheme, p->host, p->port ? ":" : "",
                 p->port ? p->port : "") < 0)
        cm_out_of_memory();
    return text;
}

cm_rc ws_dial_read(const struct cm_ws_dial *options, struct ws_dial *out, struct cm_err *err)
{
    struct parts p = { 0 };
    cm_rc rc = CM_OK;

    if (!options->url || strlen(options->url) > URL_MAX || !is_printable(options->url) ||
        !split(options->url, &p) || strlen(p.host) > 255)
        rc = cm_fail(err, CM_REJECT,
                     "%s: want ws://host[:port]/path or wss://..., without user or fragment",
                     options->url ? http_safe_url(options->url).at : "no URL");
    if (!rc)
        rc = check_headers(options, err);
    if (!rc) {
        out->tls = p.tls;
        out->url = url_of(out->tls ? "https" : "http", &p);
        if (options->ca_file && !(out->ca_file = strdup(options->ca_file)))
            cm_out_of_memory();
        write_head(options, &p, out);
    }
    finish(&p);
    return rc;
}
