#include "service/outbox.h"

#include "service/inside.h"

/* All that an emitter knows of a service is its name and how it encodes. */
cm_rc cm_outbox_write_for(const char *producer, struct cm_codec *codec, struct cm_tx *tx,
                          struct cm_arena *arena, const struct cm_event *events, size_t count,
                          int64_t now_us, struct cm_err *err)
{
    const struct cm_service_spec spec = { .name = producer };
    struct cm_service stand_in = { .spec = &spec, .codec = codec };

    return cm_outbox_write(&stand_in, tx, arena, events, count, now_us, err);
}
