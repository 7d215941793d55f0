#include "event/schema.h"

#include <avro.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

/* A backstop behind the walker: no single thing that avro-c makes of a message within the bounds is
 * larger. Its own answer to a refused allocation is a clean error (measured). */
enum { AVRO_ALLOCATION_MAX = 32 * 1024 * 1024 };

static void *capped_realloc(void *user, void *at, size_t old_bytes, size_t bytes)
{
    (void)user;
    (void)old_bytes;
    if (bytes == 0) {
        free(at);
        return NULL;
    }
    return bytes > AVRO_ALLOCATION_MAX ? NULL : realloc(at, bytes);
}

static void cap_avro(void)
{
    avro_set_allocator(capped_realloc, NULL);
}

/* avro_strerror is one buffer for the whole process and racy, hence only return codes. */
static cm_rc parse_with_avro(struct cm_schema *schema, struct cm_str json, struct cm_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, cap_avro);
    if (avro_schema_from_json_length(json.at, json.len, &schema->avro) != 0)
        return cm_fail(err, CM_REJECT, "Avro schema: avro-c refuses it");
    schema->iface = avro_generic_class_from_schema(schema->avro);
    if (!schema->iface)
        return cm_fail(err, CM_REJECT, "Avro schema: avro-c makes no values of it");
    return CM_OK;
}

cm_rc cm_schema_parse(struct cm_str json, struct cm_schema **out, struct cm_err *err)
{
    CM_OWN(cm_schema) schema = NULL;
    json_error_t why;
    cm_rc rc;

    if (json.len > CM_SCHEMA_MAX_BYTES)
        return cm_fail(err, CM_REJECT, "Avro schema: %zu bytes are more than %d", json.len,
                       CM_SCHEMA_MAX_BYTES);

    schema = cm_must(calloc(1, sizeof *schema));
    schema->json = json_loadb(json.at ? json.at : "", json.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!schema->json)
        return cm_fail(err, CM_REJECT, "Avro schema: no JSON at byte %d: %s", why.position,
                       why.text);

    schema->arena = cm_arena_new();
    rc = cm_schema_tree(schema->json, schema->arena, &schema->root, err);
    if (rc)
        return rc;

    rc = parse_with_avro(schema, json, err);
    if (rc)
        return rc;

    *out = CM_STEAL(schema);
    return CM_OK;
}

void cm_schema_free(struct cm_schema *schema)
{
    if (!schema)
        return;

    if (schema->iface)
        avro_value_iface_decref(schema->iface);
    if (schema->avro)
        avro_schema_decref(schema->avro);
    json_decref(schema->json);
    cm_arena_free(schema->arena);
    free(schema);
}
