#include "query.h"

#include "body_inside.h"
#include "reply.h"

/* As a body would have it; what is no number or flag stays a text, which is then refused. */
static json_t *json_of(const struct body_field *field, struct cm_str text)
{
    int64_t number;

    if (field->type == BODY_NUMBER && cm_str_i64(text, field->min, field->max, &number))
        return json_integer(number);
    if (field->type == BODY_FLAG && (cm_str_is(text, "true") || cm_str_is(text, "false")))
        return json_boolean(cm_str_is(text, "true"));
    return json_stringn(text.at ? text.at : "", text.len);
}

static bool read_field(struct cm_http_request *rq, const struct body_field *field,
                       struct body_value *value)
{
    struct cm_str text;
    json_t *json;
    bool ok;

    *value = (struct body_value){ .given = cm_http_query(rq, field->name, &text) };
    if (!value->given)
        return true;

    json = json_of(field, text);
    ok = body_take(field, json, cm_http_arena(rq), value);
    json_decref(json);
    return ok;
}

bool query_read(struct cm_http_request *rq, const struct body_field fields[], size_t count,
                struct body_value values[])
{
    for (size_t i = 0; i < count; i++)
        if (!read_field(rq, &fields[i], &values[i])) {
            reply_bad_request(rq, body_rule(&fields[i], cm_http_arena(rq)));
            return false;
        }
    return true;
}
