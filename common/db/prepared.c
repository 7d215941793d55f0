#include "db/prepared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_LETTERS = 9 }; /* "_" and eight hexadecimal digits */

/* A program has some dozens of statements, so a list sorted by key is enough. */
struct cm_prepared_entry {
    uint64_t key;
    bool is_there;
    char name[64]; /* PostgreSQL cuts at 63 (NAMEDATALEN) */
};

static uint64_t fnv(uint64_t hash, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t cm_prepared_key(const struct cm_stmt *stmt, const struct cm_args_wire *args)
{
    uint64_t hash = fnv(UINT64_C(0xcbf29ce484222325), stmt->name, strlen(stmt->name));

    return args->count ? fnv(hash, args->types, (size_t)args->count * sizeof *args->types) : hash;
}

/* Where `key` is or would be. */
static size_t place(const struct cm_prepared *set, uint64_t key)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (set->entries[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct cm_prepared_entry *entry_of(const struct cm_prepared *set, uint64_t key)
{
    size_t i = place(set, key);

    return i < set->count && set->entries[i].key == key ? &set->entries[i] : NULL;
}

const char *cm_prepared_find(const struct cm_prepared *set, uint64_t key)
{
    const struct cm_prepared_entry *entry = entry_of(set, key);

    return entry && entry->is_there ? entry->name : NULL;
}

const char *cm_prepared_name(const struct cm_prepared *set, uint64_t key)
{
    const struct cm_prepared_entry *entry = entry_of(set, key);

    return entry ? entry->name : NULL;
}

int cm_prepared_name_len(const char *name)
{
    return (int)strlen(name) - MARK_LETTERS;
}

const char *cm_prepared_add(struct cm_prepared *set, uint64_t key, const char *name)
{
    struct cm_prepared_entry *entry = entry_of(set, key);
    size_t i = place(set, key);

    if (!entry) {
        if (set->count == set->room) {
            set->room = set->room ? 2 * set->room : 16;
            set->entries = cm_must(realloc(set->entries, set->room * sizeof *set->entries));
        }
        entry = &set->entries[i];
        memmove(entry + 1, entry, (set->count - i) * sizeof *entry);
        set->count++;
        entry->key = key;
        snprintf(entry->name, sizeof entry->name, "%.40s_%08x", name, (unsigned)(key ^ key >> 32));
    }
    entry->is_there = true;
    return entry->name;
}

void cm_prepared_remove(struct cm_prepared *set, uint64_t key)
{
    struct cm_prepared_entry *entry = entry_of(set, key);

    if (entry)
        entry->is_there = false;
}

void cm_prepared_finish(struct cm_prepared *set)
{
    free(set->entries);
}
