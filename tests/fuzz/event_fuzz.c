/* event_fuzz - bytes as an event, written with our own schema.
 *
 * Input: one byte that chooses the kind, then Avro binary. What decodes must encode again, and
 * decode to an event that encodes to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "event/codec.h"
#include "event/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN_BUF struct cm_buf once = { 0 };
    CM_OWN_BUF struct cm_buf twice = { 0 };
    struct cm_event event;
    enum cm_event_kind kind;
    cm_rc rc;

    if (size == 0)
        return 0;

    kind = (enum cm_event_kind)(1 + data[0] % (EVENT_KINDS - 1));
    rc = cm_event_decode((struct cm_str){ (const char *)data + 1, size - 1 }, cm_event_schema(kind),
                         kind, arena, &event, NULL);
    check(rc == CM_OK || rc == CM_REJECT);
    if (rc)
        return 0;

    check(cm_event_encode(&event, &once, NULL) == CM_OK);
    check(cm_event_decode(cm_buf_view(&once), cm_event_schema(kind), kind, arena, &event, NULL) ==
          CM_OK);
    check(cm_event_encode(&event, &twice, NULL) == CM_OK);
    check(cm_str_eq(cm_buf_view(&once), cm_buf_view(&twice)));
    return 0;
}
