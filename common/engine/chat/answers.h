/* answers.h - what a model answered as values, within bounds and tied to what was said.
 *
 * Nothing is taken on trust: a to-do that names no segment of the call is dropped, a day that is
 * none is left out, evidence is the segment's own words and never the model's.
 */
#pragma once
#include <jansson.h>

#include "engine/text.h"

extern const char answer_analysis_schema[], answer_sentiment_schema[], answer_commitments_schema[],
    answer_facts_schema[];

/** CM_RETRY: an empty text. */
cm_rc answer_analysis(const json_t *json, struct cm_arena *arena, struct cm_analysis *out,
                      struct cm_err *err) CM_MUSTCHECK;
/** The same for a sentiment. One that the model left out is the word that its text begins with, if
 * that is one. */
cm_rc answer_sentiment(const json_t *json, struct cm_arena *arena, struct cm_analysis *out,
                       struct cm_err *err) CM_MUSTCHECK;
size_t answer_commitments(const json_t *json, const struct cm_transcript *transcript,
                          struct cm_arena *arena, struct cm_commitment **out);
void answer_facts(const json_t *json, const struct cm_transcript *transcript,
                  struct cm_arena *arena, struct cm_contact_facts *out);
