#include "compatible.h"

#include <stdio.h>
#include <string.h>

struct judge {
    char *why;
    size_t size;
};

static bool judge_types(const struct judge *j, const struct cm_node *reader,
                        const struct cm_node *writer);

static bool no(const struct judge *j, const char *what, const char *name)
{
    snprintf(j->why, j->size, "%s %s", what, name);
    return false;
}

static const char *bare_name(const struct cm_node *node)
{
    const char *dot = strrchr(node->name, '.');

    return dot ? dot + 1 : node->name;
}

/* int -> long, float, double; long -> float, double; float -> double; string <-> bytes. */
static bool is_promoted(enum cm_node_type reader, enum cm_node_type writer)
{
    if (reader == NODE_STRING || reader == NODE_BYTES)
        return writer == NODE_STRING || writer == NODE_BYTES;
    return reader >= NODE_INT && reader <= NODE_DOUBLE && writer >= NODE_INT && writer <= reader;
}

static bool judge_records(const struct judge *j, const struct cm_node *reader,
                          const struct cm_node *writer)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct cm_node_field *field = &reader->fields[i];
        int at = cm_node_field_index(writer, field->name, i);

        if (at < 0 && !field->fallback)
            return no(j, "a new field needs a default:", field->name);
        if (at >= 0 && !judge_types(j, field->type, writer->fields[at].type))
            return false;
    }
    return true;
}

static bool judge_enums(const struct judge *j, const struct cm_node *reader,
                        const struct cm_node *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        if (cm_node_symbol_index(reader, cm_str_of(writer->symbols[i])) < 0 && reader->fallback < 0)
            return no(j, "a symbol is gone:", writer->symbols[i]);
    return true;
}

/* Every branch that may have been written must be readable. */
static bool judge_unions(const struct judge *j, const struct cm_node *reader,
                         const struct cm_node *writer)
{
    if (writer->type == NODE_UNION) {
        for (size_t i = 0; i < writer->count; i++)
            if (!judge_types(j, reader, writer->branches[i]))
                return false;
        return true;
    }
    for (size_t i = 0; i < reader->count; i++)
        if (judge_types(j, reader->branches[i], writer))
            return true;
    return no(j, "a union lost its branch", writer->name);
}

static bool judge_types(const struct judge *j, const struct cm_node *reader,
                        const struct cm_node *writer)
{
    if (reader->type == NODE_UNION || writer->type == NODE_UNION)
        return judge_unions(j, reader, writer);
    if (is_promoted(reader->type, writer->type))
        return true;
    if (reader->type != writer->type)
        return no(j, "cannot be read from", writer->name);

    switch (reader->type) {
    case NODE_ARRAY:
    case NODE_MAP:
        return judge_types(j, reader->branches[0], writer->branches[0]);
    case NODE_RECORD:
        return strcmp(bare_name(reader), bare_name(writer)) == 0 ? judge_records(j, reader, writer)
                                                                 : no(j, "renamed:", writer->name);
    case NODE_ENUM:
        return strcmp(bare_name(reader), bare_name(writer)) == 0 ? judge_enums(j, reader, writer)
                                                                 : no(j, "renamed:", writer->name);
    case NODE_FIXED:
        return reader->count == writer->count || no(j, "another size:", writer->name);
    case NODE_NULL:
    case NODE_BOOLEAN:
    case NODE_INT:
    case NODE_LONG:
    case NODE_FLOAT:
    case NODE_DOUBLE:
    case NODE_BYTES:
    case NODE_STRING:
    case NODE_UNION:
        return true;
    }
    return false;
}

bool can_read(const struct cm_node *reader, const struct cm_node *writer, char *why, size_t size)
{
    const struct judge j = { why, size };

    return judge_types(&j, reader, writer);
}
