/* twilio_rest.h - an account at Twilio's REST API, and requests in its name.
 *
 * Several auth tokens (while rotating) are tried in turn, as long as the answer is 401. Thread:
 * any.
 */
#pragma once
#include "http/client.h"

struct cm_twilio_rest; /* opaque */

struct cm_twilio_rest_options {
    struct cm_http_client *client; /* borrowed */
    const char *api_url;           /* "https://api.twilio.com", with or without slashes */
    const char *account_sid;       /* NULL: not configured; asking fails */
    const char *auth_tokens;       /* comma separated; NULL: not configured */
};

struct cm_twilio_rest *
cm_twilio_rest_new(const struct cm_twilio_rest_options *options); /* copies */
void cm_twilio_rest_free(struct cm_twilio_rest *rest);            /* NULL is fine */
CM_DEFINE_OWN(cm_twilio_rest, cm_twilio_rest_free);

/** ".../Accounts/AC..." of this account, or of another one that its credentials are good for
 * (`account_sid`; NULL: this one). */
struct cm_str cm_twilio_rest_url(const struct cm_twilio_rest *rest,
                                 const struct cm_str *account_sid, struct cm_arena *arena);

/** As cm_http_fetch, which says what fails; `ask` gets the credentials. CM_RETRY, away: among
 * others, there are none. */
cm_rc cm_twilio_rest_fetch(const struct cm_twilio_rest *rest, struct cm_http_ask *ask,
                           struct cm_arena *arena, struct cm_http_answer *out,
                           struct cm_err *err) CM_MUSTCHECK;
