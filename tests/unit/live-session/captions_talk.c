#include "captions_talk.h"

#include <stdio.h>
#include <stdlib.h>

struct talk *talk_open(void **state, const char *const settings[])
{
    struct talk *talk = *state;

    stage_open(&talk->stage, settings);
    speaker_open(&talk->ada, &talk->stage);
    speaker_open(&talk->bob, &talk->stage);
    talk->open = true;
    return talk;
}

void talk_close(struct talk *talk)
{
    if (!talk->open)
        return;
    talk->open = false;
    speaker_close(&talk->ada);
    speaker_close(&talk->bob);
    stage_close(&talk->stage);
}

int64_t talk_dropped(struct talk *talk, const char *reason)
{
    char label[32];

    (void)snprintf(label, sizeof label, "reason=\"%s\"", reason);
    return stage_count(&talk->stage, "callmill_captions_dropped_total", label);
}

int64_t talk_waiting(struct talk *talk)
{
    return stage_count(&talk->stage, "callmill_captions_waiting", NULL);
}

int talk_setup(void **state)
{
    *state = calloc(1, sizeof(struct talk));
    return *state ? 0 : -1;
}

int talk_teardown(void **state)
{
    talk_close(*state);
    free(*state);
    return 0;
}
