#include "engine/rules/summary.h"

#include <ctype.h>
#include <math.h>

#include "base/buf.h"

enum {
    KEY_FACTS = 2,
    STEPS_MAX = 4,
    QUOTE_MAX = 220,
    COMMON_SLOTS = 4096, /* of a table that counts words by hash */
};

enum cue { CUE_NONE, CUE_REASON, CUE_NEED, CUE_OUTCOME, CUE_EMPTY, CUE_WHO };

static const struct phrase_row cues[] = {
    { CUE_REASON,
      "calling about|because|regarding|to|for|in|with, call about|regarding|because, "
      "reason for my|the|this call, the reason i, i wanted to "
      "ask|know|check|see|talk|discuss|find|order|"
      "book|schedule|cancel|change|report|follow, i would like to, we would like to, i want to, we "
      "want to, i am looking "
      "for|to, we are looking for|to, i am interested in, i need to, i am trying to, "
      "i have a question|problem|issue|few, i have an issue|appointment, i am having a? "
      "problem|problems|trouble|"
      "issues, i have been having, i ordered, i bought, i received, i got a|an|your, i placed an "
      "order, we ordered, "
      "my order, our order, my bill, my invoice, my account is, last order, following up on|about, "
      "i am returning your|a, wondering if|whether|about, i need help, i need a|an|some, we need "
      "a|an|some" },
    { CUE_NEED,
      "broken, not working, stopped working, does not work, never arrived, damaged, wrong, "
      "missing, cancel, "
      "refund, unhappy, problem, complaint, quote, price, appointment, delivery, invoice, late, "
      "leaking, charged, reschedule, upgrade, renew, order" },
    { CUE_OUTCOME,
      "we agreed, that is settled, you are all set, all set, is booked, is scheduled, is "
      "confirmed, have|has "
      "booked, have|has scheduled, have|has cancelled|canceled, have|has processed, have|has "
      "updated, "
      "have|has refunded, have|has placed your|the, it is fixed, is fixed now, that fixed it, is "
      "resolved, that resolves, "
      "it is working now|again, it works now, i am happy now, i am satisfied, let us go with, i "
      "will take "
      "it|that|the, we have a deal, you have a deal, sounds like a plan, i accept, that works for "
      "me|us, "
      "i am not interested, no longer interested, i will think about it, deal, appointment is, "
      "order number is, confirmation number is, ticket number is, reference number is, case number "
      "is" },
    { CUE_EMPTY,
      "thank you for calling, how can|may i help, how are you, good morning, good afternoon, good "
      "evening, "
      "have a .. day, goodbye, bye, bye bye, anything else, you are welcome, no problem, my name "
      "is, "
      "speaking with, can you hear me, are you there, hold on, one moment, bear with me, please "
      "hold, take care, "
      "thank you very much, thanks a lot, i understand, i see, i am sorry to hear, i apologize, "
      "that is all, call is|may|will be? being? recorded, may i have your, what is your name, your "
      "name please, email "
      "address, spell that, could you repeat, can you repeat, thank you so much, talk to you, "
      "calls may be, nice to meet you, what happened, is that correct, is that right, let me "
      "check, let me see" },
    { CUE_WHO,
      "calling from, i am from, we are from, this is, on behalf of, my number is, my address is" },
    { 0, NULL },
};

struct summary summary_new(struct cm_arena *arena, const struct keywords *keywords,
                           const struct commitments *commitments, const struct sentiment *sentiment,
                           const struct facts *facts)
{
    return (struct summary){ phrasebook_new(arena, cues), keywords, commitments, sentiment, facts };
}

static int cue_of(const struct summary *rules, const struct sentence *sentence, enum cue wanted)
{
    struct phrase_hit hit;
    int hits = 0;

    for (size_t at = 0; phrase_next(rules->cues, sentence, &at, &hit);)
        hits += hit.value == (int)wanted;
    return hits;
}

/* ---- why ---- */

const struct sentence *summary_reason(const struct summary *rules, const struct reading *reading)
{
    const struct sentence *best = NULL;
    double best_score = 0.9;
    size_t own = 0;
    enum side side = reading->other;

    for (size_t i = 0; i < reading->count && own < 12; i++) {
        const struct sentence *sentence = &reading->sentences[i];
        double score;

        if (sentence->side != side && !reading->one_voice)
            continue;
        own++;
        if (sentence->count < 4)
            continue;
        score = 3.0 * (cue_of(rules, sentence, CUE_REASON) > 0) +
                1.2 * (cue_of(rules, sentence, CUE_NEED) > 0) -
                2.0 * (cue_of(rules, sentence, CUE_EMPTY) > 0) + (sentence->count > 6 ? 0.5 : 0) +
                1.5 * fabs(sentence_mood(rules->sentiment, sentence)) - 0.15 * (double)own;
        if (score > best_score) {
            best_score = score;
            best = sentence;
        }
    }
    return best;
}

/* ---- what ---- */

struct weights { /* how often a word occurs in the call, by its hash */
    uint16_t times[COMMON_SLOTS];
};

static void weigh_words(const struct summary *rules, const struct reading *reading,
                        struct weights *weights)
{
    for (size_t i = 0; i < reading->count; i++)
        for (size_t k = 0; k < reading->sentences[i].count; k++) {
            uint16_t *times = &weights->times[reading->sentences[i].words[k].hash % COMMON_SLOTS];

            if (!is_stop_word(rules->keywords, &reading->sentences[i], k) && *times < UINT16_MAX)
                ++*times;
        }
}

static double telling(const struct summary *rules, const struct reading *reading,
                      const struct weights *weights, const struct sentence *sentence)
{
    double sum = 0;
    size_t content = 0;

    if (sentence->question || sentence->count < 5 || sentence->count > 45 ||
        cue_of(rules, sentence, CUE_EMPTY) ||
        (sentence->count < 9 && cue_of(rules, sentence, CUE_WHO)))
        return 0;
    for (size_t k = 0; k < sentence->count; k++) {
        const struct word *word = &sentence->words[k];

        if (is_stop_word(rules->keywords, sentence, k))
            continue;
        content++;
        sum += log(1.0 + weights->times[word->hash % COMMON_SLOTS]);
        if (isdigit((unsigned char)word->low.at[0]))
            sum += 1.0;
        else if (word->capital && k)
            sum += 0.5;
    }
    sum += 1.5 * (cue_of(rules, sentence, CUE_NEED) > 0) +
           2 * fabs(sentence_mood(rules->sentiment, sentence));
    sum += sentence->side == reading->other ? 0.5 : 0;
    return content < 2 ? 0 : sum / sqrt(6.0 + (double)sentence->count);
}

static bool is_step(const struct cm_commitment *steps, size_t count,
                    const struct sentence *sentence)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].segment == sentence->segment && sentence->raw.len >= steps[i].evidence.len &&
            cm_str_eq((struct cm_str){ sentence->raw.at, steps[i].evidence.len },
                      steps[i].evidence))
            return true;
    return false;
}

/* The sentences that tell most, in the order of the call. */
static size_t key_facts(const struct summary *rules, const struct reading *reading,
                        const struct sentence *const except[2], const struct cm_commitment *steps,
                        size_t step_count, const struct sentence *out[KEY_FACTS])
{
    struct weights *weights = CM_NEW(reading->arena, struct weights);
    double scores[KEY_FACTS] = { 0 };
    size_t count = 0;

    weigh_words(rules, reading, weights);
    for (size_t i = 0; i < reading->count; i++) {
        const struct sentence *sentence = &reading->sentences[i];
        double score = telling(rules, reading, weights, sentence);
        size_t place = count;

        if (score < 0.8 || sentence == except[0] || sentence == except[1] ||
            is_step(steps, step_count, sentence))
            continue;
        while (place && scores[place - 1] < score)
            place--;
        if (place == KEY_FACTS)
            continue;
        count += count < KEY_FACTS;
        for (size_t k = count - 1; k > place; k--) {
            scores[k] = scores[k - 1];
            out[k] = out[k - 1];
        }
        scores[place] = score;
        out[place] = sentence;
    }
    if (count == KEY_FACTS && out[0] > out[1]) {
        const struct sentence *later = out[0];

        out[0] = out[1];
        out[1] = later;
    }
    return count;
}

/* ---- how it ended ---- */

static const struct sentence *outcome(const struct summary *rules, const struct reading *reading,
                                      const struct sentence *reason)
{
    const struct sentence *best = NULL;
    double best_score = 0.4;

    for (size_t i = reading->count - reading->count * 2 / 5; i < reading->count; i++) {
        const struct sentence *sentence = &reading->sentences[i];
        double score;

        if (sentence == reason || sentence->question || sentence->count < 3)
            continue;
        score =
            2.0 * (cue_of(rules, sentence, CUE_OUTCOME) > 0) +
            (sentence->side == reading->other ? fabs(sentence_mood(rules->sentiment, sentence))
                                              : 0) -
            0.6 * (cue_of(rules, sentence, CUE_EMPTY) > 0 && !cue_of(rules, sentence, CUE_OUTCOME));
        if (score >= best_score) {
            best_score = score;
            best = sentence;
        }
    }
    return best;
}

/* ---- the text ---- */

static void put_quote(struct cm_buf *out, const struct reading *reading,
                      const struct sentence *sentence)
{
    struct cm_str quote = text_cut(reading->arena, sentence->raw, QUOTE_MAX);

    cm_buf_printf(out, "\"%.*s\"", CM_STR_FMT(quote));
}

static void put_who(struct cm_buf *out, const struct summary *rules, const struct reading *reading)
{
    struct said name = facts_name(rules->facts, reading),
                company = facts_company(rules->facts, reading);
    bool inbound = reading->other == SIDE_CALLER;

    if (name.value.len && company.value.len)
        cm_buf_printf(out, "%.*s from %.*s", CM_STR_FMT(name.value), CM_STR_FMT(company.value));
    else if (name.value.len)
        cm_buf_str(out, name.value);
    else if (company.value.len)
        cm_buf_printf(out, "Somebody from %.*s", CM_STR_FMT(company.value));
    else
        cm_buf_text(out, inbound ? "The caller" : "The person who was called");
    cm_buf_text(out, inbound ? " called" : " was called");
}

static void put_steps(struct cm_buf *out, const struct cm_commitment *steps, size_t count)
{
    for (size_t i = 0; i < count && i < STEPS_MAX; i++) {
        const struct cm_commitment *step = &steps[i];

        cm_buf_printf(out, "%s%s: %.*s", i ? "; " : "\nNext steps: ",
                      cm_str_is(step->owner, "caller") ? "caller" : "agent",
                      CM_STR_FMT(step->title));
        if (step->due_date.len)
            cm_buf_printf(out, " (%.*s)", CM_STR_FMT(step->due_date));
    }
    if (count > STEPS_MAX)
        cm_buf_printf(out, "; and %zu more", count - STEPS_MAX);
    cm_buf_text(out, count ? "." : "");
}

struct cm_str summary_text(const struct summary *rules, const struct reading *reading)
{
    const struct sentence *reason = summary_reason(rules, reading), *facts[KEY_FACTS], *end;
    struct cm_commitment *steps;
    size_t step_count = commitments_find(rules->commitments, reading, &steps), fact_count;
    CM_OWN_BUF struct cm_buf out = { 0 };

    if (!reading->count)
        return CM_STR("Nothing was said in this call.");

    end = outcome(rules, reading, reason);
    if (end && is_step(steps, step_count, end))
        end = NULL;
    fact_count = key_facts(rules, reading, (const struct sentence *const[2]){ reason, end }, steps,
                           step_count, facts);

    put_who(&out, rules, reading);
    if (reason) {
        cm_buf_text(&out, ": ");
        put_quote(&out, reading, reason);
    } else {
        cm_buf_char(&out, '.');
    }
    for (size_t i = 0; i < fact_count; i++) {
        cm_buf_text(&out, i ? " " : "\nKey facts: ");
        put_quote(&out, reading, facts[i]);
    }
    if (end) {
        cm_buf_text(&out, "\nOutcome: ");
        put_quote(&out, reading, end);
    }
    put_steps(&out, steps, step_count);
    return cm_arena_str(reading->arena, cm_buf_view(&out));
}
