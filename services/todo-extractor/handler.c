#include "handler.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/digest.h"
#include "store.h"

struct cm_str todo_fingerprint(struct cm_str owner, struct cm_str title, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf plain = { 0 };
    struct cm_sha256 hash;

    cm_buf_str(&plain, owner);
    cm_buf_char(&plain, ':');
    for (size_t i = 0; i < title.len; i++) {
        unsigned char c = (unsigned char)title.at[i];

        if (isalnum(c) || c >= 0x80)
            cm_buf_char(&plain, (char)tolower(c));
        else if (plain.at[plain.len - 1] != ' ' && plain.at[plain.len - 1] != ':')
            cm_buf_char(&plain, ' ');
    }
    hash = cm_sha256(cm_str_trim(cm_buf_view(&plain)));
    return cm_arena_str(arena, cm_str_of(cm_hex(hash.at, 16).at));
}

static struct cm_todo todo_of(const struct cm_event *event, const struct cm_commitment *found,
                              struct cm_str fingerprint, struct cm_arena *arena)
{
    struct cm_str name = cm_arena_printf(
        arena, "todo %s %.*s", cm_uuid_text(event->head.call_id).at, CM_STR_FMT(fingerprint));

    return (struct cm_todo){ .id = cm_uuid_named(name),
                             .title = found->title,
                             .owner = found->owner,
                             .due_date = found->due_date,
                             .segment_id = event->call_transcribed.segments[found->segment].id,
                             .evidence = found->evidence };
}

static cm_rc extract(const struct cm_context *cx, const struct cm_item *item, int64_t utc_offset_s,
                     struct extraction *out, struct cm_err *err)
{
    struct cm_text *text = ((const struct extractor *)cx->app)->text;
    const struct cm_call_transcribed *call = &item->event->call_transcribed;
    struct cm_transcript transcript = { .segments = call->segments,
                                        .segment_count = call->segment_count,
                                        .started_at_us = call->started_at_us,
                                        .utc_offset_s = utc_offset_s,
                                        .direction = call->direction,
                                        .stop = cx->stopping,
                                        .stop_ctx = cx->stopping_ctx };
    struct cm_commitment *found;
    size_t count = 0;
    cm_rc rc = text->commitments(text, &transcript, item->arena, &found, &count, err);

    if (rc)
        return rc;

    *out = (struct extraction){ .todos = CM_NEW_N(item->arena, struct cm_todo, count),
                                .fingerprints = CM_NEW_N(item->arena, struct cm_str, count) };
    for (size_t i = 0; i < count; i++) {
        struct cm_str print = todo_fingerprint(found[i].owner, found[i].title, item->arena);
        bool known = false;

        for (size_t k = 0; k < out->count && !known; k++)
            known = cm_str_eq(out->fingerprints[k], print);
        if (known)
            continue;
        out->fingerprints[out->count] = print;
        out->todos[out->count++] = todo_of(item->event, &found[i], print, item->arena);
    }
    return CM_OK;
}

/* A model takes its time: it is asked here. Rules are quick and wait for `persist`, so that a batch
 * of calls costs one transaction and nothing more. */
static cm_rc prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct extraction *extraction = CM_NEW(item->arena, struct extraction);
    int64_t utc_offset_s = 0;
    cm_rc rc;

    if (item->prepared)
        return CM_OK;

    rc = store_read_offset(cx->db, item, &utc_offset_s, err);
    if (!rc)
        rc = extract(cx, item, utc_offset_s, extraction, err);
    if (rc)
        return rc;

    item->prepared = extraction;
    return CM_OK;
}

static bool prepares(void *app)
{
    return ((const struct extractor *)app)->text->slow;
}

static cm_rc extract_all(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                         size_t count, struct extraction *out, struct cm_err *err)
{
    int64_t *offsets = CM_NEW_N(items[0]->arena, int64_t, count);
    bool all_prepared = true;
    cm_rc rc = CM_OK;

    for (size_t i = 0; i < count; i++)
        all_prepared &= items[i]->prepared != NULL;
    if (!all_prepared)
        rc = store_read_offsets(tx, items, count, offsets, err);
    for (size_t i = 0; i < count && !rc; i++) {
        if (items[i]->prepared)
            out[i] = *(const struct extraction *)items[i]->prepared;
        else
            rc = extract(cx, items[i], offsets[i], &out[i], err);
    }
    return rc;
}

static cm_rc emit(struct cm_context *cx, const struct cm_item *item, const struct call_todos *kept,
                  struct cm_err *err)
{
    const struct cm_text *text = ((const struct extractor *)cx->app)->text;
    struct cm_event event = { .kind = EVENT_CALL_TODOS_EXTRACTED, .head = item->event->head };

    event.head.event_id = (struct cm_uuid){ { 0 } };
    event.head.occurred_at_us = 0;
    event.call_todos_extracted =
        (struct cm_call_todos_extracted){ .todos = kept->todos,
                                          .todo_count = kept->count,
                                          .engine = cm_str_of(text->engine),
                                          .model = cm_str_of(text->model) };
    return cm_emit(cx, &event, err);
}

static cm_rc persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    struct cm_arena *arena = items[0]->arena;
    struct extraction *found = CM_NEW_N(arena, struct extraction, count);
    struct call_todos *kept = CM_NEW_N(arena, struct call_todos, count);
    cm_rc rc = extract_all(cx, tx, items, count, found, err);

    if (!rc)
        rc = store_replace_todos(tx, items, found, count, cx->now_us, err);
    if (!rc)
        rc = store_read_todos(tx, items, count, kept, err);
    for (size_t i = 0; i < count && !rc; i++)
        rc = emit(cx, items[i], &kept[i], err);
    return rc;
}

static cm_rc open_app(struct cm_service *service, void **app, struct cm_err *err)
{
    struct extractor *extractor;
    struct cm_text *text = NULL;
    cm_rc rc = cm_text_open(cm_service_config(service), cm_service_http(service), &text, err);

    if (rc)
        return rc;

    extractor = calloc(1, sizeof *extractor);
    if (!extractor) {
        cm_text_free(text);
        return cm_fail(err, CM_FATAL, "todo-extractor: out of memory");
    }
    extractor->text = text;
    *app = extractor;
    return CM_OK;
}

static void close_app(void *app)
{
    struct extractor *extractor = app;

    if (!extractor)
        return;
    cm_text_free(extractor->text);
    free(extractor);
}

static const struct cm_route routes[] = {
    { .consumes = EVENT_CALL_TRANSCRIBED,
      .prepare = prepare,
      .prepares = prepares,
      .persist = persist,
      .step = "extract-todos" },
    { .consumes = EVENT_NONE },
};
static const enum cm_event_kind produces[] = { EVENT_CALL_TODOS_EXTRACTED, EVENT_NONE };
static const struct cm_setting *const settings[] = { cm_text_settings, NULL };

const struct cm_service_spec todo_extractor = {
    .name = "todo-extractor",
    .routes = routes,
    .produces = produces,
    .settings = settings,
    .admin_addr = "127.0.0.1:9106",
    .open = open_app,
    .close = close_app,
};
