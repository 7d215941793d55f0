/* stream.h - the media stream of one call, as Twilio holds it: sound in real time, marks answered
 * when they were heard, and every way in which such a stream ends.
 *
 * The stream runs in the calling thread. What happened is written into call->live. Source: Twilio's
 * Media Streams messages.
 */
#pragma once
#include "webhook.h"
#include "world.h"

struct stream; /* opaque */

/** Connects and talks until the talk is over, or somebody else ended it. */
struct stream *stream_open(struct world *world, const struct poster *poster, struct call *call);
void stream_talk(struct stream *stream);
/** Ends it in the way that --hang-up says. For the ways that leave it to the service, the socket is
 *  held until the service closes it, or half a minute. */
void stream_hang_up(struct stream *stream);
void stream_free(struct stream *stream);
