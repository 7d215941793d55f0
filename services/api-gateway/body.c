#include "body.h"

#include <jansson.h>
#include <string.h>

#include "auth.h"
#include "base/clock.h"
#include "body_inside.h"
#include "reply.h"

struct reader {
    struct cm_arena *arena;
    const struct body_field *field;
};

static struct cm_str list_of(const struct body_form *form, struct cm_arena *arena)
{
    struct cm_str list = { 0 };

    for (size_t i = 0; i < form->count; i++)
        list = cm_arena_printf(arena, "%.*s%s%s", CM_STR_FMT(list), i ? ", " : "",
                               form->fields[i].name);
    return list;
}

/* "name has to be a text of 1 to 100 characters" */
static struct cm_str rule_of(const struct reader *r)
{
    const struct body_field *f = r->field;
    const long long min = f->min, max = f->max;

    switch (f->type) {
    case BODY_TEXT:
        if (f->form)
            return cm_str_of(f->form);
        return cm_arena_printf(r->arena, "a text of %lld to %lld characters", min, max);
    case BODY_CHOICE:
        return cm_arena_printf(r->arena, "one of %s", f->choices);
    case BODY_NUMBER:
        return cm_arena_printf(r->arena, "a whole number from %lld to %lld", min, max);
    case BODY_FLAG:
        return CM_STR("true or false");
    case BODY_ID:
        return f->choices ? cm_arena_printf(r->arena, "a UUID, or one of %s", f->choices)
                          : CM_STR("a UUID");
    case BODY_DATE:
        return CM_STR("a date (2026-11-23)");
    case BODY_TIME:
        return CM_STR("a time (2026-11-23T15:36:00Z)");
    case BODY_TEXTS:
        if (f->form)
            return cm_arena_printf(r->arena, "a list of at most %zu texts, each %s", f->many,
                                   f->form);
        return cm_arena_printf(
            r->arena, "a list of at most %zu texts, each of at most %lld characters", f->many, max);
    }
    return CM_STR("");
}

const char *body_rule(const struct body_field *field, struct cm_arena *arena)
{
    struct cm_str rule = rule_of(&(struct reader){ arena, field });

    return cm_arena_printf(arena, "%s has to be %.*s%s", field->name, CM_STR_FMT(rule),
                           field->nullable ? ", or null" : "")
        .at;
}

static size_t characters(struct cm_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

static bool take_text(const struct reader *r, const json_t *json, struct cm_str *out)
{
    const struct body_field *f = r->field;
    struct cm_str text;
    size_t length;

    if (!json_is_string(json))
        return false;

    text = (struct cm_str){ json_string_value(json), json_string_length(json) };
    length = characters(text);
    if (length < (size_t)f->min || length > (size_t)f->max || (f->fits && !f->fits(text)))
        return false;
    *out = cm_arena_str(r->arena, text);
    return true;
}

static bool take_choice(const struct reader *r, const json_t *json, struct cm_str *out)
{
    struct cm_str choices = cm_str_of(r->field->choices), choice;

    if (!json_is_string(json))
        return false;
    while (cm_str_split(&choices, '|', &choice))
        if (cm_str_is(choice, json_string_value(json))) {
            *out = choice;
            return true;
        }
    return false;
}

static bool take_id(const struct reader *r, const json_t *json, struct body_value *value)
{
    return (r->field->choices && take_choice(r, json, &value->text)) ||
           (json_is_string(json) && cm_uuid_parse(cm_str_of(json_string_value(json)), &value->id));
}

static bool take_date(const struct reader *r, const json_t *json, struct cm_str *out)
{
    const char *text = json_string_value(json);
    struct cm_str midnight;
    int64_t ignored_us;

    if (!text || json_string_length(json) != 10)
        return false;
    midnight = cm_arena_printf(r->arena, "%sT00:00:00Z", text);
    *out = (struct cm_str){ midnight.at, 10 };
    return cm_time_parse_rfc3339(midnight, &ignored_us);
}

/* 5.0 is a whole number as well as 5 (JSON Schema 2020-12, 6.1.1). */
static bool take_number(const struct reader *r, const json_t *json, int64_t *out)
{
    const double exact = 9007199254740992.0; /* 2^53: up to it a double holds each of them */
    double real = json_real_value(json);

    if (json_is_integer(json))
        *out = json_integer_value(json);
    else if (json_is_real(json) && real >= -exact && real <= exact && real == (double)(int64_t)real)
        *out = (int64_t)real;
    else
        return false;
    return *out >= r->field->min && *out <= r->field->max;
}

static bool take_texts(const struct reader *r, const json_t *json, struct body_value *value)
{
    size_t count = json_array_size(json);
    struct cm_str *texts;

    if (!json_is_array(json) || count > r->field->many)
        return false;

    texts = CM_NEW_N(r->arena, struct cm_str, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!take_text(r, json_array_get(json, i), &texts[i]))
            return false;
    value->texts = texts;
    value->text_count = count;
    return true;
}

bool body_take(const struct body_field *field, const json_t *json, struct cm_arena *arena,
               struct body_value *value)
{
    const struct reader reader = { arena, field }, *r = &reader;
    const struct body_field *f = field;

    value->null = json_is_null(json);
    if (value->null)
        return f->nullable;
    switch (f->type) {
    case BODY_TEXT:
        return take_text(r, json, &value->text);
    case BODY_CHOICE:
        return take_choice(r, json, &value->text);
    case BODY_NUMBER:
        return take_number(r, json, &value->number);
    case BODY_FLAG:
        value->flag = json_is_true(json);
        return json_is_boolean(json);
    case BODY_ID:
        return take_id(r, json, value);
    case BODY_DATE:
        return take_date(r, json, &value->text);
    case BODY_TIME:
        return json_is_string(json) &&
               cm_time_parse_rfc3339(cm_str_of(json_string_value(json)), &value->number);
    case BODY_TEXTS:
        return take_texts(r, json, value);
    }
    return false;
}

/* NULL: all is well. */
static const char *take_fields(const struct body_form *form, const json_t *object,
                               struct cm_arena *arena, struct body_value values[])
{
    size_t given = 0;

    for (size_t i = 0; i < form->count; i++) {
        const struct body_field *field = &form->fields[i];
        const json_t *json = json_object_get(object, field->name);

        values[i] = (struct body_value){ .given = json != NULL };
        given += values[i].given;
        if (json ? !body_take(field, json, arena, &values[i]) : field->required && !form->is_change)
            return body_rule(field, arena);
    }
    if (given == json_object_size(object) && (given || !form->is_change))
        return NULL;
    return cm_arena_printf(
               arena, "The body's fields are: %.*s.%s", CM_STR_FMT(list_of(form, arena)),
               form->is_change ? " At least one of them, and no other." : " There are no others.")
        .at;
}

const char *body_fault(const struct body_form *form, struct cm_str body, struct cm_arena *arena,
                       struct body_value values[])
{
    json_t *root = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
    const char *fault =
        "The body has to be one JSON object in UTF-8, without NUL in its texts and each of "
        "its names once.";

    if (json_is_object(root))
        fault = take_fields(form, root, arena, values);
    json_decref(root);
    return fault;
}

static bool read_object(struct cm_http_request *rq, const struct body_form *form,
                        struct body_value values[])
{
    struct cm_str type = { 0 };
    const char *fault;

    cm_http_header(rq, "Content-Type", &type);
    if (!auth_is_json(type)) {
        cm_http_problem(rq, 415, "Unsupported Media Type", "Send the body as application/json.");
        return false;
    }

    fault = body_fault(form, cm_http_body(rq), cm_http_arena(rq), values);
    if (fault)
        reply_bad_request(rq, fault);
    return !fault;
}

bool body_read(struct cm_http_request *rq, const struct body_field fields[], size_t count,
               struct body_value values[])
{
    return read_object(rq, &(struct body_form){ fields, count, .is_change = false }, values);
}

bool body_read_change(struct cm_http_request *rq, const struct body_field fields[], size_t count,
                      struct body_value values[])
{
    return read_object(rq, &(struct body_form){ fields, count, .is_change = true }, values);
}

static void add_texts(struct cm_args *args, const struct body_value *value)
{
    struct cm_column *column = cm_arg_column(args, CM_COL_TEXT);

    for (size_t i = 0; i < value->text_count; i++)
        cm_col_str(column, value->texts[i]);
}

void body_arg(struct cm_args *args, const struct body_field *field, const struct body_value *value)
{
    bool set = value->given && !value->null;

    switch (field->type) {
    case BODY_TEXT:
    case BODY_CHOICE:
        cm_arg_str(args, set ? value->text : (struct cm_str){ 0 });
        break;
    case BODY_NUMBER:
        cm_arg_opt_i64(args, (struct cm_opt_i64){ set, value->number });
        break;
    case BODY_TIME:
        cm_arg_opt_time(args, (struct cm_opt_i64){ set, value->number });
        break;
    case BODY_FLAG:
        if (set)
            cm_arg_bool(args, value->flag);
        else
            cm_arg_null(args);
        break;
    case BODY_ID:
        cm_arg_opt_uuid(args, (struct cm_opt_uuid){ set && !value->text.at, value->id });
        break;
    case BODY_DATE:
        cm_arg_date(args, set ? value->text : (struct cm_str){ 0 });
        break;
    case BODY_TEXTS:
        add_texts(args, value);
        break;
    }
}

void body_arg_change(struct cm_args *args, const struct body_field *field,
                     const struct body_value *value)
{
    cm_arg_bool(args, value->given);
    body_arg(args, field, value);
}
