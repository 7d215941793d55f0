/* event_cost - prints what encoding, walking and decoding an event cost, as one JSON. */
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "event/walker.h"
#include "samples.h"

enum { ROUNDS = 100000, TURNS = 1000 };

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void print_cost(const struct cm_event *event, int rounds, const char *before)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN_BUF struct cm_buf out = { 0 };
    enum cm_event_kind kind = event->kind;
    struct cm_event got;
    int failed = 0;
    double at[4];

    at[0] = now_us();
    for (int i = 0; i < rounds; i++) {
        cm_buf_clear(&out);
        failed += cm_event_encode(event, &out, NULL) != CM_OK;
    }
    at[1] = now_us();
    for (int i = 0; i < rounds; i++)
        failed += cm_walk(cm_buf_view(&out), cm_event_schema(kind), NULL) != CM_OK;
    at[2] = now_us();
    for (int i = 0; i < rounds; i++) {
        failed += cm_event_decode(cm_buf_view(&out), cm_event_schema(kind), kind, arena, &got,
                                  NULL) != CM_OK;
        cm_arena_reset(arena);
    }
    at[3] = now_us();
    printf("%s  {\"event\": \"%s\", \"bytes\": %zu, \"encode_us\": %.2f, \"walk_us\": %.2f, "
           "\"decode_with_walk_us\": %.2f, \"failed\": %d}",
           before, cm_event_name(kind), out.len, (at[1] - at[0]) / rounds, (at[2] - at[1]) / rounds,
           (at[3] - at[2]) / rounds, failed);
}

/* An hour of talk: the whole text, and a thousand turns. */
static struct cm_event a_long_call(struct cm_arena *arena)
{
    struct cm_event event = a_sample(arena, EVENT_CALL_TRANSCRIBED, SAMPLE_FULL);
    struct cm_segment *segments = CM_NEW_N(arena, struct cm_segment, TURNS);
    CM_OWN_BUF struct cm_buf text = { 0 };

    for (int i = 0; i < TURNS; i++) {
        segments[i] = event.call_transcribed.segments[0];
        segments[i].text = CM_STR("I would like to know when the delivery will be here.");
        cm_buf_text(&text, "Caller: ");
        cm_buf_str(&text, segments[i].text);
        cm_buf_char(&text, '\n');
    }
    event.call_transcribed.text = cm_arena_str(arena, cm_buf_view(&text));
    event.call_transcribed.segments = segments;
    event.call_transcribed.segment_count = TURNS;
    return event;
}

int main(void)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_event event = a_long_call(arena);

    printf("[\n");
    print_cost(&event, ROUNDS / TURNS, "");
    FOR_EACH_KIND (kind) {
        event = a_sample(arena, kind, SAMPLE_FULL);
        print_cost(&event, ROUNDS, ",\n");
    }
    printf("\n]\n");
    return 0;
}
