#include "calls/half_word.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"

enum { REST_MIN = 2 }; /* bytes of a word in front of its ending */

static const struct ending {
    const char *text;
    bool added; /* not only where its first letters are there: "organiz", "cancell" */
} endings[] = {
    { "ed", true },       { "ing", true },      { "ation", true }, { "ator", false },
    { "ability", false }, { "ibility", false }, { "able", false }, { "ible", false },
    { "al", false },      { "ance", false },    { "ence", false }, { "ent", false },
    { "ful", false },     { "ion", false },     { "ism", false },  { "ity", false },
    { "ive", false },     { "ize", false },     { "ly", false },   { "ment", false },
    { "ement", false },   { "ness", false },    { "ous", false },
};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* ---- where it is, as websearch_to_tsquery reads a search ---- */

struct place {
    size_t begin; /* of the word that the next byte belongs to */
    bool quoted, left_out;
};

static bool is_between_words(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || strchr("&|!()", c);
}

static struct place last_place(struct cm_str search)
{
    struct place at = { 0 };

    for (size_t i = 0; i < search.len; i++) {
        const char c = search.at[i];

        if (c == '"') {
            at = (struct place){ .begin = i + 1, .quoted = !at.quoted };
        } else if (c == '-' && at.begin == i) {
            at = (struct place){ i + 1, at.quoted, .left_out = true };
        } else if (is_between_words(c)) {
            at.left_out &= at.begin == i; /* "- without" */
            at.begin = i + 1;
        }
    }
    return at;
}

/* ---- what it may mean ---- */

/* With the first `len` bytes of the ending, and something in front of them. */
static bool ends_with(struct cm_str word, const char *ending, size_t len)
{
    return word.len >= len + REST_MIN && strncasecmp(word.at + word.len - len, ending, len) == 0;
}

static struct cm_str forms_of(struct cm_str word, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf forms = { 0 };

    cm_buf_str(&forms, word);
    for (const struct ending *e = endings; e < endings + ENDINGS; e++)
        for (size_t len = e->added ? 0 : 1; e->text[len]; len++)
            if (ends_with(word, e->text, len))
                cm_buf_printf(&forms, " or %.*s%s", CM_STR_FMT(word), e->text + len);
    return cm_arena_str(arena, cm_buf_view(&forms));
}

static struct cm_str beginning_of(struct cm_str word, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf operand = { 0 };

    cm_buf_char(&operand, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] == '\'' || word.at[i] == '\\')
            cm_buf_char(&operand, word.at[i]);
        cm_buf_char(&operand, word.at[i]);
    }
    cm_buf_text(&operand, "':*");
    return cm_arena_str(arena, cm_buf_view(&operand));
}

struct half_word half_word_of(struct cm_str search, struct cm_arena *arena)
{
    struct place at = last_place(search);
    struct cm_str word;

    if (at.begin == search.len || at.quoted || at.left_out)
        return (struct half_word){ 0 };

    word = (struct cm_str){ search.at + at.begin, search.len - at.begin };
    return (struct half_word){
        .query = cm_arena_printf(arena, "%.*s" HALF_WORD_PLACE, (int)at.begin, search.at),
        .forms = forms_of(word, arena),
        .beginning = beginning_of(word, arena),
    };
}
