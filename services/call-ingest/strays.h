/* strays.h - recordings whose call is gone.
 *
 * call.deleted removes a call's files at once (forget.h). What was put there a moment later by a
 * process that was killed before it could take it away again is found here: a look at some of the
 * names with every sweep, going on where the last one ended. Where recordings are in a bucket, a
 * round also has what is under way in this process's own folder.
 *
 * A call that the database remembers as deleted is gone. One that it has never heard of may be
 * missing from a restored backup, and its recording the last that there is of it: such files are
 * told, and removed only where that was asked for.
 *
 * Thread: one at a time.
 */
#pragma once
#include "base/metrics.h"
#include "db/db.h"
#include "engine/recordings.h"

struct strays; /* opaque: how far it has looked */

struct strays_options {
    const struct cm_recordings *recordings; /* borrowed */
    int64_t after_us;                       /* since the file was last written to */
    int files_max;                          /* names a look */
    bool unknown_too; /* removes those of calls that the database does not know */
    struct cm_metric *removed, *unknown; /* a counter; a gauge, of a whole round; may be NULL */
};

struct strays *strays_new(const struct strays_options *options);
void strays_free(struct strays *strays); /* NULL is fine */
CM_DEFINE_OWN(strays, strays_free);

/** CM_RETRY: the database is away, or what lies there cannot be read. A file that cannot be removed
 * is logged and met again in the next round. */
cm_rc strays_look(struct strays *strays, struct cm_db *db, int64_t now_us,
                  struct cm_err *err) CM_MUSTCHECK;
