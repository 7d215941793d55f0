#include "intake.h"

#include "base/phone.h"
#include "call_span.h"
#include "store_media.h"

enum { FIELDS_MAX = 200 };

/* One transaction's work. */
struct work {
    const struct intake *intake;
    struct cm_tx *tx;
    struct cm_arena *arena;
    int64_t now_us;
    struct call_row call;
    bool made, ended;      /* the call, just now */
    struct call_state end; /* where it has ended */
    struct cm_str settled; /* why no recording will come; empty: nobody said so */
};

static void say_what_it_is_about(const struct work *w)
{
    if (w->intake->is_about)
        w->intake->is_about(w->intake->ctx, w->call.id);
}

static cm_rc emit(struct work *w, struct cm_event *event, struct cm_err *err)
{
    event->head.organization_id = w->call.organization_id;
    event->head.call_id = w->call.id;
    event->head.call_sid = w->call.call_sid;
    return cm_outbox_write(w->intake->service, w->tx, w->arena, event, 1, w->now_us, err);
}

/* ---- making the call ---- */

struct numbers {
    struct cm_phone from, to;
    struct cm_str ours;     /* of the two, the one that a phone_number row has */
    struct cm_phone theirs; /* the other one: the contact's */
};

static struct numbers numbers_of(const struct callback *cb)
{
    struct numbers n = { .from = cm_phone_read(cb->from), .to = cm_phone_read(cb->to) };

    n.ours = cb->outbound ? n.from.text : n.to.text;
    n.theirs = cb->outbound ? n.to : n.from;
    return n;
}

static cm_rc make_call(struct work *w, const struct callback *cb, const struct number_row *number,
                       struct cm_err *err)
{
    struct numbers numbers = numbers_of(cb);

    w->made = true;
    w->call = (struct call_row){ .id = cm_uuid_v7(w->now_us),
                                 .organization_id = number->organization_id,
                                 .phone_number_id = number->id,
                                 .call_sid = cb->call_sid,
                                 .from = numbers.from.text,
                                 .to = numbers.to.text,
                                 .outbound = cb->outbound,
                                 .recorded = number->record,
                                 .status = CALL_QUEUED,
                                 .created_at_us = w->now_us };
    say_what_it_is_about(w);
    if (cm_phone_is_somebody(numbers.theirs)) {
        cm_rc rc = store_contact(w->tx, w->arena, number->organization_id, numbers.theirs.text,
                                 w->now_us, &w->call.contact_id.value, err);

        if (rc)
            return rc;
        w->call.contact_id.set = true;
    }
    return store_insert_call(w->tx, w->arena, &w->call, err);
}

/* ---- applying ---- */

static cm_rc apply_saying(struct work *w, const struct callback *cb, int64_t arrived_us,
                          struct cm_err *err)
{
    struct saying saying = { .status = cb->status,
                             .source = cb->source,
                             .sequence = cb->sequence,
                             .at_us = cb->at_us.set ? cb->at_us.value : arrived_us,
                             .is_timed = cb->at_us.set,
                             .duration_ms = cb->duration_ms };

    return store_insert_saying(w->tx, w->arena, &w->call, &saying, arrived_us, err);
}

static cm_rc announce_recording(struct work *w, const struct callback *cb, struct cm_err *err)
{
    struct cm_event event = {
        .kind = EVENT_RECORDING_AVAILABLE,
        .recording_available = { .recording_sid = cb->recording_sid,
                                 .account_sid = cb->account_sid,
                                 .source =
                                     cb->recording_source.at ? cb->recording_source : CM_STR(""),
                                 .channels = cb->channels,
                                 .duration_ms = cb->recording_duration_ms },
    };
    cm_rc rc = store_open_steps(w->tx, w->arena, &w->call, w->now_us, err);

    return rc ? rc : emit(w, &event, err);
}

static cm_rc apply_recording(struct work *w, const struct callback *cb, struct cm_err *err)
{
    static const enum recording_state states[] = { RECORDING_STATE_IN_PROGRESS,
                                                   RECORDING_STATE_AVAILABLE,
                                                   RECORDING_STATE_ABSENT, RECORDING_STATE_FAILED };
    enum recording_state state = states[cb->recording_status];
    struct recording_row *rows;
    size_t count;
    cm_rc rc = store_list_recordings(w->tx, w->arena, &w->call, &rows, &count, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++)
        if (cm_str_eq(rows[i].sid, cb->recording_sid) &&
            rows[i].state != RECORDING_STATE_IN_PROGRESS)
            return CM_OK; /* its end was told before */

    rc = store_put_recording(w->tx, w->arena, &w->call, cb, state, w->now_us, err);
    if (rc || state != RECORDING_STATE_AVAILABLE)
        return rc;
    return announce_recording(w, cb, err);
}

static cm_rc apply(struct work *w, const struct callback *cb, int64_t arrived_us,
                   struct cm_err *err)
{
    switch (cb->kind) {
    case CALLBACK_VOICE:
    case CALLBACK_STATUS:
        return apply_saying(w, cb, arrived_us, err);
    case CALLBACK_RECORDING:
        return apply_recording(w, cb, err);
    case CALLBACK_STREAM:
        return store_insert_stream(w->tx, w->arena, &w->call, cb, arrived_us, err);
    }
    return CM_OK;
}

static cm_rc apply_kept(struct work *w, struct cm_err *err)
{
    struct pending_row *rows;
    size_t count, fields;
    cm_rc rc = store_take_pending(w->tx, w->arena, w->call.call_sid, &rows, &count, err);

    for (size_t i = 0; i < count && !rc; i++) {
        struct cm_form_field *field;
        struct callback cb;

        rc = cm_form_parse(rows[i].form, w->arena, FIELDS_MAX, &field, &fields, err);
        if (!rc)
            rc = callback_read(rows[i].kind, field, fields, &cb, err);
        if (!rc)
            rc = apply(w, &cb, rows[i].received_at_us, err);
    }
    return rc;
}

/* ---- settling: what the call is now ---- */

static cm_rc emit_started(struct work *w, const struct call_state *state, struct cm_err *err)
{
    struct cm_event event = {
        .kind = EVENT_CALL_STARTED,
        .call_started = { .phone_number_id = w->call.phone_number_id,
                          .contact_id = w->call.contact_id,
                          .from_number = w->call.from,
                          .to_number = w->call.to,
                          .direction = w->call.outbound ? CM_STR("outbound") : CM_STR("inbound"),
                          .status = cm_str_of(call_status_text(state->status)),
                          .started_at_us = state->started_at_us.set ? state->started_at_us.value
                                                                    : w->call.created_at_us },
    };

    return emit(w, &event, err);
}

static cm_rc emit_ended(struct work *w, const struct call_state *state, struct cm_err *err)
{
    struct cm_event event = {
        .kind = EVENT_CALL_ENDED,
        .call_ended = { .status = cm_str_of(call_status_text(state->status)),
                        .started_at_us = state->started_at_us,
                        .ended_at_us = state->ended_at_us,
                        .duration_ms = state->duration_ms },
    };

    w->ended = true;
    w->end = *state;
    return emit(w, &event, err);
}

/* Is a recording still to be announced, or to come to its end? An unanswered call has none. */
static bool awaits_recording(const struct work *w, const struct call_state *state,
                             const struct recording_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == RECORDING_STATE_IN_PROGRESS)
            return w->settled.len == 0;
    if (call_status_is_end(state->status) && state->status != CALL_COMPLETED)
        return false;
    return w->call.recorded && count == 0 && w->settled.len == 0;
}

static bool has_audio(const struct recording_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == RECORDING_STATE_AVAILABLE || rows[i].state == RECORDING_STATE_STORED)
            return true;
    return false;
}

static cm_rc settle(struct work *w, struct cm_err *err)
{
    struct saying *sayings;
    struct recording_row *recordings;
    struct call_state state;
    size_t said, recorded;
    bool awaited;
    cm_rc rc = store_list_sayings(w->tx, w->arena, &w->call, &sayings, &said, err);

    if (!rc)
        rc = store_list_recordings(w->tx, w->arena, &w->call, &recordings, &recorded, err);
    if (rc)
        return rc;

    state = call_state_of(sayings, said);
    awaited = awaits_recording(w, &state, recordings, recorded);
    rc = store_update_call(w->tx, w->arena, &w->call, &state, awaited, w->now_us, err);
    if (!rc && !awaited && !has_audio(recordings, recorded) && (recorded || w->settled.len))
        rc = store_fail_record_step(w->tx, w->arena, &w->call,
                                    w->settled.len ? w->settled : CM_STR("Twilio has no recording"),
                                    w->now_us, err);
    if (!rc && w->made)
        rc = emit_started(w, &state, err);
    if (!rc && call_status_is_end(state.status) && !call_status_is_end(w->call.status))
        rc = emit_ended(w, &state, err);
    return rc;
}

/* ---- the door ---- */

static cm_rc begin(struct work *w, struct cm_str call_sid, enum store_answer *known,
                   struct cm_err *err)
{
    cm_rc rc = cm_tx_begin(w->intake->db, &w->tx, err);

    if (!rc)
        rc = store_lock_call(w->tx, w->arena, call_sid, err);
    if (!rc)
        rc = store_find_call(w->tx, w->arena, call_sid, &w->call, known, err);
    if (!rc && *known == STORE_FOUND)
        say_what_it_is_about(w);
    return rc;
}

static cm_rc commit(struct work *w, struct cm_err *err)
{
    cm_rc rc = cm_tx_commit(&w->tx, err);

    if (!rc && w->ended)
        call_span_record(&w->call, &w->end);
    return rc;
}

/* Of a call that nobody knew until now. */
static cm_rc take_new(struct work *w, const struct callback *cb, struct cm_str form,
                      const struct number_row *number, enum store_answer ours,
                      enum intake_answer *answer, struct cm_err *err)
{
    bool deleted;
    cm_rc rc = store_was_deleted(w->tx, w->arena, cb->call_sid, &deleted, err);

    if (rc)
        return rc;
    *answer = INTAKE_DELETED;
    if (deleted)
        return CM_OK;
    if (!cb->has_numbers) {
        *answer = INTAKE_KEPT;
        return form.len ? store_insert_pending(w->tx, w->arena, cb, form, w->now_us, err) : CM_OK;
    }
    *answer = INTAKE_NOT_OURS;
    if (ours == STORE_NONE)
        return CM_OK;

    *answer = INTAKE_APPLIED;
    rc = make_call(w, cb, number, err);
    if (!rc)
        rc = apply(w, cb, w->now_us, err);
    if (!rc)
        rc = apply_kept(w, err);
    return rc ? rc : settle(w, err);
}

static cm_rc plan_call(struct work *w, const struct number_row *number, struct intake_plan *plan,
                       struct cm_err *err)
{
    const struct intake *intake = w->intake;
    struct cm_sha256 hash;

    *plan = (struct intake_plan){ .forward_to = number->forward_to,
                                  .greeting = number->greeting,
                                  .record = number->record };
    if (!intake->token_us)
        return CM_OK;

    plan->assistant = intake->assistants && number->assistant && !number->forward_to.at;
    plan->stream = cm_token_new();
    if (!cm_token_hash(cm_str_of(plan->stream.at), &hash))
        return cm_fail(err, CM_FATAL, "a new token has not the form of one");
    return store_put_token(w->tx, w->arena, &w->call, hash,
                           plan->assistant ? "assistant" : "captions", w->now_us + intake->token_us,
                           err);
}

static cm_rc take(struct work *w, const struct callback *cb, struct cm_str form,
                  enum intake_answer *answer, struct intake_plan *plan, struct cm_err *err)
{
    struct number_row number = { 0 };
    enum store_answer known, ours = STORE_NONE;
    cm_rc rc = begin(w, cb->call_sid, &known, err);

    if (!rc && cb->has_numbers && (known == STORE_NONE || cb->kind == CALLBACK_VOICE))
        rc = store_find_number(w->tx, w->arena, numbers_of(cb).ours, &number, &ours, err);
    if (!rc && known == STORE_NONE)
        rc = take_new(w, cb, form, &number, ours, answer, err);
    if (!rc && known == STORE_FOUND) {
        *answer = INTAKE_APPLIED;
        rc = apply(w, cb, w->now_us, err);
        if (!rc && w->call.has_kept)
            rc = apply_kept(w, err);
        if (!rc)
            rc = settle(w, err);
    }
    if (!rc && cb->kind == CALLBACK_VOICE && *answer == INTAKE_APPLIED)
        rc = plan_call(w, &number, plan, err);
    return rc ? rc : commit(w, err);
}

cm_rc intake_take(const struct intake *intake, const struct callback *cb, struct cm_str form,
                  int64_t now_us, struct cm_arena *arena, enum intake_answer *answer,
                  struct intake_plan *plan, struct cm_err *err)
{
    struct work w = { .intake = intake, .arena = arena, .now_us = now_us };
    cm_rc rc;

    *plan = (struct intake_plan){ 0 };
    rc = take(&w, cb, form, answer, plan, err);
    cm_tx_free(w.tx);
    return rc;
}

static cm_rc no_recording(struct work *w, struct cm_str call_sid, struct cm_err *err)
{
    enum store_answer known;
    cm_rc rc = begin(w, call_sid, &known, err);

    if (!rc && known == STORE_FOUND)
        rc = settle(w, err);
    return rc ? rc : commit(w, err);
}

cm_rc intake_no_recording(const struct intake *intake, struct cm_str call_sid, struct cm_str reason,
                          int64_t now_us, struct cm_arena *arena, struct cm_err *err)
{
    struct work w = { .intake = intake, .arena = arena, .now_us = now_us, .settled = reason };
    cm_rc rc = no_recording(&w, call_sid, err);

    cm_tx_free(w.tx);
    return rc;
}

cm_rc intake_forget(const struct intake *intake, struct cm_str call_sid, struct cm_arena *arena,
                    size_t *dropped, struct cm_err *err)
{
    CM_OWN(cm_tx) tx = NULL;
    struct pending_row *rows;
    cm_rc rc = cm_tx_begin(intake->db, &tx, err);

    if (!rc)
        rc = store_lock_call(tx, arena, call_sid, err);
    if (!rc)
        rc = store_take_pending(tx, arena, call_sid, &rows, dropped, err);
    return rc ? rc : cm_tx_commit(&tx, err);
}
