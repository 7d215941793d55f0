#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/hearing/jobs.h"

enum { PLACES = 3, THREADS = 8, ROUNDS = 2000 };

struct crowd {
    struct cm_jobs *jobs;
    atomic_int inside, most, at_place[PLACES];
    atomic_bool wrong;
};

static void *come_and_go(void *ctx)
{
    struct crowd *crowd = ctx;

    for (int i = 0; i < ROUNDS; i++) {
        int place, inside, most;

        if (cm_jobs_enter(crowd->jobs, NULL, NULL, &place, NULL))
            return NULL;
        inside = atomic_fetch_add(&crowd->inside, 1) + 1;
        most = atomic_load(&crowd->most);
        while (inside > most && !atomic_compare_exchange_weak(&crowd->most, &most, inside))
            ;
        if (atomic_fetch_add(&crowd->at_place[place], 1) != 0)
            atomic_store(&crowd->wrong, true);
        atomic_fetch_sub(&crowd->at_place[place], 1);
        atomic_fetch_sub(&crowd->inside, 1);
        cm_jobs_leave(crowd->jobs, place);
    }
    return NULL;
}

static void no_more_are_inside_than_there_are_places_and_each_has_its_own(void **state)
{
    CM_OWN(cm_jobs) jobs = cm_jobs_new(PLACES);
    struct crowd crowd = { .jobs = jobs };
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &crowd), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    assert_false(crowd.wrong);
    assert_in_range(crowd.most, 1, PLACES);
    assert_int_equal(crowd.inside, 0);
}

static void the_lowest_free_place_is_taken(void **state)
{
    CM_OWN(cm_jobs) jobs = cm_jobs_new(PLACES);
    int first, second, again;

    (void)state;
    assert_int_equal(cm_jobs_enter(jobs, NULL, NULL, &first, NULL), CM_OK);
    assert_int_equal(cm_jobs_enter(jobs, NULL, NULL, &second, NULL), CM_OK);
    cm_jobs_leave(jobs, first);
    assert_int_equal(cm_jobs_enter(jobs, NULL, NULL, &again, NULL), CM_OK);

    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    assert_int_equal(again, 0);
}

static bool at_the_third_time(void *ctx)
{
    int *asked = ctx;

    return ++*asked >= 3;
}

static void who_waits_can_be_told_to_stop(void **state)
{
    CM_OWN(cm_jobs) jobs = cm_jobs_new(1);
    int asked = 0, place;

    (void)state;
    assert_int_equal(cm_jobs_enter(jobs, NULL, NULL, &place, NULL), CM_OK);
    assert_int_equal(cm_jobs_enter(jobs, at_the_third_time, &asked, &place, NULL), CM_RETRY);
    assert_int_equal(asked, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_are_inside_than_there_are_places_and_each_has_its_own),
        cmocka_unit_test(the_lowest_free_place_is_taken),
        cmocka_unit_test(who_waits_can_be_told_to_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
