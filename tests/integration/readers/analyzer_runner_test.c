/* The analyzer-runner's routes on a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "ground.h"
#include "handler.h"

enum { TRANSCRIBED, RERUN }; /* of analyzer_routes */

struct fixture {
    struct ground ground;
    struct analyzers app;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx.app =
        (struct analyzers){ .text = cm_text_rules_new(), .rules = cm_text_rules_new(), .most = 50 };
    ground_open(&fx.ground, &fx.app);
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    ground_close(&fx->ground);
    cm_text_free(fx->app.text);
    cm_text_free(fx->app.rules);
    return 0;
}

static void given_analyzers(struct fixture *fx)
{
    ground_execute(
        &fx->ground,
        "INSERT INTO analyzer (id, organization_id, name, prompt, engine, active, position)"
        " SELECT gen_random_uuid(), c.organization_id, a.name, a.prompt, a.engine, a.active, "
        "a.position"
        " FROM call c, (VALUES ('Compliance', 'Check.', 'rules', true, 2),"
        " ('Sentiment Analyzer', 'Judge.', 'default', true, 1),"
        " ('Asleep', 'Nothing.', 'default', false, 0)) AS a (name, prompt, engine, active, "
        "position)"
        " WHERE c.id = $1::text::uuid");
}

static void given_a_call(struct fixture *fx)
{
    ground_say(&fx->ground, "caller", "I am very happy with your service, thank you so much.");
    ground_transcribe(&fx->ground);
}

static cm_rc handle(struct fixture *fx, int route, const struct cm_event *event)
{
    return cm_bench_handle(fx->ground.bench, analyzer_runner.name, &analyzer_routes[route], event,
                           &fx->ground.err);
}

static const struct cm_event *rerun_requested(struct fixture *fx)
{
    struct cm_event *event = CM_NEW(cm_bench_arena(fx->ground.bench), struct cm_event);

    *event = *ground_transcribed(&fx->ground);
    event->kind = EVENT_CALL_RERUN_REQUESTED;
    event->call_rerun_requested =
        (struct cm_call_rerun_requested){ .request_id = cm_uuid_v7(cm_now_us()) };
    return event;
}

static const struct cm_call_analyzed *emitted(struct fixture *fx, size_t n)
{
    return &cm_bench_event(fx->ground.bench, EVENT_CALL_ANALYZED, n)->call_analyzed;
}

/* The runs' names, triggers and engines in the order in which they were appended. */
static const char *runs(struct fixture *fx)
{
    return ground_ask(
        &fx->ground,
        "SELECT string_agg(a.name || ' ' || r.trigger || ' ' || r.engine, '; ' ORDER BY r.seq)"
        " FROM analysis_run r JOIN analyzer a ON a.id = r.analyzer_id"
        " WHERE r.call_id = $1::text::uuid");
}

static void every_active_analyzer_runs_in_its_order(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);

    assert_string_equal(runs(fx),
                        "Sentiment Analyzer transcribed rules; Compliance transcribed rules");
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_ANALYZED), 2);
    assert_true(cm_str_starts(emitted(fx, 0)->analysis_text, "Positive (score +"));
    assert_true(cm_str_is(emitted(fx, 1)->analysis_text, "No compliance issues found."));
    assert_int_equal(emitted(fx, 1)->run_index, 1);
    assert_int_equal(emitted(fx, 1)->run_count, 2);
    assert_false(emitted(fx, 0)->request_id.set);
    assert_string_equal(
        ground_ask(&fx->ground,
                   "SELECT prompt_sha256 FROM analysis_run WHERE call_id = $1::text::uuid"
                   " ORDER BY seq"),
        cm_arena_text(cm_bench_arena(fx->ground.bench), emitted(fx, 0)->prompt_sha256));
}

static void the_same_event_again_runs_nothing(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *event;

    given_analyzers(fx);
    given_a_call(fx);
    event = ground_transcribed(&fx->ground);
    assert_int_equal(handle(fx, TRANSCRIBED, event), CM_OK);
    assert_int_equal(handle(fx, TRANSCRIBED, event), CM_OK);
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_ANALYZED), 2);
    assert_string_equal(
        ground_ask(&fx->ground,
                   "SELECT count(*)::text FROM analysis_run WHERE call_id = $1::text::uuid"),
        "2");
}

static void a_rerun_appends_runs_from_the_stored_transcript(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *request;

    given_analyzers(fx);
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);
    request = rerun_requested(fx);
    assert_int_equal(handle(fx, RERUN, request), CM_OK);

    assert_string_equal(runs(fx),
                        "Sentiment Analyzer transcribed rules; Compliance transcribed rules;"
                        " Sentiment Analyzer rerun rules; Compliance rerun rules");
    assert_true(cm_str_starts(emitted(fx, 2)->analysis_text, "Positive (score +"));
    assert_true(cm_str_is(emitted(fx, 2)->trigger, "rerun"));
    assert_true(
        cm_uuid_eq(emitted(fx, 2)->request_id.value, request->call_rerun_requested.request_id));
}

static void a_rerun_without_a_transcription_is_rejected_with_the_reason(void **state)
{
    struct fixture *fx = *state;

    const struct cm_event *request = rerun_requested(fx);

    given_analyzers(fx);
    ground_execute(&fx->ground, "DELETE FROM transcription WHERE call_id = $1::text::uuid");
    assert_int_equal(handle(fx, RERUN, request), CM_REJECT);
    assert_string_equal(fx->ground.err.msg, "the call has no transcription to run analyzers on");
}

static void given_an_analyzer(struct fixture *fx, const char *values)
{
    ground_execute(
        &fx->ground,
        cm_arena_printf(cm_bench_arena(fx->ground.bench),
                        "INSERT INTO analyzer (id, organization_id, name, prompt, engine, position)"
                        " SELECT gen_random_uuid(), c.organization_id, a.name, '?', a.engine, 9"
                        " FROM call c, (VALUES %s) AS a (name, engine)"
                        " WHERE c.id = $1::text::uuid",
                        values)
            .at);
}

/* "sentiment; summary", as the call is shown. */
static const char *at_a_glance(struct fixture *fx)
{
    return ground_ask(&fx->ground,
                      "SELECT concat_ws('; ', sentiment, summary) FROM call WHERE id = "
                      "$1::text::uuid");
}

static void a_call_is_shown_by_its_runs(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    given_an_analyzer(fx, "('Summary', 'default')");
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);

    assert_string_equal(at_a_glance(fx), "positive; The caller called.");
    assert_true(cm_str_is(emitted(fx, 0)->sentiment, "positive"));
    assert_null(emitted(fx, 1)->sentiment.at);
    assert_null(emitted(fx, 2)->sentiment.at);
}

static void runs_that_come_later_show_the_call_anew(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);
    assert_string_equal(at_a_glance(fx), "positive");

    ground_execute(&fx->ground, "UPDATE segment SET text = 'This is terrible, I am very unhappy.'"
                                " WHERE call_id = $1::text::uuid");
    assert_int_equal(handle(fx, RERUN, rerun_requested(fx)), CM_OK);
    assert_string_equal(at_a_glance(fx), "negative");
}

/* Its inbox row is gone, as after the topics' days. */
static void an_older_event_that_comes_again_takes_no_glance_back(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *older;

    given_analyzers(fx);
    given_a_call(fx);
    older = ground_transcribed(&fx->ground);
    assert_int_equal(handle(fx, TRANSCRIBED, older), CM_OK);
    ground_execute(&fx->ground, "UPDATE segment SET text = 'This is terrible, I am very unhappy.'"
                                " WHERE call_id = $1::text::uuid");
    assert_int_equal(handle(fx, RERUN, rerun_requested(fx)), CM_OK);
    ground_execute(&fx->ground,
                   "DELETE FROM inbox i USING analysis_run r WHERE i.event_id = r.event_id"
                   " AND r.trigger = 'transcribed' AND r.call_id = $1::text::uuid");

    assert_int_equal(handle(fx, TRANSCRIBED, older), CM_OK);
    assert_string_equal(at_a_glance(fx), "negative");
    assert_string_equal(
        ground_ask(&fx->ground,
                   "SELECT count(*)::text FROM analysis_run WHERE call_id = $1::text::uuid"),
        "4");
}

static void of_a_transcription_that_was_replaced_nothing_is_run(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *older;

    given_analyzers(fx);
    given_a_call(fx);
    older = ground_transcribed(&fx->ground);
    ground_transcribe(&fx->ground);
    assert_int_equal(handle(fx, TRANSCRIBED, older), CM_OK);

    assert_string_equal(runs(fx), "");
    assert_string_equal(at_a_glance(fx), "");
    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_ANALYZED), 0);
}

static void why_there_is_no_answer_is_no_summary(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    given_an_analyzer(fx, "('Summary', 'openai')");
    given_a_call(fx);
    ground_execute(&fx->ground, "UPDATE call SET summary = 'older' WHERE id = $1::text::uuid");
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);

    assert_true(cm_str_starts(emitted(fx, 2)->analysis_text, "This analyzer could not be"));
    assert_string_equal(at_a_glance(fx), "positive; older");
}

static void a_silent_call_is_analyzed_too(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    ground_transcribe(&fx->ground);
    assert_int_equal(handle(fx, RERUN, rerun_requested(fx)), CM_OK);
    assert_true(cm_str_starts(emitted(fx, 0)->analysis_text, "Neutral"));
}

static void without_active_analyzers_the_step_is_skipped_aloud(void **state)
{
    struct fixture *fx = *state;
    const struct cm_event *event;

    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);

    assert_int_equal(cm_bench_emitted(fx->ground.bench, EVENT_CALL_ANALYZED), 0);
    event = cm_bench_event(fx->ground.bench, EVENT_CALL_STEP_SKIPPED, 0);
    assert_non_null(event);
    assert_true(cm_str_is(event->call_step_skipped.step, "analyze"));
    assert_string_equal(ground_ask(&fx->ground,
                                   "SELECT state FROM call_step WHERE call_id = $1::text::uuid"
                                   " AND step = 'analyze'"),
                        "done");
}

static void only_as_many_analyzers_as_are_allowed_run(void **state)
{
    struct fixture *fx = *state;

    fx->app.most = 1;
    given_analyzers(fx);
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);
    assert_string_equal(runs(fx), "Sentiment Analyzer transcribed rules");
}

static void an_analyzer_for_a_model_that_is_not_configured_says_why(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    ground_execute(
        &fx->ground,
        "UPDATE analyzer SET engine = 'openai' WHERE name = 'Compliance' AND organization_id ="
        " (SELECT organization_id FROM call WHERE id = $1::text::uuid)");
    given_a_call(fx);
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_OK);
    assert_true(cm_str_starts(emitted(fx, 0)->analysis_text, "Positive"));
    assert_true(cm_str_starts(emitted(fx, 1)->analysis_text,
                              "This analyzer could not be answered: it asks for a"));
}

static void words_that_are_no_text_are_rejected(void **state)
{
    struct fixture *fx = *state;

    given_analyzers(fx);
    ground_say(&fx->ground, "caller", "You idiot, \xFF\xFE.");
    assert_int_equal(handle(fx, TRANSCRIBED, ground_transcribed(&fx->ground)), CM_REJECT);
}

static void a_database_that_is_away_is_waited_for(void **state)
{
    struct fixture *fx = *state;
    struct cm_db *away = NULL;
    struct cm_bench *bench;

    assert_int_equal(cm_db_new("postgresql://callmill_worker@127.0.0.1:1/callmill", 1, 2000, "test",
                               NULL, &away, &fx->ground.err),
                     CM_OK);
    bench = cm_bench_new(away, &fx->app, 1);
    assert_int_equal(cm_bench_handle(bench, analyzer_runner.name, analyzer_routes,
                                     ground_transcribed(&fx->ground), &fx->ground.err),
                     CM_RETRY);
    cm_bench_free(bench);
    cm_db_free(away);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_active_analyzer_runs_in_its_order),
        TEST(the_same_event_again_runs_nothing),
        TEST(a_rerun_appends_runs_from_the_stored_transcript),
        TEST(a_rerun_without_a_transcription_is_rejected_with_the_reason),
        TEST(a_call_is_shown_by_its_runs),
        TEST(runs_that_come_later_show_the_call_anew),
        TEST(an_older_event_that_comes_again_takes_no_glance_back),
        TEST(of_a_transcription_that_was_replaced_nothing_is_run),
        TEST(why_there_is_no_answer_is_no_summary),
        TEST(a_silent_call_is_analyzed_too),
        TEST(without_active_analyzers_the_step_is_skipped_aloud),
        TEST(only_as_many_analyzers_as_are_allowed_run),
        TEST(an_analyzer_for_a_model_that_is_not_configured_says_why),
        TEST(words_that_are_no_text_are_rejected),
        TEST(a_database_that_is_away_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
