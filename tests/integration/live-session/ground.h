/* ground.h - what the tests of live-session's store stand on: a real database with an organization,
 * a number and calls of their own.
 *
 * Time is the test's and lies in 2003, so that what is swept for the dead is nobody else's.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store.h"

#define SECOND      INT64_C(1000000)
#define GROUND_TIME (INT64_C(1050000000) * SECOND)
#define CALLER      "+15550001111"
#define TOKEN       "a-token-that-nobody-guesses-as-it-is-random" /* 43 letters */

struct ground {
    struct cm_db *db;
    struct cm_arena *arena;
    struct cm_uuid organization, number_id, holder;
    struct cm_str number; /* of the organization */
    char run[25];         /* in all sids of this test */
    struct cm_err err;
};

int ground_open(void **state);
int ground_close(void **state);
#define GROUND_TEST(name) cmocka_unit_test_setup_teardown(name, ground_open, ground_close)

struct cm_db *ground_database(struct ground *g, const char *environment_variable);

/** "CA..." or "MZ..." of this test. */
struct cm_str ground_sid(struct ground *g, const char *kind, unsigned n);

/** One value as text, by a statement with at most one text parameter; "" for none. */
struct cm_str ground_ask(struct ground *g, const char *sql, struct cm_str parameter);
void ground_expect(struct ground *g, const char *sql, struct cm_str parameter, const char *want);

/** A call of CALLER's, as the voice webhook makes it. Gives its sid. */
struct cm_str ground_call(struct ground *g, unsigned n, const char *status);
/** A token of the call, good until `expires_s` after GROUND_TIME. */
void ground_token(struct ground *g, struct cm_str call_sid, const char *token, const char *kind,
                  int64_t expires_s);

/** A text of a token's form. */
struct cm_str ground_secret(struct ground *g, unsigned n);

/** Begins a transaction; commits it if all in it went well (`rc`), and else fails the test. */
struct cm_tx *ground_begun(struct ground *g);
void ground_committed(struct ground *g, struct cm_tx *tx, cm_rc rc);

/** Asks for a call's stream as a good one would; change what the test is about. */
struct live_start ground_start(struct ground *g, struct cm_str call_sid, unsigned stream);
/** In a transaction of its own, committed. */
enum live_answer ground_take(struct ground *g, const struct live_start *start,
                             struct live_taken *out);
/** Opens a session with the token TOKEN. */
struct live_start ground_taken(struct ground *g, unsigned n);
/** Ends it at GROUND_TIME + 10 s; false: it had ended, or is gone. */
bool ground_end(struct ground *g, struct cm_uuid session, const char *reason,
                struct live_ended_row *out);

/** A turn of a second, said by turns: the caller's are at the even positions. `text` is borrowed.
 */
struct live_turn_row ground_turn(struct cm_uuid session, int64_t position, const char *text);
/** In a transaction of their own; `written` tells which were new. */
void ground_write_turns(struct ground *g, const struct live_turn_row turns[], size_t count,
                        bool written[]);
