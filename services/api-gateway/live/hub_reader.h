/* hub_reader.h - the hub's thread: from the topics to text. */
#pragma once
#include "live/hub.h"

struct hub_reader; /* opaque */

/** Called in the reader's thread; `text` is lent for the call. */
typedef void hub_deliver(void *ctx, struct cm_uuid organization, struct cm_str text);

struct hub_reader_options {
    const struct cm_config *config;
    struct cm_codec *codec;
    bool (*wanted)(
        void *ctx); /* is anybody there? Otherwise events are passed over unread. Thread: any */
    hub_deliver *deliver;
    void *ctx;
};

cm_rc hub_reader_start(const struct hub_reader_options *options, struct hub_reader **out,
                       struct cm_err *err) CM_MUSTCHECK;
void hub_reader_free(struct hub_reader *reader); /* waits for its thread */
CM_DEFINE_OWN(hub_reader, hub_reader_free);
