#include "engine/rules/phrases.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { GAP = 4 };
#define NONE UINT32_MAX

struct element {
    uint32_t first, count; /* of `choices`: ids of words */
    bool optional, gap;    /* gap: up to GAP words before this element */
};

struct pattern {
    uint32_t first, count; /* of `elements` */
    int value;
    bool at_start, at_end;
};

struct start { /* a pattern that a word may begin; a list per word */
    uint32_t pattern, next;
};

struct entry {
    struct cm_str word;
    uint32_t hash, starts;
};

struct phrasebook {
    const struct element *elements;
    const uint32_t *choices;
    const struct pattern *patterns;
    const struct start *starts;
    struct entry *slots; /* open addressing; the slot is the word's id */
    uint32_t mask;
};

/* A book that is being made. */
struct maker {
    struct cm_buf elements, choices, patterns, starts;
    struct phrasebook *book;
};

static uint32_t find_slot(const struct phrasebook *book, struct cm_str word, uint32_t hash)
{
    uint32_t slot = hash & book->mask;

    while (book->slots[slot].word.len &&
           !(book->slots[slot].hash == hash && cm_str_eq(book->slots[slot].word, word)))
        slot = (slot + 1) & book->mask;
    return slot;
}

static uint32_t intern(struct phrasebook *book, struct cm_str word)
{
    uint32_t hash = word_hash(word), slot = find_slot(book, word, hash);

    if (!book->slots[slot].word.len)
        book->slots[slot] = (struct entry){ .word = word, .hash = hash, .starts = NONE };
    return slot;
}

static void put_start(struct maker *m, uint32_t word, uint32_t pattern)
{
    struct start start = { .pattern = pattern, .next = m->book->slots[word].starts };

    m->book->slots[word].starts = (uint32_t)(m->starts.len / sizeof start);
    cm_buf_put(&m->starts, &start, sizeof start);
}

/* One element: "a|b?". The first of a pattern is what its words are looked up by. */
static void put_element(struct maker *m, struct cm_str text, bool gap, bool is_first)
{
    struct element element = { .first = (uint32_t)(m->choices.len / sizeof(uint32_t)), .gap = gap };
    struct cm_str choice;

    if (text.at[text.len - 1] == '?') {
        element.optional = true;
        text.len--;
    }
    while (cm_str_split(&text, '|', &choice)) {
        uint32_t word = intern(m->book, choice);

        if (!choice.len || memchr(choice.at, '?', choice.len))
            abort(); /* a table of ours is malformed */

        cm_buf_put(&m->choices, &word, sizeof word);
        element.count++;
        if (is_first)
            put_start(m, word, (uint32_t)(m->patterns.len / sizeof(struct pattern)));
    }
    cm_buf_put(&m->elements, &element, sizeof element);
}

static void put_pattern(struct maker *m, struct cm_str text, int value)
{
    struct pattern pattern = { .first = (uint32_t)(m->elements.len / sizeof(struct element)),
                               .value = value };
    struct cm_str part;
    bool gap = false;

    while (cm_str_split(&text, ' ', &part)) {
        if (!part.len)
            continue;
        if (cm_str_is(part, "^")) {
            pattern.at_start = true;
        } else if (cm_str_is(part, "$")) {
            pattern.at_end = true;
        } else if (cm_str_is(part, "..")) {
            gap = true;
        } else {
            put_element(m, part, gap, pattern.count == 0);
            pattern.count++;
            gap = false;
        }
    }
    if (pattern.count)
        cm_buf_put(&m->patterns, &pattern, sizeof pattern);
}

static void *settle(struct cm_arena *arena, struct cm_buf *buf)
{
    void *at = cm_arena_alloc(arena, buf->len + 1);

    if (buf->len)
        memcpy(at, buf->at, buf->len);
    cm_buf_finish(buf);
    return at;
}

/* Room for every word of the table, at most half full. */
static uint32_t slots_for(const struct phrase_row rows[])
{
    size_t words = 0;
    uint32_t slots = 16;

    for (size_t i = 0; rows[i].patterns; i++, words++)
        for (const char *c = rows[i].patterns; *c; c++)
            words += *c == ' ' || *c == '|';
    while (slots < 2 * words)
        slots *= 2;
    return slots;
}

struct phrasebook *phrasebook_new(struct cm_arena *arena, const struct phrase_row rows[])
{
    struct phrasebook *book = CM_NEW(arena, struct phrasebook);
    struct maker m = { .book = book };
    uint32_t slots = slots_for(rows);

    book->mask = slots - 1;
    book->slots = CM_NEW_N(arena, struct entry, slots);
    for (size_t i = 0; rows[i].patterns; i++) {
        struct cm_str rest = cm_str_of(rows[i].patterns), pattern;

        while (cm_str_split(&rest, ',', &pattern))
            put_pattern(&m, cm_str_trim(pattern), rows[i].value);
    }
    book->elements = settle(arena, &m.elements);
    book->choices = settle(arena, &m.choices);
    book->patterns = settle(arena, &m.patterns);
    book->starts = settle(arena, &m.starts);
    return book;
}

static bool is_choice(const struct phrasebook *book, const struct element *element,
                      const struct word *word)
{
    for (uint32_t i = 0; i < element->count; i++) {
        const struct entry *entry = &book->slots[book->choices[element->first + i]];

        if (entry->hash == word->hash && cm_str_eq(entry->word, word->low))
            return true;
    }
    return false;
}

/* Where the pattern's elements from `n` on end when they match from word `at` on; 0: they do not.
 * Recursion goes as deep as a pattern is long. */
static size_t match_from(const struct phrasebook *book, const struct pattern *pattern, uint32_t n,
                         const struct sentence *sentence, size_t at)
{
    const struct element *element = &book->elements[pattern->first + n];
    size_t tries, end = 0;

    if (n == pattern->count)
        return pattern->at_end && at != sentence->count ? 0 : at;

    tries = element->gap ? GAP : 0;
    for (size_t skip = 0; skip <= tries && at + skip < sentence->count && !end; skip++)
        if (is_choice(book, element, &sentence->words[at + skip]))
            end = match_from(book, pattern, n + 1, sentence, at + skip + 1);
    if (!end && element->optional)
        end = match_from(book, pattern, n + 1, sentence, at);
    return end;
}

/* Is word `at` the first but for "well", "okay", "hello" and the like? */
static bool is_start(const struct sentence *sentence, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (!word_in(&sentence->words[i],
                     "well|okay|so|and|but|um|uh|er|oh|ah|hi|hello|hey|yes|yeah|"
                     "no|sure|alright|right|good|morning|afternoon|evening|there"))
            return false;
    return true;
}

bool phrase_at(const struct phrasebook *book, const struct sentence *sentence, size_t at,
               struct phrase_hit *hit)
{
    const struct word *word = &sentence->words[at];
    const struct entry *entry = &book->slots[find_slot(book, word->low, word->hash)];
    size_t best = 0;
    uint32_t best_pattern = NONE;

    if (!entry->word.len)
        return false;

    for (uint32_t i = entry->starts; i != NONE; i = book->starts[i].next) {
        uint32_t number = book->starts[i].pattern;
        const struct pattern *pattern = &book->patterns[number];
        size_t end;

        if (pattern->at_start && !is_start(sentence, at))
            continue;
        end = match_from(book, pattern, 1, sentence, at + 1);
        if (end > best || (end && end == best && number < best_pattern)) {
            best = end;
            best_pattern = number;
        }
    }
    if (!best)
        return false;

    *hit = (struct phrase_hit){ at, best, book->patterns[best_pattern].value };
    return true;
}

bool phrase_next(const struct phrasebook *book, const struct sentence *sentence, size_t *at,
                 struct phrase_hit *hit)
{
    for (; *at < sentence->count; ++*at) {
        if (!phrase_at(book, sentence, *at, hit))
            continue;
        *at = hit->end;
        return true;
    }
    return false;
}

bool phrase_any(const struct phrasebook *book, const struct sentence *sentence)
{
    struct phrase_hit hit;
    size_t at = 0;

    return phrase_next(book, sentence, &at, &hit);
}
