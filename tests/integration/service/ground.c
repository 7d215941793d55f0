#include "ground.h"

const char *probe_path;

const struct cm_stmt sql_effects = { "test_effects",
                                     "SELECT coalesce(duration_ms, 0) FROM call WHERE id = $1" };
const struct cm_stmt sql_all_effects = {
    "test_all_effects",
    "SELECT coalesce(sum(duration_ms), 0)::bigint FROM call WHERE organization_id = $1"
};
const struct cm_stmt sql_not_twice = {
    "test_not_twice",
    "SELECT count(*) FROM call WHERE organization_id = $1 AND duration_ms IS DISTINCT FROM 2"
};
const struct cm_stmt sql_step_failed = {
    "test_step_failed", "SELECT count(*) FROM call_step WHERE call_id = $1 AND state = 'failed'"
                        " AND reason LIKE '%told to%'"
};
const struct cm_stmt sql_letters = {
    "test_letters", "SELECT count(*) FROM dead_letter WHERE service LIKE 'probe-%' AND call_id = $1"
};
const struct cm_stmt sql_attempts = {
    "test_attempts", "SELECT attempts FROM call_step WHERE call_id = $1 AND state = 'done'"
};
const struct cm_stmt sql_outbox = {
    "test_outbox",
    "SELECT count(*) FROM outbox WHERE producer LIKE 'probe-%' AND $1::uuid IS NOT NULL"
};

int setup(void **state)
{
    *state = stage_open(probe_path);
    return 0;
}

int teardown(void **state)
{
    stage_close(*state);
    return 0;
}

struct reader *read_topic(struct stage *stage, const char *topic, size_t wanted)
{
    const char *const topics[] = { topic, NULL };
    const struct cm_consumer_options options = { .config = stage->config,
                                                 .group = topic,
                                                 .topics = topics };
    struct reader *reader = CM_NEW(stage->arena, struct reader);
    int64_t deadline_ms = cm_mono_ms() + 60000;
    struct cm_err err = { 0 };

    assert_int_equal(cm_consumer_new(&options, &reader->consumer, &err), CM_OK);
    while (reader->count < wanted && cm_mono_ms() < deadline_ms) {
        enum cm_poll_answer answer = CM_POLL_NOTHING;
        struct cm_message_in *next = &reader->messages[reader->count];

        if (cm_consumer_poll(reader->consumer, 200, &answer, next, &err) == CM_OK &&
            answer == CM_POLL_MESSAGE)
            reader->count++;
    }
    assert_int_equal(reader->count, wanted);
    return reader;
}

void reader_close(struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        cm_message_free(&reader->messages[i]);
    cm_consumer_free(reader->consumer);
}

const char *topic_of(struct stage *stage, enum cm_event_kind kind)
{
    return cm_arena_text(stage->arena, cm_topic_name(stage->arena, stage->prefix, kind));
}
