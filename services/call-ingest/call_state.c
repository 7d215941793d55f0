#include "call_state.h"

/* Of two ends, the one that Twilio numbered lower came first; what has no number comes after what
 * has, and the sweeper's guess after everything that Twilio itself said. */
static bool is_before(const struct saying *a, const struct saying *b)
{
    bool guess_a = a->source == SOURCE_SWEEPER, guess_b = b->source == SOURCE_SWEEPER;
    uint64_t number_a = (uint64_t)a->sequence,
             number_b = (uint64_t)b->sequence; /* -1: the highest */

    if (guess_a != guess_b)
        return guess_b;
    if (number_a != number_b)
        return number_a < number_b;
    if (a->is_timed != b->is_timed)
        return a->is_timed;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us;
    return a->status < b->status;
}

static const struct saying *find_end(const struct saying *sayings, size_t count)
{
    const struct saying *end = NULL;

    for (size_t i = 0; i < count; i++)
        if (call_status_is_end(sayings[i].status) && (!end || is_before(&sayings[i], end)))
            end = &sayings[i];
    return end;
}

static struct cm_opt_i64 earliest(const struct saying *sayings, size_t count, bool timed,
                                  enum call_status at_least)
{
    struct cm_opt_i64 at = { 0 };

    for (size_t i = 0; i < count; i++) {
        const struct saying *s = &sayings[i];

        if (s->is_timed != timed || s->status < at_least || call_status_is_end(s->status))
            continue;
        if (!at.set || s->at_us < at.value)
            at = (struct cm_opt_i64){ true, s->at_us };
    }
    return at;
}

/* Best known first: when it was answered; what its end and length say; when it rang; when we heard
 * of it. */
static struct cm_opt_i64 find_start(const struct saying *sayings, size_t count,
                                    const struct saying *end)
{
    struct cm_opt_i64 at = earliest(sayings, count, true, CALL_IN_PROGRESS);

    if (!at.set && end && end->status == CALL_COMPLETED && end->is_timed && end->duration_ms.set)
        at = (struct cm_opt_i64){ true, end->at_us - end->duration_ms.value * 1000 };
    if (!at.set)
        at = earliest(sayings, count, true, CALL_QUEUED);
    if (!at.set)
        at = earliest(sayings, count, false, CALL_QUEUED);
    if (!at.set && end)
        at = (struct cm_opt_i64){ true, end->at_us };
    return at;
}

struct call_state call_state_of(const struct saying *sayings, size_t count)
{
    const struct saying *end = find_end(sayings, count);
    struct cm_opt_i64 answered = earliest(sayings, count, true, CALL_IN_PROGRESS);
    struct call_state state = { .status = CALL_QUEUED };

    for (size_t i = 0; i < count && !end; i++)
        if (sayings[i].status > state.status)
            state.status = sayings[i].status;
    state.started_at_us = find_start(sayings, count, end);
    if (!end)
        return state;

    state.status = end->status;
    state.ended_at_us = (struct cm_opt_i64){ true, end->at_us };
    state.duration_ms = end->duration_ms;
    if (!state.duration_ms.set && end->is_timed && answered.set && answered.value <= end->at_us)
        state.duration_ms = (struct cm_opt_i64){ true, (end->at_us - answered.value) / 1000 };
    return state;
}
