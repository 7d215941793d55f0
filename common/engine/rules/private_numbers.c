#include "engine/rules/private_numbers.h"

enum { TOPIC_REACH = 6, BRIEF = 3 }; /* sentences; words */

enum topic { TOPIC_NONE, TOPIC_CARD, TOPIC_SSN, TOPIC_CODE, TOPICS };

static const struct phrase_row topics[] = {
    { TOPIC_CARD, "card, visa, mastercard, amex, american express, credit card, debit card" },
    { TOPIC_SSN,
      "social security, social security number, ssn, social is, your social, my social" },
    { TOPIC_CODE, "security code, cvv, cvc, three digits, four digits on, code on the back, "
                  "verification code on the" },
    { 0, NULL },
};

/* The number that is being read, and when its subject last came up. */
struct search {
    const struct phrasebook *book;
    struct digits digits;
    const struct sentence *last; /* with a digit in it */
    enum side side;
    size_t heard[TOPICS]; /* sentence number + 1 */
    size_t now, began;    /* sentence numbers: of this one, of the first digit */
    void (*found)(void *ctx, enum private_number kind, const struct sentence *sentence);
    void *ctx;
};

struct phrasebook *private_numbers_new(struct cm_arena *arena)
{
    return phrasebook_new(arena, topics);
}

static bool is_about(const struct search *s, enum topic topic)
{
    return s->heard[topic] && s->began + 1 <= s->heard[topic] + TOPIC_REACH;
}

static void end_number(struct search *s)
{
    size_t len = s->digits.len;

    if (len >= 13 && len <= 19 && (is_about(s, TOPIC_CARD) || digits_luhn(s->digits.at, len)))
        s->found(s->ctx, PRIVATE_CARD, s->last);
    else if (len == 9 && is_about(s, TOPIC_SSN))
        s->found(s->ctx, PRIVATE_SSN, s->last);
    else if ((len == 3 || len == 4) && is_about(s, TOPIC_CODE))
        s->found(s->ctx, PRIVATE_CARD_CODE, s->last);
    s->digits = (struct digits){ 0 };
}

/* Words between digits that do not end a number. */
static bool is_joint(const struct word *word)
{
    return word_in(word, "and|then|dash|hyphen|space|uh|um|okay|yes|again|next|is|it|the|comma");
}

static bool is_digits(const struct word *word)
{
    struct digits probe = { 0 };

    return digits_add(&probe, word);
}

static void read_digits(struct search *s, const struct sentence *sentence, const struct word *word)
{
    if (s->side != sentence->side)
        end_number(s); /* the other side's digits are another number */
    if (!s->digits.len)
        s->began = s->now;
    digits_add(&s->digits, word);
    s->side = sentence->side;
    s->last = sentence;
}

static void read_sentence(struct search *s, const struct sentence *sentence)
{
    struct phrase_hit hit;
    bool any = false;

    for (size_t at = 0; phrase_next(s->book, sentence, &at, &hit);)
        s->heard[hit.value] = s->now + 1;
    for (size_t i = 0; i < sentence->count; i++) {
        const struct word *word = &sentence->words[i];

        if (is_digits(word)) {
            read_digits(s, sentence, word);
            any = true;
        } else if (s->digits.len && s->side == sentence->side && !is_joint(word)) {
            end_number(s);
        }
    }
    if (!any && sentence->count > BRIEF)
        end_number(s);
}

void private_numbers_find(const struct phrasebook *book, const struct reading *reading,
                          void (*found)(void *ctx, enum private_number kind,
                                        const struct sentence *sentence),
                          void *ctx)
{
    struct search search = { .book = book, .found = found, .ctx = ctx };

    for (search.now = 0; search.now < reading->count; search.now++)
        read_sentence(&search, &reading->sentences[search.now]);
    end_number(&search);
}
