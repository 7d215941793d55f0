/* captions_stage.h - captions with an engine that understands letters.
 *
 * A voice says letters: each is a tone of its own, 'a' to 'h'. The engine tells which ones it
 * hears, each as an utterance, and can be held up, or fail. Time is the stream's; nothing waits for
 * it.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/config.h"
#include "captions.h"
#include "ear.h"

struct letters_engine { /* a cm_speech */
    struct cm_speech port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;               /* who comes waits, until it is let go or asked to stop */
    int inside, most_inside; /* at a time */
    int heard;               /* windows, altogether */
    char order[256];         /* the first letter of each, as they came */
    int64_t heard_ms;        /* sound in them, altogether; `last_ms` of the last one */
    int64_t last_ms;
    int niceness; /* of who came last */
    cm_rc fails;  /* CM_OK, or what it answers */
};

/** No more and no less than `count` are inside, waiting. */
void engine_await_inside(struct letters_engine *engine, int count);
/** So many windows were heard since the beginning. */
void engine_await_heard(struct letters_engine *engine, int count);
void engine_hold(struct letters_engine *engine);
void engine_let_go(struct letters_engine *engine);

struct stage {
    struct letters_engine engine;
    struct cm_metrics *metrics;
    struct cm_loop *loop;
    struct captions *captions;
};

/** Settings as "NAME=value" texts, ended by NULL. */
void stage_open(struct stage *stage, const char *const settings[]);
void stage_close(struct stage *stage); /* what is not NULL */
/** A captions' counter; `labels` may be NULL. */
int64_t stage_count(struct stage *stage, const char *name, const char *labels);

enum { TURNS_HEARD_MAX = 64 };
struct turn_heard {
    int64_t start_ms, end_ms;
    char text[64];
};

struct speaker { /* somebody who is heard by an ear, and what came of it */
    struct stage *stage;
    struct ear *ear;
    int64_t at_ms; /* of the stream */
    size_t piece;  /* bytes handed over at a time */
    unsigned hiss; /* of the line: how far samples are from silence, at most */
    unsigned seed;
    size_t phase;     /* of the tone, in samples */
    int turns_wanted; /* the loop stops when so many have come; 0: at the end */
    int turn_count;
    struct turn_heard turns[TURNS_HEARD_MAX];
    bool finished;
    bool frees_in_turn, frees_at_end;
};

void speaker_open(struct speaker *speaker, struct stage *stage);
void speaker_close(struct speaker *speaker);

void say(struct speaker *speaker, char letter, int64_t ms);
void say_softly(struct speaker *speaker, char letter, int64_t ms); /* 30 dB less */
void be_quiet(struct speaker *speaker, int64_t ms);
/** A letter of half a second and the pause that ends a window. */
void say_word(struct speaker *speaker, char letter);
void say_words(struct speaker *speaker, const char *letters);
/** Runs the loop until `count` turns have come altogether. */
void await_turns(struct speaker *speaker, int count);
/** Finishes the ear and runs the loop until all was told. */
void hear_out(struct speaker *speaker);

/** All turns' texts, with | between them. */
void assert_heard(const struct speaker *speaker, const char *texts);
/** With 50 ms more or less: the engine looks no closer. */
void assert_times(const struct speaker *speaker, int turn, int64_t start_ms, int64_t end_ms);
