#include "engine/text.h"

#include "engine/chat/answers.h"
#include "engine/chat/chat.h"
#include "engine/remote.h"

/* The model over HTTP. Everything lives in `arena`; nothing of it changes. */
struct openai {
    struct cm_text text;
    struct cm_arena *arena;
    struct chat chat;
};

static const char commitments_instruction[] =
    "List what the speakers committed themselves to do after the call. A commitment is a promise "
    "(\"I will "
    "send you the quote by Friday\") or a request that the other side agreed to. Questions, "
    "conditions, "
    "wishes and what was done during the call are none. title: an imperative in a few words "
    "(\"Send the "
    "quote\"). owner: who has to do it. due_date: YYYY-MM-DD when a day was said, else null; the "
    "call was on ";

static const char in_one_word[] =
    " sentiment: the same in one word, positive, neutral, mixed or negative; null where the call "
    "tells none.";

static cm_rc analyze(struct cm_text *text, const struct cm_transcript *transcript,
                     const struct cm_analysis_ask *ask, struct cm_arena *arena,
                     struct cm_analysis *out, struct cm_err *err)
{
    const struct openai *openai = (struct openai *)text;
    bool is_sentiment = cm_ask_kind(ask) == CM_ASK_SENTIMENT;
    struct chat_answer answer;
    struct chat_ask chat = { .name = is_sentiment ? "sentiment" : "analysis",
                             .schema =
                                 is_sentiment ? answer_sentiment_schema : answer_analysis_schema,
                             .transcript = transcript };
    cm_rc rc;

    chat.instruction = cm_arena_printf(
        arena,
        "You are the analyzer \"%.*s\". Analyze the call below as asked here:\n%.*s\nThe call was "
        "on "
        "%.*s. Answer in the field \"text\", as plain text for a person, in at most 300 words.%s",
        CM_STR_FMT(ask->analyzer_name), CM_STR_FMT(ask->prompt),
        CM_STR_FMT(prompt_day(transcript, arena)), is_sentiment ? in_one_word : "");
    rc = chat_ask(&openai->chat, &chat, arena, &answer, err);
    if (rc)
        return rc;

    rc = is_sentiment ? answer_sentiment(answer.json, arena, out, err)
                      : answer_analysis(answer.json, arena, out, err);
    json_decref(answer.json);
    if (rc || !answer.cut.count)
        return rc;

    out->text = cm_arena_printf(
        arena,
        "%.*s\n(The transcript was too long for the model: %zu turns between %.*s and %.*s were "
        "left out.)",
        CM_STR_FMT(out->text), answer.cut.count,
        CM_STR_FMT(prompt_clock(transcript, answer.cut.first, arena)),
        CM_STR_FMT(prompt_clock(transcript, answer.cut.first + answer.cut.count - 1, arena)));
    return CM_OK;
}

static cm_rc commitments(struct cm_text *text, const struct cm_transcript *transcript,
                         struct cm_arena *arena, struct cm_commitment **out, size_t *count,
                         struct cm_err *err)
{
    const struct openai *openai = (struct openai *)text;
    struct chat_ask chat = { .name = "commitments",
                             .schema = answer_commitments_schema,
                             .transcript = transcript };
    struct chat_answer answer;
    cm_rc rc;

    chat.instruction = cm_arena_printf(
        arena, "%s%.*s. segment: the [number] of the line that proves it. No commitment twice.",
        commitments_instruction, CM_STR_FMT(prompt_day(transcript, arena)));
    rc = chat_ask(&openai->chat, &chat, arena, &answer, err);
    if (rc)
        return rc;

    *count = answer_commitments(answer.json, transcript, arena, out);
    json_decref(answer.json);
    return CM_OK;
}

static cm_rc facts(struct cm_text *text, const struct cm_transcript *transcript,
                   struct cm_arena *arena, struct cm_contact_facts *out, struct cm_err *err)
{
    const struct openai *openai = (struct openai *)text;
    const char *whom = cm_str_is(transcript->direction, "outbound") ? "Agent" : "Caller";
    struct chat_ask chat = { .name = "contact",
                             .schema = answer_facts_schema,
                             .transcript = transcript };
    struct chat_answer answer;
    cm_rc rc;

    chat.instruction = cm_arena_printf(
        arena,
        "What did the person whose lines say \"%s\" tell about themselves? name, email and company "
        "only "
        "where they were said, else null; email written as an address; summary: one line on who "
        "they are "
        "and what they wanted. segment: the [number] of the line where it was said.",
        whom);
    rc = chat_ask(&openai->chat, &chat, arena, &answer, err);
    if (rc)
        return rc;

    answer_facts(answer.json, transcript, arena, out);
    json_decref(answer.json);
    return CM_OK;
}

static void destroy(struct cm_text *text)
{
    cm_arena_free(((struct openai *)text)->arena);
}

cm_rc cm_text_openai_open(const struct cm_config *config, struct cm_http_client *http,
                          struct cm_text **out, struct cm_err *err)
{
    const char *url = cm_config_text(config, "TEXT_URL"),
               *model = cm_config_text(config, "TEXT_MODEL");
    struct cm_arena *arena;
    struct openai *openai;

    *out = NULL;
    if (!url && !model)
        return CM_OK;
    if (!url || !model)
        return cm_fail(err, CM_FATAL, "%s is set but %s is not: a model needs both",
                       url ? "TEXT_URL" : "TEXT_MODEL", url ? "TEXT_MODEL" : "TEXT_URL");

    arena = cm_arena_new();
    openai = CM_NEW(arena, struct openai);
    openai->arena = arena;
    openai->chat = (struct chat){ .http = http,
                                  .config = config,
                                  .url = cm_remote_url(arena, url, "/chat/completions"),
                                  .model = model };
    openai->text = (struct cm_text){ .engine = "openai",
                                     .model = model,
                                     .slow = true,
                                     .analyze = analyze,
                                     .commitments = commitments,
                                     .facts = facts,
                                     .destroy = destroy };
    *out = &openai->text;
    return CM_OK;
}
