#include "foreign.h"

#include <string.h>

int foreign_setup(void **state)
{
    *state = cm_arena_new();
    return 0;
}

int foreign_teardown(void **state)
{
    cm_arena_free(*state);
    return 0;
}

void put_long(struct cm_buf *out, int64_t value)
{
    uint64_t bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

    for (; bits > 0x7f; bits >>= 7)
        cm_buf_char(out, (char)(0x80 | (bits & 0x7f)));
    cm_buf_char(out, (char)bits);
}

void put_text(struct cm_buf *out, const char *text)
{
    put_long(out, (int64_t)strlen(text));
    cm_buf_text(out, text);
}

void put_head(struct cm_buf *out)
{
    put_text(out, UUID_TEXT);
    put_long(out, 1234567);
    put_text(out, UUID_TEXT);
    put_text(out, UUID_TEXT);
    put_text(out, "CA1");
}

cm_rc decode_foreign(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                     enum cm_event_kind kind, struct cm_event *out, struct cm_err *err)
{
    CM_OWN(cm_schema) writer = NULL;

    if (cm_schema_parse(cm_str_of(json), &writer, err) != CM_OK)
        fail_msg("%s", err->msg);
    return cm_event_decode(cm_buf_view(bytes), writer, kind, arena, out, err);
}

struct cm_event expect_event(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                             enum cm_event_kind kind)
{
    struct cm_event event;
    struct cm_err err = { 0 };

    if (decode_foreign(arena, json, bytes, kind, &event, &err) != CM_OK)
        fail_msg("%s", err.msg);
    assert_string_equal(cm_uuid_text(event.head.event_id).at, UUID_TEXT);
    assert_int_equal(event.head.occurred_at_us, 1234567);
    assert_true(cm_str_is(event.head.call_sid, "CA1"));
    return event;
}

void expect_refusal(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                    enum cm_event_kind kind, const char *why)
{
    struct cm_event event;
    struct cm_err err = { 0 };

    assert_int_equal(decode_foreign(arena, json, bytes, kind, &event, &err), CM_REJECT);
    assert_string_equal(err.msg, why);
}
