/* codec.h - Avro bytes to events and back.
 *
 * Untrusted bytes are first walked against the writer's schema (walker.h), then decoded as written
 * by avro-c, then read by field name: a field that the writer did not have gets the reader's
 * default, one that the reader does not know is passed over (why: avro-c resolves no defaults and
 * leaks on hostile bytes). No function here keeps state; a schema may be shared by threads once it
 * is parsed.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "event/event.h"

struct cm_schema; /* a parsed writer's or reader's schema */

/** CM_REJECT: not an Avro schema that callmill can read (the message says where). */
cm_rc cm_schema_parse(struct cm_str json, struct cm_schema **out, struct cm_err *err) CM_MUSTCHECK;
void cm_schema_free(struct cm_schema *schema);
CM_DEFINE_OWN(cm_schema, cm_schema_free);

enum { CM_EVENT_MAX_BYTES = 900 * 1024, CM_FRAME_BYTES = 5 };

/** Once a process, before anything else here: caps what avro-c may allocate. */
void cm_codec_setup(void);

/** Appends Avro binary (no frame). CM_REJECT: a required string is null or no UTF-8. Thread: any.
 */
cm_rc cm_event_encode(const struct cm_event *event, struct cm_buf *out,
                      struct cm_err *err) CM_MUSTCHECK;

/** Reads `kind` from Avro binary that `writer` wrote; the values live in `arena`.
 *  CM_REJECT: the bytes are no such record, or a field that has no default is missing. Thread: any.
 */
cm_rc cm_event_decode(struct cm_str avro, const struct cm_schema *writer, enum cm_event_kind kind,
                      struct cm_arena *arena, struct cm_event *out,
                      struct cm_err *err) CM_MUSTCHECK;

/** The Confluent frame: 0x00 and the schema id, big endian. */
void cm_frame_put(struct cm_buf *out, uint32_t schema_id);
cm_rc cm_frame_take(struct cm_str framed, uint32_t *schema_id, struct cm_str *avro,
                    struct cm_err *err) CM_MUSTCHECK;
