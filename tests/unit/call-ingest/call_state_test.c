/* call_state_test.c - a call is the same in whatever order it was told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "call_state.h"

#define S INT64_C(1000000)
enum { NOW = 1000 };

#define SAID(what, number, at)                                                                     \
    {                                                                                              \
        .status = (what), .sequence = (number), .at_us = (at)*S, .is_timed = true                  \
    }
#define ENDED(what, number, at, length_s)                                                          \
    {                                                                                              \
        .status = (what), .sequence = (number), .at_us = (at)*S, .is_timed = true,                 \
        .duration_ms = {                                                                           \
            true,                                                                                  \
            (length_s)*INT64_C(1000)                                                               \
        }                                                                                          \
    }
#define ARRIVED(what, at)                                                                          \
    {                                                                                              \
        .status = (what), .sequence = -1, .at_us = (at)*S                                          \
    }

static bool same(struct cm_opt_i64 a, struct cm_opt_i64 b)
{
    return a.set == b.set && (!a.set || a.value == b.value);
}

static void expect_same(struct call_state got, struct call_state want)
{
    assert_int_equal(got.status, want.status);
    assert_true(same(got.started_at_us, want.started_at_us));
    assert_true(same(got.ended_at_us, want.ended_at_us));
    assert_true(same(got.duration_ms, want.duration_ms));
}

static void expect(const struct saying *sayings, size_t count, enum call_status status,
                   int64_t started_s, int64_t ended_s, int64_t duration_s)
{
    struct call_state want = { .status = status };

    want.started_at_us = (struct cm_opt_i64){ started_s >= 0, started_s * S };
    want.ended_at_us = (struct cm_opt_i64){ ended_s >= 0, ended_s * S };
    want.duration_ms = (struct cm_opt_i64){ duration_s >= 0, duration_s * 1000 };
    expect_same(call_state_of(sayings, count), want);
}

#define EXPECT(list, ...) expect(list, sizeof(list) / sizeof(list)[0], __VA_ARGS__)

static void a_whole_call_has_its_times_from_twilio(void **state)
{
    const struct saying sayings[] = { ARRIVED(CALL_RINGING, NOW), SAID(CALL_RINGING, 0, 100),
                                      SAID(CALL_IN_PROGRESS, 1, 102),
                                      ENDED(CALL_COMPLETED, 2, 151, 49) };

    (void)state;
    EXPECT(sayings, CALL_COMPLETED, 102, 151, 49);
}

/* A number's own status callback fires once, at the end: the start follows from the length. */
static void an_inbound_call_with_its_end_alone_knows_its_start(void **state)
{
    const struct saying sayings[] = { ARRIVED(CALL_RINGING, NOW),
                                      ENDED(CALL_COMPLETED, 0, 151, 49) };

    (void)state;
    EXPECT(sayings, CALL_COMPLETED, 102, 151, 49);
}

static void a_call_that_is_only_heard_of_began_when_it_was_heard_of(void **state)
{
    const struct saying sayings[] = { ARRIVED(CALL_RINGING, NOW) };

    (void)state;
    EXPECT(sayings, CALL_RINGING, NOW, -1, -1);
}

static void a_call_that_was_not_answered_lasts_no_time(void **state)
{
    const struct saying sayings[] = { SAID(CALL_RINGING, 0, 100),
                                      ENDED(CALL_NO_ANSWER, 1, 130, 0) };

    (void)state;
    EXPECT(sayings, CALL_NO_ANSWER, 100, 130, 0);
}

static void without_a_length_the_times_make_it(void **state)
{
    const struct saying sayings[] = { SAID(CALL_IN_PROGRESS, 1, 102),
                                      SAID(CALL_COMPLETED, 2, 151) };

    (void)state;
    EXPECT(sayings, CALL_COMPLETED, 102, 151, 49);
}

static void the_first_end_stays_whatever_comes_later(void **state)
{
    const struct saying sayings[] = { ENDED(CALL_COMPLETED, 2, 151, 49), SAID(CALL_FAILED, 3, 160),
                                      SAID(CALL_RINGING, 9, 170) };

    (void)state;
    EXPECT(sayings, CALL_COMPLETED, 102, 151, 49);
}

static void twilios_word_replaces_the_sweepers_guess(void **state)
{
    struct saying guess = ARRIVED(CALL_FAILED, NOW), told = ENDED(CALL_COMPLETED, -1, 151, 49);
    struct saying sayings[2];

    (void)state;
    guess.source = SOURCE_SWEEPER;
    told.source = SOURCE_TWILIO;
    sayings[0] = guess;
    expect(sayings, 1, CALL_FAILED, NOW, NOW, -1);
    sayings[1] = told;
    expect(sayings, 2, CALL_COMPLETED, 102, 151, 49);
}

#define STREAMED(at)                                                                               \
    {                                                                                              \
        .status = CALL_IN_PROGRESS, .source = SOURCE_STREAM, .sequence = -1, .at_us = (at)*S       \
    }

/* live-session knows when the stream came, which is no word of Twilio's about the call. */
static void a_stream_says_that_the_call_goes_on_and_hardly_since_when(void **state)
{
    const struct saying alone[] = { STREAMED(NOW) };
    const struct saying later[] = { ARRIVED(CALL_RINGING, NOW - 2), STREAMED(NOW) };
    const struct saying told[] = { STREAMED(NOW), SAID(CALL_IN_PROGRESS, 1, 102) };
    const struct saying rang[] = { STREAMED(NOW), SAID(CALL_RINGING, 0, 100) };
    const struct saying over[] = { STREAMED(NOW), ENDED(CALL_COMPLETED, 2, 151, 49) };

    (void)state;
    EXPECT(alone, CALL_IN_PROGRESS, NOW, -1, -1);
    EXPECT(later, CALL_IN_PROGRESS, NOW - 2, -1, -1);
    EXPECT(told, CALL_IN_PROGRESS, 102, -1, -1);
    EXPECT(rang, CALL_IN_PROGRESS, 100, -1, -1);
    EXPECT(over, CALL_COMPLETED, 102, 151, 49);
}

/* ---- every order, every repetition ---- */

static const struct saying all[] = {
    ARRIVED(CALL_RINGING, NOW),
    STREAMED(NOW + 1),
    SAID(CALL_QUEUED, 0, 98),
    SAID(CALL_RINGING, 1, 100),
    SAID(CALL_IN_PROGRESS, 2, 102),
    ENDED(CALL_COMPLETED, 3, 151, 49),
    { .status = CALL_COMPLETED,
      .source = SOURCE_TWILIO,
      .sequence = -1,
      .at_us = 152 * S,
      .is_timed = true,
      .duration_ms = { true, 50000 } },
    { .status = CALL_FAILED,
      .source = SOURCE_SWEEPER,
      .sequence = -1,
      .at_us = INT64_C(2) * NOW * S },
};
enum { ALL = sizeof all / sizeof all[0] };

/* Heap's algorithm: all 40320 orders. */
static void permute(struct saying *sayings, size_t n, struct call_state want, int *orders)
{
    if (n == 1) {
        expect_same(call_state_of(sayings, ALL), want);
        ++*orders;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t other = n % 2 ? 0 : i;
        struct saying last;

        permute(sayings, n - 1, want, orders);
        last = sayings[n - 1];
        sayings[n - 1] = sayings[other];
        sayings[other] = last;
    }
}

static void every_order_of_sayings_makes_the_same_call(void **state)
{
    struct saying sayings[ALL];
    int orders = 0;

    (void)state;
    memcpy(sayings, all, sizeof all);
    expect(all, ALL, CALL_COMPLETED, 102, 151, 49);
    permute(sayings, ALL, call_state_of(all, ALL), &orders);
    assert_int_equal(orders, 40320);
}

/* Any subset, then one more saying: the status never goes back. */
static void one_more_saying_never_moves_the_status_back(void **state)
{
    (void)state;
    for (unsigned subset = 1; subset < 1u << (ALL - 1);
         subset++) { /* the guess left out: it may be replaced */
        struct saying some[ALL];
        size_t n = 0;

        for (unsigned i = 0; i < ALL - 1; i++)
            if (subset >> i & 1)
                some[n++] = all[i];
        for (unsigned i = 0; i < ALL; i++) {
            enum call_status before = call_state_of(some, n).status;

            some[n] = all[i];
            assert_true(call_state_of(some, n + 1).status >= before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_call_has_its_times_from_twilio),
        cmocka_unit_test(an_inbound_call_with_its_end_alone_knows_its_start),
        cmocka_unit_test(a_call_that_is_only_heard_of_began_when_it_was_heard_of),
        cmocka_unit_test(a_call_that_was_not_answered_lasts_no_time),
        cmocka_unit_test(without_a_length_the_times_make_it),
        cmocka_unit_test(the_first_end_stays_whatever_comes_later),
        cmocka_unit_test(twilios_word_replaces_the_sweepers_guess),
        cmocka_unit_test(a_stream_says_that_the_call_goes_on_and_hardly_since_when),
        cmocka_unit_test(every_order_of_sayings_makes_the_same_call),
        cmocka_unit_test(one_more_saying_never_moves_the_status_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
