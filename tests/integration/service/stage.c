#include "stage.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "bus/admin.h"
#include "http/client.h"

enum { PARTITIONS = 3, RETENTION_MS = 3600 * 1000, PATIENCE_S = 120 };

static int end(pid_t *pid, int signal);

static void must(cm_rc rc, const struct cm_err *err)
{
    if (rc)
        fail_msg("%s", err->msg);
}

static void make_topics(struct stage *stage)
{
    const enum cm_event_kind kinds[] = { EVENT_CALL_STARTED, EVENT_CALL_RECORDED,
                                         EVENT_CALL_TRANSCRIBED, EVENT_CALL_ENDED,
                                         EVENT_CALL_STEP_FAILED };
    enum { EVENTS = sizeof kinds / sizeof *kinds, TOPICS };
    struct cm_topic_plan plans[TOPICS] = { 0 };
    enum cm_topic_answer answers[TOPICS];
    struct cm_err err = { 0 };

    for (size_t i = 0; i < EVENTS; i++)
        plans[i].name =
            cm_arena_text(stage->arena, cm_topic_name(stage->arena, stage->prefix, kinds[i]));
    plans[EVENTS].name =
        cm_arena_text(stage->arena, cm_dead_letter_topic(stage->arena, stage->prefix, stage->name));
    for (size_t i = 0; i < TOPICS; i++) {
        plans[i].partitions = PARTITIONS;
        plans[i].replication = 1;
        plans[i].retention_ms = RETENTION_MS;
    }
    must(cm_topics_create(stage->config, plans, TOPICS, 20000, answers, &err), &err);
}

static void make_organization(struct stage *stage)
{
    static const struct cm_stmt organization = {
        "stage_organization", "INSERT INTO organization (id, name) VALUES ($1, 'probe')"
    };
    static const struct cm_stmt phone = {
        "stage_phone",
        "INSERT INTO phone_number (id, organization_id, number)"
        " VALUES ($1, $2, '+1' || (1000000000 + floor(random() * 8999999999))::bigint)"
    };
    struct cm_args *by_id = cm_args_new(stage->arena), *both = cm_args_new(stage->arena);
    struct cm_err err = { 0 };

    stage->organization_id = cm_uuid_v7(cm_now_us());
    stage->phone_id = cm_uuid_v7(cm_now_us());
    cm_arg_uuid(by_id, stage->organization_id);
    cm_arg_uuid(both, stage->phone_id);
    cm_arg_uuid(both, stage->organization_id);
    must(cm_db_query(stage->db, &organization, by_id, NULL, &err), &err);
    must(cm_db_query(stage->db, &phone, both, NULL, &err), &err);
}

struct stage *stage_open(const char *probe_path)
{
    const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, cm_db_settings,
                                                NULL };
    const enum cm_event_kind kinds[] = { EVENT_CALL_STARTED, EVENT_CALL_RECORDED,
                                         EVENT_CALL_TRANSCRIBED, EVENT_NONE };
    struct stage *stage = calloc(1, sizeof *stage);
    struct cm_err err = { 0 };

    assert_non_null(stage);
    stage->arena = cm_arena_new();
    stage->probe_path = probe_path;
    snprintf(stage->prefix, sizeof stage->prefix, "probe-%d-%lld.", (int)getpid(),
             (long long)cm_now_us());
    snprintf(stage->name, sizeof stage->name, "%.*s", (int)strlen(stage->prefix) - 1,
             stage->prefix);
    setenv("TOPIC_PREFIX", stage->prefix, 1);
    setenv("PROBE_NAME", stage->name, 1);
    must(cm_config_load(tables, getenv, &stage->config, &err), &err);
    must(cm_http_client_new(NULL, &stage->http, &err), &err);
    stage->registry =
        cm_registry_new(cm_config_text(stage->config, "SCHEMA_REGISTRY_URL"), stage->http);
    stage->codec = cm_codec_new(stage->registry, stage->prefix);
    must(cm_codec_register(stage->codec, kinds, &err), &err);
    must(cm_producer_new(stage->config, "stage", &stage->producer, &err), &err);
    must(cm_db_new_from(stage->config, "stage", NULL, &stage->db, &err), &err);
    make_topics(stage);
    make_organization(stage);
    return stage;
}

void stage_close(struct stage *stage)
{
    static const struct cm_stmt calls = { "stage_drop_calls",
                                          "DELETE FROM call WHERE organization_id = $1" };
    static const struct cm_stmt organization = { "stage_drop_organization",
                                                 "DELETE FROM organization WHERE id = $1" };
    static const struct cm_stmt inbox = { "stage_drop_inbox",
                                          "DELETE FROM inbox WHERE service LIKE 'probe-%'" };
    static const struct cm_stmt letters = {
        "stage_drop_letters", "DELETE FROM dead_letter WHERE service LIKE 'probe-%'"
    };
    static const struct cm_stmt outbox = { "stage_drop_outbox",
                                           "DELETE FROM outbox WHERE producer LIKE 'probe-%'" };
    struct cm_args *by_id = cm_args_new(stage->arena);
    struct cm_err err = { 0 };

    if (stage->probe)
        end(&stage->probe, SIGKILL);
    if (stage->second)
        end(&stage->second, SIGKILL);
    cm_arg_uuid(by_id, stage->organization_id);
    must(cm_db_query(stage->db, &calls, by_id, NULL, &err), &err);
    must(cm_db_query(stage->db, &organization, by_id, NULL, &err), &err);
    must(cm_db_query(stage->db, &inbox, NULL, NULL, &err), &err);
    must(cm_db_query(stage->db, &letters, NULL, NULL, &err), &err);
    must(cm_db_query(stage->db, &outbox, NULL, NULL, &err), &err);
    cm_db_free(stage->db);
    cm_producer_free(stage->producer);
    cm_codec_free(stage->codec);
    cm_registry_free(stage->registry);
    cm_http_client_free(stage->http);
    cm_config_free(stage->config);
    cm_arena_free(stage->arena);
    free(stage);
}

/* ---- calls and events ---- */

struct cm_uuid stage_call(struct stage *stage)
{
    static const struct cm_stmt insert = {
        "stage_call",
        "INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number,"
        " to_number, direction, status) VALUES ($1, 'CA' || md5($1::text), $2, $3,"
        " '+15551234567', '+15559876543', 'inbound', 'in-progress')"
    };
    struct cm_args *args = cm_args_new(stage->arena);
    struct cm_uuid id = cm_uuid_v7(cm_now_us());
    struct cm_err err = { 0 };

    cm_arg_uuid(args, id);
    cm_arg_uuid(args, stage->organization_id);
    cm_arg_uuid(args, stage->phone_id);
    must(cm_db_query(stage->db, &insert, args, NULL, &err), &err);
    return id;
}

void stage_transcription(struct stage *stage, struct cm_uuid call_id)
{
    static const struct cm_stmt insert = {
        "stage_transcription",
        "INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language,"
        " engine, model, duration_ms) VALUES ($1, $1, $2, 'RE1', '', 'en', 'test', 'test', 1)"
    };
    struct cm_args *args = cm_args_new(stage->arena);
    struct cm_err err = { 0 };

    cm_arg_uuid(args, call_id);
    cm_arg_uuid(args, stage->organization_id);
    must(cm_db_query(stage->db, &insert, args, NULL, &err), &err);
}

static void send(struct stage *stage, enum cm_event_kind kind, struct cm_str key,
                 struct cm_str value)
{
    static const struct cm_header trace = {
        { "traceparent", 11 }, { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 55 }
    };
    struct cm_message_out message = { .topic = cm_topic_name(stage->arena, stage->prefix, kind),
                                      .key = key,
                                      .value = value,
                                      .headers = &trace,
                                      .header_count = 1 };
    struct cm_err err = { 0 };

    must(cm_producer_send(stage->producer, &message, 1, 20000, &err), &err);
}

static void fill(struct cm_event *event, struct cm_str order)
{
    struct cm_str none = CM_STR(""), inbound = CM_STR("inbound");

    if (event->kind == EVENT_CALL_STARTED)
        event->call_started = (struct cm_call_started){ .from_number = order,
                                                        .to_number = none,
                                                        .status = CM_STR("ringing"),
                                                        .direction = inbound };
    if (event->kind == EVENT_CALL_RECORDED)
        event->call_recorded = (struct cm_call_recorded){ .recording_sid = none,
                                                          .file = none,
                                                          .sha256 = none,
                                                          .from_number = order,
                                                          .to_number = none,
                                                          .direction = inbound };
    if (event->kind == EVENT_CALL_TRANSCRIBED)
        event->call_transcribed =
            (struct cm_call_transcribed){ .transcription_id = cm_str_is(order, "replaced")
                                                                  ? event->head.event_id
                                                                  : event->head.call_id,
                                          .text = none,
                                          .engine = none,
                                          .model = none,
                                          .language = none,
                                          .from_number = order,
                                          .to_number = none,
                                          .direction = inbound };
}

void stage_publish_again(struct stage *stage, enum cm_event_kind kind, struct cm_uuid call_id,
                         const char *order, struct cm_uuid event_id)
{
    struct cm_event event = { .kind = kind,
                              .head = { .event_id = event_id,
                                        .occurred_at_us = cm_now_us(),
                                        .organization_id = stage->organization_id,
                                        .call_id = call_id,
                                        .call_sid =
                                            CM_STR("CA0123456789abcdef0123456789abcdef") } };
    CM_OWN_BUF struct cm_buf value = { 0 };
    struct cm_err err = { 0 };

    fill(&event, cm_str_of(order));
    must(cm_codec_encode(stage->codec, &event, &value, &err), &err);
    send(stage, kind, cm_str_of(cm_uuid_text(call_id).at), cm_buf_view(&value));
}

struct cm_uuid stage_publish(struct stage *stage, enum cm_event_kind kind, struct cm_uuid call_id,
                             const char *order)
{
    struct cm_uuid event_id = cm_uuid_v7(cm_now_us());

    stage_publish_again(stage, kind, call_id, order, event_id);
    return event_id;
}

void stage_publish_bytes(struct stage *stage, enum cm_event_kind kind, const char *key,
                         struct cm_str value)
{
    send(stage, kind, cm_str_of(key), value);
}

/* ---- the process ---- */

/* An instance's name, so that a restart waits for no session to end. */
static pid_t start(const struct stage *stage, const char *instance)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;

    setenv("ADMIN_ADDR", "127.0.0.1:0", 1);
    setenv("KAFKA_INSTANCE", instance, 1);
    setenv("RETRY_ATTEMPTS", "4", 1);
    setenv("RETRY_BASE_MS", "20", 1);
    setenv("RETRY_CAP_MS", "100", 1);
    setenv("LOG_LEVEL", "warn", 1);
    execl(stage->probe_path, stage->probe_path, (char *)NULL);
    _exit(127);
}

/* Sends the signal and waits for the end; the exit status, or minus the signal that ended it. */
static int end(pid_t *pid, int signal)
{
    int status = 0;

    kill(*pid, signal);
    assert_int_equal(waitpid(*pid, &status, 0), *pid);
    *pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void stage_probe_start(struct stage *stage)
{
    stage->probe = start(stage, "probe-1");
}

void stage_second_start(struct stage *stage)
{
    stage->second = start(stage, "probe-2");
}

void stage_probe_kill(struct stage *stage)
{
    end(&stage->probe, SIGKILL);
}

int stage_probe_stop(struct stage *stage)
{
    return end(&stage->probe, SIGTERM);
}

int stage_second_stop(struct stage *stage)
{
    return end(&stage->second, SIGTERM);
}

/* ---- looking ---- */

int64_t stage_number(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id)
{
    struct cm_args *args = cm_args_new(stage->arena);
    CM_OWN(cm_rows) rows = NULL;
    struct cm_err err = { 0 };

    cm_arg_uuid(args, id);
    must(cm_db_query(stage->db, stmt, args, &rows, &err), &err);
    return cm_rows_count(rows) ? cm_row_i64(rows, 0, 0) : -1;
}

static void until(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id, int64_t least,
                  int64_t most)
{
    int64_t deadline_ms = cm_mono_ms() + (int64_t)PATIENCE_S * 1000;
    int64_t found = stage_number(stage, stmt, id);

    while ((found < least || found > most) && cm_mono_ms() < deadline_ms) {
        if (stage->probe && waitpid(stage->probe, NULL, WNOHANG) == stage->probe) {
            stage->probe = 0;
            fail_msg("%s: the probe has ended by itself", stmt->name);
        }
        cm_pause_ms(20);
        found = stage_number(stage, stmt, id);
    }
    if (found < least || found > most)
        fail_msg("%s: %lld instead of %lld after %d s", stmt->name, (long long)found,
                 (long long)least, PATIENCE_S);
}

void stage_until(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id, int64_t wanted)
{
    until(stage, stmt, id, wanted, wanted);
}

void stage_until_least(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id,
                       int64_t least)
{
    until(stage, stmt, id, least, INT64_MAX);
}
