/* recipients.h - who of a report's recipients has it, over as many attempts as it takes.
 *
 * One whom the mail server refuses does not keep the mail from the others. One who may be taken
 * later is tried again without those who have it, until the attempts are used up.
 */
#pragma once
#include "base/arena.h"
#include "deliver.h"

struct recipients {         /* in an arena */
    const char *const *all; /* addresses, ended by NULL */
    size_t count;
    struct cm_smtp_receipt *receipts; /* of each, so far */
};

/** Those of `addresses` that can stand in a mail; what else an organization has entered is left
 * out. */
struct recipients recipients_of(const struct cm_str *addresses, size_t count,
                                struct cm_arena *arena);

/** Sends `letter` (whose `to` is filled in here) to those whom nothing was settled with. CM_OK: at
 * least one has it, and no other attempt is to be made. */
cm_rc recipients_send(struct recipients *recipients, const struct delivery *delivery,
                      struct letter letter, bool last_attempt, struct cm_arena *arena,
                      struct cm_err *err) CM_MUSTCHECK;

size_t recipients_who_have_it(const struct recipients *recipients);
/** "1 of 3 recipients was refused: 550 5.1.1", which names no person; the NULL view: all have it.
 */
struct cm_str recipients_refused(const struct recipients *recipients, struct cm_arena *arena);
