/* recordings.h - where the calls' recordings are kept: a folder, or a bucket of an object store.
 *
 * Vocabulary: the *folder* is where a recording is made (recording_file.h) before it is *kept* as
 * {call_sid}.mp3. In a folder that is a rename; in a bucket the file is put there, whole, and
 * leaves the folder, which then is this replica's own. Who reads opens a descriptor: of the kept
 * file, or of a copy without a name in the folder.
 *
 * Either way it is kept for good before the function returns, keeping it again is harmless, and
 * whoever has it open goes on reading what was opened. Sids are checked here.
 *
 * Errors: CM_RETRY, away: the folder or the store is away, or the store, which was asked at the
 * start, refuses us now. Thread: any; a walk is for one thread at a time.
 */
#pragma once
#include "base/config.h"
#include "base/metrics.h"
#include "engine/object_store.h"
#include "engine/recording_file.h"

/** RECORDINGS_URL and S3_...; RECORDINGS_DIR is the service's own. */
extern const struct cm_setting cm_recordings_settings[];

struct cm_recordings; /* opaque */

/** `config` and `http` are borrowed. Asks the store something, so it may take seconds. CM_FATAL:
 * the settings contradict each other, or the store refuses us; one that is away is no failure. */
cm_rc cm_recordings_new(const struct cm_config *config, struct cm_http_client *http,
                        struct cm_metrics *metrics, struct cm_recordings **out,
                        struct cm_err *err) CM_MUSTCHECK;
/** In `folder`, which is copied. */
struct cm_recordings *cm_recordings_in_folder(const char *folder);
void cm_recordings_free(struct cm_recordings *recordings); /* NULL is fine */
CM_DEFINE_OWN(cm_recordings, cm_recordings_free);

const char *cm_recordings_folder(const struct cm_recordings *recordings);
bool cm_recordings_are_remote(const struct cm_recordings *recordings);

/** A part in the folder (cm_recording_file_open). */
cm_rc cm_recordings_begin(const struct cm_recordings *recordings, struct cm_arena *arena,
                          struct cm_str call_sid, struct cm_recording_file *file,
                          struct cm_err *err) CM_MUSTCHECK;

/** Makes the part the call's recording. `facts` are of what it holds now. CM_RETRY: among others,
 * the part was removed meanwhile. */
cm_rc cm_recordings_keep(const struct cm_recordings *recordings, struct cm_arena *arena,
                         struct cm_recording_file *file, const struct cm_recording_facts *facts,
                         struct cm_err *err) CM_MUSTCHECK;

/** Removes a call's recording and what is in the making of it in this folder, for good. Neither
 * need be there. */
cm_rc cm_recordings_remove(const struct cm_recordings *recordings, struct cm_arena *arena,
                           struct cm_str call_sid, struct cm_err *err) CM_MUSTCHECK;

struct cm_recording {
    bool is_there;
    int fd; /* the caller's; -1: it is in a store */
    uint64_t size;
    char etag[OBJECT_ETAG_MAX]; /* with quotes; changes when the recording does */
};

/** What there is of a call; opens it where that costs nothing. No link is followed. CM_REJECT: no
 * sid, or what lies there is no file. */
cm_rc cm_recordings_look(const struct cm_recordings *recordings, struct cm_arena *arena,
                         struct cm_str call_sid, struct cm_recording *out,
                         struct cm_err *err) CM_MUSTCHECK;

struct cm_recording_ask {
    struct cm_str call_sid;
    bool (*stop)(void *ctx); /* http/client.h; may be NULL */
    void *stop_ctx;
};

/** As cm_recordings_look, with a descriptor of all of it whenever it is there. */
cm_rc cm_recordings_open(const struct cm_recordings *recordings, struct cm_arena *arena,
                         const struct cm_recording_ask *ask, struct cm_recording *out,
                         struct cm_err *err) CM_MUSTCHECK;

/** Of a looked-at recording in a store: `len` bytes from `from` on, at least one, to `to_fd`.
 * CM_RETRY: among others, it is another one by now, or `to_fd` takes no more. */
cm_rc cm_recordings_copy(const struct cm_recordings *recordings, struct cm_arena *arena,
                         const struct cm_recording_ask *ask, const struct cm_recording *recording,
                         uint64_t from, uint64_t len, int to_fd, struct cm_err *err) CM_MUSTCHECK;

/** Can it be reached and used? For those who look before they need it. */
cm_rc cm_recordings_check(const struct cm_recordings *recordings, struct cm_arena *arena,
                          struct cm_err *err) CM_MUSTCHECK;
