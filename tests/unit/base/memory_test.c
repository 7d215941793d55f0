/* arena.h, buf.h and own.h. */
#include "base_test.h"

#include <fcntl.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

static void values_are_zeroed_and_aligned_and_keep_apart(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    unsigned char *values[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        values[i] = cm_arena_alloc(arena, i * 7);
        assert_int_equal((uintptr_t)values[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal(values[i][k], 0);
        memset(values[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal(values[i][k], i);
}

static void a_value_may_be_larger_than_a_block(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    unsigned char *large = cm_arena_alloc(arena, 1000000);

    (void)state;
    memset(large, 1, 1000000);
    assert_int_equal(*CM_NEW(arena, char), 0);
}

static void reset_forgets_and_zeroes_anew(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (int round = 0; round < 3; round++) {
        char *text = cm_arena_alloc(arena, 100);

        for (int i = 0; i < 100; i++)
            assert_int_equal(text[i], 0);
        memset(text, 'x', 100);
        memset(cm_arena_alloc(arena, 100000), 'y', 100000);
        cm_arena_reset(arena);
    }
}

static void texts_are_copied_with_their_end(void **state)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    char source[] = "abcdef";
    struct cm_str copy = cm_arena_str(arena, (struct cm_str){ source, 3 });

    (void)state;
    source[0] = 'x';
    assert_int_equal(copy.len, 3);
    assert_string_equal(copy.at, "abc");
    assert_string_equal(cm_arena_text(arena, (struct cm_str){ 0 }), "");
    copy = cm_arena_printf(arena, "%s-%d-%0*d", "a", 7, 300, 1);
    assert_int_equal(copy.len, 304);
    assert_int_equal(strlen(copy.at), 304);
}

static void a_buffer_grows_and_stays_terminated(void **state)
{
    CM_OWN_BUF struct cm_buf buf = { 0 };

    (void)state;
    assert_int_equal(cm_buf_view(&buf).len, 0);
    assert_string_equal(cm_buf_view(&buf).at, "");
    for (int i = 0; i < 1000; i++) {
        cm_buf_char(&buf, 'a');
        cm_buf_text(&buf, "bc");
        cm_buf_str(&buf, CM_STR("de"));
        cm_buf_printf(&buf, "%d", i % 10);
        assert_int_equal(strlen(buf.at), buf.len);
    }
    assert_int_equal(buf.len, 6000);
    assert_memory_equal(buf.at + 5994, "abcde9", 7);
    cm_buf_put(&buf, NULL, 0);
    assert_int_equal(buf.len, 6000);
    cm_buf_clear(&buf);
    assert_string_equal(buf.at, "");
}

static void reserved_room_may_be_written_to(void **state)
{
    CM_OWN_BUF struct cm_buf buf = { 0 };

    (void)state;
    memset(cm_buf_reserve(&buf, 5000), 'x', 5000);
    buf.len += 5000;
    cm_buf_char(&buf, '!');
    assert_int_equal(buf.len, 5001);
    assert_int_equal(buf.at[5000], '!');
}

struct thing {
    int *freed;
};

static void thing_free(struct thing *thing)
{
    if (!thing)
        return;

    ++*thing->freed;
    free(thing);
}
CM_DEFINE_OWN(thing, thing_free);

static struct thing *make_thing(int *freed, bool keep)
{
    CM_OWN(thing) thing = malloc(sizeof *thing);

    thing->freed = freed;
    return keep ? CM_STEAL(thing) : NULL;
}

static void an_owner_frees_what_was_not_handed_over(void **state)
{
    int freed = 0;
    struct thing *thing;

    (void)state;
    make_thing(&freed, false);
    assert_int_equal(freed, 1);
    thing = make_thing(&freed, true);
    assert_int_equal(freed, 1);
    thing_free(thing);
    assert_int_equal(freed, 2);
}

static void a_descriptor_is_closed_with_its_scope(void **state)
{
    int seen;

    (void)state;
    {
        CM_OWN_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        CM_OWN_FD int none = -1;

        assert_true(fd >= 0);
        assert_int_equal(none, -1);
        seen = fd;
    }
    assert_int_equal(fcntl(seen, F_GETFD), -1);
}

static void text_stays_text_in_markup(void **state)
{
    CM_OWN_BUF struct cm_buf buf = { 0 };

    (void)state;
    cm_buf_markup(&buf, CM_STR("</p><b a=\"x\" c='y'>&\001\033\177\tS\303\203O\r\n"));
    assert_string_equal(
        buf.at, "&lt;/p&gt;&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;\177\tS\303\203O\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_zeroed_and_aligned_and_keep_apart),
        cmocka_unit_test(a_value_may_be_larger_than_a_block),
        cmocka_unit_test(reset_forgets_and_zeroes_anew),
        cmocka_unit_test(texts_are_copied_with_their_end),
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(reserved_room_may_be_written_to),
        cmocka_unit_test(text_stays_text_in_markup),
        cmocka_unit_test(an_owner_frees_what_was_not_handed_over),
        cmocka_unit_test(a_descriptor_is_closed_with_its_scope),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
