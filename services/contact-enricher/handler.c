#include "handler.h"

#include <stdlib.h>

#include "merge.h"
#include "store.h"

static cm_rc read_facts(const struct enricher *app, const struct cm_context *cx,
                        const struct cm_item *item, struct cm_contact_facts *out,
                        struct cm_err *err)
{
    const struct cm_call_transcribed *call = &item->event->call_transcribed;
    struct cm_transcript transcript = { .segments = call->segments,
                                        .segment_count = call->segment_count,
                                        .started_at_us = call->started_at_us,
                                        .direction = call->direction,
                                        .stop = cx->stopping,
                                        .stop_ctx = cx->stopping_ctx };

    return app->text->facts(app->text, &transcript, item->arena, out, err);
}

/* A model takes its time: it is asked here. Rules are quick and wait for `persist`, so that a batch
 * of calls costs one transaction and nothing more. */
static cm_rc prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    struct cm_contact_facts *facts = CM_NEW(item->arena, struct cm_contact_facts);
    cm_rc rc;

    if (item->prepared || !item->event->call_transcribed.contact_id.set)
        return CM_OK; /* a withheld number: nobody to know more about */

    rc = read_facts(cx->app, cx, item, facts, err);
    if (rc)
        return rc;

    item->prepared = facts;
    return CM_OK;
}

static bool prepares(void *app)
{
    return ((const struct enricher *)app)->text->slow;
}

static cm_rc facts_of(struct cm_context *cx, struct cm_item *item, struct cm_contact_facts *out,
                      struct cm_err *err)
{
    const struct enricher *app = cx->app;

    if (item->prepared) {
        *out = *(const struct cm_contact_facts *)item->prepared;
        return CM_OK;
    }
    *out = (struct cm_contact_facts){ 0 };
    return app->text->slow ? CM_OK : read_facts(app, cx, item, out, err);
}

/* All calls of a contact meet in its one row, the oldest call first. */
static cm_rc merge_all(struct cm_context *cx, struct cm_item *const items[], size_t count,
                       struct contact *contacts, size_t contact_count,
                       const struct call_contact *pairs, size_t pair_count, struct cm_err *err)
{
    for (size_t i = 0; i < pair_count; i++) {
        struct contact *contact = contact_find(contacts, contact_count, pairs[i].contact_id);

        for (size_t k = 0; k < count; k++) {
            struct cm_contact_facts facts;
            cm_rc rc;

            if (!contact || !cm_uuid_eq(items[k]->event->head.call_id, pairs[i].call_id))
                continue; /* removed since, or another call */
            rc = facts_of(cx, items[k], &facts, err);
            if (rc)
                return rc;
            contact_merge(contact, &facts, pairs[i].call_id, pairs[i].started_at_us,
                          items[k]->arena);
        }
    }
    return CM_OK;
}

static cm_rc emit(struct cm_context *cx, const struct cm_item *item, const struct contact *contact,
                  struct cm_err *err)
{
    struct cm_event event = { .kind = EVENT_CALL_ENRICHED, .head = item->event->head };

    event.head.event_id = (struct cm_uuid){ { 0 } };
    event.head.occurred_at_us = 0;
    if (contact)
        event.call_enriched = (struct cm_call_enriched){
            .contact_id = { true, contact->id },
            .name = contact->fields[CONTACT_NAME].value,
            .email = contact->fields[CONTACT_EMAIL].value,
            .company = contact->fields[CONTACT_COMPANY].value,
            .summary = contact->fields[CONTACT_SUMMARY].value,
        };
    return cm_emit(cx, &event, err);
}

static const struct contact *contact_of(const struct cm_item *item, struct contact *contacts,
                                        size_t contact_count, const struct call_contact *pairs,
                                        size_t pair_count)
{
    for (size_t i = 0; i < pair_count; i++)
        if (cm_uuid_eq(pairs[i].call_id, item->event->head.call_id))
            return contact_find(contacts, contact_count, pairs[i].contact_id);
    return NULL;
}

static cm_rc persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    struct cm_arena *arena = items[0]->arena;
    struct call_contact *pairs;
    struct contact *contacts;
    size_t pair_count, contact_count;
    cm_rc rc;

    rc = store_lock_contacts(tx, arena, items, count, &pairs, &pair_count, &contacts,
                             &contact_count, err);
    if (rc)
        return rc;

    rc = merge_all(cx, items, count, contacts, contact_count, pairs, pair_count, err);
    if (!rc)
        rc = store_update_contacts(tx, arena, contacts, contact_count, cx->now_us, err);
    for (size_t i = 0; i < count && !rc; i++)
        rc = emit(cx, items[i], contact_of(items[i], contacts, contact_count, pairs, pair_count),
                  err);
    return rc;
}

static cm_rc open_app(struct cm_service *service, void **app, struct cm_err *err)
{
    struct enricher *enricher;
    struct cm_text *text = NULL;
    cm_rc rc = cm_text_open(cm_service_config(service), cm_service_http(service), &text, err);

    if (rc)
        return rc;

    enricher = calloc(1, sizeof *enricher);
    if (!enricher) {
        cm_text_free(text);
        return cm_fail(err, CM_FATAL, "contact-enricher: out of memory");
    }
    enricher->text = text;
    *app = enricher;
    return CM_OK;
}

static void close_app(void *app)
{
    struct enricher *enricher = app;

    if (!enricher)
        return;
    cm_text_free(enricher->text);
    free(enricher);
}

static const struct cm_route routes[] = {
    { .consumes = EVENT_CALL_TRANSCRIBED,
      .prepare = prepare,
      .prepares = prepares,
      .persist = persist,
      .step = "enrich" },
    { .consumes = EVENT_NONE },
};
static const enum cm_event_kind produces[] = { EVENT_CALL_ENRICHED, EVENT_NONE };
static const struct cm_setting *const settings[] = { cm_text_settings, NULL };

const struct cm_service_spec contact_enricher = {
    .name = "contact-enricher",
    .routes = routes,
    .produces = produces,
    .settings = settings,
    .admin_addr = "127.0.0.1:9104",
    .open = open_app,
    .close = close_app,
};
