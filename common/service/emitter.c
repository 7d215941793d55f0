#include "service/emitter.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "service/outbox.h"
#include "service/event_span.h"

/* Of a call that is gone nothing is told any more but that it is: what was still at work on it
 * might say words that are meant to be forgotten. The calls are looked up by a subquery for each
 * row: as a join, a batch of hundreds could make the planner read the whole table. */
static const struct cm_stmt sql_insert = {
    "outbox_insert",
    "INSERT INTO outbox (id, producer, aggregatetype, aggregateid, type, payload, message_key,"
    " headers, created_at)"
    " SELECT u.id, $1, u.topic, u.key, u.type, u.payload, u.message_key, u.headers::jsonb, $2"
    " FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[],"
    " $9::text[], $10::uuid[]) WITH ORDINALITY"
    "   AS u (id, topic, key, type, payload, message_key, headers, call_id, n)"
    " WHERE u.call_id IS NULL OR (SELECT true FROM call c WHERE c.id = u.call_id)"
    " ORDER BY u.n"
};

struct cm_emitter {
    const char *producer;
    struct cm_codec *codec;
    const struct cm_service *keeper; /* a test's, which keeps the events; NULL: they become rows */
    struct cm_arena *arena;
    int64_t now_us;
    size_t rows;
    struct cm_args *args;
    struct cm_column *ids, *topics, *keys, *types, *payloads, *message_keys, *headers, *calls;
    struct cm_item *const *items;
    size_t item_count, item_hint;
};

static struct cm_emitter *emitter_for(const char *producer, struct cm_codec *codec,
                                      struct cm_arena *arena, int64_t now_us)
{
    struct cm_emitter *emitter = CM_NEW(arena, struct cm_emitter);

    emitter->producer = producer;
    emitter->codec = codec;
    emitter->arena = arena;
    emitter->now_us = now_us;
    return emitter;
}

struct cm_emitter *emitter_new(struct cm_service *service, struct cm_arena *arena, int64_t now_us)
{
    struct cm_emitter *emitter = emitter_for(service->spec->name, service->codec, arena, now_us);

    emitter->keeper = service->keep ? service : NULL;
    return emitter;
}

void emitter_on_behalf(struct cm_emitter *emitter, struct cm_item *const items[], size_t count)
{
    emitter->items = items;
    emitter->item_count = count;
    emitter->item_hint = 0;
}

/* Handlers go through their items in order, so the search goes on where the last one ended. */
static const struct cm_item *item_of(struct cm_emitter *emitter, struct cm_uuid call_id)
{
    for (size_t n = 0; n < emitter->item_count; n++) {
        size_t i = (emitter->item_hint + n) % emitter->item_count;

        if (cm_uuid_eq(emitter->items[i]->event->head.call_id, call_id)) {
            emitter->item_hint = i;
            return emitter->items[i];
        }
    }
    return NULL;
}

static struct cm_trace trace_of(struct cm_emitter *emitter, struct cm_uuid call_id)
{
    const struct cm_item *item = item_of(emitter, call_id);
    struct cm_trace call = cm_trace_of_call(call_id), current = *cm_trace_current();

    if (item && cm_trace_is_some(&item->trace))
        return item->trace;
    return memcmp(current.trace_id, call.trace_id, sizeof call.trace_id) == 0 ? current : call;
}

static void columns_open(struct cm_emitter *emitter)
{
    struct cm_args *args = cm_args_new(emitter->arena);

    cm_arg_text(args, emitter->producer);
    cm_arg_time(args, emitter->now_us);
    emitter->ids = cm_arg_column(args, CM_COL_UUID);
    emitter->topics = cm_arg_column(args, CM_COL_TEXT);
    emitter->keys = cm_arg_column(args, CM_COL_TEXT);
    emitter->types = cm_arg_column(args, CM_COL_TEXT);
    emitter->payloads = cm_arg_column(args, CM_COL_BYTES);
    emitter->message_keys = cm_arg_column(args, CM_COL_BYTES);
    emitter->headers = cm_arg_column(args, CM_COL_TEXT);
    emitter->calls = cm_arg_column(args, CM_COL_UUID);
    emitter->args = args;
}

/* CloudEvents 1.0 in Kafka's binary mode, and the trace. */
static struct cm_str event_headers(const struct cm_emitter *emitter, const struct cm_event *event)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = cm_json(&text);
    char type[80], source[80];

    snprintf(type, sizeof type, "callmill.%s", cm_event_name(event->kind));
    snprintf(source, sizeof source, "callmill/%s", emitter->producer);
    cm_json_object(&json, NULL);
    cm_json_text(&json, "ce_specversion", "1.0");
    cm_json_text(&json, "ce_id", cm_uuid_text(event->head.event_id).at);
    cm_json_text(&json, "ce_source", source);
    cm_json_text(&json, "ce_type", type);
    cm_json_text(&json, "ce_time", cm_time_rfc3339(event->head.occurred_at_us).at);
    cm_json_text(&json, "content-type", "application/avro");
    cm_json_str(&json, "traceparent", event->traceparent);
    cm_json_end(&json);
    return cm_arena_str(emitter->arena, cm_buf_view(&text));
}

static cm_rc add_row(struct cm_emitter *emitter, const struct cm_event *event, struct cm_err *err)
{
    CM_OWN_BUF struct cm_buf payload = { 0 };
    cm_rc rc = cm_codec_encode(emitter->codec, event, &payload, err);

    if (rc)
        return rc;

    if (!emitter->args)
        columns_open(emitter);
    cm_col_uuid(emitter->ids, event->head.event_id);
    cm_col_text(emitter->topics, cm_event_name(event->kind));
    cm_col_text(emitter->keys, cm_uuid_text(event->head.call_id).at);
    cm_col_text(emitter->types, cm_event_record(event->kind));
    cm_col_bytes(emitter->payloads, cm_buf_view(&payload));
    cm_col_null(emitter->message_keys);
    cm_col_str(emitter->headers, event_headers(emitter, event));
    if (event->kind == EVENT_CALL_DELETED)
        cm_col_null(emitter->calls);
    else
        cm_col_uuid(emitter->calls, event->head.call_id);
    emitter->rows++;
    return CM_OK;
}

cm_rc emitter_add(struct cm_emitter *emitter, const struct cm_event *event, struct cm_err *err)
{
    struct cm_trace trace = trace_of(emitter, event->head.call_id);
    struct cm_traceparent traceparent = cm_trace_text(&trace);
    struct cm_event whole = *event;

    if (cm_uuid_is_nil(whole.head.event_id))
        whole.head.event_id = cm_uuid_v7(emitter->now_us);
    if (whole.head.occurred_at_us == 0)
        whole.head.occurred_at_us = emitter->now_us;
    if (whole.traceparent.len == 0)
        whole.traceparent = cm_str_of(traceparent.at);
    if (emitter->keeper)
        return emitter->keeper->keep(emitter->keeper->bench, &whole, err);
    return add_row(emitter, &whole, err);
}

void emitter_add_raw(struct cm_emitter *emitter, const struct emitter_raw *message)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_json json = cm_json(&text);

    cm_json_object(&json, NULL);
    for (size_t i = 0; i < message->header_count; i++)
        cm_json_str(&json, cm_arena_text(emitter->arena, message->headers[i].name),
                    message->headers[i].value);
    cm_json_end(&json);

    if (!emitter->args)
        columns_open(emitter);
    cm_col_uuid(emitter->ids, cm_uuid_v7(emitter->now_us));
    cm_col_str(emitter->topics, message->topic);
    cm_col_text(emitter->keys, "");
    cm_col_text(emitter->types, "dead-letter");
    cm_col_bytes(emitter->payloads, message->value.at ? message->value : CM_STR(""));
    cm_col_bytes(emitter->message_keys, message->key);
    cm_col_str(emitter->headers, cm_buf_view(&text));
    cm_col_null(emitter->calls);
    emitter->rows++;
}

cm_rc emitter_write(struct cm_emitter *emitter, struct cm_tx *tx, struct cm_err *err)
{
    return emitter->rows ? cm_tx_send(tx, &sql_insert, emitter->args, err) : CM_OK;
}

cm_rc cm_emit(struct cm_context *cx, const struct cm_event *event, struct cm_err *err)
{
    return emitter_add(cx->emitter, event, err);
}

static cm_rc write_all(struct cm_emitter *emitter, struct cm_tx *tx, const struct cm_event *events,
                       size_t count, struct cm_err *err)
{
    for (size_t i = 0; i < count; i++) {
        cm_rc rc = emitter_add(emitter, &events[i], err);

        if (rc)
            return rc;
    }
    return emitter_write(emitter, tx, err);
}

cm_rc cm_outbox_write(struct cm_service *service, struct cm_tx *tx, struct cm_arena *arena,
                      const struct cm_event *events, size_t count, int64_t now_us,
                      struct cm_err *err)
{
    return write_all(emitter_new(service, arena, now_us), tx, events, count, err);
}

cm_rc cm_outbox_write_for(const char *producer, struct cm_codec *codec, struct cm_tx *tx,
                          struct cm_arena *arena, const struct cm_event *events, size_t count,
                          int64_t now_us, struct cm_err *err)
{
    return write_all(emitter_for(producer, codec, arena, now_us), tx, events, count, err);
}
