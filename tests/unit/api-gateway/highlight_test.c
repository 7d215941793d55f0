#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls/highlight.h"

#define ON  "\xEE\x80\x80"
#define OFF "\xEE\x80\x81"
#define DOT "\xE2\x80\xA6"

/* The excerpt's array as JSON. */
static const char *put(struct cm_buf *body, struct cm_str excerpt)
{
    struct cm_json json;

    cm_buf_clear(body);
    json = cm_json(body);
    cm_json_object(&json, NULL);
    highlight_put(&json, excerpt);
    cm_json_end(&json);
    return body->at;
}

#define assert_pieces(excerpt, pieces)                                                             \
    do {                                                                                           \
        CM_OWN_BUF struct cm_buf body = { 0 };                                                     \
        assert_string_equal(put(&body, excerpt), "{\"highlight\":[" pieces "]}");                  \
    } while (0)
#define TEXT(text) "{\"text\":\"" text "\",\"match\":false}"
#define WORD(text) "{\"text\":\"" text "\",\"match\":true}"

static void words_and_what_is_between_are_pieces(void **state)
{
    (void)state;
    assert_pieces(CM_STR("Caller: the " ON "invoice" OFF ", " ON "please" OFF),
                  TEXT("Caller: the ") "," WORD("invoice") "," TEXT(", ") "," WORD("please"));
    assert_pieces(CM_STR(ON "invoice" OFF ON "s" OFF), WORD("invoice") "," WORD("s"));
    assert_pieces(CM_STR("nothing"), TEXT("nothing"));
    assert_pieces(CM_STR(""), "");
}

static void markup_is_text(void **state)
{
    (void)state;
    assert_pieces(CM_STR("<b>" ON "&amp;" OFF "</b>\""),
                  TEXT("<b>") "," WORD("&amp;") "," TEXT("</b>\\\""));
}

static void what_is_cut_in_front_begins_with_a_whole_word(void **state)
{
    (void)state;
    assert_pieces(CM_STR(DOT "lf a word " ON "here" OFF), TEXT(DOT " a word ") "," WORD("here"));
    assert_pieces(CM_STR(DOT "glued" ON "here" OFF), TEXT(DOT "glued") "," WORD("here"));
    assert_pieces(CM_STR(DOT ON "here" OFF " now"), TEXT(DOT) "," WORD("here") "," TEXT(" now"));
}

/* `count` characters of `filler`, then `end`. */
static struct cm_str long_text(struct cm_buf *to, const char *filler, size_t count, const char *end)
{
    cm_buf_clear(to);
    for (size_t i = 0; i < count; i++)
        cm_buf_text(to, filler);
    cm_buf_text(to, end);
    return cm_buf_view(to);
}

static void what_is_cut_at_the_end_ends_with_a_whole_word(void **state)
{
    CM_OWN_BUF struct cm_buf text = { 0 }, body = { 0 };
    const char *tail = "x\",\"match\":false}";

    (void)state;
    /* 320 characters: 310, a space, a mark and a part of the word */
    put(&body, long_text(&text, "x", 310, " " ON "invoices"));
    assert_null(strstr(body.at, "invoice"));
    assert_non_null(strstr(body.at, "xxx" DOT "\",\"match\":false}]}"));
    /* one less is all there was */
    put(&body, long_text(&text, "x", 310, " " ON "invoic" OFF));
    assert_non_null(strstr(body.at, WORD("invoic") "]}"));
    /* characters count, not bytes; without a space it stays as it is */
    put(&body, long_text(&text, "\xC3\xA9", 319, ""));
    assert_null(strstr(body.at, DOT));
    put(&body, long_text(&text, "\xC3\xA9", 319, tail));
    assert_non_null(strstr(body.at, DOT));
}

static void an_excerpt_cut_at_any_byte_is_still_an_array(void **state)
{
    static const char text[] = DOT "lf a word " ON "here" OFF " and " ON "there" OFF ".";
    CM_OWN_BUF struct cm_buf body = { 0 };

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        put(&body, (struct cm_str){ text, len });
        assert_memory_equal(body.at, "{\"highlight\":[", 14);
        assert_string_equal(body.at + body.len - 2, "]}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_what_is_between_are_pieces),
        cmocka_unit_test(markup_is_text),
        cmocka_unit_test(what_is_cut_in_front_begins_with_a_whole_word),
        cmocka_unit_test(what_is_cut_at_the_end_ends_with_a_whole_word),
        cmocka_unit_test(an_excerpt_cut_at_any_byte_is_still_an_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
