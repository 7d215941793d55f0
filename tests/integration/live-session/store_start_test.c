/* store_start_test.c - who may take a stream, and what that makes of its call. */
#include "ground.h"

#include <pthread.h>

#include "base/clock.h"

#define SESSION_OF                                                                                 \
    "SELECT concat_ws(' ', s.kind, s.engine, s.model, s.stream_sid = 'MZ' || right($1, 32),"       \
    " s.started_at = to_timestamp(1050000000)) FROM live_session s JOIN call c ON c.id = "         \
    "s.call_id WHERE c.call_sid = $1"
#define CALL_OF                                                                                    \
    "SELECT concat_ws(' ', status, direction, from_number, extract(epoch FROM "                    \
    "started_at)::bigint, (SELECT number FROM contact o WHERE o.id = contact_id), recorded,"       \
    " recording_awaited) FROM call WHERE call_sid = $1"
#define SAID_OF                                                                                    \
    "SELECT string_agg(concat_ws(' ', s.status, s.sequence, s.source, s.is_timed), ', ')"          \
    " FROM call_status s JOIN call c ON c.id = s.call_id WHERE c.call_sid = $1"

/* ---- a call that is known ---- */

static void a_good_token_takes_the_calls_line(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_call(g, 1, "ringing");
    struct live_start start = ground_start(g, sid, 1);
    struct live_taken taken;

    ground_token(g, sid, TOKEN, "assistant", 60);
    assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);

    assert_true(cm_uuid_eq(taken.head.organization_id, g->organization));
    assert_true(cm_str_eq(taken.head.call_sid, sid));
    assert_false(taken.created || taken.outbound);
    assert_true(taken.assistant);
    assert_true(cm_str_is(taken.instructions, "Be kind."));
    assert_true(cm_str_is(taken.voice, "marin"));
    assert_true(cm_str_is(taken.greeting, "Hello."));
    ground_expect(g, SESSION_OF, sid, "assistant realtime gpt-realtime t t");
    ground_expect(g, SAID_OF, sid, "in-progress -1 stream f");
    ground_expect(g, CALL_OF, sid, "in-progress inbound " CALLER " 1049999990 f f");
}

static void a_token_is_good_once(void **state)
{
    struct ground *g = *state;
    struct live_start start = ground_taken(g, 1);

    assert_true(ground_end(g, start.session_id, "stopped", NULL));
    start.session_id = cm_uuid_v7(cm_now_us());
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
}

static void no_token_and_tokens_of_others_and_of_yesterday_are_bad(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_call(g, 1, "ringing"), other = ground_call(g, 2, "ringing");
    struct cm_str late = ground_secret(g, 1), foreign = ground_secret(g, 2);
    struct live_start start = ground_start(g, sid, 1);

    ground_token(g, sid, late.at, "assistant", 0); /* good until now, and not now */
    ground_token(g, other, foreign.at, "assistant", 60);
    start.token = CM_STR("");
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    start.token = CM_STR("no token at all");
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    start.token = ground_secret(g, 3);
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    start.token = late;
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    start.token = foreign;
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    start.token_required = false; /* and one that is shown is looked at all the same */
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);

    ground_expect(g, "SELECT count(*)::text FROM live_session WHERE stream_sid = $1",
                  start.stream_sid, "0");
    ground_expect(g, CALL_OF, sid, "ringing inbound " CALLER " 1049999990 f f");
    start.call_sid = other; /* it was not used up by the wrong call */
    assert_int_equal(ground_take(g, &start, NULL), LIVE_TAKEN);
}

static void the_token_says_what_the_stream_is_for(void **state)
{
    struct ground *g = *state;
    struct cm_str sid = ground_call(g, 1, "in-progress");
    struct live_start start = ground_start(g, sid, 1);
    struct live_taken taken;

    ground_token(g, sid, TOKEN, "captions", 60);
    assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);
    assert_false(taken.assistant);
    ground_expect(g, SESSION_OF, sid, "captions whisper tiny.en t t");
}

/* The number has an assistant: for whom forwards nothing, and whose stream brings one track. */
static void without_a_token_the_number_says_it(void **state)
{
    static const struct {
        bool both_tracks, forwarded, assistant;
    } cases[] = { { false, false, true }, { true, false, false }, { false, true, false } };
    struct ground *g = *state;

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct live_start start = ground_start(g, ground_call(g, i, "ringing"), i);
        struct live_taken taken;

        ground_ask(g,
                   "UPDATE phone_number SET forward_to = nullif(split_part($1, ' ', 2), '')"
                   " WHERE id = split_part($1, ' ', 1)::uuid",
                   cm_arena_printf(g->arena, "%s %s", cm_uuid_text(g->number_id).at,
                                   cases[i].forwarded ? "+15552223333" : ""));
        start.token = CM_STR("");
        start.token_required = false;
        start.both_tracks = cases[i].both_tracks;
        assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);
        assert_int_equal(taken.assistant, cases[i].assistant);
    }
}

static void a_second_stream_of_a_call_is_not_taken_before_the_first_ends(void **state)
{
    struct ground *g = *state;
    struct live_start first = ground_taken(g, 1), second = ground_start(g, first.call_sid, 2);

    ground_token(g, first.call_sid, TOKEN, "assistant", 60);
    assert_int_equal(ground_take(g, &second, NULL), LIVE_HELD);
    assert_true(ground_end(g, first.session_id, "closed", NULL));
    assert_int_equal(ground_take(g, &second, NULL), LIVE_TAKEN); /* its token was not used up */
}

static void a_call_that_is_over_or_deleted_has_no_line(void **state)
{
    static const char *const ends[] = { "completed", "busy", "failed", "no-answer", "canceled" };
    struct ground *g = *state;
    struct live_start start;

    for (unsigned i = 0; i < 5; i++) {
        start = ground_start(g, ground_call(g, i, ends[i]), i);
        start.token = ground_secret(g, i);
        ground_token(g, start.call_sid, cm_arena_text(g->arena, start.token), "assistant", 60);
        assert_int_equal(ground_take(g, &start, NULL), LIVE_OVER);
        ground_expect(g, "SELECT status FROM call WHERE call_sid = $1", start.call_sid, ends[i]);
    }
    ground_ask(g, "DELETE FROM call WHERE call_sid = $1", start.call_sid);
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN); /* its token went with it */
    start.token_required = false;
    assert_int_equal(ground_take(g, &start, NULL), LIVE_OVER);
    start.token = CM_STR("");
    assert_int_equal(ground_take(g, &start, NULL), LIVE_OVER);
    ground_expect(g, "SELECT count(*)::text FROM call WHERE call_sid = $1", start.call_sid, "0");
}

/* ---- a call that is new ---- */

static struct live_start a_new_call(struct ground *g, unsigned n)
{
    struct live_start start = ground_start(g, ground_sid(g, "CA", n), n);

    start.token = CM_STR("");
    start.token_required = false;
    return start;
}

static void a_stream_of_a_new_call_makes_it_with_its_contact(void **state)
{
    struct ground *g = *state;
    struct live_start start = a_new_call(g, 1);
    struct live_taken taken;

    assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);

    assert_true(taken.created && taken.assistant && !taken.outbound);
    assert_true(cm_uuid_eq(taken.started.phone_number_id, g->number_id));
    assert_true(taken.started.contact_id.set);
    assert_true(cm_str_is(taken.started.from_number, CALLER));
    assert_true(cm_str_eq(taken.started.to_number, g->number));
    assert_true(cm_str_is(taken.started.direction, "inbound"));
    assert_true(cm_str_is(taken.started.status, "in-progress"));
    assert_int_equal(taken.started.started_at_us, GROUND_TIME);
    ground_expect(g, CALL_OF, start.call_sid,
                  "in-progress inbound " CALLER " 1050000000 " CALLER " t t");
    ground_expect(g, SAID_OF, start.call_sid, "in-progress -1 stream f");
    ground_expect(g, SESSION_OF, start.call_sid, "assistant realtime gpt-realtime t t");
}

static void a_call_from_our_number_is_an_outgoing_one_of_whom_it_calls(void **state)
{
    struct ground *g = *state;
    struct live_start start = a_new_call(g, 1);
    struct live_taken taken;

    start.from = g->number;
    start.to = CM_STR(CALLER);
    assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);
    assert_true(taken.outbound);
    assert_true(cm_str_is(taken.started.direction, "outbound"));
    ground_expect(g, "SELECT number FROM contact WHERE id = $1::text::uuid",
                  cm_arena_printf(g->arena, "%s", cm_uuid_text(taken.started.contact_id.value).at),
                  CALLER);
}

static void who_withholds_a_number_is_no_contact(void **state)
{
    struct ground *g = *state;
    struct live_start start = a_new_call(g, 1);
    struct live_taken taken;

    start.from = CM_STR("+266696687");
    assert_int_equal(ground_take(g, &start, &taken), LIVE_TAKEN);
    assert_false(taken.started.contact_id.set);
    assert_true(cm_str_is(taken.started.from_number, "anonymous"));
}

static void nobodys_number_makes_no_call(void **state)
{
    struct ground *g = *state;
    struct live_start start = a_new_call(g, 1);

    start.to = CM_STR("+15559990000");
    assert_int_equal(ground_take(g, &start, NULL), LIVE_NO_NUMBER);
    start.token_required = true; /* what the stream says of itself is not believed */
    start.to = g->number;
    assert_int_equal(ground_take(g, &start, NULL), LIVE_BAD_TOKEN);
    ground_expect(g, "SELECT count(*)::text FROM call WHERE call_sid = $1", start.call_sid, "0");
}

/* ---- two at a time ---- */

struct racer {
    struct ground *g;
    struct live_start start;
    pthread_barrier_t *line;
    enum live_answer answer;
    cm_rc rc;
};

static void *race(void *at)
{
    struct racer *r = at;
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_tx) tx = NULL;
    struct live_taken taken;
    struct cm_err err;

    pthread_barrier_wait(r->line);
    r->rc = cm_tx_begin(r->g->db, &tx, &err);
    if (!r->rc)
        r->rc = live_store_start(tx, arena, &r->start, GROUND_TIME, &r->answer, &taken, &err);
    if (!r->rc)
        r->rc = cm_tx_commit(&tx, &err);
    return NULL;
}

/* The two of a call, known or new, at once: one is taken, whoever it is. */
static void expect_one_winner(struct ground *g, struct live_start a, struct live_start b,
                              enum live_answer loser)
{
    pthread_barrier_t line;
    struct racer racers[2] = { { g, a, &line, LIVE_OVER, CM_OK },
                               { g, b, &line, LIVE_OVER, CM_OK } };
    pthread_t threads[2];
    int taken = 0;

    pthread_barrier_init(&line, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].rc, CM_OK);
        taken += racers[i].answer == LIVE_TAKEN;
    }
    pthread_barrier_destroy(&line);
    assert_int_equal(taken, 1);
    assert_int_equal(racers[racers[0].answer == LIVE_TAKEN].answer, loser);
    ground_expect(g,
                  "SELECT count(*)::text FROM live_session s JOIN call c ON c.id = s.call_id"
                  " WHERE c.call_sid = $1",
                  a.call_sid, "1");
}

static void of_two_streams_of_a_call_one_is_taken(void **state)
{
    struct ground *g = *state;

    for (unsigned i = 0; i < 20; i++) {
        struct cm_str sid = ground_call(g, i, "ringing");
        struct live_start a = ground_start(g, sid, i), b = ground_start(g, sid, 1000 + i);

        a.token = b.token = CM_STR("");
        a.token_required = b.token_required = false;
        expect_one_winner(g, a, b, LIVE_HELD);
    }
}

static void two_with_the_same_token_are_one(void **state)
{
    struct ground *g = *state;

    for (unsigned i = 0; i < 20; i++) {
        struct cm_str sid = ground_call(g, i, "ringing");
        struct live_start a = ground_start(g, sid, i), b = ground_start(g, sid, 1000 + i);

        a.token = b.token = ground_secret(g, i);
        ground_token(g, sid, cm_arena_text(g->arena, a.token), "captions", 60);
        expect_one_winner(g, a, b, LIVE_BAD_TOKEN);
    }
}

static void two_streams_of_a_new_call_make_it_once(void **state)
{
    struct ground *g = *state;

    for (unsigned i = 0; i < 20; i++) {
        struct live_start a = a_new_call(g, i), b = a_new_call(g, i);

        b.stream_sid = ground_sid(g, "MZ", 1000 + i);
        expect_one_winner(g, a, b, LIVE_HELD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_good_token_takes_the_calls_line),
        GROUND_TEST(a_token_is_good_once),
        GROUND_TEST(no_token_and_tokens_of_others_and_of_yesterday_are_bad),
        GROUND_TEST(the_token_says_what_the_stream_is_for),
        GROUND_TEST(without_a_token_the_number_says_it),
        GROUND_TEST(a_second_stream_of_a_call_is_not_taken_before_the_first_ends),
        GROUND_TEST(a_call_that_is_over_or_deleted_has_no_line),
        GROUND_TEST(a_stream_of_a_new_call_makes_it_with_its_contact),
        GROUND_TEST(a_call_from_our_number_is_an_outgoing_one_of_whom_it_calls),
        GROUND_TEST(who_withholds_a_number_is_no_contact),
        GROUND_TEST(nobodys_number_makes_no_call),
        GROUND_TEST(of_two_streams_of_a_call_one_is_taken),
        GROUND_TEST(two_with_the_same_token_are_one),
        GROUND_TEST(two_streams_of_a_new_call_make_it_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
