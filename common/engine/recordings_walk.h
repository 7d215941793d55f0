/* recordings_walk.h - goes over what lies where recordings are kept, a part at a time.
 *
 * A round has every name of the folder and then, where recordings are in a bucket, every name
 * there. What is added or removed meanwhile may or may not be met. Thread: one at a time.
 */
#pragma once
#include "engine/recordings.h"

struct cm_recordings_walk; /* opaque: how far it has come */

struct cm_recordings_walk *cm_recordings_walk_new(const struct cm_recordings *recordings);
void cm_recordings_walk_free(struct cm_recordings_walk *walk); /* NULL is fine */
CM_DEFINE_OWN(cm_recordings_walk, cm_recordings_walk_free);

struct cm_recordings_entry { /* in the arena */
    struct cm_str call_sid;
    struct cm_str name; /* {call_sid}.mp3 or {call_sid}.mp3.part; other names are passed over */
    int64_t changed_us;
    bool in_store;
};

/** Looks at up to `max` names, from where it stopped. `*round_ended`: it begins anew with the next
 * call. CM_RETRY: the folder or the store is away; what was looked at is looked at again. */
cm_rc cm_recordings_walk_on(struct cm_recordings_walk *walk, struct cm_arena *arena, int max,
                            struct cm_recordings_entry **out, size_t *count, bool *round_ended,
                            struct cm_err *err) CM_MUSTCHECK;

/** `*was_there`: this call removed it, for all one can tell. */
cm_rc cm_recordings_walk_remove(const struct cm_recordings_walk *walk, struct cm_arena *arena,
                                const struct cm_recordings_entry *entry, bool *was_there,
                                struct cm_err *err) CM_MUSTCHECK;
