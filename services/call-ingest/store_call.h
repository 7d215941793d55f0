/* store_call.h - the statements about calls, their numbers, contacts and sayings; one function
 * each.
 *
 * Everything of one call is written under an advisory lock of its sid (store_lock_call), so that
 * two callbacks of a call never see each other half done. What is handed out lives in the arena.
 * Errors are db.h's. Thread: the transaction's.
 */
#pragma once
#include "call_state.h"
#include "db/db.h"

struct number_row { /* one of our phone numbers */
    struct cm_uuid id, organization_id;
    struct cm_str forward_to, greeting; /* NULL: none */
    bool record, assistant;
};

struct call_row {
    struct cm_uuid id, organization_id, phone_number_id;
    struct cm_opt_uuid contact_id;
    struct cm_str call_sid, from, to;
    bool outbound, recorded;
    bool has_kept; /* callbacks are kept, though the call is known: its media stream made it */
    enum call_status status;
    int64_t created_at_us;
};

enum store_answer { STORE_FOUND, STORE_NONE };

cm_rc store_lock_call(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                      struct cm_err *err) CM_MUSTCHECK;
cm_rc store_find_call(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                      struct call_row *out, enum store_answer *answer,
                      struct cm_err *err) CM_MUSTCHECK;
cm_rc store_was_deleted(struct cm_tx *tx, struct cm_arena *arena, struct cm_str call_sid,
                        bool *deleted, struct cm_err *err) CM_MUSTCHECK;
cm_rc store_find_number(struct cm_tx *tx, struct cm_arena *arena, struct cm_str number,
                        struct number_row *out, enum store_answer *answer,
                        struct cm_err *err) CM_MUSTCHECK;
/** Finds or makes the organization's contact of that number. */
cm_rc store_contact(struct cm_tx *tx, struct cm_arena *arena, struct cm_uuid organization_id,
                    struct cm_str number, int64_t now_us, struct cm_uuid *out,
                    struct cm_err *err) CM_MUSTCHECK;
cm_rc store_insert_call(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                        struct cm_err *err) CM_MUSTCHECK;

cm_rc store_insert_saying(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                          const struct saying *saying, int64_t now_us,
                          struct cm_err *err) CM_MUSTCHECK;
cm_rc store_list_sayings(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                         struct saying **out, size_t *count, struct cm_err *err) CM_MUSTCHECK;
/** Changes nothing, updated_at included, where everything is so already. */
cm_rc store_update_call(struct cm_tx *tx, struct cm_arena *arena, const struct call_row *call,
                        const struct call_state *state, bool recording_awaited, int64_t now_us,
                        struct cm_err *err) CM_MUSTCHECK;
