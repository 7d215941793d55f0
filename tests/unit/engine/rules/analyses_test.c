#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/buf.h"
#include "engine/text.h"

struct fixture {
    struct cm_text *text;
    struct cm_arena *arena;
    struct cm_segment segments[16];
    struct cm_transcript transcript;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ .text = cm_text_rules_new(), .arena = cm_arena_new() };
    fx.transcript = (struct cm_transcript){ .segments = fx.segments,
                                            .started_at_us = INT64_C(1795446000) * 1000000,
                                            .direction = CM_STR("inbound") };
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_text_free(fx->text);
    cm_arena_free(fx->arena);
    return 0;
}

static void given_said(struct fixture *fx, const char *role, int64_t start_ms, int64_t end_ms,
                       const char *text)
{
    fx->segments[fx->transcript.segment_count++] = (struct cm_segment){
        .role = cm_str_of(role), .start_ms = start_ms, .end_ms = end_ms, .text = cm_str_of(text)
    };
}

/* As the demo script has it: an unhappy caller who is happy in the end. */
static void given_the_demo_call(struct fixture *fx)
{
    given_said(fx, "agent", 0, 4000,
               "Thank you for calling Green Valley Windows. My name is Anna. How can I help you?");
    given_said(fx, "caller", 5000, 11000,
               "Hello, my name is Peter Miller. I am calling from Summit Hotels. I am very unhappy "
               "with our last order.");
    given_said(fx, "agent", 12000, 14000, "I am sorry to hear that. What happened?");
    given_said(
        fx, "caller", 15000, 20000,
        "Two of the windows were broken, and nobody called me back. This is really frustrating.");
    given_said(fx, "agent", 21000, 26000,
               "I understand. I will send you a new quote with a discount by Friday.");
    given_said(fx, "caller", 27000, 31000,
               "Great. I will send you photos of the broken windows tomorrow.");
    given_said(fx, "agent", 32000, 34000,
               "Perfect. Is there anything else I can do for you today?");
    given_said(fx, "caller", 35000, 40000,
               "No, that is all. You have been very helpful, and I am happy now.");
}

static struct cm_analysis analyzed(struct fixture *fx, const char *name, const char *prompt)
{
    struct cm_analysis_ask ask = { cm_str_of(name), cm_str_of(prompt) };
    struct cm_analysis analysis;

    assert_int_equal(fx->text->analyze(fx->text, &fx->transcript, &ask, fx->arena, &analysis, NULL),
                     CM_OK);
    return analysis;
}

static struct cm_str asked(struct fixture *fx, const char *name, const char *prompt)
{
    return analyzed(fx, name, prompt).text;
}

static void assert_says(struct cm_str text, const char *part)
{
    size_t at;

    if (!cm_str_find(text, part, &at))
        fail_msg("\"%s\" is not in: %.*s", part, CM_STR_FMT(text));
}

static void the_name_chooses_the_rule_before_the_prompt(void **state)
{
    static const struct {
        const char *name, *prompt;
        enum cm_ask_kind kind;
    } asks[] = {
        { "Sentiment Analyzer", "Summarize how the caller feels.", CM_ASK_SENTIMENT },
        { "Compliance", "Check what was said.", CM_ASK_COMPLIANCE },
        { "Summary", "Who called, and what was their mood?", CM_ASK_SUMMARY },
        { "Talk ratio", "", CM_ASK_TALK_RATIO },
        { "My analyzer", "Please write a short summary.", CM_ASK_SUMMARY },
        { "My analyzer", "Assess the customer satisfaction.", CM_ASK_SENTIMENT },
        { "Rivals", "Was a competitor mentioned?", CM_ASK_OTHER },
        { "Stones", "Did they talk about milestones?", CM_ASK_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct cm_analysis_ask ask = { cm_str_of(asks[i].name), cm_str_of(asks[i].prompt) };

        assert_int_equal(cm_ask_kind(&ask), asks[i].kind);
    }
}

static void a_sentiment_begins_with_its_word_and_tells_how_it_moved(void **state)
{
    struct fixture *fx = *state;
    struct cm_str text;

    given_the_demo_call(fx);
    text = asked(fx, "Sentiment Analyzer", "");

    assert_true(cm_str_starts(text, "Mixed (score "));
    assert_says(text, "Caller: negative at first, positive at the end.");
    assert_says(text, "Caller, 00:05: \"I am very unhappy with our last order.\"");
    assert_says(text, "I am happy now.");
}

static void only_a_sentiment_is_labelled_with_one(void **state)
{
    struct fixture *fx = *state;

    assert_true(cm_str_is(analyzed(fx, "Mood", "").sentiment, "neutral"));
    given_said(fx, "caller", 0, 4000, "I am very happy with your service, thank you so much.");
    assert_true(cm_str_is(analyzed(fx, "Mood", "").sentiment, "positive"));
    fx->transcript.segment_count = 0;
    given_the_demo_call(fx);
    assert_true(cm_str_is(analyzed(fx, "Mood", "").sentiment, "mixed"));

    assert_null(analyzed(fx, "Compliance", "").sentiment.at);
    assert_null(analyzed(fx, "Summary", "").sentiment.at);
    assert_null(analyzed(fx, "Talk ratio", "").sentiment.at);
    assert_null(analyzed(fx, "Rivals", "Was a competitor mentioned?").sentiment.at);
}

static void a_silent_call_is_neutral_clean_and_empty(void **state)
{
    struct fixture *fx = *state;

    assert_true(cm_str_starts(asked(fx, "Sentiment", ""), "Neutral (score +0.00)."));
    assert_true(
        cm_str_is(asked(fx, "Compliance", "recording notice"), "No compliance issues found."));
    assert_true(cm_str_is(asked(fx, "Summary", ""), "Nothing was said in this call."));
    assert_true(cm_str_is(asked(fx, "Talk ratio", ""), "Nobody talked."));
}

static void a_summary_tells_who_why_what_and_what_next(void **state)
{
    struct fixture *fx = *state;
    struct cm_str text;

    given_the_demo_call(fx);
    text = asked(fx, "Summary", "");

    assert_true(cm_str_starts(
        text,
        "Peter Miller from Summit Hotels called: \"I am very unhappy with our last order.\""));
    assert_says(text, "Key facts: \"Two of the windows were broken, and nobody called me back.\"");
    assert_says(text, "Outcome: \"You have been very helpful, and I am happy now.\"");
    assert_says(text, "agent: Send a new quote with a discount (2026-11-27)");
    assert_says(text, "caller: Send photos of the broken windows (2026-11-24).");
}

static void a_missing_recording_notice_is_an_issue_where_the_prompt_asks_for_it(void **state)
{
    struct fixture *fx = *state;

    given_the_demo_call(fx);
    assert_true(
        cm_str_is(asked(fx, "Compliance", "Flag promises."), "No compliance issues found."));
    assert_says(asked(fx, "Compliance", "Was the recording notice given?"),
                "Recording notice missing");

    given_said(fx, "agent", 41000, 42000, "By the way, this call is being recorded.");
    assert_true(cm_str_is(asked(fx, "Compliance", "Was the recording notice given?"),
                          "No compliance issues found."));
}

static void digits_of_a_card_are_not_repeated(void **state)
{
    struct fixture *fx = *state;
    struct cm_str text;
    size_t at;

    given_said(fx, "caller", 0, 9000, "My Visa is 4111 1111 1111 1111.");
    text = asked(fx, "Compliance", "");

    assert_says(text, "- Card number read aloud (Caller, 00:00): \"My Visa is [digits].\"");
    assert_false(cm_str_find(text, "1111", &at));
}

static void a_password_is_not_repeated(void **state)
{
    struct fixture *fx = *state;

    given_said(fx, "caller", 0, 9000, "Okay, my password is sunshine twelve.");
    assert_says(asked(fx, "Compliance", ""),
                "- Password or PIN read aloud (Caller, 00:00): \"Okay my password is [hidden]\"");
}

static void more_issues_than_fit_are_counted(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_BUF struct cm_buf text = { 0 };

    for (int i = 0; i < 30; i++)
        cm_buf_text(&text, "You are an idiot. ");
    given_said(fx, "caller", 0, 9000, text.at);

    assert_true(cm_str_starts(asked(fx, "Compliance", ""), "30 compliance issues found."));
    assert_says(asked(fx, "Compliance", ""), "... and 10 more.");
}

static void talk_ratio_counts_time_turns_and_interruptions(void **state)
{
    struct fixture *fx = *state;
    struct cm_str text;

    given_said(fx, "agent", 0, 6000, "Let me tell you all about our new windows.");
    given_said(fx, "caller", 4000, 6000, "Wait a moment please.");
    given_said(fx, "agent", 6100, 7000, "Sure?");
    given_said(fx, "caller", 8000, 8100, "Yes.");
    text = asked(fx, "Talk ratio", "");

    assert_true(cm_str_starts(text, "Caller 23 %, agent 77 % of the talking time."));
    assert_says(text, "Caller: 2 turns, 0 questions, 143 words per minute, longest monologue 2 s, "
                      "1 interruption.");
    assert_says(text, "Agent: 2 turns, 1 question,");
}

static void a_prompt_that_no_rule_understands_is_searched_for_and_says_so(void **state)
{
    struct fixture *fx = *state;
    struct cm_str text;

    given_the_demo_call(fx);
    text = asked(fx, "Windows", "Did the caller mention a broken window?");
    assert_says(text, "mention \"broken\", \"window\":");
    assert_says(text,
                "- Caller, 00:15: \"Two of the windows were broken, and nobody called me back.\"");
    assert_says(text, "TEXT_ENGINE");

    assert_says(asked(fx, "X", "Look for \"unicorns\" please"),
                "No sentence mentions \"unicorns\".");
    assert_says(asked(fx, "X", "Tell me what they said."),
                "The built-in engine answers prompts about sentiment");
}

static void the_contact_of_an_outbound_call_is_who_was_called(void **state)
{
    struct fixture *fx = *state;
    struct cm_contact_facts facts;

    fx->transcript.direction = CM_STR("outbound");
    given_said(fx, "caller", 0, 2000, "Hello, this is Anna from Green Valley Windows.");
    given_said(fx, "agent", 2500, 4000,
               "Hi, this is Peter Miller. I need a new quote for my windows.");
    assert_int_equal(fx->text->facts(fx->text, &fx->transcript, fx->arena, &facts, NULL), CM_OK);

    assert_true(cm_str_is(facts.name.value, "Peter Miller"));
    assert_true(cm_str_is(facts.name.source, "said at 00:02"));
    assert_true(cm_str_is(facts.summary.value, "I need a new quote for my windows."));
    assert_null(facts.company.value.at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_name_chooses_the_rule_before_the_prompt),
        TEST(a_sentiment_begins_with_its_word_and_tells_how_it_moved),
        TEST(only_a_sentiment_is_labelled_with_one),
        TEST(a_silent_call_is_neutral_clean_and_empty),
        TEST(a_summary_tells_who_why_what_and_what_next),
        TEST(a_missing_recording_notice_is_an_issue_where_the_prompt_asks_for_it),
        TEST(digits_of_a_card_are_not_repeated),
        TEST(a_password_is_not_repeated),
        TEST(more_issues_than_fit_are_counted),
        TEST(talk_ratio_counts_time_turns_and_interruptions),
        TEST(a_prompt_that_no_rule_understands_is_searched_for_and_says_so),
        TEST(the_contact_of_an_outbound_call_is_who_was_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
