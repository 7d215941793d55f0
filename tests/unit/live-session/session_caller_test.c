/* session_caller_test.c - the caller's sound on its way to the model, joined: all of it, in order,
 * in time.
 */
#include "base64.h"
#include "line.h"

enum { FRAME = 160, FRAME_MS = 20 };

/* Sound in which no two places look alike. */
static uint8_t sound_at(size_t at)
{
    return (uint8_t)(at * 7 + at / 251 * 13);
}

struct caller {
    struct line *line;
    size_t said; /* bytes */
};

/* `count` bytes of sound in one message, `gap_ms` after the one before ended. */
static void say_bytes(struct caller *caller, size_t count, int gap_ms)
{
    struct line *line = caller->line;
    CM_OWN_BUF struct cm_buf sound = { 0 };
    CM_OWN_BUF struct cm_buf base64 = { 0 };
    CM_OWN_BUF struct cm_buf text = { 0 };

    for (size_t i = 0; i < count; i++)
        cm_buf_char(&sound, (char)sound_at(caller->said + i));
    caller->said += count;
    base64_encode(sound.at, sound.len, &base64);
    line->now_ms += gap_ms + (int)count / 8;
    line->stream_ms += gap_ms;
    cm_buf_printf(&text,
                  "{\"event\":\"media\",\"media\":{\"track\":\"inbound\",\"timestamp\":\"%lld\","
                  "\"payload\":\"%s\"},\"streamSid\":\"" STREAM_SID "\"}",
                  (long long)line->stream_ms, base64.at);
    line_stream(line, text.at);
    line->stream_ms += (int)count / 8;
}

static void say_frames(struct caller *caller, size_t count)
{
    while (count-- > 0)
        say_bytes(caller, FRAME, 0);
}

static struct caller on_the_line(struct line *line, int append_ms)
{
    line->options.append_ms = append_ms;
    line_answer(line, "");
    return (struct caller){ .line = line };
}

/* What the model got, decoded, one append behind the other. Returns the count of appends; `lengths`
 * may be NULL. */
static size_t heard(const struct line *line, struct cm_buf *all, size_t lengths[])
{
    static const char before[] = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"";
    size_t count = 0;

    for (size_t i = 0; i < line->model_count; i++) {
        struct cm_str rest = cm_str_of(line->to_model[i]), base64;
        size_t had = all->len;

        if (!cm_str_starts(rest, before))
            continue;
        rest = (struct cm_str){ rest.at + sizeof before - 1, rest.len - (sizeof before - 1) };
        assert_true(cm_str_split(&rest, '"', &base64));
        assert_true(base64_decode(base64, all));
        if (lengths)
            lengths[count] = all->len - had;
        count++;
    }
    return count;
}

static void assert_heard(const struct line *line, size_t bytes)
{
    CM_OWN_BUF struct cm_buf all = { 0 };

    heard(line, &all, NULL);
    assert_int_equal(all.len, bytes);
    for (size_t i = 0; i < bytes; i++)
        assert_int_equal((uint8_t)all.at[i], sound_at(i));
}

static size_t appends(const struct line *line)
{
    return line_count_to_model(line, "input_audio_buffer.append");
}

static void frames_are_joined_to_every_length(void **state)
{
    static const int lengths_ms[] = { 0, 40, 60, 80, 100 };

    (void)state;
    for (size_t i = 0; i < sizeof lengths_ms / sizeof lengths_ms[0]; i++) {
        struct line *line = line_new();
        struct caller caller = on_the_line(line, lengths_ms[i]);
        size_t frames = 1200 / FRAME_MS, lengths[1200 / FRAME_MS];
        size_t each = lengths_ms[i] ? (size_t)lengths_ms[i] * 8 : FRAME;
        CM_OWN_BUF struct cm_buf all = { 0 };

        for (size_t frame = 1; frame <= frames; frame++) {
            say_frames(&caller, 1);
            assert_int_equal(appends(line), frame * FRAME / each);
        }
        assert_int_equal(heard(line, &all, lengths), caller.said / each);
        for (size_t at = 0; at < caller.said / each; at++)
            assert_int_equal(lengths[at], each);
        assert_heard(line, caller.said);
        assert_int_equal(cm_metric_value(line->metrics.media_dropped), 0);
        line_free(line);
    }
}

static void messages_of_any_size_lose_nothing(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 60);
    CM_OWN_BUF struct cm_buf all = { 0 };
    size_t lengths[LINE_MAX], count;

    for (size_t i = 0, size = 1; i < 200; i++, size = size * 31 % 601 + 1)
        say_bytes(&caller, size, 0);
    session_end(line->session, END_STOPPED, line->now_ms);

    count = heard(line, &all, lengths);
    assert_true(count < 200);
    for (size_t i = 0; i < count; i++)
        assert_in_range(lengths[i], 1, 2 * 480);
    assert_heard(line, caller.said);
}

static void what_is_long_by_itself_goes_at_once_behind_what_waits(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 40);

    say_frames(&caller, 1);
    assert_int_equal(appends(line), 0);
    say_bytes(&caller, 8000, 0);

    assert_int_equal(appends(line), 2);
    assert_heard(line, caller.said);
}

static void a_gap_does_not_hold_up_what_waits(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 60);

    say_frames(&caller, 2); /* the first of them 20 ms ago */
    session_tick(line->session, line->now_ms + 39);
    assert_int_equal(appends(line), 0);
    session_tick(line->session, line->now_ms + 40);
    assert_int_equal(appends(line), 1);
    assert_heard(line, caller.said);

    session_tick(line->session, line->now_ms + 500);
    assert_int_equal(appends(line), 1);
    line->now_ms += 500;
    say_frames(&caller, 3);
    assert_int_equal(appends(line), 2);
    assert_heard(line, caller.said);
}

static void an_end_sends_what_waits(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 100);

    say_frames(&caller, 4);
    line_stream(line, "{\"event\":\"stop\",\"streamSid\":\"" STREAM_SID "\"}");

    assert_int_equal(line->ends, 1);
    assert_int_equal(appends(line), 1);
    assert_heard(line, caller.said);
}

static void a_full_queue_costs_what_was_joined_and_counts_each_message(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 60);

    line->model_nearly_full = true;
    say_frames(&caller, 8);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 6);
    assert_int_equal(appends(line), 0);
    line->model_nearly_full = false;
    say_frames(&caller, 1);
    assert_int_equal(appends(line), 1); /* with the two that waited */
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 6);

    line->model_full = true;
    say_frames(&caller, 2);
    session_end(line->session, END_STOPPED, line->now_ms);
    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 8);
}

static void what_is_no_sound_costs_only_itself(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 40);

    say_frames(&caller, 1);
    line_stream(line, "{\"event\":\"media\",\"media\":{\"timestamp\":\"20\",\"payload\":\"A?==\"},"
                      "\"streamSid\":\"" STREAM_SID "\"}");
    line_stream(line, "{\"event\":\"media\",\"media\":{\"timestamp\":\"20\",\"payload\":\"\"},"
                      "\"streamSid\":\"" STREAM_SID "\"}");
    say_frames(&caller, 1);

    assert_int_equal(cm_metric_value(line->metrics.media_dropped), 2);
    assert_heard(line, caller.said);
}

static void a_payload_with_escaped_slashes_is_joined_as_well(void **state)
{
    struct line *line = *state;

    on_the_line(line, 40);
    line_stream(line, "{\"event\":\"media\",\"media\":{\"timestamp\":\"0\",\"payload\":"
                      "\"\\/\\/8A\"},\"streamSid\":\"" STREAM_SID "\"}");
    session_end(line->session, END_STOPPED, line->now_ms);

    assert_int_equal(line_count_to_model(line, "\"audio\":\"//8A\""), 1);
}

/* A caller's turn of which the model tells the times, after sound with a gap in it. */
static void talk_with_a_gap(struct line *line, int append_ms)
{
    struct caller caller = on_the_line(line, append_ms);

    say_frames(&caller, 30);
    say_bytes(&caller, FRAME, 1000);
    say_frames(&caller, 59);
    line_began(line, "item_1", 900);
    line_stopped(line, "item_1", 1500);
    line_model(line, "{\"type\":\"conversation.item.input_audio_transcription.completed\","
                     "\"item_id\":\"item_1\",\"content_index\":0,\"transcript\":\"Yes.\"}");
}

static void times_of_what_is_said_stay_as_they_are(void **state)
{
    static const int lengths_ms[] = { 0, 40, 60, 100 };

    (void)state;
    for (size_t i = 0; i < sizeof lengths_ms / sizeof lengths_ms[0]; i++) {
        struct line *line = line_new();

        talk_with_a_gap(line, lengths_ms[i]);

        assert_int_equal(line->turn_count, 1);
        assert_int_equal(line->turns[0].start_ms, 1900);
        assert_int_equal(line->turns[0].end_ms, 2500);
        line_free(line);
    }
}

static void who_interrupts_is_cut_at_the_same_place(void **state)
{
    struct line *line = *state;
    struct caller caller = on_the_line(line, 100);

    line_created(line, "resp_1");
    line_say(line, "resp_1", "item_1", 4000);
    say_frames(&caller, 17); /* two of which wait */
    line_began(line, "item_2", 200);

    assert_non_null(strstr(line_last_to_model(line), "\"audio_end_ms\":320"));
    session_end(line->session, END_STOPPED, line->now_ms);
    assert_heard(line, caller.said);
}

static void sound_for_a_model_of_pcm_is_the_same_joined_or_not(void **state)
{
    CM_OWN_BUF struct cm_buf alone = { 0 };
    CM_OWN_BUF struct cm_buf joined = { 0 };
    size_t lengths[LINE_MAX];

    (void)state;
    for (int append_ms = 0; append_ms <= 60; append_ms += 60) {
        struct line *line = line_new();
        struct caller caller;

        line->options.pcm_rate = 24000;
        line->options.append_ms = append_ms;
        line_start(line);
        line_admit(line, "");
        session_model_opened(line->session, line->now_ms);
        line_model(line, "{\"type\":\"session.created\",\"session\":{\"type\":\"realtime\"}}");
        line_model(line, "{\"type\":\"session.updated\",\"session\":{\"type\":\"realtime\"}}");
        caller = (struct caller){ .line = line };
        say_frames(&caller, 31);
        session_end(line->session, END_STOPPED, line->now_ms);
        assert_int_equal(heard(line, append_ms ? &joined : &alone, lengths), append_ms ? 11 : 31);
        line_free(line);
    }

    assert_int_equal(alone.len, 31 * FRAME * 3 * 2);
    assert_int_equal(joined.len, alone.len);
    assert_memory_equal(joined.at, alone.at, alone.len);
    assert_int_equal(lengths[0], 60 * 24 * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_joined_to_every_length),
        LINE_TEST(messages_of_any_size_lose_nothing),
        LINE_TEST(what_is_long_by_itself_goes_at_once_behind_what_waits),
        LINE_TEST(a_gap_does_not_hold_up_what_waits),
        LINE_TEST(an_end_sends_what_waits),
        LINE_TEST(a_full_queue_costs_what_was_joined_and_counts_each_message),
        LINE_TEST(what_is_no_sound_costs_only_itself),
        LINE_TEST(a_payload_with_escaped_slashes_is_joined_as_well),
        cmocka_unit_test(times_of_what_is_said_stay_as_they_are),
        LINE_TEST(who_interrupts_is_cut_at_the_same_place),
        cmocka_unit_test(sound_for_a_model_of_pcm_is_the_same_joined_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
