/* foreign.h - events as somebody else wrote them: a writer's schema as JSON, and its bytes by hand.
 */
#pragma once
#include "base/buf.h"
#include "samples.h"

#define UUID_TEXT "018f0000-0001-7001-8001-000000000000"
#define HEAD                                                                                       \
    "{\"name\":\"event_id\",\"type\":\"string\"},{\"name\":\"occurred_at\",\"type\":\"long\"},"    \
    "{\"name\":\"organization_id\",\"type\":\"string\"},{\"name\":\"call_id\",\"type\":"           \
    "\"string\"},"                                                                                 \
    "{\"name\":\"call_sid\",\"type\":\"string\"}"
#define RECORD(name, fields)                                                                       \
    "{\"type\":\"record\",\"name\":\"" name                                                        \
    "\",\"namespace\":\"callmill.events\",\"fields\":[" fields "]}"
#define FIELD_OF(name, type) ",{\"name\":\"" name "\",\"type\":" type "}"

int foreign_setup(void **state); /* *state is a struct cm_arena * */
int foreign_teardown(void **state);

/** As Avro writes a long, a string, and the fields of HEAD. */
void put_long(struct cm_buf *out, int64_t value);
void put_text(struct cm_buf *out, const char *text);
void put_head(struct cm_buf *out);

/** Reads the bytes, whose writer had the schema `json`, as an event of the kind. */
cm_rc decode_foreign(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                     enum cm_event_kind kind, struct cm_event *out, struct cm_err *err);
/** It is one, with the head that put_head writes. */
struct cm_event expect_event(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                             enum cm_event_kind kind);
/** It is refused, in these words. */
void expect_refusal(struct cm_arena *arena, const char *json, const struct cm_buf *bytes,
                    enum cm_event_kind kind, const char *why);
