#include "ground.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"

/* ---- the engine ---- */

/* Of the fixture, the first channel begins with a tone and the second with silence. */
static cm_rc canned_hear(struct cm_speech *port, const struct cm_listen *ask, struct cm_heard *out,
                         struct cm_err *err)
{
    struct canned *canned = (struct canned *)port;
    float samples[4000], loudest = 0;
    size_t got;
    cm_rc rc;

    if (ask->stop && ask->stop(ask->stop_ctx))
        return cm_fail(err, CM_RETRY, "stopped");
    rc = ask->sound->read(ask->sound, samples, 4000, &got, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < got; i++)
        loudest = samples[i] > loudest ? samples[i] : loudest;
    *out = canned->channels[loudest > 0.1f ? 0 : 1];
    return CM_OK;
}

static const struct cm_utterance caller_says[] = {
    { 100, 900, { "Hello, this is Peter.", 21 } },
    { 1500, 1900, { "Two windows were broken.", 24 } },
};
static const struct cm_utterance agent_says[] = { { 1000, 1400, { "What happened?", 14 } } };

/* ---- the fixture ---- */

struct cm_rows *query(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args)
{
    struct cm_rows *rows = NULL;

    if (cm_db_query(fx->db, stmt, args, &rows, &fx->err))
        fail_msg("%s: %s", stmt->name, fx->err.msg);
    return rows;
}

void execute(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args)
{
    cm_rows_free(query(fx, stmt, args));
}

struct cm_args *ids(struct fixture *fx, size_t count, const struct cm_uuid *values)
{
    struct cm_args *args = cm_args_new(fx->arena);

    for (size_t i = 0; i < count; i++)
        cm_arg_uuid(args, values[i]);
    return args;
}

static const char *sid_of(struct fixture *fx, struct cm_uuid call_id)
{
    return cm_arena_printf(fx->arena, "CA%s", cm_hex(call_id.at, 16).at).at;
}

struct cm_uuid a_call(struct fixture *fx)
{
    static const struct cm_stmt sql = {
        "test_call", "INSERT INTO call (id, organization_id, phone_number_id, contact_id, call_sid,"
                     " from_number, to_number, direction, status) VALUES ($1, $2, $3, $4, $5,"
                     " '+15551234567', '+15559876543', 'inbound', 'completed')"
    };
    struct cm_uuid id = cm_uuid_v7(cm_now_us());
    struct cm_args *args =
        ids(fx, 4, (struct cm_uuid[]){ id, fx->organization_id, fx->phone_id, fx->contact_id });

    cm_arg_text(args, sid_of(fx, id));
    execute(fx, &sql, args);
    return id;
}

static void given_organization(struct fixture *fx)
{
    static const struct cm_stmt organization = {
        "test_organization", "INSERT INTO organization (id, name) VALUES ($1, 'transcriber test')"
    };
    static const struct cm_stmt phone = {
        "test_phone",
        "INSERT INTO phone_number (id, organization_id, number)"
        " VALUES ($1, $2, '+1' || (1000000000 + floor(random() * 8999999999))::bigint)"
    };
    static const struct cm_stmt contact = {
        "test_contact",
        "INSERT INTO contact (id, organization_id, number) VALUES ($1, $2, '+15551234567')"
    };

    fx->organization_id = cm_uuid_v7(cm_now_us());
    fx->phone_id = cm_uuid_v7(cm_now_us());
    fx->contact_id = cm_uuid_v7(cm_now_us());
    execute(fx, &organization, ids(fx, 1, &fx->organization_id));
    execute(fx, &phone, ids(fx, 2, (struct cm_uuid[]){ fx->phone_id, fx->organization_id }));
    execute(fx, &contact, ids(fx, 2, (struct cm_uuid[]){ fx->contact_id, fx->organization_id }));
}

static struct cm_str path_of(struct fixture *fx)
{
    return cm_arena_printf(fx->arena, "%s/%s.mp3", fx->dir, fx->call_sid);
}

int64_t given_file(struct fixture *fx, struct cm_str bytes)
{
    CM_OWN_FD int fd = open(path_of(fx).at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
    return (int64_t)bytes.len;
}

int64_t given_copy(struct fixture *fx, const char *path)
{
    CM_OWN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    assert_true(fd >= 0);
    bytes.len = (size_t)read(fd, cm_buf_reserve(&bytes, 65536), 65536);
    return given_file(fx, cm_buf_view(&bytes));
}

int64_t given_recording(struct fixture *fx)
{
    return given_copy(fx, dual);
}

int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    assert_non_null(fx);
    assert_int_equal(cm_db_new(getenv("DATABASE_URL"), 2, 5000, "test", NULL, &fx->db, &fx->err),
                     CM_OK);
    fx->arena = cm_arena_new();
    (void)snprintf(fx->dir, sizeof fx->dir, "/tmp/handler_test.XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    given_organization(fx);
    fx->call_id = a_call(fx);
    fx->call_sid = sid_of(fx, fx->call_id);
    fx->engine.port =
        (struct cm_speech){ .engine = "canned", .model = "two people", .hear = canned_hear };
    fx->engine.channels[0] = (struct cm_heard){ caller_says, 2, CM_STR("en") };
    fx->engine.channels[1] = (struct cm_heard){ agent_says, 1, CM_STR("en") };
    fx->app = (struct transcriber){ .speech = &fx->engine.port,
                                    .recordings = cm_recordings_in_folder(fx->dir),
                                    .max_s = 60 };
    fx->bench = cm_bench_new(fx->db, &fx->app, now_us);
    *state = fx;
    return 0;
}

int teardown(void **state)
{
    static const struct cm_stmt calls = { "test_drop_calls",
                                          "DELETE FROM call WHERE organization_id = $1" };
    static const struct cm_stmt organization = { "test_drop_organization",
                                                 "DELETE FROM organization WHERE id = $1" };
    struct fixture *fx = *state;

    execute(fx, &calls, ids(fx, 1, &fx->organization_id));
    execute(fx, &organization, ids(fx, 1, &fx->organization_id));
    (void)unlink(path_of(fx).at);
    (void)rmdir(fx->dir);
    cm_bench_free(fx->bench);
    cm_recordings_free(fx->app.recordings);
    cm_arena_free(fx->arena);
    cm_db_free(fx->db);
    free(fx);
    return 0;
}

void given_call_file(struct fixture *fx, struct cm_uuid call_id, const char *recording_sid)
{
    static const struct cm_stmt none = {
        "test_no_file", "UPDATE recording SET is_call_file = false WHERE call_id = $1"
    };
    static const struct cm_stmt one = {
        "test_file",
        "INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid,"
        " state, is_call_file) VALUES ($1, $2, $3, $4, 'AC', 'stored', true)"
    };
    struct cm_args *args =
        ids(fx, 3, (struct cm_uuid[]){ cm_uuid_v7(cm_now_us()), call_id, fx->organization_id });

    /* The sid is unique in the table, so it carries a part of the call's. */
    cm_arg_str(args,
               cm_arena_printf(fx->arena, "RE%.16s%.16s", fx->call_sid + 18, recording_sid + 18));
    execute(fx, &none, ids(fx, 1, &call_id));
    execute(fx, &one, args);
}

struct cm_event recorded(struct fixture *fx, const char *recording_sid, int64_t size_bytes)
{
    return (struct cm_event){
        .kind = EVENT_CALL_RECORDED,
        .head = { .event_id = cm_uuid_v7(cm_now_us()),
                  .occurred_at_us = now_us,
                  .organization_id = fx->organization_id,
                  .call_id = fx->call_id,
                  .call_sid = cm_str_of(fx->call_sid) },
        .call_recorded = { .recording_sid = cm_arena_printf(fx->arena, "RE%.16s%.16s",
                                                            fx->call_sid + 18, recording_sid + 18),
                           .file = cm_arena_printf(fx->arena, "%s.mp3", fx->call_sid),
                           .sha256 = CM_STR(""),
                           .size_bytes = size_bytes,
                           .channels = 2,
                           .from_number = CM_STR("+15551234567"),
                           .to_number = CM_STR("+15559876543"),
                           .direction = CM_STR("inbound"),
                           .started_at_us = now_us },
    };
}

cm_rc handle(struct fixture *fx, const struct cm_event *event)
{
    fx->err = (struct cm_err){ 0 };
    return cm_bench_handle(fx->bench, "transcriber", transcriber.routes, event, &fx->err);
}

void assert_handled(struct fixture *fx, const struct cm_event *event)
{
    if (handle(fx, event))
        fail_msg("%s", fx->err.msg);
}

struct cm_rows *transcription(struct fixture *fx)
{
    static const struct cm_stmt sql = {
        "test_transcription", "SELECT text, language, engine, model, duration_ms, recording_sid, id"
                              " FROM transcription WHERE call_id = $1"
    };

    return query(fx, &sql, ids(fx, 1, &fx->call_id));
}

const char *waveform(struct fixture *fx, const char *recording_sid)
{
    static const struct cm_stmt sql = {
        "test_waveform", "SELECT concat_ws(' ', duration_ms, roles::text, length(peaks),"
                         " CASE WHEN get_byte(peaks, 250) > get_byte(peaks, 750) THEN 'loud' END)"
                         " FROM waveform WHERE call_id = $1 AND recording_sid = $2"
    };
    struct cm_args *args = ids(fx, 1, &fx->call_id);
    CM_OWN(cm_rows) rows = NULL;

    cm_arg_str(args, recorded(fx, recording_sid, 0).call_recorded.recording_sid);
    rows = query(fx, &sql, args);
    return cm_rows_count(rows) ? cm_arena_text(fx->arena, cm_row_str(rows, 0, 0)) : "";
}

size_t transcribed(const struct fixture *fx)
{
    return cm_bench_emitted(fx->bench, EVENT_CALL_TRANSCRIBED);
}
