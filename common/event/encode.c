/* encode.c - events to Avro binary. */
#include <avro.h>
#include <errno.h>
#include <string.h>

#include "event/codec.h"
#include "event/fields.h"
#include "event/schema.h"

struct encoder {
    const char *event; /* its name, for messages */
    struct cm_err *err;
};

static void value_done(avro_value_t *value)
{
    if (value->self)
        avro_value_decref(value);
}

static cm_rc refuse(struct encoder *e, const struct cm_field *field, const char *what)
{
    return cm_fail(e->err, CM_REJECT, "%s: field %s %s", e->event, field->name, what);
}

/* The table and the schema agree (codec.c checks), so a refusal of avro-c is its lack of memory. */
static cm_rc done(struct encoder *e, const struct cm_field *field, int rc)
{
    if (!rc)
        return CM_OK;

    cm_fail(e->err, CM_FATAL, "%s: field %s: avro-c refuses it (%d)", e->event, field->name, rc);
    return CM_FATAL;
}

/* Of a union, takes the branch that is null, or the first one that is not. EINVAL: there is none.
 */
static int choose(avro_value_t *at, const struct cm_node **type, bool null)
{
    if ((*type)->type != NODE_UNION)
        return ((*type)->type == NODE_NULL) == null ? 0 : EINVAL;

    for (size_t i = 0; i < (*type)->count; i++) {
        const struct cm_node *branch = (*type)->branches[i];

        if ((branch->type == NODE_NULL) == null) {
            *type = branch;
            return avro_value_set_branch(at, (int)i, at);
        }
    }
    return EINVAL;
}

static cm_rc put_null(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                      avro_value_t *at)
{
    if (choose(at, &type, true) != 0)
        return refuse(e, field, "is null, which it must not be");
    return done(e, field, avro_value_set_null(at));
}

static cm_rc put_number(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                        avro_value_t *at, int64_t value)
{
    int rc = choose(at, &type, false);

    if (rc)
        return done(e, field, rc);
    if (type->type == NODE_LONG)
        return done(e, field, avro_value_set_long(at, value));
    if (value < INT32_MIN || value > INT32_MAX)
        return refuse(e, field, "has more than 32 bits");
    return done(e, field, avro_value_set_int(at, (int32_t)value));
}

static cm_rc put_bool(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                      avro_value_t *at, bool value)
{
    int rc = choose(at, &type, false);

    return done(e, field, rc ? rc : avro_value_set_boolean(at, value));
}

static cm_rc put_uuid(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                      avro_value_t *at, struct cm_uuid value)
{
    struct cm_uuid_text text = cm_uuid_text(value);
    int rc = choose(at, &type, false);

    if (rc)
        return done(e, field, rc);
    return done(e, field, avro_value_set_string_len(at, text.at, sizeof text.at));
}

static cm_rc put_symbol(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                        avro_value_t *at, struct cm_str value)
{
    int index = cm_node_symbol_index(type, value);

    if (index < 0)
        return refuse(e, field, "is none of the schema's symbols");
    return done(e, field, avro_value_set_enum(at, index));
}

static cm_rc put_text(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                      avro_value_t *at, struct cm_str value)
{
    /* Lent, not copied: avro-c counts a NUL at the end, but neither reads nor writes it. */
    avro_wrapped_buffer_t lent = { .buf = value.at, .size = value.len + 1 };
    int rc;

    if (!value.at)
        return put_null(e, field, type, at);
    if (!cm_str_utf8(value))
        return refuse(e, field, "is no UTF-8 or holds NUL");

    rc = choose(at, &type, false);
    if (rc)
        return done(e, field, rc);
    if (type->type == NODE_ENUM)
        return put_symbol(e, field, type, at, value);
    return done(e, field, avro_value_give_string_len(at, &lent));
}

static cm_rc put_record(struct encoder *e, const struct cm_field *fields,
                        const struct cm_node *type, size_t first, avro_value_t *record,
                        const void *from);

static cm_rc put_records(struct encoder *e, const struct cm_field *field,
                         const struct cm_node *type, avro_value_t *at, const char *from)
{
    size_t count;
    const char *items;

    memcpy(&count, from + field->count_offset, sizeof count);
    memcpy(&items, from + field->offset, sizeof items);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        cm_rc rc = done(e, field, avro_value_append(at, &item, NULL));

        if (!rc)
            rc = put_record(e, field->item_fields, type->branches[0], 0, &item,
                            items + i * field->item_bytes);
        if (rc)
            return rc;
    }
    return CM_OK;
}

static cm_rc put_field(struct encoder *e, const struct cm_field *field, const struct cm_node *type,
                       avro_value_t *at, const char *from)
{
    const void *member = from + field->offset;
    const struct cm_opt_uuid *opt_uuid = member;
    const struct cm_opt_i64 *opt_number = member;

    switch (field->type) {
    case FIELD_UUID:
        return put_uuid(e, field, type, at, *(const struct cm_uuid *)member);
    case FIELD_OPT_UUID:
        return opt_uuid->set ? put_uuid(e, field, type, at, opt_uuid->value)
                             : put_null(e, field, type, at);
    case FIELD_STR:
        return put_text(e, field, type, at, *(const struct cm_str *)member);
    case FIELD_I64:
        return put_number(e, field, type, at, *(const int64_t *)member);
    case FIELD_OPT_I64:
        return opt_number->set ? put_number(e, field, type, at, opt_number->value)
                               : put_null(e, field, type, at);
    case FIELD_BOOL:
        return put_bool(e, field, type, at, *(const bool *)member);
    case FIELD_RECORDS:
        return put_records(e, field, type, at, from);
    }
    return done(e, field, EINVAL);
}

/* Fills the record's fields from `first` on. */
static cm_rc put_record(struct encoder *e, const struct cm_field *fields,
                        const struct cm_node *type, size_t first, avro_value_t *record,
                        const void *from)
{
    for (size_t i = 0; fields[i].name; i++) {
        avro_value_t at;
        cm_rc rc = done(e, &fields[i], avro_value_get_by_index(record, first + i, &at, NULL));

        if (!rc)
            rc = put_field(e, &fields[i], type->fields[first + i].type, &at, from);
        if (rc)
            return rc;
    }
    return CM_OK;
}

static cm_rc write_value(struct encoder *e, avro_value_t *value, struct cm_buf *out)
{
    avro_writer_t writer;
    size_t size;
    int rc = avro_value_sizeof(value, &size);

    if (rc)
        return cm_fail(e->err, CM_FATAL, "%s: avro-c tells no size (%d)", e->event, rc);
    if (size > CM_EVENT_MAX_BYTES)
        return cm_fail(e->err, CM_REJECT, "%s: %zu bytes are more than %d", e->event, size,
                       CM_EVENT_MAX_BYTES);

    writer = avro_writer_memory(cm_buf_reserve(out, size), (int64_t)size);
    if (!writer)
        cm_out_of_memory();
    rc = avro_value_write(writer, value);
    avro_writer_free(writer);
    if (rc)
        return cm_fail(e->err, CM_FATAL, "%s: avro-c does not write it (%d)", e->event, rc);

    out->len += size;
    out->at[out->len] = '\0';
    return CM_OK;
}

cm_rc cm_event_encode(const struct cm_event *event, struct cm_buf *out, struct cm_err *err)
{
    const struct cm_schema *schema = cm_event_schema(event->kind);
    struct encoder e = { .event = cm_event_name(event->kind), .err = err };
    __attribute__((cleanup(value_done))) avro_value_t value = { 0 };
    cm_rc rc;

    if (!schema)
        return cm_fail(err, CM_FATAL, "an event of kind %d cannot be encoded", (int)event->kind);
    if (avro_generic_value_new(schema->iface, &value) != 0)
        cm_out_of_memory();

    rc = put_record(&e, cm_head_fields(), schema->root, 0, &value, &event->head);
    if (!rc)
        rc = put_record(&e, cm_body_fields(event->kind), schema->root, CM_HEAD_FIELDS, &value,
                        (const char *)event + CM_BODY_OFFSET);
    if (rc)
        return rc;
    return write_value(&e, &value, out);
}
