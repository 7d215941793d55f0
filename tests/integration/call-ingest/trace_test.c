/* trace_test.c - what is told of a call is in the call's trace, whoever tells it. */
#include "door.h"

#include <string.h>

#include "span_witness.h"

#define MINUTE (60 * SECOND)

static int open_traced(void **state)
{
    witness_open();
    return ground_open(state);
}

static int close_traced(void **state)
{
    int rc = ground_close(state);

    witness_close();
    return rc;
}

static struct cm_trace trace_of(struct ground *g, struct cm_str call_sid)
{
    struct cm_uuid id;

    assert_true(cm_uuid_parse(
        ground_ask(g, "SELECT id::text FROM call WHERE call_sid = $1", call_sid), &id));
    return cm_trace_of_call(id);
}

static void assert_event_within(struct ground *g, enum cm_event_kind kind,
                                const struct cm_span *span)
{
    struct cm_trace trace;

    assert_int_equal(cm_bench_emitted(g->bench, kind), 1);
    assert_true(cm_trace_read(cm_bench_event(g->bench, kind, 0)->traceparent, &trace));
    assert_memory_equal(trace.trace_id, span->at.trace_id, sizeof trace.trace_id);
    assert_memory_equal(trace.span_id, span->at.span_id, sizeof trace.span_id);
}

static struct form status_of(struct ground *g, const char *status, const char *sequence)
{
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);

    for (int i = 0; i < form.count; i++)
        if (strcmp(form.field[i].name, "CallStatus") == 0)
            form.field[i].value = cm_str_of(status);
    form_text(&form, "SequenceNumber", sequence);
    return form;
}

static void a_webhook_is_part_of_the_call_that_it_makes(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct cm_str sid = ground_sid(g, "CA", 0);
    struct form form = voice_of(g, sid, g->number);
    struct cm_trace call;
    struct cm_span span;

    assert_int_equal(door_post(g, &door, "/twilio/voice", &form).status, 200);
    span = witness_next();
    call = trace_of(g, sid);
    assert_string_equal(span.name, "POST /twilio/voice");
    assert_int_equal(span.kind, CM_SPAN_SERVER);
    witness_within(&span, &call);
    assert_event_within(g, EVENT_CALL_STARTED, &span);
    cm_http_server_free(door.server);
}

static void the_end_of_a_call_records_its_root_once(void **state)
{
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form ringing = status_of(g, "ringing", "0"), over = status_of(g, "completed", "2");
    struct cm_trace call;
    struct cm_span span;

    door_post(g, &door, "/twilio/status", &ringing);
    witness_next();
    call = trace_of(g, ground_sid(g, "CA", 0));
    for (int time = 0; time < 2; time++) {
        door_post(g, &door, "/twilio/status", &over);
        span = witness_next();
        if (time == 0) { /* before the answer is through */
            assert_string_equal(span.name, "call");
            assert_memory_equal(span.at.span_id, call.span_id, sizeof call.span_id);
            assert_memory_equal(span.at.trace_id, call.trace_id, sizeof call.trace_id);
            assert_memory_equal(span.parent_id, ((uint8_t[8]){ 0 }), 8);
            assert_string_equal(witness_text(&span, "callmill.call.direction"), "inbound");
            assert_string_equal(witness_text(&span, "callmill.call.status"), "completed");
            assert_true(span.start_us > 0 && span.end_us >= span.start_us);
            assert_false(span.failed);
            span = witness_next();
        }
        assert_string_equal(span.name, "POST /twilio/status");
        witness_within(&span, &call);
    }
    cm_http_server_free(door.server);
}

/* Twilio sends no traceparent; anybody else may. */
static void a_stranger_or_a_stranger_s_header_makes_no_trace(void **state)
{
    static const char parent[] =
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    struct ground *g = *state;
    struct door door = door_open(g);
    struct form unknown = voice_of(g, ground_sid(g, "CA", 1), CM_STR("+15557654321"));
    struct form form = voice_of(g, ground_sid(g, "CA", 0), g->number);
    const char *headers[] = { parent,
                              cm_arena_printf(g->arena, "X-Twilio-Signature: %s",
                                              signature_of(g, "/twilio/voice", &form))
                                  .at,
                              NULL };
    struct cm_http_ask ask = {
        .url = cm_arena_printf(g->arena, "http://127.0.0.1:%u/twilio/voice", door.port).at,
        .headers = headers,
        .body = form_encoded(g, &form),
        .body_type = FORM_TYPE,
    };
    struct cm_http_answer answer;
    struct cm_trace call;
    struct cm_span span;

    assert_int_equal(door_ask(g, &door, "POST", "/twilio/voice", FORM_TYPE, ask.body, NULL).status,
                     403);
    assert_int_equal(door_post(g, &door, "/twilio/voice", &unknown).status, 200);
    assert_int_equal(cm_http_fetch(g->client, &ask, g->arena, &answer, &g->err), CM_OK);
    assert_int_equal(answer.status, 200);

    span = witness_next(); /* of the last one alone */
    call = trace_of(g, ground_sid(g, "CA", 0));
    witness_within(&span, &call);
    assert_false(cm_trace_is_some(&span.link));
    witness_nothing();
    cm_http_server_free(door.server);
}

static void a_sweep_that_ends_a_call_is_part_of_it(void **state)
{
    struct ground *g = *state;
    struct cm_str sid;
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .account_sid = CM_STR(ACCOUNT),
                           .has_numbers = true,
                           .from = CM_STR("+15550001111"),
                           .status = CALL_RINGING,
                           .at_us = { true, GROUND_TIME } };
    struct sweeper_options options = { .sweep = { .call_after_us = 15 * MINUTE,
                                                  .recording_after_us = 30 * MINUTE,
                                                  .pending_after_us = MINUTE,
                                                  .give_up_us = 60 * MINUTE,
                                                  .batch_max = 50 },
                                       .intake = &g->app.intake };
    enum intake_answer answer;
    struct intake_plan plan;
    struct cm_trace call;
    struct cm_span span;

    ground_twilio(g, 1, 0);
    options.twilio = g->app.twilio;
    sid = cm_str_of(g->world.calls[0].sid);
    cb.call_sid = sid;
    cb.to = g->number;
    assert_int_equal(
        intake_take(&g->app.intake, &cb, sid, GROUND_TIME, g->arena, &answer, &plan, &g->err),
        CM_OK);
    ground_placed(g, 0, true, false);
    assert_int_equal(sweep(&options, GROUND_TIME + 16 * MINUTE, NULL, NULL, &g->err), CM_OK);

    call = trace_of(g, sid);
    do
        span = witness_next();
    while (strcmp(span.name, "call") != 0);                /* Twilio was asked before */
    assert_int_equal(span.start_us, GROUND_TIME - MINUTE); /* as Twilio tells its length */
    span = witness_next();
    assert_string_equal(span.name, "sweep call");
    witness_within(&span, &call);
    assert_event_within(g, EVENT_CALL_ENDED, &span);
    assert_false(cm_trace_is_some(cm_trace_current()));
}

#define TRACED_TEST(name) cmocka_unit_test_setup_teardown(name, open_traced, close_traced)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRACED_TEST(a_webhook_is_part_of_the_call_that_it_makes),
        TRACED_TEST(the_end_of_a_call_records_its_root_once),
        TRACED_TEST(a_stranger_or_a_stranger_s_header_makes_no_trace),
        TRACED_TEST(a_sweep_that_ends_a_call_is_part_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
