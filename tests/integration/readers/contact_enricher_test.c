/* The contact-enricher's route on a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ground.h"
#include "handler.h"

struct fixture {
    struct ground ground;
    struct enricher app;
};

static int setup(void **state)
{
    static struct fixture fx;

    fx.app.text = cm_text_rules_new();
    ground_open(&fx.ground, &fx.app);
    *state = &fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    ground_close(&fx->ground);
    cm_text_free(fx->app.text);
    return 0;
}

static cm_rc handle(struct fixture *fx, const struct cm_event *event)
{
    return cm_bench_handle(fx->ground.bench, contact_enricher.name, contact_enricher.routes, event,
                           &fx->ground.err);
}

static const struct cm_call_enriched *emitted(struct fixture *fx, size_t n)
{
    return &cm_bench_event(fx->ground.bench, EVENT_CALL_ENRICHED, n)->call_enriched;
}

#define OF_CONTACT(column)                                                                         \
    "SELECT k." column                                                                             \
    " FROM call c JOIN contact k ON k.id = c.contact_id WHERE c.id = $1::text::uuid"

static void a_contact_is_filled_in_from_what_was_said(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    ground_say(g, "caller", "Hello, my name is Ada Lovelace. I am calling from Acme Tools.");
    ground_say(g, "caller", "I need a quote for two engines.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Ada Lovelace");
    assert_string_equal(ground_ask(g, OF_CONTACT("company")), "Acme Tools");
    assert_string_equal(ground_ask(g, OF_CONTACT("summary")), "I need a quote for two engines.");
    assert_string_equal(ground_ask(g, OF_CONTACT("email")), "");
    assert_string_equal(
        ground_ask(g, "SELECT replace(k.name_source, c.id::text, 'ID') FROM call c"
                      " JOIN contact k ON k.id = c.contact_id WHERE c.id = $1::text::uuid"),
        "call:ID said at 00:00");
    assert_int_equal(cm_bench_emitted(g->bench, EVENT_CALL_ENRICHED), 1);
    assert_true(cm_str_is(emitted(fx, 0)->name, "Ada Lovelace"));
    assert_null(emitted(fx, 0)->email.at);
    assert_true(cm_uuid_eq(emitted(fx, 0)->contact_id.value, g->contact_id));
}

static void a_transcription_that_was_replaced_tells_nothing(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;
    const struct cm_event *older;

    ground_say(g, "caller", "Hello, my name is Ada.");
    older = ground_transcribed(g);
    g->said = 0;
    ground_say(g, "caller", "Hello, my name is Grace Hopper.");
    ground_transcribe(g);
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    assert_int_equal(handle(fx, older), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Grace Hopper");
    assert_int_equal(cm_bench_emitted(g->bench, EVENT_CALL_ENRICHED), 1);
}

static void the_same_event_again_changes_and_says_nothing(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;
    const struct cm_event *event;

    ground_say(g, "caller", "My name is Ada Lovelace.");
    event = ground_transcribed(g);
    assert_int_equal(handle(fx, event), CM_OK);
    ground_execute(g, "UPDATE contact SET name = 'Changed' WHERE id ="
                      " (SELECT contact_id FROM call WHERE id = $1::text::uuid)");
    assert_int_equal(handle(fx, event), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Changed");
    assert_int_equal(cm_bench_emitted(g->bench, EVENT_CALL_ENRICHED), 1);
}

static void what_a_person_wrote_is_not_overwritten(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    ground_execute(g, "UPDATE contact SET name = 'Countess', name_source = 'person' WHERE id ="
                      " (SELECT contact_id FROM call WHERE id = $1::text::uuid)");
    ground_say(g, "caller", "My name is Ada Lovelace. I work for Acme Tools.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Countess");
    assert_string_equal(ground_ask(g, OF_CONTACT("company")), "Acme Tools");
    assert_true(cm_str_is(emitted(fx, 0)->name, "Countess"));
}

static void what_a_person_emptied_stays_empty(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    ground_execute(g, "UPDATE contact SET name = NULL, name_source = 'person' WHERE id ="
                      " (SELECT contact_id FROM call WHERE id = $1::text::uuid)");
    ground_say(g, "caller", "My name is Ada Lovelace. I work for Acme Tools.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name_source || coalesce(k.name, ': none')")),
                        "person: none");
    assert_string_equal(ground_ask(g, OF_CONTACT("company")), "Acme Tools");
    assert_null(emitted(fx, 0)->name.at);
}

static void an_older_call_that_comes_later_does_not_win(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    ground_say(g, "caller", "I need a quote for two engines.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    ground_next_call(g, "2026-11-20T10:00:00Z", false);
    ground_say(g, "caller", "I have a problem with my old engine.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    assert_string_equal(ground_ask(g, OF_CONTACT("summary")), "I need a quote for two engines.");

    ground_next_call(g, "2026-11-25T10:00:00Z", false);
    ground_say(g, "caller", "I have a problem with my new engine.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);
    assert_string_equal(ground_ask(g, OF_CONTACT("summary")),
                        "I have a problem with my new engine.");
}

static void two_calls_of_a_contact_in_one_batch_meet_in_its_row(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;
    struct cm_segment later[8];
    struct cm_item items[2] = { { .attempt = 1 }, { .attempt = 1 } };
    struct cm_item *const batch[] = { &items[0], &items[1] };
    struct cm_event *newer, *older;
    CM_OWN(cm_tx) tx = NULL;

    ground_say(g, "caller", "My name is Ada Lovelace. I need a quote for two engines.");
    memcpy(later, g->segments, sizeof later);
    newer = CM_NEW(cm_bench_arena(g->bench), struct cm_event);
    *newer = *ground_transcribed(g);
    newer->call_transcribed.segments = later;
    ground_next_call(g, "2026-11-20T10:00:00Z", false);
    ground_say(g, "caller", "I have a problem with my engine. I work for Acme Tools.");
    older = CM_NEW(cm_bench_arena(g->bench), struct cm_event);
    *older = *ground_transcribed(g);
    items[0].event = newer;
    items[1].event = older;
    items[0].arena = items[1].arena = cm_bench_arena(g->bench);
    assert_int_equal(cm_tx_begin(g->db, &tx, &g->err), CM_OK);
    assert_int_equal(
        contact_enricher.routes[0].persist(cm_bench_context(g->bench), tx, batch, 2, &g->err),
        CM_OK);
    assert_int_equal(cm_tx_commit(&tx, &g->err), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Ada Lovelace");
    assert_string_equal(ground_ask(g, OF_CONTACT("company")), "Acme Tools");
    assert_string_equal(ground_ask(g, OF_CONTACT("summary")), "I need a quote for two engines.");
}

static void a_withheld_number_has_no_contact(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;

    ground_next_call(g, "2026-11-23T23:30:00Z", true);
    ground_say(g, "caller", "My name is Ada Lovelace.");
    assert_int_equal(handle(fx, ground_transcribed(g)), CM_OK);

    assert_int_equal(cm_bench_emitted(g->bench, EVENT_CALL_ENRICHED), 1);
    assert_false(emitted(fx, 0)->contact_id.set);
    assert_null(emitted(fx, 0)->name.at);
}

static void
an_event_that_names_another_organizations_contact_reaches_only_its_own_calls(void **state)
{
    struct fixture *fx = *state;
    struct ground *g = &fx->ground;
    struct cm_event forged;

    ground_say(g, "caller", "My name is Mallory Gray.");
    forged = *ground_transcribed(g);
    forged.call_transcribed.contact_id.value =
        cm_uuid_v7(1); /* the call's row is believed, not the event */
    forged.head.organization_id = cm_uuid_v7(1);
    assert_int_equal(handle(fx, &forged), CM_OK);

    assert_string_equal(ground_ask(g, OF_CONTACT("name")), "Mallory Gray");
    assert_true(cm_uuid_eq(emitted(fx, 0)->contact_id.value, g->contact_id));
}

static void words_that_are_no_text_are_rejected(void **state)
{
    struct fixture *fx = *state;

    ground_say(&fx->ground, "caller", "My name is A\xFF\xFE.");
    assert_int_equal(handle(fx, ground_transcribed(&fx->ground)), CM_REJECT);
}

static void a_database_that_is_away_is_waited_for(void **state)
{
    struct fixture *fx = *state;
    struct cm_db *away = NULL;
    CM_OWN(cm_bench) bench = NULL;

    ground_say(&fx->ground, "caller", "My name is Ada.");
    assert_int_equal(cm_db_new("postgresql://callmill_worker@127.0.0.1:1/callmill", 1, 2000, "test",
                               NULL, &away, &fx->ground.err),
                     CM_OK);
    bench = cm_bench_new(away, &fx->app, 1);
    assert_int_equal(cm_bench_handle(bench, contact_enricher.name, contact_enricher.routes,
                                     ground_transcribed(&fx->ground), &fx->ground.err),
                     CM_RETRY);
    assert_true(fx->ground.err.away);
    cm_bench_free(CM_STEAL(bench));
    cm_db_free(away);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_contact_is_filled_in_from_what_was_said),
        TEST(a_transcription_that_was_replaced_tells_nothing),
        TEST(the_same_event_again_changes_and_says_nothing),
        TEST(what_a_person_wrote_is_not_overwritten),
        TEST(what_a_person_emptied_stays_empty),
        TEST(an_older_call_that_comes_later_does_not_win),
        TEST(two_calls_of_a_contact_in_one_batch_meet_in_its_row),
        TEST(a_withheld_number_has_no_contact),
        TEST(an_event_that_names_another_organizations_contact_reaches_only_its_own_calls),
        TEST(words_that_are_no_text_are_rejected),
        TEST(a_database_that_is_away_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
