#include "forget.h"

#include "base/log.h"
#include "ingest.h"
#include "store_download.h"

/* Who forges the event must not get at the recording of a call that is there. */
cm_rc forget_call(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    const struct ingest *app = cx->app;
    struct cm_str call_sid = item->event->head.call_sid;
    bool is_there;
    cm_rc rc;

    if (!cm_is_sid(call_sid, "CA"))
        return cm_fail(err, CM_REJECT, "the event's call_sid is no sid");

    rc = store_call_is_there(cx->db, item->arena, call_sid, &is_there, err);
    if (rc)
        return rc;
    if (is_there)
        return cm_fail(err, CM_REJECT, "the call was not deleted");

    rc = cm_recordings_remove(app->recordings, item->arena, call_sid, err);
    if (rc)
        return rc;

    cm_log(CM_LOG_INFO, "call forgotten", "call_sid=%.*s why=%.*s", CM_STR_FMT(call_sid),
           CM_STR_FMT(item->event->call_deleted.reason));
    return CM_OK;
}
