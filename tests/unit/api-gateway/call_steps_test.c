#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "calls/steps.h"

#define assert_steps(states, array)                                                                \
    do {                                                                                           \
        CM_OWN_BUF struct cm_buf body = { 0 };                                                     \
        struct cm_json json = cm_json(&body);                                                      \
                                                                                                   \
        cm_json_object(&json, NULL);                                                               \
        call_steps_put(&json, CM_STR(states));                                                     \
        cm_json_end(&json);                                                                        \
        assert_string_equal(body.at, "{\"steps\":[" array "]}");                                   \
    } while (0)
#define STEP(name, state) "{\"step\":\"" name "\",\"state\":\"" state "\"}"

static void steps_stand_in_the_pipelines_order(void **state)
{
    (void)state;
    assert_steps(
        "report waiting,analyze failed,record done",
        STEP("record", "done") "," STEP("analyze", "failed") "," STEP("report", "waiting"));
    assert_steps("extract-todos running", STEP("extract-todos", "running"));
    assert_steps("", "");
}

static void what_is_no_step_of_ours_is_left_out(void **state)
{
    (void)state;
    assert_steps("translate done,rec,record done,,", STEP("record", "done"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_stand_in_the_pipelines_order),
        cmocka_unit_test(what_is_no_step_of_ours_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
