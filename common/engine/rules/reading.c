#include "engine/rules/reading.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "engine/rules/words.h"

enum {
    JOIN_GAP_MS = 2500,       /* a sentence without an end goes on in the speaker's next segment */
    SENTENCE_WORDS_MAX = 100, /* ... but not for ever: rules may look back and forth within one */
};

/* Where the reader is, and what it has so far. */
struct reader {
    struct cm_arena *arena;
    const struct cm_segment *segments;
    struct cm_buf words;     /* of struct word */
    struct cm_buf sentences; /* of struct sentence; `words` still NULL, `count` set */
    size_t open;             /* words of the sentence that has not ended */
    uint32_t segment;
};

struct cm_str side_name(enum side side)
{
    return side == SIDE_CALLER ? CM_STR("caller") : CM_STR("agent");
}

const char *side_label(enum side side)
{
    return side == SIDE_CALLER ? "Caller" : "Agent";
}

enum side segment_side(const struct cm_segment *segment)
{
    return cm_str_is(segment->role, "agent") ? SIDE_AGENT : SIDE_CALLER;
}

struct clock_text segment_clock(const struct reading *reading, size_t segment)
{
    int64_t seconds = reading->transcript->segments[segment].start_ms / 1000;
    struct clock_text text;

    if (seconds < 0)
        seconds = 0;
    if (seconds >= 3600)
        snprintf(text.at, sizeof text.at, "%d:%02d:%02d", (int)(seconds / 3600 % 100000),
                 (int)(seconds / 60 % 60), (int)(seconds % 60));
    else
        snprintf(text.at, sizeof text.at, "%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));
    return text;
}

struct cm_str text_cut(struct cm_arena *arena, struct cm_str text, size_t max)
{
    size_t len = max - 3;

    if (text.len <= max)
        return text;

    while (len && ((unsigned char)text.at[len] & 0xC0) == 0x80)
        len--;
    return cm_arena_printf(arena, "%.*s...", (int)len, text.at);
}

/* ---- sentences ---- */

static struct word *last_word(struct reader *r)
{
    return (struct word *)(void *)(r->words.at + r->words.len) - 1;
}

static struct cm_str raw_of(struct reader *r, const struct word *words, size_t count)
{
    const struct word *first = words, *last = words + count - 1;
    CM_OWN_BUF struct cm_buf joined = { 0 };

    while (!last->raw.len)
        last--;
    for (const struct word *word = first; word <= last;) {
        const struct word *end = word;
        const struct cm_segment *segment = &r->segments[word->segment];
        const char *to;

        for (const struct word *next = word; next <= last && next->segment == word->segment; next++)
            if (next->raw.len)
                end = next;
        to = end->raw.at + end->raw.len;
        while (to < segment->text.at + segment->text.len && *to && strchr(".?!,%\"'", *to))
            to++;
        if (word->segment == last->segment && !joined.len)
            return (struct cm_str){ word->raw.at, (size_t)(to - word->raw.at) };
        if (joined.len)
            cm_buf_char(&joined, ' ');
        cm_buf_put(&joined, word->raw.at, (size_t)(to - word->raw.at));
        for (word = end + 1; word <= last && !word->raw.len;)
            word++;
    }
    return cm_arena_str(r->arena, cm_buf_view(&joined));
}

static void end_sentence(struct reader *r)
{
    struct sentence sentence = { .count = r->open };
    const struct word *words = (const struct word *)(void *)r->words.at;

    if (!r->open)
        return;

    words += r->words.len / sizeof *words - r->open;
    sentence.segment = words->segment;
    sentence.side = segment_side(&r->segments[words->segment]);
    sentence.raw = raw_of(r, words, r->open);
    sentence.question = last_word(r)->mark == '?';
    cm_buf_put(&r->sentences, &sentence, sizeof sentence);
    r->open = 0;
}

static bool is_abbreviation(const struct word *word)
{
    return word_in(word, "mr|mrs|ms|dr|st|prof|inc|ltd|vs|no|approx|dept|ext") ||
           (word->low.len == 1 && word->capital && !word_is(word, "i"));
}

/* The punctuation behind a word. Returns how many bytes it takes. */
static size_t take_mark(struct reader *r, struct cm_str rest)
{
    struct word *word = last_word(r);
    char mark = rest.at[0];
    bool spaced = rest.len == 1 || !is_word_byte((unsigned char)rest.at[1]);

    if (rest.len >= 3 && memcmp(rest.at, "...", 3) == 0) {
        word->mark = ',';
        return 3;
    }
    if (mark == '.' && is_abbreviation(word))
        return 1;
    if (!word->mark || mark == '?')
        word->mark = mark;
    if ((mark == '.' && spaced) || mark == '?' || mark == '!') {
        size_t more = 1;

        while (more < rest.len && strchr("?!.", rest.at[more])) {
            if (rest.at[more] == '?')
                word->mark = '?';
            more++;
        }
        end_sentence(r);
        return more;
    }
    return 1;
}

static size_t take_word(struct reader *r, struct cm_str rest)
{
    struct word words[2];
    size_t count, len = word_take(rest, r->arena, words, &count);

    for (size_t i = 0; i < count; i++)
        words[i].segment = r->segment;
    cm_buf_put(&r->words, words, count * sizeof *words);
    r->open += count;
    return len;
}

static void read_segment(struct reader *r)
{
    struct cm_str text = r->segments[r->segment].text;
    size_t at = 0;

    while (at < text.len) {
        struct cm_str rest = { text.at + at, text.len - at };
        unsigned char c = (unsigned char)rest.at[0];
        char mark = typographic(rest.at, rest.len);
        bool sum = (c == '$' || c == '#') && rest.len > 1 && isdigit((unsigned char)rest.at[1]);

        if (mark) {
            if (r->open && mark != '"' && mark != '\'' && !last_word(r)->mark)
                last_word(r)->mark = mark;
            at += 3;
        } else if (is_word_byte(c) || sum) {
            at += take_word(r, rest);
            if (r->open >= SENTENCE_WORDS_MAX)
                end_sentence(r);
        } else if (r->open && strchr(".?!,;:-", c) && c) {
            at += take_mark(r, rest);
        } else {
            at++;
        }
    }
}

/* Does what was begun go on in this segment? */
static bool goes_on(const struct reader *r)
{
    const struct cm_segment *now = &r->segments[r->segment], *before = now - 1;

    return r->open && r->segment && segment_side(now) == segment_side(before) &&
           now->start_ms - before->end_ms <= JOIN_GAP_MS;
}

static void link_sentences(struct reading *reading, const struct word *words)
{
    bool spoke[2] = { false, false };

    for (size_t i = 0; i < reading->count; i++) {
        reading->sentences[i].words = words;
        words += reading->sentences[i].count;
        spoke[reading->sentences[i].side] = true;
    }
    reading->one_voice = !(spoke[SIDE_CALLER] && spoke[SIDE_AGENT]);
}

const struct reading *reading_new(const struct cm_transcript *transcript, struct cm_arena *arena)
{
    struct reading *reading = CM_NEW(arena, struct reading);
    struct reader r = { .arena = arena, .segments = transcript->segments };
    struct word *words;

    for (size_t i = 0; i < transcript->segment_count; i++) {
        r.segment = (uint32_t)i;
        if (!goes_on(&r))
            end_sentence(&r);
        read_segment(&r);
    }
    end_sentence(&r);

    reading->transcript = transcript;
    reading->arena = arena;
    reading->other = cm_str_is(transcript->direction, "outbound") ? SIDE_AGENT : SIDE_CALLER;
    reading->word_count = r.words.len / sizeof(struct word);
    reading->count = r.sentences.len / sizeof(struct sentence);
    words = CM_NEW_N(arena, struct word, reading->word_count);
    reading->sentences = CM_NEW_N(arena, struct sentence, reading->count);
    if (reading->count) {
        memcpy(words, r.words.at, r.words.len);
        memcpy(reading->sentences, r.sentences.at, r.sentences.len);
    }
    link_sentences(reading, words);
    cm_buf_finish(&r.words);
    cm_buf_finish(&r.sentences);
    return reading;
}
