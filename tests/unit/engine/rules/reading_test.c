#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "arena_fixture.h"
#include "base/buf.h"
#include "engine/rules/reading.h"

static const struct reading *read_said(const char *text)
{
    struct cm_segment *segment = CM_NEW(arena, struct cm_segment);
    struct cm_transcript *transcript = CM_NEW(arena, struct cm_transcript);

    *segment = (struct cm_segment){ .role = CM_STR("caller"), .text = cm_str_of(text) };
    *transcript = (struct cm_transcript){ .segments = segment, .segment_count = 1 };
    return reading_new(transcript, arena);
}

static void assert_words(const char *text, const char *words)
{
    const struct reading *reading = read_said(text);
    char all[512] = "";

    for (size_t i = 0; i < reading->count; i++) {
        for (size_t k = 0; k < reading->sentences[i].count; k++) {
            struct cm_str low = reading->sentences[i].words[k].low;

            if (*all)
                strncat(all, " ", sizeof all - strlen(all) - 1);
            strncat(all, low.at, low.len);
        }
        if (i + 1 < reading->count)
            strncat(all, " /", sizeof all - strlen(all) - 1);
    }
    assert_string_equal(all, words);
}

static void contractions_are_opened(void **state)
{
    (void)state;
    assert_words("I'll do it, we won't.", "i will do it we will not");
    assert_words("It\xE2\x80\x99s fine; that's Anna's.", "it is fine that is anna's");
    assert_words("He doesn't, they've, I'd, we're, I'm, let's",
                 "he does not they have i would we are i am let us");
}

static void sentences_end_at_marks_but_not_at_abbreviations_and_decimals(void **state)
{
    (void)state;
    assert_words("Hello. Dr. Smith pays $3.50! Why? Ok", "hello / dr smith pays 3.50 / why / okay");
    assert_words("Well... yes. No", "well yes / no");
}

static void addresses_and_numbers_stay_whole(void **state)
{
    (void)state;
    assert_words("Mail ada-l@ex-ample.com or www.ex-ample.com now",
                 "mail ada-l@ex-ample.com or www.ex-ample.com now");
    assert_words("1,200 dollars, 20% of S-T-E", "1,200 dollars 20 of s t e");
    assert_words("an e-mail, a follow-up", "an email a follow up");
}

static void a_sentence_goes_on_in_the_speakers_next_segment_after_a_short_pause(void **state)
{
    struct cm_segment segments[] = {
        { .role = CM_STR("agent"),
          .start_ms = 0,
          .end_ms = 900,
          .text = CM_STR("I will send you") },
        { .role = CM_STR("agent"),
          .start_ms = 1500,
          .end_ms = 3000,
          .text = CM_STR("the quote. Bye") },
        { .role = CM_STR("agent"), .start_ms = 9000, .end_ms = 9900, .text = CM_STR("bye") },
        { .role = CM_STR("caller"), .start_ms = 9950, .end_ms = 9990, .text = CM_STR("bye") },
    };
    struct cm_transcript transcript = { .segments = segments, .segment_count = 4 };
    const struct reading *reading = reading_new(&transcript, arena);

    (void)state;
    assert_int_equal(reading->count, 4);
    assert_true(cm_str_is(reading->sentences[0].raw, "I will send you the quote."));
    assert_int_equal(reading->sentences[0].segment, 0);
    assert_int_equal(reading->sentences[1].segment, 1);
    assert_int_equal(reading->sentences[3].side, SIDE_CALLER);
    assert_false(reading->one_voice);
}

static void capitals_are_seen_beyond_ascii(void **state)
{
    const struct reading *reading = read_said("Åsa åsa Łukasz łukasz Žižek Émile");
    const bool wants[] = { true, false, true, false, true, true };

    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(reading->sentences[0].words[i].capital, wants[i]);
}

static void a_sentence_that_never_ends_is_cut(void **state)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    const struct reading *reading;

    (void)state;
    for (int i = 0; i < 1000; i++)
        cm_buf_text(&text, "and ");
    reading = read_said(text.at);
    for (size_t i = 0; i < reading->count; i++)
        assert_true(reading->sentences[i].count <= 100);
}

static void nothing_said_is_nothing_read(void **state)
{
    struct cm_transcript none = { .segments = NULL };

    (void)state;
    assert_int_equal(reading_new(&none, arena)->count, 0);
    assert_int_equal(read_said("")->count, 0);
    assert_int_equal(read_said(" ... !? -- ")->count, 0);
}

static void cutting_marks_the_place_and_keeps_characters_whole(void **state)
{
    (void)state;
    assert_true(cm_str_is(text_cut(arena, CM_STR("hello"), 5), "hello"));
    assert_true(cm_str_is(text_cut(arena, CM_STR("hello you"), 8), "hello..."));
    assert_true(
        cm_str_is(text_cut(arena, CM_STR("\xC3\xA5\xC3\xA5\xC3\xA5\xC3\xA5"), 6), "\xC3\xA5..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contractions_are_opened),
        cmocka_unit_test(sentences_end_at_marks_but_not_at_abbreviations_and_decimals),
        cmocka_unit_test(addresses_and_numbers_stay_whole),
        cmocka_unit_test(a_sentence_goes_on_in_the_speakers_next_segment_after_a_short_pause),
        cmocka_unit_test(capitals_are_seen_beyond_ascii),
        cmocka_unit_test(a_sentence_that_never_ends_is_cut),
        cmocka_unit_test(nothing_said_is_nothing_read),
        cmocka_unit_test(cutting_marks_the_place_and_keeps_characters_whole),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
