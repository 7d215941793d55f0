/* ground.h - a call with a contact in a real database, for the services that read transcripts. */
#pragma once
#include <stdio.h>

#include "service/testing.h"

struct ground {
    struct cm_db *db;
    struct cm_bench *bench;
    struct cm_uuid organization_id, phone_id, contact_id, call_id;
    struct cm_uuid transcription_id; /* the call's; nil: it has none yet */
    char call_sid[35];
    struct cm_segment segments[8];
    size_t said;
    struct cm_err err;
};

/** Connects to DATABASE_URL and makes an organization (in Stockholm), a number, a contact and a
 * call that began on Monday, 2026-11-23, at 23:30 UTC: on Tuesday, there. */
void ground_open(struct ground *g, void *app);
void ground_close(struct ground *g);

/** Another call of the same contact (NULL id: of nobody), which becomes the ground's call. */
void ground_next_call(struct ground *g, const char *started_at, bool withheld);
void ground_say(struct ground *g, const char *role, const char *text);
/** Stores what was said as the call's transcription, in place of an earlier one; segments get their
 * ids. */
void ground_transcribe(struct ground *g);
/** call.transcribed of what was said, which is stored if the call has no transcription yet; lives
 * in the bench's arena. */
const struct cm_event *ground_transcribed(struct ground *g);

void ground_execute(struct ground *g, const char *sql);
/** The first value of a query with $1 = the call's id as text; "" for none. In the bench's arena.
 */
const char *ground_ask(struct ground *g, const char *sql);
