/* session_reply.h - a session as the API shows it, and its cookie. */
#pragma once
#include "gateway.h"

struct session_view {  /* borrowed */
    const char *token; /* NULL: it is not a new one */
    struct cm_uuid user_id, organization_id;
    struct cm_str email, name, role, organization_name;
    struct cm_opt_i64 expires_at; /* an API token may have none */
};

/** 200. With a token also the cookie; the token itself is in the body for whoever is no browser: a
 * page has no use for it, and what a page does not have no script can take from it. */
void session_reply(struct cm_http_request *rq, const struct gateway *gateway,
                   const struct session_view *view);

/** Takes the cookie away again. */
void session_reply_gone(struct cm_http_request *rq, const struct gateway *gateway);
