/* ground.h - what the tests of call-ingest stand on: a real database with an organization of their
 * own, a service whose events are kept, and Twilio's side as callsim speaks it.
 *
 * Time is the test's and lies in 2001, so that a sweep sees no call but its own test's.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest.h"
#include "rest.h"
#include "service/testing.h"
#include "webhook.h"

#define ACCOUNT     "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TOKEN       "0123456789abcdef0123456789abcdef"
#define PUBLIC      "https://calls.example.com/in"
#define SECOND      INT64_C(1000000)
#define GROUND_TIME (INT64_C(1000000000) * SECOND)

struct ground {
    struct cm_db *db;
    struct cm_bench *bench;
    struct cm_arena *arena;
    struct cm_metrics *metrics;
    struct cm_http_client *client;
    struct ingest app; /* as the service's open makes it, for the tests' own service */
    struct cm_config *config;
    struct cm_uuid organization, number_id;
    struct cm_str number;   /* of the organization */
    char run[25];           /* in all sids of this test */
    char folder[64];        /* RECORDINGS_DIR */
    char audio[2][64];      /* MP3s of 3.6 and 7.2 s */
    struct options options; /* of callsim */
    struct world world;
    struct rest *rest;
    struct cm_err err;
};

int ground_open(void **state);
int ground_close(void **state);
#define GROUND_TEST(name) cmocka_unit_test_setup_teardown(name, ground_open, ground_close)

/** "CA..." or "RE..." of this test. */
struct cm_str ground_sid(struct ground *g, const char *kind, unsigned n);

/** Starts Twilio's REST API with `calls` calls, each with `recordings` recordings; none is placed
 * yet. */
void ground_twilio(struct ground *g, int calls, int recordings);
/** The call is over, as Twilio has it. */
void ground_placed(struct ground *g, int call, bool ended, bool recorded);

/** One value as text, by a statement with at most one text parameter. */
struct cm_str ground_ask(struct ground *g, const char *sql, struct cm_str parameter);
int64_t ground_count(struct ground *g, const char *sql, struct cm_str parameter);
void ground_do(struct ground *g, const char *sql, struct cm_str parameter);

/** Everything about a call that does not depend on who it is or when it was told. */
struct cm_str ground_digest(struct ground *g, struct cm_str call_sid);

size_t ground_emitted(struct ground *g, enum cm_event_kind kind);
