/* fields.h - how the fields of an Avro record lie in a C struct; inside common/event only.
 *
 * The rows stand in the order of the record's fields in schemas/avro/. What may be null, and what a
 * missing field becomes, is the schema's to say.
 */
#pragma once
#include <stddef.h>

#include "event/codec.h"

enum cm_field_type {
    FIELD_UUID,     /* struct cm_uuid      string (uuid) */
    FIELD_OPT_UUID, /* struct cm_opt_uuid  null or string (uuid) */
    FIELD_STR,      /* struct cm_str       string or enum; or null, which is `at` == NULL */
    FIELD_I64,      /* int64_t             int or long */
    FIELD_OPT_I64,  /* struct cm_opt_i64   null or int or long */
    FIELD_BOOL,     /* bool                boolean */
    FIELD_RECORDS,  /* pointer and size_t  array of records */
};

struct cm_field {
    const char *name; /* NULL ends the table */
    enum cm_field_type type;
    size_t offset;
    size_t count_offset, item_bytes;    /* FIELD_RECORDS: where the count is, the size of an item */
    const struct cm_field *item_fields; /* FIELD_RECORDS */
};

enum { CM_HEAD_FIELDS = 5 };

const struct cm_field *cm_head_fields(void);                      /* of struct cm_event_head */
const struct cm_field *cm_body_fields(enum cm_event_kind kind);   /* of the union's member */
const struct cm_schema *cm_event_schema(enum cm_event_kind kind); /* ours, parsed; in codec.c */

/* The union of struct cm_event begins here, whatever its member. */
enum { CM_BODY_OFFSET = offsetof(struct cm_event, call_started) };
