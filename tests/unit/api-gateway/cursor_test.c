#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cursor.h"

static struct cursor some_cursor(enum cursor_list list)
{
    struct cursor cursor = { .list = list,
                             .day = list == CURSOR_TODOS ? 20780 : 0,
                             .at_us = INT64_C(1795448160123456) };

    for (size_t i = 0; i < sizeof cursor.id.at; i++)
        cursor.id.at[i] = (uint8_t)(i * 17);
    return cursor;
}

static struct cm_str link_of(struct cm_buf *out, const char *path, const char *query)
{
    cm_buf_clear(out);
    cursor_put_link(out, cm_str_of(path), cm_str_of(query), some_cursor(CURSOR_CALLS));
    return cm_buf_view(out);
}

static const enum cursor_list every_list[] = { CURSOR_CALLS, CURSOR_CONTACTS, CURSOR_TODOS };
enum { LISTS = sizeof every_list / sizeof *every_list };

static void assert_reads_back(struct cursor cursor)
{
    struct cursor back;

    assert_true(cursor_parse(cm_str_of(cursor_text(cursor).at), cursor.list, &back));
    assert_int_equal(back.list, cursor.list);
    assert_int_equal(back.day, cursor.day);
    assert_int_equal(back.at_us, cursor.at_us);
    assert_true(cm_uuid_eq(back.id, cursor.id));
}

static void a_cursor_reads_back_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < LISTS; i++) {
        assert_reads_back(some_cursor(every_list[i]));
        assert_reads_back(cursor_start(every_list[i]));
    }
}

static void the_ends_of_days_and_times_read_back_too(void **state)
{
    static const int32_t days[] = { INT32_MIN, -1, 0, 1, INT32_MAX };
    struct cursor cursor = some_cursor(CURSOR_TODOS);

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        cursor.day = days[i];
        assert_reads_back(cursor);
    }
    cursor.at_us = INT64_C(-62135596800000000); /* the year 1 */
    assert_reads_back(cursor);
    cursor.at_us = INT64_C(253402300799999999); /* the end of 9999 */
    assert_reads_back(cursor);
}

static void the_start_is_before_every_row(void **state)
{
    struct cursor calls = cursor_start(CURSOR_CALLS), todos = cursor_start(CURSOR_TODOS);

    (void)state;
    assert_true(calls.at_us > INT64_C(4102444800) * 1000000);
    assert_int_equal(todos.day, INT32_MIN);
}

static void a_cursor_of_one_list_is_none_of_another(void **state)
{
    struct cursor out;

    (void)state;
    for (size_t i = 0; i < LISTS; i++)
        for (size_t k = 0; k < LISTS; k++)
            assert_int_equal(cursor_parse(cm_str_of(cursor_text(some_cursor(every_list[i])).at),
                                          every_list[k], &out),
                             i == k);
}

static void a_cursor_cut_or_lengthened_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < LISTS; i++) {
        char text[80];
        size_t len = strlen(cursor_text(some_cursor(every_list[i])).at);
        struct cursor untouched = some_cursor(every_list[i]);

        memset(text, '0', sizeof text);
        memcpy(text, cursor_text(some_cursor(every_list[i])).at, len);
        for (size_t cut = 0; cut < sizeof text; cut++)
            assert_int_equal(cursor_parse((struct cm_str){ text, cut }, every_list[i], &untouched),
                             cut == len);
        assert_int_equal(untouched.at_us, some_cursor(every_list[i]).at_us);
    }
}

static void any_other_letter_makes_it_none(void **state)
{
    struct cursor_text text = cursor_text(some_cursor(CURSOR_TODOS));
    struct cursor out;

    (void)state;
    for (size_t i = 0; i < strlen(text.at); i++) {
        char kept = text.at[i];

        for (const char *bad = "gGA/ -\x7f"; *bad; bad++) {
            text.at[i] = *bad;
            assert_false(cursor_parse(cm_str_of(text.at), CURSOR_TODOS, &out));
        }
        text.at[i] = kept;
    }
}

/* As schemas/openapi.yaml describes them: nothing of that form is refused, and PostgreSQL holds it.
 */
static void every_text_of_the_described_form_is_a_cursor(void **state)
{
    static const struct {
        enum cursor_list list;
        char letter;
        size_t digits;
    } forms[] = { { CURSOR_CALLS, 'c', 47 },
                  { CURSOR_CONTACTS, 'p', 47 },
                  { CURSOR_TODOS, 't', 55 } };

    (void)state;
    for (size_t i = 0; i < LISTS; i++) {
        struct cursor least, greatest;
        char text[64] = { forms[i].letter };
        struct cm_str view = { text, forms[i].digits + 1 };

        memset(text + 1, '0', forms[i].digits);
        assert_true(cursor_parse(view, forms[i].list, &least));
        assert_true(least.at_us == INT64_C(-62135596800000000)); /* the year 1 */
        memset(text + 1, 'f', forms[i].digits);
        assert_true(cursor_parse(view, forms[i].list, &greatest));
        assert_true(greatest.at_us < INT64_C(1) << 60); /* its time ends in the year 294276 */
    }
}

static void the_link_keeps_the_filters_and_drops_the_old_cursor(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_str link = link_of(&out, "/api/calls", "status=busy&cursor=0011&limit=5");

    (void)state;
    assert_true(cm_str_starts(link, "</api/calls?cursor="));
    assert_string_equal(strchr(link.at, '&'), "&status=busy&limit=5>; rel=\"next\"");
    assert_null(strstr(link.at, "0011&"));
}

static void nothing_in_a_query_ends_the_link_or_the_header(void **state)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_str link = link_of(&out, "/api/calls", "a=>; rel=\"prev\"\r\nSet-Cookie: x=y&b=\xff");

    (void)state;
    assert_string_equal(strchr(link.at, '&'),
                        "&a=%3E;%20rel=%22prev%22%0D%0ASet-Cookie:%20x=y&b=%FF>; rel=\"next\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_reads_back_as_it_was),
        cmocka_unit_test(the_ends_of_days_and_times_read_back_too),
        cmocka_unit_test(the_start_is_before_every_row),
        cmocka_unit_test(a_cursor_of_one_list_is_none_of_another),
        cmocka_unit_test(a_cursor_cut_or_lengthened_is_none),
        cmocka_unit_test(any_other_letter_makes_it_none),
        cmocka_unit_test(every_text_of_the_described_form_is_a_cursor),
        cmocka_unit_test(the_link_keeps_the_filters_and_drops_the_old_cursor),
        cmocka_unit_test(nothing_in_a_query_ends_the_link_or_the_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
