#include "store.h"

static const struct cm_stmt sql_pairs = {
    "enrich_pairs", "SELECT k.id, k.contact_id, coalesce(k.started_at, k.created_at) FROM call k"
                    " WHERE k.id = ANY($1) AND k.contact_id IS NOT NULL"
                    " ORDER BY coalesce(k.started_at, k.created_at), k.id"
};

/* A source names the call that told: how old a fact is, is how old that call is. */
#define FACT(name)                                                                                 \
    ", c." name ", c." name "_source,"                                                             \
    " (SELECT coalesce(t.started_at, t.created_at) FROM call t"                                    \
    " WHERE t.id = substring(c." name "_source from '^call:([0-9a-f-]{36})')::uuid)"

/* clang-format off */
static const struct cm_stmt sql_lock = {
    "enrich_lock",
    "SELECT c.id" FACT("name") FACT("email") FACT("company") FACT("summary")
    " FROM contact c WHERE c.id = ANY($1) ORDER BY c.id FOR UPDATE OF c"
};
/* clang-format on */

static const struct cm_stmt sql_update = {
    "enrich_update",
    "UPDATE contact c SET name = u.name, name_source = u.name_source, email = u.email,"
    " email_source = u.email_source, company = u.company, company_source = u.company_source,"
    " summary = u.summary, summary_source = u.summary_source, updated_at = $1"
    " FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], "
    "$8::text[],"
    " $9::text[], $10::text[]) AS u (id, name, name_source, email, email_source, company,"
    " company_source, summary, summary_source) WHERE c.id = u.id AND c.id = ANY($2)"
};

static void read_contact(struct cm_arena *arena, const struct cm_rows *rows, int row,
                         struct contact *contact)
{
    contact->id = cm_row_uuid(rows, row, 0);
    for (int field = 0; field < CONTACT_FIELDS; field++) {
        contact->fields[field].value = cm_row_copy(rows, row, 1 + 3 * field, arena);
        contact->fields[field].source = cm_row_copy(rows, row, 2 + 3 * field, arena);
        contact->fields[field].told_at_us = cm_row_opt_time(rows, row, 3 + 3 * field).value;
    }
}

static cm_rc read_pairs(struct cm_tx *tx, struct cm_arena *arena, struct cm_item *const items[],
                        size_t item_count, struct call_contact **pairs, size_t *count,
                        struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *calls = cm_arg_column(args, CM_COL_UUID);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc;

    for (size_t i = 0; i < item_count; i++)
        cm_col_uuid(calls, items[i]->event->head.call_id);
    rc = cm_tx_query(tx, &sql_pairs, args, &rows, err);
    if (rc)
        return rc;

    *count = (size_t)cm_rows_count(rows);
    *pairs = CM_NEW_N(arena, struct call_contact, *count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        (*pairs)[i] = (struct call_contact){ cm_row_uuid(rows, i, 0), cm_row_uuid(rows, i, 1),
                                             cm_row_time(rows, i, 2) };
    return CM_OK;
}

cm_rc store_lock_contacts(struct cm_tx *tx, struct cm_arena *arena, struct cm_item *const items[],
                          size_t count, struct call_contact **pairs, size_t *pair_count,
                          struct contact **contacts, size_t *contact_count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids = cm_arg_column(args, CM_COL_UUID);
    CM_OWN(cm_rows) rows = NULL;
    cm_rc rc = read_pairs(tx, arena, items, count, pairs, pair_count, err);

    if (rc)
        return rc;

    for (size_t i = 0; i < *pair_count; i++)
        cm_col_uuid(ids, (*pairs)[i].contact_id);
    rc = cm_tx_query(tx, &sql_lock, args, &rows, err);
    if (rc)
        return rc;

    *contact_count = (size_t)cm_rows_count(rows);
    *contacts = CM_NEW_N(arena, struct contact, *contact_count);
    for (int i = 0; i < cm_rows_count(rows); i++)
        read_contact(arena, rows, i, &(*contacts)[i]);
    return CM_OK;
}

cm_rc store_update_contacts(struct cm_tx *tx, struct cm_arena *arena,
                            const struct contact *contacts, size_t count, int64_t now_us,
                            struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *ids, *columns[2 * CONTACT_FIELDS];
    size_t changed = 0;

    cm_arg_time(args, now_us);
    ids = cm_arg_column(args, CM_COL_UUID);
    for (size_t i = 0; i < 2 * (size_t)CONTACT_FIELDS; i++)
        columns[i] = cm_arg_column(args, CM_COL_TEXT);
    for (size_t i = 0; i < count; i++) {
        if (!contacts[i].changed)
            continue;
        changed++;
        cm_col_uuid(ids, contacts[i].id);
        for (size_t field = 0; field < CONTACT_FIELDS; field++) {
            cm_col_str(columns[2 * field], contacts[i].fields[field].value);
            cm_col_str(columns[2 * field + 1], contacts[i].fields[field].source);
        }
    }
    return changed ? cm_tx_send(tx, &sql_update, args, err) : CM_OK;
}
