/* Events from an encoder through real brokers to a decoder. */
#include "real.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

enum { EVENTS = 20000, CALLS = 50, BATCH = 500 };

/* The n-th event: of call n % CALLS, which its number tells. */
static struct cm_event the_event(struct cm_arena *arena, int n)
{
    struct cm_event event = a_sample(arena, EVENT_CALL_ENDED, SAMPLE_FULL);

    event.head.call_sid = cm_arena_printf(arena, "CA%d", n % CALLS);
    event.call_ended.duration_ms.value = n;
    return event;
}

static void send_events(struct real *real, struct cm_producer *producer, const char *topic,
                        int from, int count)
{
    struct cm_message_out *messages = calloc((size_t)count, sizeof *messages);
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_err err = { 0 };

    for (int i = 0; i < count; i++) {
        struct cm_event event = the_event(arena, from + i);
        CM_OWN_BUF struct cm_buf value = { 0 };

        if (cm_codec_encode(real->codec, &event, &value, &err) != CM_OK)
            fail_msg("%s", err.msg);
        messages[i] = (struct cm_message_out){
            .topic = cm_str_of(topic),
            .key = event.head.call_sid,
            .value = cm_arena_str(arena, cm_buf_view(&value)),
        };
    }
    if (cm_producer_send(producer, messages, (size_t)count, LONG_MS, &err) != CM_OK)
        fail_msg("%s", err.msg);
    free(messages);
}

static void twenty_thousand_events_arrive_whole_and_in_order_per_call(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "call.ended", 6);
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) consumer = NULL;
    CM_OWN(cm_arena) arena = cm_arena_new();
    int64_t start_ms = cm_mono_ms(), sent_ms;
    int last[CALLS];

    for (int i = 0; i < EVENTS; i += BATCH)
        send_events(real, producer, topic, i, BATCH);
    sent_ms = cm_mono_ms();
    printf("%d sent in %lld ms\n", EVENTS, (long long)(sent_ms - start_ms));

    memset(last, -1, sizeof last);
    consumer = given_consumer(real, real->config, topic, "stream", false);
    for (int i = 0; i < EVENTS; i++) {
        struct cm_message_in message = next_message(consumer);
        struct cm_event event;
        struct cm_err err = { 0 };
        int n;

        if (cm_codec_decode(real->codec, message.value, EVENT_CALL_ENDED, arena, &event, &err) !=
            CM_OK)
            fail_msg("%s", err.msg);
        n = (int)event.call_ended.duration_ms.value;
        assert_true(cm_str_eq(message.key, event.head.call_sid));
        /* The next of its call, so none is missing and none comes twice. */
        assert_int_equal(n, last[n % CALLS] < 0 ? n % CALLS : last[n % CALLS] + CALLS);
        last[n % CALLS] = n;
        cm_consumer_store(consumer, topic, message.partition, message.offset + 1);
        cm_message_free(&message);
        cm_arena_reset(arena);
    }
    printf("%d read in %lld ms\n", EVENTS, (long long)(cm_mono_ms() - sent_ms));

    for (int partition = 0; partition < 6; partition++)
        assert_int_equal(cm_consumer_lag(consumer, topic, partition), 0);
    assert_true(cm_consumer_is_connected(consumer));
}

/* Three kilobytes that are not a frame, a frame without a schema, an event cut short: the good one
 * behind them is read. */
static void poison_is_rejected_and_what_follows_is_read(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "poisoned", 1);
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) consumer = NULL;
    CM_OWN_BUF struct cm_buf whole = { 0 };
    struct cm_event event = the_event(real->arena, 1);
    struct cm_message_out messages[4];
    int rejected = 0;

    assert_int_equal(cm_codec_encode(real->codec, &event, &whole, NULL), CM_OK);
    for (int i = 0; i < 4; i++)
        messages[i] = (struct cm_message_out){ .topic = cm_str_of(topic), .key = CM_STR("k") };
    messages[0].value = CM_STR("not a frame");
    messages[1].value = CM_STR("\0\x7f\xff\xff\xffwho knows");
    messages[2].value = (struct cm_str){ whole.at, whole.len - 1 };
    messages[3].value = cm_buf_view(&whole);
    assert_int_equal(cm_producer_send(producer, messages, 4, LONG_MS, NULL), CM_OK);

    consumer = given_consumer(real, real->config, topic, "poison", false);
    for (int i = 0; i < 4; i++) {
        struct cm_message_in message = next_message(consumer);
        cm_rc rc = cm_codec_decode(real->codec, message.value, EVENT_CALL_ENDED, real->arena,
                                   &event, NULL);

        rejected += rc == CM_REJECT;
        assert_int_equal(rc, i < 3 ? CM_REJECT : CM_OK);
        cm_message_free(&message);
    }
    assert_int_equal(rejected, 3);
}

static void the_largest_event_goes_through_default_brokers(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "large", 1);
    CM_OWN(cm_producer) producer = given_producer(real);
    CM_OWN(cm_consumer) consumer = NULL;
    CM_OWN_BUF struct cm_buf value = { 0 };
    struct cm_event event = a_sample(real->arena, EVENT_CALL_TRANSCRIBED, SAMPLE_SPARSE);
    char *text = cm_arena_alloc(real->arena, CM_EVENT_MAX_BYTES);
    struct cm_message_out message = { .topic = cm_str_of(topic), .key = CM_STR("k") };
    struct cm_message_in got;
    uint64_t random = 1;

    /* Letters that do not compress well. */
    for (int i = 0; i < CM_EVENT_MAX_BYTES; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        text[i] = (char)('!' + (random >> 33) % 90);
    }
    event.call_transcribed.text = (struct cm_str){ text, CM_EVENT_MAX_BYTES - 1000 };
    assert_int_equal(cm_codec_encode(real->codec, &event, &value, NULL), CM_OK);
    message.value = cm_buf_view(&value);
    assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, NULL), CM_OK);

    consumer = given_consumer(real, real->config, topic, "large", false);
    got = next_message(consumer);
    assert_int_equal(got.value.len, value.len);
    assert_int_equal(
        cm_codec_decode(real->codec, got.value, EVENT_CALL_TRANSCRIBED, real->arena, &event, NULL),
        CM_OK);
    cm_message_free(&got);
}

static void what_a_topic_does_not_take_is_refused(void **state)
{
    struct real *real = *state;
    const char *topic = given_topic(real, "too-large", 1);
    CM_OWN(cm_producer) producer = given_producer(real);
    size_t len = (size_t)3 * 1024 * 1024;
    char *bytes = cm_arena_alloc(real->arena, len);
    struct cm_message_out message = { .topic = cm_str_of(topic), .value = { bytes, len } };
    uint64_t random = 1;
    struct cm_err err = { 0 };

    for (size_t i = 0; i < len; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (char)(random >> 56);
    }
    assert_int_equal(cm_producer_send(producer, &message, 1, LONG_MS, &err), CM_REJECT);
    assert_true(message.refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_thousand_events_arrive_whole_and_in_order_per_call),
        cmocka_unit_test(poison_is_rejected_and_what_follows_is_read),
        cmocka_unit_test(the_largest_event_goes_through_default_brokers),
        cmocka_unit_test(what_a_topic_does_not_take_is_refused),
    };

    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
