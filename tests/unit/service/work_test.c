#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/work.h"

/* Works on the test's own memory: these functions look at offset, key and flags only. */
struct fixture {
    struct work works[8];
    struct partition partition;
    struct keys keys;
    struct work_queue finished;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    partition_init(&fx->partition, "t", 0);
    work_queue_init(&fx->finished);
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void given_messages(struct fixture *fx, size_t count, const int64_t *offsets)
{
    for (size_t i = 0; i < count; i++) {
        fx->works[i].message.offset = offsets[i];
        partition_add(&fx->partition, &fx->works[i]);
    }
}

/* ---- windows ---- */

static void the_offset_stops_at_the_lowest_unfinished_message(void **state)
{
    struct fixture *fx = *state;

    given_messages(fx, 4, (const int64_t[]){ 10, 11, 12, 13 });
    fx->works[1].is_finished = fx->works[2].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), -1);

    fx->works[0].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), 13);
    assert_int_equal(fx->finished.count, 3);
    assert_int_equal(fx->partition.count, 1);
}

static void behind_the_last_message_the_next_offset_is_where_to_go_on(void **state)
{
    struct fixture *fx = *state;

    given_messages(fx, 2,
                   (const int64_t[]){ 5, 9 }); /* a gap: compaction, a transaction's marker */
    fx->works[0].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), 9);
    fx->works[1].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), 10);
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), -1);
    assert_null(fx->partition.first);
}

static void an_empty_window_has_nothing_to_tell(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(partition_advance(&fx->partition, &fx->finished), -1);
}

static void messages_come_after_the_window_ran_empty(void **state)
{
    struct fixture *fx = *state;

    given_messages(fx, 1, (const int64_t[]){ 1 });
    fx->works[0].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), 2);
    fx->works[1].message.offset = 2;
    partition_add(&fx->partition, &fx->works[1]);
    assert_ptr_equal(fx->partition.first, &fx->works[1]);
    fx->works[1].is_finished = true;
    assert_int_equal(partition_advance(&fx->partition, &fx->finished), 3);
}

/* ---- keys ---- */

static void given_key(struct fixture *fx, size_t i, const char *key)
{
    fx->works[i].message.key = cm_str_of(key);
}

static void messages_of_a_key_follow_each_other(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < 3; i++)
        given_key(fx, i, "call a");
    given_key(fx, 3, "call b");
    assert_true(keys_enter(&fx->keys, &fx->works[0]));
    assert_false(keys_enter(&fx->keys, &fx->works[1]));
    assert_false(keys_enter(&fx->keys, &fx->works[2]));
    assert_true(keys_enter(&fx->keys, &fx->works[3]));

    assert_ptr_equal(keys_leave(&fx->keys, &fx->works[0]), &fx->works[1]);
    assert_ptr_equal(keys_leave(&fx->keys, &fx->works[1]), &fx->works[2]);
    assert_null(keys_leave(&fx->keys, &fx->works[2]));
    assert_null(keys_leave(&fx->keys, &fx->works[3]));
    assert_true(keys_enter(&fx->keys, &fx->works[1]));
}

static void leaving_from_the_middle_wakes_nobody(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < 3; i++) {
        given_key(fx, i, "call a");
        keys_enter(&fx->keys, &fx->works[i]);
    }
    assert_null(keys_leave(&fx->keys, &fx->works[1]));
    assert_ptr_equal(keys_leave(&fx->keys, &fx->works[0]), &fx->works[2]);
}

static void a_message_without_key_waits_for_nobody(void **state)
{
    struct fixture *fx = *state;

    assert_true(keys_enter(&fx->keys, &fx->works[0]));
    assert_true(keys_enter(&fx->keys, &fx->works[1]));
    assert_null(keys_leave(&fx->keys, &fx->works[0]));
}

static void keys_that_share_a_bucket_stay_apart(void **state)
{
    enum { MANY = 3 * KEY_BUCKETS };
    struct fixture *fx = *state;
    struct work *works = calloc(MANY, sizeof *works);

    for (uint32_t i = 0; i < MANY; i++) {
        works[i].message.offset = i;
        works[i].message.key = (struct cm_str){ (const char *)&works[i].message.offset, 8 };
        assert_true(keys_enter(&fx->keys, &works[i]));
    }
    for (uint32_t i = 0; i < MANY; i++)
        assert_null(keys_leave(&fx->keys, &works[(i * 7919u) % MANY]));
    for (uint32_t i = 0; i < KEY_BUCKETS; i++)
        assert_null(fx->keys.buckets[i]);
    free(works);
}

/* ---- queues ---- */

static void a_queue_keeps_its_order_through_removals(void **state)
{
    struct fixture *fx = *state;
    struct work_queue queue;

    work_queue_init(&queue);
    for (size_t i = 0; i < 4; i++)
        work_queue_push(&queue, &fx->works[i]);
    work_queue_remove(&queue, &fx->works[3]); /* the last one */
    work_queue_remove(&queue, &fx->works[1]);
    work_queue_push(&queue, &fx->works[4]);
    work_queue_push_front(&queue, &fx->works[5]);

    assert_int_equal(queue.count, 4);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[5]);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[0]);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[2]);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[4]);
    assert_null(work_queue_pop(&queue));
    work_queue_push_front(&queue, &fx->works[6]);
    work_queue_push(&queue, &fx->works[7]);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[6]);
    assert_ptr_equal(work_queue_pop(&queue), &fx->works[7]);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_offset_stops_at_the_lowest_unfinished_message),
        WITH_FIXTURE(behind_the_last_message_the_next_offset_is_where_to_go_on),
        WITH_FIXTURE(an_empty_window_has_nothing_to_tell),
        WITH_FIXTURE(messages_come_after_the_window_ran_empty),
        WITH_FIXTURE(messages_of_a_key_follow_each_other),
        WITH_FIXTURE(leaving_from_the_middle_wakes_nobody),
        WITH_FIXTURE(a_message_without_key_waits_for_nobody),
        WITH_FIXTURE(keys_that_share_a_bucket_stay_apart),
        WITH_FIXTURE(a_queue_keeps_its_order_through_removals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
