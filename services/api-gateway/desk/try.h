/* try.h - who answers when an admin tries a prompt: the engines that analyzer-runner has.
 *
 * One that asks over the network keeps a worker for as long as a person waits, so only a few do so
 * at a time, never all workers.
 */
#pragma once
#include "base/own.h"
#include "service/service.h"

struct tries;

/** CM_FATAL: an engine is set up by halves. */
cm_rc tries_new(struct cm_service *service, struct tries **out, struct cm_err *err) CM_MUSTCHECK;
void tries_free(struct tries *tries); /* NULL is fine */
