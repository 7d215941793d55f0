#include "corpus.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#define MONDAY_US (INT64_C(1795446000) * 1000000) /* 2026-11-23T15:00:00Z */

static void add_line(struct corpus_case *c, struct cm_str line, const char *role, size_t skip)
{
    size_t n = c->transcript.segment_count++;

    assert_true(n < CASE_LINES);
    c->segments[n] = (struct cm_segment){ .role = cm_str_of(role),
                                          .channel = *role == 'a',
                                          .start_ms = (int64_t)n * 4000,
                                          .end_ms = (int64_t)n * 4000 + 3500,
                                          .text = cm_str_trim(
                                              (struct cm_str){ line.at + skip, line.len - skip }) };
}

static void add(struct corpus *corpus, struct cm_str line, int number)
{
    struct corpus_case *c = &corpus->cases[corpus->count];

    assert_true(corpus->count < CORPUS_CASES);
    if (!c->line)
        *c = (struct corpus_case){ .line = number,
                                   .transcript = { .segments = c->segments,
                                                   .started_at_us = MONDAY_US,
                                                   .direction = CM_STR("inbound") } };
    if (cm_str_starts(line, "agent:"))
        add_line(c, line, "agent", 6);
    else if (cm_str_starts(line, "caller:"))
        add_line(c, line, "caller", 7);
    else if (cm_str_is(line, "outbound"))
        c->transcript.direction = line;
    else if (cm_str_starts(line, "> ") && c->want_count < CASE_WANTS)
        c->wants[c->want_count++] = (struct cm_str){ line.at + 2, line.len - 2 };
    else
        fail_msg("line %d of the corpus is none: %.*s", number, CM_STR_FMT(line));
}

const struct corpus *corpus_read(const char *name, struct cm_arena *arena)
{
    struct corpus *corpus = CM_NEW(arena, struct corpus);
    struct cm_str path = cm_arena_printf(arena, "tests/unit/engine/corpus/%s", name);
    FILE *file = fopen(path.at, "r");
    char line[1024];

    if (!file)
        fail_msg("%s cannot be read", path.at);
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        struct cm_str text = cm_str_trim(cm_str_of(line));

        if (!text.len && corpus->cases[corpus->count].line)
            corpus->count++;
        else if (text.len && text.at[0] != '#')
            add(corpus, cm_arena_str(arena, text), number);
    }
    corpus->count += corpus->cases[corpus->count].line != 0;
    (void)fclose(file);
    return corpus;
}

double score_precision(const struct score *score)
{
    size_t found = score->right + score->wrong;

    return found ? (double)score->right / (double)found : 1;
}

double score_recall(const struct score *score)
{
    size_t wanted = score->right + score->missed;

    return wanted ? (double)score->right / (double)wanted : 1;
}
