#include "calls/find.h"

#include "calls/half_word.h"
#include "calls/highlight.h"
#include "calls/steps.h"

/* What a call has to be, but for its words. The row comparison is what the index call_newest
 * answers. */
#define KEPT                                                                                       \
    " WHERE (c.created_at, c.id) < ($1, $2)"                                                       \
    " AND ($5::text IS NULL OR position($5 IN c.from_number || ' ' || c.to_number) > 0)"           \
    " AND ($6::uuid IS NULL OR c.contact_id = $6)"                                                 \
    " AND ($7::timestamptz IS NULL OR c.created_at >= $7)"                                         \
    " AND ($8::text IS NULL OR c.status = $8)"                                                     \
    " AND ($9::boolean IS NULL OR c.has_recording = $9)"                                           \
    " AND ($10::text IS NULL OR c.sentiment = $10)"
/* Conditions of their own, not behind an OR: only with such a one can a join begin. */
#define ANY_STATE ""
#define FAILED    " AND c.id IN (SELECT call_id FROM call_step WHERE state = 'failed')"
#define UNFAILED                                                                                   \
    " AND NOT EXISTS (SELECT FROM call_step f WHERE f.call_id = c.id AND f.state = 'failed')"
#define NEWEST " ORDER BY c.created_at DESC, c.id DESC"

#define COLUMNS      "SELECT " CALL_COLUMNS ", CASE WHEN $4 THEN " CALL_STEPS_COLUMN " END, "
#define COLUMNS_LAST ", c.from_number, c.to_number"
#define CONTACT      " LEFT JOIN contact k ON k.id = c.contact_id"

#define FIND(name, failed)                                                                         \
    {                                                                                              \
        name, COLUMNS "NULL::text" COLUMNS_LAST " FROM call c" CONTACT KEPT failed NEWEST          \
                      " LIMIT $3"                                                                  \
    }
static const struct cm_stmt sql_find[] = { FIND("calls_find", ANY_STATE),
                                           FIND("calls_find_failed", FAILED),
                                           FIND("calls_find_unfailed", UNFAILED) };

#define SEARCHED(words) "websearch_to_tsquery('english', " words ")"
#define ASKED                                                                                      \
    "asked AS MATERIALIZED (SELECT " HALF_WORD_TSQUERY(                                            \
        SEARCHED("$11"), "$15", "$16", "$17") " AS said, " SEARCHED("$12") " AS found)"
#define SAID     "(SELECT said FROM asked)"
#define ANALYZED "(SELECT found FROM asked)"
/* OFFSET 0 keeps the planner from reading all transcriptions at once where a few are asked for. */
#define HOLDS                                                                                      \
    " WHERE ($11::text IS NULL OR EXISTS (SELECT FROM transcription t WHERE t.call_id = c.id"      \
    "  AND t.words @@ " SAID " OFFSET 0))"                                                         \
    " AND ($12::text IS NULL OR EXISTS (SELECT FROM analysis_run r WHERE r.call_id = c.id"         \
    "  AND r.words @@ " ANALYZED " OFFSET 0))"

#define NEAR(failed)                                                                               \
    "near AS MATERIALIZED (SELECT c.id FROM (SELECT c.id, c.created_at FROM call c" KEPT failed    \
        NEWEST " LIMIT $13) c" HOLDS NEWEST " LIMIT $3)"
#define MORE(failed)                                                                               \
    "more AS MATERIALIZED (SELECT (SELECT count(*) FROM near) < $3"                                \
    " AND EXISTS (SELECT FROM call c" KEPT failed NEWEST " OFFSET $13) AS wanted)"
#define PAGE(failed)                                                                               \
    "page AS (SELECT id FROM near WHERE NOT (SELECT wanted FROM more) UNION ALL"                   \
    " (SELECT c.id FROM calls_with_words(" SAID ", " ANALYZED                                      \
    ") w (id) JOIN call c USING (id)" KEPT failed " AND (SELECT wanted FROM more)" NEWEST          \
    " LIMIT $3))"
#define EXCERPT "CASE WHEN $14 THEN " HIGHLIGHT_COLUMN(SAID) " END"

#define FIND_WORDS(name, failed)                                                                   \
    {                                                                                              \
        name, "WITH " ASKED ", " NEAR(failed) ", " MORE(failed) ", " PAGE(                         \
                  failed) " " COLUMNS EXCERPT COLUMNS_LAST                                         \
                          " FROM page JOIN call c USING (id)" CONTACT NEWEST                       \
    }
static const struct cm_stmt sql_find_words[] = {
    FIND_WORDS("calls_find_words", ANY_STATE), FIND_WORDS("calls_find_words_failed", FAILED),
    FIND_WORDS("calls_find_words_unfailed", UNFAILED)
};

const struct cm_stmt call_find_anew = {
    "calls_find_anew", "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"
};

static void add_half_word(struct cm_args *args, struct cm_str words, struct cm_arena *arena)
{
    struct half_word half = half_word_of(words, arena);

    cm_arg_str(args, half.query);
    cm_arg_str(args, half.forms);
    cm_arg_str(args, half.beginning);
}

struct cm_pipe_step call_find(const struct call_filter *filter, bool excerpts,
                              struct cm_arena *arena)
{
    const struct body_value *failed = &filter->values[CALL_FILTER_FAILED];
    size_t state = !failed->given ? 0 : failed->flag ? 1 : 2;
    struct cm_args *args = cm_args_new(arena);

    cm_arg_time(args, filter->page.after.at_us);
    cm_arg_uuid(args, filter->page.after.id);
    cm_arg_i64(args, filter->page.limit + 1);
    cm_arg_bool(args, filter->with_steps);
    if (!filter->by_words) {
        call_filter_args(filter, CALL_FILTER_WORDS, args);
        return (struct cm_pipe_step){ &sql_find[state], args };
    }

    call_filter_args(filter, CALL_FILTER_FAILED, args);
    cm_arg_i64(args, CALL_FIND_NEAR);
    cm_arg_bool(args, excerpts && filter->values[CALL_FILTER_WORDS].given);
    add_half_word(args, filter->values[CALL_FILTER_WORDS].text, arena);
    return (struct cm_pipe_step){ &sql_find_words[state], args };
}

struct cursor call_place(const struct cm_rows *rows, int row)
{
    return (struct cursor){ .list = CURSOR_CALLS,
                            .at_us = cm_row_time(rows, row, CALL_COLUMN_CREATED_AT),
                            .id = cm_row_uuid(rows, row, CALL_COLUMN_ID) };
}
