#include "engine/text.h"

#include "engine/rules/compliance.h"
#include "engine/rules/summary.h"
#include "engine/rules/talk_ratio.h"

/* Every rule with its compiled phrases, which live in `arena` and never change. */
struct rules {
    struct cm_text text;
    struct cm_arena *arena;
    struct keywords keywords;
    struct sentiment sentiment;
    struct compliance compliance;
    struct facts facts;
    struct commitments commitments;
    struct summary summary;
};

static struct cm_analysis answer(const struct rules *rules, const struct reading *reading,
                                 const struct cm_analysis_ask *ask)
{
    switch (cm_ask_kind(ask)) {
    case CM_ASK_SENTIMENT:
        return sentiment_analysis(&rules->sentiment, reading);
    case CM_ASK_COMPLIANCE:
        return (struct cm_analysis){ .text = compliance_text(&rules->compliance, reading,
                                                             ask->prompt) };
    case CM_ASK_SUMMARY:
        return (struct cm_analysis){ .text = summary_text(&rules->summary, reading) };
    case CM_ASK_TALK_RATIO:
        return (struct cm_analysis){ .text = talk_ratio_text(reading) };
    case CM_ASK_OTHER:
        break;
    }
    return (struct cm_analysis){ .text = keywords_text(&rules->keywords, reading, ask->prompt) };
}

static cm_rc analyze(struct cm_text *text, const struct cm_transcript *transcript,
                     const struct cm_analysis_ask *ask, struct cm_arena *arena,
                     struct cm_analysis *out, struct cm_err *err)
{
    const struct reading *reading = reading_new(transcript, arena);

    (void)err;
    *out = answer((struct rules *)text, reading, ask);
    out->text = text_cut(arena, out->text, CM_ANALYSIS_MAX);
    return CM_OK;
}

static cm_rc find_commitments(struct cm_text *text, const struct cm_transcript *transcript,
                              struct cm_arena *arena, struct cm_commitment **out, size_t *count,
                              struct cm_err *err)
{
    const struct rules *rules = (const struct rules *)text;

    (void)err;
    *count = commitments_find(&rules->commitments, reading_new(transcript, arena), out);
    return CM_OK;
}

static struct cm_fact fact_of(const struct reading *reading, struct said said)
{
    if (!said.value.len)
        return (struct cm_fact){ { 0 }, { 0 } };
    return (struct cm_fact){ text_cut(reading->arena, said.value, CM_FACT_MAX),
                             cm_arena_printf(reading->arena, "said at %s",
                                             segment_clock(reading, said.segment).at) };
}

static cm_rc find_facts(struct cm_text *text, const struct cm_transcript *transcript,
                        struct cm_arena *arena, struct cm_contact_facts *out, struct cm_err *err)
{
    const struct rules *rules = (const struct rules *)text;
    const struct reading *reading = reading_new(transcript, arena);
    const struct sentence *reason = summary_reason(&rules->summary, reading);

    (void)err;
    *out = (struct cm_contact_facts){
        .name = fact_of(reading, facts_name(&rules->facts, reading)),
        .email = fact_of(reading, facts_email(reading)),
        .company = fact_of(reading, facts_company(&rules->facts, reading)),
    };
    if (reason)
        out->summary = fact_of(reading, (struct said){ reason->raw, reason->segment });
    return CM_OK;
}

static void destroy(struct cm_text *text)
{
    cm_arena_free(((struct rules *)text)->arena);
}

struct cm_text *cm_text_rules_new(void)
{
    struct cm_arena *arena = cm_arena_new();
    struct rules *rules = CM_NEW(arena, struct rules);

    rules->arena = arena;
    rules->text = (struct cm_text){ .engine = "rules",
                                    .model = "rules-1",
                                    .analyze = analyze,
                                    .commitments = find_commitments,
                                    .facts = find_facts,
                                    .destroy = destroy };
    rules->keywords = keywords_new(arena);
    rules->sentiment = sentiment_new(arena);
    rules->compliance = compliance_new(arena);
    rules->facts = facts_new(arena);
    rules->commitments = commitments_new(arena, &rules->keywords);
    rules->summary =
        summary_new(arena, &rules->keywords, &rules->commitments, &rules->sentiment, &rules->facts);
    return &rules->text;
}
