/* player.h - what the caller hears: sound that came, played in order and in time, with its marks.
 *
 * As Twilio has it: a mark comes back when everything before it was played; clear empties what was
 * not played yet and brings all its marks back at once. Thread: the stream's.
 */
#pragma once
#include "world.h"

struct player; /* opaque */

struct player *player_new(struct live *live, void (*mark)(void *ctx, struct cm_str name),
                          void *ctx);
void player_free(struct player *player);

/** A message of the service: media, mark or clear. false: it is none of them, as documented: Twilio
 *  would warn (31951). */
bool player_take(struct player *player, struct cm_str text);
/** Time went on by so many bytes of sound. */
void player_play(struct player *player, size_t bytes);
