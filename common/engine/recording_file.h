/* recording_file.h - a recording on its way into RECORDINGS_DIR.
 *
 * Its bytes are written to {call_sid}.mp3.part, which one process holds locked; what is kept is
 * synced and renamed to {call_sid}.mp3, which is whole at every moment. Sids are checked by the
 * caller. A full disk is CM_RETRY (away): it uses up nobody's attempts. Thread: one at a time.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "event/event.h"

struct cm_recording_file {
    const char *folder, *part, *whole; /* in the arena */
    int fd;                            /* of the part; -1: none */
};

enum cm_recording_verdict {
    CM_RECORDING_FINE,
    CM_RECORDING_EMPTY,
    CM_RECORDING_NO_MP3, /* it begins otherwise */
    CM_RECORDING_BROKEN, /* it begins like one, but cannot be walked to its end */
};

struct cm_recording_facts {
    uint64_t size_bytes;
    struct cm_str sha256; /* hexadecimal, in the arena */
    int channels;         /* 0: not to be told */
    struct cm_opt_i64 duration_ms;
    struct cm_str flaw; /* of a broken one: what is wrong with it */
};

/** What a file is, whoever wrote it. `name` is for messages. A broken one has a size and a hash; of
 * the others that are not fine there are no facts. CM_RETRY: it cannot be read now. */
cm_rc cm_recording_look(int fd, const char *name, struct cm_arena *arena,
                        struct cm_recording_facts *out, enum cm_recording_verdict *verdict,
                        struct cm_err *err) CM_MUSTCHECK;

/** Makes an empty part, or empties one that a killed process left. CM_RETRY: another process is at
 * it, or the disk is full. */
cm_rc cm_recording_file_open(struct cm_recording_file *file, struct cm_arena *arena,
                             const char *folder, struct cm_str call_sid,
                             struct cm_err *err) CM_MUSTCHECK;

/** Makes it the call's file, for good: synced, renamed, the folder synced. CM_RETRY: among others,
 * the part was removed meanwhile. */
cm_rc cm_recording_file_keep(struct cm_recording_file *file, struct cm_err *err) CM_MUSTCHECK;

/** Is the part still there, for who keeps it elsewhere? CM_RETRY: it was removed meanwhile. */
cm_rc cm_recording_file_is_wanted(const struct cm_recording_file *file,
                                  struct cm_err *err) CM_MUSTCHECK;

/** Removes the part, if it was not kept. Closes. */
void cm_recording_file_finish(struct cm_recording_file *file);
#define CM_OWN_RECORDING_FILE __attribute__((cleanup(cm_recording_file_finish)))

/** Removes a call's file and its part, for good: the folder is synced. Neither need be there; who
 * writes to the part at this moment cannot keep it any more. */
cm_rc cm_recording_file_remove(struct cm_arena *arena, const char *folder, struct cm_str call_sid,
                               struct cm_err *err) CM_MUSTCHECK;

/** Makes what was renamed or removed in the folder last. */
cm_rc cm_recording_folder_sync(const char *folder, struct cm_err *err) CM_MUSTCHECK;

/** The disk's failures: full is `away`. `errno` says which. */
cm_rc cm_recording_file_fail(struct cm_err *err, const char *verb, const char *path);
