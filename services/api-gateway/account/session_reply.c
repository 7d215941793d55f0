#include "account/session_reply.h"

#include <stdio.h>

#include "reply.h"

static void set_cookie(struct cm_http_request *rq, const struct gateway *gateway, const char *token,
                       int max_age_s)
{
    char cookie[256];

    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
             gateway->cookie, token, max_age_s, gateway->secure ? "; Secure" : "");
    cm_http_set(rq, "Set-Cookie", cookie);
}

static bool is_browser(struct cm_http_request *rq)
{
    struct cm_str ignored;

    return cm_http_header(rq, "Sec-Fetch-Site", &ignored) || cm_http_header(rq, "Origin", &ignored);
}

void session_reply(struct cm_http_request *rq, const struct gateway *gateway,
                   const struct session_view *view)
{
    struct cm_buf body = { 0 };
    struct cm_json json = cm_json(&body);

    cm_json_object(&json, NULL);
    if (view->token && !is_browser(rq))
        cm_json_text(&json, "token", view->token);
    cm_json_object(&json, "user");
    cm_json_uuid(&json, "id", view->user_id);
    cm_json_str(&json, "email", view->email);
    cm_json_str(&json, "name", view->name);
    cm_json_str(&json, "role", view->role);
    cm_json_end(&json);
    cm_json_object(&json, "organization");
    cm_json_uuid(&json, "id", view->organization_id);
    cm_json_str(&json, "name", view->organization_name);
    cm_json_end(&json);
    if (view->expires_at.set)
        cm_json_time(&json, "expires_at", view->expires_at.value);
    else
        cm_json_null(&json, "expires_at");
    cm_json_end(&json);

    if (view->token)
        set_cookie(rq, gateway, view->token, gateway->lifetime_s);
    reply_json(rq, 200, &body);
}

void session_reply_gone(struct cm_http_request *rq, const struct gateway *gateway)
{
    set_cookie(rq, gateway, "", 0);
    reply_nothing(rq);
}
