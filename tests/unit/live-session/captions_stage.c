#include "captions_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mulaw.h"

enum {
    LOWEST_HZ = 300, /* 'a' */
    STEP_HZ = 150,
    LOUDNESS = 8000, /* of a tone's samples, of 32,768 */
    BLOCK_MS = 50,   /* looked at by the engine at a time */
    BLOCK = CM_SPEECH_RATE / 1000 * BLOCK_MS,
};

/* ---- the engine ---- */

static void wait_if_held(struct letters_engine *engine, const struct cm_listen *ask,
                         const struct cm_heard *heard)
{
    size_t came;

    pthread_mutex_lock(&engine->lock);
    came = strlen(engine->order);
    if (heard->count > 0 && came + 1 < sizeof engine->order)
        engine->order[came] = *heard->utterances[0].text.at;
    engine->inside++;
    if (engine->most_inside < engine->inside)
        engine->most_inside = engine->inside;
    engine->niceness = getpriority(PRIO_PROCESS, (id_t)gettid());
    pthread_cond_broadcast(&engine->changed);
    while (engine->held && !ask->stop(ask->stop_ctx)) {
        struct timespec soon;

        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 2000000;
        soon.tv_sec += soon.tv_nsec / 1000000000;
        soon.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&engine->changed, &engine->lock, &soon);
    }
    pthread_mutex_unlock(&engine->lock);
}

static void leave(struct letters_engine *engine, int64_t ms)
{
    pthread_mutex_lock(&engine->lock);
    engine->inside--;
    engine->heard++;
    engine->heard_ms += ms;
    engine->last_ms = ms;
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->lock);
}

static bool is_loud(const float *block)
{
    float sum = 0;

    for (int i = 0; i < BLOCK; i++)
        sum += fabsf(block[i]);
    return sum / BLOCK > 0.15f; /* a tone all along: 0.155 */
}

/* NUL: none */
static char letter_of(const float *block)
{
    int crossings = 0;

    if (!is_loud(block))
        return '\0';
    for (int i = 1; i < BLOCK; i++)
        crossings += (block[i] < 0) != (block[i - 1] < 0);
    return "abcdefghijklm"[lround((crossings * 1000.0 / BLOCK_MS / 2 - LOWEST_HZ) / STEP_HZ) % 13];
}

static size_t read_all(struct cm_sound *sound, float *to, size_t room)
{
    size_t total = 0, got = 1;

    while (got > 0) {
        assert_int_equal(sound->read(sound, to + total, room - total, &got, NULL), CM_OK);
        total += got;
    }
    return total;
}

static void understand(const float *samples, size_t count, struct cm_arena *arena,
                       struct cm_heard *out)
{
    struct cm_utterance *said = CM_NEW_N(arena, struct cm_utterance, count / BLOCK + 1);
    char before = 0;

    *out = (struct cm_heard){ .utterances = said, .language = CM_STR("en") };
    for (size_t i = 0; i + BLOCK <= count; i += BLOCK) {
        int64_t at_ms = (int64_t)i * 1000 / CM_SPEECH_RATE;
        char letter = letter_of(samples + i);

        if (letter && letter != before)
            said[out->count++] =
                (struct cm_utterance){ .start_ms = at_ms,
                                       .text = cm_arena_printf(arena, "%c", letter) };
        if (letter)
            said[out->count - 1].end_ms = at_ms + BLOCK_MS;
        before = letter;
    }
}

static cm_rc letters_hear(struct cm_speech *port, const struct cm_listen *ask, struct cm_heard *out,
                          struct cm_err *err)
{
    enum { ROOM = 30 * CM_SPEECH_RATE };
    struct letters_engine *engine = (struct letters_engine *)port;
    float *samples = CM_NEW_N(ask->arena, float, ROOM);
    size_t count = read_all(ask->sound, samples, ROOM);
    cm_rc fails;

    understand(samples, count, ask->arena, out);
    wait_if_held(engine, ask, out);
    pthread_mutex_lock(&engine->lock);
    fails = engine->fails;
    pthread_mutex_unlock(&engine->lock);
    leave(engine, (int64_t)count * 1000 / CM_SPEECH_RATE);
    if (ask->stop(ask->stop_ctx))
        return cm_fail(err, CM_RETRY, "speech: stopped");
    return fails ? cm_fail(err, fails, "the engine is ill") : CM_OK;
}

void engine_await_inside(struct letters_engine *engine, int count)
{
    pthread_mutex_lock(&engine->lock);
    while (engine->inside != count)
        pthread_cond_wait(&engine->changed, &engine->lock);
    pthread_mutex_unlock(&engine->lock);
}

void engine_await_heard(struct letters_engine *engine, int count)
{
    pthread_mutex_lock(&engine->lock);
    while (engine->heard < count)
        pthread_cond_wait(&engine->changed, &engine->lock);
    pthread_mutex_unlock(&engine->lock);
}

static void set_held(struct letters_engine *engine, bool held)
{
    pthread_mutex_lock(&engine->lock);
    engine->held = held;
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->lock);
}

void engine_hold(struct letters_engine *engine)
{
    set_held(engine, true);
}

void engine_let_go(struct letters_engine *engine)
{
    set_held(engine, false);
}

/* ---- the stage ---- */

static const char *const *settings_now; /* cm_config_load's look-up has no context */

static char *look_up(const char *name)
{
    static char value[64];
    size_t len = strlen(name);

    for (const char *const *s = settings_now; s && *s; s++)
        if (strncmp(*s, name, len) == 0 && (*s)[len] == '=') {
            (void)snprintf(value, sizeof value, "%s", *s + len + 1);
            return value;
        }
    return NULL;
}

void stage_open(struct stage *stage, const char *const settings[])
{
    const struct cm_setting *const tables[] = { captions_settings, NULL };
    CM_OWN(cm_config) config = NULL;
    struct cm_err err = { 0 };

    *stage = (struct stage){ .metrics = cm_metrics_new() };
    stage->engine.port = (struct cm_speech){ .hear = letters_hear };
    pthread_mutex_init(&stage->engine.lock, NULL);
    pthread_cond_init(&stage->engine.changed, NULL);
    settings_now = settings;
    if (cm_config_load(tables, look_up, &config, &err) || cm_loop_new(&stage->loop, &err) ||
        captions_start(config, &stage->engine.port, stage->metrics, &stage->captions, &err))
        fail_msg("%s", err.msg);
}

void stage_close(struct stage *stage)
{
    captions_free(stage->captions);
    cm_loop_free(stage->loop);
    cm_metrics_free(stage->metrics);
    pthread_mutex_destroy(&stage->engine.lock);
    pthread_cond_destroy(&stage->engine.changed);
}

int64_t stage_count(struct stage *stage, const char *name, const char *labels)
{
    CM_OWN_BUF struct cm_buf shown = { 0 };
    char series[128];
    const char *at;

    (void)snprintf(series, sizeof series, "\n%s%s%s%s ", name, labels ? "{" : "",
                   labels ? labels : "", labels ? "}" : "");
    cm_metrics_render(stage->metrics, &shown);
    at = strstr(shown.at, series);
    if (!at) {
        fail_msg("no metric %s among\n%s", series + 1, shown.at);
        return 0;
    }
    return strtoll(at + strlen(series), NULL, 10);
}

/* ---- who speaks ---- */

static void on_turn(void *ctx, int64_t start_ms, int64_t end_ms, struct cm_str text)
{
    struct speaker *speaker = ctx;
    struct turn_heard *turn = &speaker->turns[speaker->turn_count];

    assert_in_range(speaker->turn_count++, 0, TURNS_HEARD_MAX - 1);
    assert_false(speaker->finished);
    turn->start_ms = start_ms;
    turn->end_ms = end_ms;
    (void)snprintf(turn->text, sizeof turn->text, "%.*s", CM_STR_FMT(text));
    if (speaker->frees_in_turn) {
        ear_free(speaker->ear);
        speaker->ear = NULL;
    }
    if (speaker->turn_count == speaker->turns_wanted)
        cm_loop_stop(speaker->stage->loop);
}

static void on_finished(void *ctx)
{
    struct speaker *speaker = ctx;

    assert_false(speaker->finished);
    speaker->finished = true;
    if (speaker->frees_at_end) {
        ear_free(speaker->ear);
        speaker->ear = NULL;
    }
    cm_loop_stop(speaker->stage->loop);
}

void speaker_open(struct speaker *speaker, struct stage *stage)
{
    const struct ear_options options = {
        .loop = stage->loop, .turn = on_turn, .finished = on_finished, .ctx = speaker
    };

    *speaker = (struct speaker){ .stage = stage, .piece = 160, .seed = 1 };
    speaker->ear = ear_new(stage->captions, &options);
}

void speaker_close(struct speaker *speaker)
{
    ear_free(speaker->ear);
    speaker->ear = NULL;
}

static int hiss(struct speaker *speaker)
{
    speaker->seed = speaker->seed * 1664525u + 1013904223u;
    return speaker->hiss
               ? (int)(speaker->seed >> 8) % (int)(2 * speaker->hiss + 1) - (int)speaker->hiss
               : 0;
}

static void sound(struct speaker *speaker, double hz, double loudness, int64_t ms)
{
    size_t count = (size_t)ms * MULAW_RATE / 1000;
    uint8_t *mulaw = malloc(count + 1);

    assert_non_null(mulaw);
    for (size_t i = 0; i < count; i++) {
        double angle = 2 * M_PI * hz * (double)speaker->phase++ / MULAW_RATE;

        mulaw[i] = mulaw_of_pcm((int16_t)((int)(loudness * sin(angle)) + hiss(speaker)));
    }
    for (size_t i = 0; i < count; i += speaker->piece) {
        size_t piece = count - i < speaker->piece ? count - i : speaker->piece;

        ear_hear(speaker->ear, speaker->at_ms + (int64_t)i * 1000 / MULAW_RATE, mulaw + i, piece);
    }
    speaker->at_ms += ms;
    free(mulaw);
}

static double hz_of(char letter)
{
    return LOWEST_HZ + STEP_HZ * (letter - 'a');
}

void say(struct speaker *speaker, char letter, int64_t ms)
{
    sound(speaker, hz_of(letter), LOUDNESS, ms);
}

void say_softly(struct speaker *speaker, char letter, int64_t ms)
{
    sound(speaker, hz_of(letter), LOUDNESS / 32.0, ms);
}

void be_quiet(struct speaker *speaker, int64_t ms)
{
    sound(speaker, 0, 0, ms);
}

void say_word(struct speaker *speaker, char letter)
{
    say(speaker, letter, 500);
    be_quiet(speaker, 1000);
}

void say_words(struct speaker *speaker, const char *letters)
{
    for (; *letters; letters++)
        say_word(speaker, *letters);
}

void await_turns(struct speaker *speaker, int count)
{
    speaker->turns_wanted = count;
    if (speaker->turn_count < count)
        cm_loop_run(speaker->stage->loop);
    assert_int_equal(speaker->turn_count, count);
    speaker->turns_wanted = 0;
}

void hear_out(struct speaker *speaker)
{
    ear_finish(speaker->ear, 60000);
    assert_false(speaker->finished); /* never from inside */
    while (!speaker->finished)
        cm_loop_run(speaker->stage->loop);
}

void assert_heard(const struct speaker *speaker, const char *texts)
{
    CM_OWN_BUF struct cm_buf all = { 0 };

    cm_buf_text(&all, "");
    for (int i = 0; i < speaker->turn_count; i++)
        cm_buf_printf(&all, "%s%s", i ? "|" : "", speaker->turns[i].text);
    assert_string_equal(all.at ? all.at : "", texts);
}

void assert_times(const struct speaker *speaker, int turn, int64_t start_ms, int64_t end_ms)
{
    const struct turn_heard *heard = &speaker->turns[turn];

    if (turn >= speaker->turn_count || llabs(heard->start_ms - start_ms) > BLOCK_MS ||
        llabs(heard->end_ms - end_ms) > BLOCK_MS)
        fail_msg("turn %d of %d, '%s', is from %lld to %lld and not from %lld to %lld", turn,
                 speaker->turn_count, heard->text, (long long)heard->start_ms,
                 (long long)heard->end_ms, (long long)start_ms, (long long)end_ms);
}
