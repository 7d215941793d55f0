#include "engine/chat/prompt.h"

#include <ctype.h>

#include "base/digest.h"
#include "engine/rules/dates.h"

struct cm_str prompt_clock(const struct cm_transcript *transcript, size_t segment,
                           struct cm_arena *arena)
{
    const struct reading reading = { .transcript = transcript };

    return cm_arena_str(arena, cm_str_of(segment_clock(&reading, segment).at));
}

struct cm_str prompt_day(const struct cm_transcript *transcript, struct cm_arena *arena)
{
    static const char *const names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };
    struct day day = day_of_call(transcript);

    return cm_arena_printf(arena, "%s, %.*s", names[day_of_week(day)],
                           CM_STR_FMT(day_text(arena, day)));
}

/* Control characters, line ends among them, become spaces. */
static void put_line(struct cm_buf *out, const struct cm_transcript *transcript, size_t number,
                     struct cm_arena *arena)
{
    const struct cm_segment *segment = &transcript->segments[number];
    struct cm_str clock = prompt_clock(transcript, number, arena);

    cm_buf_printf(out, "[%zu] %.*s %s: ", number, CM_STR_FMT(clock),
                  side_label(segment_side(segment)));
    for (size_t i = 0; i < segment->text.len; i++) {
        char c = segment->text.at[i];

        cm_buf_char(out, iscntrl((unsigned char)c) ? ' ' : c);
    }
    cm_buf_char(out, '\n');
}

/* Which segments to leave out so that `sizes` sum up to `max`: from the middle, whole ones. */
static struct prompt_cut fit(const size_t *ends, size_t count, size_t max)
{
    size_t total = count ? ends[count - 1] : 0, first = 0, last = count;

    if (total <= max)
        return (struct prompt_cut){ 0, 0 };

    while (first < count && ends[first] <= max / 2)
        first++;
    while (last > first && total - (last > 1 ? ends[last - 2] : 0) <= max - max / 2)
        last--;
    return (struct prompt_cut){ first, last - first };
}

struct prompt_cut prompt_put_transcript(struct cm_buf *out, const struct cm_transcript *transcript,
                                        struct cm_arena *arena, size_t max)
{
    size_t count = transcript->segment_count, *ends = CM_NEW_N(arena, size_t, count + 1);
    CM_OWN_BUF struct cm_buf lines = { 0 };
    struct prompt_cut cut;
    struct cm_sha256 hash;
    struct cm_hex mark;

    for (size_t i = 0; i < count; i++) {
        put_line(&lines, transcript, i, arena);
        ends[i] = lines.len;
    }
    cut = fit(ends, count, max);
    hash = cm_sha256(cm_buf_view(&lines));
    mark = cm_hex(hash.at, 12);
    cm_buf_printf(out, "<transcript %s>\n", mark.at);
    if (cut.count) {
        size_t head = cut.first ? ends[cut.first - 1] : 0, tail = ends[cut.first + cut.count - 1];

        cm_buf_put(out, lines.at, head);
        cm_buf_printf(out, "(%zu turns are left out here)\n", cut.count);
        cm_buf_put(out, lines.at + tail, lines.len - tail);
    } else {
        cm_buf_str(out, cm_buf_view(&lines));
    }
    cm_buf_printf(out, "</transcript %s>\n", mark.at);
    return cut;
}
