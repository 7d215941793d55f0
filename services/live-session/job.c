#include "job.h"

#include <stdlib.h>
#include <string.h>

/* Puts the views' texts, one behind the other, at `at`, and has the views lie there. */
static void pack(struct cm_str *const views[], size_t count, char *at)
{
    for (size_t i = 0; i < count; i++) {
        if (!views[i]->len)
            continue;
        memcpy(at, views[i]->at, views[i]->len);
        views[i]->at = at;
        at += views[i]->len;
    }
}

static size_t length(struct cm_str *const views[], size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += views[i]->len;
    return sum;
}

/* The views point into `*what`: those of the copy lie as far into the copy. */
struct job *job_new(const struct job *what, struct cm_str *const views[], size_t count)
{
    struct job *job = cm_must(malloc(sizeof *job + length(views, count)));
    char *at = (char *)(job + 1);

    *job = *what;
    for (size_t i = 0; i < count; i++) {
        size_t offset = (size_t)((const char *)views[i] - (const char *)what);
        struct cm_str *mine = (struct cm_str *)((char *)job + offset);

        pack(&mine, 1, at);
        at += mine->len;
    }
    return job;
}

void job_free(struct job *job)
{
    if (!job)
        return;
    free(job->taken_texts);
    free(job);
}

void job_answer(struct job *job, enum live_answer answer, const struct live_taken *taken)
{
    struct live_taken *mine = &job->taken;
    struct cm_str *const views[] = {
        &mine->head.call_sid,
        &mine->started.from_number,
        &mine->started.to_number,
        &mine->started.direction,
        &mine->started.status,
        &mine->instructions,
        &mine->voice,
        &mine->greeting,
    };
    enum { VIEWS = sizeof views / sizeof views[0] };

    job->answer = answer;
    free(job->taken_texts);
    job->taken_texts = NULL;
    if (answer != LIVE_TAKEN)
        return;
    *mine = *taken;
    job->taken_texts = cm_must(malloc(length(views, VIEWS) + 1));
    pack(views, VIEWS, job->taken_texts);
}
