/* schema_fuzz - bytes as a schema from a registry, and what was written with it.
 *
 * Input: the schema's JSON, a NUL, Avro binary. What the walker lets through is read as every kind.
 */
#include <stdlib.h>
#include <string.h>

#include "event/walker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_OWN(cm_schema) schema = NULL;
    CM_OWN(cm_arena) arena = NULL;
    struct cm_str json = { (const char *)data, size }, avro = { 0 };
    const char *nul = size ? memchr(data, '\0', size) : NULL;
    cm_rc rc;

    if (nul) {
        json.len = (size_t)(nul - json.at);
        avro = (struct cm_str){ nul + 1, size - json.len - 1 };
    }
    rc = cm_schema_parse(json, &schema, NULL);
    if (rc == CM_REJECT)
        return 0;
    if (rc)
        abort();

    rc = cm_walk(avro, schema, NULL);
    arena = cm_arena_new();
    for (enum cm_event_kind kind = EVENT_CALL_STARTED; kind < EVENT_KINDS; kind++) {
        struct cm_event event;
        cm_rc read = cm_event_decode(avro, schema, kind, arena, &event, NULL);

        if (read == CM_RETRY || read == CM_FATAL || (rc && !read))
            abort();
        cm_arena_reset(arena);
    }
    return 0;
}
