/* health.h - looks now and then whether what the service depends on is there. Only for
 * common/service. */
#pragma once
#include "service/inside.h"

enum { HEALTH_PARTS_MAX = 4 };

struct health_report {
    bool is_ready;
    size_t count;
    struct {
        const char *name; /* start, database, kafka, registry */
        bool is_up;
        char reason[256];
    } parts[HEALTH_PARTS_MAX];
};

struct health *health_new(struct cm_service *service);
void health_free(struct health *health); /* ends its thread */

/** While the service is being opened, and when it stops: not ready, and why. NULL: nothing against
 * it. */
void health_hold(struct health *health, const char *reason);
/** From now on a thread looks every few seconds. */
cm_rc health_watch(struct health *health, struct cm_err *err) CM_MUSTCHECK;
/** Looks once at everything. CM_RETRY: the first that is away. Thread: any. */
cm_rc health_look(struct health *health, struct cm_err *err) CM_MUSTCHECK;
struct health_report health_report(struct health *health); /* Thread: any */
