#include "samples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sampler {
    struct cm_arena *arena;
    enum sample_fill fill;
    uint8_t n; /* of the field: makes its value differ from all others */
};

static struct cm_uuid sample_uuid(uint8_t n)
{
    struct cm_uuid id = { { 0x01, 0x8f, 0, 0, 0, n, 0x70, n, 0x80, n } };

    return id;
}

static const struct cm_node *not_null(const struct cm_node *type, bool *nullable)
{
    *nullable = type->type == NODE_UNION;
    return *nullable ? type->branches[1] : type;
}

static void fill_record(struct sampler *s, const struct cm_field *fields,
                        const struct cm_node *record, size_t first, char *to);

static void fill_records(struct sampler *s, const struct cm_field *field,
                         const struct cm_node *type, char *to)
{
    size_t count = s->fill == SAMPLE_FULL ? 2 : 0;
    char *items = cm_arena_alloc(s->arena, count * field->item_bytes);

    for (size_t i = 0; i < count; i++)
        fill_record(s, field->item_fields, type->branches[0], 0, items + i * field->item_bytes);
    memcpy(to + field->offset, &items, sizeof items);
    memcpy(to + field->count_offset, &count, sizeof count);
}

static struct cm_str sample_text(struct sampler *s, const struct cm_field *field,
                                 const struct cm_node *type)
{
    if (type->type == NODE_ENUM)
        return cm_str_of(type->symbols[s->n % type->count]);
    return cm_arena_printf(s->arena, "%s %u \xC3\xA9", field->name, s->n);
}

static void fill_field(struct sampler *s, const struct cm_field *field, const struct cm_node *type,
                       char *to)
{
    bool nullable;
    void *at = to + field->offset;

    type = not_null(type, &nullable);
    s->n++;
    if (nullable && s->fill == SAMPLE_SPARSE)
        return;

    switch (field->type) {
    case FIELD_UUID:
        *(struct cm_uuid *)at = sample_uuid(s->n);
        break;
    case FIELD_OPT_UUID:
        *(struct cm_opt_uuid *)at = (struct cm_opt_uuid){ true, sample_uuid(s->n) };
        break;
    case FIELD_STR:
        *(struct cm_str *)at = sample_text(s, field, type);
        break;
    case FIELD_I64:
        *(int64_t *)at = type->type == NODE_LONG ? INT64_C(-5000000000) * s->n : -s->n;
        break;
    case FIELD_OPT_I64:
        *(struct cm_opt_i64 *)at = (struct cm_opt_i64){ true, INT64_C(1) << (s->n % 31) };
        break;
    case FIELD_BOOL:
        *(bool *)at = s->fill == SAMPLE_FULL;
        break;
    case FIELD_RECORDS:
        fill_records(s, field, type, to);
        break;
    }
}

static void fill_record(struct sampler *s, const struct cm_field *fields,
                        const struct cm_node *record, size_t first, char *to)
{
    for (size_t i = 0; fields[i].name; i++)
        fill_field(s, &fields[i], record->fields[first + i].type, to);
}

struct cm_event a_sample(struct cm_arena *arena, enum cm_event_kind kind, enum sample_fill fill)
{
    const struct cm_node *record = cm_event_schema(kind)->root;
    struct sampler s = { .arena = arena, .fill = fill };
    struct cm_event event;

    memset(&event, 0, sizeof event);
    event.kind = kind;
    fill_record(&s, cm_head_fields(), record, 0, (char *)&event.head);
    fill_record(&s, cm_body_fields(kind), record, CM_HEAD_FIELDS, (char *)&event + CM_BODY_OFFSET);
    return event;
}

static bool same_records(const struct cm_field *field, const char *a, const char *b);

static bool same_field(const struct cm_field *field, const char *a, const char *b)
{
    const void *x = a + field->offset, *y = b + field->offset;
    const struct cm_opt_uuid *ux = x, *uy = y;
    const struct cm_opt_i64 *ix = x, *iy = y;
    const struct cm_str *sx = x, *sy = y;

    switch (field->type) {
    case FIELD_UUID:
        return cm_uuid_eq(*(const struct cm_uuid *)x, *(const struct cm_uuid *)y);
    case FIELD_OPT_UUID:
        return ux->set == uy->set && cm_uuid_eq(ux->value, uy->value);
    case FIELD_STR:
        return !sx->at == !sy->at && cm_str_eq(*sx, *sy);
    case FIELD_I64:
        return *(const int64_t *)x == *(const int64_t *)y;
    case FIELD_OPT_I64:
        return ix->set == iy->set && ix->value == iy->value;
    case FIELD_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case FIELD_RECORDS:
        return same_records(field, a, b);
    }
    return false;
}

static bool same_records(const struct cm_field *field, const char *a, const char *b)
{
    size_t count, count_b;
    const char *items, *items_b;

    memcpy(&count, a + field->count_offset, sizeof count);
    memcpy(&count_b, b + field->count_offset, sizeof count_b);
    memcpy(&items, a + field->offset, sizeof items);
    memcpy(&items_b, b + field->offset, sizeof items_b);
    if (count != count_b)
        return false;

    for (size_t i = 0; i < count; i++)
        for (const struct cm_field *f = field->item_fields; f->name; f++)
            if (!same_field(f, items + i * field->item_bytes, items_b + i * field->item_bytes))
                return false;
    return true;
}

static void assert_same_fields(const struct cm_field *fields, const char *a, const char *b)
{
    for (; fields->name; fields++)
        if (!same_field(fields, a, b))
            fail_msg("field %s differs", fields->name);
}

void assert_same_event(const struct cm_event *a, const struct cm_event *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_same_fields(cm_head_fields(), (const char *)&a->head, (const char *)&b->head);
    assert_same_fields(cm_body_fields(a->kind), (const char *)a + CM_BODY_OFFSET,
                       (const char *)b + CM_BODY_OFFSET);
}

struct cm_str file_text(struct cm_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = cm_arena_alloc(arena, CM_SCHEMA_MAX_BYTES);
    size_t len;

    if (!file)
        fail_msg("cannot read %s", path);
    len = fread(text, 1, CM_SCHEMA_MAX_BYTES, file);
    fclose(file);
    return (struct cm_str){ text, len };
}

struct cm_str from_hex(struct cm_arena *arena, const char *hex)
{
    char *bytes = cm_arena_alloc(arena, strlen(hex));
    size_t len = 0;

    while (*(hex += strspn(hex, " "))) {
        char digits[3] = { hex[0], hex[1], '\0' }, *end;

        bytes[len++] = (char)strtoul(digits, &end, 16);
        assert_int_equal(*end, '\0');
        hex += 2;
    }
    return (struct cm_str){ bytes, len };
}
