/* import.c - POST /api/calls/import: an old recording becomes a call.
 *
 * Who sends it was found out before its body was read (admit_import). The body is a file by now: it
 * is looked at first, and becomes the call's file, which may take an object store minutes, with no
 * transaction open. Only then its rows commit: a crash in between leaves a file that no call has,
 * of which call-ingest's sweep tells, and never a call without its file.
 */
#include "calls/import.h"

#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>

#include "ask.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/phone.h"
#include "base/span.h"
#include "body.h"
#include "calls/json.h"
#include "endpoints.h"
#include "reply.h"

static const struct cm_stmt sql_numbers = {
    "import_numbers",
    "SELECT id, number, caller_channel FROM phone_number WHERE number IN ($1, $2)",
};
static const struct cm_stmt sql_one = {
    "import_one",
    "SELECT " CALL_COLUMNS " FROM call c LEFT JOIN contact k ON k.id = c.contact_id"
    " WHERE c.id = $1",
};

/* ---- before the body ---- */

static void take_body(struct ask *ask, struct cm_rows *rows[])
{
    (void)rows;
    cm_http_take_body(ask->rq);
}

void admit_import(struct cm_http_request *rq, void *ctx)
{
    struct ask *ask = ask_new(rq, ctx, take_body);
    struct cm_str header = { 0 }, type = { 0 };

    if (!ask)
        return;
    cm_http_header(rq, "Content-Type", &header);
    cm_str_split(&header, ';', &type);
    if (cm_str_ieq(cm_str_trim(type), "audio/mpeg"))
        ask_send(ask);
    else
        cm_http_problem(rq, 415, "Unsupported Media Type", "Send the recording as audio/mpeg.");
}

/* ---- the query ---- */

static bool read_number(struct cm_http_request *rq, const char *name, struct cm_str *out)
{
    if (cm_http_query(rq, name, out) && cm_is_e164(*out))
        return true;
    reply_bad_request(rq,
                      cm_arena_printf(cm_http_arena(rq),
                                      "%s has to be a phone number in E.164, such as +15551234567"
                                      " (in a query + is written %%2B)",
                                      name)
                          .at);
    return false;
}

static bool read_query(struct cm_http_request *rq, struct import *import)
{
    struct cm_str started_at;

    if (!read_number(rq, "from", &import->from) || !read_number(rq, "to", &import->to))
        return false;
    if (!cm_http_query(rq, "started_at", &started_at) ||
        !cm_time_parse_rfc3339(started_at, &import->started_at_us) || import->started_at_us < 0 ||
        import->started_at_us > cm_now_us()) {
        reply_bad_request(
            rq, "started_at has to be a time from 1970 to now, such as 2026-10-01T09:30:00Z");
        return false;
    }
    if (cm_http_query(rq, "direction", &import->direction) &&
        !cm_str_is(import->direction, "inbound") && !cm_str_is(import->direction, "outbound")) {
        reply_bad_request(rq, "direction has to be inbound or outbound");
        return false;
    }
    return true;
}

static bool is_number(const struct cm_rows *numbers, int row, struct cm_str number)
{
    return cm_str_eq(cm_row_str(numbers, row, 1), number);
}

/* Which of the organization's numbers is it, and who called? */
static bool find_number(struct change *change, struct import *import)
{
    struct cm_args *args = cm_args_new(change->arena);
    CM_OWN(cm_rows) numbers = NULL;
    struct cm_str ours;
    int count, row = 0;

    cm_arg_str(args, import->from);
    cm_arg_str(args, import->to);
    if (!change_query(change, &sql_numbers, args, &numbers))
        return false;

    count = cm_rows_count(numbers);
    if (!import->direction.len) {
        while (row < count && !is_number(numbers, row, import->to))
            row++;
        import->direction = row < count ? CM_STR("inbound") : CM_STR("outbound");
    }
    ours = cm_str_is(import->direction, "inbound") ? import->to : import->from;
    for (row = 0; row < count; row++)
        if (is_number(numbers, row, ours)) {
            import->number_id = cm_row_uuid(numbers, row, 0);
            import->caller_channel = cm_row_i64(numbers, row, 2);
            return true;
        }
    reply_bad_request(change->rq,
                      count ? "direction does not fit: an inbound call goes to one of the"
                              " organization's phone numbers, an outbound one comes from it"
                            : "neither from nor to is one of the organization's phone numbers");
    return false;
}

/* ---- the recording ---- */

static bool fail_file(struct cm_http_request *rq, cm_rc rc, const struct cm_err *err)
{
    cm_log(CM_LOG_WARN, "a recording is not brought in", "class=%s reason=%s", cm_rc_name(rc),
           err->msg);
    reply_away(rq, 10, "The recording cannot be kept right now. Try again later.");
    return false;
}

static bool look_inside(struct cm_http_request *rq, struct import *import)
{
    enum cm_recording_verdict verdict;
    struct cm_err err = { 0 };
    cm_rc rc = cm_recording_look(cm_http_body_file(rq), "the body", cm_http_arena(rq),
                                 &import->facts, &verdict, &err);

    if (rc)
        return fail_file(rq, rc, &err);

    switch (verdict) {
    case CM_RECORDING_FINE:
        return true;
    case CM_RECORDING_EMPTY:
        reply_bad_request(rq, "the body is empty; it is to be the recording");
        return false;
    case CM_RECORDING_NO_MP3:
        cm_http_problem(rq, 415, "Unsupported Media Type",
                        "The body is no MP3: it begins otherwise.");
        return false;
    case CM_RECORDING_BROKEN:
        cm_http_problem(rq, 415, "Unsupported Media Type",
                        cm_arena_printf(cm_http_arena(rq), "The body cannot be read as MP3: %.*s.",
                                        CM_STR_FMT(import->facts.flaw))
                            .at);
        return false;
    }
    return false;
}

static cm_rc copy_all(int from, const struct cm_recording_file *to, uint64_t size,
                      struct cm_err *err)
{
    off_t at = 0;

    while ((uint64_t)at < size) {
        ssize_t done = sendfile(to->fd, from, &at, (size_t)(size - (uint64_t)at));

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return cm_recording_file_fail(err, "write", to->part);
        if (done == 0)
            return cm_fail(err, CM_RETRY, "%s: the body's file has become shorter", to->part);
    }
    return CM_OK;
}

static bool keep_file(struct change *change, const struct import *import)
{
    CM_OWN_RECORDING_FILE struct cm_recording_file file = { .fd = -1 };
    struct cm_err err = { 0 };
    const struct cm_recordings *recordings = change->gateway->recordings;
    cm_rc rc = cm_recordings_begin(recordings, change->arena, import->call_sid, &file, &err);

    if (!rc)
        rc = copy_all(cm_http_body_file(change->rq), &file, import->facts.size_bytes, &err);
    if (!rc)
        rc = cm_recordings_keep(recordings, change->arena, &file, &import->facts, &err);
    return rc ? fail_file(change->rq, rc, &err) : true;
}

/* ---- the call ---- */

static void name_it(struct change *change, struct import *import, struct cm_uuid id)
{
    struct cm_hex hex = cm_hex(id.at, sizeof id.at);

    import->id = id;
    import->call_sid = cm_arena_printf(change->arena, "CA%s", hex.at);
    import->recording_sid = cm_arena_printf(change->arena, "RE%s", hex.at);
}

static bool read_back(struct change *change, struct cm_uuid id, struct cm_rows **call)
{
    struct cm_args *args = cm_args_new(change->arena);

    cm_arg_uuid(args, id);
    return change_query(change, &sql_one, args, call);
}

static void put_call(struct cm_json *json, const struct cm_rows *rows, int row)
{
    cm_json_object(json, NULL);
    call_json_fields(json, rows, row);
    cm_json_end(json);
}

static void drop_file(struct change *change, const struct import *import)
{
    struct cm_err err = { 0 };

    if (cm_recordings_remove(change->gateway->recordings, change->arena, import->call_sid, &err))
        cm_log(CM_LOG_WARN, "a recording without a call stays", "call_sid=%.*s reason=%s",
               CM_STR_FMT(import->call_sid), err.msg);
}

/* Was it brought in before, and if not, to which number? Of this look nothing is kept. */
static bool look_ahead(struct change *change, struct import *import, struct cm_uuid *id,
                       struct cm_rows **call)
{
    if (!change_once_of(change, import->facts.sha256, id))
        return false;
    if (change->repeated)
        return read_back(change, *id, call);
    if (!find_number(change, import))
        return false;
    name_it(change, import, *id);
    change_end(change);
    return true;
}

/* Unless another request with the same key was quicker. */
static bool write_rows(struct change *change, struct gateway *gateway, const struct import *import,
                       struct cm_uuid *id, struct cm_rows **call)
{
    return change_begin(change, change->rq, gateway, CHANGE_BY_MEMBER) &&
           change_once_of(change, import->facts.sha256, id) &&
           (change->repeated || import_store(change, import)) && read_back(change, *id, call);
}

/* File, rows, and the call as it is then. What fails before the commit leaves no file; whether a
 * commit that fails took effect is not known, so the file stays. */
static bool bring_in(struct change *change, struct gateway *gateway, const struct import *import,
                     struct cm_uuid *id, struct cm_rows **call)
{
    bool written;

    if (!keep_file(change, import))
        return false;
    written = write_rows(change, gateway, import, id, call);
    if (!written || change->repeated)
        drop_file(change, import);
    return written;
}

/* The call itself may be years old, and a trace of years shows nothing: here its root lasts as long
 * as the bringing in. */
static void record_root(const struct change *change, const struct import *import)
{
    cm_span_call(&(struct cm_call_span){ .call_id = import->id,
                                         .start_us = change->now_us,
                                         .end_us = cm_now_us(),
                                         .direction = import->direction,
                                         .status = CM_STR("completed") });
}

void import_call(struct cm_http_request *rq, void *ctx)
{
    CM_OWN_CHANGE struct change change = { 0 };
    CM_OWN(cm_rows) call = NULL;
    struct import import = { 0 };
    struct cm_uuid id = { 0 };

    if (!read_query(rq, &import) || !look_inside(rq, &import) ||
        !change_begin(&change, rq, ctx, CHANGE_BY_MEMBER) ||
        !look_ahead(&change, &import, &id, &call) ||
        (!change.repeated && !bring_in(&change, ctx, &import, &id, &call)) ||
        !change_commit(&change))
        return;
    if (!change.repeated)
        record_root(&change, &import);
    reply_row_created(rq, "/api/calls", id, call, put_call);
}
