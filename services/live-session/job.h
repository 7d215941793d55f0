/* job.h - one thing to be written, and what came of it: what passes between a loop and a scribe's
 * worker.
 *
 * Hundreds may wait while many calls begin at once, so a job is one small allocation with its texts
 * behind it; arenas are the workers'. Thread: whoever has it.
 */
#pragma once
#include "scribe.h"

enum job_kind { JOB_BEGIN, JOB_TURN, JOB_NOTE, JOB_END };

struct job {
    enum job_kind kind;
    struct cm_uuid session_id;
    int64_t due_ms; /* JOB_BEGIN: until then */
    union {
        struct live_start start;
        struct {
            struct live_turn_row row;
            struct cm_event_head call;
        } turn;
        struct live_note note;
        const char *reason; /* a literal */
    };
    /* the answer */
    struct cm_loop *loop; /* NULL: nobody wants one */
    scribe_begun *begun;
    scribe_noted *noted;
    void *ctx;
    cm_rc rc;
    enum live_answer answer;
    struct live_taken taken;
    char *taken_texts; /* what `taken` views; NULL: nothing */
};

/** Copies `*what`, and behind it the texts that its `count` views name, which then lie there:
 *  `views` point into `*what`. */
struct job *job_new(const struct job *what, struct cm_str *const views[], size_t count);
void job_free(struct job *job);

/** Takes what was found, with its texts. */
void job_answer(struct job *job, enum live_answer answer, const struct live_taken *taken);
