#include "engine/rules/commitments.h"

#include <ctype.h>
#include <string.h>

#include "engine/rules/commitment_words.h"
#include "engine/rules/commitment_list.h"

enum {
    ANSWER_REACH = 4, /* sentences in which the other side agrees */
    DOUBT_REACH = 5,  /* words */
};

struct search {
    const struct commitments *rules;
    const struct reading *reading;
    struct day call;
    struct commitment_list list;
};

/* A sentence in which a verb may follow at `verb`. */
struct candidate {
    const struct sentence *sentence;
    size_t number, opened, verb;
    enum opener opener;
    enum action action;
    struct cm_str infinitive, lead;
};

struct commitments commitments_new(struct cm_arena *arena, const struct keywords *keywords)
{
    return (struct commitments){ phrasebook_new(arena, commitment_openers),
                                 phrasebook_new(arena, commitment_actions),
                                 phrasebook_new(arena, commitment_agreements),
                                 phrasebook_new(arena, commitment_bars), keywords };
}

/* ---- is it one? ---- */

static bool is_polite_if(const struct sentence *sentence, size_t at)
{
    return at + 2 < sentence->count && word_in(&sentence->words[at + 1], "that|it|this") &&
           word_in(&sentence->words[at + 2], "is|works|suits");
}

/* Does `if` begin what is to be found out: "check if", "ask my brother if"? */
static bool is_question_if(const struct sentence *sentence, size_t at)
{
    for (size_t i = at; i-- > 0 && at - i <= 5 && !sentence->words[i].mark;)
        if (word_in(&sentence->words[i], "check|see|ask|out|verify|confirm|look|know"))
            return true;
    return false;
}

static bool is_barred_before(const struct search *s, const struct candidate *c)
{
    struct phrase_hit hit;

    for (size_t i = 0; i < c->opened; i++) {
        size_t gap;

        if (!phrase_at(s->rules->bars, c->sentence, i, &hit))
            continue;
        gap = c->opened - i;
        if (hit.value == BAR_CONDITION && !is_question_if(c->sentence, i))
            return true;
        if (hit.value == BAR_CONDITION || hit.value == BAR_NOW || gap > DOUBT_REACH)
            continue;
        for (size_t k = i; k < c->opened; k++)
            gap = c->sentence->words[k].mark ? 0 : gap; /* another clause */
        if (gap)
            return true;
    }
    return false;
}

static bool is_barred_behind(const struct search *s, const struct candidate *c, bool has_due)
{
    struct phrase_hit hit;

    for (size_t i = c->verb; i < c->sentence->count; i++) {
        if (!phrase_at(s->rules->bars, c->sentence, i, &hit))
            continue;
        if (hit.value == BAR_CONDITION && !is_polite_if(c->sentence, i) &&
            !is_question_if(c->sentence, i))
            return true;
        if (hit.value == BAR_NOW && !has_due)
            return true;
    }
    return false;
}

static bool agrees(const struct search *s, const struct sentence *sentence)
{
    if (!phrase_any(s->rules->agreements, sentence))
        return false;
    for (size_t i = 0; i < sentence->count; i++)
        if (word_in(&sentence->words[i], "but|not|unfortunately|cannot|why"))
            return false;
    return true;
}

/* What the other side says next; NULL: nothing. */
static const struct sentence *reply_to(const struct search *s, const struct candidate *c)
{
    for (size_t i = c->number + 1; i < s->reading->count && i <= c->number + ANSWER_REACH; i++)
        if (s->reading->sentences[i].side != c->sentence->side)
            return &s->reading->sentences[i];
    return NULL;
}

static bool is_agreed(const struct search *s, const struct candidate *c)
{
    const struct sentence *reply = reply_to(s, c);

    return reply && agrees(s, reply);
}

static bool is_one(const struct search *s, const struct candidate *c, bool has_due)
{
    bool asked = c->opener == OPEN_OFFER || c->opener == OPEN_REQUEST;

    if (c->action == ACT_DATED && !has_due)
        return false;
    if (c->action == ACT_WEAK && !has_due && c->opener != OPEN_WILL && c->opener != OPEN_OFFER)
        return false;
    if ((c->opener == OPEN_DOING || c->opener == OPEN_PROMISED) && !has_due)
        return false;
    if (c->sentence->question && !asked)
        return false;
    if (c->opener == OPEN_PROMISED && c->sentence->side == s->reading->other &&
        !s->reading->one_voice)
        return false;
    if (is_barred_before(s, c) || is_barred_behind(s, c, has_due))
        return false;
    return !asked || is_agreed(s, c);
}

/* ---- what is it? ---- */

/* "Can you send it?" "Yes, this evening." */
static bool find_due_in_reply(const struct search *s, const struct candidate *c, struct found *new)
{
    const struct sentence *reply = c->opener == OPEN_REQUEST ? reply_to(s, c) : NULL;
    size_t end;

    for (size_t i = 0; reply && i < reply->count; i++)
        if (day_said(reply, i, s->call, &new->due, &end)) {
            new->answer = reply;
            return true;
        }
    return false;
}

/* The day in the clause, or else one that led to it ("Tomorrow I will call you"). */
static bool find_due(const struct search *s, const struct candidate *c, struct found *new)
{
    struct todo_words *words = &new->words;
    struct day *due = &new->due;
    size_t end;

    for (size_t i = c->verb + 1; i < words->end; i++)
        if (day_said(c->sentence, i, s->call, due, &end)) {
            words->due_from = i;
            words->due_end = end > words->end ? words->end : end;
            return true;
        }
    for (size_t i = words->end; i < c->sentence->count && i < words->end + 3; i++)
        if (day_said(c->sentence, i, s->call, due, &end) && end == c->sentence->count)
            return true;
    for (size_t i = 0; i < c->opened; i++)
        if (day_said(c->sentence, i, s->call, due, &end) && end <= c->opened &&
            (end == c->opened ||
             (end + 1 == c->opened && !word_is(&c->sentence->words[end], "and"))))
            return true;
    return find_due_in_reply(s, c, new);
}

static struct cm_str infinitive_of(const struct search *s, const struct sentence *sentence,
                                   size_t at, enum action *action)
{
    static const char *const endings[] = { "", "e" };
    struct cm_str low = sentence->words[at].low, stem = { low.at, low.len - 3 };
    struct word *words = CM_NEW_N(s->reading->arena, struct word, sentence->count);
    struct sentence tried = *sentence;
    struct phrase_hit hit;

    memcpy(words, sentence->words, sentence->count * sizeof *words);
    tried.words = words;
    for (size_t i = 0; i < 3; i++) {
        bool doubled = stem.len > 2 && stem.at[stem.len - 1] == stem.at[stem.len - 2];

        if (i == 2 && !doubled)
            break;
        words[at].low =
            i == 2 ? (struct cm_str){ stem.at, stem.len - 1 }
                   : cm_arena_printf(s->reading->arena, "%.*s%s", CM_STR_FMT(stem), endings[i]);
        words[at].hash = word_hash(words[at].low);
        if (phrase_at(s->rules->actions, &tried, at, &hit)) {
            *action = (enum action)hit.value;
            return words[at].low;
        }
    }
    return (struct cm_str){ 0 };
}

static bool is_gerund(const struct word *word)
{
    return word->low.len > 5 && memcmp(word->low.at + word->low.len - 3, "ing", 3) == 0;
}

/* Passes over "also", "then", "personally" to the verb and says what kind of doing it is. */
static void find_action(const struct search *s, struct candidate *c)
{
    const struct sentence *sentence = c->sentence;
    struct phrase_hit hit;

    while (c->verb < sentence->count &&
           word_in(&sentence->words[c->verb],
                   "also|definitely|certainly|then|personally|gladly|happily|absolutely|"
                   "surely|still|immediately|quickly|of|course|actually|please|uh|um|just"))
        c->verb++;
    if (c->verb >= sentence->count)
        return;
    if (c->opener == OPEN_DOING || word_is(&sentence->words[c->verb], "be")) {
        size_t doing = c->verb + (c->opener != OPEN_DOING);

        /* "will you be paying by card?" asks for nothing */
        if (c->opener != OPEN_REQUEST && doing < sentence->count &&
            is_gerund(&sentence->words[doing])) {
            c->verb = doing;
            c->infinitive = infinitive_of(s, sentence, doing, &c->action);
            return;
        }
    }
    if (c->opener == OPEN_DOING)
        return;
    if (phrase_at(s->rules->actions, sentence, c->verb, &hit))
        c->action = (enum action)hit.value;
    else if (c->opener == OPEN_WILL && sentence->words[c->verb].low.len > 3)
        c->action =
            ACT_DATED; /* a verb that no table has is taken at its word when a day is named */
}

/* "our technician" of "our technician will call you". */
static struct cm_str lead_of(const struct search *s, const struct candidate *c)
{
    struct cm_str from = c->sentence->words[c->opened].raw, to = from;

    for (size_t i = c->opened; i < c->verb && !word_in(&c->sentence->words[i], "will|is|are"); i++)
        if (c->sentence->words[i].raw.len &&
            c->sentence->words[i].segment == c->sentence->words[c->opened].segment)
            to = c->sentence->words[i].raw;
    return cm_arena_printf(s->reading->arena, "have %c%.*s", tolower((unsigned char)from.at[0]),
                           (int)(to.at + to.len - from.at) - 1, from.at + 1);
}

static void take(struct search *s, struct candidate *c)
{
    struct found new = { .sentence_number = c->number };
    enum side side = c->sentence->side;

    if (c->action == ACT_NONE || c->action == ACT_NOT)
        return;
    new.words =
        (struct todo_words){ .sentence = c->sentence,
                             .from = c->verb,
                             .end = clause_end(c->sentence, c->verb),
                             .verb = c->infinitive,
                             .owner = c->opener == OPEN_REQUEST ? side_across(side) : side };
    new.has_due = find_due(s, c, &new);
    if (!is_one(s, c, new.has_due))
        return;
    if (c->opener == OPEN_OTHERS)
        new.words.lead = lead_of(s, c);
    new.title = todo_title(&new.words, s->reading->arena);
    if (!new.title.len)
        return;
    commitment_list_add(&s->list, &new, s->rules->keywords, s->reading->arena);
}

static void read_sentence(struct search *s, size_t number)
{
    const struct sentence *sentence = &s->reading->sentences[number];
    struct phrase_hit hit;
    size_t at = 0;

    while (phrase_next(s->rules->openers, sentence, &at, &hit)) {
        struct candidate c = { .sentence = sentence,
                               .number = number,
                               .opened = hit.first,
                               .verb = hit.end,
                               .opener = (enum opener)hit.value };

        if (c.opener == OPEN_PROMISED) {
            c.verb = hit.end - 2;
            c.action = ACT_STRONG;
            c.infinitive = CM_STR("deliver");
        } else {
            find_action(s, &c);
        }
        take(s, &c);
    }
}

size_t commitments_find(const struct commitments *rules, const struct reading *reading,
                        struct cm_commitment **out)
{
    struct search s = { .rules = rules,
                        .reading = reading,
                        .call = day_of_call(reading->transcript) };
    struct cm_commitment *list = CM_NEW_N(reading->arena, struct cm_commitment, CM_COMMITMENTS_MAX);

    s.list.found = CM_NEW_N(reading->arena, struct found, CM_COMMITMENTS_MAX);
    for (size_t i = 0; i < reading->count; i++)
        read_sentence(&s, i);
    for (size_t i = 0; i < s.list.count; i++) {
        const struct found *found = &s.list.found[i];

        list[i] = (struct cm_commitment){
            .title = found->title,
            .owner = side_name(found->words.owner),
            .segment = found->words.sentence->segment,
            .evidence = text_cut(reading->arena, found->words.sentence->raw, CM_EVIDENCE_MAX),
        };
        if (found->has_due)
            list[i].due_date = day_text(reading->arena, found->due);
    }
    *out = list;
    return s.list.count;
}
