/* webhooks_test.c - the door: who is let in, what is answered, and that nothing else leaves a
 * trace. */
#include "ground.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "store.h" /* live-session's: who takes the stream */
#include "webhooks.h"

struct door {
    struct cm_http_server *server;
    unsigned port;
};

static struct door open_door(struct ground *g)
{
    struct cm_http_options options = { .addr = "127.0.0.1:0",
                                       .routes = webhook_routes,
                                       .ctx = &g->app,
                                       .loops = 1,
                                       .workers = 1,
                                       .queue_max = 16,
                                       .close_always = true };
    struct door door = { 0 };

    if (cm_http_server_start(&options, &door.server, &g->err))
        fail_msg("%s", g->err.msg);
    door.port = cm_http_server_port(door.server);
    return door;
}

static struct cm_http_answer ask(struct ground *g, const struct door *door, const char *method,
                                 const char *target, const char *type, struct cm_str body,
                                 const char *signature)
{
    const char *headers[] = {
        cm_arena_printf(g->arena, "X-Twilio-Signature: %s", signature ? signature : "none").at, NULL
    };
    struct cm_http_ask ask = {
        .method = method,
        .url = cm_arena_printf(g->arena, "http://127.0.0.1:%u%s", door->port, target).at,
        .headers = signature ? headers : NULL,
        .body = body,
        .body_type = type,
        .timeout_ms = 10000
    };
    struct cm_http_answer answer;

    if (cm_http_fetch(g->client, &ask, g->arena, &answer, &g->err))
        fail_msg("%s %s: %s", method, target, g->err.msg);
    return answer;
}

static struct form voice_of(struct ground *g, struct cm_str call_sid, struct cm_str to)
{
    struct form form = { 0 };

    form_text(&form, "AccountSid", ACCOUNT);
    form_add(&form, "CallSid", call_sid);
    form_text(&form, "CallStatus", "ringing");
    form_text(&form, "Direction", "inbound");
    form_text(&form, "CallToken", "anything at all");
    form_text(&form, "From", "+15550001111");
    form_add(&form, "To", to);
    (void)g;
    return form;
}

static struct cm_str encoded(struct ground *g, const struct form *form)
{
    CM_OWN_BUF struct cm_buf text = { 0 };

    for (int i = 0; i < form->count; i++) {
        cm_buf_printf(&text, "%s%s=", i ? "&" : "", form->field[i].name);
        for (size_t k = 0; k < form->field[i].value.len; k++)
            cm_buf_printf(&text, "%%%02X", (unsigned char)form->field[i].value.at[k]);
    }
    return cm_arena_str(g->arena, cm_buf_view(&text));
}

static const char *signature_of(struct ground *g, const char *target, const struct form *form)
{
    struct cm_base64_32 signature;

    webhook_sign(TOKEN, cm_arena_printf(g->arena, PUBLIC "%s", target), form, &signature);
    return cm_arena_printf(g->arena, "%s", signature.at).at;
}

#define FORM_TYPE "application/x-www-form-urlencoded; charset=UTF-8"

static struct cm_http_answer post(struct ground *g, const struct door *door, const char *target,
                                  const struct form *form)
{
    return ask(g, door, "POST", target, FORM_TYPE, encoded(g, form), signature_of(g, target, form));
}

static int64_t calls_of(struct ground *g)
{
    return ground_count(g, "SELECT count(*)::text FROM call WHERE organization_id = $1::text::uuid",
                        cm_str_of(cm_uuid_text(g->organization).at));
}

static void a_signed_voice_webhook_is_answered_with_twiml(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct cm_http_answer answer = post(g, &door, "/twilio/voice", &form);
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
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct cm_http_answer answer;
    size_t at;

    ground_do(
        g,
        "UPDATE phone_number SET record = false, greeting = 'Closed & <quiet>' WHERE number = $1",
        g->number);
    answer = post(g, &door, "/twilio/voice", &form);
    assert_false(cm_str_find(answer.body, "<Recording", &at));
    assert_true(cm_str_find(answer.body, "<Say>Closed &amp; &lt;quiet&gt;</Say>", &at));
    ground_do(
        g, "UPDATE phone_number SET record = true, forward_to = '+15550009999' WHERE number = $1",
        g->number);
    answer = post(g, &door, "/twilio/voice", &form);
    assert_true(cm_str_find(answer.body, "<Recording", &at));
    assert_true(cm_str_find(
        answer.body, "<Dial answerOnBridge=\"true\"><Number>+15550009999</Number></Dial>", &at));
    cm_http_server_free(door.server);
}

/* ---- media streams ---- */

static void given_streams(struct ground *g, bool assistants)
{
    g->app.stream_url = "wss://calls.example.com/twilio/stream";
    g->app.stream_callback = PUBLIC "/twilio/stream-status";
    g->app.intake.token_us = 60 * SECOND;
    g->app.intake.assistants = assistants;
}

/* "" where there is none. */
static struct cm_str token_in(struct ground *g, struct cm_str twiml)
{
    static const char before[] = "<Parameter name=\"tok\" value=\"";
    struct cm_str rest = twiml, token;
    size_t at;

    if (!cm_str_find(twiml, before, &at))
        return CM_STR("");
    rest = (struct cm_str){ twiml.at + at + strlen(before), twiml.len - at - strlen(before) };
    assert_true(cm_str_split(&rest, '"', &token));
    return cm_arena_str(g->arena, token);
}

static enum live_answer open_stream(struct ground *g, struct cm_str call_sid, struct cm_str token,
                                    struct live_taken *out)
{
    struct live_start start = { .session_id = cm_uuid_v7(cm_now_us()),
                                .holder_id = cm_uuid_named(CM_STR("webhooks_test")),
                                .call_sid = call_sid,
                                .stream_sid = ground_sid(g, "MZ", 1),
                                .token = token,
                                .token_required = true };
    enum live_answer answer = LIVE_HELD;
    CM_OWN(cm_tx) tx = NULL;

    if (cm_tx_begin(g->db, &tx, &g->err) ||
        live_store_start(tx, g->arena, &start, cm_now_us(), &answer, out, &g->err) ||
        cm_tx_commit(&tx, &g->err))
        fail_msg("%s", g->err.msg);
    return answer;
}

static void a_streamed_call_can_be_opened_with_the_token_in_its_twiml(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct cm_str sid = ground_sid(g, "CA", 0), token;
    struct form form = voice_of(g, sid, g->number);
    struct cm_http_answer answer;
    struct live_taken taken = { 0 };
    size_t at;

    given_streams(g, false);
    answer = post(g, &door, "/twilio/voice", &form);
    assert_true(cm_str_find(answer.body,
                            "<Start><Stream url=\"wss://calls.example.com/twilio/stream\" "
                            "track=\"inbound_track\" statusCallback=\"" PUBLIC
                            "/twilio/stream-status\">",
                            &at));
    assert_true(cm_str_find(answer.body, "<Parameter name=\"from\" value=\"+15550001111\"/>", &at));
    token = token_in(g, answer.body);
    assert_int_equal(token.len, 43);
    assert_true(cm_str_is(ground_ask(g,
                                     "SELECT (expires_at - now() BETWEEN '50 s' AND '60 s')::text"
                                     " FROM stream_token t JOIN call c ON c.id = t.call_id"
                                     " WHERE call_sid = $1",
                                     sid),
                          "true"));
    assert_int_equal(open_stream(g, sid, token, &taken), LIVE_TAKEN);
    assert_false(taken.assistant);
    assert_int_equal(open_stream(g, sid, token, &taken), LIVE_BAD_TOKEN);
    cm_http_server_free(door.server);
}

static void who_talks_follows_from_the_number(void **state)
{
    static const struct {
        const char *set, *in_twiml;
        bool assistant;
    } cases[] = {
        { "assistant = true", "<Connect><Stream url=", true },
        { "assistant = false", "track=\"inbound_track\"", false },
        { "assistant = true, forward_to = '+15550009999'", "track=\"both_tracks\"", false },
    };
    struct ground *g = *state;
    struct door door = open_door(g);

    given_streams(g, true);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_str sid = ground_sid(g, "CA", i);
        struct form form = voice_of(g, sid, g->number);
        struct cm_http_answer answer;
        struct live_taken taken = { 0 };
        size_t at;

        ground_do(
            g,
            cm_arena_printf(g->arena, "UPDATE phone_number SET %s WHERE number = $1", cases[i].set)
                .at,
            g->number);
        answer = post(g, &door, "/twilio/voice", &form);
        if (!cm_str_find(answer.body, cases[i].in_twiml, &at))
            fail_msg("%s: %.*s", cases[i].set, CM_STR_FMT(answer.body));
        assert_int_equal(open_stream(g, sid, token_in(g, answer.body), &taken), LIVE_TAKEN);
        assert_int_equal(taken.assistant, cases[i].assistant);
    }
    cm_http_server_free(door.server);
}

static void a_voice_webhook_again_gets_a_token_in_place_of_the_unused_one(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct cm_str sid = ground_sid(g, "CA", 0), first, second, third;
    struct form form = voice_of(g, sid, g->number);
    struct live_taken taken = { 0 };

    given_streams(g, false);
    first = token_in(g, post(g, &door, "/twilio/voice", &form).body);
    second = token_in(g, post(g, &door, "/twilio/voice", &form).body);
    assert_false(cm_str_eq(first, second));
    assert_int_equal(open_stream(g, sid, first, &taken), LIVE_BAD_TOKEN);
    assert_int_equal(open_stream(g, sid, second, &taken), LIVE_TAKEN);
    third = token_in(g, post(g, &door, "/twilio/voice", &form).body);
    assert_int_equal(open_stream(g, sid, second, &taken), LIVE_BAD_TOKEN);
    assert_int_equal(open_stream(g, sid, third, &taken), LIVE_HELD);
    cm_http_server_free(door.server);
}

static void only_streamed_calls_of_ours_have_tokens(void **state)
{
    static const char tokens[] = "SELECT count(*)::text FROM stream_token WHERE organization_id = "
                                 "$1::text::uuid";
    struct ground *g = *state;
    struct door door = open_door(g);
    struct cm_uuid_text id = cm_uuid_text(g->organization);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct form strange = voice_of(g, ground_sid(g, "CA", 1), CM_STR("+15557654321"));
    size_t at;

    assert_false(cm_str_find(post(g, &door, "/twilio/voice", &form).body, "<Stream", &at));
    given_streams(g, true);
    assert_false(cm_str_find(post(g, &door, "/twilio/voice", &strange).body, "<Stream", &at));
    form_text(&form, "SequenceNumber", "1");
    assert_int_equal(post(g, &door, "/twilio/status", &form).status, 204);
    assert_int_equal(ground_count(g, tokens, cm_str_of(id.at)), 0);
    cm_http_server_free(door.server);
}

static void what_is_not_signed_leaves_no_trace(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct form other = voice_of(g, ground_sid(g, "CA", 1), g->number);
    const char *signature = signature_of(g, "/twilio/voice", &form);
    static const char *const targets[] = { "/twilio/voice", "/twilio/status", "/twilio/recording",
                                           "/twilio/stream-status" };

    for (size_t i = 0; i < 4; i++) {
        struct cm_http_answer answer =
            ask(g, &door, "POST", targets[i], FORM_TYPE, encoded(g, &form), NULL);

        assert_int_equal(answer.status, 403);
        assert_int_equal(answer.body.len, 0);
        assert_int_equal(ask(g, &door, "GET", targets[i], NULL, (struct cm_str){ 0 }, NULL).status,
                         403);
    }
    /* A right signature of another form, another path, another query. */
    assert_int_equal(
        ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, encoded(g, &other), signature).status,
        403);
    assert_int_equal(
        ask(g, &door, "POST", "/twilio/status", FORM_TYPE, encoded(g, &form), signature).status,
        403);
    assert_int_equal(
        ask(g, &door, "POST", "/twilio/voice?a=1", FORM_TYPE, encoded(g, &form), signature).status,
        403);
    assert_int_equal(calls_of(g), 0);
    cm_http_server_free(door.server);
}

static void a_raw_query_is_signed_as_it_was_sent(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    assert_int_equal(
        post(g, &door, "/twilio/voice?city=Trezzo%20Sull'Adda&x=%2f+%2F", &form).status, 200);
    cm_http_server_free(door.server);
}

static void a_get_is_signed_by_its_url_alone(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number), none = { 0 };
    const char *target = cm_arena_printf(g->arena, "/twilio/voice?%s", encoded(g, &form).at).at;

    assert_int_equal(
        ask(g, &door, "GET", target, NULL, (struct cm_str){ 0 }, signature_of(g, target, &none))
            .status,
        200);
    assert_int_equal(calls_of(g), 1);
    cm_http_server_free(door.server);
}

static void a_sid_that_is_none_is_a_bad_request(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    static const char *const sids[] = { "",
                                        "CA1",
                                        "../../../../../../../../etc/passwd",
                                        "CA/../aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                        "RE00000000000000000000000000000000",
                                        "CA0000000000000000000000000000000g" };

    for (size_t i = 0; i < sizeof sids / sizeof sids[0]; i++) {
        struct form form = voice_of(g, cm_str_of(sids[i]), g->number);
        struct cm_http_answer answer = post(g, &door, "/twilio/voice", &form);

        assert_int_equal(answer.status, 400);
        assert_true(cm_str_is(answer.type, "application/problem+json"));
    }
    assert_int_equal(calls_of(g), 0);
    cm_http_server_free(door.server);
}

static void another_account_is_refused(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    form.field[0].value = CM_STR("ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    assert_int_equal(post(g, &door, "/twilio/voice", &form).status, 403);
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
    door = open_door(g);
    assert_int_equal(post(g, &door, "/twilio/voice", &form).status, 403);
    cm_http_server_free(door.server);
}

static void an_unknown_number_hears_that_it_is_not_in_service(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), CM_STR("+19999999999999"));
    struct cm_http_answer answer = post(g, &door, "/twilio/voice", &form);
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
    door = open_door(g);
    answer = post(g, &door, "/twilio/voice", &form);
    assert_int_equal(answer.status, 503);
    g->app.intake.db = g->db;
    assert_int_equal(post(g, &door, "/twilio/voice", &form).status,
                     200); /* and Twilio's next try is taken */
    cm_http_server_free(door.server);
}

static void a_json_body_is_covered_by_its_hash(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    struct cm_str body = CM_STR("{\"a\":1}");
    struct cm_sha256 hash = cm_sha256(body);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number), none = { 0 };
    const char *target = cm_arena_printf(g->arena, "/twilio/voice?%s&bodySHA256=%s",
                                         encoded(g, &form).at, cm_hex(hash.at, sizeof hash.at).at)
                             .at;
    const char *signature = signature_of(g, target, &none);

    assert_int_equal(ask(g, &door, "POST", target, "application/json", body, signature).status,
                     200);
    assert_int_equal(
        ask(g, &door, "POST", target, "application/json", CM_STR("{\"a\":2}"), signature).status,
        403);
    cm_http_server_free(door.server);
}

static void too_many_fields_and_too_large_a_body_are_refused(void **state)
{
    struct ground *g = *state;
    struct door door = open_door(g);
    CM_OWN_BUF struct cm_buf many = { 0 };
    CM_OWN_BUF struct cm_buf large = { 0 };

    for (int i = 0; i < 201; i++)
        cm_buf_text(&many, "a=1&");
    assert_int_equal(
        ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, cm_buf_view(&many), "x").status, 400);
    memset(cm_buf_reserve(&large, 65537), 'a', 65537);
    large.len = 65537;
    assert_int_equal(
        ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, cm_buf_view(&large), "x").status, 413);
    cm_http_server_free(door.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_signed_voice_webhook_is_answered_with_twiml),
        GROUND_TEST(the_numbers_own_wishes_are_in_the_twiml),
        GROUND_TEST(a_streamed_call_can_be_opened_with_the_token_in_its_twiml),
        GROUND_TEST(who_talks_follows_from_the_number),
        GROUND_TEST(a_voice_webhook_again_gets_a_token_in_place_of_the_unused_one),
        GROUND_TEST(only_streamed_calls_of_ours_have_tokens),
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
