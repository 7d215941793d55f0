/* Events to bytes and back. */
#include <stdlib.h>
#include <string.h>

#include "samples.h"

static int setup(void **state)
{
    cm_codec_setup();
    *state = cm_arena_new();
    return 0;
}

static int teardown(void **state)
{
    cm_arena_free(*state);
    return 0;
}

static struct cm_str encoded(struct cm_arena *arena, const struct cm_event *event)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_err err = { 0 };

    if (cm_event_encode(event, &out, &err) != CM_OK)
        fail_msg("%s", err.msg);
    return cm_arena_str(arena, cm_buf_view(&out));
}

static cm_rc decode(struct cm_arena *arena, struct cm_str avro, enum cm_event_kind kind,
                    struct cm_event *out, struct cm_err *err)
{
    return cm_event_decode(avro, cm_event_schema(kind), kind, arena, out, err);
}

static void every_kind_comes_back_as_it_went(void **state)
{
    FOR_EACH_KIND (kind) {
        for (enum sample_fill fill = SAMPLE_FULL; fill <= SAMPLE_SPARSE; fill++) {
            struct cm_event sent = a_sample(*state, kind, fill), got;
            struct cm_err err = { 0 };

            cm_rc rc = decode(*state, encoded(*state, &sent), kind, &got, &err);

            assert_string_equal(err.msg, "");
            assert_int_equal(rc, CM_OK);
            assert_same_event(&sent, &got);
        }
    }
}

static void the_bytes_are_those_that_another_implementation_writes(void **state)
{
    struct cm_event event;
    struct cm_str expected = file_text(*state, "tests/unit/event/fastavro.hex");
    struct cm_str line;

    FOR_EACH_KIND (kind) {
        for (enum sample_fill fill = SAMPLE_FULL; fill <= SAMPLE_SPARSE; fill++) {
            struct cm_str bytes;

            assert_true(cm_str_split(&expected, '\n', &line));
            bytes = from_hex(*state, cm_arena_text(*state, line));
            event = a_sample(*state, kind, fill);
            assert_true(cm_str_eq(encoded(*state, &event), bytes));
        }
    }
}

/* Each prefix lies in memory of its own size, so that the sanitizer sees a read behind it. */
static void an_event_cut_at_any_byte_is_rejected(void **state)
{
    FOR_EACH_KIND (kind) {
        struct cm_event event = a_sample(*state, kind, SAMPLE_FULL);
        struct cm_str whole = encoded(*state, &event);

        for (size_t len = 0; len < whole.len; len++) {
            char *part = malloc(len ? len : 1);
            struct cm_err err = { 0 };

            memcpy(part, whole.at, len);
            assert_int_equal(decode(*state, (struct cm_str){ part, len }, kind, &event, &err),
                             CM_REJECT);
            assert_int_equal(err.rc, CM_REJECT);
            free(part);
        }
    }
}

static void a_changed_byte_is_read_or_rejected_and_never_more(void **state)
{
    FOR_EACH_KIND (kind) {
        struct cm_event event = a_sample(*state, kind, SAMPLE_FULL);
        struct cm_str whole = encoded(*state, &event);
        unsigned char *bytes = malloc(whole.len);
        struct cm_arena *arena = cm_arena_new();

        memcpy(bytes, whole.at, whole.len);
        for (size_t at = 0; at < whole.len; at++) {
            for (int bit = 0; bit < 8; bit++) {
                cm_rc rc;

                bytes[at] = (unsigned char)(bytes[at] ^ 1u << bit);
                rc = decode(arena, (struct cm_str){ (char *)bytes, whole.len }, kind, &event, NULL);
                assert_true(rc == CM_OK || rc == CM_REJECT);
                bytes[at] = (unsigned char)(bytes[at] ^ 1u << bit);
                cm_arena_reset(arena);
            }
        }
        cm_arena_free(arena);
        free(bytes);
    }
}

static void bytes_behind_the_event_are_rejected(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_DELETED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf more = { 0 };
    struct cm_err err;

    cm_buf_str(&more, encoded(*state, &event));
    cm_buf_char(&more, '!');
    assert_int_equal(decode(*state, cm_buf_view(&more), EVENT_CALL_DELETED, &event, &err),
                     CM_REJECT);
    assert_non_null(strstr(err.msg, "left over"));
}

static void a_failed_decode_leaves_the_result_alone(void **state)
{
    struct cm_event event;

    memset(&event, 0x5a, sizeof event);
    assert_int_equal(decode(*state, CM_STR("x"), EVENT_CALL_DELETED, &event, NULL), CM_REJECT);
    for (size_t i = 0; i < sizeof event; i++)
        assert_int_equal(((unsigned char *)&event)[i], 0x5a);
}

static void a_required_text_that_is_null_names_its_field(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_ENDED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_err err;

    event.call_ended.status = (struct cm_str){ 0 };
    assert_int_equal(cm_event_encode(&event, &out, &err), CM_REJECT);
    assert_string_equal(err.msg, "call.ended: field status is null, which it must not be");
    assert_int_equal(out.len, 0);
}

static void text_that_is_no_utf8_names_its_field(void **state)
{
    const struct cm_str bad[] = { CM_STR("\xC3("), CM_STR("a\0b"), CM_STR("\xED\xA0\x80") };
    CM_OWN_BUF struct cm_buf out = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cm_event event = a_sample(*state, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL);
        struct cm_err err;

        event.call_transcribed.text = bad[i];
        assert_int_equal(cm_event_encode(&event, &out, &err), CM_REJECT);
        assert_string_equal(err.msg, "call.transcribed: field text is no UTF-8 or holds NUL");
    }
}

static void a_word_outside_a_closed_set_names_its_field(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_STARTED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_err err;

    event.call_started.direction = CM_STR("sideways");
    assert_int_equal(cm_event_encode(&event, &out, &err), CM_REJECT);
    assert_string_equal(err.msg, "call.started: field direction is none of the schema's symbols");
}

static void a_number_too_large_for_its_field_names_it(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_RECORDED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_err err;

    event.call_recorded.channels = INT64_C(1) << 31;
    assert_int_equal(cm_event_encode(&event, &out, &err), CM_REJECT);
    assert_string_equal(err.msg, "call.recorded: field channels has more than 32 bits");
}

static void an_event_that_is_too_large_is_rejected(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL);
    CM_OWN_BUF struct cm_buf out = { 0 };
    char *text = cm_arena_alloc(*state, CM_EVENT_MAX_BYTES);

    memset(text, 'a', CM_EVENT_MAX_BYTES);
    event.call_transcribed.text = (struct cm_str){ text, CM_EVENT_MAX_BYTES };
    assert_int_equal(cm_event_encode(&event, &out, NULL), CM_REJECT);
}

static void an_hour_of_talk_fits(void **state)
{
    enum { TURNS = 3000 };
    struct cm_event event = a_sample(*state, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL), got;
    struct cm_segment *segments = CM_NEW_N(*state, struct cm_segment, TURNS);

    for (size_t i = 0; i < TURNS; i++) {
        segments[i] = event.call_transcribed.segments[0];
        segments[i].text = cm_arena_printf(*state, "the words of turn %zu", i);
    }
    event.call_transcribed.segments = segments;
    event.call_transcribed.segment_count = TURNS;

    assert_int_equal(decode(*state, encoded(*state, &event), EVENT_CALL_TRANSCRIBED, &got, NULL),
                     CM_OK);
    assert_same_event(&event, &got);
}

/* The encoder lends strings to avro-c, which counts a NUL behind them: it must not be read. */
static void encoding_reads_nothing_behind_a_text(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_ENDED, SAMPLE_FULL), got;
    struct cm_str text = CM_STR("busy");
    char *status = malloc(text.len);

    memcpy(status, text.at, text.len);
    event.call_ended.status = (struct cm_str){ status, text.len };
    assert_int_equal(decode(*state, encoded(*state, &event), EVENT_CALL_ENDED, &got, NULL), CM_OK);
    assert_true(cm_str_is(got.call_ended.status, "busy"));
    free(status);
}

static void encoding_appends(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_DELETED, SAMPLE_FULL), got;
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_str avro;
    uint32_t id;

    cm_frame_put(&out, 0xDEADBEEF);
    assert_int_equal(cm_event_encode(&event, &out, NULL), CM_OK);
    assert_int_equal(cm_frame_take(cm_buf_view(&out), &id, &avro, NULL), CM_OK);
    assert_int_equal(id, 0xDEADBEEF);
    assert_int_equal(decode(*state, avro, EVENT_CALL_DELETED, &got, NULL), CM_OK);
    assert_same_event(&event, &got);
}

static void what_is_no_frame_is_rejected(void **state)
{
    const struct cm_str bad[] = { { 0 }, CM_STR("\0"), CM_STR("\0\0\0\1"), CM_STR("{\"a\":1}") };
    struct cm_str avro;
    uint32_t id;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cm_frame_take(bad[i], &id, &avro, NULL), CM_REJECT);
}

static void an_event_of_another_kind_is_rejected_by_its_name(void **state)
{
    struct cm_event event = a_sample(*state, EVENT_CALL_DELETED, SAMPLE_FULL);
    struct cm_err err;

    assert_int_equal(cm_event_decode(encoded(*state, &event), cm_event_schema(EVENT_CALL_DELETED),
                                     EVENT_CALL_ENDED, *state, &event, &err),
                     CM_REJECT);
    assert_string_equal(err.msg, "call.ended: the value is a callmill.events.CallDeleted");
}

static void no_event_at_all_is_not_encoded(void **state)
{
    struct cm_event event = { .kind = EVENT_NONE };
    CM_OWN_BUF struct cm_buf out = { 0 };

    (void)state;
    assert_int_equal(cm_event_encode(&event, &out, NULL), CM_FATAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back_as_it_went),
        cmocka_unit_test(the_bytes_are_those_that_another_implementation_writes),
        cmocka_unit_test(an_event_cut_at_any_byte_is_rejected),
        cmocka_unit_test(a_changed_byte_is_read_or_rejected_and_never_more),
        cmocka_unit_test(bytes_behind_the_event_are_rejected),
        cmocka_unit_test(a_failed_decode_leaves_the_result_alone),
        cmocka_unit_test(a_required_text_that_is_null_names_its_field),
        cmocka_unit_test(text_that_is_no_utf8_names_its_field),
        cmocka_unit_test(a_word_outside_a_closed_set_names_its_field),
        cmocka_unit_test(a_number_too_large_for_its_field_names_it),
        cmocka_unit_test(an_event_that_is_too_large_is_rejected),
        cmocka_unit_test(an_hour_of_talk_fits),
        cmocka_unit_test(encoding_reads_nothing_behind_a_text),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(what_is_no_frame_is_rejected),
        cmocka_unit_test(an_event_of_another_kind_is_rejected_by_its_name),
        cmocka_unit_test(no_event_at_all_is_not_encoded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
