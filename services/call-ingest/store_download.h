/* store_download.h - the statements of a download, one function each. Errors are db.h's. */
#pragma once
#include "db/db.h"

struct download_row { /* what is known before the download */
    int64_t file_duration_ms,
        file_size_bytes; /* of another recording that is the call's file; -1: there is none */
};

struct stored_row { /* what a download found */
    struct cm_str recording_sid, sha256;
    int64_t size_bytes, channels;
    struct cm_opt_i64 duration_ms;
    bool is_call_file;
};

struct recorded_call { /* for call.recorded */
    struct cm_str from, to, direction;
    int64_t caller_channel, started_at_us;
};

enum download_answer { DOWNLOAD_KNOWN, DOWNLOAD_GONE /* the call was deleted */ };

cm_rc store_call_is_there(struct cm_db *db, struct cm_arena *arena, struct cm_str call_sid,
                          bool *is_there, struct cm_err *err) CM_MUSTCHECK;
cm_rc store_find_download(struct cm_db *db, struct cm_arena *arena, struct cm_str recording_sid,
                          struct download_row *out, enum download_answer *answer,
                          struct cm_err *err) CM_MUSTCHECK;
/** Notes why the recording is not there. */
cm_rc store_fail_download(struct cm_db *db, struct cm_arena *arena, struct cm_str recording_sid,
                          struct cm_str reason, struct cm_err *err) CM_MUSTCHECK;
/** Locks the call, writes the recording's row and, where it is the call's file, the call's. */
cm_rc store_download(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid call_id,
                     const struct stored_row *stored, int64_t now_us, struct recorded_call *call,
                     enum download_answer *answer, struct cm_err *err) CM_MUSTCHECK;
