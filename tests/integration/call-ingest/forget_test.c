/* forget_test.c - a call that was deleted leaves no recording behind. */
#include "ground.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "download.h"
#include "forget.h"

#define DAY (86400 * SECOND)

static const struct cm_route route = { .consumes = EVENT_CALL_DELETED, .prepare = forget_call };

/* ---- given ---- */

static void given_call(struct ground *g, struct cm_str call_sid)
{
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .call_sid = call_sid,
                           .account_sid = CM_STR(ACCOUNT),
                           .has_numbers = true,
                           .from = CM_STR("+15550001111"),
                           .to = g->number,
                           .status = CALL_COMPLETED,
                           .sequence = 2,
                           .at_us = { true, GROUND_TIME } };
    enum intake_answer answer;
    struct intake_plan plan;

    assert_int_equal(intake_take(&g->app.intake, &cb, CM_STR("x"), GROUND_TIME, g->arena, &answer,
                                 &plan, &g->err),
                     CM_OK);
    assert_int_equal(answer, INTAKE_APPLIED);
}

static void delete_call(struct ground *g, struct cm_str call_sid)
{
    ground_do(g, "DELETE FROM call WHERE call_sid = $1", call_sid);
}

static const char *path(struct ground *g, struct cm_str call_sid, const char *ending)
{
    return cm_arena_printf(g->arena, "%s/%.*s%s", g->folder, CM_STR_FMT(call_sid), ending).at;
}

static bool is_there(struct ground *g, struct cm_str call_sid, const char *ending)
{
    return access(path(g, call_sid, ending), F_OK) == 0;
}

/* A file that was last written to so long before GROUND_TIME. */
static void given_file(struct ground *g, struct cm_str call_sid, const char *ending, int64_t age_us)
{
    const struct timespec at = { .tv_sec = (GROUND_TIME - age_us) / SECOND };
    CM_OWN_FD int fd = open(path(g, call_sid, ending), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, (const struct timespec[]){ at, at }), 0);
}

/* ---- when ---- */

static struct cm_event deleted(struct cm_str call_sid)
{
    return (struct cm_event){ .kind = EVENT_CALL_DELETED,
                              .head = { .event_id = cm_uuid_v7(cm_now_us()),
                                        .occurred_at_us = GROUND_TIME,
                                        .call_id = cm_uuid_v7(cm_now_us()),
                                        .call_sid = call_sid },
                              .call_deleted = { .reason = CM_STR("user") } };
}

static cm_rc forget(struct ground *g, struct cm_str call_sid)
{
    struct cm_event event = deleted(call_sid);

    return cm_bench_handle(g->bench, "call-ingest", &route, &event, &g->err);
}

/* ---- call.deleted ---- */

static void the_files_of_a_deleted_call_go(void **state)
{
    struct ground *g = *state;
    struct cm_str gone = ground_sid(g, "CA", 0), other = ground_sid(g, "CA", 1);

    given_call(g, gone);
    given_file(g, gone, ".mp3", 0);
    given_file(g, gone, ".mp3.part", 0);
    given_file(g, other, ".mp3", 0);
    delete_call(g, gone);
    assert_int_equal(forget(g, gone), CM_OK);

    assert_false(is_there(g, gone, ".mp3") || is_there(g, gone, ".mp3.part"));
    assert_true(is_there(g, other, ".mp3"));
    assert_int_equal(forget(g, gone), CM_OK); /* and again */
}

static void the_recording_of_a_call_that_is_there_stays(void **state)
{
    struct ground *g = *state;
    struct cm_str call = ground_sid(g, "CA", 0);

    given_call(g, call);
    given_file(g, call, ".mp3", 0);
    assert_int_equal(forget(g, call), CM_REJECT);
    assert_true(is_there(g, call, ".mp3"));
}

static void a_name_that_is_no_sid_is_rejected(void **state)
{
    struct ground *g = *state;

    given_file(g, CM_STR("x"), ".mp3", 0);
    assert_int_equal(forget(g, CM_STR("x")), CM_REJECT);
    assert_int_equal(forget(g, CM_STR("../../../../../../../../etc/passwd")), CM_REJECT);
    assert_true(is_there(g, CM_STR("x"), ".mp3"));
}

static void a_database_that_is_away_is_waited_for(void **state)
{
    struct ground *g = *state;
    struct cm_str gone = ground_sid(g, "CA", 0);
    CM_OWN(cm_db) away = NULL;
    cm_rc rc;

    given_file(g, gone, ".mp3", 0);
    assert_int_equal(
        cm_db_new("postgresql://nobody@127.0.0.1:1/x", 1, 2000, "away", NULL, &away, &g->err),
        CM_OK);
    cm_bench_context(g->bench)->db = away;
    rc = forget(g, gone);
    cm_bench_context(g->bench)->db = g->db;
    assert_int_equal(rc, CM_RETRY);
    assert_true(is_there(g, gone, ".mp3"));
}

/* Its file is renamed after call.deleted has been here, and its transaction finds no call. */
static void a_download_in_flight_leaves_nothing_behind(void **state)
{
    struct ground *g = *state;
    struct call *call;
    struct cm_event available;
    struct cm_item item = { .event = &available, .arena = g->arena, .attempt = 1 };
    struct cm_item *const items[] = { &item };
    struct cm_context *cx = cm_bench_context(g->bench);
    CM_OWN(cm_tx) tx = NULL;

    ground_twilio(g, 1, 1);
    call = &g->world.calls[0];
    given_call(g, cm_str_of(call->sid));
    ground_placed(g, 0, true, true);
    ground_do(g,
              "INSERT INTO recording (id, call_id, organization_id, recording_sid, account_sid)"
              " SELECT gen_random_uuid(), id, organization_id, split_part($1, ' ', 2), '" ACCOUNT
              "' FROM call WHERE call_sid = split_part($1, ' ', 1)",
              cm_arena_printf(g->arena, "%s %s", call->sid, call->recordings[0].sid));
    available = deleted(cm_str_of(call->sid));
    available.kind = EVENT_RECORDING_AVAILABLE;
    available.recording_available =
        (struct cm_recording_available){ .recording_sid = cm_str_of(call->recordings[0].sid),
                                         .account_sid = CM_STR(ACCOUNT),
                                         .source = CM_STR("x") };
    assert_int_equal(download_recording(cx, &item, &g->err), CM_OK);
    delete_call(g, cm_str_of(call->sid));
    assert_true(is_there(g, cm_str_of(call->sid), ".mp3"));

    assert_int_equal(cm_tx_begin(g->db, &tx, &g->err), CM_OK);
    assert_int_equal(store_recording(cx, tx, items, 1, &g->err), CM_OK);
    assert_int_equal(cm_tx_commit(&tx, &g->err), CM_OK);
    assert_false(is_there(g, cm_str_of(call->sid), ".mp3"));
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 0);
}

/* ---- the sweep ---- */

static struct strays *strays_of(struct ground *g, int files_max, bool unknown_too)
{
    return strays_new(&(struct strays_options){ .recordings = g->app.recordings,
                                                .after_us = DAY,
                                                .files_max = files_max,
                                                .unknown_too = unknown_too });
}

static void look(struct ground *g, struct strays *strays)
{
    if (strays_look(strays, g->db, GROUND_TIME, &g->err))
        fail_msg("%s", g->err.msg);
}

static void what_outlived_its_deleted_call_is_removed_when_it_is_old(void **state)
{
    static const char *const not_ours[] = { ".mp3.partx", ".mp4", "", ".mp3.old" };
    struct ground *g = *state;
    struct cm_str gone = ground_sid(g, "CA", 0), fresh = ground_sid(g, "CA", 1),
                  there = ground_sid(g, "CA", 2), unknown = ground_sid(g, "CA", 3);
    CM_OWN(strays) strays = strays_of(g, 100, false);

    given_call(g, gone);
    given_call(g, fresh);
    given_call(g, there);
    given_file(g, gone, ".mp3", 2 * DAY);
    given_file(g, gone, ".mp3.part", 2 * DAY);
    given_file(g, fresh, ".mp3", DAY / 2);
    given_file(g, there, ".mp3", 2 * DAY);
    given_file(g, unknown, ".mp3", 2 * DAY);
    for (size_t i = 0; i < 4; i++)
        given_file(g, gone, not_ours[i], 2 * DAY);
    given_file(g, ground_sid(g, "RE", 0), ".mp3", 2 * DAY);
    delete_call(g, gone);
    delete_call(g, fresh);
    look(g, strays);

    assert_false(is_there(g, gone, ".mp3") || is_there(g, gone, ".mp3.part"));
    assert_true(is_there(g, fresh, ".mp3") && is_there(g, there, ".mp3"));
    assert_true(is_there(g, unknown, ".mp3"));
    for (size_t i = 0; i < 4; i++)
        assert_true(is_there(g, gone, not_ours[i]));
    assert_true(is_there(g, ground_sid(g, "RE", 0), ".mp3"));
}

static void what_no_call_was_ever_known_of_goes_only_when_asked_for(void **state)
{
    struct ground *g = *state;
    struct cm_str unknown = ground_sid(g, "CA", 0), there = ground_sid(g, "CA", 1);
    CM_OWN(strays) strays = strays_of(g, 100, true);

    given_call(g, there);
    given_file(g, there, ".mp3", 2 * DAY);
    given_file(g, unknown, ".mp3", 2 * DAY);
    look(g, strays);
    assert_false(is_there(g, unknown, ".mp3"));
    assert_true(is_there(g, there, ".mp3"));
}

static void a_look_is_bounded_and_goes_on_where_the_last_one_ended(void **state)
{
    enum { FILES = 25, EACH = 10 };
    struct ground *g = *state;
    CM_OWN(strays) strays = strays_of(g, EACH, true);
    int left = FILES, looks = 0;

    for (unsigned i = 0; i < FILES; i++)
        given_file(g, ground_sid(g, "CA", i), ".mp3", 2 * DAY);
    while (left > 0) {
        int before = left;

        look(g, strays);
        left = 0;
        for (unsigned i = 0; i < FILES; i++)
            left += is_there(g, ground_sid(g, "CA", i), ".mp3");
        assert_in_range(before - left, 0, EACH);
        assert_true(++looks < 10);
    }
    assert_true(looks >= FILES / EACH + 1);
    given_file(g, ground_sid(g, "CA", 0), ".mp3", 2 * DAY); /* the next round finds this one */
    for (int i = 0; i < 4; i++)
        look(g, strays);
    assert_false(is_there(g, ground_sid(g, "CA", 0), ".mp3"));
}

static void a_folder_that_is_gone_is_waited_for(void **state)
{
    struct ground *g = *state;
    CM_OWN(strays) strays = strays_of(g, 10, false);

    assert_int_equal(rmdir(g->folder), 0);
    assert_int_equal(strays_look(strays, g->db, GROUND_TIME, &g->err), CM_RETRY);
    assert_non_null(strstr(g->err.msg, g->folder));
    assert_int_equal(mkdir(g->folder, 0700), 0);
    look(g, strays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(the_files_of_a_deleted_call_go),
        GROUND_TEST(the_recording_of_a_call_that_is_there_stays),
        GROUND_TEST(a_name_that_is_no_sid_is_rejected),
        GROUND_TEST(a_database_that_is_away_is_waited_for),
        GROUND_TEST(a_download_in_flight_leaves_nothing_behind),
        GROUND_TEST(what_outlived_its_deleted_call_is_removed_when_it_is_old),
        GROUND_TEST(what_no_call_was_ever_known_of_goes_only_when_asked_for),
        GROUND_TEST(a_look_is_bounded_and_goes_on_where_the_last_one_ended),
        GROUND_TEST(a_folder_that_is_gone_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
