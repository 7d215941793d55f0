/* compliance.h - what should not have been said, with who said it and when. */
#pragma once
#include "engine/rules/phrases.h"

struct compliance {
    struct phrasebook *phrases, *denials, *private_numbers;
};
struct compliance compliance_new(struct cm_arena *arena);

/** "No compliance issues found.", or how many and a line for each, oldest first. A missing notice
 * that the call is recorded is an issue only where `prompt` asks for a notice, a disclosure or an
 * announcement: it may have been played before the recording began. Digits of cards and the like
 * are not repeated. */
struct cm_str compliance_text(const struct compliance *rules, const struct reading *reading,
                              struct cm_str prompt);
