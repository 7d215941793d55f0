#include "event/codec.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/fields.h"
#include "event/schema.h"

/* Our own schemas, one a kind: made once, then only read. */
static struct cm_schema *own[EVENT_KINDS];

/* The table in event.c and the texts in schemas/avro/ are made by hand, both in the same order. */
static bool is_same(const struct cm_field *fields, const struct cm_node *record, size_t *at)
{
    for (; fields->name; fields++, (*at)++) {
        const struct cm_node_field *field = &record->fields[*at];

        if (*at >= record->count || strcmp(field->name, fields->name) != 0)
            return false;
        if (fields->type == FIELD_RECORDS) {
            size_t item_at = 0;

            if (field->type->type != NODE_ARRAY ||
                !is_same(fields->item_fields, field->type->branches[0], &item_at) ||
                item_at != field->type->branches[0]->count)
                return false;
        }
    }
    return true;
}

static void parse_own(void)
{
    for (int i = EVENT_NONE + 1; i < EVENT_KINDS; i++) {
        enum cm_event_kind kind = (enum cm_event_kind)i;
        struct cm_err err = { 0 };
        size_t at = 0;

        if (cm_schema_parse(cm_event_avsc(kind), &own[kind], &err) != CM_OK ||
            !is_same(cm_head_fields(), own[kind]->root, &at) ||
            !is_same(cm_body_fields(kind), own[kind]->root, &at) || at != own[kind]->root->count) {
            fprintf(stderr, "callmill: schema and struct of %s differ at field %zu %s\n",
                    cm_event_name(kind), at, err.msg);
            abort();
        }
    }
}

void cm_codec_setup(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, parse_own);
}

const struct cm_schema *cm_event_schema(enum cm_event_kind kind)
{
    cm_codec_setup();
    return own[kind];
}

void cm_frame_put(struct cm_buf *out, uint32_t schema_id)
{
    const unsigned char frame[CM_FRAME_BYTES] = { 0, (unsigned char)(schema_id >> 24),
                                                  (unsigned char)(schema_id >> 16),
                                                  (unsigned char)(schema_id >> 8),
                                                  (unsigned char)schema_id };

    cm_buf_put(out, frame, sizeof frame);
}

cm_rc cm_frame_take(struct cm_str framed, uint32_t *schema_id, struct cm_str *avro,
                    struct cm_err *err)
{
    const unsigned char *at = (const unsigned char *)framed.at;

    if (framed.len < CM_FRAME_BYTES)
        return cm_fail(err, CM_REJECT, "%zu bytes are too few for a Confluent frame", framed.len);
    if (at[0] != 0)
        return cm_fail(err, CM_REJECT, "no Confluent frame: begins with byte 0x%02x", at[0]);

    *schema_id = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
    *avro = (struct cm_str){ framed.at + CM_FRAME_BYTES, framed.len - CM_FRAME_BYTES };
    return CM_OK;
}
