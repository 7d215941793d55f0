#include "engine/rules/talk_ratio.h"

#include "base/buf.h"

enum {
    INTERRUPTION_MS = 400, /* overlaps shorter than this are the ordinary changing of turns */
    BRIEF_WORDS = 2,       /* "mhm, yes" over the other's words is listening */
    MONOLOGUE_GAP_MS = 3000,
};

struct share {
    int64_t spoken_ms, longest_ms;
    size_t words, turns, interruptions, questions;
};

struct talk {
    struct share side[2];
    int64_t end_ms;
};

static int64_t length(const struct cm_segment *segment)
{
    return segment->end_ms > segment->start_ms ? segment->end_ms - segment->start_ms : 0;
}

static size_t words_in(struct cm_str text)
{
    size_t words = 0;

    for (size_t i = 0; i < text.len; i++)
        words += text.at[i] != ' ' && (i == 0 || text.at[i - 1] == ' ');
    return words;
}

/* Does this segment begin while the other side, last heard in `before`, still speaks and goes on?
 */
static bool interrupts(const struct cm_segment *segment, const struct cm_segment *before)
{
    return before && before->end_ms - segment->start_ms > INTERRUPTION_MS &&
           segment->start_ms > before->start_ms && words_in(segment->text) > BRIEF_WORDS;
}

static void count_segments(const struct cm_transcript *transcript, struct talk *talk)
{
    const struct cm_segment *last[2] = { NULL, NULL };
    int64_t monologue_from = 0;

    for (size_t i = 0; i < transcript->segment_count; i++) {
        const struct cm_segment *segment = &transcript->segments[i];
        enum side side = segment_side(segment);
        struct share *share = &talk->side[side];
        bool same = i && segment_side(segment - 1) == side;

        share->spoken_ms += length(segment);
        share->words += words_in(segment->text);
        share->turns += !same;
        share->interruptions += interrupts(segment, last[side_across(side)]);
        if (!same || segment->start_ms - segment[-1].end_ms > MONOLOGUE_GAP_MS)
            monologue_from = segment->start_ms;
        if (segment->end_ms - monologue_from > share->longest_ms)
            share->longest_ms = segment->end_ms - monologue_from;
        if (segment->end_ms > talk->end_ms)
            talk->end_ms = segment->end_ms;
        last[side] = segment;
    }
}

static int percent(int64_t part, int64_t whole)
{
    return whole > 0 ? (int)((part * 100 + whole / 2) / whole) : 0;
}

static void put_share(struct cm_buf *out, const struct share *share, enum side side)
{
    double minutes = (double)share->spoken_ms / 60000.0;

    if (!share->turns)
        return;

    cm_buf_printf(
        out,
        "\n%s: %zu turn%s, %zu question%s, %.0f words per minute, longest monologue %.0f s, "
        "%zu interruption%s.",
        side_label(side), share->turns, share->turns == 1 ? "" : "s", share->questions,
        share->questions == 1 ? "" : "s", minutes > 0 ? (double)share->words / minutes : 0.0,
        (double)share->longest_ms / 1000.0, share->interruptions,
        share->interruptions == 1 ? "" : "s");
}

struct cm_str talk_ratio_text(const struct reading *reading)
{
    struct talk talk = { .end_ms = 0 };
    const struct share *caller = &talk.side[SIDE_CALLER], *agent = &talk.side[SIDE_AGENT];
    CM_OWN_BUF struct cm_buf out = { 0 };
    int64_t spoken;
    int share;

    count_segments(reading->transcript, &talk);
    for (size_t i = 0; i < reading->count; i++)
        talk.side[reading->sentences[i].side].questions += reading->sentences[i].question;
    spoken = caller->spoken_ms + agent->spoken_ms;
    if (!reading->count || !spoken)
        return CM_STR("Nobody talked.");

    share = percent(caller->spoken_ms, spoken);
    cm_buf_printf(&out, "Caller %d %%, agent %d %% of the talking time.", share, 100 - share);
    put_share(&out, caller, SIDE_CALLER);
    put_share(&out, agent, SIDE_AGENT);
    if (spoken < talk.end_ms)
        cm_buf_printf(&out, "\nSilence: %d %% of the call.",
                      percent(talk.end_ms - spoken, talk.end_ms));
    return cm_arena_str(reading->arena, cm_buf_view(&out));
}
