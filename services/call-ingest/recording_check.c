#include "recording_check.h"

enum { BYTES_PER_S_MIN = 250 };

/* Of something that is an MP3: is it as long as it should be, or may at least be? */
static cm_rc check_length(const struct cm_recording_facts *facts, int64_t announced_ms,
                          struct cm_err *err)
{
    long long announced_s = announced_ms / 1000;

    if (facts->duration_ms.set && facts->duration_ms.value + 2000 < announced_ms / 2)
        return cm_fail(err, CM_RETRY, "only %lld of %lld s were sent",
                       (long long)facts->duration_ms.value / 1000, announced_s);
    if (!facts->duration_ms.set && (int64_t)facts->size_bytes < announced_s * BYTES_PER_S_MIN)
        return cm_fail(err, CM_RETRY, "%llu bytes are too few for %lld s",
                       (unsigned long long)facts->size_bytes, announced_s);
    return CM_OK;
}

cm_rc recording_check(const struct cm_recording_file *file, struct cm_arena *arena,
                      struct cm_opt_i64 announced_ms, struct cm_recording_facts *out,
                      struct cm_err *err)
{
    struct cm_recording_facts facts = { 0 };
    enum cm_recording_verdict verdict;
    cm_rc rc = cm_recording_look(file->fd, file->part, arena, &facts, &verdict, err);

    if (rc)
        return rc;

    switch (verdict) {
    case CM_RECORDING_EMPTY:
        return cm_fail(err, CM_RETRY, "what Twilio sent is empty");
    case CM_RECORDING_NO_MP3:
        return cm_fail(err, CM_RETRY, "what Twilio sent is no MP3: it begins otherwise");
    case CM_RECORDING_FINE:
    case CM_RECORDING_BROKEN:
        break;
    }
    rc = check_length(&facts, announced_ms.set ? announced_ms.value : 0, err);
    if (!rc)
        *out = facts;
    return rc;
}
