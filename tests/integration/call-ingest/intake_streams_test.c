/* intake_streams_test.c - callbacks into rows while the call's media stream does its part. */
#include "callbacks.h"

#include "base/clock.h"
#include "store.h" /* live-session's: what a stream does to a call */

/* As live-session does when Twilio opens the call's media stream. Did it make the call? */
static bool tell_stream(struct ground *g, unsigned call)
{
    struct live_start start = { .session_id = cm_uuid_v7(cm_now_us()),
                                .holder_id = cm_uuid_named(CM_STR("intake_test")),
                                .call_sid = ground_sid(g, "CA", call),
                                .stream_sid = ground_sid(g, "MZ", call),
                                .from = CM_STR("+15550001111"),
                                .to = g->number };
    enum live_answer answer = LIVE_HELD;
    struct live_taken taken = { 0 };
    CM_OWN(cm_tx) tx = NULL;

    if (cm_tx_begin(g->db, &tx, &g->err) ||
        live_store_holder(tx, g->arena, start.holder_id, cm_now_us(), &g->err) || /* not 2001 */
        live_store_start(tx, g->arena, &start, GROUND_TIME, &answer, &taken, &g->err) ||
        cm_tx_commit(&tx, &g->err))
        fail_msg("%s", g->err.msg);
    assert_true(answer == LIVE_TAKEN || answer == LIVE_OVER);
    return taken.created;
}

/* Wherever the stream comes in between, or first, and whatever order the callbacks have. */
static void a_media_stream_at_any_moment_makes_no_difference_in_the_end(void **state)
{
    struct ground *g = *state;
    struct cm_str want;
    unsigned calls = 1, made = 0;

    for (int n = 0; n < FORMS; n++)
        tell(g, 0, n);
    want = ground_digest(g, ground_sid(g, "CA", 0));
    for (unsigned code = 0; code < ORDERS; code += 101) {
        for (unsigned at = 0; at <= FORMS; at++, calls++) {
            struct order order = order_of(code);
            struct cm_str got, sid = ground_sid(g, "CA", calls);

            for (unsigned i = 0; i < FORMS; i++) {
                if (at == i)
                    made += tell_stream(g, calls);
                tell(g, calls, order.form[i]);
            }
            if (at == FORMS)
                assert_false(tell_stream(g, calls));
            ground_do(g,
                      "DELETE FROM call_status s USING call c WHERE c.id = s.call_id"
                      " AND s.source = 'stream' AND c.call_sid = $1",
                      sid);
            got = ground_digest(g, sid);
            if (!cm_str_eq(got, want))
                fail_msg("order %u, stream at %u:\n%.*s\nwant:\n%.*s", code, at, CM_STR_FMT(got),
                         CM_STR_FMT(want));
        }
    }
    assert_true(made >= 8); /* at least whenever it comes first */
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), calls - made); /* the others by it */
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), calls);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), calls);
}

static void what_was_kept_is_applied_when_a_stream_made_the_call(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    assert_int_equal(tell(g, 0, 5).answer, INTAKE_KEPT);
    assert_true(tell_stream(g, 0));
    assert_int_equal(tell(g, 0, 3).answer, INTAKE_APPLIED);
    assert_int_equal(
        ground_count(g, "SELECT count(*)::text FROM pending_callback WHERE call_sid = $1", sid), 0);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), 1);
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), 0);
    assert_true(cm_str_is(ground_ask(g, "SELECT status FROM call WHERE call_sid = $1", sid),
                          "in-progress"));
}

static void stream_callbacks_are_kept_once(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_sid(g, "CA", 0);

    tell(g, 0, 0);
    for (int i = 0; i < 3; i++)
        tell_form(g, CALLBACK_STREAM,
                  cm_arena_printf(g->arena,
                                  "AccountSid=" ACCOUNT
                                  "&CallSid=%s&StreamSid=%s&StreamEvent=stream-error&StreamError=x",
                                  sid.at, ground_sid(g, "MZ", 0).at));
    assert_int_equal(
        ground_count(g,
                     "SELECT count(*)::text FROM call_stream s JOIN call c ON c.id = s.call_id"
                     " WHERE call_sid = $1",
                     sid),
        1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_media_stream_at_any_moment_makes_no_difference_in_the_end),
        GROUND_TEST(what_was_kept_is_applied_when_a_stream_made_the_call),
        GROUND_TEST(stream_callbacks_are_kept_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
