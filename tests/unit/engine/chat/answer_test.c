/* What is taken of a model's answer, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "puppet.h"

static void refusals_say_whether_to_come_back_and_when(void **state)
{
    static const struct {
        struct answer answer;
        cm_rc rc;
        unsigned pause_ms;
    } cases[] = {
        { { .status = 400, .body = "{}" }, CM_REJECT, 0 },
        { { .status = 401, .body = "{}" }, CM_REJECT, 0 },
        { { .status = 403, .body = "{}" }, CM_REJECT, 0 },
        { { .status = 404, .body = "{}" }, CM_REJECT, 0 },
        { { .status = 422, .body = "{}" }, CM_REJECT, 0 },
        { { .status = 408, .body = "{}" }, CM_RETRY, 0 },
        { { .status = 409, .body = "{}" }, CM_RETRY, 0 },
        { { .status = 429, .body = "{}", .retry_after = "7" }, CM_RETRY, 7000 },
        { { .status = 429, .body = "{}", .retry_after = "7", .retry_after_ms = "250" },
          CM_RETRY,
          250 },
        { { .status = 429, .body = "{\"error\":{\"code\":\"insufficient_quota\"}}" },
          CM_REJECT,
          0 },
        { { .status = 429, .body = "{\"error\":{\"type\":\"insufficient_quota\"}}" },
          CM_REJECT,
          0 },
        { { .status = 429, .body = "{\"error\":{\"code\":42}}" }, CM_RETRY, 0 },
        { { .status = 500, .body = "oops" }, CM_RETRY, 0 },
        { { .status = 503, .body = "{}", .retry_after = "1.5" }, CM_RETRY, 1500 },
        { { .status = 503, .body = "{}", .should_retry = "false" }, CM_REJECT, 0 },
        { { .status = 400, .body = "{}", .should_retry = "true" }, CM_RETRY, 0 },
        { { .status = 302, .body = "{}" }, CM_REJECT, 0 },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fx->asked = 0;
        fx->err = (struct cm_err){ 0 };
        if (analyze_answered(fx, cases[i].answer) != cases[i].rc || fx->err.rc != cases[i].rc ||
            fx->err.retry_after_ms != cases[i].pause_ms)
            fail_msg("case %zu: %s after %u ms: %s", i, cm_rc_name(fx->err.rc),
                     fx->err.retry_after_ms, fx->err.msg);
    }
}

static void a_server_that_is_not_there_is_away(void **state)
{
    struct fixture *fx = *state;

    (void)snprintf(fx->url, sizeof fx->url, "http://127.0.0.1:1");
    assert_int_equal(analyze(fx), CM_RETRY);
    assert_true(fx->err.away);
}

static void a_model_that_will_not_or_can_not_end_is_rejected(void **state)
{
    static const struct answer answers[] = {
        { .content = "{\"text\":\"Goo", .finish = "length" },
        { .content = "", .finish = "content_filter" },
        { .refusal = "I can not help with that." },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        fx->asked = 0;
        assert_int_equal(analyze_answered(fx, answers[i]), CM_REJECT);
    }
}

static void answers_that_break_the_schema_are_asked_for_again(void **state)
{
    static const struct answer answers[] = {
        { .content = "Good." },
        { .content = "" },
        { .content = "{\"text\":1}" },
        { .content = "{\"text\":\"  \"}" },
        { .content = "{\"text\":\"a\",\"more\":1}" },
        { .content = "{\"text\":\"a\",\"text\":\"b\"}" },
        { .content = "{}" },
        { .content = "[]" },
        { .body = "{\"choices\":[]}" },
        { .body = "{\"choices\":[{\"message\":null}]}" },
        { .body = "no json" },
        { .body = "" },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        fx->asked = 0;
        if (analyze_answered(fx, answers[i]) != CM_RETRY)
            fail_msg("answer %zu was taken", i);
    }
}

static void a_fence_around_the_object_is_taken_off(void **state)
{
    assert_int_equal(
        analyze_answered(*state,
                         (struct answer){ .content = "```json\n{\"text\":\"Good.\"}\n```\n" }),
        CM_OK);
}

static void errors_repeat_neither_the_transcript_nor_the_key(void **state)
{
    struct fixture *fx = *state;

    given_said(fx, "caller", "canary words");
    assert_int_equal(
        analyze_answered(fx, (struct answer){ .status = 422,
                                              .body = "{\"detail\":\"bad input: canary words\"}" }),
        CM_REJECT);
    assert_false(has(fx->err.msg, "canary"));
    assert_false(has(fx->err.msg, "sesame"));
}

static void only_commitments_that_the_call_can_prove_are_taken(void **state)
{
    struct fixture *fx = *state;
    struct cm_commitment *found;
    size_t count;

    given_said(fx, "agent", "I will send the quote by Friday.");
    fx->answers[0].content =
        "{\"commitments\":["
        "{\"title\":\"Send the\\u0007 "
        "quote\\n\",\"owner\":\"agent\",\"due_date\":\"2026-11-27\",\"segment\":0},"
        "{\"title\":\"Nowhere\",\"owner\":\"agent\",\"due_date\":null,\"segment\":9},"
        "{\"title\":\"Before\",\"owner\":\"agent\",\"due_date\":null,\"segment\":-1},"
        "{\"title\":\" \",\"owner\":\"agent\",\"due_date\":null,\"segment\":0},"
        "{\"title\":\"Some day\",\"owner\":\"caller\",\"due_date\":\"2026-02-30\",\"segment\":0}]}";
    given_engine(fx);
    assert_int_equal(
        fx->text->commitments(fx->text, &fx->transcript, fx->arena, &found, &count, &fx->err),
        CM_OK);

    assert_int_equal(count, 2);
    assert_true(cm_str_is(found[0].title, "Send the  quote"));
    assert_true(cm_str_is(found[0].due_date, "2026-11-27"));
    assert_true(cm_str_is(found[0].evidence, "I will send the quote by Friday."));
    assert_null(found[1].due_date.at);
}

static void an_owner_that_is_nobody_breaks_the_schema(void **state)
{
    struct fixture *fx = *state;
    struct cm_commitment *found;
    size_t count;

    given_said(fx, "agent", "Hello.");
    fx->answers[0].content = "{\"commitments\":[{\"title\":\"Pay\",\"owner\":\"everybody\",\"due_"
                             "date\":null,\"segment\":0}]}";
    given_engine(fx);
    assert_int_equal(
        fx->text->commitments(fx->text, &fx->transcript, fx->arena, &found, &count, &fx->err),
        CM_RETRY);
    assert_true(has(fx->err.msg, "commitments[0].owner"));
}

static void more_than_anyone_can_do_is_cut(void **state)
{
    CM_OWN_BUF struct cm_buf content = { 0 };
    struct fixture *fx = *state;
    struct cm_commitment *found;
    size_t count;

    given_said(fx, "agent", "Hello.");
    cm_buf_text(&content, "{\"commitments\":[");
    for (int i = 0; i < 500; i++)
        cm_buf_printf(
            &content,
            "%s{\"title\":\"%0300d\",\"owner\":\"agent\",\"due_date\":null,\"segment\":0}",
            i ? "," : "", i);
    cm_buf_text(&content, "]}");
    fx->answers[0].content = content.at;
    given_engine(fx);
    assert_int_equal(
        fx->text->commitments(fx->text, &fx->transcript, fx->arena, &found, &count, &fx->err),
        CM_OK);

    assert_int_equal(count, CM_COMMITMENTS_MAX);
    assert_int_equal(found[0].title.len, CM_TITLE_MAX);
}

static void facts_need_a_place_in_the_call_and_a_shape(void **state)
{
    struct fixture *fx = *state;
    struct cm_contact_facts facts;

    given_said(fx, "agent", "Hello.");
    given_said(fx, "caller", "Ada here.");
    fx->answers[0].content = "{\"name\":{\"value\":\"Ada\",\"segment\":1},"
                             "\"email\":{\"value\":\"ada at example\",\"segment\":1},"
                             "\"company\":{\"value\":\"Acme\",\"segment\":null},"
                             "\"summary\":{\"value\":null,\"segment\":null}}";
    given_engine(fx);
    assert_int_equal(fx->text->facts(fx->text, &fx->transcript, fx->arena, &facts, &fx->err),
                     CM_OK);

    assert_true(cm_str_is(facts.name.value, "Ada"));
    assert_true(cm_str_is(facts.name.source, "said at 00:05"));
    assert_null(facts.email.value.at);
    assert_null(facts.company.value.at);
    assert_null(facts.summary.value.at);
}

static void a_sentiment_is_what_the_model_calls_it_or_begins_with(void **state)
{
    static const struct {
        const char *content, *sentiment;
    } cases[] = {
        { "{\"text\":\"Negative at first.\",\"sentiment\":\"mixed\"}", "mixed" },
        { "{\"text\":\"Positive: they thank us.\",\"sentiment\":null}", "positive" },
        { "{\"text\":\"negative\"}", "negative" },
        { "{\"text\":\"Positively angry.\"}", NULL },
        { "{\"text\":\"They are positive.\",\"sentiment\":null}", NULL },
        { "{\"text\":\"- Neutral\"}", NULL },
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_str expected = cm_str_of(cases[i].sentiment);

        fx->asked = 0;
        assert_int_equal(analyze_answered(fx, (struct answer){ .content = cases[i].content }),
                         CM_OK);
        if (!cm_str_eq(fx->analysis.sentiment, expected) ||
            !fx->analysis.sentiment.at != !expected.at)
            fail_msg("%s: %.*s", cases[i].content, CM_STR_FMT(fx->analysis.sentiment));
    }
}

static void a_sentiment_that_is_none_breaks_the_schema(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(
        analyze_answered(
            fx, (struct answer){ .content = "{\"text\":\"Good.\",\"sentiment\":\"furious\"}" }),
        CM_RETRY);
    assert_true(has(fx->err.msg, "sentiment is none of the values asked for"));
}

static void only_a_sentiment_asks_for_one(void **state)
{
    static const struct cm_analysis_ask ask = { { "Summary", 7 }, { "?", 1 } };
    struct fixture *fx = *state;

    given_engine(fx);
    given_said(fx, "caller", "I am happy.");
    fx->answers[0].content = "{\"text\":\"Positive.\"}";
    fx->answers[1].content = "{\"text\":\"Good.\",\"sentiment\":\"positive\"}";
    assert_int_equal(
        fx->text->analyze(fx->text, &fx->transcript, &ask, fx->arena, &fx->analysis, &fx->err),
        CM_OK);
    assert_null(fx->analysis.sentiment.at);
    assert_int_equal(
        fx->text->analyze(fx->text, &fx->transcript, &ask, fx->arena, &fx->analysis, &fx->err),
        CM_RETRY);
}

static void an_answer_cut_at_each_byte_is_never_taken(void **state)
{
    static const char whole[] = "{\"text\":\"Good, he said: \\u00e5.\"}";
    struct fixture *fx = *state;

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        fx->asked = 0;
        assert_int_equal(
            analyze_answered(fx, (struct answer){ .content = cm_arena_text(
                                                      fx->arena, (struct cm_str){ whole, len }) }),
            CM_RETRY);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, puppet_setup, puppet_teardown)
    const struct CMUnitTest tests[] = {
        TEST(refusals_say_whether_to_come_back_and_when),
        TEST(a_server_that_is_not_there_is_away),
        TEST(a_model_that_will_not_or_can_not_end_is_rejected),
        TEST(answers_that_break_the_schema_are_asked_for_again),
        TEST(a_fence_around_the_object_is_taken_off),
        TEST(errors_repeat_neither_the_transcript_nor_the_key),
        TEST(only_commitments_that_the_call_can_prove_are_taken),
        TEST(an_owner_that_is_nobody_breaks_the_schema),
        TEST(more_than_anyone_can_do_is_cut),
        TEST(facts_need_a_place_in_the_call_and_a_shape),
        TEST(a_sentiment_is_what_the_model_calls_it_or_begins_with),
        TEST(a_sentiment_that_is_none_breaks_the_schema),
        TEST(only_a_sentiment_asks_for_one),
        TEST(an_answer_cut_at_each_byte_is_never_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
