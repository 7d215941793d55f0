#include "engine/rules/todo_title.h"

#include <ctype.h>

#include "base/buf.h"

/* A title that is being made of words. */
struct title {
    struct cm_buf text;
    const struct todo_words *of;
    size_t keep; /* length of the text without words that no title ends with */
};

static const char trailing[] =
    "by|on|before|until|till|at|to|and|in|for|the|with|or|of|so|then|too|okay|"
    "alright|please|also|around|sometime|later|from|a|an|just|right|"
    "first|thing|again|well|as|within|within|no|than|about|yeah|uh|um";
static const char handing_over[] =
    "send|email|mail|fax|forward|ship|text|deliver|bring|give|resend|"
    "sending|emailing|mailing|shipping|bringing|leave|provide|issue|buy|order";

static const struct word *word_at(const struct todo_words *of, size_t i)
{
    static const struct word nothing = { .low = { "", 0 } };

    return i < of->end ? &of->sentence->words[i] : &nothing;
}

static bool starts_clause(const struct sentence *sentence, size_t i)
{
    return i < sentence->count &&
           word_in(&sentence->words[i],
                   "i|we|you|he|she|they|it|that|this|there|so|but|because|if|which|okay|"
                   "alright|right|please|sir|ma'am|maam|then|just|no|yes|well|um|uh|"
                   "unless|though|although|thank|thanks|is|does|sound|sounds");
}

/* "and you ...", "and our engineer will ...": somebody else's, or the next thing. */
static bool starts_new_subject(const struct sentence *sentence, size_t i)
{
    if (i >= sentence->count)
        return false;
    if (word_in(&sentence->words[i],
                "i|we|you|he|she|they|it|that|this|if|can|please|thank|thanks"))
        return true;
    for (size_t k = i + 1; k < sentence->count && k < i + 6; k++)
        if (word_in(&sentence->words[k], "will|is|are"))
            return word_in(&sentence->words[i], "our|my|the|someone|somebody|one|a");
    return false;
}

size_t clause_end(const struct sentence *sentence, size_t from)
{
    for (size_t i = from + 1; i < sentence->count; i++) {
        const struct word *before = &sentence->words[i - 1], *word = &sentence->words[i];
        bool pause = before->mark == ',' || before->mark == ';' || before->mark == ':';

        if (word_in(word, "because|but|although|though|unless|which"))
            return i;
        if (word_in(word, "so|okay|alright") &&
            (before->mark || starts_new_subject(sentence, i + 1)))
            return i;
        if (word_is(word, "and") && starts_new_subject(sentence, i + 1))
            return i;
        if (pause && starts_clause(sentence, i) && !word_is(word, "and"))
            return i;
        if (pause && word->capital && i + 2 >= sentence->count && !word_is(word, "i"))
            return i; /* ", Peter." */
    }
    return sentence->count;
}

static void put(struct title *title, struct cm_str text, char mark, bool may_end)
{
    bool hyphen = title->text.len && title->text.at[title->text.len - 1] == '-';

    if (title->text.len && !hyphen)
        cm_buf_char(&title->text, ' ');
    cm_buf_str(&title->text, text);
    if (may_end)
        title->keep = title->text.len;
    if (mark == ',' || mark == '-')
        cm_buf_char(&title->text, mark);
}

/* "you" in "send you the quote", "me" in "email me the form": the one who gets it goes without
 * saying. */
static bool goes_without_saying(const struct title *title, size_t i)
{
    const struct todo_words *of = title->of;
    const struct word *before = word_at(of, i - 1), *next = word_at(of, i + 1);

    if (i == of->from + 1)
        return (word_in(before, handing_over) || word_is(before, "get")) && next->low.len &&
               !before->mark && i + 1 != of->due_from &&
               !word_in(
                   next,
                   "back|know|up|with|at|on|in|by|when|as|to|if|about|for|and|over|once|or|"
                   "within|before|after|again|later|directly|from|through|then|tomorrow|today");
    return word_is(before, "to") && i > of->from + 2 &&
           word_in(word_at(of, of->from), handing_over);
}

static struct cm_str role(enum side side, bool possessive)
{
    if (side == SIDE_CALLER)
        return possessive ? CM_STR("the caller's") : CM_STR("the caller");
    return possessive ? CM_STR("the agent's") : CM_STR("the agent");
}

/* I, you, my and your, seen from the one whose to-do it is. False: an ordinary word. */
static bool put_pronoun(struct title *title, const struct word *word, size_t i)
{
    const struct todo_words *of = title->of;
    bool own = of->sentence->side == of->owner;
    enum side other = side_across(of->owner);

    if (word_in(word, own ? "you" : "me|us")) {
        if (i > of->from && goes_without_saying(title, i)) {
            if (word_is(word_at(of, i - 1), "to"))
                title->text.len = title->keep; /* "to", which no title ends with */
        } else {
            put(title, role(other, false), word->mark, true);
        }
        return true;
    }
    if (word_in(word, own ? "your" : "my|our"))
        put(title, role(other, true), word->mark, false);
    else if (word_in(word, own ? "my" : "your"))
        put(title, CM_STR("the"), word->mark, false);
    else
        return false;
    return true;
}

static bool is_for_you(const struct todo_words *of, size_t i)
{
    return word_is(word_at(of, i), "for") && word_in(word_at(of, i + 1), "you|me|us") &&
           (i + 2 >= of->end || word_at(of, i + 1)->mark || i + 2 == of->due_from);
}

static bool is_filler(const struct word *word)
{
    return word_in(word, "please|actually|basically|definitely|certainly|uh|um|just|kindly|er");
}

struct cm_str todo_title(const struct todo_words *words, struct cm_arena *arena)
{
    struct title title = { .of = words };
    struct cm_str text;

    if (words->lead.len)
        put(&title, words->lead, 0, true);
    for (size_t i = words->from; i < words->end; i++) {
        const struct word *word = &words->sentence->words[i];

        if (i >= words->due_from && i < words->due_end)
            continue;
        if (is_for_you(words, i)) {
            i++;
            continue;
        }
        if (put_pronoun(&title, word, i) || is_filler(word))
            continue;
        if (i == words->from && words->verb.len)
            put(&title, words->verb, word->mark, true);
        else /* the rest of a contraction was written with its first half */
            put(&title, word->raw.len ? word->raw : word->low, word->mark,
                !word_in(word, trailing));
    }
    title.text.len = title.keep;
    if (title.keep)
        title.text.at[0] = (char)toupper((unsigned char)title.text.at[0]);
    text = cm_arena_str(arena, cm_buf_view(&title.text));
    cm_buf_finish(&title.text);
    return text_cut(arena, text, CM_TITLE_MAX);
}
