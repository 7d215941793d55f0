/* store_start.c - taking a stream: its token, its call, its session. */
#include "base/credential.h"
#include "base/phone.h"
#include "store.h"

/* ---- the statements ---- */

static const struct cm_stmt sql_lock = {
    "live_lock",
    "SELECT true FROM lock_call($1)",
};
/* A call, with the one token that was shown, if it is its own and good. */
static const struct cm_stmt sql_call = {
    "live_call",
    "SELECT c.id, c.organization_id, c.direction = 'outbound',"
    "       c.status IN ('completed', 'busy', 'failed', 'no-answer', 'canceled'),"
    "       EXISTS (SELECT FROM live_session s WHERE s.call_id = c.id AND s.ended_at IS NULL),"
    "       t.kind = 'assistant', n.assistant AND n.forward_to IS NULL, n.instructions, n.voice,"
    "       n.greeting"
    "  FROM call c JOIN phone_number n ON n.id = c.phone_number_id"
    "  LEFT JOIN stream_token t ON t.token_hash = $2 AND t.call_id = c.id AND t.used_at IS NULL"
    "                          AND t.expires_at > $3"
    " WHERE c.call_sid = $1 FOR KEY SHARE OF c",
};
static const struct cm_stmt sql_deleted = {
    "live_deleted",
    "SELECT EXISTS (SELECT FROM deleted_call WHERE call_sid = $1)",
};
/* Who was called is asked first: between two numbers of ours, the call came in. */
static const struct cm_stmt sql_number = {
    "live_number",
    "SELECT n.id, n.organization_id, n.number <> $1, n.record,"
    "       n.assistant AND n.forward_to IS NULL, n.instructions, n.voice, n.greeting"
    "  FROM phone_number n WHERE n.number IN ($1, $2) ORDER BY n.number <> $1 LIMIT 1",
};
static const struct cm_stmt sql_make_call = {
    "live_make_call",
    "INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id, from_number,"
    " to_number, direction, status, recorded, recording_awaited, started_at, created_at, "
    "updated_at)"
    " VALUES ($1, $2, $3, $4, CASE WHEN $5::text IS NOT NULL THEN contact_of($3, $5, $6, $7) END,"
    " $8, $9, $10, 'in-progress', $11, $11, $7, $7, $7) RETURNING contact_id",
};
/* As a callback would say it; it knows no time but its own. */
static const struct cm_stmt sql_say = {
    "live_say",
    "INSERT INTO call_status (call_id, organization_id, status, source, occurred_at, received_at)"
    " VALUES ($1, $2, 'in-progress', 'stream', $3, $3) ON CONFLICT DO NOTHING",
};
static const struct cm_stmt sql_move_on = {
    "live_move_on",
    "UPDATE call SET status = 'in-progress', started_at = coalesce(started_at, $2), updated_at = $2"
    " WHERE id = $1 AND status IN ('queued', 'initiated', 'ringing')",
};
static const struct cm_stmt sql_use_token = {
    "live_use_token",
    "UPDATE stream_token SET used_at = $2 WHERE token_hash = $1",
};
/* A process that was taken for dead meanwhile holds something again. */
static const struct cm_stmt sql_be_there = {
    "live_be_there",
    "INSERT INTO live_holder (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
};
static const struct cm_stmt sql_open = {
    "live_open",
    "INSERT INTO live_session (id, call_id, organization_id, stream_sid, kind, engine, model,"
    " holder_id, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
};

/* One start at work. */
struct work {
    struct cm_tx *tx;
    struct cm_arena *arena;
    const struct live_start *start;
    int64_t now_us;
    struct cm_str token_hash; /* NULL: no token was shown; empty: nothing like one */
    struct live_taken *out;
};

static struct cm_args *args_text(const struct work *w, struct cm_str text)
{
    struct cm_args *args = cm_args_new(w->arena);

    cm_arg_str(args, text);
    return args;
}

static void hash_token(struct work *w)
{
    struct cm_sha256 hash;

    if (!w->start->token.len)
        return;
    w->token_hash = CM_STR("");
    if (cm_token_hash(w->start->token, &hash))
        w->token_hash =
            cm_arena_str(w->arena, (struct cm_str){ (const char *)hash.at, sizeof hash.at });
}

/* From `first` on: is it an assistant's number, and how it talks. */
static void take_manner(struct work *w, const struct cm_rows *rows, int first)
{
    w->out->assistant = cm_row_bool(rows, 0, first) && !w->start->both_tracks;
    w->out->instructions = cm_row_copy(rows, 0, first + 1, w->arena);
    w->out->voice = cm_row_copy(rows, 0, first + 2, w->arena);
    w->out->greeting = cm_row_copy(rows, 0, first + 3, w->arena);
}

/* ---- a call that is known ---- */

static cm_rc find_call(const struct work *w, struct cm_rows **rows, struct cm_err *err)
{
    struct cm_args *args = args_text(w, w->start->call_sid);

    cm_arg_bytes(args, w->token_hash);
    cm_arg_time(args, w->now_us);
    return cm_tx_query(w->tx, &sql_call, args, rows, err);
}

static enum live_answer judge(struct work *w, const struct cm_rows *rows)
{
    bool good_token = !cm_row_is_null(rows, 0, 5);

    if (!good_token && (w->start->token_required || w->token_hash.at))
        return LIVE_BAD_TOKEN;
    if (cm_row_bool(rows, 0, 3))
        return LIVE_OVER;
    if (cm_row_bool(rows, 0, 4))
        return LIVE_HELD;

    w->out->head.call_id = cm_row_uuid(rows, 0, 0);
    w->out->head.organization_id = cm_row_uuid(rows, 0, 1);
    w->out->outbound = cm_row_bool(rows, 0, 2);
    take_manner(w, rows, 6);
    if (good_token)
        w->out->assistant = cm_row_bool(rows, 0, 5);
    return LIVE_TAKEN;
}

/* ---- a call that is new ---- */

static cm_rc find_number(const struct work *w, struct cm_phone from, struct cm_phone to,
                         struct cm_rows **rows, struct cm_err *err)
{
    struct cm_args *args = args_text(w, to.text);

    cm_arg_str(args, from.text);
    return cm_tx_query(w->tx, &sql_number, args, rows, err);
}

static cm_rc insert_call(struct work *w, struct cm_phone theirs, bool recorded, struct cm_err *err)
{
    const struct live_taken *out = w->out;
    CM_OWN(cm_rows) rows = NULL;
    struct cm_args *args = cm_args_new(w->arena);
    cm_rc rc;

    cm_arg_uuid(args, out->head.call_id);
    cm_arg_str(args, out->head.call_sid);
    cm_arg_uuid(args, out->head.organization_id);
    cm_arg_uuid(args, out->started.phone_number_id);
    cm_arg_str(args, cm_phone_is_somebody(theirs) ? theirs.text : (struct cm_str){ 0 });
    cm_arg_uuid(args, cm_uuid_v7(w->now_us)); /* of the contact, should it be a new one */
    cm_arg_time(args, w->now_us);
    cm_arg_str(args, out->started.from_number);
    cm_arg_str(args, out->started.to_number);
    cm_arg_str(args, out->started.direction);
    cm_arg_bool(args, recorded);
    rc = cm_tx_query(w->tx, &sql_make_call, args, &rows, err);
    if (rc)
        return rc;

    w->out->started.contact_id = cm_row_opt_uuid(rows, 0, 0);
    return CM_OK;
}

static cm_rc make_call(struct work *w, enum live_answer *answer, struct cm_err *err)
{
    struct cm_phone from = cm_phone_read(w->start->from), to = cm_phone_read(w->start->to);
    CM_OWN(cm_rows) rows = NULL;
    struct live_taken *out = w->out;
    cm_rc rc = find_number(w, from, to, &rows, err);

    if (rc)
        return rc;
    *answer = LIVE_NO_NUMBER;
    if (!cm_rows_count(rows))
        return CM_OK;

    *answer = LIVE_TAKEN;
    out->created = true;
    out->outbound = cm_row_bool(rows, 0, 2);
    out->head.call_id = cm_uuid_v7(w->now_us);
    out->head.organization_id = cm_row_uuid(rows, 0, 1);
    out->started = (struct cm_call_started){
        .phone_number_id = cm_row_uuid(rows, 0, 0),
        .from_number = cm_arena_str(w->arena, from.text),
        .to_number = cm_arena_str(w->arena, to.text),
        .direction = out->outbound ? CM_STR("outbound") : CM_STR("inbound"),
        .status = CM_STR("in-progress"),
        .started_at_us = w->now_us,
    };
    take_manner(w, rows, 4);
    return insert_call(w, out->outbound ? to : from, cm_row_bool(rows, 0, 3), err);
}

/* A token is a known call's, so one that was shown for another is a bad one. */
static cm_rc take_unknown(struct work *w, enum live_answer *answer, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    *answer = LIVE_BAD_TOKEN;
    if (w->start->token_required)
        return CM_OK;
    rc = cm_tx_query(w->tx, &sql_deleted, args_text(w, w->start->call_sid), &rows, err);
    if (rc)
        return rc;
    if (cm_row_bool(rows, 0, 0))
        *answer = LIVE_OVER;
    else if (!w->token_hash.at)
        return make_call(w, answer, err);
    return CM_OK;
}

/* ---- the session ---- */

static cm_rc send_call(const struct work *w, const struct cm_stmt *stmt, bool with_organization,
                       struct cm_err *err)
{
    struct cm_args *args = cm_args_new(w->arena);

    cm_arg_uuid(args, w->out->head.call_id);
    if (with_organization)
        cm_arg_uuid(args, w->out->head.organization_id);
    cm_arg_time(args, w->now_us);
    return cm_tx_send(w->tx, stmt, args, err);
}

static cm_rc use_token(const struct work *w, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(w->arena);

    if (!w->token_hash.at)
        return CM_OK;
    cm_arg_bytes(args, w->token_hash);
    cm_arg_time(args, w->now_us);
    return cm_tx_send(w->tx, &sql_use_token, args, err);
}

static cm_rc be_there(const struct work *w, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(w->arena);

    cm_arg_uuid(args, w->start->holder_id);
    cm_arg_time(args, w->now_us);
    return cm_tx_send(w->tx, &sql_be_there, args, err);
}

static cm_rc open_session(const struct work *w, struct cm_err *err)
{
    const struct live_start *start = w->start;
    const struct live_engine *engine = w->out->assistant ? &start->assistant : &start->captions;
    struct cm_args *args = cm_args_new(w->arena);

    cm_arg_uuid(args, start->session_id);
    cm_arg_uuid(args, w->out->head.call_id);
    cm_arg_uuid(args, w->out->head.organization_id);
    cm_arg_str(args, start->stream_sid);
    cm_arg_text(args, w->out->assistant ? "assistant" : "captions");
    cm_arg_str(args, engine->engine.at ? engine->engine : CM_STR(""));
    cm_arg_str(args, engine->model.at ? engine->model : CM_STR(""));
    cm_arg_uuid(args, start->holder_id);
    cm_arg_time(args, w->now_us);
    return cm_tx_send(w->tx, &sql_open, args, err);
}

static cm_rc take(struct work *w, enum live_answer *answer, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_send(w->tx, &sql_lock, args_text(w, w->start->call_sid), err);

    if (!rc)
        rc = find_call(w, &rows, err);
    if (rc)
        return rc;
    if (cm_rows_count(rows))
        *answer = judge(w, rows);
    else
        rc = take_unknown(w, answer, err);
    if (rc || *answer != LIVE_TAKEN)
        return rc;

    rc = send_call(w, &sql_say, true, err);
    if (!rc)
        rc = send_call(w, &sql_move_on, false, err);
    if (!rc)
        rc = use_token(w, err);
    if (!rc)
        rc = be_there(w, err);
    return rc ? rc : open_session(w, err);
}

cm_rc live_store_start(struct cm_tx *tx, struct cm_arena *arena, const struct live_start *start,
                       int64_t now_us, enum live_answer *answer, struct live_taken *out,
                       struct cm_err *err)
{
    struct live_taken taken = { .head.call_sid = cm_arena_str(arena, start->call_sid) };
    struct work w = { .tx = tx, .arena = arena, .start = start, .now_us = now_us, .out = &taken };
    enum live_answer found;
    cm_rc rc;

    hash_token(&w);
    rc = take(&w, &found, err);
    if (rc)
        return rc;

    *answer = found;
    *out = taken;
    return CM_OK;
}
