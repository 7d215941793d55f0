#include "engine/chat/answers.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "engine/chat/prompt.h"
#include "engine/rules/dates.h"
#include "engine/rules/facts.h"

const char answer_analysis_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"text\"],"
    "\"properties\":{\"text\":{\"type\":\"string\"}}}";

/* Strict mode wants every field required, so what a model may not know may be null. */
const char answer_sentiment_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"text\",\"sentiment\"],"
    "\"properties\":{\"text\":{\"type\":\"string\"},\"sentiment\":{\"type\":[\"string\",\"null\"],"
    "\"enum\":[\"positive\",\"neutral\",\"mixed\",\"negative\",null]}}}";

const char answer_commitments_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"commitments\"],"
    "\"properties\":"
    "{\"commitments\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":"
    "false,"
    "\"required\":[\"title\",\"owner\",\"due_date\",\"segment\"],\"properties\":{"
    "\"title\":{\"type\":\"string\"},"
    "\"owner\":{\"type\":\"string\",\"enum\":[\"caller\",\"agent\"]},"
    "\"due_date\":{\"type\":[\"string\",\"null\"]},"
    "\"segment\":{\"type\":\"integer\"}}}}}}";

#define FACT                                                                                       \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"value\",\"segment\"],"    \
    "\"properties\":{\"value\":{\"type\":[\"string\",\"null\"]},\"segment\":{\"type\":["           \
    "\"integer\","                                                                                 \
    "\"null\"]}}}"

const char answer_facts_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"email\",\"company\",\"summary\"],\"properties\":{"
    "\"name\":" FACT ",\"email\":" FACT ",\"company\":" FACT ",\"summary\":" FACT "}}";

/* The string without control characters; line ends stay where `lines` allows them. */
static struct cm_str clean(const json_t *value, struct cm_arena *arena, bool lines, size_t max)
{
    char *text = cm_arena_alloc(arena, json_string_length(value) + 1);
    const char *from = json_string_value(value);
    size_t len = 0;

    for (size_t i = 0; from && i < json_string_length(value); i++) {
        unsigned char c = (unsigned char)from[i];

        if (c >= ' ' && c != 0x7F)
            text[len++] = (char)c;
        else if (c == '\n' && lines)
            text[len++] = '\n';
        else if (c != '\r')
            text[len++] = ' ';
    }
    return text_cut(arena, cm_str_trim((struct cm_str){ text, len }), max);
}

cm_rc answer_analysis(const json_t *json, struct cm_arena *arena, struct cm_analysis *out,
                      struct cm_err *err)
{
    struct cm_str text = clean(json_object_get(json, "text"), arena, true, CM_ANALYSIS_MAX - 200);

    if (!text.len)
        return cm_fail(err, CM_RETRY, "the model's analysis is empty");

    *out = (struct cm_analysis){ .text = text };
    return CM_OK;
}

/* "Mixed: ..." is mixed; the NULL view where the first word is none of the four. */
static struct cm_str leading_sentiment(struct cm_str text)
{
    static const char *const sentiments[] = { "positive", "neutral", "mixed", "negative" };
    struct cm_str word = { text.at, 0 };

    while (word.len < text.len && isalpha((unsigned char)text.at[word.len]))
        word.len++;
    for (size_t i = 0; i < sizeof sentiments / sizeof *sentiments; i++)
        if (cm_str_ieq(word, sentiments[i]))
            return cm_str_of(sentiments[i]);
    return (struct cm_str){ 0 };
}

cm_rc answer_sentiment(const json_t *json, struct cm_arena *arena, struct cm_analysis *out,
                       struct cm_err *err)
{
    const char *told = json_string_value(json_object_get(json, "sentiment"));
    cm_rc rc = answer_analysis(json, arena, out, err);

    if (rc)
        return rc;

    out->sentiment = told ? cm_arena_str(arena, cm_str_of(told)) : leading_sentiment(out->text);
    return CM_OK;
}

static bool segment_of(const json_t *value, const struct cm_transcript *transcript, size_t *segment)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || (uint64_t)number >= transcript->segment_count)
        return false;

    *segment = (size_t)number;
    return true;
}

/* A day as YYYY-MM-DD that the calendar has; else the NULL view. */
static struct cm_str date_of(const json_t *value, struct cm_arena *arena)
{
    struct cm_str text = { json_string_value(value), json_string_length(value) };
    struct cm_str rest = text, part;
    int64_t year, month, day;
    struct day same;

    if (text.len != 10 || !cm_str_split(&rest, '-', &part) || part.len != 4 ||
        !cm_str_i64(part, 1970, 9999, &year) || !cm_str_split(&rest, '-', &part) || part.len != 2 ||
        !cm_str_i64(part, 1, 12, &month) || !cm_str_i64(rest, 1, 31, &day))
        return (struct cm_str){ 0 };
    same = day_add((struct day){ (int)year, (int)month, (int)day }, 0);
    return same.day == day ? cm_arena_str(arena, text) : (struct cm_str){ 0 };
}

size_t answer_commitments(const json_t *json, const struct cm_transcript *transcript,
                          struct cm_arena *arena, struct cm_commitment **out)
{
    const json_t *list = json_object_get(json, "commitments"), *item;
    struct cm_commitment *commitments = CM_NEW_N(arena, struct cm_commitment, CM_COMMITMENTS_MAX);
    size_t i, count = 0;

    json_array_foreach(list, i, item)
    {
        struct cm_commitment *now = &commitments[count];

        if (count == CM_COMMITMENTS_MAX)
            break;
        *now = (struct cm_commitment){
            .title = clean(json_object_get(item, "title"), arena, false, CM_TITLE_MAX),
            .owner =
                cm_arena_str(arena, cm_str_of(json_string_value(json_object_get(item, "owner")))),
            .due_date = date_of(json_object_get(item, "due_date"), arena),
        };
        if (!now->title.len ||
            !segment_of(json_object_get(item, "segment"), transcript, &now->segment))
            continue;
        now->evidence = text_cut(arena, transcript->segments[now->segment].text, CM_EVIDENCE_MAX);
        count++;
    }
    *out = commitments;
    return count;
}

static struct cm_fact fact_of(const json_t *json, const char *name,
                              const struct cm_transcript *transcript, struct cm_arena *arena)
{
    const json_t *fact = json_object_get(json, name);
    struct cm_fact none = { { 0 }, { 0 } };
    struct cm_str value = clean(json_object_get(fact, "value"), arena, false, CM_FACT_MAX), clock;
    size_t segment;

    if (!value.len || !segment_of(json_object_get(fact, "segment"), transcript, &segment))
        return none;

    clock = prompt_clock(transcript, segment, arena);
    return (struct cm_fact){ value, cm_arena_printf(arena, "said at %.*s", CM_STR_FMT(clock)) };
}

void answer_facts(const json_t *json, const struct cm_transcript *transcript,
                  struct cm_arena *arena, struct cm_contact_facts *out)
{
    *out = (struct cm_contact_facts){
        .name = fact_of(json, "name", transcript, arena),
        .email = fact_of(json, "email", transcript, arena),
        .company = fact_of(json, "company", transcript, arena),
        .summary = fact_of(json, "summary", transcript, arena),
    };
    if (out->email.value.len && !email_is_valid(out->email.value))
        out->email = (struct cm_fact){ { 0 }, { 0 } };
}
