#include "account/hashing.h"

#include <time.h>

#include "reply.h"

enum { WAIT_S = 2 };

bool hashing_enter(struct cm_http_request *rq, struct gateway *gateway)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    if (sem_clockwait(&gateway->hashes, CLOCK_MONOTONIC, &until) == 0)
        return true;

    reply_away(rq, WAIT_S, "Too many passwords are being checked right now. Try again.");
    return false;
}

void hashing_leave(struct gateway *gateway)
{
    sem_post(&gateway->hashes);
}
