/* told_test.c - what is told of a session is in the call's trace. */
#include "ground.h"

#include "acts.h"
#include "base/clock.h"
#include "scribe.h"
#include "service/testing.h"
#include "span_witness.h"
#include "told.h"

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

static struct cm_event_head head_of(struct ground *g, struct cm_str call_sid)
{
    struct cm_event_head head = { .organization_id = g->organization, .call_sid = call_sid };

    assert_true(cm_uuid_parse(
        ground_ask(g, "SELECT id::text FROM call WHERE call_sid = $1", call_sid), &head.call_id));
    return head;
}

static void assert_event_in(const struct cm_bench *bench, enum cm_event_kind kind, size_t n,
                            const struct cm_trace *session)
{
    const struct cm_event *event = cm_bench_event(bench, kind, n);
    struct cm_trace trace;

    assert_non_null(event);
    assert_true(cm_trace_read(event->traceparent, &trace));
    witness_same(&trace, session);
}

static void turns_and_the_end_hang_on_the_session_and_that_on_the_call(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);
    struct cm_event_head head = head_of(g, start.call_sid);
    struct cm_trace call = cm_trace_of_call(head.call_id);
    struct cm_trace session = told_trace(head.call_id, start.session_id);
    CM_OWN(cm_bench) bench = cm_bench_new(g->db, NULL, GROUND_TIME);
    struct scribe *scribe = scribe_start(&(struct scribe_options){
        .service = cm_bench_service(bench), .workers = 1, .queue_max = 16, .begin_max_ms = 1000 });
    struct cm_span span;

    for (int i = 0; i < 2; i++)
        assert_true(scribe_turn(scribe,
                                &(struct live_turn_row){ .id = cm_uuid_v7(cm_now_us()),
                                                         .session_id = start.session_id,
                                                         .position = i,
                                                         .text = CM_STR("Hello.") },
                                &head));
    for (int i = 0; i < 2; i++) /* ended once */
        assert_true(scribe_end(scribe, start.session_id, "model-lost"));
    scribe_stop(scribe, 10000);

    assert_event_in(bench, EVENT_LIVE_TURN, 0, &session);
    assert_event_in(bench, EVENT_LIVE_TURN, 1, &session);
    assert_int_equal(cm_bench_emitted(bench, EVENT_LIVE_ENDED), 1);
    assert_event_in(bench, EVENT_LIVE_ENDED, 0, &session);

    span = witness_next();
    assert_string_equal(span.name, "live session");
    witness_same(&span.at, &session);
    witness_within(&span, &call);
    assert_string_equal(witness_text(&span, "callmill.session.kind"), "assistant");
    assert_string_equal(witness_text(&span, "callmill.session.end"), "model-lost");
    assert_int_equal(witness_number(&span, "callmill.session.turns"), 2);
    assert_true(span.failed && span.start_us >= GROUND_TIME && span.end_us > span.start_us);
    witness_nothing();
    scribe_free(scribe);
}

static void on_done(void *loop, bool done)
{
    assert_false(done);
    cm_loop_stop(loop);
}

static void what_twilio_is_asked_is_part_of_the_session_that_asks(void **state)
{
    struct ground *g = *state;
    struct cm_trace session = told_trace(cm_uuid_v7(GROUND_TIME), cm_uuid_v7(GROUND_TIME));
    CM_OWN(cm_http_client) client = NULL;
    struct cm_loop *loop = NULL;
    struct acts *acts;
    struct cm_span span;

    assert_int_equal(cm_http_client_new(NULL, &client, &g->err), CM_OK);
    assert_int_equal(cm_loop_new(&loop, &g->err), CM_OK);
    acts =
        acts_start(&(struct acts_options){ .twilio = { .client = client,
                                                       .api_url = "http://127.0.0.1:1", /* nobody */
                                                       .account_sid = "AC1",
                                                       .auth_tokens = "secret" },
                                           .timeout_ms = 1000,
                                           .workers = 1,
                                           .queue_max = 1 });
    {
        CM_OWN_TRACE struct cm_trace before = cm_trace_enter(&session);

        assert_true(acts_hang_up(acts, ground_sid(g, "CA", 1), loop, on_done, loop));
    }
    cm_loop_run(loop);

    span = witness_next();
    witness_within(&span, &session);
    assert_int_equal(span.kind, CM_SPAN_CLIENT);
    assert_string_equal(witness_text(&span, "server.address"), "127.0.0.1");
    acts_free(acts);
    cm_loop_free(loop);
}

#define TOLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_traced, close_traced)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOLD_TEST(turns_and_the_end_hang_on_the_session_and_that_on_the_call),
        TOLD_TEST(what_twilio_is_asked_is_part_of_the_session_that_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
