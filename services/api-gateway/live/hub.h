/* hub.h - live pages: each call event goes to the pages of its organization.
 *
 * Vocabulary: a viewer is one open page. A lane is the viewers of one event loop, touched in its
 * thread only. The hub's own thread reads the topics (every process all of them, from now on, in a
 * consumer group of its own) and posts each event's text to the lanes. Nothing here waits for a
 * page: a viewer who does not read is let go, and a lane that falls behind skips events and tells
 * its viewers to look again ("event: reset").
 */
#pragma once
#include "ask.h"

struct hub; /* opaque */

struct hub_options {
    const struct cm_config *config; /* of bus.h */
    struct cm_codec *codec;
    struct cm_metrics *metrics;
    unsigned viewers_max, viewers_per_user;
    int heartbeat_ms, recheck_ms; /* how often a session is looked at again */
};

/** Starts the hub's thread. */
cm_rc hub_new(const struct hub_options *options, struct hub **out, struct cm_err *err) CM_MUSTCHECK;
/** Waits for the hub's thread to end; from then on nothing is posted. While the loops still run. */
void hub_stop_reading(struct hub *hub);
void hub_free(struct hub *hub); /* all lanes are closed by then */
CM_DEFINE_OWN(hub, hub_free);

/* In the loop's thread. `pipe` is where sessions are looked at again. */
void hub_lane_open(struct hub *hub, struct cm_loop *loop, unsigned index, struct cm_pipe *pipe);
void hub_lane_close(struct hub *hub, unsigned index);

enum hub_answer { HUB_JOINED, HUB_FULL, HUB_USER_FULL };
/** Answers the request with a stream, unless there are too many. In the request's thread. */
enum hub_answer hub_join(struct hub *hub, const struct ask *ask);
