#include "service/testing.h"

#include <stdlib.h>

#include "event/codec.h"
#include "service/emitter.h"
#include "service/event_span.h"
#include "service/persist.h"

struct kept {
    const struct cm_event *event;
    struct kept *next;
};

struct cm_bench {
    struct cm_service_spec spec;
    struct cm_service service;
    struct cm_context context;
    struct cm_arena *arena;
    struct kept *first, **last;
};

/* A copy by way of Avro, so that what is kept is what a consumer would read. */
static cm_rc keep(struct cm_bench *bench, const struct cm_event *event, struct cm_err *err)
{
    CM_OWN(cm_schema) schema = NULL;
    CM_OWN_BUF struct cm_buf avro = { 0 };
    struct cm_event *copy = CM_NEW(bench->arena, struct cm_event);
    struct kept *kept = CM_NEW(bench->arena, struct kept);
    cm_rc rc = cm_event_encode(event, &avro, err);

    if (!rc)
        rc = cm_schema_parse(cm_event_avsc(event->kind), &schema, err);
    if (!rc)
        rc = cm_event_decode(cm_buf_view(&avro), schema, event->kind, bench->arena, copy, err);
    if (rc)
        return rc;

    copy->traceparent = cm_arena_str(bench->arena, event->traceparent);
    kept->event = copy;
    *bench->last = kept;
    bench->last = &kept->next;
    return CM_OK;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

struct cm_bench *cm_bench_new(struct cm_db *db, void *app, int64_t now_us)
{
    struct cm_bench *bench = cm_must(calloc(1, sizeof *bench));

    cm_codec_setup();
    bench->arena = cm_arena_new();
    bench->last = &bench->first;
    bench->spec.name = "bench";
    bench->service = (struct cm_service){
        .spec = &bench->spec, .db = db, .keep = keep, .bench = bench, .app = app
    };
    bench->context = (struct cm_context){
        .service = &bench->service, .app = app, .db = db, .now_us = now_us, .stopping = never
    };
    bench->context.emitter = emitter_new(&bench->service, bench->arena, now_us);
    return bench;
}

void cm_bench_free(struct cm_bench *bench)
{
    if (!bench)
        return;

    cm_arena_free(bench->arena);
    free(bench);
}

struct cm_context *cm_bench_context(struct cm_bench *bench)
{
    return &bench->context;
}

struct cm_arena *cm_bench_arena(struct cm_bench *bench)
{
    return bench->arena;
}

struct cm_service *cm_bench_service(struct cm_bench *bench)
{
    return &bench->service;
}

cm_rc cm_bench_handle(struct cm_bench *bench, const char *service, const struct cm_route *route,
                      const struct cm_event *event, struct cm_err *err)
{
    struct cm_item *item = CM_NEW(bench->arena, struct cm_item);
    struct cm_item *const items[] = { item };
    bool is_new = true;
    cm_rc rc = CM_OK;

    *item = (struct cm_item){ .event = event, .arena = bench->arena, .attempt = 1 };
    event_span_admit(item);
    bench->spec.name = service;
    if (route->prepare && (!route->prepares || route->prepares(bench->context.app)))
        rc = route->prepare(&bench->context, item, err);
    if (rc)
        return rc;

    if (bench->context.db)
        return persist_items(&bench->context, route, bench->arena, items, 1, &is_new, err);
    if (!route->persist)
        return CM_OK;

    emitter_on_behalf(bench->context.emitter, items, 1);
    rc = route->persist(&bench->context, NULL, items, 1, err);
    emitter_on_behalf(bench->context.emitter, NULL, 0);
    return rc;
}

size_t cm_bench_emitted(const struct cm_bench *bench, enum cm_event_kind kind)
{
    size_t count = 0;

    for (const struct kept *kept = bench->first; kept; kept = kept->next)
        count += kept->event->kind == kind;
    return count;
}

const struct cm_event *cm_bench_event(const struct cm_bench *bench, enum cm_event_kind kind,
                                      size_t n)
{
    for (const struct kept *kept = bench->first; kept; kept = kept->next) {
        if (kept->event->kind == kind && n-- == 0)
            return kept->event;
    }
    return NULL;
}
