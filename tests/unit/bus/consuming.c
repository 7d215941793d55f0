#include "consuming.h"

#include <stdio.h>
#include <string.h>

#include "bus/producer.h"

static void note(struct seen *seen, char sign, const char *topic, int32_t partition)
{
    size_t used = strlen(seen->told);

    snprintf(seen->told + used, sizeof seen->told - used, "%c%s/%d ", sign, topic, (int)partition);
}

static void got(void *ctx, const char *topic, int32_t partition)
{
    note(ctx, '+', topic, partition);
}

static void gave(void *ctx, const char *topic, int32_t partition)
{
    struct seen *seen = ctx;

    note(ctx, '-', topic, partition);
    if (seen->store_on_revoke)
        cm_consumer_store(seen->consumer, topic, partition, seen->store_on_revoke);
}

struct cm_consumer *a_consumer(struct cluster *fx, struct seen *seen, const char *topic,
                               const char *group, bool from_latest)
{
    const char **topics = CM_NEW_N(fx->arena, const char *, 2);
    const struct cm_consumer_options options = {
        .config = fx->config,
        .group = group,
        .topics = topics,
        .from_latest = from_latest,
        .assigned = got,
        .revoked = gave,
        .ctx = seen,
    };
    struct cm_consumer *consumer = NULL;
    struct cm_err err = { 0 };

    topics[0] = topic;
    if (cm_consumer_new(&options, &consumer, &err) != CM_OK)
        fail_msg("%s", err.msg);
    seen->consumer = consumer;
    return consumer;
}

void given_messages(struct cluster *fx, const char *topic, int first, int count)
{
    CM_OWN(cm_producer) producer = NULL;
    struct cm_err err = { 0 };

    assert_int_equal(cm_producer_new(fx->config, "given", &producer, NULL), CM_OK);
    for (int i = first; i < first + count; i++) {
        struct cm_header header = { CM_STR("n"), cm_arena_printf(fx->arena, "h%d", i) };
        struct cm_message_out message = {
            .topic = cm_str_of(topic),
            .key = CM_STR("k"),
            .value = cm_arena_printf(fx->arena, "%d", i),
            .headers = &header,
            .header_count = 1,
        };

        if (cm_producer_send(producer, &message, 1, LONG_MS, &err) != CM_OK)
            fail_msg("%s", err.msg);
    }
}

struct cm_message_in next_message(struct cm_consumer *consumer)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;
    struct cm_message_in message;
    enum cm_poll_answer answer;
    struct cm_err err = { 0 };

    while (cm_mono_ms() < deadline_ms) {
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, &err);

        assert_true(rc == CM_OK || rc == CM_RETRY);
        if (rc == CM_OK && answer == CM_POLL_MESSAGE)
            return message;
    }
    fail_msg("no message came: %s", err.msg);
    return message;
}

void expect_message(struct cm_consumer *consumer, const char *value)
{
    struct cm_message_in message = next_message(consumer);

    assert_true(cm_str_is(message.value, value));
    cm_message_free(&message);
}

void poll_until(struct cm_consumer *consumer, bool (*done)(void *ctx), void *ctx)
{
    int64_t deadline_ms = cm_mono_ms() + LONG_MS;

    while (!done(ctx)) {
        struct cm_message_in message = { 0 };
        enum cm_poll_answer answer;
        cm_rc rc = cm_consumer_poll(consumer, POLL_MS, &answer, &message, NULL);

        assert_true(rc == CM_OK || rc == CM_RETRY);
        cm_message_free(&message);
        if (cm_mono_ms() > deadline_ms)
            fail_msg("it did not happen in time");
    }
}

bool is_assigned(void *ctx)
{
    return ((struct seen *)ctx)->told[0] != '\0';
}
