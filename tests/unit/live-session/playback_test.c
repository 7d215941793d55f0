/* playback_test.c - how much was heard, by marks and by the stream's clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "mulaw.h"
#include "playback.h"

/* Twilio, which gets everything 60 ms late, and whose marks take no time back. */
enum { LATE_MS = 60 };

struct twilio {
    struct playback playback;
    int64_t clock_ms;
    int64_t begins[64], ends[64]; /* of each piece: when it is played; and its place */
    int64_t places[64];
    size_t count, back;
    int64_t plays_until; /* when the buffer is empty */
    char names[64][PLAYBACK_NAME];
};

static void send_piece(struct twilio *t, const char *item, int ms)
{
    int64_t arrives = t->clock_ms + LATE_MS;
    size_t i = t->count++;

    playback_sent(&t->playback, cm_str_of(item), (size_t)ms * MULAW_BYTES_A_MS);
    t->begins[i] = arrives > t->plays_until ? arrives : t->plays_until;
    t->ends[i] = t->plays_until = t->begins[i] + ms;
    t->places[i] = t->playback.sent;
    t->names[i][0] = '\0';
    if (playback_mark_due(&t->playback, 0, t->names[i]))
        playback_marked(&t->playback);
    else
        t->names[i][0] = '\0';
}

static void pass(struct twilio *t, int ms)
{
    for (int64_t until = t->clock_ms + ms; t->clock_ms < until;) {
        t->clock_ms += 20;
        playback_clock(&t->playback, t->clock_ms);
        while (t->back < t->count && t->ends[t->back] <= t->clock_ms) {
            if (t->names[t->back][0])
                playback_mark_back(&t->playback, cm_str_of(t->names[t->back]));
            t->back++;
        }
    }
}

static int64_t really_played_ms(const struct twilio *t)
{
    int64_t played = 0;

    for (size_t i = 0; i < t->count; i++) {
        int64_t until = t->clock_ms < t->ends[i] ? t->clock_ms : t->ends[i];

        played += until > t->begins[i] ? until - t->begins[i] : 0;
    }
    return played;
}

static int64_t believed_ms(const struct twilio *t)
{
    return playback_at(&t->playback) / MULAW_BYTES_A_MS;
}

static void what_was_heard_is_known_to_40_ms_once_a_mark_is_back(void **state)
{
    struct twilio t = { 0 };

    (void)state;
    pass(&t, 1000);
    for (int i = 0; i < 20; i++) /* generated at once, 100 ms each */
        send_piece(&t, "item", 100);
    pass(&t, 180);
    for (int i = 0; i < 80; i++) {
        pass(&t, 20);
        assert_in_range(believed_ms(&t) - really_played_ms(&t) + 40, 0, 80);
    }
}

static void before_the_first_mark_it_is_known_to_the_time_on_the_way(void **state)
{
    struct twilio t = { 0 };

    (void)state;
    pass(&t, 1000);
    send_piece(&t, "item", 100);
    send_piece(&t, "item", 1000);
    for (int i = 0; i < 8; i++) {
        pass(&t, 20);
        assert_in_range(believed_ms(&t) - really_played_ms(&t), 0, LATE_MS);
    }
}

static void a_pause_of_the_model_is_no_playing(void **state)
{
    struct twilio t = { 0 };

    (void)state;
    send_piece(&t, "item", 200);
    pass(&t, 1000);
    assert_int_equal(believed_ms(&t), 200);
    send_piece(&t, "item", 400);
    assert_int_equal(believed_ms(&t), 200);
    assert_true(t.names[1][0]); /* so that it is known when playing goes on */
    pass(&t, 100);
    assert_in_range(believed_ms(&t), 240, 300);
}

static void a_model_that_speaks_in_real_time_is_marked_now_and_then(void **state)
{
    struct playback p = { 0 };
    char name[PLAYBACK_NAME];
    int marks = 0;

    (void)state;
    for (int ms = 0; ms < 3000; ms += 20) { /* each piece comes when the one before was played */
        playback_clock(&p, ms);
        playback_sent(&p, CM_STR("item"), 160);
        assert_int_equal(playback_at(&p), ms * 8);
        if (!playback_mark_due(&p, 0, name))
            continue;
        playback_marked(&p);
        playback_clock(&p, ms + 20);
        playback_mark_back(&p, cm_str_of(name));
        marks++;
    }
    assert_int_equal(marks, 3000 / PLAYBACK_MARK_MS);
}

static void a_clear_forgets_and_old_marks_mean_nothing(void **state)
{
    struct twilio t = { 0 };
    struct playback_heard heard[PLAYBACK_ITEMS];

    (void)state;
    send_piece(&t, "item", 500);
    send_piece(&t, "item", 500);
    pass(&t, 300);
    assert_int_equal(playback_cut(&t.playback, heard), 1);
    assert_int_equal(heard[0].played, 300 * 8);
    assert_int_equal(heard[0].generated, 1000 * 8);
    assert_true(heard[0].cut);
    assert_int_equal(heard[0].end_ms, 300);
    assert_false(playback_is_busy(&t.playback));

    playback_sent(&t.playback, CM_STR("next"), 6400);
    playback_mark_back(&t.playback, cm_str_of(t.names[0]));
    assert_int_equal(playback_at(&t.playback), 0);
}

static void marks_that_nobody_set_mean_nothing(void **state)
{
    static const char *const names[] = {
        "", "x", "0", "0.", "0.x", "0.0", "0.-8", "1.800", "0.801", "0.99999999999999999999"
    };
    struct playback p = { 0 };

    (void)state;
    playback_sent(&p, CM_STR("item"), 800);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        playback_mark_back(&p, cm_str_of(names[i]));
    assert_int_equal(playback_at(&p), 0);
}

static void items_follow_each_other(void **state)
{
    struct playback p = { 0 };
    struct playback_heard heard;

    (void)state;
    playback_sent(&p, CM_STR("a"), 800);
    playback_sent(&p, CM_STR("b"), 800);
    assert_int_equal(playback_generated(&p, CM_STR("a")), 800);
    playback_clock(&p, 80);
    assert_false(playback_next(&p, &heard));
    playback_clock(&p, 140);
    assert_true(playback_next(&p, &heard));
    assert_true(ident_is(&heard.id, CM_STR("a")));
    assert_int_equal(heard.start_ms, 0);
    assert_int_equal(heard.end_ms, 100);
    playback_clock(&p, 300);
    assert_false(playback_next(&p, &heard)); /* more of it may come */
    playback_whole(&p, NULL);
    assert_true(playback_next(&p, &heard));
    assert_int_equal(heard.start_ms, 100);
    assert_int_equal(heard.end_ms, 200);
    assert_int_equal(playback_generated(&p, CM_STR("b")), 0);
}

static void marks_on_their_way_are_bounded(void **state)
{
    struct playback p = { 0 };
    char name[PLAYBACK_NAME], last[PLAYBACK_NAME] = "";
    int marks = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        playback_sent(&p, CM_STR("a"), 4000);
        if (playback_mark_due(&p, PLAYBACK_END, name)) {
            playback_marked(&p);
            snprintf(last, sizeof last, "%s", name);
            marks++;
        }
    }
    assert_int_equal(marks, PLAYBACK_MARKS);
    playback_mark_back(&p, cm_str_of(last));
    assert_int_equal(playback_at(&p), PLAYBACK_MARKS * 4000);
    assert_true(playback_mark_due(&p, PLAYBACK_END, name));
    assert_false(playback_is_over(&p, 4000000));
    playback_clock(&p, (4000000 - PLAYBACK_MARKS * 4000) /
                           8); /* no mark will tell of the end: the clock does */
    assert_true(playback_is_over(&p, 4000000));
}

static void items_that_wait_are_bounded(void **state)
{
    struct playback p = { 0 };
    struct playback_heard heard;
    char id[8];

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof id, "i%d", i);
        playback_sent(&p, cm_str_of(id), 800);
        while (playback_next(&p, &heard))
            ;
        assert_true(p.item_count < PLAYBACK_ITEMS);
    }
    assert_true(ident_is(&p.items[p.item_count - 1].id, CM_STR("i29")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_heard_is_known_to_40_ms_once_a_mark_is_back),
        cmocka_unit_test(before_the_first_mark_it_is_known_to_the_time_on_the_way),
        cmocka_unit_test(a_pause_of_the_model_is_no_playing),
        cmocka_unit_test(a_model_that_speaks_in_real_time_is_marked_now_and_then),
        cmocka_unit_test(a_clear_forgets_and_old_marks_mean_nothing),
        cmocka_unit_test(marks_that_nobody_set_mean_nothing),
        cmocka_unit_test(items_follow_each_other),
        cmocka_unit_test(marks_on_their_way_are_bounded),
        cmocka_unit_test(items_that_wait_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
