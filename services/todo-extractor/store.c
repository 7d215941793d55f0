#include "store.h"

/* Calls and segments are looked up by a subquery for each row: as a join, a batch of hundreds could
 * make the planner read whole tables. */
static const struct cm_stmt sql_offsets = {
    "todo_offsets",
    "SELECT u.place, coalesce((SELECT extract(epoch FROM (u.began AT TIME ZONE o.time_zone)"
    " - (u.began AT TIME ZONE 'UTC')) FROM call c JOIN organization o ON o.id = c.organization_id"
    " WHERE c.id = u.call_id), 0)::bigint"
    " FROM unnest($1::int[], $2::uuid[], $3::timestamptz[]) AS u (place, call_id, began)"
};

/* What a person ticked, edited or put away is theirs. What was noted while the call lasted
 * ('live:') stays, and is not found a second time: what the transcript says of it becomes its
 * evidence, and its day where it had none. */
#define UNTOUCHED "NOT t.done AND t.edited_at IS NULL AND t.deleted_at IS NULL"

static const struct cm_stmt sql_remove = {
    "todo_remove",
    "DELETE FROM todo t WHERE t.call_id = ANY($1) AND " UNTOUCHED
    " AND t.fingerprint NOT LIKE 'live:%'"
    " AND NOT EXISTS (SELECT FROM unnest($2::uuid[], $3::text[]) AS u (call_id, fingerprint)"
    " WHERE u.call_id = t.call_id AND u.fingerprint = t.fingerprint)"
};

#define SAME_TITLE                                                                                 \
    "lower(btrim(regexp_replace(l.title, '[^[:alnum:]]+', ' ', 'g')))"                             \
    " = lower(btrim(regexp_replace(u.title, '[^[:alnum:]]+', ' ', 'g')))"

/* organization_id is the call's own; a segment that is gone leaves the to-do its words. */
static const struct cm_stmt sql_insert = {
    "todo_insert",
    "WITH n AS (SELECT u.*,"
    " (SELECT c.organization_id FROM call c WHERE c.id = u.call_id) AS organization_id,"
    " (SELECT s.id FROM segment s WHERE s.id = u.segment_id AND s.call_id = u.call_id) AS proof_id,"
    " (SELECT l.id FROM todo l WHERE l.call_id = u.call_id AND l.fingerprint LIKE 'live:%'"
    " AND l.owner = u.owner AND " SAME_TITLE " ORDER BY l.id LIMIT 1) AS noted_id"
    " FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[],"
    " $8::text[], $9::text[], $10::int[])"
    " AS u (call_id, id, title, owner, due_date, segment_id, evidence, fingerprint, place)),"
    " proved AS (UPDATE todo t SET (segment_id, evidence, due_date) ="
    " (SELECT n.proof_id, n.evidence, coalesce(t.due_date, n.due_date::date) FROM n"
    " WHERE n.noted_id = t.id ORDER BY n.place LIMIT 1)"
    " WHERE t.id = ANY (ARRAY(SELECT noted_id FROM n)) AND " UNTOUCHED ")"
    " INSERT INTO todo AS t (id, call_id, organization_id, title, owner, due_date, segment_id,"
    " evidence, fingerprint, position, created_at)"
    " SELECT id, call_id, organization_id, title, owner, due_date::date, proof_id, evidence,"
    " fingerprint, place, $1 FROM n WHERE organization_id IS NOT NULL AND noted_id IS NULL"
    " ORDER BY call_id, place"
    " ON CONFLICT (call_id, fingerprint) DO UPDATE SET title = EXCLUDED.title,"
    " due_date = EXCLUDED.due_date, segment_id = EXCLUDED.segment_id, evidence = EXCLUDED.evidence,"
    " position = EXCLUDED.position WHERE " UNTOUCHED
};

/* Without those that a person put away or added: the event tells what was said in the call, and
 * which segment proves it. */
static const struct cm_stmt sql_read = {
    "todo_read",
    "SELECT call_id, id, title, owner, due_date, segment_id, evidence FROM todo"
    " WHERE call_id = ANY($1) AND deleted_at IS NULL AND fingerprint NOT LIKE 'person:%'"
    " AND (fingerprint NOT LIKE 'live:%' OR segment_id IS NOT NULL)"
    " ORDER BY call_id, position, id"
};

static const struct cm_args *places_of(struct cm_arena *arena, struct cm_item *const items[],
                                       size_t count)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *places = cm_arg_column(args, CM_COL_I32);
    struct cm_column *calls = cm_arg_column(args, CM_COL_UUID);
    struct cm_column *began = cm_arg_column(args, CM_COL_TIME);

    for (size_t i = 0; i < count; i++) {
        cm_col_i32(places, (int32_t)i);
        cm_col_uuid(calls, items[i]->event->head.call_id);
        cm_col_time(began, items[i]->event->call_transcribed.started_at_us);
    }
    return args;
}

static void take_offsets(const struct cm_rows *rows, int64_t *utc_offsets_s)
{
    for (int i = 0; i < cm_rows_count(rows); i++)
        utc_offsets_s[cm_row_i64(rows, i, 0)] = cm_row_i64(rows, i, 1);
}

cm_rc store_read_offset(struct cm_db *db, const struct cm_item *item, int64_t *utc_offset_s,
                        struct cm_err *err)
{
    struct cm_item one = *item, *const items[] = { &one };
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_db_query(db, &sql_offsets, places_of(item->arena, items, 1), &rows, err);

    if (rc)
        return rc;

    take_offsets(rows, utc_offset_s);
    return CM_OK;
}

cm_rc store_read_offsets(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                         int64_t *utc_offsets_s, struct cm_err *err)
{
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = cm_tx_query(tx, &sql_offsets, places_of(items[0]->arena, items, count), &rows, err);

    if (rc)
        return rc;

    take_offsets(rows, utc_offsets_s);
    return CM_OK;
}

static struct cm_column *calls_of(struct cm_args *args, struct cm_item *const items[], size_t count)
{
    struct cm_column *calls = cm_arg_column(args, CM_COL_UUID);

    for (size_t i = 0; i < count; i++)
        cm_col_uuid(calls, items[i]->event->head.call_id);
    return calls;
}

/* Is there a later event of the same call in the batch? Its to-dos are the ones that count. */
static bool is_superseded(struct cm_item *const items[], size_t count, size_t i)
{
    for (size_t k = i + 1; k < count; k++)
        if (cm_uuid_eq(items[k]->event->head.call_id, items[i]->event->head.call_id))
            return true;
    return false;
}

static cm_rc remove_others(struct cm_tx *tx, struct cm_item *const items[],
                           const struct extraction *found, size_t count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    struct cm_column *calls, *fingerprints;

    calls_of(args, items, count);
    calls = cm_arg_column(args, CM_COL_UUID);
    fingerprints = cm_arg_column(args, CM_COL_TEXT);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < found[i].count && !is_superseded(items, count, i); k++) {
            cm_col_uuid(calls, items[i]->event->head.call_id);
            cm_col_str(fingerprints, found[i].fingerprints[k]);
        }
    return cm_tx_send(tx, &sql_remove, args, err);
}

static cm_rc insert(struct cm_tx *tx, struct cm_item *const items[], const struct extraction *found,
                    size_t count, int64_t now_us, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    struct cm_column *calls, *ids, *titles, *owners, *dues, *segments, *evidences, *prints, *places;

    cm_arg_time(args, now_us);
    calls = cm_arg_column(args, CM_COL_UUID);
    ids = cm_arg_column(args, CM_COL_UUID);
    titles = cm_arg_column(args, CM_COL_TEXT);
    owners = cm_arg_column(args, CM_COL_TEXT);
    dues = cm_arg_column(args, CM_COL_TEXT);
    segments = cm_arg_column(args, CM_COL_UUID);
    evidences = cm_arg_column(args, CM_COL_TEXT);
    prints = cm_arg_column(args, CM_COL_TEXT);
    places = cm_arg_column(args, CM_COL_I32);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < found[i].count && !is_superseded(items, count, i); k++) {
            const struct cm_todo *todo = &found[i].todos[k];

            cm_col_uuid(calls, items[i]->event->head.call_id);
            cm_col_uuid(ids, todo->id);
            cm_col_str(titles, todo->title);
            cm_col_str(owners, todo->owner);
            cm_col_str(dues, todo->due_date);
            cm_col_uuid(segments, todo->segment_id);
            cm_col_str(evidences, todo->evidence);
            cm_col_str(prints, found[i].fingerprints[k]);
            cm_col_i32(places, (int32_t)k);
        }
    }
    return cm_tx_send(tx, &sql_insert, args, err);
}

cm_rc store_replace_todos(struct cm_tx *tx, struct cm_item *const items[],
                          const struct extraction *found, size_t count, int64_t now_us,
                          struct cm_err *err)
{
    cm_rc rc = remove_others(tx, items, found, count, err);

    return rc ? rc : insert(tx, items, found, count, now_us, err);
}

static struct cm_todo read_todo(struct cm_arena *arena, const struct cm_rows *rows, int row)
{
    char due[11];
    struct cm_todo todo = {
        .id = cm_row_uuid(rows, row, 1),
        .title = cm_arena_str(arena, cm_row_str(rows, row, 2)),
        .owner = cm_arena_str(arena, cm_row_str(rows, row, 3)),
        .segment_id = cm_row_uuid(rows, row, 5),
        .evidence = cm_arena_str(arena, cm_row_str(rows, row, 6)),
    };

    if (!cm_row_is_null(rows, row, 4))
        todo.due_date = cm_arena_str(arena, cm_row_date(rows, row, 4, due));
    return todo;
}

static void take_todos(const struct cm_rows *rows, const struct cm_item *item,
                       struct call_todos *out)
{
    int first = 0, end;

    while (first < cm_rows_count(rows) &&
           !cm_uuid_eq(cm_row_uuid(rows, first, 0), item->event->head.call_id))
        first++;
    for (end = first; end < cm_rows_count(rows); end++)
        if (!cm_uuid_eq(cm_row_uuid(rows, end, 0), item->event->head.call_id))
            break;

    out->count = 0;
    out->todos = CM_NEW_N(item->arena, struct cm_todo, end - first);
    for (int row = first; row < end; row++)
        out->todos[out->count++] = read_todo(item->arena, rows, row);
}

cm_rc store_read_todos(struct cm_tx *tx, struct cm_item *const items[], size_t count,
                       struct call_todos *out, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(items[0]->arena);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    calls_of(args, items, count);
    rc = cm_tx_query(tx, &sql_read, args, &rows, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < count; i++)
        take_todos(rows, items[i], &out[i]);
    return CM_OK;
}
