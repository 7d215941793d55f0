#include "engine/rules/sentiment.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/rules/lexicon.h"

enum { REACH = 4, QUOTES = 2, QUOTE_MAX = 160 };

#define LABEL_AT  0.12 /* a mean mood beyond it is positive or negative */
#define MIXED_AT  0.35 /* the lesser of good and bad against the greater */
#define SOFTENING 8.0  /* how fast a sum of words nears 1: sum / sqrt(sum^2 + this) */

/* What one speaker's sentences add up to. */
struct tally {
    size_t count;       /* sentences that tell a mood */
    double weight, sum; /* later sentences weigh more: a mood at the end is what stays */
    double good, bad;   /* sums of the positive and of the negative ones, without sign */
    double first, last; /* sums of the first and of the last third */
    size_t in_first, in_last;
};

struct scored {
    const struct sentence *sentence;
    double mood;
};

struct sentiment sentiment_new(struct cm_arena *arena)
{
    return (struct sentiment){ phrasebook_new(arena, lexicon_moods),
                               phrasebook_new(arena, lexicon_degrees),
                               phrasebook_new(arena, lexicon_negations) };
}

/* ---- one sentence ---- */

/* What the words shortly before `at` make of the mood there: they strengthen it or turn it around.
 */
static double turned(const struct sentiment *rules, const struct sentence *sentence, size_t at,
                     double mood)
{
    struct phrase_hit hit;
    bool negated = false;
    size_t from = at > REACH ? at - REACH : 0;

    for (size_t i = at; i-- > from;) {
        const struct word *word = &sentence->words[i];

        if (word->mark || word_in(word, "but|because|and|or"))
            break;
        if (i + 2 >= at && phrase_at(rules->degrees, sentence, i, &hit) && hit.end == at)
            mood = mood * hit.value / 100;
        if (phrase_at(rules->negations, sentence, i, &hit) && hit.end <= at && hit.value == 1)
            negated = true;
    }
    return negated ? mood * (mood > 0 ? -0.75 : -0.4) : mood;
}

double sentence_mood(const struct sentiment *rules, const struct sentence *sentence)
{
    double sum = 0;
    size_t at = 0, end = 0;
    struct phrase_hit hit;

    while (phrase_next(rules->moods, sentence, &at, &hit)) {
        /* What is said before a "but" is said for politeness. */
        for (size_t i = end; i < hit.first; i++)
            if (word_in(&sentence->words[i], "but|however|although") && i)
                sum *= 0.5;
        end = hit.end;
        sum += turned(rules, sentence, hit.first, hit.value / 100.0);
    }
    if (sentence->words[sentence->count - 1].mark == '!')
        sum *= 1.15;
    if (sentence->question)
        sum *= 0.5;
    return sum / sqrt(sum * sum + SOFTENING);
}

/* ---- a call ---- */

static size_t collect(const struct sentiment *rules, const struct reading *reading,
                      struct scored *scored)
{
    size_t count = 0;

    for (size_t i = 0; i < reading->count; i++) {
        double mood = sentence_mood(rules, &reading->sentences[i]);

        if (fabs(mood) > 0.01)
            scored[count++] = (struct scored){ &reading->sentences[i], mood };
    }
    return count;
}

static struct tally tally_side(const struct scored *scored, size_t count, enum side side)
{
    struct tally tally = { 0 };
    size_t total = 0, third, seen = 0;

    for (size_t i = 0; i < count; i++)
        total += scored[i].sentence->side == side;
    third = total < 2 ? total : (total + 2) / 3;
    for (size_t i = 0; i < count; i++) {
        double mood = scored[i].mood, weight;

        if (scored[i].sentence->side != side)
            continue;
        weight = 1 + (total > 1 ? (double)seen / (double)(total - 1) : 0);
        tally.weight += weight;
        tally.sum += weight * mood;
        *(mood > 0 ? &tally.good : &tally.bad) += fabs(mood);
        if (seen < third) {
            tally.first += mood;
            tally.in_first++;
        }
        if (seen + third >= total) {
            tally.last += mood;
            tally.in_last++;
        }
        seen++;
    }
    tally.count = total;
    return tally;
}

static double mean(double sum, double count)
{
    return count > 0 ? sum / count : 0;
}

static const char *mood_word(double mood)
{
    return mood > LABEL_AT ? "positive" : mood < -LABEL_AT ? "negative" : "neutral";
}

/* The contact's mood is what the call is judged by; the other side's politeness only tilts it. */
static double overall(const struct tally *contact, const struct tally *house)
{
    double ours = contact->count ? 1.0 : 0,
           theirs = house->count ? (contact->count ? 0.2 : 0.6) : 0;

    return mean(ours * mean(contact->sum, contact->weight) +
                    theirs * mean(house->sum, house->weight),
                contact->count ? ours + theirs : 1);
}

static struct cm_str label(const struct tally *contact, const struct tally *house, double score)
{
    const struct tally *judged = contact->count ? contact : house;
    double less = fmin(judged->good, judged->bad), more = fmax(judged->good, judged->bad);

    if (less > 0.5 && less > MIXED_AT * more && fabs(score) < 2.5 * LABEL_AT)
        return CM_STR("mixed");
    return cm_str_of(mood_word(score));
}

static void put_side(struct cm_buf *out, const struct tally *tally, enum side side)
{
    double first = mean(tally->first, (double)tally->in_first);
    double last = mean(tally->last, (double)tally->in_last);
    const char *start = mood_word(first), *end = mood_word(last);

    if (!tally->count)
        cm_buf_printf(out, " %s: neutral.", side_label(side));
    else if (start == end)
        cm_buf_printf(out, " %s: %s throughout.", side_label(side), start);
    else
        cm_buf_printf(out, " %s: %s at first, %s at the end.", side_label(side), start, end);
}

/* The `QUOTES` strongest sentences of one sign, in the order in which they were said. */
static void put_quotes(struct cm_buf *out, const struct reading *reading,
                       const struct scored *scored, size_t count, int sign, const char *title)
{
    size_t best[QUOTES] = { 0 }, found = 0;

    for (size_t i = 0; i < count; i++) {
        size_t place = found;

        if (scored[i].mood * sign < 0.3)
            continue;
        while (place && scored[best[place - 1]].mood * sign < scored[i].mood * sign)
            place--;
        if (place == QUOTES)
            continue;
        found += found < QUOTES;
        for (size_t k = found - 1; k > place; k--)
            best[k] = best[k - 1];
        best[place] = i;
    }
    if (found == 2 && best[0] > best[1]) {
        size_t later = best[0];

        best[0] = best[1];
        best[1] = later;
    }
    for (size_t i = 0; i < found; i++) {
        const struct sentence *said = scored[best[i]].sentence;
        struct cm_str quote = text_cut(reading->arena, said->raw, QUOTE_MAX);

        cm_buf_printf(out, "%s%s, %s: \"%.*s\"", i ? "; " : title, side_label(said->side),
                      segment_clock(reading, said->segment).at, CM_STR_FMT(quote));
    }
}

struct cm_analysis sentiment_analysis(const struct sentiment *rules, const struct reading *reading)
{
    struct scored *scored = CM_NEW_N(reading->arena, struct scored, reading->count);
    size_t count = collect(rules, reading, scored);
    struct tally sides[2] = { tally_side(scored, count, SIDE_CALLER),
                              tally_side(scored, count, SIDE_AGENT) };
    const struct tally *contact = &sides[reading->other],
                       *house = &sides[side_across(reading->other)];
    double score = overall(contact, house);
    struct cm_str sentiment = label(contact, house, score);
    CM_OWN_BUF struct cm_buf out = { 0 };

    if (!reading->count)
        return (struct cm_analysis){ CM_STR("Neutral (score +0.00). Nothing was said."),
                                     CM_STR("neutral") };

    cm_buf_printf(&out, "%.*s (score %+.2f).", CM_STR_FMT(sentiment), score);
    out.at[0] = (char)toupper((unsigned char)out.at[0]);
    put_side(&out, contact, reading->other);
    if (!reading->one_voice)
        put_side(&out, house, side_across(reading->other));
    put_quotes(&out, reading, scored, count, -1, "\nMost negative: ");
    put_quotes(&out, reading, scored, count, 1, "\nMost positive: ");
    return (struct cm_analysis){ cm_arena_str(reading->arena, cm_buf_view(&out)), sentiment };
}
