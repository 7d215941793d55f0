/* One request: redirects are followed here, by hand; each hop is one transfer (transfer.c) on a
 * handle from the pool.
 */
#include "http/client.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/span.h"
#include "http/transfer.h"

enum { RETRY_AFTER_MAX_MS = 24 * 3600 * 1000, US_PER_MS = 1000 };

static const char *const outcomes[] = { "error", "1xx", "2xx", "3xx", "4xx", "5xx" };
enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0] };

struct cm_http_client {
    struct http_pool *pool;
    struct cm_metric *requests[OUTCOMES], *seconds;
};

cm_rc cm_http_client_new(struct cm_metrics *metrics, struct cm_http_client **out,
                         struct cm_err *err)
{
    struct cm_http_client *client;
    cm_rc rc = http_curl_start(err);

    if (rc)
        return rc;

    client = cm_must(calloc(1, sizeof *client));
    client->pool = http_pool_new();
    for (int i = 0; i < OUTCOMES; i++) {
        char labels[32];

        snprintf(labels, sizeof labels, "outcome=\"%s\"", outcomes[i]);
        client->requests[i] = cm_counter(metrics, "callmill_http_client_requests_total",
                                         "Requests to other services by kind of answer.", labels);
    }
    client->seconds = cm_histogram(metrics, "callmill_http_client_seconds",
                                   "How long other services took to answer.", NULL);
    *out = client;
    return CM_OK;
}

void cm_http_client_free(struct cm_http_client *client)
{
    if (!client)
        return;

    http_pool_free(client->pool);
    free(client);
}

/* ---- the span of a hop ---- */

/* A path may have account and call sids in it. */
static void tell_server(struct cm_span *span, const char *text)
{
    CURLU *url = curl_url();
    char *host = NULL, *port = NULL;
    int64_t number;

    if (url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        cm_span_text(span, "server.address", cm_str_of(host));
    if (host && curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
        cm_str_i64(cm_str_of(port), 0, UINT16_MAX, &number))
        cm_span_number(span, "server.port", number);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
}

static void begin_span(struct cm_span *span, struct http_hop *hop)
{
    const struct cm_http_ask *ask = hop->ask;

    cm_span_begin(span, cm_trace_current(), CM_SPAN_CLIENT, hop->method);
    hop->traceparent = (struct cm_traceparent){ "" };
    if (ask->tell_trace && ask->reach == CM_REACH_ANY && !ask->sign && !hop->redirected)
        hop->traceparent = cm_trace_text(&span->at);
    if (!cm_span_is_wanted(&span->at))
        return;

    cm_span_text(span, "http.request.method", cm_str_of(hop->method));
    tell_server(span, hop->url);
}

/* err->msg has the path in it. */
static void end_span(struct cm_span *span, cm_rc rc, unsigned status, const struct cm_err *err)
{
    if (rc) {
        cm_span_text(span, "error.type", cm_str_of(err && err->away ? "away" : cm_rc_name(rc)));
        cm_span_fail(span, "");
    } else {
        http_span_status(span, status, 400);
    }
    cm_span_end(span);
}

static cm_rc transfer(struct cm_http_client *client, struct http_hop *hop, struct cm_arena *arena,
                      struct cm_http_answer *out, struct cm_err *err)
{
    int64_t began_us = cm_now_us();
    struct cm_span span;
    unsigned kind;
    cm_rc rc;

    begin_span(&span, hop);
    rc = http_transfer(client->pool, hop, arena, out, err);
    end_span(&span, rc, rc ? 0 : out->status, err);
    kind = rc ? 0 : out->status / 100;

    cm_metric_add(client->requests[kind < OUTCOMES ? kind : 0], 1);
    cm_metric_observe_us(client->seconds, cm_now_us() - began_us);
    return rc;
}

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where `location` leads from `base`, without anybody's credentials. */
static cm_rc resolve(const char *base, struct cm_str location, struct cm_arena *arena, char **out,
                     struct cm_err *err)
{
    CURLU *url = curl_url();
    char *text = NULL;
    bool ok = url && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_URL, cm_arena_text(arena, location), 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK;

    if (ok)
        *out = cm_arena_text(arena, cm_str_of(text));
    curl_free(text);
    curl_url_cleanup(url);
    if (!ok)
        return cm_fail(err, CM_REJECT, "%s redirects to what is no URL", http_safe_url(base).at);
    return CM_OK;
}

/* The hop after `hop`; what a redirect changes is here and only here. */
static cm_rc next_hop(struct http_hop *hop, const struct cm_http_answer *answer,
                      struct cm_arena *arena, struct cm_err *err)
{
    const struct cm_http_ask *ask = hop->ask;
    bool anywhere = ask->redirect_anywhere;
    bool keeps_method = answer->status == 307 || answer->status == 308 ||
                        strcmp(hop->method, "GET") == 0 || strcmp(hop->method, "HEAD") == 0;
    char *url = NULL;
    cm_rc rc = resolve(hop->url, answer->location, arena, &url, err);

    if (rc)
        return rc;
    if (!anywhere && !cm_str_starts(cm_str_of(url), "https://"))
        return cm_fail(err, CM_REJECT, "%s redirects to %s: want https", http_safe_url(hop->url).at,
                       http_safe_url(url).at);

    hop->url = url;
    hop->redirected = true;
    hop->reach = anywhere ? ask->reach : CM_REACH_PUBLIC;
    if (!keeps_method) {
        hop->method = "GET";
        hop->without_body = true;
    }
    return CM_OK;
}

cm_rc cm_http_fetch(struct cm_http_client *client, const struct cm_http_ask *ask,
                    struct cm_arena *arena, struct cm_http_answer *out, struct cm_err *err)
{
    struct http_hop hop = {
        .ask = ask,
        .url = ask->url,
        .method = ask->method                        ? ask->method
                  : ask->upload_fd > 0               ? "PUT"
                  : ask->body.len || ask->part_count ? "POST"
                                                     : "GET",
        .reach = ask->reach,
    };
    struct cm_http_answer answer;

    for (int left = ask->redirects_max;; left--) {
        cm_rc rc = transfer(client, &hop, arena, &answer, err);

        if (rc)
            return rc;
        if (ask->redirects_max == 0 || !is_redirect(answer.status) || !answer.location.len)
            break;
        if (left == 0)
            return cm_fail(err, CM_REJECT, "%s redirects once more after %d times",
                           http_safe_url(hop.url).at, ask->redirects_max);
        rc = next_hop(&hop, &answer, arena, err);
        if (rc)
            return rc;
    }

    *out = answer;
    return CM_OK;
}

unsigned cm_retry_after_ms(struct cm_str value, int64_t now_us)
{
    char text[64], *end;
    double ms;

    value = cm_str_trim(value);
    if (!value.len || value.len >= sizeof text)
        return 0;
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';

    if (text[0] >= '0' && text[0] <= '9') {
        if (text[strspn(text, "0123456789.")] != '\0')
            return 0;
        ms = strtod(text, &end) * 1000;
        if (*end != '\0')
            return 0;
    } else {
        time_t at = curl_getdate(text, NULL);

        ms = at < 0 ? 0 : (double)(at * CM_US_PER_SEC - now_us) / US_PER_MS;
    }
    if (!(ms > 0))
        return 0;
    return ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : (unsigned)ceil(ms);
}
