/* webhook_streams_test.c - the TwiML that opens a media stream, and the token in it. */
#include "door.h"

#include <string.h>

#include "base/clock.h"
#include "store.h" /* live-session's: who takes the stream */

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
    struct door door = door_open(g);
    struct cm_str sid = ground_sid(g, "CA", 0), token;
    struct form form = voice_of(g, sid, g->number);
    struct cm_http_answer answer;
    struct live_taken taken = { 0 };
    size_t at;

    given_streams(g, false);
    answer = door_post(g, &door, "/twilio/voice", &form);
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
    struct door door = door_open(g);

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
        answer = door_post(g, &door, "/twilio/voice", &form);
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
    struct door door = door_open(g);
    struct cm_str sid = ground_sid(g, "CA", 0), first, second, third;
    struct form form = voice_of(g, sid, g->number);
    struct live_taken taken = { 0 };

    given_streams(g, false);
    first = token_in(g, door_post(g, &door, "/twilio/voice", &form).body);
    second = token_in(g, door_post(g, &door, "/twilio/voice", &form).body);
    assert_false(cm_str_eq(first, second));
    assert_int_equal(open_stream(g, sid, first, &taken), LIVE_BAD_TOKEN);
    assert_int_equal(open_stream(g, sid, second, &taken), LIVE_TAKEN);
    third = token_in(g, door_post(g, &door, "/twilio/voice", &form).body);
    assert_int_equal(open_stream(g, sid, second, &taken), LIVE_BAD_TOKEN);
    assert_int_equal(open_stream(g, sid, third, &taken), LIVE_HELD);
    cm_http_server_free(door.server);
}

static void only_streamed_calls_of_ours_have_tokens(void **state)
{
    static const char tokens[] = "SELECT count(*)::text FROM stream_token WHERE organization_id = "
                                 "$1::text::uuid";
    struct ground *g = *state;
    struct door door = door_open(g);
    struct cm_uuid_text id = cm_uuid_text(g->organization);
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    struct form strange = voice_of(g, ground_sid(g, "CA", 1), CM_STR("+15557654321"));
    size_t at;

    assert_false(cm_str_find(door_post(g, &door, "/twilio/voice", &form).body, "<Stream", &at));
    given_streams(g, true);
    assert_false(cm_str_find(door_post(g, &door, "/twilio/voice", &strange).body, "<Stream", &at));
    form_text(&form, "SequenceNumber", "1");
    assert_int_equal(door_post(g, &door, "/twilio/status", &form).status, 204);
    assert_int_equal(ground_count(g, tokens, cm_str_of(id.at)), 0);
    cm_http_server_free(door.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_streamed_call_can_be_opened_with_the_token_in_its_twiml),
        GROUND_TEST(who_talks_follows_from_the_number),
        GROUND_TEST(a_voice_webhook_again_gets_a_token_in_place_of_the_unused_one),
        GROUND_TEST(only_streamed_calls_of_ours_have_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
