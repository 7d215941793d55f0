#include "service/superseded.h"

static const struct cm_stmt sql_current = {
    "superseded_current",
    "SELECT u.id IS NULL OR EXISTS (SELECT FROM transcription t WHERE t.id = u.id)"
    " FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n) ORDER BY u.n"
};

struct cm_opt_uuid superseded_subject(const struct cm_event *event)
{
    if (event->kind != EVENT_CALL_TRANSCRIBED)
        return (struct cm_opt_uuid){ 0 };
    return (struct cm_opt_uuid){ true, event->call_transcribed.transcription_id };
}

cm_rc superseded_drop(struct cm_tx *tx, struct cm_arena *arena, struct cm_item *items[],
                      size_t *count, struct cm_err *err)
{
    struct cm_args *args = cm_args_new(arena);
    struct cm_column *subjects = cm_arg_column(args, CM_COL_UUID);
    CM_OWN(cm_rows) rows = NULL;
    size_t kept = 0, about = 0;
    cm_rc rc;

    for (size_t i = 0; i < *count; i++) {
        struct cm_opt_uuid subject = superseded_subject(items[i]->event);

        cm_col_opt_uuid(subjects, subject);
        about += subject.set;
    }
    if (!about)
        return CM_OK;

    rc = cm_tx_query(tx, &sql_current, args, &rows, err);
    if (rc)
        return rc;

    for (size_t i = 0; i < *count; i++)
        if (cm_row_bool(rows, (int)i, 0))
            items[kept++] = items[i];
    *count = kept;
    return CM_OK;
}
