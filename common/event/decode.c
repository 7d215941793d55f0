/* decode.c - Avro binary to events: as written, then read by field name. */
#include <avro.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "event/codec.h"
#include "event/fields.h"
#include "event/schema.h"
#include "event/walker.h"

struct decoder {
    const char *event; /* its name, for messages */
    struct cm_arena *arena;
    struct cm_err *err;
};

/* A value as it was written. */
struct written {
    const struct cm_node *type;
    avro_value_t value;
};

static void value_done(avro_value_t *value)
{
    if (value->self)
        avro_value_decref(value);
}

static void reader_done(avro_reader_t *reader)
{
    if (*reader)
        avro_reader_free(*reader);
}

static cm_rc refuse(struct decoder *d, const struct cm_node_field *field, const char *what)
{
    return cm_fail(d->err, CM_REJECT, "%s: field %s %s", d->event, field->name, what);
}

static cm_rc refuse_type(struct decoder *d, const struct cm_node_field *field,
                         const struct written *from)
{
    return cm_fail(d->err, CM_REJECT, "%s: field %s is written as %s, which it cannot be read from",
                   d->event, field->name, from->type->name);
}

/* Steps into the branch of a union that was written. The walker has checked the index. */
static int settle(struct written *from)
{
    int branch, rc;

    if (from->type->type != NODE_UNION)
        return 0;

    rc = avro_value_get_discriminant(&from->value, &branch);
    if (!rc)
        rc = avro_value_get_current_branch(&from->value, &from->value);
    if (!rc)
        from->type = from->type->branches[branch];
    return rc;
}

/* What the field's type is when it is not null, and whether it may be. */
static const struct cm_node *reader_type(const struct cm_node_field *field, bool *nullable)
{
    const struct cm_node *type = field->type, *other = type;

    *nullable = type->type == NODE_NULL;
    if (type->type != NODE_UNION)
        return type;

    for (size_t i = 0; i < type->count; i++) {
        if (type->branches[i]->type == NODE_NULL)
            *nullable = true;
        else
            other = type->branches[i];
    }
    return other;
}

static cm_rc take_number(struct decoder *d, const struct cm_node_field *field,
                         const struct written *from, int64_t *out)
{
    int32_t number;

    if (from->type->type == NODE_LONG && avro_value_get_long(&from->value, out) == 0)
        return CM_OK;
    if (from->type->type != NODE_INT || avro_value_get_int(&from->value, &number) != 0)
        return refuse_type(d, field, from);

    *out = number;
    return CM_OK;
}

static cm_rc take_bool(struct decoder *d, const struct cm_node_field *field,
                       const struct written *from, bool *out)
{
    int value;

    if (from->type->type != NODE_BOOLEAN || avro_value_get_boolean(&from->value, &value) != 0)
        return refuse_type(d, field, from);

    *out = value != 0;
    return CM_OK;
}

/* A symbol that the reader does not know becomes the reader's default symbol, if there is one. */
static cm_rc take_symbol(struct decoder *d, const struct cm_node_field *field,
                         const struct written *from, struct cm_str *out)
{
    bool nullable;
    const struct cm_node *type = reader_type(field, &nullable);
    const char *symbol;
    int index;

    if (avro_value_get_enum(&from->value, &index) != 0 || index < 0 ||
        (size_t)index >= from->type->count)
        return refuse_type(d, field, from);

    symbol = from->type->symbols[index];
    if (type->type == NODE_ENUM && cm_node_symbol_index(type, cm_str_of(symbol)) < 0) {
        if (type->fallback < 0)
            return refuse(d, field, "has a symbol that this version does not know");
        symbol = type->symbols[type->fallback];
    }
    *out = cm_str_of(symbol);
    return CM_OK;
}

/* Lent by the avro value or the schema. */
static cm_rc take_text(struct decoder *d, const struct cm_node_field *field,
                       const struct written *from, struct cm_str *out)
{
    const void *bytes;
    size_t size;

    if (from->type->type == NODE_ENUM)
        return take_symbol(d, field, from, out);
    if (from->type->type == NODE_STRING &&
        avro_value_get_string(&from->value, &out->at, &out->len) == 0) {
        out->len--; /* the NUL counts in avro-c */
        return CM_OK;
    }
    if (from->type->type != NODE_BYTES || avro_value_get_bytes(&from->value, &bytes, &size) != 0)
        return refuse_type(d, field, from);

    *out = (struct cm_str){ bytes, size };
    return cm_str_utf8(*out) ? CM_OK : refuse(d, field, "is no UTF-8");
}

static cm_rc take_uuid(struct decoder *d, const struct cm_node_field *field,
                       const struct written *from, struct cm_uuid *out)
{
    struct cm_str text;
    cm_rc rc = take_text(d, field, from, &text);

    if (rc)
        return rc;
    return cm_uuid_parse(text, out) ? CM_OK : refuse(d, field, "is no UUID");
}

static cm_rc take_str(struct decoder *d, const struct cm_node_field *field,
                      const struct written *from, struct cm_str *out)
{
    struct cm_str text;
    cm_rc rc = take_text(d, field, from, &text);

    if (rc)
        return rc;

    *out = cm_arena_str(d->arena, text);
    return CM_OK;
}

static cm_rc take_record(struct decoder *d, const struct cm_field *fields,
                         const struct cm_node *reader, size_t first, const struct written *from,
                         void *to);

static cm_rc take_records(struct decoder *d, const struct cm_field *field,
                          const struct cm_node_field *reader, const struct written *from, char *to)
{
    size_t count;
    char *items;

    if (from->type->type != NODE_ARRAY || avro_value_get_size(&from->value, &count) != 0)
        return refuse_type(d, reader, from);

    items = cm_arena_alloc(d->arena, count * field->item_bytes);
    for (size_t i = 0; i < count; i++) {
        struct written item = { .type = from->type->branches[0] };
        cm_rc rc;

        if (avro_value_get_by_index(&from->value, i, &item.value, NULL) != 0 ||
            settle(&item) != 0 || item.type->type != NODE_RECORD)
            return refuse_type(d, reader, &item);

        rc = take_record(d, field->item_fields, reader->type->branches[0], 0, &item,
                         items + i * field->item_bytes);
        if (rc)
            return rc;
    }
    memcpy(to + field->offset, &items, sizeof items);
    memcpy(to + field->count_offset, &count, sizeof count);
    return CM_OK;
}

/* `to` is zeroed, so that null and the empty array need nothing. */
static cm_rc take_default(struct decoder *d, const struct cm_field *field,
                          const struct cm_node_field *reader, char *to)
{
    const json_t *json = reader->fallback;
    void *member = to + field->offset;

    if (!json)
        return refuse(d, reader, "is not in the value, and it has no default");
    if (json_is_null(json) || (json_is_array(json) && json_array_size(json) == 0))
        return CM_OK;

    if (field->type == FIELD_STR && json_is_string(json))
        *(struct cm_str *)member = cm_arena_str(d->arena, cm_str_of(json_string_value(json)));
    else if (field->type == FIELD_I64 && json_is_integer(json))
        *(int64_t *)member = json_integer_value(json);
    else if (field->type == FIELD_BOOL && json_is_boolean(json))
        *(bool *)member = json_is_true(json);
    else if (field->type == FIELD_UUID && json_is_string(json) &&
             cm_uuid_parse(cm_str_of(json_string_value(json)), member))
        return CM_OK;
    else
        return refuse(d, reader, "has a default that is not of its type");
    return CM_OK;
}

static cm_rc take_field(struct decoder *d, const struct cm_field *field,
                        const struct cm_node_field *reader, struct written *from, char *to)
{
    struct cm_opt_uuid *opt_uuid = (void *)(to + field->offset);
    struct cm_opt_i64 *opt_number = (void *)(to + field->offset);
    bool nullable;

    if (settle(from) != 0)
        return refuse_type(d, reader, from);
    if (from->type->type == NODE_NULL) {
        (void)reader_type(reader, &nullable);
        return nullable ? CM_OK : refuse(d, reader, "is null, which it must not be");
    }

    switch (field->type) {
    case FIELD_OPT_UUID:
        opt_uuid->set = true;
        return take_uuid(d, reader, from, &opt_uuid->value);
    case FIELD_OPT_I64:
        opt_number->set = true;
        return take_number(d, reader, from, &opt_number->value);
    case FIELD_UUID:
        return take_uuid(d, reader, from, (void *)(to + field->offset));
    case FIELD_I64:
        return take_number(d, reader, from, (void *)(to + field->offset));
    case FIELD_STR:
        return take_str(d, reader, from, (void *)(to + field->offset));
    case FIELD_BOOL:
        return take_bool(d, reader, from, (void *)(to + field->offset));
    case FIELD_RECORDS:
        return take_records(d, field, reader, from, to);
    }
    return refuse_type(d, reader, from);
}

/* Reads `fields`, which are the reader's fields from `first` on. */
static cm_rc take_record(struct decoder *d, const struct cm_field *fields,
                         const struct cm_node *reader, size_t first, const struct written *from,
                         void *to)
{
    for (size_t i = 0; fields[i].name; i++) {
        int index = cm_node_field_index(from->type, fields[i].name, first + i);
        const struct cm_node_field *field = &reader->fields[first + i];
        struct written value;
        cm_rc rc;

        if (index < 0) {
            rc = take_default(d, &fields[i], field, to);
        } else {
            value.type = from->type->fields[index].type;
            rc = avro_value_get_by_index(&from->value, (size_t)index, &value.value, NULL) == 0
                     ? take_field(d, &fields[i], field, &value, to)
                     : refuse(d, field, "cannot be got from avro-c");
        }
        if (rc)
            return rc;
    }
    return CM_OK;
}

/* Names must match without their namespaces, as the specification has it. */
static cm_rc check_name(struct decoder *d, const struct cm_node *writer, const char *record)
{
    const char *dot = strrchr(writer->name, '.');

    if (writer->type != NODE_RECORD || strcmp(dot ? dot + 1 : writer->name, record) != 0)
        return cm_fail(d->err, CM_REJECT, "%s: the value is a %s", d->event, writer->name);
    return CM_OK;
}

static cm_rc take_event(struct decoder *d, const struct written *from, struct cm_event *event)
{
    const struct cm_node *reader = cm_event_schema(event->kind)->root;
    cm_rc rc = take_record(d, cm_head_fields(), reader, 0, from, &event->head);

    if (rc)
        return rc;
    return take_record(d, cm_body_fields(event->kind), reader, CM_HEAD_FIELDS, from,
                       (void *)((char *)event + CM_BODY_OFFSET));
}

cm_rc cm_event_decode(struct cm_str avro, const struct cm_schema *writer, enum cm_event_kind kind,
                      struct cm_arena *arena, struct cm_event *out, struct cm_err *err)
{
    struct decoder d = { .event = cm_event_name(kind), .arena = arena, .err = err };
    struct cm_event event;
    struct written from = { .type = writer->root };
    __attribute__((cleanup(value_done))) avro_value_t value = { 0 };
    __attribute__((cleanup(reader_done))) avro_reader_t reader = NULL;
    cm_rc rc = check_name(&d, writer->root, cm_event_record(kind));

    if (rc)
        return rc;

    rc = cm_walk(avro, writer, err);
    if (rc && err)
        cm_err_wrap(err, "%s", d.event);
    if (rc)
        return rc;

    reader = avro_reader_memory(avro.at, (int64_t)avro.len);
    if (!reader || avro_generic_value_new(writer->iface, &value) != 0)
        cm_out_of_memory();
    if (avro_value_read(reader, &value) != 0)
        return cm_fail(err, CM_REJECT, "%s: the value needs more memory than allowed", d.event);

    memset(&event, 0, sizeof event); /* an initialiser need not clear the whole union */
    event.kind = kind;
    from.value = value;
    rc = take_event(&d, &from, &event);
    if (rc)
        return rc;

    *out = event;
    return CM_OK;
}
