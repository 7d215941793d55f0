#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/hearing/utterances.h"

static int setup(void **state)
{
    *state = cm_arena_new();
    return 0;
}

static int teardown(void **state)
{
    cm_arena_free(*state);
    return 0;
}

static void assert_spoken(struct cm_arena *arena, const char *raw, const char *expected)
{
    struct cm_str text = cm_spoken(arena, cm_str_of(raw));

    if (!cm_str_is(text, expected))
        fail_msg("'%s' became '%.*s', not '%s'", raw, CM_STR_FMT(text), expected);
}

static void words_are_kept_as_they_were_said(void **state)
{
    assert_spoken(*state, " Hello there.", "Hello there.");
    assert_spoken(*state, "No.", "No.");
    assert_spoken(*state, "42", "42");
    assert_spoken(*state, "Grüß Gott, ça va?", "Grüß Gott, ça va?");
    assert_spoken(*state, "こんにちは", "こんにちは");
}

static void remarks_about_sounds_are_no_words(void **state)
{
    const char *const remarks[] = { "",
                                    " ",
                                    "[BLANK_AUDIO]",
                                    " [Bell] ",
                                    "(ringing)",
                                    "*music*",
                                    "[Music] (applause).",
                                    "...",
                                    "\u266a \u266b",
                                    "-",
                                    "[ Silence ] [ Silence ]" };

    for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++)
        assert_spoken(*state, remarks[i], "");
}

static void words_beside_a_remark_are_kept_with_it(void **state)
{
    assert_spoken(*state, "[laughs] I know.", "[laughs] I know.");
    assert_spoken(*state, "(I said it once.", "(I said it once.");
}

static void an_utterance_is_one_line(void **state)
{
    assert_spoken(*state, "one\ntwo\r\n\tthree\x01\x7f four", "one two three four");
}

static void broken_utf8_is_left_out(void **state)
{
    assert_spoken(*state, "caf\xC3", "caf");
    assert_spoken(*state, "\xFF\xFEok\xE2\x82", "ok");
    assert_spoken(*state, "\xC0\xAF", "");
}

static void a_model_that_repeats_itself_is_not_believed(void **state)
{
    assert_spoken(*state, "( Be Be Be Be Be Be Be Be Be Be Be Be Be Be Be Be", "");
    assert_spoken(*state, "thank you thank you thank you thank you thank you thank you", "");
    assert_spoken(*state, "No, no, no, no.", "No, no, no, no.");
    assert_spoken(*state, "very very very good", "very very very good");
}

static void every_cut_of_a_text_is_handled(void **state)
{
    const char text[] = "[x] \u266a na\u00efve \xF0\x9F\x98\x80 (y) *z*";

    for (size_t len = 0; len < sizeof text; len++) {
        CM_OWN_MEM char *exact = strndup(text, len);
        struct cm_str spoken = cm_spoken(*state, (struct cm_str){ exact, len });

        assert_true(cm_str_utf8(spoken));
    }
}

static void notes_grow_and_leave_out_what_is_no_speech(void **state)
{
    struct cm_utterances notes = { .arena = *state };

    for (int i = 0; i < 100; i++)
        cm_utterances_add(&notes, i, i + 1, i % 2 ? CM_STR("word") : CM_STR("[noise]"));
    cm_utterances_add(&notes, 200, 100, CM_STR("backwards"));

    assert_int_equal(notes.count, 51);
    assert_int_equal(notes.at[49].start_ms, 99);
    assert_int_equal(notes.at[50].end_ms, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_kept_as_they_were_said),
        cmocka_unit_test(remarks_about_sounds_are_no_words),
        cmocka_unit_test(words_beside_a_remark_are_kept_with_it),
        cmocka_unit_test(an_utterance_is_one_line),
        cmocka_unit_test(broken_utf8_is_left_out),
        cmocka_unit_test(a_model_that_repeats_itself_is_not_believed),
        cmocka_unit_test(every_cut_of_a_text_is_handled),
        cmocka_unit_test(notes_grow_and_leave_out_what_is_no_speech),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
