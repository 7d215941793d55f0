#include "webhook.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

void form_add(struct form *form, const char *name, struct cm_str value)
{
    if (form->count < FORM_MAX) {
        form->field[form->count].name = name;
        form->field[form->count++].value = value;
    }
}

void form_text(struct form *form, const char *name, const char *value)
{
    form_add(form, name, cm_str_of(value));
}

/* Names are this program's own and each is there once, so their order is all that needs sorting. */
static void sort_by_name(const struct form *form, int order[FORM_MAX])
{
    for (int i = 0; i < form->count; i++) {
        int at = i;

        for (; at > 0 && strcmp(form->field[order[at - 1]].name, form->field[i].name) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

void webhook_sign(const char *auth_token, struct cm_str url, const struct form *form,
                  struct cm_base64_32 *out)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    int order[FORM_MAX];
    struct cm_sha1 mac;

    sort_by_name(form, order);
    cm_buf_str(&text, url);
    for (int i = 0; i < form->count; i++) {
        cm_buf_text(&text, form->field[order[i]].name);
        cm_buf_str(&text, form->field[order[i]].value);
    }
    mac = cm_hmac_sha1(cm_str_of(auth_token), cm_buf_view(&text));
    *out = cm_base64(mac.at, sizeof mac.at);
}

static void put_escaped(struct cm_buf *to, struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c && strchr("-_.~", c)))
            cm_buf_char(to, (char)c);
        else if (c == ' ')
            cm_buf_char(to, '+');
        else
            cm_buf_printf(to, "%%%02X", c);
    }
}

static void encode(const struct form *form, struct cm_buf *to)
{
    for (int i = 0; i < form->count; i++) {
        if (i)
            cm_buf_char(to, '&');
        put_escaped(to, cm_str_of(form->field[i].name));
        cm_buf_char(to, '=');
        put_escaped(to, form->field[i].value);
    }
}

/* ---- retries ---- */

struct policy {
    int64_t deadline_ms; /* monotonic */
    int retries;         /* -1: until the deadline */
    struct cm_str on;    /* Twilio's: ct, rt, 4xx, 5xx, all */
};

static struct policy policy_of(const struct options *options, struct cm_str fragment)
{
    struct policy policy = { cm_mono_ms() + (int64_t)options->retry_s * 1000, -1, CM_STR("all") };
    struct cm_str part, name;
    int64_t n;

    if (!options->twilio_retries)
        return policy;

    policy = (struct policy){ cm_mono_ms() + 15000, 1, CM_STR("ct") };
    while (cm_str_split(&fragment, '&', &part)) {
        if (!cm_str_split(&part, '=', &name))
            continue;
        if (cm_str_is(name, "rc") && cm_str_i64(part, 0, 5, &n))
            policy.retries = (int)n;
        else if (cm_str_is(name, "rp"))
            policy.on = part;
    }
    return policy;
}

/* Without a deadline's patience a 4xx is as good as any other answer: asking again changes nothing,
 * except where the service said that it is busy. */
static bool again(const struct policy *policy, const struct webhook_sent *sent, bool connected)
{
    bool client_error = sent->status >= 400 && sent->status < 500 && sent->status != 429;

    if (sent->status >= 200 && sent->status < 300)
        return false;
    if (cm_mono_ms() >= policy->deadline_ms)
        return false;
    if (policy->retries < 0)
        return !client_error;
    if (sent->attempts > policy->retries)
        return false;
    if (!sent->status)
        return cm_str_is(policy->on, "all") || cm_str_is(policy->on, connected ? "rt" : "ct");
    return cm_str_is(policy->on, "all") ||
           cm_str_is(policy->on, sent->status >= 500 ? "5xx" : "4xx");
}

void webhook_post(const struct poster *poster, const char *url, const struct form *form,
                  const char *token, struct cm_arena *arena, struct webhook_sent *out)
{
    const struct options *options = poster->options;
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_str fragment = cm_str_of(url), address;
    struct cm_base64_32 signature;
    struct policy policy;
    size_t prefix = strlen(options->public_url);
    int wait_ms = 100;

    cm_str_split(&fragment, '#', &address);
    policy = policy_of(options, fragment);
    webhook_sign(options->auth_token, address, form, &signature);
    encode(form, &body);

    const char *headers[] = {
        cm_arena_printf(arena, "X-Twilio-Signature: %s", signature.at).at,
        cm_arena_printf(arena, "I-Twilio-Idempotency-Token: %s", token).at,
        "User-Agent: TwilioProxy/1.1",
        "X-Home-Region: us1",
        NULL,
    };
    struct cm_http_ask ask = { .method = "POST",
                               .headers = headers,
                               .body = cm_buf_view(&body),
                               .body_type = "application/x-www-form-urlencoded; charset=UTF-8",
                               .timeout_ms = 15000,
                               .connect_timeout_ms = 5000 };

    /* The ingest's own address stands in for the public one, as a tunnel or proxy would. */
    if (cm_str_starts(address, options->public_url))
        address = cm_arena_printf(arena, "%s%.*s", options->ingest, (int)(address.len - prefix),
                                  address.at + prefix);
    ask.url = cm_arena_text(arena, address);
    for (*out = (struct webhook_sent){ 0 };;) {
        struct cm_http_answer answer = { 0 };
        struct cm_err err = { 0 };
        cm_rc rc = cm_http_fetch(poster->client, &ask, arena, &answer, &err);

        out->attempts++;
        out->status = rc ? 0 : answer.status;
        out->body = answer.body;
        if (poster->stop() || !again(&policy, out, rc && !err.away))
            return;
        cm_pause_ms(wait_ms);
        wait_ms = wait_ms * 2 < 2000 ? wait_ms * 2 : 2000;
    }
}
