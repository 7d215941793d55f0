#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "engine/hearing/engines.h"
#include "http/client.h"
#include "http/server.h"
#include "sounds.h"

/* A server that says what it is told to say, and keeps what it was asked. One request at a time. */
enum { ANSWERS_MAX = 4 };
struct answer {
    unsigned status;
    const char *body, *retry_after, *should_retry;
};

struct fixture {
    struct cm_http_server *server;
    struct cm_http_client *http;
    struct cm_arena *arena;
    struct cm_speech *speech;
    char url[64];
    struct answer answers[ANSWERS_MAX];
    size_t asked;
    struct cm_buf bodies[ANSWERS_MAX];
    char authorization[64];
    struct cm_heard heard;
    struct cm_err err;
};

static void serve(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    size_t n = fx->asked < ANSWERS_MAX ? fx->asked++ : ANSWERS_MAX - 1;
    const struct answer *answer = &fx->answers[n];
    struct cm_str authorization = { 0 };

    cm_buf_str(&fx->bodies[n], cm_http_body(rq));
    if (cm_http_header(rq, "Authorization", &authorization))
        (void)snprintf(fx->authorization, sizeof fx->authorization, "%.*s",
                       CM_STR_FMT(authorization));
    if (answer->retry_after)
        cm_http_set(rq, "Retry-After", answer->retry_after);
    if (answer->should_retry)
        cm_http_set(rq, "x-should-retry", answer->should_retry);
    cm_http_reply(rq, answer->status, "application/json", cm_str_of(answer->body));
}

static const struct cm_http_route routes[] = {
    { "POST", "/v1/audio/transcriptions", serve, CM_HTTP_WORKER, (size_t)32 << 20 },
    { 0 },
};

static void given_engine(struct fixture *fx, struct cm_transcriptions_options options)
{
    options.http = fx->http;
    options.url = options.url ? options.url : fx->url;
    options.model = options.model ? options.model : "whisper-1";
    options.language = options.language ? options.language : "en";
    options.jobs = 1;
    options.timeout_ms = 60000;
    assert_int_equal(cm_transcriptions_new(&options, &fx->speech, NULL), CM_OK);
}

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    const struct cm_http_options options = {
        .addr = "127.0.0.1:0", .routes = routes, .ctx = fx, .workers = 1, .queue_max = 4
    };

    assert_non_null(fx);
    fx->arena = cm_arena_new();
    assert_int_equal(cm_http_server_start(&options, &fx->server, &fx->err), CM_OK);
    assert_int_equal(cm_http_client_new(NULL, &fx->http, &fx->err), CM_OK);
    (void)snprintf(fx->url, sizeof fx->url, "http://127.0.0.1:%u", cm_http_server_port(fx->server));
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_speech_free(fx->speech);
    cm_http_client_free(fx->http);
    cm_http_server_free(fx->server);
    for (int i = 0; i < ANSWERS_MAX; i++)
        cm_buf_finish(&fx->bodies[i]);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

/* Somebody who talks (a tone will do for the energy gate) from second `from` on, `length` seconds
 * long. */
enum { SOUND_S = 60 };
static const size_t sound_samples = (size_t)SOUND_S * CM_SPEECH_RATE;
static float *talk(float *sound, int from, int length)
{
    put_tone(sound + (size_t)from * CM_SPEECH_RATE, (size_t)length * CM_SPEECH_RATE, 300,
             CM_SPEECH_RATE, 0.3);
    return sound;
}

static cm_rc hear(struct fixture *fx, const float *samples, int seconds)
{
    CM_OWN(cm_sound) sound = sound_of(samples, (size_t)seconds * CM_SPEECH_RATE, 16000);
    const struct cm_listen ask = { .sound = sound, .arena = fx->arena };

    return fx->speech->hear(fx->speech, &ask, &fx->heard, &fx->err);
}

static cm_rc hear_someone(struct fixture *fx)
{
    CM_OWN_MEM float *samples = calloc(sound_samples, sizeof *samples);

    return hear(fx, talk(samples, 2, 4), 10);
}

static bool holds(const struct cm_buf *body, const char *text)
{
    return memmem(body->at, body->len, text, strlen(text)) != NULL;
}

static void the_request_is_what_openai_documents(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ .api_key = "sk-test" });
    fx->answers[0] = (struct answer){ 200, "{\"text\":\"Hello.\"}", NULL, NULL };
    assert_int_equal(hear_someone(fx), CM_OK);

    assert_string_equal(fx->authorization, "Bearer sk-test");
    assert_true(holds(&fx->bodies[0], "name=\"file\"; filename=\"speech.wav\""));
    assert_true(holds(&fx->bodies[0], "Content-Type: audio/wav"));
    assert_true(holds(&fx->bodies[0], "RIFF"));
    assert_true(holds(&fx->bodies[0], "name=\"model\"\r\n\r\nwhisper-1\r\n"));
    assert_true(holds(&fx->bodies[0], "name=\"language\"\r\n\r\nen\r\n"));
    assert_true(holds(&fx->bodies[0], "name=\"response_format\"\r\n\r\nverbose_json\r\n"));
    assert_true(holds(&fx->bodies[0], "name=\"timestamp_granularities[]\"\r\n\r\nsegment\r\n"));
}

static void segments_become_utterances_at_their_place_in_the_call(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    fx->answers[0] =
        (struct answer){ 200,
                         "{\"task\":\"transcribe\",\"language\":\"English\",\"duration\":4.4,"
                         "\"text\":\" One. Two.\","
                         "\"segments\":[{\"id\":0,\"seek\":0,\"start\":0.2,\"end\":1.5,\"text\":\" "
                         "One.\",\"tokens\":[1],"
                         "\"avg_logprob\":-0.3,\"compression_ratio\":1.2,\"no_speech_prob\":0.01},"
                         "{\"id\":1,\"start\":2.0,\"end\":3.0,\"text\":\" Two.\",\"words\":[]}]}",
                         NULL, NULL };
    assert_int_equal(hear_someone(fx), CM_OK);

    /* The voice begins at 2 s, and what is sent about 0.2 s before it. */
    assert_int_equal(fx->heard.count, 2);
    assert_true(cm_str_is(fx->heard.utterances[0].text, "One."));
    assert_in_range(fx->heard.utterances[0].start_ms, 1950, 2050);
    assert_in_range(fx->heard.utterances[1].end_ms, 4750, 4850);
    assert_true(cm_str_is(fx->heard.language, "en"));
}

static void what_nobody_said_is_left_out(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    fx->answers[0] = (struct answer){
        200,
        "{\"segments\":["
        "{\"start\":0,\"end\":1,\"text\":\"Thanks for "
        "watching!\",\"no_speech_prob\":0.9,\"avg_logprob\":-1.4},"
        "{\"start\":1,\"end\":2,\"text\":\"Quiet but "
        "sure.\",\"no_speech_prob\":0.9,\"avg_logprob\":-0.2},"
        "{\"start\":2,\"end\":3,\"text\":\"so so so so\",\"compression_ratio\":3.1},"
        "{\"start\":3,\"end\":4,\"text\":\"[Music]\"}]}",
        NULL, NULL
    };
    assert_int_equal(hear_someone(fx), CM_OK);

    assert_int_equal(fx->heard.count, 1);
    assert_true(cm_str_is(fx->heard.utterances[0].text, "Quiet but sure."));
}

static void an_answer_without_segments_is_one_utterance_with_the_voices_times(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    fx->answers[0] =
        (struct answer){ 200, "{\"text\":\"All of it.\",\"segments\":null}", NULL, NULL };
    assert_int_equal(hear_someone(fx), CM_OK);

    assert_int_equal(fx->heard.count, 1);
    assert_in_range(fx->heard.utterances[0].start_ms, 1968, 2032);
    assert_in_range(fx->heard.utterances[0].end_ms, 5968, 6048);
}

static void nonsense_in_an_answer_stays_within_the_call(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    fx->answers[0] = (struct answer){
        200,
        "{\"language\":42,\"segments\":[{\"start\":-5,\"end\":1e300,\"text\":\"a b\"},"
        "{\"start\":3,\"end\":1,\"text\":\"c\"},{\"start\":\"x\",\"text\":\"d\"},{\"text\":7},5,"
        "null]}",
        NULL, NULL
    };
    assert_int_equal(hear_someone(fx), CM_OK);

    assert_int_equal(fx->heard.count, 3);
    for (size_t i = 0; i < fx->heard.count; i++) {
        assert_in_range(fx->heard.utterances[i].start_ms, 1500, 6500);
        assert_in_range(fx->heard.utterances[i].end_ms, fx->heard.utterances[i].start_ms, 6500);
    }
}

static void silence_is_not_sent(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_MEM float *samples = calloc(sound_samples, sizeof *samples);

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    assert_int_equal(hear(fx, samples, SOUND_S), CM_OK);

    assert_int_equal(fx->asked, 0);
    assert_int_equal(fx->heard.count, 0);
    assert_true(cm_str_is(fx->heard.language, "en"));
}

static void a_long_silence_parts_two_requests(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_MEM float *samples = calloc(sound_samples, sizeof *samples);

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    fx->answers[0] = (struct answer){ 200, "{\"text\":\"first\"}", NULL, NULL };
    fx->answers[1] = (struct answer){ 200, "{\"text\":\"second\"}", NULL, NULL };
    assert_int_equal(hear(fx, talk(talk(samples, 2, 4), 50, 4), SOUND_S), CM_OK);

    assert_int_equal(fx->asked, 2);
    assert_int_equal(fx->heard.count, 2);
    assert_in_range(fx->heard.utterances[1].start_ms, 49900, 50100);
}

static void a_server_that_tells_no_times_hears_one_utterance_a_request(void **state)
{
    struct fixture *fx = *state;
    CM_OWN_MEM float *samples = calloc(sound_samples, sizeof *samples);

    given_engine(fx, (struct cm_transcriptions_options){ .plain_json = true, .language = "auto" });
    fx->answers[0] = (struct answer){ 200, "{\"text\":\"first\"}", NULL, NULL };
    fx->answers[1] = (struct answer){ 200, "{\"text\":\"second\"}", NULL, NULL };
    assert_int_equal(hear(fx, talk(talk(samples, 2, 4), 8, 4), 15), CM_OK);

    assert_int_equal(fx->asked, 2);
    assert_true(holds(&fx->bodies[0], "name=\"response_format\"\r\n\r\njson\r\n"));
    assert_false(holds(&fx->bodies[0], "timestamp_granularities"));
    assert_false(holds(&fx->bodies[0], "name=\"language\""));
    assert_in_range(fx->heard.utterances[1].start_ms, 7900, 8100);
    assert_true(cm_str_is(fx->heard.language, "und"));
}

static void refusals_are_told_apart_and_the_servers_words_are_passed_on(void **state)
{
    static const struct refusal {
        struct answer answer;
        const char *says;
        cm_rc rc;
        unsigned pause_ms;
    } refusals[] = {
        { { 400, "{\"error\":{\"message\":\"bad file\",\"code\":null}}", NULL, NULL },
          "400: bad file",
          CM_REJECT,
          0 },
        { { 401, "{\"error\":\"no key\"}", NULL, NULL }, "401: no key", CM_REJECT, 0 },
        { { 403, "<html>", NULL, NULL }, "answers 403", CM_REJECT, 0 },
        { { 404, "{\"detail\":\"no model\"}", NULL, NULL }, "404: no model", CM_REJECT, 0 },
        { { 413, "", NULL, NULL }, "413", CM_REJECT, 0 },
        { { 302, "", NULL, NULL }, "302", CM_REJECT, 0 },
        { { 408, "", NULL, NULL }, "408", CM_RETRY, 0 },
        { { 409, "", NULL, NULL }, "409", CM_RETRY, 0 },
        { { 429, "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}", "7",
            NULL },
          "429: slow down",
          CM_RETRY,
          7000 },
        { { 429, "{\"error\":{\"message\":\"pay\",\"type\":\"insufficient_quota\"}}", "7", NULL },
          "429: pay",
          CM_REJECT,
          0 },
        { { 429, "", "86400", NULL }, "429", CM_RETRY, 120000 },
        { { 500, "{\"error\":\"a\\nb\"}", NULL, NULL }, "500: a b", CM_RETRY, 0 },
        { { 503, "{\"error\":{\"code\":503,\"message\":\"Loading model\"}}", NULL, NULL },
          "503: Loading model",
          CM_RETRY,
          0 },
        { { 500, "", NULL, "false" }, "500", CM_REJECT, 0 },
        { { 400, "", NULL, "true" }, "400", CM_RETRY, 0 },
        { { 200, "<html>who is there?</html>", NULL, NULL }, "no JSON", CM_RETRY, 0 },
    };
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        fx->asked = 0;
        fx->err = (struct cm_err){ 0 };
        fx->answers[0] = refusals[i].answer;
        assert_int_equal(hear_someone(fx), refusals[i].rc);
        if (!strstr(fx->err.msg, refusals[i].says))
            fail_msg("'%s' does not say '%s'", fx->err.msg, refusals[i].says);
        assert_int_equal(fx->err.retry_after_ms, refusals[i].pause_ms);
        assert_false(fx->err.away);
    }
}

static void a_server_that_is_not_there_is_away(void **state)
{
    struct fixture *fx = *state;

    given_engine(fx, (struct cm_transcriptions_options){ .url = "http://127.0.0.1:1/v1" });
    assert_int_equal(hear_someone(fx), CM_RETRY);

    assert_true(fx->err.away);
    assert_non_null(strstr(fx->err.msg, "SPEECH_URL"));
}

static void the_address_may_be_given_in_three_ways(void **state)
{
    struct fixture *fx = *state;
    static const char *const ways[] = { "/", "/v1", "/v1/audio/transcriptions" };

    for (size_t i = 0; i < 3; i++) {
        char url[128];

        (void)snprintf(url, sizeof url, "%s%s", fx->url, ways[i]);
        given_engine(fx, (struct cm_transcriptions_options){ .url = url });
        fx->asked = 0;
        fx->answers[0] = (struct answer){ 200, "{\"text\":\"yes\"}", NULL, NULL };
        assert_int_equal(hear_someone(fx), CM_OK);
        assert_int_equal(fx->asked, 1);
        cm_speech_free(CM_STEAL(fx->speech));
    }
}

static void every_cut_of_an_answer_is_handled(void **state)
{
    static const char answer[] =
        "{\"language\":\"english\",\"text\":\"a\",\"segments\":[{\"start\":0.1,"
        "\"end\":1.5e0,\"text\":\"\\u00e9\"}]}";
    struct fixture *fx = *state;
    char cut[sizeof answer];

    given_engine(fx, (struct cm_transcriptions_options){ 0 });
    for (size_t len = 0; len < sizeof answer; len++) {
        (void)snprintf(cut, sizeof cut, "%.*s", (int)len, answer);
        fx->asked = 0;
        fx->answers[0] = (struct answer){ 200, cut, NULL, NULL };
        assert_int_equal(hear_someone(fx), len == sizeof answer - 1 ? CM_OK : CM_RETRY);
    }
}

int main(void)
{
#define story(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        story(the_request_is_what_openai_documents),
        story(segments_become_utterances_at_their_place_in_the_call),
        story(what_nobody_said_is_left_out),
        story(an_answer_without_segments_is_one_utterance_with_the_voices_times),
        story(nonsense_in_an_answer_stays_within_the_call),
        story(silence_is_not_sent),
        story(a_long_silence_parts_two_requests),
        story(a_server_that_tells_no_times_hears_one_utterance_a_request),
        story(refusals_are_told_apart_and_the_servers_words_are_passed_on),
        story(a_server_that_is_not_there_is_away),
        story(the_address_may_be_given_in_three_ways),
        story(every_cut_of_an_answer_is_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
