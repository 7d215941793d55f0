/* gateway.h - what all requests of the API share, and the service itself.
 *
 * Vocabulary: a lane is what one event loop of the listener has for itself: a pipe to PostgreSQL
 * (pipe.h) and the live pages that hang on it (hub.h). A lane is used in its loop's thread only.
 * Everything else here is made before the listener starts and does not change until it has stopped.
 */
#pragma once
#include <semaphore.h>

#include "base/credential.h"
#include "db/pipe.h"
#include "engine/recordings.h"
#include "service/service.h"

struct carrier;
struct hub;
struct limiter;
struct tries;

enum { GATEWAY_LOOPS_MAX = 64 };

struct gateway {
    struct cm_service *service;
    struct cm_http_server *server;
    struct cm_pipe *pipes[GATEWAY_LOOPS_MAX]; /* by loop index; NULL: that loop is not open */
    struct hub *hub;
    struct tries *tries;

    /* logging in */
    struct limiter *by_account, *by_address;
    sem_t hashes; /* how many passwords may be checked at a time */
    struct cm_password_hash
        nobodys_hash; /* checked for unknown accounts, so that they take as long */

    /* settings */
    struct cm_recordings *recordings;
    struct carrier *carrier; /* NULL: recordings are in a folder */
    struct cm_str ui_url;    /* empty: not set */
    bool secure;             /* browsers reach us by https */
    const char *cookie;      /* the session cookie's name */
    int idle_s, lifetime_s, proxies;
};

extern const struct cm_service_spec api_gateway;
