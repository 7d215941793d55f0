/* door.h - call-ingest's webhooks as a server on loopback, and Twilio knocking at it. */
#pragma once
#include "ground.h"

#define FORM_TYPE "application/x-www-form-urlencoded; charset=UTF-8"

struct door {
    struct cm_http_server *server; /* the test frees it */
    unsigned port;
};

struct door door_open(struct ground *g);

/** One request. `type` of the body and `signature` may be NULL: without. The answer is in g->arena.
 */
struct cm_http_answer door_ask(struct ground *g, const struct door *door, const char *method,
                               const char *target, const char *type, struct cm_str body,
                               const char *signature);
/** The form posted, signed as Twilio signs it. */
struct cm_http_answer door_post(struct ground *g, const struct door *door, const char *target,
                                const struct form *form);

/** What Twilio posts when an inbound call rings. */
struct form voice_of(struct ground *g, struct cm_str call_sid, struct cm_str to);
struct cm_str form_encoded(struct ground *g, const struct form *form);
const char *signature_of(struct ground *g, const char *target, const struct form *form);
