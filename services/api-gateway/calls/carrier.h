/* carrier.h - brings recordings from an object store to those who listen.
 *
 * Vocabulary: a *carriage* is one request for a recording. A thread asks the store what there is;
 * the request's loop decides what of it is wanted, and answers; then a thread carries those bytes
 * through a pipe, at the pace of whoever takes them. There are as many threads as carriages are
 * taken on, so none waits for another; more are answered 503.
 *
 * A carriage touches its request in the request's loop only, and there only while the server runs.
 */
#pragma once
#include "engine/recordings.h"
#include "http/server.h"

struct carrier; /* opaque */

/** `recordings` are in a store; borrowed. `most` carriages at a time. CM_FATAL: no threads. */
cm_rc carrier_new(const struct cm_recordings *recordings, unsigned most, struct cm_metrics *metrics,
                  struct carrier **out, struct cm_err *err) CM_MUSTCHECK;
/** After the server has stopped. Ends what is still carried. NULL is fine. */
void carrier_free(struct carrier *carrier);
CM_DEFINE_OWN(carrier, carrier_free);

/** Answers `rq`, later. Thread: the request's loop. */
void carrier_take(struct carrier *carrier, struct cm_http_request *rq, struct cm_str call_sid);

/** Was it found, and may it be served? Otherwise the request was answered. (recording.c) */
bool recording_found(struct cm_http_request *rq, cm_rc rc, const struct cm_recording *recording,
                     const struct cm_err *err);
