/* commitment_words.h - the phrases by which people take things upon themselves. */
#pragma once
#include "engine/rules/phrases.h"

/* How a commitment is opened; the verb comes next. */
enum opener {
    OPEN_NONE,
    OPEN_WILL,     /* I will ... */
    OPEN_LIGHT,    /* let me ..., I will go ahead and ...: often done at once */
    OPEN_OFFER,    /* shall I ..., I can ...: only when the other side agrees */
    OPEN_REQUEST,  /* can you ..., please ...: the other side's to-do, when it agrees */
    OPEN_OTHERS,   /* our technician will ... */
    OPEN_PROMISED, /* you will get ... */
    OPEN_DOING,    /* I am sending ... tomorrow */
};
extern const struct phrase_row commitment_openers[];

enum action {
    ACT_NONE,
    ACT_STRONG, /* something that is done after the call */
    ACT_WEAK,   /* something that may be done while it lasts */
    ACT_DATED,  /* a to-do only with a day */
    ACT_NOT,    /* looks like one and is none: "talk to you later" */
};
extern const struct phrase_row commitment_actions[];

extern const struct phrase_row commitment_agreements[];

enum bar { /* words that keep a sentence from being a commitment */
           BAR_NONE,
           BAR_CONDITION, /* if, unless: anywhere before it */
           BAR_DOUBT,     /* maybe, I think: shortly before it */
           BAR_REPORT,    /* you said: shortly before it */
           BAR_NOW,       /* right now, one moment: anywhere, unless a day is named */
};
extern const struct phrase_row commitment_bars[];
