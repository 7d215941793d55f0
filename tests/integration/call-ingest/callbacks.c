#include "callbacks.h"

#include <string.h>

/* A whole call's callbacks, as Twilio posts them, behind the sids and the numbers. */
static const struct {
    enum callback_kind kind;
    bool has_numbers;
    const char *rest;
} said[FORMS] = {
    { CALLBACK_VOICE, true, "CallStatus=ringing&CalledZip=" },
    { CALLBACK_STATUS, true,
      "CallStatus=ringing&SequenceNumber=0&Timestamp=Sun%2C+09+Sep+2001+01%3A45%3A00+%2B0000" },
    { CALLBACK_STATUS, true,
      "CallStatus=in-progress&SequenceNumber=1&Timestamp=Sun%2C+09+Sep+2001+01%3A45%3A40+%2B0000" },
    { CALLBACK_RECORDING, false,
      "RecordingStatus=in-progress&RecordingChannels=2&RecordingSource=X" },
    { CALLBACK_STATUS, true,
      "CallStatus=completed&SequenceNumber=2&CallDuration=60&Timestamp=Sun%2C+09+Sep+2001+01%3A46%"
      "3A40+%2B0000" },
    { CALLBACK_RECORDING, false,
      "RecordingStatus=completed&RecordingChannels=2&RecordingSource=X&"
      "RecordingDuration=60" },
};

struct order order_of(unsigned code)
{
    int left[FORMS] = { 0, 1, 2, 3, 4, 5 };
    struct order order;

    for (unsigned n = FORMS, rest = code; n > 0; rest /= n, n--) {
        unsigned pick = rest % n;

        order.form[FORMS - n] = left[pick];
        memmove(&left[pick], &left[pick + 1], (FORMS - pick - 1) * sizeof left[0]);
    }
    return order;
}

struct told tell_form(struct ground *g, enum callback_kind kind, struct cm_str form)
{
    struct cm_form_field *fields;
    struct callback cb;
    struct told told = { 0 };
    size_t count;

    if (cm_form_parse(form, g->arena, 200, &fields, &count, &g->err) ||
        callback_read(kind, fields, count, &cb, &g->err) ||
        intake_take(&g->app.intake, &cb, form, GROUND_TIME, g->arena, &told.answer, &told.plan,
                    &g->err))
        fail_msg("%.*s: %s", CM_STR_FMT(form), g->err.msg);
    return told;
}

struct cm_str form_of(struct ground *g, struct cm_str call_sid, const char *from, struct cm_str to,
                      const char *rest)
{
    return cm_arena_printf(
        g->arena, "AccountSid=" ACCOUNT "&CallSid=%.*s&Direction=inbound&From=%s&To=%%2B%.*s&%s",
        CM_STR_FMT(call_sid), from, (int)to.len - 1, to.at + 1, rest);
}

struct told tell(struct ground *g, unsigned call, int n)
{
    struct cm_str sid = ground_sid(g, "CA", call);

    if (said[n].has_numbers)
        return tell_form(g, said[n].kind,
                         form_of(g, sid, "%2B15550001111", g->number, said[n].rest));
    return tell_form(g, said[n].kind,
                     cm_arena_printf(g->arena,
                                     "AccountSid=" ACCOUNT "&CallSid=%s&RecordingSid=%s&%s", sid.at,
                                     ground_sid(g, "RE", call).at, said[n].rest));
}

void expect_events(struct ground *g, size_t calls)
{
    assert_int_equal(ground_emitted(g, EVENT_CALL_STARTED), calls);
    assert_int_equal(ground_emitted(g, EVENT_CALL_ENDED), calls);
    assert_int_equal(ground_emitted(g, EVENT_RECORDING_AVAILABLE), calls);
}
