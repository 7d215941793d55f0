/* session_limits_test.c - a model that is late, goes, or has to be done by a time. */
#include "line.h"

static void a_model_that_is_not_ready_in_time_is_lost(void **state)
{
    struct line *line = *state;

    line_dial(line, "");
    line_talk(line, 7980);
    session_tick(line->session, line->now_ms);
    assert_int_equal(line->ends, 0);
    line_talk(line, 20);
    session_tick(line->session, line->now_ms);

    assert_int_equal(line->end, END_MODEL_LOST);
}

static void a_model_that_goes_ends_the_session(void **state)
{
    struct line *line = *state;

    line_answer(line, "");
    session_model_closed(line->session, 4000, "bye", line->now_ms);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_MODEL_LOST);
    assert_string_equal(session_why(line->session), "the model's connection closed with 4000: bye");
}

static void the_limit_is_said_and_kept(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 10000000;
    line_answer(line, "");
    line->now_ms += 569999;
    session_tick(line->session, line->now_ms);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    line->now_ms += 1;
    session_tick(line->session, line->now_ms);
    session_tick(line->session, line->now_ms + 250);
    line_created(line, "r");
    line_done(line, "r");
    session_tick(line->session, line->now_ms + 500);
    assert_int_equal(line_count_to_model(line, "response.create"), 1);
    assert_non_null(strstr(line_last_to_model(line), "say goodbye"));
    session_tick(line->session, line->now_ms + 29999);
    assert_int_equal(line->ends, 0);
    session_tick(line->session, line->now_ms + 30000);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_TIME_LIMIT);
}

static void a_farewell_waits_until_the_model_has_finished(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 10000000;
    line_answer(line, "");
    line_created(line, "r");
    line->now_ms += 570000;
    session_tick(line->session, line->now_ms);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    line_done(line, "r");

    assert_int_equal(line_count_to_model(line, "response.create"), 1);
}

static void a_farewell_does_not_speak_over_the_caller(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 10000000;
    line_answer(line, "");
    line_began(line, "i", 0);
    line->now_ms += 570000;
    session_tick(line->session, line->now_ms);
    assert_int_equal(line_count_to_model(line, "response.create"), 0);
    line_stopped(line, "i", 90);
    session_tick(line->session, line->now_ms);

    assert_int_equal(line_count_to_model(line, "say goodbye"), 1);
}

static void the_models_own_limit_counts_where_it_is_sooner(void **state)
{
    struct line *line = *state;

    line->options.silence_ms = 10000000;
    line->options.epoch_ms = INT64_C(1795000000000) - line->now_ms;
    line_dial(line, "");
    line_model(line, GA_CREATED, 1795000060LL); /* in a minute */
    line_model(line, "%s", GA_UPDATED);
    session_tick(line->session, line->now_ms + 30000);
    assert_int_equal(line_count_to_model(line, "say goodbye"), 1);
    session_tick(line->session, line->now_ms + 60000);

    assert_int_equal(line->end, END_TIME_LIMIT);
}

static void a_limit_of_the_past_is_a_wrong_clock(void **state)
{
    struct line *line = *state;

    line->options.epoch_ms = INT64_C(1795000000000) - line->now_ms;
    line_dial(line, "");
    line_model(line, GA_CREATED, 1794000000LL);
    line_model(line, "%s", GA_UPDATED);
    session_tick(line->session, line->now_ms + 1000);

    assert_int_equal(line->ends, 0);
}

static void a_model_that_reads_nothing_is_lost(void **state)
{
    struct line *line = *state;

    line_start(line);
    line_admit(line, "");
    line->model_full = true;
    line_ready(line);

    assert_int_equal(line->ends, 1);
    assert_int_equal(line->end, END_MODEL_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(a_model_that_is_not_ready_in_time_is_lost),
        LINE_TEST(a_model_that_goes_ends_the_session),
        LINE_TEST(the_limit_is_said_and_kept),
        LINE_TEST(a_farewell_waits_until_the_model_has_finished),
        LINE_TEST(a_farewell_does_not_speak_over_the_caller),
        LINE_TEST(the_models_own_limit_counts_where_it_is_sooner),
        LINE_TEST(a_limit_of_the_past_is_a_wrong_clock),
        LINE_TEST(a_model_that_reads_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
