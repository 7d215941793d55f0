/* ground.h - a recorded call in a real database (DATABASE_URL), and an engine that hears what it is
 * told to hear. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "handler.h"
#include "service/testing.h"

static const char dual[] = "tests/unit/engine/fixtures/dual.mp3"; /* 2 s, two channels */
static const char mono[] = "tests/unit/engine/fixtures/mono.mp3"; /* 1 s */

struct canned {
    struct cm_speech port;
    struct cm_heard channels[2];
};

struct fixture {
    struct cm_db *db;
    struct cm_bench *bench;
    struct cm_arena *arena;
    struct canned engine;
    struct transcriber app;
    char dir[64];
    struct cm_uuid organization_id, phone_id, contact_id, call_id;
    const char *call_sid;
    struct cm_err err;
};

static const int64_t now_us = INT64_C(1795000000000000);

/** Fails the story where the statement fails. The rows are the caller's. */
struct cm_rows *query(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args);
void execute(struct fixture *fx, const struct cm_stmt *stmt, const struct cm_args *args);
struct cm_args *ids(struct fixture *fx, size_t count, const struct cm_uuid *values);
struct cm_uuid a_call(struct fixture *fx);
/** Puts the bytes where the call's recording belongs; how many there are. */
int64_t given_file(struct fixture *fx, struct cm_str bytes);
int64_t given_copy(struct fixture *fx, const char *path);
int64_t given_recording(struct fixture *fx);

/* Of a story. */
int setup(void **state);
int teardown(void **state);

/* Of the recordings that the file may be made of. */
static const char first_sid[] = "RE00000000000000000000000000000001";
static const char second_sid[] = "RE00000000000000000000000000000002";

/** The call's file is made of this recording from now on. */
void given_call_file(struct fixture *fx, struct cm_uuid call_id, const char *recording_sid);
struct cm_event recorded(struct fixture *fx, const char *recording_sid, int64_t size_bytes);
cm_rc handle(struct fixture *fx, const struct cm_event *event);
void assert_handled(struct fixture *fx, const struct cm_event *event);
/** The call's; the rows are the caller's. */
struct cm_rows *transcription(struct fixture *fx);
/** "duration roles bytes", and whether the first half of the first channel is the loud one. */
const char *waveform(struct fixture *fx, const char *recording_sid);
size_t transcribed(const struct fixture *fx);
