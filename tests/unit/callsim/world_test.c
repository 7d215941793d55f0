/* world_test.c - the same seed makes the same calls, and every call is heard of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

static char audio[] = "/tmp/callsim_world_test.XXXXXX";

static int write_audio(void **state)
{
    char frame[144] = "\xFF\xF3\x48";
    CM_OWN_FD int fd = mkstemp(audio);

    (void)state;
    for (int i = 0; i < 100; i++)
        if (write(fd, frame, sizeof frame) != sizeof frame)
            return 1;
    return 0;
}

static int remove_audio(void **state)
{
    (void)state;
    return unlink(audio);
}

static struct options options_of(uint64_t seed, int missing)
{
    return (struct options){ .account_sid = "AC",
                             .auth_token = "t",
                             .audio = { audio, audio },
                             .audio_count = 2,
                             .to = { "+1", "+2" },
                             .to_count = 2,
                             .outcome = "completed",
                             .calls = 50,
                             .repeat_percent = 30,
                             .missing_percent = missing,
                             .shuffle = true,
                             .seed = seed };
}

static void make(struct world *world, const struct options *options)
{
    struct cm_err err = { 0 };

    if (world_make(world, options, &err))
        fail_msg("%s", err.msg);
}

static bool same_plan(const struct call *a, const struct call *b)
{
    bool same = strcmp(a->sid, b->sid) == 0 && a->hook_count == b->hook_count;

    for (int i = 0; i < a->hook_count && same; i++)
        same = a->hooks[i].kind == b->hooks[i].kind && a->hooks[i].copies == b->hooks[i].copies &&
               a->hooks[i].withheld == b->hooks[i].withheld;
    return same;
}

static void a_seed_makes_the_same_calls_and_another_one_others(void **state)
{
    struct options o = options_of(7, 10), other = options_of(8, 10);
    struct world a, b, c;
    int different = 0;

    (void)state;
    make(&a, &o);
    make(&b, &o);
    make(&c, &other);
    for (int i = 0; i < o.calls; i++) {
        assert_true(same_plan(&a.calls[i], &b.calls[i]));
        different += !same_plan(&a.calls[i], &c.calls[i]);
    }
    assert_int_equal(different, o.calls); /* the sids alone differ */
    world_finish(&a);
    world_finish(&b);
    world_finish(&c);
}

static void every_call_is_heard_of_however_much_is_missing(void **state)
{
    struct options o = options_of(1, 100);
    struct world world;

    (void)state;
    make(&world, &o);
    for (int i = 0; i < o.calls; i++) {
        int sent = 0;

        for (int k = 0; k < world.calls[i].hook_count; k++)
            sent += !world.calls[i].hooks[k].withheld;
        assert_int_equal(sent, 1);
    }
    world_finish(&world);
}

static void calls_and_recordings_are_found_by_their_sids(void **state)
{
    struct options o = options_of(3, 0);
    struct recording *recording = NULL;
    struct world world;

    (void)state;
    make(&world, &o);
    for (int i = 0; i < o.calls; i++) {
        struct call *call = &world.calls[i];

        assert_ptr_equal(world_call(&world, cm_str_of(call->sid)), call);
        for (int k = 0; k < call->recording_count; k++) {
            assert_ptr_equal(
                world_recording(&world, cm_str_of(call->recordings[k].sid), &recording), call);
            assert_ptr_equal(recording, &call->recordings[k]);
        }
    }
    assert_null(world_call(&world, CM_STR("CA00000000000000000000000000000000")));
    assert_null(world_call(&world, CM_STR("CAffffffffffffffffffffffffffffffff")));
    assert_null(world_call(&world, CM_STR("")));
    assert_null(world_recording(&world, CM_STR("REffffffffffffffffffffffff00000003"), NULL));
    world_finish(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_makes_the_same_calls_and_another_one_others),
        cmocka_unit_test(every_call_is_heard_of_however_much_is_missing),
        cmocka_unit_test(calls_and_recordings_are_found_by_their_sids),
    };

    return cmocka_run_group_tests(tests, write_audio, remove_audio);
}
