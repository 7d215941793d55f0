/* schema.h - a parsed Avro schema as a tree of nodes; inside common/event and its tests only.
 *
 * The tree is ours because avro-c keeps no defaults and because the walker needs to know, before a
 * decoder allocates anything, how small a value can be. avro-c's own parsed schema and value class
 * stand beside it. References to a named type point at that type's node, so the tree is a graph
 * without cycles: a recursive type is refused (no event is one, and avro-c recurses on it without a
 * bound). Source: Avro 1.11 specification. A parsed schema never changes. Thread: any may read.
 */
#pragma once
#include "base/arena.h"
#include "event/codec.h"

enum cm_node_type {
    NODE_NULL,
    NODE_BOOLEAN,
    NODE_INT,
    NODE_LONG,
    NODE_FLOAT,
    NODE_DOUBLE,
    NODE_BYTES,
    NODE_STRING,
    NODE_ENUM,
    NODE_FIXED,
    NODE_ARRAY,
    NODE_MAP,
    NODE_RECORD,
    NODE_UNION,
};

struct json_t;

struct cm_node_field {
    const char *name;
    const struct cm_node *type;
    const struct json_t *fallback; /* the default's JSON; NULL: the field has none */
};

struct cm_node {
    enum cm_node_type type;
    const char *name; /* record, enum, fixed: with namespace; others: the type's name */
    size_t count;     /* of fields, symbols or branches; of a fixed: its bytes */
    const struct cm_node_field *fields;    /* record */
    const struct cm_node *const *branches; /* union; array and map: [0] is the item */
    const char *const *symbols;            /* enum */
    int fallback;                          /* enum: the default symbol's index; -1: none */
    size_t min_bytes;                      /* the smallest encoding */
    unsigned depth, weight;                /* levels; nodes when every reference is written out */
};

enum { CM_SCHEMA_MAX_BYTES = 256 * 1024, CM_SCHEMA_MAX_WEIGHT = 1000 };

struct cm_schema {
    const struct cm_node *root;
    struct cm_arena *arena;
    struct json_t *json;            /* keeps the defaults alive */
    struct avro_obj_t *avro;        /* an avro_schema_t */
    struct avro_value_iface *iface; /* makes avro-c's generic values of this schema */
};

/** Makes the nodes of `json` in `arena`; from schema_tree.c. CM_REJECT: says what is wrong where.
 */
cm_rc cm_schema_tree(const struct json_t *json, struct cm_arena *arena, const struct cm_node **out,
                     struct cm_err *err) CM_MUSTCHECK;

/** The index of record's field `name`, looked for at `guess` first; -1: it has none. */
int cm_node_field_index(const struct cm_node *record, const char *name, size_t guess);
/** The index of enum's symbol; -1: it has none. */
int cm_node_symbol_index(const struct cm_node *node, struct cm_str symbol);
