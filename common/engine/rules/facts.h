/* facts.h - who the other party is, from what was said. */
#pragma once
#include "engine/rules/phrases.h"

struct facts {
    struct phrasebook *cues, *places;
};
struct facts facts_new(struct cm_arena *arena);

/* Something that was found, and in which segment. */
struct said {
    struct cm_str value; /* a NULL view: nothing */
    size_t segment;
};

struct said facts_name(const struct facts *rules, const struct reading *reading);
struct said facts_company(const struct facts *rules, const struct reading *reading);
/** The other party's address, written or spelled ("ada dot lovelace at example dot com"). */
struct said facts_email(const struct reading *reading);
/** One @, a host with a dot, plain characters. */
bool email_is_valid(struct cm_str email);
