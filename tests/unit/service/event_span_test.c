/* Which trace an event is handled in, and what it emits goes out with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "service/event_span.h"
#include "service/testing.h"

#define NOW_US INT64_C(1700000000000000)
#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct cm_event an_event(const char *traceparent)
{
    return (struct cm_event){ .kind = EVENT_CALL_REPORT_DUE,
                              .head = { .event_id = cm_uuid_v7(NOW_US),
                                        .call_id = cm_uuid_v7(NOW_US + 1),
                                        .call_sid = CM_STR("CA1") },
                              .traceparent = cm_str_of(traceparent) };
}

static struct cm_event ended(struct cm_uuid call_id)
{
    return (struct cm_event){ .kind = EVENT_CALL_ENDED,
                              .head = { .call_id = call_id, .call_sid = CM_STR("CA1") },
                              .call_ended = { .status = CM_STR("completed") } };
}

static struct cm_trace seen; /* the item's, in `persist` */

static cm_rc answer(struct cm_context *cx, struct cm_tx *tx, struct cm_item *const items[],
                    size_t count, struct cm_err *err)
{
    struct cm_event event = ended(items[0]->event->head.call_id);

    (void)tx;
    (void)count;
    seen = items[0]->trace;
    return cm_emit(cx, &event, err);
}

static const struct cm_route answering = { .persist = answer };

static struct cm_trace emitted(const struct cm_bench *bench, enum cm_event_kind kind)
{
    struct cm_trace trace;

    assert_true(cm_trace_read(cm_bench_event(bench, kind, 0)->traceparent, &trace));
    return trace;
}

static void assert_same(const struct cm_trace *a, const struct cm_trace *b)
{
    assert_memory_equal(a->trace_id, b->trace_id, sizeof a->trace_id);
    assert_memory_equal(a->span_id, b->span_id, sizeof a->span_id);
}

/* ---- what is emitted ---- */

static void what_a_route_emits_hangs_on_the_handling_of_its_event(void **state)
{
    struct cm_event event = an_event(PARENT);
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
    struct cm_trace parent, out;
    struct cm_err err = { 0 };

    (void)state;
    assert_int_equal(cm_bench_handle(bench, "test", &answering, &event, &err), CM_OK);

    out = emitted(bench, EVENT_CALL_ENDED);
    assert_same(&out, &seen);
    assert_true(cm_trace_read(CM_STR(PARENT), &parent));
    assert_memory_equal(out.trace_id, parent.trace_id, sizeof out.trace_id);
    assert_memory_not_equal(out.span_id, parent.span_id, sizeof out.span_id);
}

static void an_event_that_names_no_trace_belongs_to_its_call(void **state)
{
    static const char *const nonsense[] = { "", "00-0-0-01", ("ff" PARENT) };

    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        struct cm_event event = an_event(nonsense[i]);
        CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
        struct cm_trace call = cm_trace_of_call(event.head.call_id), out;
        struct cm_err err = { 0 };

        assert_int_equal(cm_bench_handle(bench, "test", &answering, &event, &err), CM_OK);
        out = emitted(bench, EVENT_CALL_ENDED);
        assert_memory_equal(out.trace_id, call.trace_id, sizeof out.trace_id);
        assert_memory_not_equal(out.span_id, call.span_id, sizeof out.span_id);
    }
}

static void write_out(struct cm_bench *bench, const struct cm_event *event)
{
    struct cm_err err = { 0 };

    assert_int_equal(cm_outbox_write(cm_bench_service(bench), NULL, cm_bench_arena(bench), event, 1,
                                     NOW_US, &err),
                     CM_OK);
}

static void outside_a_route_the_threads_work_on_the_call_is_the_parent(void **state)
{
    struct cm_event event = ended(cm_uuid_v7(NOW_US));
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
    struct cm_trace call = cm_trace_of_call(event.head.call_id), at = cm_trace_child(&call), out;
    struct cm_trace before = cm_trace_enter(&at);

    (void)state;
    write_out(bench, &event);
    cm_trace_enter(&before);

    out = emitted(bench, EVENT_CALL_ENDED);
    assert_same(&out, &at);
}

static void work_on_another_call_is_not(void **state)
{
    struct cm_event event = ended(cm_uuid_v7(NOW_US));
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);
    struct cm_trace call = cm_trace_of_call(event.head.call_id), out;
    struct cm_trace other = cm_trace_of_call(cm_uuid_v7(NOW_US)), before = cm_trace_enter(&other);

    (void)state;
    write_out(bench, &event);
    cm_trace_enter(&before);

    out = emitted(bench, EVENT_CALL_ENDED);
    assert_same(&out, &call);
}

static void a_trace_that_the_emitter_chose_goes_out_as_it_is(void **state)
{
    struct cm_event event = ended(cm_uuid_v7(NOW_US));
    CM_OWN(cm_bench) bench = cm_bench_new(NULL, NULL, NOW_US);

    (void)state;
    event.traceparent = CM_STR(PARENT);
    write_out(bench, &event);
    assert_true(cm_str_is(cm_bench_event(bench, EVENT_CALL_ENDED, 0)->traceparent, PARENT));
}

/* ---- what is recorded ---- */

static const struct cm_route route = { .consumes = EVENT_CALL_REPORT_DUE };
static const struct topic topic = { .route = &route, .name = "callmill.call.report-due" };

static struct work *a_work(const char *traceparent)
{
    struct cm_message_in message = { .partition = 3, .offset = 42 };
    struct work *work = work_new(&topic, &message);

    work->event = an_event(traceparent);
    work->event_id = work->event.head.event_id;
    event_span_admit(&work->item);
    return work;
}

static struct cm_span_field field(const struct cm_span *span, const char *name)
{
    for (size_t i = 0; i < span->field_count; i++)
        if (strcmp(span->fields[i].name, name) == 0)
            return span->fields[i];
    fail_msg("no field %s", name);
    return (struct cm_span_field){ 0 };
}

static void a_handled_event_is_a_span_from_first_touch_to_commit(void **state)
{
    struct work *work = a_work(PARENT);
    struct cm_trace parent, before = event_span_enter(work);
    int64_t began_us = work->began_us;
    struct cm_span span;

    (void)state;
    assert_same(cm_trace_current(), &work->item.trace);
    cm_trace_enter(&before);
    work->item.attempt = 2;
    before = event_span_enter(work);
    cm_trace_enter(&before);
    event_span_record(work, "callmill.reporter", false);

    assert_int_equal(cm_spans_take(&span, 1, 0), 1);
    assert_same(&span.at, &work->item.trace);
    assert_true(cm_trace_read(CM_STR(PARENT), &parent));
    assert_memory_equal(span.parent_id, parent.span_id, sizeof span.parent_id);
    assert_int_equal(span.kind, CM_SPAN_CONSUMER);
    assert_string_equal(span.name, "process call.report-due");
    assert_int_equal(span.start_us, began_us);
    assert_true(span.end_us >= began_us);
    assert_false(span.failed);
    assert_string_equal(field(&span, "messaging.destination.name").text, topic.name);
    assert_string_equal(field(&span, "messaging.destination.partition.id").text, "3");
    assert_string_equal(field(&span, "messaging.consumer.group.name").text, "callmill.reporter");
    assert_int_equal(field(&span, "messaging.kafka.offset").number, 42);
    assert_int_equal(field(&span, "callmill.attempts").number, 2);
    work_free(work);
}

static void an_event_that_is_given_up_tells_the_class_and_no_words(void **state)
{
    struct work *work = a_work("");
    struct cm_trace call = cm_trace_of_call(work->event.head.call_id);
    struct cm_span span;

    (void)state;
    (void)cm_fail(&work->failure, CM_REJECT, "550 ada@example.com is unknown");
    work->stage = "prepare";
    event_span_record(work, "callmill.reporter", true);

    assert_int_equal(cm_spans_take(&span, 1, 0), 1);
    assert_memory_equal(span.parent_id, call.span_id, sizeof span.parent_id);
    assert_true(span.failed);
    assert_string_equal(span.why, "given up: reject in prepare");
    assert_string_equal(field(&span, "error.type").text, "reject");
    work_free(work);
}

static void an_event_of_a_call_that_nobody_wants_is_no_span(void **state)
{
    struct work *work = a_work("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    struct cm_span span;

    (void)state;
    event_span_record(work, "callmill.reporter", false);
    assert_int_equal(cm_spans_take(&span, 1, 0), 0);
    work_free(work);
}

static int open_queue(void **state)
{
    (void)state;
    cm_spans_start(4, NULL);
    return 0;
}

static int close_queue(void **state)
{
    (void)state;
    cm_spans_close();
    cm_spans_free();
    return 0;
}

#define recorded(test) cmocka_unit_test_setup_teardown(test, open_queue, close_queue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_route_emits_hangs_on_the_handling_of_its_event),
        cmocka_unit_test(an_event_that_names_no_trace_belongs_to_its_call),
        cmocka_unit_test(outside_a_route_the_threads_work_on_the_call_is_the_parent),
        cmocka_unit_test(work_on_another_call_is_not),
        cmocka_unit_test(a_trace_that_the_emitter_chose_goes_out_as_it_is),
        recorded(a_handled_event_is_a_span_from_first_touch_to_commit),
        recorded(an_event_that_is_given_up_tells_the_class_and_no_words),
        recorded(an_event_of_a_call_that_nobody_wants_is_no_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
