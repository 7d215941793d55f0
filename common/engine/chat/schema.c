#include "engine/chat/schema.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 8, PATH_MAX_LEN = 96 };

struct place {
    const struct place *parent;
    const char *key; /* NULL: `index` */
    size_t index;
    unsigned depth;
};

static size_t put_path(const struct place *place, char *out, size_t room)
{
    size_t len = place->parent ? put_path(place->parent, out, room) : 0;
    int more;

    if (!place->parent || len >= room)
        return len;
    more = place->key ? snprintf(out + len, room - len, "%s%s", len ? "." : "", place->key)
                      : snprintf(out + len, room - len, "[%zu]", place->index);
    return more < 0 ? len : len + (size_t)more;
}

static cm_rc misfit(const struct place *place, const char *what, struct cm_err *err)
{
    char path[PATH_MAX_LEN] = "";

    put_path(place, path, sizeof path);
    return cm_fail(err, CM_RETRY, "the model's answer breaks the schema: %s %s",
                   *path ? path : "it", what);
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool is_of_type(const json_t *types, const json_t *value)
{
    const char *name = type_name(value);
    size_t i;
    const json_t *type;

    if (json_is_string(types))
        return strcmp(json_string_value(types), name) == 0;
    json_array_foreach(types, i, type) if (strcmp(json_string_value(type), name) == 0) return true;
    return false;
}

/* Servers that cannot hold a model to the schema let it leave out what it does not know. */
static bool may_be_null(const json_t *schema)
{
    return is_of_type(json_object_get(schema, "type"), json_null());
}

static bool is_of_enum(const json_t *choices, const json_t *value)
{
    size_t i;
    const json_t *choice;

    if (!choices)
        return true;
    json_array_foreach(choices, i, choice) if (json_equal(choice, value)) return true;
    return false;
}

static cm_rc check(const json_t *schema, json_t *value, const struct place *place,
                   struct cm_err *err);

static cm_rc check_object(const json_t *schema, json_t *value, const struct place *place,
                          struct cm_err *err)
{
    json_t *properties = json_object_get(schema, "properties"),
           *required = json_object_get(schema, "required");
    const json_t *name;
    json_t *part;
    const char *key;
    cm_rc rc = CM_OK;
    size_t i;

    json_array_foreach(required, i, name)
    {
        const char *wanted = json_string_value(name);

        if (!rc && !json_object_get(value, wanted) &&
            !may_be_null(json_object_get(properties, wanted)))
            rc = misfit(&(struct place){ place, wanted, 0, place->depth + 1 }, "is missing", err);
    }
    json_object_foreach(value, key, part)
    {
        const json_t *of = json_object_get(properties, key);

        if (!rc && !of)
            rc = misfit(place, "has a field that was not asked for", err);
        else if (!rc)
            rc = check(of, part, &(struct place){ place, key, 0, place->depth + 1 }, err);
    }
    return rc;
}

static cm_rc check(const json_t *schema, json_t *value, const struct place *place,
                   struct cm_err *err)
{
    size_t i;
    json_t *item;

    if (place->depth > DEPTH_MAX)
        return misfit(place, "is too deep", err);
    if (!is_of_type(json_object_get(schema, "type"), value))
        return misfit(place, "has another type", err);
    if (!is_of_enum(json_object_get(schema, "enum"), value))
        return misfit(place, "is none of the values asked for", err);
    if (json_is_object(value))
        return check_object(schema, value, place, err);
    json_array_foreach(value, i, item)
    {
        cm_rc rc = check(json_object_get(schema, "items"), item,
                         &(struct place){ place, NULL, i, place->depth + 1 }, err);

        if (rc)
            return rc;
    }
    return CM_OK;
}

cm_rc schema_check(const json_t *schema, json_t *value, struct cm_err *err)
{
    return check(schema, value, &(struct place){ NULL, NULL, 0, 0 }, err);
}
