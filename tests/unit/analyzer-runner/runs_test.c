#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runs.h"

/* A model that answers as it was told to, one answer a question, and counts. */
struct puppet {
    struct cm_text text;
    cm_rc answers[8]; /* by question; CM_OK behind the last */
    bool away;
    size_t asked;
};

struct fixture {
    struct puppet model, rules;
    struct analyzers app;
    struct cm_arena *arena;
    struct run list[4];
    struct runs runs;
    struct cm_err err;
};

static cm_rc puppet_analyze(struct cm_text *text, const struct cm_transcript *transcript,
                            const struct cm_analysis_ask *ask, struct cm_arena *arena,
                            struct cm_analysis *out, struct cm_err *err)
{
    struct puppet *puppet = (struct puppet *)text;
    cm_rc rc = puppet->answers[puppet->asked++ % 8];

    (void)transcript;
    if (rc && puppet->away)
        return cm_fail_away(err, "nobody there");
    if (rc)
        return cm_fail(err, rc, "told to fail");
    out->text = cm_arena_printf(arena, "%s on %.*s", text->engine, CM_STR_FMT(ask->analyzer_name));
    return CM_OK;
}

static int setup(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){
        .model.text = { .engine = "openai", .model = "big-1", .analyze = puppet_analyze },
        .rules.text = { .engine = "rules", .model = "rules-1", .analyze = puppet_analyze },
        .arena = cm_arena_new(),
    };
    fx.app = (struct analyzers){ .text = &fx.model.text,
                                 .rules = &fx.rules.text,
                                 .openai = &fx.model.text };
    fx.runs = (struct runs){ .runs = fx.list };
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    cm_arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static void given_analyzer(struct fixture *fx, const char *name, const char *engine)
{
    fx->list[fx->runs.count++] = (struct run){
        .analyzer = { .name = cm_str_of(name), .prompt = CM_STR("?"), .engine = cm_str_of(engine) }
    };
}

static cm_rc ask(struct fixture *fx, bool last_attempt)
{
    return runs_ask(&fx->runs, &fx->app, fx->arena, last_attempt, &fx->err);
}

static void each_analyzer_is_asked_with_the_engine_it_names(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "Mood", "default");
    given_analyzer(fx, "Compliance", "rules");
    given_analyzer(fx, "Deep", "openai");
    fx->app.text = &fx->rules.text;
    assert_int_equal(ask(fx, false), CM_OK);

    assert_true(cm_str_is(fx->list[0].text, "rules on Mood"));
    assert_true(cm_str_is(fx->list[1].text, "rules on Compliance"));
    assert_true(cm_str_is(fx->list[2].text, "openai on Deep"));
    assert_string_equal(fx->list[2].model, "big-1");
}

static void an_answer_is_not_paid_for_twice(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "One", "default");
    given_analyzer(fx, "Two", "default");
    fx->model.answers[1] = CM_RETRY;
    assert_int_equal(ask(fx, false), CM_RETRY);
    assert_int_equal(fx->model.asked, 2);
    assert_non_null(strstr(fx->err.msg, "analyzer Two"));

    assert_int_equal(ask(fx, false), CM_OK);
    assert_int_equal(fx->model.asked, 3);
    assert_true(fx->list[0].answered && fx->list[1].answered);
}

static void a_refusal_does_not_take_the_others_answers_with_it(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "One", "default");
    given_analyzer(fx, "Two", "default");
    fx->model.answers[0] = CM_REJECT;
    assert_int_equal(ask(fx, false), CM_OK);

    assert_false(fx->list[0].answered);
    assert_true(cm_str_is(fx->list[0].text, "This analyzer could not be answered: told to fail."));
    assert_true(cm_str_is(fx->list[1].text, "openai on Two"));
}

static void when_nobody_answers_the_step_fails(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "One", "default");
    given_analyzer(fx, "Two", "default");
    fx->model.answers[0] = fx->model.answers[1] = CM_REJECT;
    assert_int_equal(ask(fx, false), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "analyzer One"));
}

static void the_last_attempt_keeps_what_there_is(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "One", "default");
    given_analyzer(fx, "Two", "default");
    fx->model.answers[1] = CM_RETRY;
    assert_int_equal(ask(fx, true), CM_OK);
    assert_true(fx->list[0].answered);
    assert_false(fx->list[1].answered);
}

static void a_server_that_is_away_is_waited_for_even_then(void **state)
{
    struct fixture *fx = *state;

    given_analyzer(fx, "One", "default");
    fx->model.answers[0] = CM_RETRY;
    fx->model.away = true;
    assert_int_equal(ask(fx, true), CM_RETRY);
    assert_true(fx->err.away);
}

static void an_analyzer_that_asks_for_a_model_where_none_is_says_so(void **state)
{
    struct fixture *fx = *state;

    fx->app.openai = NULL;
    given_analyzer(fx, "Deep", "openai");
    assert_int_equal(ask(fx, false), CM_REJECT);
    assert_non_null(strstr(fx->err.msg, "TEXT_URL"));
}

static void no_analyzers_is_no_failure(void **state)
{
    assert_int_equal(ask(*state, false), CM_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_analyzer_is_asked_with_the_engine_it_names),
        TEST(an_answer_is_not_paid_for_twice),
        TEST(a_refusal_does_not_take_the_others_answers_with_it),
        TEST(when_nobody_answers_the_step_fails),
        TEST(the_last_attempt_keeps_what_there_is),
        TEST(a_server_that_is_away_is_waited_for_even_then),
        TEST(an_analyzer_that_asks_for_a_model_where_none_is_says_so),
        TEST(no_analyzers_is_no_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
