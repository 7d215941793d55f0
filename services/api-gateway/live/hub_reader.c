#include "live/hub_reader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/codec_cache.h"
#include "bus/consumer.h"
#include "live/live_text.h"

enum { POLL_MS = 200, PAUSE_MS = 1000 };

struct hub_reader {
    struct hub_reader_options options;
    struct cm_arena *names; /* of the topics and the group */
    const char *topics[EVENT_KINDS];
    enum cm_event_kind kinds[EVENT_KINDS];
    const char *group;
    pthread_t thread;
    atomic_bool stopping;
};

static enum cm_event_kind kind_of_topic(const struct hub_reader *reader, const char *topic)
{
    for (size_t i = 0; reader->topics[i]; i++)
        if (strcmp(reader->topics[i], topic) == 0)
            return reader->kinds[i];
    return EVENT_NONE;
}

static void read_message(struct hub_reader *reader, const struct cm_message_in *message,
                         struct cm_arena *arena)
{
    enum cm_event_kind kind = kind_of_topic(reader, message->topic);
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_event event;
    struct cm_err err;

    if (kind == EVENT_NONE || !reader->options.wanted(reader->options.ctx))
        return;
    cm_arena_reset(arena);
    if (cm_codec_decode(reader->options.codec, message->value, kind, arena, &event, &err)) {
        cm_log(CM_LOG_WARN, "event not shown on live pages",
               "topic=%s partition=%d offset=%lld reason=%s", message->topic,
               (int)message->partition, (long long)message->offset, err.msg);
        return;
    }

    live_text(&event, &text);
    reader->options.deliver(reader->options.ctx, event.head.organization_id, cm_buf_view(&text));
}

/* Until the process stops, or the consumer is of no use any more. */
static void consume(struct hub_reader *reader, struct cm_consumer *consumer, struct cm_arena *arena)
{
    while (!atomic_load(&reader->stopping)) {
        struct cm_message_in message;
        enum cm_poll_answer answer;
        struct cm_err err;
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

        if (rc == CM_RETRY) {
            cm_pause_ms(PAUSE_MS);
            continue;
        }
        if (rc) {
            cm_log(CM_LOG_ERROR, "live pages lost the topics, trying anew", "reason=%s", err.msg);
            return;
        }
        if (answer == CM_POLL_NOTHING)
            continue;
        read_message(reader, &message, arena);
        cm_message_free(&message);
    }
}

static void *reader_main(void *ctx)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct hub_reader *reader = ctx;

    while (!atomic_load(&reader->stopping)) {
        CM_OWN(cm_consumer) consumer = NULL;
        struct cm_err err;

        if (cm_consumer_new(
                &(struct cm_consumer_options){
                    .config = reader->options.config,
                    .group = reader->group,
                    .topics = reader->topics,
                    .from_latest = true,
                },
                &consumer, &err)) {
            cm_log(CM_LOG_ERROR, "live pages cannot read the topics, trying again", "reason=%s",
                   err.msg);
            cm_pause_ms(PAUSE_MS);
            continue;
        }
        consume(reader, consumer, arena);
        if (!atomic_load(&reader->stopping))
            cm_pause_ms(PAUSE_MS);
    }
    return NULL;
}

cm_rc hub_reader_start(const struct hub_reader_options *options, struct hub_reader **out,
                       struct cm_err *err)
{
    const char *prefix = cm_config_text(options->config, "TOPIC_PREFIX");
    struct hub_reader *reader = cm_must(calloc(1, sizeof *reader));
    size_t n = 0;

    reader->options = *options;
    reader->names = cm_arena_new();
    for (int kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++) {
        reader->kinds[n] = (enum cm_event_kind)kind;
        reader->topics[n++] = cm_arena_text(
            reader->names, cm_topic_name(reader->names, prefix, (enum cm_event_kind)kind));
    }
    reader->group = cm_arena_printf(reader->names, "%sapi-gateway.live.%s", prefix,
                                    cm_uuid_text(cm_uuid_v7(cm_now_us())).at)
                        .at;
    if (pthread_create(&reader->thread, NULL, reader_main, reader) != 0) {
        cm_arena_free(reader->names);
        free(reader);
        return cm_fail(err, CM_FATAL, "live pages: no thread for reading the topics");
    }

    *out = reader;
    return CM_OK;
}

void hub_reader_free(struct hub_reader *reader)
{
    if (!reader)
        return;

    atomic_store(&reader->stopping, true);
    pthread_join(reader->thread, NULL);
    cm_arena_free(reader->names);
    free(reader);
}
