#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/trace.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const struct cm_uuid a_call = { { 0x01, 0x93, 0x6a, 0x2b, 0x11, 0x22, 0x7a, 0xbc, 0x8d, 0xef,
                                         0x01, 0x23, 0x45, 0x67, 0x89, 0xab } };

static struct cm_trace the_parent(void)
{
    struct cm_trace parent;

    assert_true(cm_trace_read(CM_STR(PARENT), &parent));
    return parent;
}

static void what_is_read_is_written_the_same(void **state)
{
    struct cm_trace trace = the_parent();

    (void)state;
    assert_true(trace.sampled);
    assert_string_equal(cm_trace_text(&trace).at, PARENT);
}

static void a_child_keeps_the_trace_and_the_flag_and_has_a_span_of_its_own(void **state)
{
    struct cm_trace parent = the_parent(), child = cm_trace_child(&parent);

    (void)state;
    assert_memory_equal(child.trace_id, parent.trace_id, sizeof child.trace_id);
    assert_memory_not_equal(child.span_id, parent.span_id, sizeof child.span_id);
    assert_true(child.sampled);
    parent.sampled = false;
    assert_false(cm_trace_child(&parent).sampled);
}

static void a_child_of_none_is_none(void **state)
{
    struct cm_trace none = { 0 }, child = cm_trace_child(&none);

    (void)state;
    assert_false(cm_trace_is_some(&child));
    assert_string_equal(cm_trace_text(&child).at, "");
}

static void a_calls_trace_has_the_calls_id(void **state)
{
    struct cm_trace trace = cm_trace_of_call(a_call);

    (void)state;
    assert_string_equal(cm_trace_text(&trace).at,
                        "00-01936a2b11227abc8def0123456789ab-8def0123456789ab-01");
}

static void what_has_an_id_has_its_span_in_the_calls_trace(void **state)
{
    struct cm_uuid id = cm_uuid_v7(1700000000000000);
    struct cm_trace call = cm_trace_of_call(a_call), trace = cm_trace_in_call(a_call, id);

    (void)state;
    assert_memory_equal(trace.trace_id, call.trace_id, sizeof trace.trace_id);
    assert_memory_equal(trace.span_id, id.at + 8, sizeof trace.span_id);
    assert_int_equal(trace.sampled, call.sampled);
}

static void a_share_of_the_calls_is_sampled_and_always_the_same_ones(void **state)
{
    enum { CALLS = 4000 };
    unsigned tenth = 0;

    (void)state;
    for (int i = 0; i < CALLS; i++) {
        struct cm_uuid call = cm_uuid_v7(1700000000000000 + i);
        bool in_a_tenth, in_a_half;

        cm_trace_sample(0.1);
        in_a_tenth = cm_trace_of_call(call).sampled;
        assert_int_equal(cm_trace_of_call(call).sampled, in_a_tenth);
        cm_trace_sample(0.5);
        in_a_half = cm_trace_of_call(call).sampled;
        assert_true(in_a_half || !in_a_tenth);
        cm_trace_sample(0);
        assert_false(cm_trace_of_call(call).sampled);
        cm_trace_sample(1);
        assert_true(cm_trace_of_call(call).sampled);
        tenth += in_a_tenth;
    }
    assert_in_range(tenth, CALLS / 10 - 120, CALLS / 10 + 120); /* over six times the deviation */
}

static void what_the_standard_forbids_is_no_trace(void **state)
{
    static const char *const bad[] = {
        "",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    };
    struct cm_trace trace;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(cm_trace_read(cm_str_of(bad[i]), &trace));
        assert_false(cm_trace_is_some(&trace));
    }
}

static void a_trace_cut_at_any_byte_is_none(void **state)
{
    struct cm_trace trace;

    (void)state;
    for (size_t len = 0; len < strlen(PARENT); len++)
        assert_false(cm_trace_read((struct cm_str){ PARENT, len }, &trace));
}

static void a_thread_stands_in_one_trace_at_a_time(void **state)
{
    struct cm_trace parent = the_parent(), call = cm_trace_of_call(a_call), before;

    (void)state;
    assert_false(cm_trace_is_some(cm_trace_current()));
    before = cm_trace_enter(&parent);
    assert_false(cm_trace_is_some(&before));
    before = cm_trace_enter(&call);
    assert_memory_equal(before.span_id, parent.span_id, sizeof before.span_id);
    assert_memory_equal(cm_trace_current()->span_id, call.span_id, sizeof call.span_id);
    cm_trace_enter(NULL);
    assert_false(cm_trace_is_some(cm_trace_current()));
}

static void a_log_line_tells_the_trace(void **state)
{
    struct cm_trace parent = the_parent();
    char line[512];

    (void)state;
    cm_trace_enter(&parent);
    cm_log_line(line, sizeof line, CM_LOG_TEXT, "T", "svc", CM_LOG_INFO, "hello", "n=%d", 1);
    cm_trace_enter(NULL);
    assert_string_equal(line,
                        "time=T level=info service=svc msg=hello "
                        "trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 n=1");
    cm_log_line(line, sizeof line, CM_LOG_TEXT, "T", "svc", CM_LOG_INFO, "hello", "n=%d", 1);
    assert_string_equal(line, "time=T level=info service=svc msg=hello n=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_the_same),
        cmocka_unit_test(a_child_keeps_the_trace_and_the_flag_and_has_a_span_of_its_own),
        cmocka_unit_test(a_child_of_none_is_none),
        cmocka_unit_test(a_calls_trace_has_the_calls_id),
        cmocka_unit_test(what_has_an_id_has_its_span_in_the_calls_trace),
        cmocka_unit_test(a_share_of_the_calls_is_sampled_and_always_the_same_ones),
        cmocka_unit_test(what_the_standard_forbids_is_no_trace),
        cmocka_unit_test(a_trace_cut_at_any_byte_is_none),
        cmocka_unit_test(a_thread_stands_in_one_trace_at_a_time),
        cmocka_unit_test(a_log_line_tells_the_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
