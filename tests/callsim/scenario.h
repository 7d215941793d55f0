/* scenario.h - plays a call: its webhooks, in its order, as Twilio would post them. */
#pragma once
#include "http/client.h"
#include "world.h"

/** Plays every call of the world, `options->concurrency` at a time, and returns when all are
 * through. `stop` is asked between webhooks. */
void scenario_play(struct world *world, struct cm_http_client *client, bool (*stop)(void));
