/* change.h - an authenticated change: one transaction in a worker's thread.
 *
 * What reads is an ask (ask.h) and waits for nothing. What changes something is rarer and asks the
 * database several things in turn, so it is written as it happens: who asks, what may they do, was
 * it done before, do it, commit, answer.
 *
 *     CM_OWN_CHANGE struct change change = { 0 };
 *
 *     if (!change_begin(&change, rq, ctx, CHANGE_BY_ADMIN) || !body_read(rq, fields, N, values))
 *         return;                                         answered already
 *     if (change_send(&change, &sql_insert, args) && change_commit(&change))
 *         reply_nothing(rq);
 *
 * Row-level security holds each statement to the organization of who asks. Until the commit nothing
 * is changed: whoever returns before it has rolled back.
 */
#pragma once
#include "auth.h"
#include "gateway.h"

enum change_by { CHANGE_BY_MEMBER, CHANGE_BY_ADMIN };

struct change {
    struct gateway *gateway;
    struct cm_http_request *rq;
    struct cm_arena *arena; /* the request's */
    struct cm_tx *tx;
    struct credential credential;
    struct cm_uuid user_id, organization_id;
    bool is_admin;
    bool repeated; /* change_once: this was done before, under the same key */
    int64_t now_us;
};
/** Rolls back what was not committed. Who has something slow to do ends the change, does it, and
 * begins again: by then the right to it may be lost. */
void change_end(struct change *change);
#define CM_OWN_CHANGE __attribute__((cleanup(change_end)))

/** Finds the session and begins. false: it was answered (401, 403, 415, 503). */
bool change_begin(struct change *change, struct cm_http_request *rq, struct gateway *gateway,
                  enum change_by by);

/** What makes credentials, or says who may have some, takes a person's log-in: whoever comes by an
 * API token shall not make of it what outlives the token. false: it was answered with 403. */
bool change_in_person(struct change *change);

/** For what creates: `*id` is a new id, or, where the request's Idempotency-Key was used for the
 * same request before, the id of what was made then, and `repeated` is set. Nothing is to be
 * written then; what is there is answered. false: it was answered (400, 422, 503). */
bool change_once(struct change *change, struct cm_uuid *id);
/** The same, where `body` stands for the request's: what counts of one with a secret in it, of
 * which not even a hash is to be kept; or the hash of one that is a file. `*id` may be chosen
 * before; nil: it is not. */
bool change_once_of(struct change *change, struct cm_str body, struct cm_uuid *id);

/** The id as a statement's first parameter. */
struct cm_args *change_id_arg(const struct change *change, struct cm_uuid id);

/** One statement and its rows. false: it was answered: 503, 409 for what another change came
 * between, or 400 for text that the database does not take. */
bool change_query(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args,
                  struct cm_rows **rows);
/** One statement that nobody needs an answer of, sent along with the next. */
bool change_send(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args);
/** Queues the event for the outbox; it goes out with the commit. The request is part of its call's
 * trace from here on (cm_http_of_call). */
bool change_emit(struct change *change, const struct cm_event *event);
/** false: it was answered; whether the change took effect is not known then. */
bool change_commit(struct change *change);

/** The end of a removal: 204, or 404 where the statement found nothing. */
void change_remove(struct change *change, const struct cm_stmt *stmt, const struct cm_args *args);
