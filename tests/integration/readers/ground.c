#include "ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static struct cm_arena *arena_of(struct ground *g)
{
    return cm_bench_arena(g->bench);
}

static struct cm_rows *run(struct ground *g, const char *sql, const struct cm_args *args)
{
    /* Statements are prepared by name, so each text gets its own. */
    struct cm_uuid_text name = cm_uuid_text(cm_uuid_named(cm_str_of(sql)));
    struct cm_stmt *stmt = CM_NEW(arena_of(g), struct cm_stmt);
    struct cm_rows *rows = NULL;

    *stmt = (struct cm_stmt){ cm_arena_text(arena_of(g), cm_str_of(name.at)), sql };
    if (cm_db_query(g->db, stmt, args, &rows, &g->err))
        fail_msg("%s: %s", sql, g->err.msg);
    return rows;
}

void ground_execute(struct ground *g, const char *sql)
{
    struct cm_args *args = cm_args_new(arena_of(g));

    cm_arg_text(args, cm_uuid_text(g->call_id).at);
    cm_rows_free(run(g, sql, args));
}

const char *ground_ask(struct ground *g, const char *sql)
{
    struct cm_args *args = cm_args_new(arena_of(g));
    CM_OWN(cm_rows) rows = NULL;

    cm_arg_text(args, cm_uuid_text(g->call_id).at);
    rows = run(g, sql, args);
    if (!cm_rows_count(rows) || cm_row_is_null(rows, 0, 0))
        return "";
    return cm_arena_text(arena_of(g), cm_row_str(rows, 0, 0));
}

static void make(struct ground *g, const char *sql)
{
    struct cm_args *args = cm_args_new(arena_of(g));

    cm_arg_uuid(args, g->organization_id);
    cm_arg_uuid(args, g->phone_id);
    cm_arg_uuid(args, g->contact_id);
    cm_rows_free(run(g, sql, args));
}

void ground_open(struct ground *g, void *app)
{
    const char *url = getenv("DATABASE_URL");

    if (!url)
        fail_msg("DATABASE_URL is not set: this test needs PostgreSQL (deploy/servers)");
    memset(g, 0, sizeof *g);
    assert_int_equal(cm_db_new(url, 2, 10000, "readers-test", NULL, &g->db, &g->err), CM_OK);
    g->bench = cm_bench_new(g->db, app, cm_now_us());
    g->organization_id = cm_uuid_v7(cm_now_us());
    g->phone_id = cm_uuid_v7(cm_now_us());
    g->contact_id = cm_uuid_v7(cm_now_us());
    make(
        g,
        "WITH o AS (INSERT INTO organization (id, name, time_zone)"
        " VALUES ($1::uuid, 'Readers', 'Europe/Stockholm')),"
        " p AS (INSERT INTO phone_number (id, organization_id, number)"
        " VALUES ($2::uuid, $1::uuid, '+1' || (1000000000 + floor(random() * 8999999999))::bigint))"
        " INSERT INTO contact (id, organization_id, number)"
        " VALUES ($3::uuid, $1::uuid, '+15551234567')");
    ground_next_call(g, "2026-11-23T23:30:00Z", false);
}

void ground_close(struct ground *g)
{
    cm_bench_free(g->bench);
    cm_db_free(g->db);
}

void ground_next_call(struct ground *g, const char *started_at, bool withheld)
{
    struct cm_args *args = cm_args_new(arena_of(g));
    struct cm_uuid_text text;
    size_t len = 2;

    g->call_id = cm_uuid_v7(cm_now_us());
    g->transcription_id = (struct cm_uuid){ 0 };
    g->said = 0;
    text = cm_uuid_text(g->call_id);
    memcpy(g->call_sid, "CA", 2);
    for (const char *c = text.at; *c; c++)
        if (*c != '-')
            g->call_sid[len++] = *c;
    g->call_sid[len] = '\0';
    cm_arg_uuid(args, g->call_id);
    cm_arg_text(args, g->call_sid);
    cm_arg_uuid(args, g->organization_id);
    cm_arg_uuid(args, g->phone_id);
    cm_arg_opt_uuid(args, (struct cm_opt_uuid){ !withheld, g->contact_id });
    cm_arg_text(args, started_at);
    cm_rows_free(
        run(g,
            "INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id,"
            " from_number, to_number, direction, status, started_at) VALUES ($1, $2, $3, $4, $5,"
            " '+15551234567', '+15559876543', 'inbound', 'completed', $6::text::timestamptz)",
            args));
}

void ground_say(struct ground *g, const char *role, const char *text)
{
    size_t n = g->said++;

    g->segments[n] = (struct cm_segment){ .id = cm_uuid_v7(cm_now_us()),
                                          .role = cm_str_of(role),
                                          .start_ms = (int64_t)n * 4000,
                                          .end_ms = (int64_t)n * 4000 + 3000,
                                          .text = cm_str_of(text) };
}

static void store_transcription(struct ground *g)
{
    struct cm_args *args = cm_args_new(arena_of(g));

    ground_execute(g, "DELETE FROM transcription WHERE call_id = $1::text::uuid");
    g->transcription_id = cm_uuid_v7(cm_now_us());
    cm_arg_uuid(args, g->transcription_id);
    cm_arg_uuid(args, g->call_id);
    cm_arg_uuid(args, g->organization_id);
    cm_rows_free(run(g,
                     "INSERT INTO transcription (id, call_id, organization_id, recording_sid, text,"
                     " language, engine, model, duration_ms)"
                     " VALUES ($1, $2, $3, 'RE1', 'Caller: ...', 'en', 'test', 'test', 60000)",
                     args));
}

void ground_transcribe(struct ground *g)
{
    store_transcription(g);
    for (size_t i = 0; i < g->said; i++) {
        struct cm_args *args = cm_args_new(arena_of(g));

        cm_arg_uuid(args, g->segments[i].id);
        cm_arg_uuid(args, g->transcription_id);
        cm_arg_uuid(args, g->call_id);
        cm_arg_uuid(args, g->organization_id);
        cm_arg_i32(args, (int32_t)i);
        cm_arg_str(args, g->segments[i].role);
        cm_arg_i64(args, g->segments[i].start_ms);
        cm_arg_i64(args, g->segments[i].end_ms);
        cm_arg_str(args, g->segments[i].text);
        cm_rows_free(
            run(g,
                "INSERT INTO segment (id, transcription_id, call_id, organization_id, position,"
                " channel, role, start_ms, end_ms, text)"
                " VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
                args));
    }
}

const struct cm_event *ground_transcribed(struct ground *g)
{
    struct cm_event *event = CM_NEW(arena_of(g), struct cm_event);
    struct cm_segment *segments = cm_arena_alloc(arena_of(g), sizeof g->segments);

    if (cm_uuid_is_nil(g->transcription_id))
        store_transcription(g);
    *event = (struct cm_event){ .kind = EVENT_CALL_TRANSCRIBED,
                                .head = { .event_id = cm_uuid_v7(cm_now_us()),
                                          .occurred_at_us = cm_now_us(),
                                          .organization_id = g->organization_id,
                                          .call_id = g->call_id,
                                          .call_sid = cm_str_of(g->call_sid) },
                                .call_transcribed = {
                                    .transcription_id = g->transcription_id,
                                    .text = CM_STR("..."),
                                    .segments = memcpy(segments, g->segments, sizeof g->segments),
                                    .segment_count = g->said,
                                    .engine = CM_STR("test"),
                                    .model = CM_STR("test"),
                                    .language = CM_STR("en"),
                                    .contact_id = { true, g->contact_id },
                                    .from_number = CM_STR("+15551234567"),
                                    .to_number = CM_STR("+15559876543"),
                                    .direction = CM_STR("inbound"),
                                    .started_at_us = INT64_C(1795476600) * 1000000 } };
    return event;
}
