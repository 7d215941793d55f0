/* session_acts_test.c - tools that the model calls. */
#include "line.h"

static void called(struct line *line, const char *id, const char *name, const char *arguments)
{
    line_model(line,
               "{\"type\":\"response.output_item.done\",\"response_id\":\"resp_1\","
               "\"output_index\":1,\"item\":{\"id\":\"item_f\",\"type\":\"function_call\","
               "\"status\":\"completed\",\"name\":\"%s\",\"call_id\":\"%s\",\"arguments\":\"%s\"}}",
               name, id, arguments);
}

static void hanging_up_waits_until_goodbye_was_played(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    called(line, "call_1", "end_call", "{}");
    line_done(line, "resp_1");
    line_talk(line, 1000);
    assert_int_equal(line->act_count, 0);
    line_marks_back(line, 0);

    assert_int_equal(line->act_count, 1);
    assert_int_equal(line->acts[0].kind, ACT_HANG_UP);
    assert_string_equal(line->acts[0].id, "call_1");
    assert_int_equal(line->ends, 0);
    session_act_done(line->session, CM_STR("call_1"), true, CM_STR(""), line->now_ms);
    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_HUNG_UP);
}

static void goodbye_may_come_after_the_call(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "end_call", "{}");
    line_talk(line, 20);
    assert_int_equal(line->act_count, 0);
    line_say(line, "resp_1", "item_1", 400);
    line_done(line, "resp_1");
    line_talk(line, 200);
    assert_int_equal(line->act_count, 0);
    line_talk(line, 200);
    line_marks_back(line, 0);

    assert_int_equal(line->act_count, 1);
}

static void a_goodbye_of_which_no_mark_comes_back_is_waited_for_no_longer_than_that(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 1000000;
    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    called(line, "call_1", "end_call", "{}");
    line_done(line, "resp_1");
    session_tick(line->session, line->now_ms + 10999); /* the stream's clock stands still, too */
    assert_int_equal(line->act_count, 0);
    session_tick(line->session, line->now_ms + 11000);

    assert_int_equal(line->act_count, 1);
}

static void nothing_said_is_nothing_to_wait_for(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "end_call", "{}");
    assert_int_equal(line->act_count, 0);
    line_done(line, "resp_1");

    assert_int_equal(line->act_count, 1);
}

static void a_caller_who_speaks_first_is_not_hung_up_on(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 1000);
    called(line, "call_1", "end_call", "{}");
    line_done(line, "resp_1");
    line_talk(line, 500);
    line_began(line, "item_2", 400);
    line_talk(line, 5000);
    line_marks_back(line, 0);
    session_tick(line->session, line->now_ms + 9000);

    assert_int_equal(line->act_count, 0);
    assert_non_null(strstr(line_find_to_model(line, "function_call_output"), "call_1"));
    assert_int_equal(line_count_to_model(line, "response.create"), 0); /* it answers by itself */
}

static void spoke(struct line *line)
{
    line_began(line, "item_2", 400);
}

static void a_call_in_an_answer_that_was_cut_is_not_done(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "end_call", "{}");
    line_talk(line, 200);
    spoke(line); /* nothing was said yet, and goodbye will not be heard */
    called(line, "call_2", "note_todo", "{\\\"title\\\":\\\"x\\\"}");
    line_done(line, "resp_1");
    session_tick(line->session, line->now_ms + 9000);

    assert_int_equal(line->act_count, 0);
    assert_int_equal(line_count_to_model(line, "the caller spoke first"), 2);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
}

static const char names_the_boss[] = "Be kind. The boss has +1 (555) 123-4567.";

static void forwarding_wants_a_number(void **state)
{
    struct line *line = *state;

    line->instructions = names_the_boss;
    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "forward_call", "{\\\"number\\\":\\\"the boss\\\"}");
    assert_string_equal(
        line_last_to_model(line),
        "{\"type\":\"conversation.item.create\",\"item\":{\"type\":"
        "\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"{\\\"error\\\""
        ":\\\"number must be a telephone number in E.164 form, such as "
        "+15551234567\\\"}\"}}");
    called(line, "call_2", "forward_call", "{\\\"number\\\":\\\"+15551234567\\\"}");
    line_done(line, "resp_1");

    assert_int_equal(line->act_count, 1);
    assert_int_equal(line->acts[0].kind, ACT_FORWARD);
    assert_string_equal(line->acts[0].number, "+15551234567");
    session_act_done(line->session, CM_STR("call_2"), true, CM_STR(""), line->now_ms);
    assert_int_equal(line->end, END_FORWARDED);
}

static void no_caller_says_where_to_forward_to(void **state)
{
    struct line *line = *state;

    line->instructions = names_the_boss;
    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "forward_call", "{\\\"number\\\":\\\"+15559001234\\\"}");
    line_done(line, "resp_1");

    assert_int_equal(line->act_count, 0);
    assert_int_equal(line_count_to_model(line, "the instructions name no such number"), 1);
}

static void what_could_not_be_done_is_told_and_talked_about(void **state)
{
    struct line *line = *state;

    line->instructions = names_the_boss;
    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "forward_call", "{\\\"number\\\":\\\"+15551234567\\\"}");
    line_done(line, "resp_1");
    session_act_done(line->session, CM_STR("call_1"), false, CM_STR("nobody answers"),
                     line->now_ms);

    assert_int_equal(line->ends, 0);
    assert_int_equal(line_count_to_model(line, "\"output\":\"nobody answers\""), 1);
    assert_string_equal(line_last_to_model(line), "{\"type\":\"response.create\"}");
}

static void a_note_is_taken_at_once_with_what_the_caller_said(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_talk(line, 1000);
    line_transcript(line, "item_1", "Call me on Friday.");
    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_2", 1000);
    called(line, "call_1", "note_todo",
           "{\\\"title\\\":\\\" Call \\\\u201ePeter\\\\u201c back \\\",\\\"due_date\\\":"
           "\\\"2026-02-28\\\"}");

    assert_int_equal(line->act_count, 1);
    assert_int_equal(line->acts[0].kind, ACT_NOTE_TODO);
    assert_string_equal(line->acts[0].title, "Call \xE2\x80\x9EPeter\xE2\x80\x9C back");
    assert_string_equal(line->acts[0].due, "2026-02-28");
    assert_string_equal(line->acts[0].said, "Call me on Friday.");
    session_act_done(line->session, CM_STR("call_1"), true, CM_STR(""), line->now_ms);
    assert_int_equal(line_count_to_model(line, "{\\\"done\\\":true}"), 1);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    line_done(line, "resp_1");
    assert_int_equal(line_count_to_model(line, "response.create"), 1);
}

static void a_call_that_is_told_twice_is_done_once(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    line_model(line, "{\"type\":\"response.function_call_arguments.done\",\"response_id\":"
                     "\"resp_1\",\"item_id\":\"item_f\",\"call_id\":\"call_1\",\"name\":"
                     "\"note_todo\",\"arguments\":\"{\\\"title\\\":\\\"x\\\"}\"}");
    called(line, "call_1", "note_todo", "{\\\"title\\\":\\\"x\\\"}");

    assert_int_equal(line->act_count, 1);
}

static void bad_arguments_are_told_and_not_acted_on(void **state)
{
    static const struct {
        const char *name, *arguments, *wrong;
    } bad[] = {
        { "note_todo", "", "title must be" },
        { "note_todo", "{", "no JSON object" },
        { "note_todo", "[]", "no JSON object" },
        { "note_todo", "{\\\"title\\\":7}", "title must be" },
        { "note_todo", "{\\\"title\\\":\\\"  \\\"}", "title must be" },
        { "note_todo", "{\\\"title\\\":\\\"x\\\",\\\"due_date\\\":\\\"soon\\\"}",
          "due_date must be" },
        { "note_todo", "{\\\"title\\\":\\\"x\\\",\\\"due_date\\\":\\\"2026-02-29\\\"}",
          "due_date must be" },
        { "note_todo", "{\\\"title\\\":\\\"x\\\",\\\"due_date\\\":\\\"2026-13-01\\\"}",
          "due_date must be" },
        { "forward_call", "{}", "number must be" },
        { "forward_call", "{\\\"number\\\":\\\"+0155512345\\\"}", "number must be" },
        { "forward_call", "{\\\"number\\\":\\\"+15551234567890123\\\"}", "number must be" },
        { "sing", "{}", "no such tool" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct line *line = line_new();

        line_answer(line, "");
        line_created(line, "resp_1");
        called(line, "call_1", bad[i].name, bad[i].arguments);
        assert_non_null(strstr(line_last_to_model(line), bad[i].wrong));
        line_done(line, "resp_1");
        assert_string_equal(line_last_to_model(line), "{\"type\":\"response.create\"}");
        assert_int_equal(line->act_count, 0);
        line_free(line);
    }
}

static void several_answers_make_one_response(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "note_todo", "{\\\"title\\\":\\\"x\\\"}");
    called(line, "call_2", "note_todo", "{\\\"title\\\":\\\"y\\\",\\\"due_date\\\":null}");
    line_done(line, "resp_1");
    session_act_done(line->session, CM_STR("call_1"), true, CM_STR(""), line->now_ms);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    session_act_done(line->session, CM_STR("call_2"), true, CM_STR(""), line->now_ms);
    session_act_done(line->session, CM_STR("call_2"), true, CM_STR(""), line->now_ms);

    assert_int_equal(line_count_to_model(line, "response.create"), 1);
    assert_int_equal(line_count_to_model(line, "function_call_output"), 2);
}

static void too_many_at_once_are_refused(void **state)
{
    struct line *line = *state;
    char id[16];

    line_answer(line, "");
    line_created(line, "resp_1");
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "call_%d", i);
        called(line, id, "note_todo", "{\\\"title\\\":\\\"x\\\"}");
    }

    assert_int_equal(line->act_count, 4);
    assert_int_equal(line_count_to_model(line, "too many tools"), 2);
}

static void what_is_never_done_is_given_up(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 1000000;
    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "note_todo", "{\\\"title\\\":\\\"x\\\"}");
    line_done(line, "resp_1");
    session_tick(line->session, line->now_ms + 30000);
    session_act_done(line->session, CM_STR("call_1"), true, CM_STR(""), line->now_ms + 30001);

    assert_int_equal(line_count_to_model(line, "took too long"), 1);
    assert_int_equal(line_count_to_model(line, "function_call_output"), 1);
}

static void an_answer_that_the_model_does_not_read_is_the_end(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 1000000;
    line_answer(line, "");
    line_created(line, "resp_1");
    called(line, "call_1", "note_todo", "{\\\"title\\\":\\\"x\\\"}");
    line_words(line, "resp_1", "item_1", "Noted.");
    line_say(line, "resp_1", "item_1", 100);
    line->model_full = true;
    line->now_ms += 30000;
    line_began(line, "item_2", 400);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_MODEL_LOST);
    assert_int_equal(line_count_to_stream(line, "clear"), 0); /* nothing is said after the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(hanging_up_waits_until_goodbye_was_played),
        LINE_TEST(goodbye_may_come_after_the_call),
        LINE_TEST(a_goodbye_of_which_no_mark_comes_back_is_waited_for_no_longer_than_that),
        LINE_TEST(nothing_said_is_nothing_to_wait_for),
        LINE_TEST(a_caller_who_speaks_first_is_not_hung_up_on),
        LINE_TEST(a_call_in_an_answer_that_was_cut_is_not_done),
        LINE_TEST(forwarding_wants_a_number),
        LINE_TEST(no_caller_says_where_to_forward_to),
        LINE_TEST(what_could_not_be_done_is_told_and_talked_about),
        LINE_TEST(a_note_is_taken_at_once_with_what_the_caller_said),
        LINE_TEST(a_call_that_is_told_twice_is_done_once),
        LINE_TEST(bad_arguments_are_told_and_not_acted_on),
        LINE_TEST(several_answers_make_one_response),
        LINE_TEST(too_many_at_once_are_refused),
        LINE_TEST(what_is_never_done_is_given_up),
        LINE_TEST(an_answer_that_the_model_does_not_read_is_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
