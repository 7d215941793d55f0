#include "ground.h"

#include <stdio.h>

#include "base/clock.h"

/* ---- given ---- */

static cm_rc take_mail(const struct delivery *delivery, const struct letter *letter,
                       struct cm_smtp_receipt receipts[], struct cm_err *err)
{
    struct fixture *fx = delivery->ctx;

    if (fx->mail_answer)
        return cm_fail(err, fx->mail_answer, "the mail server was told to refuse");
    fx->mails++;
    fx->to[0] = '\0';
    for (size_t i = 0; letter->to[i]; i++) {
        bool refused = fx->unwanted && strcmp(letter->to[i], fx->unwanted) == 0;

        receipts[i] = refused ? (struct cm_smtp_receipt){ CM_SMTP_REFUSED, "550 5.1.1" }
                              : (struct cm_smtp_receipt){ CM_SMTP_TAKEN, "" };
        snprintf(fx->to + strlen(fx->to), sizeof fx->to - strlen(fx->to), "%s ", letter->to[i]);
    }
    snprintf(fx->mail, sizeof fx->mail, "%.*s", CM_STR_FMT(letter->message));
    return CM_OK;
}

struct cm_args *args_of(struct fixture *fx)
{
    return cm_args_new(cm_bench_arena(fx->bench));
}

void execute(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args)
{
    if (cm_db_query(fx->db, stmt, args, NULL, &fx->err))
        fail_msg("%s", fx->err.msg);
}

static void given_a_call(struct fixture *fx)
{
    static const struct cm_stmt organization = {
        "given_organization", "INSERT INTO organization (id, name, report_recipients, time_zone)"
                              " VALUES ($1, 'Analytical Engines', '{ada@example.com}',"
                              " 'Europe/Stockholm')"
    };
    static const struct cm_stmt phone = {
        "given_phone",
        "INSERT INTO phone_number (id, organization_id, number)"
        " VALUES ($1, $2, '+1' || (1000000000 + floor(random() * 8999999999))::bigint)"
    };
    static const struct cm_stmt contact = {
        "given_contact", "INSERT INTO contact (id, organization_id, number, name)"
                         " VALUES ($1, $2, '+15551234567', 'Ada Lovelace')"
    };
    static const struct cm_stmt call = {
        "given_call",
        "INSERT INTO call (id, call_sid, organization_id, phone_number_id, contact_id,"
        " from_number, to_number, direction, status, started_at, duration_ms)"
        " VALUES ($1, $2, $3, $4, $5, '+15551234567', '+15559876543', 'inbound',"
        " 'completed', '2026-11-23T14:36:00Z', 151000)"
    };
    struct cm_args *one = args_of(fx), *two = args_of(fx), *three = args_of(fx),
                   *four = args_of(fx);

    fx->organization_id = cm_uuid_v7(cm_now_us());
    fx->phone_id = cm_uuid_v7(cm_now_us());
    fx->contact_id = cm_uuid_v7(cm_now_us());
    fx->call_id = cm_uuid_v7(cm_now_us());
    snprintf(fx->call_sid, sizeof fx->call_sid, "CA%.8s%.24s", "00000000",
             cm_uuid_text(fx->call_id).at);
    for (char *c = fx->call_sid; *c; c++) {
        if (*c == '-')
            *c = '0';
    }
    cm_arg_uuid(one, fx->organization_id);
    execute(fx, &organization, one);
    cm_arg_uuid(two, fx->phone_id);
    cm_arg_uuid(two, fx->organization_id);
    execute(fx, &phone, two);
    cm_arg_uuid(three, fx->contact_id);
    cm_arg_uuid(three, fx->organization_id);
    execute(fx, &contact, three);
    cm_arg_uuid(four, fx->call_id);
    cm_arg_text(four, fx->call_sid);
    cm_arg_uuid(four, fx->organization_id);
    cm_arg_uuid(four, fx->phone_id);
    cm_arg_uuid(four, fx->contact_id);
    execute(fx, &call, four);
}

void given_step(struct fixture *fx, const char *step, const char *state)
{
    static const struct cm_stmt insert = {
        "given_step",
        "INSERT INTO call_step (call_id, organization_id, step, state, reason)"
        " VALUES ($1, $2, $3, $4, CASE WHEN $4 = 'failed' THEN 'the model is away' END)"
        " ON CONFLICT (call_id, step) DO UPDATE SET state = EXCLUDED.state"
    };
    struct cm_args *args = args_of(fx);

    cm_arg_uuid(args, fx->call_id);
    cm_arg_uuid(args, fx->organization_id);
    cm_arg_text(args, step);
    cm_arg_text(args, state);
    execute(fx, &insert, args);
}

void given_all_steps(struct fixture *fx)
{
    given_step(fx, "enrich", "done");
    given_step(fx, "analyze", "failed");
    given_step(fx, "extract-todos", "done");
}

void given_what_was_said(struct fixture *fx)
{
    static const struct cm_stmt transcription = {
        "given_transcription",
        "INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language,"
        " engine, model, duration_ms) VALUES ($1, $1, $2, 'RE1', 'Caller: Hello', 'en', 'test',"
        " 'test', 1000)"
    };
    static const struct cm_stmt segment = {
        "given_segment",
        "INSERT INTO segment (id, transcription_id, call_id, organization_id,"
        " position, channel, role, start_ms, end_ms, text) VALUES ($1, $1, $1, $2, 0,"
        " 0, 'caller', 1000, 2000, 'I will call <Bob> on Friday')"
    };
    static const struct cm_stmt analyzer = {
        "given_analyzer", "INSERT INTO analyzer (id, organization_id, name, prompt)"
                          " VALUES ($1, $2, 'Summary', 'p')"
    };
    static const struct cm_stmt runs = {
        "given_runs",
        "INSERT INTO analysis_run (id, call_id, organization_id, analyzer_id,"
        " analysis_text, trigger, event_id, engine, model, prompt_sha256, duration_ms)"
        " SELECT gen_random_uuid(), $1, $2, $1, t, 'transcribed', gen_random_uuid(),"
        " 'test', 'test', '', 1 FROM unnest('{the older run,the newest run}'::text[]) AS t"
    };
    static const struct cm_stmt todo = {
        "given_todo",
        "INSERT INTO todo (id, call_id, organization_id, title, owner, due_date,"
        " segment_id, evidence, fingerprint, deleted_at)"
        " VALUES ($1, $1, $2, 'Call Bob', 'caller', '2026-11-27', $1, 'I will call Bob', 'f', "
        "NULL),"
        " (gen_random_uuid(), $1, $2, 'Put away', 'caller', NULL, $1, 'x', 'g', now())"
    };
    const struct cm_stmt *const all[] = { &transcription, &segment, &analyzer, &runs, &todo, NULL };

    for (size_t i = 0; all[i]; i++) {
        struct cm_args *args = args_of(fx);

        cm_arg_uuid(args, fx->call_id);
        cm_arg_uuid(args, fx->organization_id);
        execute(fx, all[i], args);
    }
}

int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_int_equal(
        cm_db_new(getenv("DATABASE_URL"), 2, 5000, "reporter_test", NULL, &fx->db, &fx->err),
        CM_OK);
    fx->app = (struct reporter){ .delivery = { .send = take_mail, .ctx = fx },
                                 .from = "callmill <reports@example.com>",
                                 .domain = "example.com",
                                 .ui_url = "https://ui.example.com" };
    fx->bench = cm_bench_new(fx->db, &fx->app, cm_now_us());
    given_a_call(fx);
    *state = fx;
    return 0;
}

int teardown(void **state)
{
    static const struct cm_stmt calls = { "drop_calls",
                                          "DELETE FROM call WHERE organization_id = $1" };
    static const struct cm_stmt organization = { "drop_organization",
                                                 "DELETE FROM organization WHERE id = $1" };
    static const struct cm_stmt inbox = { "drop_inbox",
                                          "DELETE FROM inbox WHERE service = 'reporter-test'" };
    struct fixture *fx = *state;
    struct cm_args *args = args_of(fx);

    cm_arg_uuid(args, fx->organization_id);
    execute(fx, &calls, args);
    execute(fx, &organization, args);
    execute(fx, &inbox, NULL);
    cm_bench_free(fx->bench);
    cm_db_free(fx->db);
    free(fx);
    return 0;
}

/* ---- when ---- */

static const struct cm_route *route_of(enum cm_event_kind kind)
{
    const struct cm_route *route = reporter.routes;

    while (route->consumes != kind)
        route++;
    return route;
}

struct cm_event an_event(struct fixture *fx, enum cm_event_kind kind)
{
    return (struct cm_event){ .kind = kind,
                              .head = { .event_id = cm_uuid_v7(cm_now_us()),
                                        .occurred_at_us = cm_now_us(),
                                        .organization_id = fx->organization_id,
                                        .call_id = fx->call_id,
                                        .call_sid = cm_str_of(fx->call_sid) } };
}

cm_rc handle(struct fixture *fx, const struct cm_event *event)
{
    return cm_bench_handle(fx->bench, "reporter-test", route_of(event->kind), event, &fx->err);
}

cm_rc hear(struct fixture *fx, enum cm_event_kind kind)
{
    struct cm_event event = an_event(fx, kind);

    return handle(fx, &event);
}

struct cm_event a_due_report(struct fixture *fx)
{
    given_all_steps(fx);
    assert_int_equal(hear(fx, EVENT_CALL_ENRICHED), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->bench, EVENT_CALL_REPORT_DUE), 1);
    return *cm_bench_event(fx->bench, EVENT_CALL_REPORT_DUE, 0);
}

/* ---- then ---- */

struct cm_rows *report_row(struct fixture *fx)
{
    static const struct cm_stmt select = {
        "then_report", "SELECT state, recipients::text, coalesce(subject, ''), sent_at, message_id,"
                       " coalesce(body_text, '') FROM report WHERE call_id = $1"
    };
    struct cm_args *args = args_of(fx);
    struct cm_rows *rows = NULL;

    cm_arg_uuid(args, fx->call_id);
    assert_int_equal(cm_db_query(fx->db, &select, args, &rows, &fx->err), CM_OK);
    return rows;
}

void assert_state(struct fixture *fx, const char *state)
{
    CM_OWN(cm_rows) row = report_row(fx);

    assert_int_equal(cm_rows_count(row), 1);
    assert_true(cm_str_is(cm_row_str(row, 0, 0), state));
}
