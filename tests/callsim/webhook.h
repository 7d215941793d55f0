/* webhook.h - posts a form as Twilio does: signed, with its headers and its retries. Thread: any.
 */
#pragma once
#include "http/client.h"
#include "options.h"

enum { FORM_MAX = 40 };

struct form {
    struct {
        const char *name;
        struct cm_str value;
    } field[FORM_MAX];
    int count;
};

void form_add(struct form *form, const char *name, struct cm_str value);
void form_text(struct form *form, const char *name, const char *value);

/** The signature of a POST of `form` to `url` (Twilio's algorithm, written a second time on
 * purpose: a mistake in the service's own would otherwise be a mistake here too). */
struct cm_base64_32;
void webhook_sign(const char *auth_token, struct cm_str url, const struct form *form,
                  struct cm_base64_32 *out);

struct webhook_sent {
    int attempts;
    unsigned status;    /* of the last answer; 0: none */
    struct cm_str body; /* of the last answer */
};

struct poster { /* all borrowed */
    struct cm_http_client *client;
    const struct options *options;
    bool (*stop)(void); /* true: no further try */
};

/** Posts until it is answered 2xx, or refused for good (other 4xx), or its time is over. `url` is
 * the public one, maybe with a fragment of overrides; `token` is the idempotency token. */
void webhook_post(const struct poster *poster, const char *url, const struct form *form,
                  const char *token, struct cm_arena *arena, struct webhook_sent *out);
