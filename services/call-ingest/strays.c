#include "strays.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/recordings_walk.h"
#include "store_sweep.h"

struct strays {
    struct strays_options o;
    struct cm_recordings_walk *walk;
    size_t unknown; /* in this round, so far */
};

struct strays *strays_new(const struct strays_options *options)
{
    struct strays *strays = cm_must(calloc(1, sizeof *strays));

    strays->o = *options;
    strays->walk = cm_recordings_walk_new(options->recordings);
    return strays;
}

void strays_free(struct strays *strays)
{
    if (!strays)
        return;
    cm_recordings_walk_free(strays->walk);
    free(strays);
}

static void end_round(struct strays *strays)
{
    if (strays->unknown)
        cm_log(CM_LOG_WARN, "recordings of calls that the database does not know", "files=%zu",
               strays->unknown);
    cm_metric_set(strays->o.unknown, (int64_t)strays->unknown);
    strays->unknown = 0;
}

/* Leaves those that are old enough to be strays. */
static size_t keep_old(struct cm_recordings_entry entries[], size_t count, int64_t before_us)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (entries[i].changed_us < before_us)
            entries[kept++] = entries[i];
    return kept;
}

/* Is it gone now, and was not before? */
static bool remove_file(struct strays *strays, struct cm_arena *arena,
                        const struct cm_recordings_entry *entry)
{
    struct cm_err err = { 0 };
    bool was_there;

    if (cm_recordings_walk_remove(strays->walk, arena, entry, &was_there, &err)) {
        cm_log(CM_LOG_WARN, "the recording of a call that is gone stays", "reason=%s", err.msg);
        return false;
    }
    return was_there;
}

/* Asks the database about them, and removes those whose call is gone. */
static cm_rc sort_out(struct strays *strays, struct cm_db *db, struct cm_arena *arena,
                      const struct cm_recordings_entry entries[], size_t count, struct cm_err *err)
{
    struct cm_str *names = CM_NEW_N(arena, struct cm_str, count);
    enum call_memory *memories;
    size_t removed = 0;
    cm_rc rc;

    for (size_t i = 0; i < count; i++)
        names[i] = entries[i].name;
    rc = store_call_memories(db, arena, names, count, &memories, err);
    for (size_t i = 0; i < count && !rc; i++) {
        bool unknown = memories[i] == CALL_UNKNOWN;

        if (memories[i] == CALL_DELETED || (unknown && strays->o.unknown_too))
            removed += remove_file(strays, arena, &entries[i]);
        else
            strays->unknown += unknown;
    }
    cm_metric_add(strays->o.removed, (int64_t)removed);
    if (rc || !removed)
        return rc;
    return cm_recording_folder_sync(cm_recordings_folder(strays->o.recordings), err);
}

cm_rc strays_look(struct strays *strays, struct cm_db *db, int64_t now_us, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_recordings_entry *entries;
    bool round_ended;
    size_t count;
    cm_rc rc = cm_recordings_walk_on(strays->walk, arena, strays->o.files_max, &entries, &count,
                                     &round_ended, err);

    if (rc)
        return rc;
    count = keep_old(entries, count, now_us - strays->o.after_us);
    if (count)
        rc = sort_out(strays, db, arena, entries, count, err);
    if (!rc && round_ended)
        end_round(strays);
    return rc;
}
