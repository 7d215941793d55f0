/* import.h - what is known of a call that is brought in, and its rows. */
#pragma once
#include "change.h"
#include "engine/recording_file.h"

struct import {
    struct cm_str from, to;  /* E.164 */
    struct cm_str direction; /* inbound | outbound */
    int64_t started_at_us;
    struct cm_recording_facts facts;

    struct cm_uuid id, number_id;
    struct cm_str call_sid, recording_sid; /* of our own making, in Twilio's form */
    int64_t caller_channel;
};

/** The rows that call-ingest makes of a call whose recording it has fetched, and the events that it
 * tells. false: it was answered. */
bool import_store(struct change *change, const struct import *import);
