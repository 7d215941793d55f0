#include "http/twilio_rest.h"

#include <stdlib.h>

struct cm_twilio_rest {
    struct cm_http_client *client;
    struct cm_arena *arena; /* owns the texts */
    const char *api_url, *account_sid;
    const char **tokens;
    size_t token_count;
};

static void read_tokens(struct cm_twilio_rest *rest, struct cm_str list)
{
    struct cm_str part;

    rest->tokens = CM_NEW_N(rest->arena, const char *, list.len / 2 + 2);
    while (cm_str_split(&list, ',', &part)) {
        part = cm_str_trim(part);
        if (part.len)
            rest->tokens[rest->token_count++] = cm_arena_text(rest->arena, part);
    }
}

struct cm_twilio_rest *cm_twilio_rest_new(const struct cm_twilio_rest_options *options)
{
    struct cm_twilio_rest *rest = cm_must(calloc(1, sizeof *rest));
    struct cm_str api_url = cm_str_trim_end(cm_str_of(options->api_url), '/');

    rest->arena = cm_arena_new();
    rest->client = options->client;
    rest->api_url = cm_arena_text(rest->arena, api_url);
    if (options->account_sid)
        rest->account_sid = cm_arena_text(rest->arena, cm_str_of(options->account_sid));
    read_tokens(rest, cm_str_of(options->auth_tokens));
    return rest;
}

void cm_twilio_rest_free(struct cm_twilio_rest *rest)
{
    if (!rest)
        return;
    cm_arena_free(rest->arena);
    free(rest);
}

struct cm_str cm_twilio_rest_url(const struct cm_twilio_rest *rest,
                                 const struct cm_str *account_sid, struct cm_arena *arena)
{
    struct cm_str account = account_sid ? *account_sid : cm_str_of(rest->account_sid);

    return cm_arena_printf(arena, "%s/2010-04-01/Accounts/%.*s", rest->api_url,
                           CM_STR_FMT(account));
}

cm_rc cm_twilio_rest_fetch(const struct cm_twilio_rest *rest, struct cm_http_ask *ask,
                           struct cm_arena *arena, struct cm_http_answer *out, struct cm_err *err)
{
    cm_rc rc = CM_OK;

    if (!rest->account_sid || !rest->token_count)
        return cm_fail_away(
            err, "Twilio cannot be asked: TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is not set");

    ask->user = rest->account_sid;
    for (size_t i = 0; i < rest->token_count; i++) {
        ask->password = rest->tokens[i];
        rc = cm_http_fetch(rest->client, ask, arena, out, err);
        if (rc || out->status != 401)
            break;
    }
    return rc ? cm_err_wrap(err, "Twilio") : CM_OK;
}
