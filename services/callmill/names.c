#include "names.h"

#include <stdlib.h>

#include "bus/bus.h"

/* Who consumes events and may have to give one up. */
static const char *const consumers[] = {
    "call-ingest",     "transcriber",    "contact-enricher",
    "analyzer-runner", "todo-extractor", "reporter",
};
enum { CONSUMERS = sizeof consumers / sizeof *consumers };

size_t topic_names(struct cm_arena *arena, const char *prefix, const char **names, size_t room,
                   size_t *events)
{
    size_t n = 0;

    if (room < EVENT_KINDS - 1 + CONSUMERS)
        abort();
    for (int kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++)
        names[n++] = cm_arena_text(arena, cm_topic_name(arena, prefix, (enum cm_event_kind)kind));
    *events = n;
    for (size_t i = 0; i < CONSUMERS; i++)
        names[n++] = cm_arena_text(arena, cm_dead_letter_topic(arena, prefix, consumers[i]));
    return n;
}
