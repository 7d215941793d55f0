#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "service/emitter.h"
#include "service/inbox.h"
#include "service/runner_inside.h"
#include "service/step.h"
#include "service/superseded.h"

/* A transcription that was replaced meanwhile may be why the work failed, and the new one's event
 * is on its way: then it is with the event as if its call were gone. */
static const struct cm_stmt sql_look = {
    "dead_letter_look", "SELECT EXISTS (SELECT FROM inbox WHERE service = $1 AND event_id = $2),"
                        " (SELECT organization_id FROM call WHERE id = $3"
                        "   AND ($4::uuid IS NULL OR EXISTS (SELECT FROM transcription"
                        "   WHERE id = $4)))"
};

static const struct cm_stmt sql_insert = {
    "dead_letter_insert",
    "INSERT INTO dead_letter (id, service, topic, message_key, payload, headers, organization_id,"
    " call_id, step, class, reason, attempts, died_at)"
    " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13)"
    " ON CONFLICT (service, id) DO UPDATE SET class = EXCLUDED.class, reason = EXCLUDED.reason,"
    " attempts = EXCLUDED.attempts, died_at = EXCLUDED.died_at"
};

enum { ORIGINAL_HEADERS = 7, ERROR_HEADERS = 8 };

struct letter {
    struct cm_service *service;
    const struct work *work;
    struct cm_arena *arena;
    int64_t now_us;
    struct cm_opt_uuid organization_id, call_id; /* set when it is about something that is there */
    struct cm_str reason;
    struct cm_header headers[ORIGINAL_HEADERS + ERROR_HEADERS];
    size_t header_count, original_count;
};

/* Reasons may quote what was said to us; the database takes UTF-8 without NUL only. */
static struct cm_str clean(struct cm_arena *arena, struct cm_str text)
{
    char *copy;

    if (cm_str_utf8(text))
        return text;

    copy = cm_arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] == '\0' || (unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    }
    return (struct cm_str){ copy, text.len };
}

static void add_header(struct letter *letter, const char *name, struct cm_str value)
{
    letter->headers[letter->header_count++] =
        (struct cm_header){ cm_str_of(name), clean(letter->arena, value) };
}

static void take_original_headers(struct letter *letter)
{
    static const char *const names[ORIGINAL_HEADERS] = {
        "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type", "traceparent"
    };
    struct cm_str value = { 0 };

    for (size_t i = 0; i < ORIGINAL_HEADERS; i++) {
        if (cm_message_header(&letter->work->message, names[i], &value))
            add_header(letter, names[i], value);
    }
    letter->original_count = letter->header_count;
}

/* As Kafka Connect's DeadLetterQueueReporter names them; text, UTF-8. */
static void add_error_headers(struct letter *letter)
{
    const struct cm_message_in *message = &letter->work->message;
    struct cm_arena *arena = letter->arena;

    add_header(letter, "__connect.errors.topic", cm_str_of(letter->work->topic->name));
    add_header(letter, "__connect.errors.partition",
               cm_arena_printf(arena, "%d", (int)message->partition));
    add_header(letter, "__connect.errors.offset",
               cm_arena_printf(arena, "%lld", (long long)message->offset));
    add_header(letter, "__connect.errors.connector.name", cm_str_of(letter->service->spec->name));
    add_header(letter, "__connect.errors.stage", cm_str_of(letter->work->stage));
    add_header(letter, "__connect.errors.class.name",
               cm_str_of(cm_event_name(letter->work->topic->route->consumes)));
    add_header(letter, "__connect.errors.exception.class.name",
               cm_str_of(cm_rc_name(letter->work->failure.rc)));
    add_header(letter, "__connect.errors.exception.message", letter->reason);
}

static struct cm_str headers_json(struct letter *letter, size_t count)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = cm_json(&text);

    cm_json_object(&json, NULL);
    for (size_t i = 0; i < count; i++)
        cm_json_str(&json, letter->headers[i].name.at, letter->headers[i].value);
    cm_json_end(&json);
    return cm_arena_str(letter->arena, cm_buf_view(&text));
}

static cm_rc insert(struct letter *letter, struct cm_tx *tx, struct cm_err *err)
{
    const struct work *work = letter->work;
    struct cm_args *args = cm_args_new(letter->arena);
    struct cm_str none = CM_STR("");

    cm_arg_uuid(args, work->event_id);
    cm_arg_text(args, letter->service->spec->name);
    cm_arg_text(args, cm_event_name(work->topic->route->consumes));
    cm_arg_bytes(args, work->message.key.at ? work->message.key : none);
    cm_arg_bytes(args, work->message.value.at ? work->message.value : none);
    cm_arg_str(args, headers_json(letter, letter->original_count));
    cm_arg_opt_uuid(args, letter->organization_id);
    cm_arg_opt_uuid(args, letter->call_id);
    cm_arg_text(args, work->topic->route->step);
    cm_arg_text(args, cm_rc_name(work->failure.rc));
    cm_arg_str(args, letter->reason);
    cm_arg_i32(args, (int32_t)work->item.attempt);
    cm_arg_time(args, letter->now_us);
    return cm_tx_send(tx, &sql_insert, args, err);
}

static cm_rc emit_step_failed(struct letter *letter, struct cm_emitter *emitter, struct cm_err *err)
{
    const struct work *work = letter->work;
    struct cm_traceparent traceparent = cm_trace_text(&work->item.trace);
    struct cm_event event = { .kind = EVENT_CALL_STEP_FAILED,
                              .head = work->event.head,
                              .traceparent = cm_str_of(traceparent.at) };

    event.head.event_id = (struct cm_uuid){ 0 };
    event.head.occurred_at_us = 0;
    event.head.organization_id = letter->organization_id.value;
    event.call_step_failed =
        (struct cm_call_step_failed){ .step = cm_str_of(work->topic->route->step),
                                      .service = cm_str_of(letter->service->spec->name),
                                      .reason = letter->reason,
                                      .attempts = work->item.attempt };
    return emitter_add(emitter, &event, err);
}

static cm_rc write_letter(struct letter *letter, struct cm_tx *tx, struct cm_err *err)
{
    const struct work *work = letter->work;
    struct cm_emitter *emitter = emitter_new(letter->service, letter->arena, letter->now_us);
    struct emitter_raw raw = { .topic = cm_arena_printf(letter->arena, "dead-letter.%s",
                                                        letter->service->spec->name),
                               .key = work->message.key,
                               .value = work->message.value };
    bool has_step = letter->call_id.set && work->topic->route->step;
    cm_rc rc;

    take_original_headers(letter);
    add_error_headers(letter);
    raw.headers = letter->headers;
    raw.header_count = letter->header_count;
    emitter_add_raw(emitter, &raw);

    rc = insert(letter, tx, err);
    if (!rc && has_step)
        rc = step_failed(tx, work, letter->reason, letter->now_us, err);
    if (!rc && has_step)
        rc = emit_step_failed(letter, emitter, err);
    if (!rc)
        rc = emitter_write(emitter, tx, err);
    return rc;
}

static cm_rc look(struct letter *letter, struct cm_tx *tx, bool *is_seen, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(letter->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    cm_arg_text(args, letter->service->spec->name);
    cm_arg_uuid(args, letter->work->event_id);
    cm_arg_uuid(args, letter->work->event.head.call_id);
    cm_arg_opt_uuid(args, superseded_subject(&letter->work->event));
    rc = cm_tx_query(tx, &sql_look, args, &rows, err);
    if (rc)
        return rc;

    *is_seen = cm_row_bool(rows, 0, 0);
    letter->organization_id = cm_row_opt_uuid(rows, 0, 1);
    letter->call_id =
        (struct cm_opt_uuid){ letter->organization_id.set, letter->work->event.head.call_id };
    return CM_OK;
}

cm_rc dead_letter_write(struct cm_service *service, struct work *work, int64_t now_us,
                        struct cm_metric **outcome, struct cm_err *err)
{
    struct letter letter = {
        .service = service, .work = work, .arena = work->arena, .now_us = now_us
    };
    CM_OWN(cm_tx) tx = NULL;
    bool is_seen = false;
    cm_rc rc = cm_tx_begin(service->db, &tx, err);

    letter.reason = clean(work->arena, cm_str_of(work->failure.msg));
    if (!rc)
        rc = look(&letter, tx, &is_seen, err);
    if (rc)
        return rc;
    if (is_seen) {
        *outcome = work->topic->duplicate;
        return CM_OK;
    }

    rc = inbox_bury(tx, work->arena, service->spec->name, work->event_id, now_us, err);
    /* The words of a deleted call are kept nowhere, so it leaves nothing but the inbox row; and of
     * a replaced transcription no step fails. */
    if (!rc && (letter.call_id.set || !work->is_decoded))
        rc = write_letter(&letter, tx, err);
    else
        *outcome = work->topic->gone;
    return rc ? rc : cm_tx_commit(&tx, err);
}
