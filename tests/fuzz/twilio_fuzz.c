/* twilio_fuzz - bytes as an answer of Twilio's REST API, or of whoever stands in its place. */
#include <stdlib.h>

#include "twilio_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str json = { (const char *)data, size };
    struct callback cb, *list = NULL;
    size_t count = 0;

    if (twilio_read_call(json, arena, &cb, NULL) == CM_OK && !cm_is_sid(cb.call_sid, "CA"))
        abort();
    if (twilio_read_recordings(json, arena, &list, &count, NULL))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (!cm_is_sid(list[i].recording_sid, "RE") || !cm_is_sid(list[i].call_sid, "CA"))
            abort();
    return 0;
}
