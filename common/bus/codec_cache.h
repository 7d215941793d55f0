/* codec_cache.h - framed events for Kafka: the codec together with the schema registry.
 *
 * The registry's ids are cached both ways and never change, so after the first event of a kind no
 * look-up is made. Thread: any.
 */
#pragma once
#include "bus/registry.h"
#include "event/codec.h"

struct cm_codec; /* opaque */

/** `registry` is borrowed and outlives the codec; `topic_prefix` is copied. */
struct cm_codec *cm_codec_new(struct cm_registry *registry, const char *topic_prefix);
void cm_codec_free(struct cm_codec *codec);
CM_DEFINE_OWN(cm_codec, cm_codec_free);

/** Registers the schemas of `kinds` (ended by EVENT_NONE), so that encoding them later needs no
 * one. CM_RETRY (away): the registry does not answer. CM_FATAL: it refuses a schema as
 * incompatible. */
cm_rc cm_codec_register(struct cm_codec *codec, const enum cm_event_kind *kinds,
                        struct cm_err *err) CM_MUSTCHECK;

/** Appends the framed value. */
cm_rc cm_codec_encode(struct cm_codec *codec, const struct cm_event *event, struct cm_buf *out,
                      struct cm_err *err) CM_MUSTCHECK;

/** Reads a framed value of `kind`; values live in `arena`. CM_REJECT: malformed or unknown schema
 * id. CM_RETRY (away): the registry is needed for a new id and does not answer. */
cm_rc cm_codec_decode(struct cm_codec *codec, struct cm_str framed, enum cm_event_kind kind,
                      struct cm_arena *arena, struct cm_event *out,
                      struct cm_err *err) CM_MUSTCHECK;
