#include "engine/rules/keywords.h"

#include <string.h>

#include "base/buf.h"

enum { KEYWORDS_MAX = 12, QUOTES_MAX = 10, QUOTE_MAX = 240 };

static const char explanation[] =
    "The built-in engine answers prompts about sentiment, compliance, summary and talk ratio; for "
    "any "
    "other it looks for the prompt's words. A language model can be configured with TEXT_ENGINE.";

static const struct phrase_row stop_words[] = {
    { 1, "a|about|after|again|all|also|am|an|and|any|anything|are|as|at|back|be|because|been|"
         "before|being|but|by|"
         "can|could|did|do|does|doing|done|else|for|from|get|got|had|has|have|having|he|hello|her|"
         "here|hers|hi|"
         "him|his|how|i|if|in|into|is|it|its|just|know|let|like|may|me|might|mine|more|most|much|"
         "must|my|no|not|"
         "now|of|off|okay|on|one|only|or|other|our|out|over|please|really|right|same|say|see|shall|"
         "she|should|"
         "so|some|something|such|sure|take|than|thank|thanks|that|the|their|them|then|there|these|"
         "they|thing|"
         "things|this|those|to|too|uh|um|up|us|very|was|we|well|were|what|when|where|which|while|"
         "who|why|will|"
         "with|would|yeah|yes|you|your|yours|going|go|think|want|actually|oh|alright|bye|goodbye|"
         "great|good|fine" },
    { 0, NULL },
};

/* Words of instructions: they tell what to do, not what to look for. */
static const struct phrase_row prompt_words[] = {
    { 1,
      "list|find|tell|mention|mentions|mentioned|mentioning|caller|callers|agent|agents|call|calls|"
      "check|"
      "whether|identify|write|give|show|every|each|transcript|conversation|customer|customers|"
      "detect|flag|"
      "report|extract|analyze|analyse|analysis|analyzer|answer|question|questions|note|look|search|"
      "keyword|keywords|word|words|phrase|phrases|sentence|sentences|quote|quotes|said|says|person|"
      "people|"
      "does|whatever|otherwise|else|none|return|describe|short|example|e.g|speaker|discuss|"
      "discussed|"
      "talk|talked|ask|asked|text|output|result|results|following|point|points|bullet|moment|"
      "moments" },
    { 0, NULL },
};

struct keywords keywords_new(struct cm_arena *arena)
{
    return (struct keywords){ phrasebook_new(arena, stop_words),
                              phrasebook_new(arena, prompt_words) };
}

bool is_stop_word(const struct keywords *rules, const struct sentence *sentence, size_t at)
{
    struct phrase_hit hit;

    return sentence->words[at].low.len < 2 || phrase_at(rules->stop_words, sentence, at, &hit);
}

struct cm_str word_stem(struct cm_str low)
{
    static const char *const endings[] = { "ations", "ation", "ments", "ment", "ings", "ing", "ers",
                                           "er",     "ies",   "es",    "ed",   "s",    "e",   "y" };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t len = strlen(endings[i]);

        if (low.len >= len + 3 && memcmp(low.at + low.len - len, endings[i], len) == 0)
            return (struct cm_str){ low.at, low.len - len };
    }
    return low;
}

struct chosen {
    struct cm_str word[KEYWORDS_MAX], stem[KEYWORDS_MAX];
    size_t count;
};

static bool is_chosen(const struct chosen *chosen, struct cm_str stem)
{
    for (size_t i = 0; i < chosen->count; i++)
        if (cm_str_eq(chosen->stem[i], stem))
            return true;
    return false;
}

/* The words to look for: what stands in quotes when something does, else all that carry meaning. */
static void choose(const struct keywords *rules, const struct sentence *sentence, bool quoted,
                   struct chosen *chosen)
{
    struct phrase_hit hit;

    for (size_t i = 0; i < sentence->count && chosen->count < KEYWORDS_MAX; i++) {
        struct cm_str low = sentence->words[i].low, stem = word_stem(low);

        if (is_stop_word(rules, sentence, i) || is_chosen(chosen, stem) ||
            (!quoted && phrase_at(rules->prompt_words, sentence, i, &hit)))
            continue;
        chosen->word[chosen->count] = low;
        chosen->stem[chosen->count++] = stem;
    }
}

/* What stands between quotation marks, joined; empty: nothing does. */
static struct cm_str quoted_part(struct cm_str prompt, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_str rest = prompt, part;

    for (bool inside = false; cm_str_split(&rest, '"', &part); inside = !inside)
        if (inside && rest.at) {
            cm_buf_str(&out, part);
            cm_buf_char(&out, ' ');
        }
    return cm_arena_str(arena, cm_buf_view(&out));
}

static bool speaks_of(const struct sentence *sentence, const struct chosen *chosen)
{
    for (size_t i = 0; i < sentence->count; i++)
        if (is_chosen(chosen, word_stem(sentence->words[i].low)))
            return true;
    return false;
}

static size_t put_quotes(struct cm_buf *out, const struct reading *reading,
                         const struct chosen *chosen)
{
    size_t found = 0;

    for (size_t i = 0; i < reading->count; i++) {
        const struct sentence *sentence = &reading->sentences[i];
        struct cm_str quote;

        if (!speaks_of(sentence, chosen) || found++ >= QUOTES_MAX)
            continue;
        quote = text_cut(reading->arena, sentence->raw, QUOTE_MAX);
        cm_buf_printf(out, "\n- %s, %s: \"%.*s\"", side_label(sentence->side),
                      segment_clock(reading, sentence->segment).at, CM_STR_FMT(quote));
    }
    return found;
}

static void choose_from(const struct keywords *rules, const struct reading *reading,
                        struct cm_str prompt, struct chosen *chosen)
{
    struct cm_str quoted = quoted_part(prompt, reading->arena);
    struct cm_segment said = { .role = CM_STR("agent"), .text = quoted.len ? quoted : prompt };
    struct cm_transcript transcript = { .segments = &said, .segment_count = 1 };
    const struct reading *asked = reading_new(&transcript, reading->arena);

    for (size_t i = 0; i < asked->count; i++)
        choose(rules, &asked->sentences[i], quoted.len > 0, chosen);
}

struct cm_str keywords_text(const struct keywords *rules, const struct reading *reading,
                            struct cm_str prompt)
{
    struct chosen chosen = { .count = 0 };
    CM_OWN_BUF struct cm_buf out = { 0 }, quotes = { 0 };
    size_t found;

    choose_from(rules, reading, prompt, &chosen);
    if (!chosen.count)
        return CM_STR(explanation);

    found = put_quotes(&quotes, reading, &chosen);
    if (found)
        cm_buf_printf(&out, "%zu sentence%s ", found, found == 1 ? " mentions" : "s mention");
    else
        cm_buf_text(&out, "No sentence mentions ");
    for (size_t i = 0; i < chosen.count; i++)
        cm_buf_printf(&out, "%s\"%.*s\"", i ? ", " : "", CM_STR_FMT(chosen.word[i]));
    cm_buf_char(&out, found ? ':' : '.');
    cm_buf_str(&out, cm_buf_view(&quotes));
    if (found > QUOTES_MAX)
        cm_buf_printf(&out, "\n- ... and %zu more.", found - QUOTES_MAX);
    cm_buf_printf(&out, "\n%s", explanation);
    return cm_arena_str(reading->arena, cm_buf_view(&out));
}
