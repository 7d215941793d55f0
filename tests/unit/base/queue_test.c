#include "base_test.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/queue.h"

static int items[1000];

static void items_come_out_in_their_order(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(3);
    void *item;

    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            assert_true(cm_queue_try_push(queue, &items[i]));
        assert_int_equal(cm_queue_len(queue), 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(cm_queue_pop(queue, &item, 0), CM_QUEUE_OK);
            assert_ptr_equal(item, &items[i]);
        }
    }
}

static void a_full_queue_takes_no_more(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(1);
    int64_t began_ms = cm_mono_ms();

    (void)state;
    assert_true(cm_queue_try_push(queue, &items[0]));
    assert_false(cm_queue_try_push(queue, &items[1]));
    assert_int_equal(cm_queue_push(queue, &items[1], 30), CM_QUEUE_TIMEOUT);
    assert_true(cm_mono_ms() - began_ms >= 29);
}

static void an_empty_queue_times_out(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(1);
    int64_t began_ms = cm_mono_ms();
    void *item = &items[5];

    (void)state;
    assert_int_equal(cm_queue_pop(queue, &item, 0), CM_QUEUE_TIMEOUT);
    assert_int_equal(cm_queue_pop(queue, &item, 30), CM_QUEUE_TIMEOUT);
    assert_true(cm_mono_ms() - began_ms >= 29);
    assert_ptr_equal(item, &items[5]);
}

static void a_closed_queue_is_emptied_and_then_says_so(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(2);
    void *item;

    (void)state;
    assert_true(cm_queue_try_push(queue, &items[0]));
    cm_queue_close(queue);
    assert_false(cm_queue_try_push(queue, &items[1]));
    assert_int_equal(cm_queue_push(queue, &items[1], -1), CM_QUEUE_CLOSED);
    assert_int_equal(cm_queue_pop(queue, &item, -1), CM_QUEUE_OK);
    assert_int_equal(cm_queue_pop(queue, &item, -1), CM_QUEUE_CLOSED);
}

static void *pop_one(void *ctx)
{
    void *item = NULL;

    return cm_queue_pop(ctx, &item, -1) == CM_QUEUE_CLOSED ? &items[0] : item;
}

static void closing_wakes_those_who_wait(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(2);
    pthread_t threads[3];
    void *woken;

    (void)state;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, pop_one, queue);
    cm_queue_close(queue);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], &woken);
        assert_ptr_equal(woken, &items[0]);
    }
}

static void *push_all(void *ctx)
{
    for (int i = 0; i < 1000; i++)
        if (cm_queue_push(ctx, &items[i], -1) != CM_QUEUE_OK)
            return NULL;
    return ctx;
}

static void *pop_all(void *ctx)
{
    intptr_t n = 0;
    void *item;

    while (cm_queue_pop(ctx, &item, -1) == CM_QUEUE_OK) {
        __atomic_fetch_add((int *)item, 1, __ATOMIC_RELAXED);
        n++;
    }
    return (void *)n;
}

static void nothing_is_lost_or_doubled_between_threads(void **state)
{
    CM_OWN(cm_queue) queue = cm_queue_new(5);
    pthread_t pushers[3], poppers[3];
    intptr_t sum = 0;
    void *out;

    (void)state;
    for (int i = 0; i < 3; i++) {
        pthread_create(&poppers[i], NULL, pop_all, queue);
        pthread_create(&pushers[i], NULL, push_all, queue);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(pushers[i], &out);
        assert_non_null(out);
    }
    cm_queue_close(queue);
    for (int i = 0; i < 3; i++) {
        pthread_join(poppers[i], &out);
        sum += (intptr_t)out;
    }
    assert_int_equal(sum, 3000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_their_order),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(an_empty_queue_times_out),
        cmocka_unit_test(a_closed_queue_is_emptied_and_then_says_so),
        cmocka_unit_test(closing_wakes_those_who_wait),
        cmocka_unit_test(nothing_is_lost_or_doubled_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
