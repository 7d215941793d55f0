/* testing.h - runs a route's steps without Kafka, for a service's tests.
 *
 * Implemented in testing.c, linked by tests only (library cm_service_testing).
 */
#pragma once
#include "service/service.h"

struct cm_bench; /* a context, a transaction on a real database, and the events that were emitted */

/** `app` is the test's own. `db` may be NULL for steps that touch none. */
struct cm_bench *cm_bench_new(struct cm_db *db, void *app, int64_t now_us);
void cm_bench_free(struct cm_bench *bench);
CM_DEFINE_OWN(cm_bench, cm_bench_free);
struct cm_context *cm_bench_context(struct cm_bench *bench);
struct cm_arena *cm_bench_arena(struct cm_bench *bench);
/** For code that wants a service: it has the database and no configuration, and what
 * cm_outbox_write gets is kept here as emitted (no row is written). */
struct cm_service *cm_bench_service(struct cm_bench *bench);
/** Takes one event through prepare and persist, as the runner does (inbox and step's state
 * included), and commits. An event that was handled before has no effect and is CM_OK. Without a
 * database persist gets a NULL transaction. */
cm_rc cm_bench_handle(struct cm_bench *bench, const char *service, const struct cm_route *route,
                      const struct cm_event *event, struct cm_err *err) CM_MUSTCHECK;
/** What has been emitted so far; events live as long as the bench. */
size_t cm_bench_emitted(const struct cm_bench *bench, enum cm_event_kind kind);
const struct cm_event *cm_bench_event(const struct cm_bench *bench, enum cm_event_kind kind,
                                      size_t n);
