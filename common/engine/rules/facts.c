#include "engine/rules/facts.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "engine/rules/fact_words.h"

enum {
    NAME_WORDS = 4,
    COMPANY_WORDS = 5,
    EARLY = 8, /* of the contact's own sentences: where "this is Ada" is an introduction */
};

struct facts facts_new(struct cm_arena *arena)
{
    return (struct facts){ phrasebook_new(arena, fact_cues), phrasebook_new(arena, fact_places) };
}

/* ---- names ---- */

static bool is_name_word(const struct facts *rules, const struct sentence *sentence, size_t at)
{
    const struct word *word = &sentence->words[at];
    struct phrase_hit hit;

    if (!word->capital || word_is(word, "i") || memchr(word->low.at, '@', word->low.len) ||
        memchr(word->low.at, '.', word->low.len))
        return false;
    return !(phrase_at(rules->cues, sentence, at, &hit) && hit.value == CUE_NO_NAME);
}

/* "Peter Miller", "Ada de la Cruz", "Dr. Smith" from word `at` on. Returns how many words; 0: no
 * name. */
static size_t name_len(const struct facts *rules, const struct sentence *sentence, size_t at)
{
    size_t len = 0, particles = 0;

    while (at + len < sentence->count && len < NAME_WORDS) {
        const struct word *word = &sentence->words[at + len];

        if (is_name_word(rules, sentence, at + len))
            particles = 0;
        else if (len && word_in(word, "van|von|de|der|den|da|la|del|di|bin|al|el|le|st|ter"))
            particles++;
        else
            break;
        len++;
        if (word->mark && word->mark != '-')
            break;
    }
    return len - particles;
}

static struct cm_str join(struct cm_arena *arena, const struct word *words, size_t count)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    for (size_t i = 0; i < count; i++) {
        if (i && words[i].raw.len)
            cm_buf_char(&out, words[i - 1].mark == '-' ? '-' : ' ');
        cm_buf_str(&out, words[i].raw);
        if (word_in(&words[i], "mr|mrs|ms|dr|prof|inc|ltd|co"))
            cm_buf_char(&out, '.');
    }
    return cm_arena_str(arena, cm_buf_view(&out));
}

/* Letters that are spelled behind `at`, "S-T-E-P-H-A-N" or "s t e p h a n". Returns how many. */
static size_t spelled(const struct sentence *sentence, size_t at, char out[32])
{
    size_t len = 0;

    for (size_t i = at; i < sentence->count && len < 31; i++) {
        struct cm_str low = sentence->words[i].low;

        if (low.len == 1 && isalpha((unsigned char)low.at[0]))
            out[len++] = low.at[0];
        else if (len)
            break;
    }
    out[len] = '\0';
    return len >= 3 ? len : 0;
}

/* A spelling corrects the word of the name that it begins and about measures like. */
static struct cm_str corrected(const struct reading *reading, struct cm_str name,
                               const struct sentence *sentence, size_t behind)
{
    char letters[32];
    size_t len = spelled(sentence, behind, letters);
    CM_OWN_BUF struct cm_buf out = { 0 };
    struct cm_str rest = name, word;
    bool done = false;

    if (!len && sentence + 1 < reading->sentences + reading->count &&
        sentence[1].side == sentence->side)
        len = spelled(sentence + 1, 0, letters);
    if (!len)
        return name;
    while (cm_str_split(&rest, ' ', &word)) {
        if (out.len)
            cm_buf_char(&out, ' ');
        if (!done && tolower((unsigned char)word.at[0]) == letters[0] && word.len + 3 >= len &&
            len + 3 >= word.len) {
            cm_buf_char(&out, (char)toupper((unsigned char)letters[0]));
            cm_buf_put(&out, letters + 1, len - 1);
            done = true;
        } else {
            cm_buf_str(&out, word);
        }
    }
    return cm_arena_str(reading->arena, cm_buf_view(&out));
}

static bool ends_after(const struct sentence *sentence, size_t at)
{
    return at >= sentence->count || sentence->words[at - 1].mark ||
           word_in(&sentence->words[at],
                   "from|with|calling|and|here|at|speaking|over|again|in|on|i|returning");
}

/* "Kowalski, Jan Kowalski": the longer one, when it repeats the first. */
static size_t repeated(const struct facts *rules, const struct sentence *sentence, size_t *from,
                       size_t len)
{
    size_t again = *from + len,
           longer = again < sentence->count ? name_len(rules, sentence, again) : 0;

    for (size_t i = 0; len == 1 && i < longer; i++)
        if (longer > 1 && cm_str_eq(sentence->words[again + i].low, sentence->words[*from].low)) {
            *from = again;
            return longer;
        }
    return len;
}

/* The name that a cue in this sentence introduces. */
static struct said name_in(const struct facts *rules, const struct reading *reading,
                           const struct sentence *sentence, bool early)
{
    struct said none = { { 0 }, 0 };
    struct phrase_hit hit;

    for (size_t at = 0; phrase_next(rules->cues, sentence, &at, &hit);) {
        size_t from = hit.end, len;

        if (hit.value != CUE_NAME && hit.value != CUE_THIS_IS && hit.value != CUE_I_AM)
            continue;
        len = from < sentence->count ? name_len(rules, sentence, from) : 0;
        if (!len || (hit.value != CUE_NAME && !early &&
                     !word_in(&sentence->words[hit.end - 1], "speaking")))
            continue;
        if (hit.value != CUE_NAME && !ends_after(sentence, from + len))
            continue;
        len = repeated(rules, sentence, &from, len);
        return (struct said){ corrected(reading, join(reading->arena, sentence->words + from, len),
                                        sentence, from + len),
                              sentence->words[from].segment };
    }
    return none;
}

static size_t behind_greeting(const struct sentence *sentence)
{
    size_t at = 0;

    while (at < sentence->count &&
           word_in(&sentence->words[at],
                   "hi|hello|hey|yes|good|morning|afternoon|evening|yeah|oh|uh|um|so|"
                   "well|there"))
        at++;
    return at;
}

/* "Peter Miller speaking", "Peter here" at the start of a sentence. */
static struct said leading_name(const struct facts *rules, const struct reading *reading,
                                const struct sentence *sentence)
{
    size_t at = behind_greeting(sentence);
    size_t len = at < sentence->count ? name_len(rules, sentence, at) : 0;
    const struct word *next = &sentence->words[at + len];

    if (!len || at + len >= sentence->count || !word_in(next, "speaking|here|calling"))
        return (struct said){ { 0 }, 0 };
    if (word_is(next, "here") && !next->mark && at + len + 1 < sentence->count &&
        !word_is(next + 1, "from"))
        return (struct said){ { 0 }, 0 }; /* "Summer here is hot" */
    return (struct said){ join(reading->arena, sentence->words + at, len),
                          sentence->words[at].segment };
}

/* The answer to "may I have your name?": a sentence that is a name and nothing else. */
static struct said answered(const struct facts *rules, const struct reading *reading, size_t number,
                            int cue)
{
    const struct sentence *question = &reading->sentences[number - 1], *sentence = question + 1;
    size_t at = 0, len, asked = 0;
    struct phrase_hit hit;

    while (phrase_next(rules->cues, question, &asked, &hit) && hit.value != cue)
        ;
    if (hit.value != cue || question->side == sentence->side)
        return (struct said){ { 0 }, 0 };

    while (at < sentence->count &&
           word_in(&sentence->words[at], "yes|sure|of|course|it|is|uh|um|yeah|okay|that"))
        at++;
    len = at < sentence->count ? name_len(rules, sentence, at) : 0;
    if (!len || (at + len < sentence->count && !sentence->words[at + len - 1].mark))
        return (struct said){ { 0 }, 0 };
    return (struct said){ corrected(reading, join(reading->arena, sentence->words + at, len),
                                    sentence, at + len),
                          sentence->words[at].segment };
}

/* "My last name is Petrova." */
static struct said told_last_name(const struct facts *rules, const struct reading *reading,
                                  const struct sentence *sentence)
{
    struct phrase_hit hit;

    for (size_t at = 0; phrase_next(rules->cues, sentence, &at, &hit);) {
        size_t len = hit.value == CUE_LAST_NAME && hit.end < sentence->count
                         ? name_len(rules, sentence, hit.end)
                         : 0;

        if (len)
            return (struct said){ join(reading->arena, sentence->words + hit.end, len),
                                  sentence->words[hit.end].segment };
    }
    return (struct said){ { 0 }, 0 };
}

static struct said with_last_name(const struct facts *rules, const struct reading *reading,
                                  size_t from, struct said name)
{
    if (memchr(name.value.at, ' ', name.value.len))
        return name;
    for (size_t i = from; i < reading->count; i++) {
        const struct sentence *sentence = &reading->sentences[i];
        struct said last = { { 0 }, 0 };

        if (sentence->side == reading->other)
            last = told_last_name(rules, reading, sentence);
        if (!last.value.len && sentence->side == reading->other && i > from)
            last = answered(rules, reading, i, CUE_ASKS_LAST_NAME);
        if (!last.value.len)
            continue;
        if (memmem(last.value.at, last.value.len, name.value.at, name.value.len))
            name.value = last.value;
        else
            name.value = cm_arena_printf(reading->arena, "%.*s %.*s", CM_STR_FMT(name.value),
                                         CM_STR_FMT(last.value));
        break;
    }
    return name;
}

struct said facts_name(const struct facts *rules, const struct reading *reading)
{
    struct said name = { { 0 }, 0 };
    size_t own = 0;

    for (size_t i = 0; i < reading->count; i++) {
        const struct sentence *sentence = &reading->sentences[i];

        if (sentence->side != reading->other)
            continue;
        name = name_in(rules, reading, sentence, own < EARLY);
        if (!name.value.len && own++ < EARLY)
            name = leading_name(rules, reading, sentence);
        if (!name.value.len && i)
            name = answered(rules, reading, i, CUE_ASKS_NAME);
        if (name.value.len)
            return with_last_name(rules, reading, i, name);
    }
    return name;
}

/* ---- company ---- */

static bool is_company_word(const struct word *word)
{
    return (word->capital || (word->low.len && isdigit((unsigned char)word->low.at[0]))) &&
           !word_is(word, "i") && !memchr(word->low.at, '@', word->low.len);
}

static size_t company_len(const struct sentence *sentence, size_t at)
{
    size_t len = 0, joints = 0;

    while (at + len < sentence->count && len < COMPANY_WORDS) {
        const struct word *word = &sentence->words[at + len];

        if (is_company_word(word))
            joints = 0;
        else if (len && !joints && word_in(word, "and|of|the|for|on"))
            joints++;
        else
            break;
        len++;
        if (word->mark && word->mark != '-' && !word_in(word, "co|inc|st"))
            break;
    }
    return len - joints;
}

/* "from Chicago" is a place, "from Chicago Tools" is not. */
static bool is_place(const struct facts *rules, const struct sentence *sentence, size_t at,
                     size_t len)
{
    struct phrase_hit hit;

    return phrase_at(rules->places, sentence, at, &hit) && hit.end >= at + len;
}

static struct said company_in(const struct facts *rules, const struct reading *reading,
                              const struct sentence *sentence)
{
    struct said none = { { 0 }, 0 };
    struct phrase_hit hit;

    for (size_t at = 0; phrase_next(rules->cues, sentence, &at, &hit);) {
        size_t from = hit.end, len;

        if (hit.value == CUE_THIS_IS || hit.value == CUE_NAME || hit.value == CUE_I_AM) {
            len = from < sentence->count ? name_len(rules, sentence, from) : 0;
            len = repeated(rules, sentence, &from, len);
            from += len;
            if (from == hit.end || from >= sentence->count ||
                !word_in(&sentence->words[from], "from|with|at|of"))
                continue;
            from++;
        } else if (hit.value != CUE_COMPANY) {
            continue;
        }
        if (from < sentence->count && word_in(&sentence->words[from], "the|a|over|here"))
            from++;
        len = from < sentence->count ? company_len(sentence, from) : 0;
        if (len && !is_place(rules, sentence, from, len))
            return (struct said){ join(reading->arena, sentence->words + from, len),
                                  sentence->words[from].segment };
    }
    return none;
}

/* "Hi, Peter here from Acme Tools.": a name that leads, and where it is from. */
static struct said company_of_leading_name(const struct facts *rules, const struct reading *reading,
                                           const struct sentence *sentence)
{
    size_t at = behind_greeting(sentence);
    size_t len = at < sentence->count ? name_len(rules, sentence, at) : 0;

    at += len;
    if (len && at < sentence->count && word_in(&sentence->words[at], "here|calling|speaking"))
        at++;
    if (!len || at + 1 >= sentence->count || !word_is(&sentence->words[at], "from"))
        return (struct said){ { 0 }, 0 };
    at++;
    len = company_len(sentence, at);
    if (!len || is_place(rules, sentence, at, len))
        return (struct said){ { 0 }, 0 };
    return (struct said){ join(reading->arena, sentence->words + at, len),
                          sentence->words[at].segment };
}

struct said facts_company(const struct facts *rules, const struct reading *reading)
{
    struct said company = { { 0 }, 0 };
    size_t own = 0;

    for (size_t i = 0; i < reading->count && !company.value.len; i++) {
        const struct sentence *sentence = &reading->sentences[i];

        if (sentence->side != reading->other)
            continue;
        company = company_in(rules, reading, sentence);
        if (!company.value.len && own++ < EARLY)
            company = company_of_leading_name(rules, reading, sentence);
        if (!company.value.len && i)
            company = answered(rules, reading, i, CUE_ASKS_COMPANY);
    }
    return company;
}
