/* private_numbers.h - card numbers, their security codes and social security numbers read aloud.
 *
 * Digits of one speaker pile up over pauses and over the other's "okay", as people read such
 * numbers.
 */
#pragma once
#include "engine/rules/digits.h"
#include "engine/rules/phrases.h"

enum private_number { PRIVATE_CARD, PRIVATE_SSN, PRIVATE_CARD_CODE };

struct phrasebook *private_numbers_new(struct cm_arena *arena);
/** Calls `found` for each, with the sentence in which its last digit is. */
void private_numbers_find(const struct phrasebook *book, const struct reading *reading,
                          void (*found)(void *ctx, enum private_number kind,
                                        const struct sentence *sentence),
                          void *ctx);
