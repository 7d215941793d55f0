/* fact_words.h - the phrases around names and companies. */
#pragma once
#include "engine/rules/phrases.h"

enum cue {
    CUE_NONE,
    CUE_NAME,    /* my name is ... */
    CUE_THIS_IS, /* this is ...: a name only early in the call */
    CUE_I_AM,    /* I am ... */
    CUE_COMPANY, /* I am calling from ... */
    CUE_LAST_NAME,
    CUE_ASKS_NAME,
    CUE_ASKS_LAST_NAME,
    CUE_ASKS_COMPANY,
    CUE_NO_NAME, /* words with a capital that are nobody's name */
};
extern const struct phrase_row fact_cues[];
extern const struct phrase_row fact_places[]; /* where people call from that is no company */
