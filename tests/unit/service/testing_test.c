/* The bench itself, on a route that touches no database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/testing.h"

enum { NOW_S = 1700000000 };
#define NOW_US (NOW_S * INT64_C(1000000))

static cm_rc prepare(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    (void)err;
    item->prepared = cx->app;
    return CM_OK;
}

static cm_rc persist(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                     size_t count, struct cm_err *err)
{
    struct cm_event ended = { .kind = EVENT_CALL_ENDED, .head = items[0]->event->head };

    assert_null(tx);
    assert_int_equal(count, 1);
    ended.head.event_id = (struct cm_uuid){ 0 };
    ended.head.occurred_at_us = 0;
    ended.call_ended.status = cm_str_of(items[0]->prepared);
    return cm_emit(cx, &ended, err);
}

static cm_rc reject(struct cm_context *cx, struct cm_item *item, struct cm_err *err)
{
    (void)cx;
    (void)item;
    return cm_fail(err, CM_REJECT, "no");
}

static struct cm_event a_call(void)
{
    return (struct cm_event){ .kind = EVENT_CALL_REPORT_DUE,
                              .head = { .event_id = cm_uuid_v7(NOW_US),
                                        .call_id = cm_uuid_v7(NOW_US + 1),
                                        .call_sid = CM_STR("CA1") } };
}

static void what_a_route_emits_is_kept_whole(void **state)
{
    const struct cm_route route = { .prepare = prepare, .persist = persist };
    struct cm_event event = a_call();
    char status[] = "completed";
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, status, NOW_US);
    const struct cm_event *ended;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_bench_handle(bench, "test", &route, &event, &err), CM_OK);
    memset(status, 'x', sizeof status - 1);

    assert_int_equal(cm_bench_emitted(bench, EVENT_CALL_ENDED), 1);
    assert_int_equal(cm_bench_emitted(bench, EVENT_CALL_STARTED), 0);
    ended = cm_bench_event(bench, EVENT_CALL_ENDED, 0);
    assert_true(cm_str_is(ended->call_ended.status, "completed"));
    assert_true(cm_uuid_eq(ended->head.call_id, event.head.call_id));
    assert_false(cm_uuid_is_nil(ended->head.event_id));
    assert_int_equal(ended->head.occurred_at_us, NOW_US);
    assert_int_equal(ended->traceparent.len, 55);
    assert_null(cm_bench_event(bench, EVENT_CALL_ENDED, 1));
}

static void a_failing_prepare_ends_it(void **state)
{
    const struct cm_route route = { .prepare = reject, .persist = persist };
    struct cm_event event = a_call();
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_bench_handle(bench, "test", &route, &event, &err), CM_REJECT);
    assert_string_equal(err.msg, "no");
    assert_int_equal(cm_bench_emitted(bench, EVENT_CALL_ENDED), 0);
}

static void what_is_written_to_the_outbox_is_kept_too(void **state)
{
    struct cm_event event = a_call();
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_outbox_write(cm_bench_service(bench), NULL, cm_bench_arena(bench), &event,
                                     1, NOW_US, &err),
                     CM_OK);
    assert_int_equal(cm_bench_emitted(bench, EVENT_CALL_REPORT_DUE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_route_emits_is_kept_whole),
        cmocka_unit_test(a_failing_prepare_ends_it),
        cmocka_unit_test(what_is_written_to_the_outbox_is_kept_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
