/* schema_tree.c - an Avro schema's JSON to nodes. */
#include <jansson.h>
#include <string.h>

#include "event/schema.h"
#include "event/walker.h"

struct named { /* a type that was given a name; `node` is NULL while its fields are being read */
    const char *name;
    const struct cm_node *node;
    struct named *next;
};

struct parser {
    struct cm_arena *arena;
    struct named *names;
    unsigned depth;
    struct cm_err *err;
};

static const struct {
    const char *name;
    enum cm_node_type type;
    size_t min_bytes;
} primitives[] = {
    { "null", NODE_NULL, 0 },   { "boolean", NODE_BOOLEAN, 1 }, { "int", NODE_INT, 1 },
    { "long", NODE_LONG, 1 },   { "float", NODE_FLOAT, 4 },     { "double", NODE_DOUBLE, 8 },
    { "bytes", NODE_BYTES, 1 }, { "string", NODE_STRING, 1 },
};

static cm_rc parse_type(struct parser *p, const json_t *json, const char *space,
                        const struct cm_node **out);

static cm_rc refuse(struct parser *p, const char *what, const char *name)
{
    return cm_fail(p->err, CM_REJECT, "Avro schema: %s%s%s", what, *name ? " " : "", name);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* A name without a dot belongs to the namespace in which it stands (specification, "Names"). */
static const char *full_name(struct parser *p, const char *name, const char *space)
{
    if (!*space || strchr(name, '.'))
        return cm_arena_text(p->arena, cm_str_of(name));
    return cm_arena_printf(p->arena, "%s.%s", space, name).at;
}

static const char *space_of(struct parser *p, const char *full)
{
    const char *dot = strrchr(full, '.');

    return dot ? cm_arena_text(p->arena, (struct cm_str){ full, (size_t)(dot - full) }) : "";
}

static struct named *find_named(const struct parser *p, const char *full)
{
    for (struct named *named = p->names; named; named = named->next)
        if (strcmp(named->name, full) == 0)
            return named;
    return NULL;
}

static cm_rc add_named(struct parser *p, const char *full, struct named **out)
{
    struct named *named;

    if (find_named(p, full))
        return refuse(p, "two types are named", full);

    named = CM_NEW(p->arena, struct named);
    *named = (struct named){ .name = full, .next = p->names };
    p->names = named;
    *out = named;
    return CM_OK;
}

/* Adds `child` to what is known of its parent's size; saturates, and seal() refuses what is too
 * much. */
static void account(struct cm_node *parent, const struct cm_node *child)
{
    if (child->depth + 1 > parent->depth)
        parent->depth = child->depth + 1;
    parent->weight +=
        child->weight; /* each at most CM_SCHEMA_MAX_WEIGHT, and no more than as many */
}

static cm_rc seal(struct parser *p, struct cm_node *node, const struct cm_node **out)
{
    if (node->depth > CM_WALK_DEPTH)
        return refuse(p, "too many levels", "");
    if (node->weight > CM_SCHEMA_MAX_WEIGHT)
        return refuse(p, "too many types within one another", "");

    *out = node;
    return CM_OK;
}

static struct cm_node *new_node(struct parser *p, enum cm_node_type type, const char *name)
{
    struct cm_node *node = CM_NEW(p->arena, struct cm_node);

    *node = (struct cm_node){ .type = type, .name = name, .depth = 1, .weight = 1, .fallback = -1 };
    return node;
}

static cm_rc parse_name(struct parser *p, const char *name, const char *space,
                        const struct cm_node **out)
{
    const struct named *named;
    struct cm_node *node;

    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++) {
        if (strcmp(name, primitives[i].name) == 0) {
            node = new_node(p, primitives[i].type, primitives[i].name);
            node->min_bytes = primitives[i].min_bytes;
            return seal(p, node, out);
        }
    }

    named = find_named(p, full_name(p, name, space));
    if (!named)
        named = find_named(p, name);
    if (!named)
        return refuse(p, "unknown type", name);
    if (!named->node)
        return refuse(p, "a recursive type, which no event is:", name);

    *out = named->node;
    return CM_OK;
}

static cm_rc parse_union(struct parser *p, const json_t *json, const char *space,
                         const struct cm_node **out)
{
    struct cm_node *node = new_node(p, NODE_UNION, "union");
    const struct cm_node **branches;

    node->count = json_array_size(json);
    if (node->count == 0 || node->count > CM_SCHEMA_MAX_WEIGHT)
        return refuse(p, "a union without, or with too many, branches", "");

    branches = CM_NEW_N(p->arena, const struct cm_node *, node->count);
    node->branches = branches;
    for (size_t i = 0; i < node->count; i++) {
        cm_rc rc = parse_type(p, json_array_get(json, i), space, &branches[i]);

        if (rc)
            return rc;
        if (branches[i]->type == NODE_UNION)
            return refuse(p, "a union within a union", "");

        account(node, branches[i]);
        if (i == 0 || branches[i]->min_bytes < node->min_bytes)
            node->min_bytes = branches[i]->min_bytes;
    }
    node->min_bytes += 1; /* the branch's index */
    return seal(p, node, out);
}

/* An array or a map: `key` holds the type of what is in it. */
static cm_rc parse_items(struct parser *p, const json_t *json, const char *key, const char *space,
                         const struct cm_node **out)
{
    bool is_map = strcmp(key, "values") == 0;
    struct cm_node *node = new_node(p, is_map ? NODE_MAP : NODE_ARRAY, is_map ? "map" : "array");
    const struct cm_node **item = CM_NEW_N(p->arena, const struct cm_node *, 1);
    cm_rc rc = parse_type(p, json_object_get(json, key), space, item);

    if (rc)
        return rc;

    node->count = 1;
    node->branches = item;
    node->min_bytes = 1; /* the block count that ends it */
    account(node, *item);
    return seal(p, node, out);
}

static cm_rc parse_field(struct parser *p, const json_t *json, const char *space,
                         const struct cm_node *record, struct cm_node_field *out)
{
    const char *name = text_of(json, "name");
    cm_rc rc;

    if (!*name)
        return refuse(p, "a field without a name in", record->name);
    if (cm_node_field_index(record, name, record->count) >= 0)
        return refuse(p, "two fields are named", name);

    rc = parse_type(p, json_object_get(json, "type"), space, &out->type);
    if (rc)
        return rc;

    out->name = cm_arena_text(p->arena, cm_str_of(name));
    out->fallback = json_object_get(json, "default");
    return CM_OK;
}

static cm_rc parse_record(struct parser *p, const json_t *json, struct named *named,
                          const struct cm_node **out)
{
    struct cm_node *node = new_node(p, NODE_RECORD, named->name);
    const char *space = space_of(p, named->name);
    const json_t *list = json_object_get(json, "fields");
    size_t count = json_array_size(list);
    struct cm_node_field *fields = CM_NEW_N(p->arena, struct cm_node_field, count);

    if (!json_is_array(list) || count > CM_SCHEMA_MAX_WEIGHT)
        return refuse(p, "no fields, or too many, in", named->name);

    node->fields = fields;
    for (size_t i = 0; i < count; i++) {
        cm_rc rc = parse_field(p, json_array_get(list, i), space, node, &fields[i]);

        if (rc)
            return rc;

        node->count++;
        node->min_bytes += fields[i].type->min_bytes;
        account(node, fields[i].type);
    }
    return seal(p, node, out);
}

static cm_rc parse_enum(struct parser *p, const json_t *json, struct named *named,
                        const struct cm_node **out)
{
    struct cm_node *node = new_node(p, NODE_ENUM, named->name);
    const json_t *list = json_object_get(json, "symbols"),
                 *fallback = json_object_get(json, "default");
    size_t count = json_array_size(list);
    const char **symbols = CM_NEW_N(p->arena, const char *, count);

    if (count == 0 || count > CM_SCHEMA_MAX_WEIGHT)
        return refuse(p, "no symbols, or too many, in", named->name);

    node->symbols = symbols;
    node->min_bytes = 1;
    for (; node->count < count; node->count++) {
        struct cm_str symbol = cm_str_of(json_string_value(json_array_get(list, node->count)));

        if (!symbol.len || cm_node_symbol_index(node, symbol) >= 0)
            return refuse(p, "a symbol that is no text or comes twice in", named->name);
        symbols[node->count] = cm_arena_text(p->arena, symbol);
    }
    if (fallback) {
        node->fallback = cm_node_symbol_index(node, cm_str_of(json_string_value(fallback)));
        if (node->fallback < 0)
            return refuse(p, "the default is no symbol of", named->name);
    }
    return seal(p, node, out);
}

static cm_rc parse_fixed(struct parser *p, const json_t *json, struct named *named,
                         const struct cm_node **out)
{
    struct cm_node *node = new_node(p, NODE_FIXED, named->name);
    json_int_t size = json_integer_value(json_object_get(json, "size"));

    if (size <= 0 || size > CM_EVENT_MAX_BYTES)
        return refuse(p, "no size, or an absurd one, in", named->name);

    node->count = node->min_bytes = (size_t)size;
    return seal(p, node, out);
}

static cm_rc parse_named(struct parser *p, const json_t *json, const char *kind, const char *space,
                         const struct cm_node **out)
{
    const char *name = text_of(json, "name");
    const json_t *own_space = json_object_get(json, "namespace");
    struct named *named = NULL;
    cm_rc rc;

    if (!*name)
        return refuse(p, "a type without a name:", kind);

    if (own_space)
        space = text_of(json, "namespace");
    rc = add_named(p, full_name(p, name, space), &named);
    if (rc)
        return rc;

    if (strcmp(kind, "record") == 0)
        rc = parse_record(p, json, named, out);
    else if (strcmp(kind, "enum") == 0)
        rc = parse_enum(p, json, named, out);
    else
        rc = parse_fixed(p, json, named, out);
    if (rc)
        return rc;

    named->node = *out;
    return CM_OK;
}

static cm_rc parse_object(struct parser *p, const json_t *json, const char *space,
                          const struct cm_node **out)
{
    const json_t *type = json_object_get(json, "type");
    const char *kind = json_string_value(type);

    if (!kind)
        return parse_type(p, type, space, out);
    if (strcmp(kind, "array") == 0)
        return parse_items(p, json, "items", space, out);
    if (strcmp(kind, "map") == 0)
        return parse_items(p, json, "values", space, out);
    if (strcmp(kind, "record") == 0 || strcmp(kind, "enum") == 0 || strcmp(kind, "fixed") == 0)
        return parse_named(p, json, kind, space, out);
    return parse_name(p, kind, space, out);
}

static cm_rc parse_type(struct parser *p, const json_t *json, const char *space,
                        const struct cm_node **out)
{
    cm_rc rc;

    if (++p->depth > 2 * CM_WALK_DEPTH) /* {"type": {"type": ...}} nests without adding a level */
        return refuse(p, "too many levels", "");

    if (json_is_string(json))
        rc = parse_name(p, json_string_value(json), space, out);
    else if (json_is_array(json))
        rc = parse_union(p, json, space, out);
    else if (json_is_object(json))
        rc = parse_object(p, json, space, out);
    else
        rc = refuse(p, "a type is missing", "");
    p->depth--;
    return rc;
}

cm_rc cm_schema_tree(const struct json_t *json, struct cm_arena *arena, const struct cm_node **out,
                     struct cm_err *err)
{
    struct parser parser = { .arena = arena, .err = err };

    return parse_type(&parser, json, "", out);
}

int cm_node_field_index(const struct cm_node *record, const char *name, size_t guess)
{
    if (guess < record->count && strcmp(record->fields[guess].name, name) == 0)
        return (int)guess;
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

int cm_node_symbol_index(const struct cm_node *node, struct cm_str symbol)
{
    for (size_t i = 0; i < node->count; i++)
        if (cm_str_is(symbol, node->symbols[i]))
            return (int)i;
    return -1;
}
