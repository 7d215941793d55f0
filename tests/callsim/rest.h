/* rest.h - the part of Twilio's REST API that callmill uses, served from the world.
 *
 * GET /2010-04-01/Accounts/{AC}/Calls/{CA}.json, .../Calls/{CA}/Recordings.json,
 * .../Recordings/{RE}.json and .../Recordings/{RE}.mp3[?RequestedChannels=2], with basic
 * authentication. Errors are Twilio's JSON ({"code":20404,...}). With --redirect a recording is a
 * 302 to a second listener, the media host, which refuses a request that carries credentials, as
 * signed storage URLs do.
 */
#pragma once
#include "http/server.h"
#include "world.h"

struct rest; /* opaque */

/** `world` is borrowed. CM_RETRY or CM_FATAL: the address cannot be listened on. */
cm_rc rest_start(struct world *world, struct rest **out, struct cm_err *err) CM_MUSTCHECK;
void rest_free(struct rest *rest);
CM_DEFINE_OWN(rest, rest_free);
unsigned rest_port(const struct rest *rest);
