#include "event/walker.h"

#include "event/schema.h"

struct walk {
    const unsigned char *start, *at, *end;
    size_t values; /* seen so far */
    struct cm_err *err;
};

static cm_rc walk_value(struct walk *w, const struct cm_node *node);

static cm_rc refuse(const struct walk *w, const char *what)
{
    cm_fail(w->err, CM_REJECT, "Avro value: %s at byte %zu", what, (size_t)(w->at - w->start));
    return CM_REJECT;
}

static size_t left(const struct walk *w)
{
    return (size_t)(w->end - w->at);
}

static cm_rc skip(struct walk *w, size_t bytes)
{
    if (bytes > left(w))
        return refuse(w, "cut short");

    w->at += bytes;
    return CM_OK;
}

static cm_rc take_long(struct walk *w, int64_t *out)
{
    const unsigned char *at = w->at;
    uint64_t bits = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at == w->end)
            return refuse(w, "a number is cut short");
        if (shift == 63 && *at > 1)
            return refuse(w, "a number has more than 64 bits");

        bits |= (uint64_t)(*at & 0x7F) << shift;
        if (!(*at++ & 0x80))
            break;
    }
    w->at = at;
    *out = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return CM_OK;
}

static cm_rc walk_int(struct walk *w)
{
    int64_t value;
    cm_rc rc = take_long(w, &value);

    if (rc)
        return rc;
    return value < INT32_MIN || value > INT32_MAX ? refuse(w, "an int has more than 32 bits")
                                                  : CM_OK;
}

static cm_rc walk_boolean(struct walk *w)
{
    if (left(w) == 0)
        return refuse(w, "cut short");
    return *w->at > 1 ? refuse(w, "a boolean is neither 0 nor 1") : skip(w, 1);
}

static cm_rc walk_bytes(struct walk *w, bool text)
{
    const unsigned char *before = w->at;
    int64_t len;
    cm_rc rc = take_long(w, &len);

    if (rc)
        return rc;
    if (len < 0 || (uint64_t)len > left(w)) {
        w->at = before;
        return refuse(w, "a length is more than what is left");
    }
    if (text && !cm_str_utf8((struct cm_str){ (const char *)w->at, (size_t)len }))
        return refuse(w, "a string is no UTF-8 or holds NUL");
    return skip(w, (size_t)len);
}

/* Reads an index of an enum or a union. */
static cm_rc take_index(struct walk *w, size_t count, size_t *out)
{
    const unsigned char *before = w->at;
    int64_t index;
    cm_rc rc = take_long(w, &index);

    if (rc)
        return rc;
    if (index < 0 || (uint64_t)index >= count) {
        w->at = before;
        return refuse(w, "an index is out of range");
    }

    *out = (size_t)index;
    return CM_OK;
}

static cm_rc walk_union(struct walk *w, const struct cm_node *node)
{
    size_t branch = 0;
    cm_rc rc = take_index(w, node->count, &branch);

    if (rc)
        return rc;
    return walk_value(w, node->branches[branch]);
}

static cm_rc walk_record(struct walk *w, const struct cm_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        cm_rc rc = walk_value(w, node->fields[i].type);

        if (rc)
            return rc;
    }
    return CM_OK;
}

/* Reads how many items the next block has, and where it must end if it says so (`*end`, else NULL).
 * A negative count stands for its absolute value, followed by the block's length in bytes. */
static cm_rc take_block(struct walk *w, size_t item_min, size_t *count, const unsigned char **end)
{
    int64_t items, bytes;
    cm_rc rc = take_long(w, &items);

    if (rc)
        return rc;

    *end = NULL;
    if (items < 0) {
        rc = take_long(w, &bytes);
        if (rc)
            return rc;
        if (bytes < 0 || (uint64_t)bytes > left(w) || items == INT64_MIN)
            return refuse(w, "a block is longer than what is left");
        *end = w->at + bytes;
        items = -items;
    }
    if (items > CM_WALK_VALUES_MAX || (uint64_t)items * item_min > left(w))
        return refuse(w, "a block has more items than can follow");

    *count = (size_t)items;
    return CM_OK;
}

static cm_rc walk_blocks(struct walk *w, const struct cm_node *node)
{
    bool is_map = node->type == NODE_MAP;
    const struct cm_node *item = node->branches[0];
    size_t count = 0;

    do {
        const unsigned char *end;
        cm_rc rc = take_block(w, item->min_bytes + is_map, &count, &end);

        if (rc)
            return rc;

        for (size_t i = 0; i < count; i++) {
            rc = is_map ? walk_bytes(w, true) : CM_OK;
            if (!rc)
                rc = walk_value(w, item);
            if (rc)
                return rc;
        }
        if (end && w->at != end)
            return refuse(w, "a block does not end where it says");
    } while (count > 0);
    return CM_OK;
}

static cm_rc walk_value(struct walk *w, const struct cm_node *node)
{
    int64_t number;
    size_t index;

    if (++w->values > CM_WALK_VALUES_MAX)
        return refuse(w, "too many values");

    switch (node->type) {
    case NODE_NULL:
        return CM_OK;
    case NODE_BOOLEAN:
        return walk_boolean(w);
    case NODE_INT:
        return walk_int(w);
    case NODE_LONG:
        return take_long(w, &number);
    case NODE_FLOAT:
    case NODE_DOUBLE:
        return skip(w, node->min_bytes);
    case NODE_BYTES:
    case NODE_STRING:
        return walk_bytes(w, node->type == NODE_STRING);
    case NODE_ENUM:
        return take_index(w, node->count, &index);
    case NODE_FIXED:
        return skip(w, node->count);
    case NODE_ARRAY:
    case NODE_MAP:
        return walk_blocks(w, node);
    case NODE_RECORD:
        return walk_record(w, node);
    case NODE_UNION:
        return walk_union(w, node);
    }
    return refuse(w, "a type that does not exist");
}

cm_rc cm_walk(struct cm_str avro, const struct cm_schema *writer, struct cm_err *err)
{
    const unsigned char *start = (const unsigned char *)(avro.at ? avro.at : "");
    struct walk w = { .start = start, .at = start, .end = start + avro.len, .err = err };
    cm_rc rc;

    if (avro.len > CM_EVENT_MAX_BYTES)
        return cm_fail(err, CM_REJECT, "Avro value: %zu bytes are more than %d", avro.len,
                       CM_EVENT_MAX_BYTES);

    rc = walk_value(&w, writer->root);
    if (rc)
        return rc;
    return w.at == w.end ? CM_OK : refuse(&w, "bytes are left over");
}
