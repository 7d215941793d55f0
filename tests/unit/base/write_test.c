#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/own.h"
#include "base/write.h"

static void *read_to_the_end(void *ctx)
{
    const int *from = ctx;
    size_t *count = calloc(1, sizeof *count);
    char bytes[1000];
    ssize_t got;

    while (count && (got = read(*from, bytes, sizeof bytes)) > 0)
        *count += (size_t)got;
    return count;
}

static void more_than_a_pipe_holds_gets_through(void **state)
{
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    pthread_t reader;
    void *count;
    int ends[2];

    (void)state;
    memset(cm_buf_reserve(&bytes, 1000000), 'x', 1000000);
    bytes.len = 1000000;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_to_the_end, &ends[0]), 0);
    assert_true(cm_write_all(ends[1], cm_buf_view(&bytes)));
    close(ends[1]);
    pthread_join(reader, &count);
    close(ends[0]);

    assert_int_equal(*(size_t *)count, bytes.len);
    free(count);
}

static void what_takes_nothing_says_why(void **state)
{
    CM_OWN_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_false(cm_write_all(full, CM_STR("x")));
    assert_int_equal(errno, ENOSPC);
    assert_true(cm_write_all(full, (struct cm_str){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_a_pipe_holds_gets_through),
        cmocka_unit_test(what_takes_nothing_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
