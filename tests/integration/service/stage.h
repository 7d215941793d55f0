/* stage.h - what the tests of the runner stand on: topics of their own, calls, and the probe's
 * process. */
#pragma once
#include <sys/types.h>

#include "bus/codec_cache.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "db/db.h"

struct stage {
    struct cm_config *config;
    struct cm_http_client *http;
    struct cm_registry *registry;
    struct cm_codec *codec;
    struct cm_producer *producer;
    struct cm_db *db;
    struct cm_arena *arena;
    struct cm_uuid organization_id, phone_id;
    char prefix[64]; /* of the topics */
    char name[64];   /* of the probe as a service */
    const char *probe_path;
    pid_t probe, second; /* 0: it does not run */
};

struct stage *stage_open(const char *probe_path);
void stage_close(struct stage *stage);

/** A call's row; its duration_ms counts what happened to it. */
struct cm_uuid stage_call(struct stage *stage);
/** Its transcription, of which a published call.transcribed is; but not one whose order is
 * "replaced". */
void stage_transcription(struct stage *stage, struct cm_uuid call_id);
/** Publishes an event about it (call.started, call.recorded or call.transcribed); the event's id.
 */
struct cm_uuid stage_publish(struct stage *stage, enum cm_event_kind kind, struct cm_uuid call_id,
                             const char *order);
/** The same event once more. */
void stage_publish_again(struct stage *stage, enum cm_event_kind kind, struct cm_uuid call_id,
                         const char *order, struct cm_uuid event_id);
void stage_publish_bytes(struct stage *stage, enum cm_event_kind kind, const char *key,
                         struct cm_str value);

void stage_probe_start(struct stage *stage);
void stage_second_start(struct stage *stage); /* another process of the same service */
int stage_second_stop(struct stage *stage);
void stage_probe_kill(struct stage *stage);
/** SIGTERM; its exit status. */
int stage_probe_stop(struct stage *stage);

/** The first value of the first row of `sql`, whose $1 is `id`. */
int64_t stage_number(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id);
/** Waits until that number is `wanted`, two minutes at the longest. */
void stage_until(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id,
                 int64_t wanted);
/** The same for a number that grows, and may have passed `least` when one looks. */
void stage_until_least(struct stage *stage, const struct cm_stmt *stmt, struct cm_uuid id,
                       int64_t least);
