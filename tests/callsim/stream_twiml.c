#include "stream_twiml.h"

#include <stdio.h>
#include <stdlib.h>

#include "twiml_reader.h"

void stream_twiml_read(struct call *call, struct cm_str xml, struct cm_arena *arena)
{
    struct cm_str value = { 0 };
    struct live *live;

    if (!twiml_attribute(xml, "Stream", "url", arena, &value))
        return;
    if (!call->live)
        call->live = cm_must(calloc(1, sizeof *call->live));
    live = call->live;
    live->both_ways = twiml_has(xml, "Connect");
    live->both_tracks =
        twiml_attribute(xml, "Stream", "track", arena, &value) && cm_str_is(value, "both_tracks");
    twiml_attribute(xml, "Stream", "url", arena, &value);
    snprintf(live->url, sizeof live->url, "%.*s", CM_STR_FMT(value));
    if (twiml_attribute(xml, "Stream", "statusCallback", arena, &value))
        snprintf(live->status_callback, sizeof live->status_callback, "%.*s", CM_STR_FMT(value));
    for (int i = 0; i < LIVE_PARAMETERS; i++) {
        struct cm_str name = { 0 };

        if (!twiml_nth_attribute(xml, "Parameter", i, "name", arena, &name) ||
            !twiml_nth_attribute(xml, "Parameter", i, "value", arena, &value))
            break;
        snprintf(live->parameters[i].name, sizeof live->parameters[i].name, "%.*s",
                 CM_STR_FMT(name));
        snprintf(live->parameters[i].value, sizeof live->parameters[i].value, "%.*s",
                 CM_STR_FMT(value));
        live->parameter_count = i + 1;
    }
}
