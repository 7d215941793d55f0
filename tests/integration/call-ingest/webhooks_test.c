/* webhooks_test.c - the door: who is let in, what is answered, and that nothing else leaves a
 * trace. */
#include "door.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

static int64_t calls_of(struct ground *g)
{
    return ground_count(g, "SELECT count(*)::text FROM call WHERE organization_id = $1::text::uuid",
                        cm_str_of(cm_uuid_text(g->organization).at));
}

static void a_signed_voice_webhook_is_answered_with_twiml(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct cm_http_answer answer = door_post(g, &door, "/twilio/voice", &form);
    size_t at;

    assert_int_equal(answer.status, 200);
    assert_true(cm_str_is(answer.type, "text/xml"));
    assert_true(cm_str_starts(answer.body, "<?xml"));
    assert_true(cm_str_find(
        answer.body, "recordingStatusCallback=\"" PUBLIC "/twilio/recording#rc=3&amp;rp=all\"",
        &at));
    assert_true(cm_str_find(answer.body, "<Say>", &at));
    assert_int_equal(calls_of(g), 1);
    cm_http_server_free(door.server);
}

static void the_numbers_own_wishes_are_in_the_twiml(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct cm_http_answer answer;
    size_t at;

    ground_do(
        g,
        "UPDATE phone_number SET record = false, greeting = 'Closed & <quiet>' WHERE number = $1",
        g->number);
    answer = door_post(g, &door, "/twilio/voice", &form);
    assert_false(cm_str_find(answer.body, "<Recording", &at));
    assert_true(cm_str_find(answer.body, "<Say>Closed &amp; &lt;quiet&gt;</Say>", &at));
    ground_do(
        g, "UPDATE phone_number SET record = true, forward_to = '+15550009999' WHERE number = $1",
        g->number);
    answer = door_post(g, &door, "/twilio/voice", &form);
    assert_true(cm_str_find(answer.body, "<Recording", &at));
    assert_true(cm_str_find(
        answer.body, "<Dial answerOnBridge=\"true\"><Number>+15550009999</Number></Dial>", &at));
    cm_http_server_free(door.server);
}

static void what_is_not_signed_leaves_no_trace(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct form other = voice_of(g, ground_sid(g, "CA", 1), g->number);
    const char *signature = signature_of(g, "/twilio/voice", &form);
    static const char *const targets[] = { "/twilio/voice", "/twilio/status", "/twilio/recording",
                                           "/twilio/stream-status" };

    for (size_t i = 0; i < 4; i++) {
        struct cm_http_answer answer =
            door_ask(g, &door, "POST", targets[i], FORM_TYPE, form_encoded(g, &form), NULL);

        assert_int_equal(answer.status, 403);
        assert_int_equal(answer.body.len, 0);
        assert_int_equal(
            door_ask(g, &door, "GET", targets[i], NULL, (struct cm_str){ 0 }, NULL).status, 403);
    }
    /* A right signature of another form, another path, another query. */
    assert_int_equal(
        door_ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, form_encoded(g, &other), signature)
            .status,
        403);
    assert_int_equal(
        door_ask(g, &door, "POST", "/twilio/status", FORM_TYPE, form_encoded(g, &form), signature)
            .status,
        403);
    assert_int_equal(door_ask(g, &door, "POST", "/twilio/voice?a=1", FORM_TYPE,
                              form_encoded(g, &form), signature)
                         .status,
                     403);
    assert_int_equal(calls_of(g), 0);
    cm_http_server_free(door.server);
}

static void a_raw_query_is_signed_as_it_was_sent(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    assert_int_equal(
        door_post(g, &door, "/twilio/voice?city=Trezzo%20Sull'Adda&x=%2f+%2F", &form).status, 200);
    cm_http_server_free(door.server);
}

static void a_get_is_signed_by_its_url_alone(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number), none = { 0 };
    const char *target =
        cm_arena_printf(g->arena, "/twilio/voice?%s", form_encoded(g, &form).at).at;

    assert_int_equal(door_ask(g, &door, "GET", target, NULL, (struct cm_str){ 0 },
                              signature_of(g, target, &none))
                         .status,
                     200);
    assert_int_equal(calls_of(g), 1);
    cm_http_server_free(door.server);
}

static void a_sid_that_is_none_is_a_bad_request(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    static const char *const sids[] = { "",
                                        "CA1",
                                        "../../../../../../../../etc/passwd",
                                        "CA/../aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                        "RE00000000000000000000000000000000",
                                        "CA0000000000000000000000000000000g" };

    for (size_t i = 0; i < sizeof sids / sizeof sids[0]; i++) {
        struct form form = voice_of(g, cm_str_of(sids[i]), g->number);
        struct cm_http_answer answer = door_post(g, &door, "/twilio/voice", &form);

        assert_int_equal(answer.status, 400);
        assert_true(cm_str_is(answer.type, "application/problem+json"));
    }
    assert_int_equal(calls_of(g), 0);
    cm_http_server_free(door.server);
}

static void another_account_is_refused(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    form.field[0].value = CM_STR("ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    assert_int_equal(door_post(g, &door, "/twilio/voice", &form).status, 403);
    assert_int_equal(calls_of(g), 0);
    cm_http_server_free(door.server);
}

static void without_a_token_everything_is_refused(void **state)
{
    struct ground *g = *state;
    struct door door;
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    cm_twilio_keys_free(g->app.keys);
    g->app.keys = NULL;
    assert_int_equal(cm_twilio_keys_new(NULL, NULL, NULL, &g->app.keys, &g->err), CM_OK);
    door = door_open(g);
    assert_int_equal(door_post(g, &door, "/twilio/voice", &form).status, 403);
    cm_http_server_free(door.server);
}

static void an_unknown_number_hears_that_it_is_not_in_service(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), CM_STR("+19999999999999"));
    struct cm_http_answer answer = door_post(g, &door, "/twilio/voice", &form);
    size_t at;

    assert_int_equal(answer.status, 200);
    assert_true(cm_str_find(answer.body, "<Reject/>", &at));
    assert_int_equal(ground_count(g, "SELECT count(*)::text FROM call WHERE call_sid = $1",
                                  ground_sid(g, "CA", 0)),
                     0);
    cm_http_server_free(door.server);
}

static void a_webhook_is_refused_while_the_database_is_away(void **state)
{
    struct ground *g = *state;
    CM_OWN(cm_db) away = NULL;
    struct door door;
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct cm_http_answer answer;

    assert_int_equal(
        cm_db_new("postgresql://nobody@127.0.0.1:1/x", 1, 2000, "away", NULL, &away, &g->err),
        CM_OK);
    g->app.intake.db = away;
    door = door_open(g);
    answer = door_post(g, &door, "/twilio/voice", &form);
    assert_int_equal(answer.status, 503);
    g->app.intake.db = g->db;
    assert_int_equal(door_post(g, &door, "/twilio/voice", &form).status,
                     200); /* and Twilio's next try is taken */
    cm_http_server_free(door.server);
}

static void a_json_body_is_covered_by_its_hash(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct cm_str body = CM_STR("{\"a\":1}");
    struct cm_sha256 hash = cm_sha256(body);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number), none = { 0 };
    const char *target =
        cm_arena_printf(g->arena, "/twilio/voice?%s&bodySHA256=%s", form_encoded(g, &form).at,
                        cm_hex(hash.at, sizeof hash.at).at)
            .at;
    const char *signature = signature_of(g, target, &none);

    assert_int_equal(door_ask(g, &door, "POST", target, "application/json", body, signature).status,
                     200);
    assert_int_equal(
        door_ask(g, &door, "POST", target, "application/json", CM_STR("{\"a\":2}"), signature)
            .status,
        403);
    cm_http_server_free(door.server);
}

static void too_many_fields_and_too_large_a_body_are_refused(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    CM_OWN_BUF struct cm_buf many = { 0 };
    CM_OWN_BUF struct cm_buf large = { 0 };

    for (int i = 0; i < 201; i++)
        cm_buf_text(&many, "a=1&");
    assert_int_equal(
        door_ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, cm_buf_view(&many), "x").status,
        400);
    memset(cm_buf_reserve(&large, 65537), 'a', 65537);
    large.len = 65537;
    assert_int_equal(
        door_ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, cm_buf_view(&large), "x").status,
        413);
    cm_http_server_free(door.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_signed_voice_webhook_is_answered_with_twiml),
        GROUND_TEST(the_numbers_own_wishes_are_in_the_twiml),
        GROUND_TEST(what_is_not_signed_leaves_no_trace),
        GROUND_TEST(a_raw_query_is_signed_as_it_was_sent),
        GROUND_TEST(a_get_is_signed_by_its_url_alone),
        GROUND_TEST(a_sid_that_is_none_is_a_bad_request),
        GROUND_TEST(another_account_is_refused),
        GROUND_TEST(without_a_token_everything_is_refused),
        GROUND_TEST(an_unknown_number_hears_that_it_is_not_in_service),
        GROUND_TEST(a_webhook_is_refused_while_the_database_is_away),
        GROUND_TEST(a_json_body_is_covered_by_its_hash),
        GROUND_TEST(too_many_fields_and_too_large_a_body_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
