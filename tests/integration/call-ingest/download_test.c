/* download_test.c - recording.available to {call_sid}.mp3, from a Twilio that has its days. */
#include "ground.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "download.h"

static const struct cm_route route = { .consumes = EVENT_RECORDING_AVAILABLE,
                                       .prepare = download_recording,
                                       .persist = store_recording,
                                       .step = "record" };

/* Call `n` as its callbacks make it, with all of its recordings announced. */
static void announce(struct ground *g, int n)
{
    struct call *call = &g->world.calls[n];
    struct callback cb = { .kind = CALLBACK_STATUS,
                           .call_sid = cm_str_of(call->sid),
                           .account_sid = CM_STR(ACCOUNT),
                           .has_numbers = true,
                           .from = CM_STR("+15550001111"),
                           .to = g->number,
                           .status = CALL_COMPLETED,
                           .sequence = 2,
                           .at_us = { true, GROUND_TIME } };
    enum intake_answer answer;
    struct intake_plan plan;

    ground_placed(g, n, true, true);
    assert_int_equal(intake_take(&g->app.intake, &cb, CM_STR("x"), GROUND_TIME, g->arena, &answer,
                                 &plan, &g->err),
                     CM_OK);
    for (int i = 0; i < call->recording_count; i++) {
        struct callback recording = { .kind = CALLBACK_RECORDING,
                                      .call_sid = cb.call_sid,
                                      .account_sid = cb.account_sid,
                                      .recording_sid = cm_str_of(call->recordings[i].sid),
                                      .recording_status = RECORDING_COMPLETED,
                                      .recording_duration_ms = {
                                          true, call->recordings[i].audio->duration_ms } };

        assert_int_equal(intake_take(&g->app.intake, &recording, CM_STR("x"), GROUND_TIME, g->arena,
                                     &answer, &plan, &g->err),
                         CM_OK);
    }
}

static cm_rc handle(struct ground *g, size_t n)
{
    struct cm_event event = *cm_bench_event(g->bench, EVENT_RECORDING_AVAILABLE, n);

    event.head.event_id = cm_uuid_named(
        cm_arena_printf(g->arena, "%.*s", CM_STR_FMT(event.recording_available.recording_sid)));
    return cm_bench_handle(g->bench, "call-ingest", &route, &event, &g->err);
}

static struct cm_str recording_of(struct ground *g, int call, int n)
{
    return ground_ask(g,
                      "SELECT state || ' ' || is_call_file || ' ' || coalesce(sha256, '') FROM "
                      "recording WHERE recording_sid = $1",
                      cm_str_of(g->world.calls[call].recordings[n].sid));
}

static int64_t file_size(struct ground *g, const char *suffix)
{
    struct stat st;

    return stat(cm_arena_printf(g->arena, "%s/%s%s", g->folder, g->world.calls[0].sid, suffix).at,
                &st)
               ? -1
               : st.st_size;
}

static void a_recording_becomes_the_calls_file(void **state)
{
    struct ground *g = *state;
    const struct cm_event *event;

    ground_twilio(g, 1, 1);
    announce(g, 0);
    assert_int_equal(handle(g, 0), CM_OK);
    assert_int_equal(file_size(g, ".mp3"), 14400);
    assert_true(cm_str_eq(recording_of(g, 0, 0), cm_arena_printf(g->arena, "stored true %s",
                                                                 g->world.audio[0].sha256.at)));
    assert_true(cm_str_is(
        ground_ask(g, "SELECT has_recording || recording_url FROM call WHERE call_sid = $1",
                   cm_str_of(g->world.calls[0].sid)),
        cm_arena_printf(
            g->arena, "true/api/calls/%s/recording",
            cm_uuid_text(cm_bench_event(g->bench, EVENT_CALL_RECORDED, 0)->head.call_id).at)
            .at));
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 1);
    event = cm_bench_event(g->bench, EVENT_CALL_RECORDED, 0);
    assert_true(cm_str_eq(event->call_recorded.file,
                          cm_arena_printf(g->arena, "%s.mp3", g->world.calls[0].sid)));
    assert_int_equal(event->call_recorded.channels, 2);
    assert_int_equal(event->call_recorded.size_bytes, 14400);
    assert_true(cm_str_is(event->call_recorded.from_number, "+15550001111"));
}

static void the_same_event_again_changes_nothing(void **state)
{
    struct ground *g = *state;
    struct cm_str first;

    ground_twilio(g, 1, 1);
    announce(g, 0);
    assert_int_equal(handle(g, 0), CM_OK);
    first = ground_digest(g, cm_str_of(g->world.calls[0].sid));
    assert_int_equal(handle(g, 0), CM_OK);
    assert_true(cm_str_eq(ground_digest(g, cm_str_of(g->world.calls[0].sid)), first));
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 1);
}

static void an_event_whose_sids_are_none_is_rejected(void **state)
{
    struct ground *g = *state;
    struct cm_event event = { .kind = EVENT_RECORDING_AVAILABLE,
                              .head = { .event_id = cm_uuid_named(CM_STR("bad")),
                                        .call_sid = CM_STR("../../etc/passwd") },
                              .recording_available = { .recording_sid = ground_sid(g, "RE", 0),
                                                       .account_sid = CM_STR(ACCOUNT),
                                                       .source = CM_STR("x") } };

    ground_twilio(g, 1, 1);
    assert_int_equal(cm_bench_handle(g->bench, "call-ingest", &route, &event, &g->err), CM_REJECT);
    event.head.call_sid = ground_sid(g, "CA", 0);
    event.recording_available.recording_sid = CM_STR("RE/../../../../../../../../../etc/x");
    assert_int_equal(cm_bench_handle(g->bench, "call-ingest", &route, &event, &g->err), CM_REJECT);
}

static void a_database_that_is_away_is_waited_for(void **state)
{
    struct ground *g = *state;
    CM_OWN(cm_db) away = NULL;
    struct cm_event event;

    ground_twilio(g, 1, 1);
    announce(g, 0);
    event = *cm_bench_event(g->bench, EVENT_RECORDING_AVAILABLE, 0);
    assert_int_equal(
        cm_db_new("postgresql://nobody@127.0.0.1:1/x", 1, 2000, "away", NULL, &away, &g->err),
        CM_OK);
    cm_bench_context(g->bench)->db = away;
    assert_int_equal(cm_bench_handle(g->bench, "call-ingest", &route, &event, &g->err), CM_RETRY);
    assert_true(g->err.away);
    cm_bench_context(g->bench)->db = g->db;
    assert_int_equal(file_size(g, ".mp3"), -1);
}

static void a_recording_that_is_not_ready_is_waited_for(void **state)
{
    struct ground *g = *state;

    g->options.not_ready_tries = 2;
    ground_twilio(g, 1, 1);
    announce(g, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(handle(g, 0), CM_RETRY);
        assert_false(g->err.away);
        assert_in_range(g->err.retry_after_ms, 1000, 900000);
        assert_int_equal(file_size(g, ".mp3"), -1); /* the 404's document is nobody's audio */
    }
    assert_int_equal(handle(g, 0), CM_OK);
    assert_int_equal(file_size(g, ".mp3"), 14400);
}

static void one_channel_is_taken_where_there_are_not_two(void **state)
{
    struct ground *g = *state;

    g->options.mono = true;
    ground_twilio(g, 1, 1);
    announce(g, 0);
    assert_int_equal(handle(g, 0), CM_OK);
    assert_int_equal(file_size(g, ".mp3"), 14400);
}

/* callsim's media host answers 400 where credentials come along. */
static void a_redirect_is_followed_without_the_credentials(void **state)
{
    struct ground *g = *state;

    g->options.redirect = true;
    ground_twilio(g, 1, 1);
    announce(g, 0);
    assert_int_equal(handle(g, 0), CM_OK);
    assert_int_equal(g->world.calls[0].recordings[0].fetched, 1);
}

static void the_longest_recording_is_the_calls_file_in_either_order(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 2, 2);
    announce(g, 0);
    announce(g, 1);
    assert_int_equal(handle(g, 0), CM_OK); /* short, then long */
    assert_int_equal(file_size(g, ".mp3"), 14400);
    assert_int_equal(handle(g, 1), CM_OK);
    assert_int_equal(file_size(g, ".mp3"), 28800);
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 2); /* heard anew */
    assert_true(cm_str_starts(recording_of(g, 0, 0), "stored false"));
    assert_true(cm_str_starts(recording_of(g, 0, 1), "stored true"));

    assert_int_equal(handle(g, 3), CM_OK); /* long, then short */
    assert_int_equal(handle(g, 2), CM_OK);
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 3);
    assert_true(cm_str_starts(recording_of(g, 1, 0), "stored false"));
    assert_true(cm_str_starts(recording_of(g, 1, 1), "stored true"));
    assert_true(cm_str_eq(ground_digest(g, cm_str_of(g->world.calls[0].sid)),
                          ground_digest(g, cm_str_of(g->world.calls[1].sid))));
}

static void wrong_credentials_are_told_and_tried_again(void **state)
{
    struct ground *g = *state;
    struct twilio_options options = {
        .rest = { .client = g->client, .account_sid = ACCOUNT, .auth_tokens = "wrong" },
        .timeout_ms = 5000
    };

    ground_twilio(g, 1, 1);
    announce(g, 0);
    twilio_free(g->app.twilio);
    options.rest.api_url = cm_arena_printf(g->arena, "http://127.0.0.1:%u", rest_port(g->rest)).at;
    g->app.twilio = twilio_new(&options);
    assert_int_equal(handle(g, 0), CM_RETRY);
    assert_non_null(strstr(g->err.msg, "TWILIO_AUTH_TOKEN"));
}

static void a_deleted_call_is_not_downloaded(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    announce(g, 0);
    ground_do(g, "DELETE FROM call WHERE call_sid = $1", cm_str_of(g->world.calls[0].sid));
    assert_int_equal(handle(g, 0), CM_OK);
    assert_int_equal(g->world.calls[0].recordings[0].fetched, 0);
    assert_int_equal(file_size(g, ".mp3"), -1);
    assert_int_equal(ground_emitted(g, EVENT_CALL_RECORDED), 0);
}

static void a_recordings_folder_that_is_gone_is_waited_for(void **state)
{
    struct ground *g = *state;

    ground_twilio(g, 1, 1);
    announce(g, 0);
    assert_int_equal(rmdir(g->folder), 0);
    assert_int_equal(handle(g, 0), CM_RETRY);
    assert_non_null(strstr(g->err.msg, g->folder));
    assert_int_equal(mkdir(g->folder, 0700), 0);
    assert_int_equal(handle(g, 0), CM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_recording_becomes_the_calls_file),
        GROUND_TEST(the_same_event_again_changes_nothing),
        GROUND_TEST(an_event_whose_sids_are_none_is_rejected),
        GROUND_TEST(a_database_that_is_away_is_waited_for),
        GROUND_TEST(a_recording_that_is_not_ready_is_waited_for),
        GROUND_TEST(one_channel_is_taken_where_there_are_not_two),
        GROUND_TEST(a_redirect_is_followed_without_the_credentials),
        GROUND_TEST(the_longest_recording_is_the_calls_file_in_either_order),
        GROUND_TEST(wrong_credentials_are_told_and_tried_again),
        GROUND_TEST(a_deleted_call_is_not_downloaded),
        GROUND_TEST(a_recordings_folder_that_is_gone_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
