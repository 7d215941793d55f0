#include "ground.h"

#include <stdio.h>

#include "ask.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"

struct cm_db *ground_database(struct ground *g, const char *environment_variable)
{
    const char *url = getenv(environment_variable);
    struct cm_db *db = NULL;

    if (!url || cm_db_new(url, 4, 10000, "live test", NULL, &db, &g->err))
        fail_msg("%s: %s", environment_variable, url ? g->err.msg : "not set");
    return db;
}

struct cm_str ground_ask(struct ground *g, const char *sql, struct cm_str parameter)
{
    return ask_database(g->db, g->arena, sql, parameter);
}

void ground_expect(struct ground *g, const char *sql, struct cm_str parameter, const char *want)
{
    assert_string_equal(cm_arena_text(g->arena, ground_ask(g, sql, parameter)), want);
}

static void make_organization(struct ground *g)
{
    struct cm_uuid_text id;
    uint32_t tail;

    g->organization = cm_uuid_v7(cm_now_us());
    g->number_id = cm_uuid_v7(cm_now_us());
    g->holder = cm_uuid_v7(cm_now_us());
    id = cm_uuid_text(g->organization);
    snprintf(g->run, sizeof g->run, "%.8s%.4s%.12s", id.at + 24, id.at + 9, id.at + 24);
    memcpy(&tail, g->organization.at + 12, sizeof tail);
    g->number = cm_arena_printf(g->arena, "+1%010u", tail);
    ground_ask(g, "INSERT INTO organization (id, name) VALUES ($1::text::uuid, 'live')",
               cm_str_of(id.at));
    ground_ask(g,
               "INSERT INTO phone_number (id, organization_id, number, instructions, voice,"
               " greeting) SELECT split_part($1, ' ', 1)::uuid, split_part($1, ' ', 2)::uuid,"
               " split_part($1, ' ', 3), 'Be kind.', 'marin', 'Hello.'",
               cm_arena_printf(g->arena, "%s %s %.*s", cm_uuid_text(g->number_id).at, id.at,
                               CM_STR_FMT(g->number)));
}

int ground_open(void **state)
{
    struct ground *g = calloc(1, sizeof *g);

    *state = g;
    g->arena = cm_arena_new();
    cm_log_setup("test", CM_LOG_ERROR, CM_LOG_TEXT);
    g->db = ground_database(g, "DATABASE_URL");
    make_organization(g);
    return 0;
}

int ground_close(void **state)
{
    struct ground *g = *state;
    struct cm_str id = cm_str_of(cm_uuid_text(g->organization).at);

    id = cm_arena_str(g->arena, id);
    ground_ask(g, "DELETE FROM call WHERE organization_id = $1::text::uuid", id);
    ground_ask(g, "DELETE FROM organization WHERE id = $1::text::uuid", id);
    ground_ask(g, "DELETE FROM deleted_call WHERE call_sid LIKE 'CA' || $1 || '%'",
               cm_str_of(g->run));
    ground_ask(g, "DELETE FROM live_holder WHERE id = $1::text::uuid",
               cm_arena_printf(g->arena, "%s", cm_uuid_text(g->holder).at));
    cm_db_free(g->db);
    cm_arena_free(g->arena);
    free(g);
    return 0;
}

struct cm_str ground_sid(struct ground *g, const char *kind, unsigned n)
{
    return cm_arena_printf(g->arena, "%s%s%08x", kind, g->run, n);
}

struct cm_str ground_call(struct ground *g, unsigned n, const char *status)
{
    struct cm_str sid = ground_sid(g, "CA", n);

    ground_ask(g,
               "INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number,"
               " to_number, direction, status, started_at, created_at, updated_at)"
               " SELECT gen_random_uuid(), split_part($1, ' ', 1), split_part($1, ' ', 2)::uuid,"
               " split_part($1, ' ', 3)::uuid, '" CALLER "', split_part($1, ' ', 4), 'inbound',"
               " split_part($1, ' ', 5), t, t, t FROM to_timestamp(1049999990) t",
               cm_arena_printf(g->arena, "%.*s %s %s %.*s %s", CM_STR_FMT(sid),
                               cm_uuid_text(g->organization).at, cm_uuid_text(g->number_id).at,
                               CM_STR_FMT(g->number), status));
    return sid;
}

void ground_token(struct ground *g, struct cm_str call_sid, const char *token, const char *kind,
                  int64_t expires_s)
{
    struct cm_sha256 hash = cm_sha256(cm_str_of(token));

    ground_ask(g,
               "INSERT INTO stream_token (token_hash, call_id, organization_id, kind, expires_at)"
               " SELECT decode(split_part($1, ' ', 1), 'hex'), id, organization_id,"
               " split_part($1, ' ', 3), to_timestamp(split_part($1, ' ', 4)::bigint)"
               " FROM call WHERE call_sid = split_part($1, ' ', 2)",
               cm_arena_printf(g->arena, "%s %.*s %s %lld", cm_hex(hash.at, sizeof hash.at).at,
                               CM_STR_FMT(call_sid), kind,
                               (long long)(GROUND_TIME / SECOND + expires_s)));
}

struct cm_str ground_secret(struct ground *g, unsigned n)
{
    return cm_arena_printf(g->arena, "%.35s%08x", TOKEN, n);
}

struct live_start ground_start(struct ground *g, struct cm_str call_sid, unsigned stream)
{
    return (struct live_start){ .session_id = cm_uuid_v7(cm_now_us()),
                                .holder_id = g->holder,
                                .call_sid = call_sid,
                                .stream_sid = ground_sid(g, "MZ", stream),
                                .token = CM_STR(TOKEN),
                                .from = CM_STR(CALLER),
                                .to = g->number,
                                .token_required = true,
                                .assistant = { CM_STR("realtime"), CM_STR("gpt-realtime") },
                                .captions = { CM_STR("whisper"), CM_STR("tiny.en") } };
}

struct cm_tx *ground_begun(struct ground *g)
{
    struct cm_tx *tx = NULL;

    if (cm_tx_begin(g->db, &tx, &g->err))
        fail_msg("%s", g->err.msg);
    return tx;
}

void ground_committed(struct ground *g, struct cm_tx *tx, cm_rc rc)
{
    CM_OWN(cm_tx) owned = tx;

    if (rc || cm_tx_commit(&owned, &g->err))
        fail_msg("%s", g->err.msg);
}

enum live_answer ground_take(struct ground *g, const struct live_start *start,
                             struct live_taken *out)
{
    CM_OWN(cm_tx) tx = NULL;
    struct live_taken unseen;
    enum live_answer answer = LIVE_OVER;

    if (cm_tx_begin(g->db, &tx, &g->err) ||
        live_store_start(tx, g->arena, start, GROUND_TIME, &answer, out ? out : &unseen, &g->err) ||
        cm_tx_commit(&tx, &g->err))
        fail_msg("%s", g->err.msg);
    return answer;
}

struct live_start ground_taken(struct ground *g, unsigned n)
{
    struct cm_str sid = ground_call(g, n, "ringing");
    struct live_start start = ground_start(g, sid, n);

    start.token = ground_secret(g, n);
    ground_token(g, sid, cm_arena_text(g->arena, start.token), "assistant", 60);
    assert_int_equal(ground_take(g, &start, NULL), LIVE_TAKEN);
    return start;
}

bool ground_end(struct ground *g, struct cm_uuid session, const char *reason,
                struct live_ended_row *out)
{
    CM_OWN(cm_tx) tx = NULL;
    struct live_ended_row unseen;
    bool ended = false;

    if (cm_tx_begin(g->db, &tx, &g->err) ||
        live_store_end(tx, g->arena, session, reason, GROUND_TIME + 10 * SECOND, &ended,
                       out ? out : &unseen, &g->err) ||
        cm_tx_commit(&tx, &g->err))
        fail_msg("%s", g->err.msg);
    return ended;
}

/* ---- turns ---- */

struct live_turn_row ground_turn(struct cm_uuid session, int64_t position, const char *text)
{
    return (struct live_turn_row){ .id = cm_uuid_v7(cm_now_us()),
                                   .session_id = session,
                                   .position = position,
                                   .start_ms = position * 1000,
                                   .end_ms = position * 1000 + 900,
                                   .by_caller = position % 2 == 0,
                                   .interrupted = position == 1,
                                   .text = cm_str_of(text) };
}

void ground_write_turns(struct ground *g, const struct live_turn_row turns[], size_t count,
                        bool written[])
{
    struct cm_tx *tx = ground_begun(g);

    ground_committed(g, tx,
                     live_store_turns(tx, g->arena, turns, count, GROUND_TIME, written, &g->err));
}
