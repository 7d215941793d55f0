#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls/half_word.h"

static int make_arena(void **state)
{
    *state = cm_arena_new();
    return 0;
}

static int free_arena(void **state)
{
    cm_arena_free(*state);
    return 0;
}

#define assert_text(view, expected) assert_string_equal(cm_arena_text(*state, (view)), (expected))

/* The word is replaced in the search by its place, so what is left of the search tells which it is.
 */
#define assert_half_word(search, query_before, word)                                               \
    do {                                                                                           \
        struct half_word half = half_word_of(CM_STR(search), *state);                              \
                                                                                                   \
        assert_text(half.query, query_before HALF_WORD_PLACE);                                     \
        assert_text(half.beginning, "'" word "':*");                                               \
        assert_true(cm_str_starts(half.forms, word));                                              \
    } while (0)

static void the_last_word_may_be_half_a_word(void **state)
{
    assert_half_word("refundi", "", "refundi");
    assert_half_word("where is the invo", "where is the ", "invo");
    assert_half_word("invoice or refu", "invoice or ", "refu");
    assert_half_word("invoice -refund mon", "invoice -refund ", "mon");
    assert_half_word("invoice - refund mon", "invoice - refund ", "mon");
    assert_half_word("\"last month\" refu", "\"last month\" ", "refu");
    assert_half_word("-\"last month\"refu", "-\"last month\"", "refu");
    assert_half_word("(invoice|refu", "(invoice|", "refu");
    assert_half_word("e-mai", "", "e-mai");
    assert_half_word("ma\xC3\xB1", "", "ma\xC3\xB1");
}

static void a_complete_word_is_no_half_word(void **state)
{
    static const char *const searches[] = {
        "",           "refund ",
        "refund\t",   "refund\n",
        "refund!",    "refund -",
        "-refund",    "--refund",
        "- refund",   "invoice -refund",
        "-(refund",   "invoice - ! refund",
        "\"refund\"", "\"last mon",
        "\"",         "-\"last mon",
        "a \"b\" \"", "-",
    };

    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        struct half_word half = half_word_of(cm_str_of(searches[i]), *state);

        assert_null(half.query.at);
        assert_null(half.forms.at);
        assert_null(half.beginning.at);
    }
}

static void it_may_be_in_the_middle_of_its_ending(void **state)
{
    assert_text(half_word_of(CM_STR("xxxat"), *state).forms,
                "xxxat or xxxated or xxxating or xxxatation or xxxation or xxxator");
    assert_text(half_word_of(CM_STR("HAPPIN"), *state).forms,
                "HAPPIN or HAPPINed or HAPPINing or HAPPINg or HAPPINation or HAPPINess");
}

static void short_words_and_letters_that_are_none_get_no_endings(void **state)
{
    assert_text(half_word_of(CM_STR("i"), *state).forms, "i");
    assert_text(half_word_of(CM_STR("in"), *state).forms, "in or ined or ining or ination");
    assert_text(half_word_of((struct cm_str){ "refunding", 0 }, *state).forms, "");
}

/* Whatever it holds, it is one quoted operand. */
static void quotes_of_the_query_language_are_doubled(void **state)
{
    assert_text(half_word_of(CM_STR("o'rei\\"), *state).beginning, "'o''rei\\\\':*");
    assert_text(half_word_of(CM_STR("':*"), *state).beginning, "''':*':*");
}

/* Cut anywhere, also within a character, nothing behind the cut is read. */
static void a_search_cut_at_any_byte_is_read_to_there(void **state)
{
    static const char whole[] = "invoice \"last month\" -ref\xC3\xBAnd or 'ma\xC3\xB1";

    for (size_t len = 0; len < sizeof whole; len++) {
        char *cut = memcpy(malloc(len ? len : 1), whole, len);
        struct half_word half;

        half = half_word_of((struct cm_str){ cut, len }, *state);
        free(cut);
        assert_true(!half.query.at || half.query.len <= len + strlen(HALF_WORD_PLACE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_may_be_half_a_word),
        cmocka_unit_test(a_complete_word_is_no_half_word),
        cmocka_unit_test(it_may_be_in_the_middle_of_its_ending),
        cmocka_unit_test(short_words_and_letters_that_are_none_get_no_endings),
        cmocka_unit_test(quotes_of_the_query_language_are_doubled),
        cmocka_unit_test(a_search_cut_at_any_byte_is_read_to_there),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
