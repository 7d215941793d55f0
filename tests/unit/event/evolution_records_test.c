/* Records within events of other writers, read by field name. */
#include "foreign.h"

#define TODO_OLD                                                                                   \
    "{\"type\":\"array\",\"items\":[\"null\",{\"type\":\"record\",\"name\":\"Todo\",\"fields\":["  \
    "{\"name\":\"evidence\",\"type\":\"string\"},{\"name\":\"colour\",\"type\":\"string\"},"       \
    "{\"name\":\"segment_id\",\"type\":\"string\"},{\"name\":\"id\",\"type\":\"string\"},"         \
    "{\"name\":\"title\",\"type\":\"string\"},{\"name\":\"owner\",\"type\":\"string\"}]}]}"

static void put_todo(struct cm_buf *out, const char *title)
{
    put_long(out, 1);
    put_text(out, "I will");
    put_text(out, "red");
    put_text(out, UUID_TEXT);
    put_text(out, UUID_TEXT);
    put_text(out, title);
    put_text(out, "caller");
}

static void records_within_the_event_are_read_by_name_too(void **state)
{
    static const char json[] =
        RECORD("CallTodosExtracted", HEAD FIELD_OF("model", "\"string\"") FIELD_OF(
                                         "todos", TODO_OLD) FIELD_OF("engine", "\"string\""));
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    const struct cm_call_todos_extracted *got;
    struct cm_event event;

    put_head(&bytes);
    put_text(&bytes, "m");
    put_long(&bytes, 1);
    put_todo(&bytes, "first");
    put_long(&bytes, 1); /* a second block */
    put_todo(&bytes, "second");
    put_long(&bytes, 0);
    put_text(&bytes, "e");
    event = expect_event(*state, json, &bytes, EVENT_CALL_TODOS_EXTRACTED);
    got = &event.call_todos_extracted;
    assert_int_equal(got->todo_count, 2);
    assert_true(cm_str_is(got->todos[0].title, "first"));
    assert_true(cm_str_is(got->todos[1].title, "second"));
    assert_true(cm_str_is(got->todos[1].evidence, "I will"));
    assert_true(cm_str_is(got->todos[1].owner, "caller"));
    assert_null(got->todos[1].due_date.at);
    assert_true(cm_str_is(got->model, "m"));
}

static void a_null_among_records_is_rejected(void **state)
{
    static const char json[] =
        RECORD("CallTodosExtracted", HEAD FIELD_OF("todos", TODO_OLD) FIELD_OF(
                                         "model", "\"string\"") FIELD_OF("engine", "\"string\""));
    CM_OWN_BUF struct cm_buf bytes = { 0 };

    put_head(&bytes);
    put_long(&bytes, 1);
    put_long(&bytes, 0);
    put_long(&bytes, 0);
    put_text(&bytes, "m");
    put_text(&bytes, "e");
    expect_refusal(
        *state, json, &bytes, EVENT_CALL_TODOS_EXTRACTED,
        "call.todos-extracted: field todos is written as null, which it cannot be read from");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_within_the_event_are_read_by_name_too),
        cmocka_unit_test(a_null_among_records_is_rejected),
    };

    return cmocka_run_group_tests(tests, foreign_setup, foreign_teardown);
}
