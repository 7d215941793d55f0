#include "bus/codec_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus.h"

/* Ids that the registry does not know are remembered for a while, so that a flood of poison makes
 * no flood of requests. Schemas stay for good; what is beyond the room is parsed for one message.
 */
enum { SCHEMA_ROOM = 1024, SCHEMAS_MAX = 512, UNKNOWN_ROOM = 256, UNKNOWN_MS = 30000 };

struct known {
    uint32_t id;
    struct cm_schema *schema; /* NULL: the place is free */
};

struct unknown {
    uint32_t id;
    int64_t until_ms; /* 0: the place is free */
    char why[120];
};

struct cm_codec {
    struct cm_registry *registry;
    char *prefix;
    _Atomic int64_t ids[EVENT_KINDS]; /* of our own schemas, plus 1; 0: not registered yet */

    pthread_rwlock_t lock; /* guards all below; a schema itself never changes and is never freed */
    struct known known[SCHEMA_ROOM];
    size_t known_count;
    struct unknown unknown[UNKNOWN_ROOM];
};

struct cm_codec *cm_codec_new(struct cm_registry *registry, const char *topic_prefix)
{
    struct cm_codec *codec = cm_must(calloc(1, sizeof *codec));

    codec->registry = registry;
    codec->prefix = cm_must(strdup(topic_prefix));
    if (pthread_rwlock_init(&codec->lock, NULL) != 0)
        cm_out_of_memory();

    cm_codec_setup();
    return codec;
}

void cm_codec_free(struct cm_codec *codec)
{
    if (!codec)
        return;

    for (size_t i = 0; i < SCHEMA_ROOM; i++)
        cm_schema_free(codec->known[i].schema);
    pthread_rwlock_destroy(&codec->lock);
    free(codec->prefix);
    free(codec);
}

static cm_rc register_kind(struct cm_codec *codec, enum cm_event_kind kind, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str topic = cm_topic_name(arena, codec->prefix, kind);
    const char *subject = cm_arena_printf(arena, "%.*s-value", CM_STR_FMT(topic)).at;
    uint32_t id;
    cm_rc rc = cm_registry_register(codec->registry, subject, cm_event_avsc(kind), &id, err);

    if (rc)
        return rc;

    atomic_store(&codec->ids[kind], (int64_t)id + 1);
    return CM_OK;
}

cm_rc cm_codec_register(struct cm_codec *codec, const enum cm_event_kind *kinds, struct cm_err *err)
{
    for (; *kinds != EVENT_NONE; kinds++) {
        cm_rc rc = atomic_load(&codec->ids[*kinds]) ? CM_OK : register_kind(codec, *kinds, err);

        if (rc)
            return rc;
    }
    return CM_OK;
}

cm_rc cm_codec_encode(struct cm_codec *codec, const struct cm_event *event, struct cm_buf *out,
                      struct cm_err *err)
{
    const enum cm_event_kind kinds[] = { event->kind, EVENT_NONE };
    size_t before = out->len;
    cm_rc rc = cm_codec_register(codec, kinds, err);

    if (rc)
        return rc;

    cm_frame_put(out, (uint32_t)(atomic_load(&codec->ids[event->kind]) - 1));
    rc = cm_event_encode(event, out, err);
    if (rc)
        out->len = before;
    return rc;
}

/* Where `id` is, or where it would be put: SCHEMAS_MAX keeps half of the places free. */
static struct known *place_of(struct cm_codec *codec, uint32_t id)
{
    size_t at = (id * UINT32_C(2654435769)) % SCHEMA_ROOM;

    while (codec->known[at].schema && codec->known[at].id != id)
        at = (at + 1) % SCHEMA_ROOM;
    return &codec->known[at];
}

/* The schema; or NULL and, for an id that was asked for lately in vain, the reason. */
static const struct cm_schema *look_up(struct cm_codec *codec, uint32_t id, struct unknown *unknown)
{
    const struct cm_schema *schema;

    pthread_rwlock_rdlock(&codec->lock);
    schema = place_of(codec, id)->schema;
    if (!schema)
        *unknown = codec->unknown[id % UNKNOWN_ROOM];
    pthread_rwlock_unlock(&codec->lock);
    return schema;
}

static void remember_unknown(struct cm_codec *codec, uint32_t id, const char *why)
{
    struct unknown *unknown = &codec->unknown[id % UNKNOWN_ROOM];

    pthread_rwlock_wrlock(&codec->lock);
    unknown->id = id;
    unknown->until_ms = cm_mono_ms() + UNKNOWN_MS;
    snprintf(unknown->why, sizeof unknown->why, "%.*s", (int)sizeof unknown->why - 1, why);
    pthread_rwlock_unlock(&codec->lock);
}

/* Keeps `*schema` and lends it; what there is no room for stays the caller's. Another thread may
 * have been quicker: then its schema is lent, and the caller's stays the caller's too. */
static const struct cm_schema *keep(struct cm_codec *codec, uint32_t id, struct cm_schema **schema)
{
    const struct cm_schema *lent = *schema;
    struct known *place;

    pthread_rwlock_wrlock(&codec->lock);
    place = place_of(codec, id);
    if (place->schema) {
        lent = place->schema;
    } else if (codec->known_count < SCHEMAS_MAX) {
        *place = (struct known){ id, CM_STEAL(*schema) };
        codec->known_count++;
    }
    pthread_rwlock_unlock(&codec->lock);
    return lent;
}

/* Asks the registry. `*own` is the caller's when the cache has no room for it. */
static cm_rc fetch(struct cm_codec *codec, uint32_t id, struct cm_schema **own,
                   const struct cm_schema **lent, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_err local;
    struct cm_str avsc;
    cm_rc rc = cm_registry_schema(codec->registry, id, arena, &avsc, &local);

    if (!rc)
        rc = cm_schema_parse(avsc, own, &local);
    if (rc == CM_REJECT)
        remember_unknown(codec, id, local.msg);
    if (rc) {
        if (err)
            *err = local;
        return rc;
    }

    *lent = keep(codec, id, own);
    return CM_OK;
}

static cm_rc schema_of(struct cm_codec *codec, uint32_t id, struct cm_schema **own,
                       const struct cm_schema **lent, struct cm_err *err)
{
    struct unknown unknown;

    *lent = look_up(codec, id, &unknown);
    if (*lent)
        return CM_OK;
    if (unknown.id == id && unknown.until_ms > cm_mono_ms())
        return cm_fail(err, CM_REJECT, "%s", unknown.why);
    return fetch(codec, id, own, lent, err);
}

cm_rc cm_codec_decode(struct cm_codec *codec, struct cm_str framed, enum cm_event_kind kind,
                      struct cm_arena *arena, struct cm_event *out, struct cm_err *err)
{
    CM_OWN(cm_schema) own = NULL;
    const struct cm_schema *writer;
    struct cm_str avro;
    uint32_t id;
    cm_rc rc = cm_frame_take(framed, &id, &avro, err);

    if (!rc)
        rc = schema_of(codec, id, &own, &writer, err);
    if (rc)
        return rc;
    return cm_event_decode(avro, writer, kind, arena, out, err);
}
