#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "merge.h"

static const struct cm_uuid first_call = { { 1 } }, second_call = { { 2 } };

static struct cm_contact_facts told(const char *name, const char *summary)
{
    struct cm_contact_facts facts = { 0 };

    if (name)
        facts.name = (struct cm_fact){ cm_str_of(name), CM_STR("said at 00:12") };
    if (summary)
        facts.summary = (struct cm_fact){ cm_str_of(summary), CM_STR("said at 00:20") };
    return facts;
}

static void merge(struct contact *contact, struct cm_contact_facts facts, struct cm_uuid call,
                  int64_t at_us)
{
    contact_merge(contact, &facts, call, at_us, arena);
}

static void an_empty_contact_takes_what_was_said_with_its_source(void **state)
{
    struct contact contact = { .changed = false };

    (void)state;
    merge(&contact, told("Ada Lovelace", NULL), first_call, 100);

    assert_true(contact.changed);
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].value, "Ada Lovelace"));
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].source,
                          "call:01000000-0000-0000-0000-000000000000 said at 00:12"));
    assert_null(contact.fields[CONTACT_SUMMARY].value.at);
}

static void what_a_person_wrote_stays_even_when_it_is_empty(void **state)
{
    struct contact contact = { .changed = false };

    (void)state;
    contact.fields[CONTACT_NAME].value = CM_STR("Countess Lovelace");
    contact.fields[CONTACT_NAME].source = CM_STR("person");
    contact.fields[CONTACT_SUMMARY].source = CM_STR("person");
    merge(&contact, told("Ada", "Wants an engine."), first_call, 100);

    assert_false(contact.changed);
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].value, "Countess Lovelace"));
    assert_null(contact.fields[CONTACT_SUMMARY].value.at);
}

static void nothing_replaces_nothing_that_is_known(void **state)
{
    struct contact contact = { .changed = false };

    (void)state;
    merge(&contact, told("Ada Lovelace", "Wants an engine."), first_call, 100);
    contact.changed = false;
    merge(&contact, told(NULL, NULL), second_call, 200);

    assert_false(contact.changed);
    assert_true(cm_str_is(contact.fields[CONTACT_SUMMARY].value, "Wants an engine."));
}

static void the_newest_call_wins_in_whatever_order_they_come(void **state)
{
    struct contact contact = { .changed = false };

    (void)state;
    merge(&contact, told(NULL, "Wants two engines."), second_call, 200);
    merge(&contact, told(NULL, "Wants an engine."), first_call, 100);
    assert_true(cm_str_is(contact.fields[CONTACT_SUMMARY].value, "Wants two engines."));

    merge(&contact, told(NULL, "Wants three engines."), first_call, 300);
    assert_true(cm_str_is(contact.fields[CONTACT_SUMMARY].value, "Wants three engines."));
}

static void a_first_name_does_not_replace_the_full_one(void **state)
{
    struct contact contact = { .changed = false };

    (void)state;
    merge(&contact, told("Ada Lovelace", NULL), first_call, 100);
    merge(&contact, told("ada", NULL), second_call, 200);
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].value, "Ada Lovelace"));

    merge(&contact, told("Ada King Lovelace", NULL), second_call, 200);
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].value, "Ada King Lovelace"));
    merge(&contact, told("Adam", NULL), second_call, 300);
    assert_true(cm_str_is(contact.fields[CONTACT_NAME].value, "Adam"));
}

static void contacts_are_found_by_id(void **state)
{
    struct contact contacts[] = { { .id = { { 1 } } }, { .id = { { 3 } } }, { .id = { { 5 } } } };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(contact_find(contacts, 3, contacts[i].id), &contacts[i]);
    assert_null(contact_find(contacts, 3, second_call));
    assert_null(contact_find(contacts, 0, first_call));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_contact_takes_what_was_said_with_its_source),
        cmocka_unit_test(what_a_person_wrote_stays_even_when_it_is_empty),
        cmocka_unit_test(nothing_replaces_nothing_that_is_known),
        cmocka_unit_test(the_newest_call_wins_in_whatever_order_they_come),
        cmocka_unit_test(a_first_name_does_not_replace_the_full_one),
        cmocka_unit_test(contacts_are_found_by_id),
    };

    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
