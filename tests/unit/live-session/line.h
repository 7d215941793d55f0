/* line.h - a session between a Twilio and a model that are both this test; time is handed in. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "session.h"

#define A32        "0123456789abcdef0123456789ABCDEF"
#define STREAM_SID "MZ" A32

enum { LINE_MAX = 400, TEXT_MAX = 400 };

struct told_turn {
    enum session_role role;
    int64_t start_ms, end_ms;
    bool interrupted;
    char text[TEXT_MAX];
    size_t len;
};

struct told_act {
    enum session_act_kind kind;
    char id[80], number[32], title[320], due[16], said[TEXT_MAX];
};

struct line {
    struct cm_metrics *registry;
    struct session_metrics metrics;
    struct session_options options;
    struct session *session;
    const char *instructions; /* that the model gets */
    int64_t now_ms, stream_ms;
    char *to_stream[LINE_MAX], *to_model[LINE_MAX];
    size_t stream_count, model_count;
    bool stream_full, model_full;
    bool stream_nearly_full, model_nearly_full; /* there is room for control, not for sound */
    struct told_turn turns[32];
    size_t turn_count;
    struct told_act acts[8];
    size_t act_count;
    bool started;
    struct session_start start;
    char token[64], from[64];
    struct {
        enum session_role role;
        int64_t at_ms;
        size_t count;
        uint8_t first;
    } heard[16];
    size_t heard_count;
    int ends;
    enum session_end end;
};

struct line *line_new(void); /* nothing was said yet; the model is ready at once, GA, mu-law */
void line_free(struct line *line);

void line_stream(struct line *line, const char *text);
void line_model(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_start(struct line *line); /* start, inbound */
void line_admit(struct line *line, const char *greeting);
void line_dial(struct line *line, const char *greeting); /* both, and the model is connected */
void line_ready(struct line *line);                      /* model: opened, created, updated (GA) */
void line_answer(struct line *line, const char *greeting); /* start, admit, ready */

/** `ms` of sound from the caller, in messages of 20 ms; time goes on with it. */
void line_talk(struct line *line, int ms);
/** The model says `ms` of sound in one message. */
void line_say(struct line *line, const char *response, const char *item, int ms);
void line_words(struct line *line, const char *response, const char *item, const char *words);
void line_marks_back(struct line *line, size_t from); /* all that were sent since to_stream[from] */

/* What else the model says. */
void line_created(struct line *line, const char *response);
void line_done(struct line *line, const char *response);
/** A whole response: `words` (NULL: none) and `ms` of sound. */
void line_respond(struct line *line, const char *response, const char *item, const char *words,
                  int ms);
void line_began(struct line *line, const char *item, int at_ms); /* the caller, by its clock */
void line_stopped(struct line *line, const char *item, int at_ms);
void line_transcript(struct line *line, const char *item, const char *words);

const char *line_last_to_model(const struct line *line);
size_t line_count_to_model(const struct line *line, const char *part); /* messages that have it */
size_t line_count_to_stream(const struct line *line, const char *part);
/** The last message to the model that has `part`; NULL: there is none. */
const char *line_find_to_model(const struct line *line, const char *part);

#define GA_CREATED                                                                                 \
    "{\"type\":\"session.created\",\"event_id\":\"event_1\",\"session\":{\"type\":\"realtime\","   \
    "\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcm\",\"rate\":24000}}},"                  \
    "\"expires_at\":%lld}}"
#define GA_UPDATED                                                                                 \
    "{\"type\":\"session.updated\",\"event_id\":\"event_2\",\"session\":{\"type\":\"realtime\","   \
    "\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcmu\"},\"turn_detection\":{\"type\":"     \
    "\"server_vad\",\"create_response\":true,\"interrupt_response\":true}},\"output\":{"           \
    "\"format\":{\"type\":\"audio/pcmu\"},\"voice\":\"marin\"}}}}"

int line_setup(void **state);
int line_teardown(void **state);
#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, line_setup, line_teardown)
