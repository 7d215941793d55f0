/* store.h - analyzers, transcripts and runs in the database. */
#pragma once
#include "runs.h"

/** The active analyzers of the call's organization, in their order, and when and whither the call
 * went. A call that is gone has none. */
cm_rc store_read_analyzers(struct cm_db *db, const struct cm_item *item, int64_t most,
                           struct runs *out, struct cm_err *err) CM_MUSTCHECK;
/** CM_REJECT: the call has no transcription. */
cm_rc store_read_transcript(struct cm_db *db, const struct cm_item *item, struct cm_transcript *out,
                            struct cm_err *err) CM_MUSTCHECK;

/** The same event and analyzer give the same id. */
struct cm_uuid store_run_id(const struct cm_item *item, const struct run *run);
/** Appends the runs that the items prepared, in their order; those that are there already stay. The
 * calls are shown by the last that were appended: their summary and sentiment at a glance. */
cm_rc store_append_runs(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                        int64_t now_us, struct cm_err *err) CM_MUSTCHECK;
