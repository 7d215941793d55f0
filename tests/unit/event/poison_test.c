/* A flood of mutated events: each is read or rejected, and memory stays where it was.
 *
 *     poison_test [MESSAGES]      1,000,000 for a release, 100,000 otherwise
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

/* AddressSanitizer keeps freed memory for a while, and reports leaks by itself. */
#if defined(__SANITIZE_ADDRESS__)
enum { GROWTH_MAX_KB = 512 * 1024 };
#else
enum { GROWTH_MAX_KB = 4 * 1024 };
#endif
enum { WARM_UP = 20000 };
static long messages = 100000;

/* The same sequence on every machine (xorshift64). */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static long resident_kb(void)
{
    char line[128];
    long kb = -1;
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    fclose(file);
    return kb;
}

/* Changes, cuts or stretches a copy of `good`. */
static struct cm_str mutated(struct cm_str good, char *room, uint64_t *random)
{
    size_t len = good.len;
    uint64_t changes = 1 + next_random(random) % 4;

    memcpy(room, good.at, len);
    if (next_random(random) % 4 == 0)
        len = next_random(random) % (len + 1);
    for (; len && changes; changes--)
        room[next_random(random) % len] = (char)next_random(random);
    return (struct cm_str){ room, len };
}

static void memory_stays_flat_under_poison(void **state)
{
    CM_OWN(cm_arena) samples = cm_arena_new();
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str good[EVENT_KINDS];
    uint64_t random = 88172645463325252u;
    char *room = cm_arena_alloc(samples, CM_EVENT_MAX_BYTES);
    long before_kb = 0, rejected = 0;

    (void)state;
    FOR_EACH_KIND (kind) {
        struct cm_event event = a_sample(samples, kind, SAMPLE_FULL);
        CM_OWN_BUF struct cm_buf out = { 0 };

        assert_int_equal(cm_event_encode(&event, &out, NULL), CM_OK);
        good[kind] = cm_arena_str(samples, cm_buf_view(&out));
    }

    for (long i = 0; i < messages; i++) {
        enum cm_event_kind kind =
            (enum cm_event_kind)(1 + next_random(&random) % (EVENT_KINDS - 1));
        struct cm_str poison = mutated(good[kind], room, &random);
        struct cm_event event;
        cm_rc rc = cm_event_decode(poison, cm_event_schema(kind), kind, arena, &event, NULL);

        assert_true(rc == CM_OK || rc == CM_REJECT);
        rejected += rc == CM_REJECT;
        cm_arena_reset(arena);
        if (i == WARM_UP)
            before_kb = resident_kb();
    }
    assert_true(rejected > messages / 2);
    printf("%ld of %ld rejected, %+ld KiB\n", rejected, messages, resident_kb() - before_kb);
    assert_true(resident_kb() - before_kb < GROWTH_MAX_KB);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_stays_flat_under_poison),
    };

    if (argc > 1)
        messages = strtol(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
