/* The codec together with a made-up registry: how often it is asked, and what comes of it. */
#include "fake_registry.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "bus/codec_cache.h"
#include "samples.h"

struct fixture {
    struct cm_arena *arena;
    struct cm_registry *registry;
    struct cm_codec *codec;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    fx->arena = cm_arena_new();
    fx->registry = cm_registry_new("http://r:1", NULL);
    fx->codec = cm_codec_new(fx->registry, "callmill.");
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_codec_free(fx->codec);
    cm_registry_free(fx->registry);
    cm_arena_free(fx->arena);
    free(fx);
    cm_buf_finish(&last_body);
    return 0;
}

static const char *schema_answer(struct fixture *fx, enum cm_event_kind kind)
{
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);

    cm_json_object(&j, NULL);
    cm_json_str(&j, "schema", cm_event_avsc(kind));
    cm_json_end(&j);
    return cm_arena_text(fx->arena, cm_buf_view(&body));
}

/* A registry that gives every schema the id 9, and that is the schema of `kind`. */
static void given_registry(struct fixture *fx, enum cm_event_kind kind)
{
    struct fake_answer *answers = CM_NEW_N(fx->arena, struct fake_answer, 5);

    answers[0] = (struct fake_answer){ "GET /config/", 200,
                                       "{\"compatibilityLevel\":\"BACKWARD_TRANSITIVE\"}" };
    answers[1] = (struct fake_answer){ "POST /subjects/callmill.call.", 200, "{\"id\":9}" };
    answers[2] = (struct fake_answer){ "GET /schemas/ids/9", 200, schema_answer(fx, kind) };
    answers[3] = (struct fake_answer){ "GET /schemas/ids/", 404, "{\"error_code\":40403}" };
    given_answers(answers);
}

static struct cm_str framed(struct fixture *fx, const struct cm_event *event)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_err err = { 0 };

    if (cm_codec_encode(fx->codec, event, &out, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return cm_arena_str(fx->arena, cm_buf_view(&out));
}

static void an_event_goes_through_and_the_registry_is_asked_once(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = a_sample(fx->arena, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL), got;

    given_registry(fx, EVENT_CALL_TRANSCRIBED);
    for (int i = 0; i < 3; i++) {
        struct cm_str value = framed(fx, &event);

        assert_memory_equal(value.at, "\0\0\0\0\x09", CM_FRAME_BYTES);
        assert_int_equal(
            cm_codec_decode(fx->codec, value, EVENT_CALL_TRANSCRIBED, fx->arena, &got, NULL),
            CM_OK);
        assert_same_event(&event, &got);
    }
    assert_string_equal(questions(), "GET /config/callmill.call.transcribed-value\n"
                                     "POST /subjects/callmill.call.transcribed-value/versions\n"
                                     "GET /schemas/ids/9\n");
}

static void an_unknown_id_is_asked_for_once_in_a_while(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event;
    struct cm_err err;

    given_registry(fx, EVENT_CALL_DELETED);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(cm_codec_decode(fx->codec, CM_STR("\0\0\0\0\x05poison"),
                                         EVENT_CALL_DELETED, fx->arena, &event, &err),
                         CM_REJECT);
        assert_string_equal(err.msg, "no schema has the id 5");
    }
    assert_int_equal(question_count(), 1);
}

static void a_schema_that_is_no_use_is_asked_for_once_in_a_while(void **state)
{
    static const struct fake_answer answers[] = {
        { "GET /schemas/ids/", 200, "{\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"}" }, { 0 }
    };
    struct fixture *fx = *state;
    struct cm_event event;
    struct cm_err err;

    given_answers(answers);
    for (int i = 0; i < 100; i++)
        assert_int_equal(cm_codec_decode(fx->codec, CM_STR("\0\0\0\0\x05poison"),
                                         EVENT_CALL_DELETED, fx->arena, &event, &err),
                         CM_REJECT);
    assert_string_equal(err.msg, "Avro schema: unknown type nonsense");
    assert_int_equal(question_count(), 1);
}

static void a_registry_that_is_away_is_not_held_against_the_id(void **state)
{
    static const struct fake_answer away[] = { { "GET ", 0, NULL }, { 0 } };
    struct fixture *fx = *state;
    struct cm_event event = a_sample(fx->arena, EVENT_CALL_DELETED, SAMPLE_FULL), got;
    struct cm_str value;
    struct cm_err err;

    given_registry(fx, EVENT_CALL_DELETED);
    value = framed(fx, &event);

    given_answers(away);
    assert_int_equal(cm_codec_decode(fx->codec, value, EVENT_CALL_DELETED, fx->arena, &got, &err),
                     CM_RETRY);
    assert_true(err.away);

    given_registry(fx, EVENT_CALL_DELETED);
    assert_int_equal(cm_codec_decode(fx->codec, value, EVENT_CALL_DELETED, fx->arena, &got, &err),
                     CM_OK);
}

static void what_has_no_frame_asks_nobody(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event;

    given_registry(fx, EVENT_CALL_DELETED);
    assert_int_equal(cm_codec_decode(fx->codec, CM_STR("{\"json\":1}"), EVENT_CALL_DELETED,
                                     fx->arena, &event, NULL),
                     CM_REJECT);
    assert_int_equal(cm_codec_decode(fx->codec, (struct cm_str){ 0 }, EVENT_CALL_DELETED, fx->arena,
                                     &event, NULL),
                     CM_REJECT);
    assert_int_equal(question_count(), 0);
}

static void a_failed_encode_appends_nothing(void **state)
{
    struct fixture *fx = *state;
    struct cm_event event = a_sample(fx->arena, EVENT_CALL_DELETED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf out = { 0 };

    given_registry(fx, EVENT_CALL_DELETED);
    cm_buf_text(&out, "before");
    event.call_deleted.reason = CM_STR("boredom");
    assert_int_equal(cm_codec_encode(fx->codec, &event, &out, NULL), CM_REJECT);
    assert_int_equal(out.len, 6);
}

static void registering_all_kinds_asks_twice_a_kind_and_never_again(void **state)
{
    static const enum cm_event_kind kinds[] = { EVENT_CALL_STARTED, EVENT_CALL_DELETED,
                                                EVENT_NONE };
    struct fixture *fx = *state;

    given_registry(fx, EVENT_CALL_DELETED);
    assert_int_equal(cm_codec_register(fx->codec, kinds, NULL), CM_OK);
    assert_int_equal(cm_codec_register(fx->codec, kinds, NULL), CM_OK);
    assert_int_equal(question_count(), 4);
}

/* More ids than the cache keeps: each still reads, none is forgotten wrongly. */
static void more_schemas_than_there_is_room_for_are_read_all_the_same(void **state)
{
    static struct fake_answer answers[2] = { { "GET /schemas/ids/", 200, NULL }, { 0 } };
    struct fixture *fx = *state;
    struct cm_event event = a_sample(fx->arena, EVENT_CALL_DELETED, SAMPLE_FULL), got;
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str value;

    given_registry(fx, EVENT_CALL_DELETED);
    value = framed(fx, &event);
    answers[0].body = schema_answer(fx, EVENT_CALL_DELETED);
    given_answers(answers);
    for (int round = 0; round < 2; round++) {
        for (uint32_t id = 1; id <= 600; id++) {
            CM_OWN_BUF struct cm_buf other = { 0 };

            cm_frame_put(&other, id * 7919);
            cm_buf_put(&other, value.at + CM_FRAME_BYTES, value.len - CM_FRAME_BYTES);
            assert_int_equal(cm_codec_decode(fx->codec, cm_buf_view(&other), EVENT_CALL_DELETED,
                                             arena, &got, NULL),
                             CM_OK);
            assert_same_event(&event, &got);
            cm_arena_reset(arena);
        }
    }
    assert_in_range(question_count(), 600 + 80, 600 + 100);
}

struct reader {
    struct fixture *fx;
    struct cm_str value;
    bool ok;
};

static void *read_many(void *ctx)
{
    struct reader *reader = ctx;
    CM_OWN(cm_arena) arena = cm_arena_new();

    reader->ok = true;
    for (int i = 0; i < 2000 && reader->ok; i++) {
        struct cm_event got;

        reader->ok = cm_codec_decode(reader->fx->codec, reader->value, EVENT_CALL_TRANSCRIBED,
                                     arena, &got, NULL) == CM_OK;
        cm_arena_reset(arena);
    }
    return NULL;
}

static void threads_share_one_schema(void **state)
{
    enum { THREADS = 4 };
    struct fixture *fx = *state;
    struct cm_event event = a_sample(fx->arena, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL), got;
    struct reader readers[THREADS];
    pthread_t threads[THREADS];
    struct cm_str value;

    given_registry(fx, EVENT_CALL_TRANSCRIBED);
    value = framed(fx, &event);
    /* The made-up registry is not for several threads: the schema is there before they start. */
    assert_int_equal(
        cm_codec_decode(fx->codec, value, EVENT_CALL_TRANSCRIBED, fx->arena, &got, NULL), CM_OK);
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){ fx, value, false };
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(readers[i].ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_goes_through_and_the_registry_is_asked_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_unknown_id_is_asked_for_once_in_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_schema_that_is_no_use_is_asked_for_once_in_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_registry_that_is_away_is_not_held_against_the_id, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_has_no_frame_asks_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_encode_appends_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(registering_all_kinds_asks_twice_a_kind_and_never_again,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(more_schemas_than_there_is_room_for_are_read_all_the_same,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_one_schema, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
