#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "render.h"

/* For static initialisers, where CM_STR cannot stand. */
#define S(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static struct report_call a_call(void)
{
    static const struct report_segment segments[] = {
        { S("caller"), 1200, S("Hello, this is Ada.") },
        { S("agent"), 72000, S("I will send the contract by Friday.") },
    };
    static const struct report_analysis analyses[] = {
        { S("Sentiment Analyzer"), S("Positive.") },
        { S("Summary"), S("Ada asked for the contract.") },
    };
    static const struct report_todo todos[] = {
        { .title = S("Send the contract"),
          .owner = S("agent"),
          .due_date = S("2026-11-27"),
          .evidence = S("I will send the contract by Friday."),
          .evidence_ms = { true, 72000 } },
    };

    return (struct report_call){
        .from_number = CM_STR("+15551234567"),
        .to_number = CM_STR("+15559876543"),
        .direction = CM_STR("inbound"),
        .status = CM_STR("completed"),
        .started = CM_STR("23 Nov 2026 15:36 (UTC)"),
        .duration_ms = { true, 151000 },
        .organization = CM_STR("Analytical Engines"),
        .contact_name = CM_STR("Ada Lovelace"),
        .contact_company = CM_STR("Babbage & Co"),
        .segments = segments,
        .segment_count = 2,
        .analyses = analyses,
        .analysis_count = 2,
        .todos = todos,
        .todo_count = 1,
    };
}

static const char *html_of(const struct report_call *call, const char *ui_url)
{
    return cm_arena_text(arena, render_html(arena, call, ui_url));
}

static const char *text_of(const struct report_call *call, const char *ui_url)
{
    return cm_arena_text(arena, render_text(arena, call, ui_url));
}

static void the_text_tells_all_of_the_call(void **state)
{
    struct report_call call = a_call();
    const char *text = text_of(&call, "https://calls.example.com");

    (void)state;
    assert_non_null(strstr(text, "From:      +15551234567\n"));
    assert_non_null(strstr(text, "Contact:   Ada Lovelace\n"));
    assert_non_null(strstr(text, "Duration:  2 min 31 s\n"));
    assert_non_null(strstr(text, "https://calls.example.com/calls/00000000-"));
    assert_non_null(strstr(text, "\nSummary\n-------\nAda asked for the contract.\n"));
    assert_non_null(strstr(text, "[ ] Send the contract (Agent, due 2026-11-27)\n"));
    assert_non_null(strstr(text, "\"I will send the contract by Friday.\" at 01:12\n"));
    assert_non_null(strstr(text, "[00:01] Caller: Hello, this is Ada.\n"));
}

static void the_html_tells_all_of_the_call(void **state)
{
    struct report_call call = a_call();
    const char *html = html_of(&call, "https://calls.example.com");

    (void)state;
    assert_non_null(strstr(html, "Call from Ada Lovelace"));
    assert_non_null(strstr(html, "Babbage &amp; Co"));
    assert_non_null(strstr(html, "href=\"https://calls.example.com/calls/"));
    assert_non_null(strstr(html, "Send the contract"));
    assert_non_null(strstr(html, "due 2026-11-27"));
    assert_non_null(strstr(html, "Hello, this is Ada."));
}

static void a_to_do_that_a_person_added_quotes_nobody(void **state)
{
    static const struct report_todo todo = { .title = S("Thank Ada"), .owner = S("agent") };
    struct report_call call = a_call();

    (void)state;
    call.todos = &todo;
    assert_non_null(strstr(text_of(&call, NULL), "[ ] Thank Ada (Agent)\n\n"));
    assert_non_null(strstr(html_of(&call, NULL), "Thank Ada"));
    assert_null(strstr(html_of(&call, NULL), "&ldquo;"));
}

static void without_an_address_there_is_no_link(void **state)
{
    struct report_call call = a_call();

    (void)state;
    assert_null(strstr(html_of(&call, NULL), "href"));
    assert_null(strstr(text_of(&call, NULL), "Open:"));
}

static void whatever_was_said_stays_text(void **state)
{
    static const char evil[] =
        "<script>alert(\"1\")</script><img src=x onerror='2'>&amp;\x01\x1b[2J";
    const struct report_segment segment = { CM_STR("caller"), 0, cm_str_of(evil) };
    const struct report_analysis analysis = { cm_str_of(evil), cm_str_of(evil) };
    const struct report_todo todo = { .title = cm_str_of(evil),
                                      .owner = cm_str_of(evil),
                                      .due_date = cm_str_of(evil),
                                      .evidence = cm_str_of(evil) };
    const struct report_failure failure = { cm_str_of(evil), cm_str_of(evil) };
    const struct report_call call = {
        .from_number = cm_str_of(evil),
        .to_number = cm_str_of(evil),
        .direction = cm_str_of(evil),
        .started = cm_str_of(evil),
        .organization = cm_str_of(evil),
        .contact_name = cm_str_of(evil),
        .contact_email = cm_str_of(evil),
        .contact_company = cm_str_of(evil),
        .contact_summary = cm_str_of(evil),
        .segments = &segment,
        .segment_count = 1,
        .analyses = &analysis,
        .analysis_count = 1,
        .todos = &todo,
        .todo_count = 1,
        .failures = &failure,
        .failure_count = 1,
    };
    const char *html = html_of(&call, "https://x.example/\"onmouseover=\"3");

    (void)state;
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_null(strstr(html, "'2'"));
    assert_null(strstr(html, "\"onmouseover"));
    assert_null(strchr(html, '\x01'));
    assert_null(strchr(html, '\x1b'));
    assert_non_null(strstr(html, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
    assert_non_null(strstr(html, "&amp;amp;"));
}

static void a_call_of_which_nothing_is_known_can_be_reported(void **state)
{
    const struct report_call call = { .from_number = CM_STR("anonymous") };

    (void)state;
    assert_non_null(strstr(text_of(&call, NULL), "Nothing was said."));
    assert_non_null(strstr(text_of(&call, NULL), "To-dos\n------\nNone."));
    assert_non_null(strstr(html_of(&call, NULL), "Nothing was said."));
}

static void a_withheld_number_is_told_in_words(void **state)
{
    struct report_call call = { .from_number = CM_STR("anonymous"),
                                .direction = CM_STR("inbound"),
                                .started = CM_STR("today") };

    (void)state;
    assert_true(cm_str_is(render_subject(arena, &call), "Call from a withheld number, today"));
    assert_non_null(strstr(text_of(&call, NULL), "From:      a withheld number"));
    assert_non_null(strstr(html_of(&call, NULL), "Call from a withheld number"));
    assert_null(strstr(text_of(&call, NULL), "anonymous"));
    assert_null(strstr(html_of(&call, NULL), "anonymous"));
}

static void failed_steps_are_told(void **state)
{
    const struct report_failure failure = { CM_STR("analyze"), CM_STR("the model is away") };
    struct report_call call = a_call();

    (void)state;
    call.failures = &failure;
    call.failure_count = 1;
    assert_non_null(strstr(text_of(&call, NULL), "The step \"analyze\" failed: the model is away"));
    assert_non_null(strstr(html_of(&call, NULL), "the model is away"));
}

static void the_subject_names_the_other_side(void **state)
{
    struct report_call call = a_call();

    (void)state;
    assert_true(cm_str_is(render_subject(arena, &call),
                          "Call from Ada Lovelace (+15551234567), 23 Nov 2026 15:36 (UTC)"));
    call.direction = CM_STR("outbound");
    call.contact_name = (struct cm_str){ 0 };
    assert_true(
        cm_str_is(render_subject(arena, &call), "Call to +15559876543, 23 Nov 2026 15:36 (UTC)"));
}

static void durations_and_times_read_well(void **state)
{
    (void)state;
    assert_string_equal(render_duration(0).at, "0 s");
    assert_string_equal(render_duration(59999).at, "59 s");
    assert_string_equal(render_duration(60000).at, "1 min 0 s");
    assert_string_equal(render_duration(3725000).at, "1 h 2 min");
    assert_string_equal(render_clock(-5).at, "00:00");
    assert_string_equal(render_clock(72000).at, "01:12");
    assert_string_equal(render_clock(3723000).at, "1:02:03");
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(the_text_tells_all_of_the_call),
        WITH_ARENA(the_html_tells_all_of_the_call),
        WITH_ARENA(a_to_do_that_a_person_added_quotes_nobody),
        WITH_ARENA(without_an_address_there_is_no_link),
        WITH_ARENA(whatever_was_said_stays_text),
        WITH_ARENA(a_call_of_which_nothing_is_known_can_be_reported),
        WITH_ARENA(a_withheld_number_is_told_in_words),
        WITH_ARENA(failed_steps_are_told),
        WITH_ARENA(the_subject_names_the_other_side),
        WITH_ARENA(durations_and_times_read_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
