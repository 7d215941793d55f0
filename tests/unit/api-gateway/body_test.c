#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/mail_address.h"
#include "body.h"

enum { TITLE, KIND, COUNT, FLAG, ID, DAY, AT, TAGS, MAIL, WHO, FIELDS };
static const struct body_field fields[FIELDS] = {
    [TITLE] = { "title", BODY_TEXT, .required = true, .min = 1, .max = 5 },
    [KIND] = { "kind", BODY_CHOICE, .choices = "caller|agent" },
    [COUNT] = { "count", BODY_NUMBER, .min = -3, .max = 100 },
    [FLAG] = { .name = "flag", .type = BODY_FLAG },
    [ID] = { "id", BODY_ID, .nullable = true },
    [DAY] = { "day", BODY_DATE, .nullable = true },
    [AT] = { .name = "at", .type = BODY_TIME },
    [TAGS] = { "tags", BODY_TEXTS, .min = 1, .max = 3, .many = 2 },
    [MAIL] = { "mail", BODY_TEXT, .min = 3, .max = 20, .fits = cm_is_mail_address,
               .form = "an e-mail address" },
    [WHO] = { "who", BODY_ID, .choices = "nobody|somebody" },
};
static const struct body_form whole = { fields, FIELDS, .is_change = false };
static const struct body_form change = { fields, FIELDS, .is_change = true };

static struct body_value values[FIELDS];

static const char *fault_of(const struct body_form *form, const char *json)
{
    return body_fault(form, cm_str_of(json), arena, values);
}

/* The one field, in a change, so that nothing else is needed. */
static bool takes(size_t field, const char *json)
{
    struct cm_str body = cm_arena_printf(arena, "{\"%s\": %s}", fields[field].name, json);
    const char *fault = body_fault(&change, body, arena, values);

    if (fault)
        assert_non_null(strstr(fault, fields[field].name));
    return !fault;
}

static void every_type_takes_what_it_is_for(void **state)
{
    (void)state;
    assert_true(takes(TITLE, "\"Offer\""));
    assert_true(cm_str_is(values[TITLE].text, "Offer"));
    assert_true(takes(KIND, "\"agent\""));
    assert_true(cm_str_is(values[KIND].text, "agent"));
    assert_true(takes(COUNT, "-3"));
    assert_int_equal(values[COUNT].number, -3);
    assert_true(takes(FLAG, "true") && values[FLAG].flag);
    assert_true(takes(FLAG, "false") && !values[FLAG].flag);
    assert_true(takes(ID, "\"01A20930-25ef-7558-b893-d48c528dedc0\""));
    assert_int_equal(values[ID].id.at[1], 0xa2);
    assert_true(takes(WHO, "\"01a20930-25ef-7558-b893-d48c528dedc0\""));
    assert_true(values[WHO].id.at[1] == 0xa2 && !values[WHO].text.at);
    assert_true(takes(WHO, "\"somebody\""));
    assert_true(cm_str_is(values[WHO].text, "somebody"));
    assert_true(takes(DAY, "\"2028-02-29\""));
    assert_true(cm_str_is(values[DAY].text, "2028-02-29"));
    assert_true(takes(AT, "\"2026-11-23T15:36:00Z\""));
    assert_int_equal(values[AT].number, INT64_C(1795448160000000));
    assert_true(takes(TAGS, "[\"a\", \"bcd\"]"));
    assert_int_equal(values[TAGS].text_count, 2);
    assert_true(cm_str_is(values[TAGS].texts[1], "bcd"));
    assert_true(takes(TAGS, "[]") && values[TAGS].text_count == 0);
    assert_true(takes(MAIL, "\"ada@example.com\""));
}

/* The first of each type is a value of another type, the rest are its own, out of bounds or form.
 */
static void every_type_refuses_the_rest(void **state)
{
    static const struct {
        size_t field;
        const char *values[12];
    } refused[] = {
        { TITLE, { "7", "true", "[]", "{}", "\"\"", "\"sixsix\"" } },
        { KIND, { "1", "\"\"", "\"Agent\"", "\"caller|agent\"", "\"agen\"", "\"agents\"" } },
        { COUNT, { "\"7\"", "-4", "101", "1.5", "true", "[1]" } },
        { FLAG, { "\"true\"", "1", "0", "[]" } },
        { ID, { "7", "\"\"", "\"01a20930\"", "\"01a20930-25ef-7558-b893-d48c528dedcg\"" } },
        { WHO, { "7", "\"\"", "\"body\"", "\"nobody|somebody\"", "\"01a20930\"" } },
        { DAY,
          { "20261123", "\"\"", "\"2026-02-30\"", "\"2026-13-01\"", "\"0000-01-01\"",
            "\"2026-11-2\"", "\"2026-11-23T00:00:00Z\"", "\"10000-01-01\"", "\" 2026-11-2\"",
            "\"infinity--\"" } },
        { AT, { "0", "\"2026-11-23\"", "\"2026-11-23T15:36:00\"", "\"2026-11-23T25:00:00Z\"" } },
        { TAGS, { "\"a\"", "[1]", "[\"\"]", "[\"abcd\"]", "[\"a\",\"b\",\"c\"]", "[null]" } },
        { MAIL, { "7", "\"ada\"", "\"@b\"", "\"a@\"", "\"a b@c\"", "\"a@b@c\"" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        for (size_t k = 0; refused[i].values[k]; k++)
            if (takes(refused[i].field, refused[i].values[k]))
                fail_msg("%s took %s", fields[refused[i].field].name, refused[i].values[k]);
}

static void a_whole_number_may_be_written_with_a_fraction_of_nothing(void **state)
{
    (void)state;
    assert_true(takes(COUNT, "5.0"));
    assert_int_equal(values[COUNT].number, 5);
    assert_true(takes(COUNT, "1e2"));
    assert_int_equal(values[COUNT].number, 100);
    assert_true(takes(COUNT, "-0.0"));
    assert_false(takes(COUNT, "100.5"));
    assert_false(takes(COUNT, "101.0"));
    assert_false(takes(COUNT, "1e-9"));
    assert_false(takes(COUNT, "1e300"));
    assert_false(takes(COUNT, "-1e300"));
}

static void numbers_beyond_any_bound_are_no_body(void **state)
{
    (void)state;
    assert_non_null(fault_of(&change, "{\"count\": 9223372036854775808}"));
    assert_non_null(fault_of(&change, "{\"count\": 1e999}"));
    assert_non_null(fault_of(&change, "{\"count\": NaN}"));
}

static void bounds_are_of_characters_and_not_of_bytes(void **state)
{
    (void)state;
    assert_true(takes(TITLE, "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\""));          /* 5 of 2 */
    assert_false(takes(TITLE, "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"")); /* 6 */
    assert_true(takes(TITLE, "\"\xf0\x9f\x93\x9e\xf0\x9f\x93\x9e\""));                  /* 2 of 4 */
    assert_true(takes(TITLE, "\"\\ud83d\\udcde\\ud83d\\udcde\""));
    assert_int_equal(values[TITLE].text.len, 8);
    assert_true(takes(TAGS, "[\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"]"));
    assert_false(takes(TAGS, "[\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"]"));
}

static void text_that_no_database_takes_is_no_body(void **state)
{
    (void)state;
    assert_non_null(fault_of(&change, "{\"title\": \"a\\u0000\"}"));
    assert_non_null(fault_of(&change, "{\"title\": \"\\ud83d\"}"));
    assert_non_null(fault_of(&change, "{\"title\": \"\\udcde\\ud83d\"}"));
    assert_non_null(fault_of(&change, "{\"title\": \"\xff\"}"));
    assert_non_null(fault_of(&change, "{\"title\": \"\xc0\x80\"}"));
    assert_non_null(fault_of(&change, "{\"title\": \"\xed\xa0\x80\"}"));
}

static void a_body_cut_at_any_byte_is_none(void **state)
{
    static const char json[] =
        "{\"title\": \"\xc3\xa9\\n\", \"count\": 10, \"flag\": true, \"tags\": [\"a\"], \"id\": "
        "\"01a20930-25ef-7558-b893-d48c528dedc0\", \"day\": null, \"at\": "
        "\"2026-11-23T15:36:00Z\"}";

    (void)state;
    assert_null(fault_of(&whole, json));
    for (size_t len = 0; len < sizeof json - 1; len++) {
        /* A copy of that very length, so that a look behind its end is found. */
        char *cut = malloc(len ? len : 1);

        assert_non_null(cut);
        memcpy(cut, json, len);
        assert_non_null(body_fault(&whole, (struct cm_str){ cut, len }, arena, values));
        free(cut);
    }
    assert_non_null(body_fault(&whole, (struct cm_str){ 0 }, arena, values));
}

static void what_stands_behind_the_object_makes_it_none(void **state)
{
    (void)state;
    assert_null(fault_of(&whole, " {\"title\": \"a\"} \n"));
    assert_non_null(fault_of(&whole, "{\"title\": \"a\"}{}"));
    assert_non_null(fault_of(&whole, "{\"title\": \"a\"} x"));
}

static void what_is_no_object_is_no_body(void **state)
{
    static const char *const texts[] = {
        "[]", "7", "null", "\"title\"", "[{\"title\": \"a\"}]", ""
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_non_null(strstr(fault_of(&whole, texts[i]), "one JSON object"));
}

static void a_name_that_stands_twice_is_refused(void **state)
{
    (void)state;
    assert_non_null(fault_of(&whole, "{\"title\": \"a\", \"title\": \"a\"}"));
    assert_non_null(fault_of(&whole, "{\"title\": \"a\", \"t\\u0069tle\": \"b\"}"));
}

static void an_unknown_name_is_told_with_the_known_ones(void **state)
{
    const char *fault = fault_of(&whole, "{\"title\": \"a\", \"organization_id\": \"x\"}");

    (void)state;
    assert_non_null(fault);
    assert_non_null(strstr(fault, "title, kind, count, flag, id, day, at, tags, mail"));
    assert_non_null(fault_of(&whole, "{\"title\": \"a\", \"Title\": \"a\"}"));
}

static void null_is_for_fields_that_may_be_empty(void **state)
{
    (void)state;
    for (size_t field = 0; field < FIELDS; field++) {
        assert_int_equal(takes(field, "null"), fields[field].nullable);
        if (fields[field].nullable)
            assert_true(values[field].given && values[field].null);
    }
    assert_string_equal(fault_of(&change, "{\"day\": 7}"),
                        "day has to be a date (2026-11-23), or null");
}

static void a_new_thing_needs_what_is_required_and_a_change_needs_anything(void **state)
{
    (void)state;
    assert_string_equal(fault_of(&whole, "{\"count\": 1}"),
                        "title has to be a text of 1 to 5 characters");
    assert_null(fault_of(&whole, "{\"title\": \"a\"}"));
    assert_true(values[TITLE].given);
    assert_false(values[COUNT].given);
    assert_null(fault_of(&change, "{\"count\": 1}"));
    assert_false(values[TITLE].given);
    assert_non_null(strstr(fault_of(&change, "{}"), "At least one"));
}

static void the_detail_says_what_a_field_has_to_be(void **state)
{
    (void)state;
    assert_string_equal(fault_of(&change, "{\"kind\": 1}"), "kind has to be one of caller|agent");
    assert_string_equal(fault_of(&change, "{\"count\": 101}"),
                        "count has to be a whole number from -3 to 100");
    assert_string_equal(fault_of(&change, "{\"flag\": 1}"), "flag has to be true or false");
    assert_string_equal(fault_of(&change, "{\"id\": 1}"), "id has to be a UUID, or null");
    assert_string_equal(fault_of(&change, "{\"mail\": \"ada\"}"),
                        "mail has to be an e-mail address");
    assert_string_equal(fault_of(&change, "{\"tags\": 1}"),
                        "tags has to be a list of at most 2 texts, each of at most 3 characters");
}

static void texts_outlive_the_body_that_they_came_in(void **state)
{
    char json[] =
        "{\"title\": \"a\", \"kind\": \"agent\", \"tags\": [\"b\"], \"day\": \"2026-11-23\"}";

    (void)state;
    assert_null(fault_of(&whole, json));
    memset(json, 'x', sizeof json - 1);
    assert_true(cm_str_is(values[TITLE].text, "a") && cm_str_is(values[KIND].text, "agent"));
    assert_true(cm_str_is(values[TAGS].texts[0], "b") && cm_str_is(values[DAY].text, "2026-11-23"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_takes_what_it_is_for),
        cmocka_unit_test(every_type_refuses_the_rest),
        cmocka_unit_test(a_whole_number_may_be_written_with_a_fraction_of_nothing),
        cmocka_unit_test(numbers_beyond_any_bound_are_no_body),
        cmocka_unit_test(bounds_are_of_characters_and_not_of_bytes),
        cmocka_unit_test(text_that_no_database_takes_is_no_body),
        cmocka_unit_test(a_body_cut_at_any_byte_is_none),
        cmocka_unit_test(what_stands_behind_the_object_makes_it_none),
        cmocka_unit_test(what_is_no_object_is_no_body),
        cmocka_unit_test(a_name_that_stands_twice_is_refused),
        cmocka_unit_test(an_unknown_name_is_told_with_the_known_ones),
        cmocka_unit_test(null_is_for_fields_that_may_be_empty),
        cmocka_unit_test(a_new_thing_needs_what_is_required_and_a_change_needs_anything),
        cmocka_unit_test(the_detail_says_what_a_field_has_to_be),
        cmocka_unit_test(texts_outlive_the_body_that_they_came_in),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
