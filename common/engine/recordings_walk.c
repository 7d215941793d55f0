#include "engine/recordings_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/recordings_inside.h"

enum { NAME_MAX_BYTES = 256 };

struct cm_recordings_walk {
    const struct cm_recordings *recordings;
    DIR *dir;                   /* NULL: a round begins, or it is at the store */
    bool at_store;              /* the folder is done */
    char after[NAME_MAX_BYTES]; /* the store's name that was looked at last */
};

struct cm_recordings_walk *cm_recordings_walk_new(const struct cm_recordings *recordings)
{
    struct cm_recordings_walk *walk = cm_must(calloc(1, sizeof *walk));

    walk->recordings = recordings;
    return walk;
}

static void leave_folder(struct cm_recordings_walk *walk)
{
    if (walk->dir)
        closedir(walk->dir);
    walk->dir = NULL;
}

void cm_recordings_walk_free(struct cm_recordings_walk *walk)
{
    if (!walk)
        return;
    leave_folder(walk);
    free(walk);
}

/* Whatever else lies there is not ours. */
static bool is_recording(struct cm_str name, struct cm_str *call_sid)
{
    struct cm_str ending;

    if (name.len <= CALL_SID_LEN || !cm_str_starts(name, "CA"))
        return false;
    for (size_t i = 2; i < CALL_SID_LEN; i++)
        if (!strchr("0123456789abcdefABCDEF", name.at[i]) || !name.at[i])
            return false;
    ending = (struct cm_str){ name.at + CALL_SID_LEN, name.len - CALL_SID_LEN };
    *call_sid = (struct cm_str){ name.at, CALL_SID_LEN };
    return cm_str_is(ending, ".mp3") || cm_str_is(ending, ".mp3.part");
}

/* What a walk has found so far. */
struct found {
    struct cm_arena *arena;
    struct cm_recordings_entry *entries;
    size_t count;
    int left; /* names that may still be looked at */
};

static void take(struct found *found, struct cm_str name, int64_t changed_us, bool in_store)
{
    struct cm_recordings_entry entry = { .changed_us = changed_us, .in_store = in_store };

    entry.name = cm_arena_str(found->arena, name);
    if (is_recording(entry.name, &entry.call_sid))
        found->entries[found->count++] = entry;
}

static cm_rc walk_folder(struct cm_recordings_walk *walk, struct found *found, struct cm_err *err)
{
    const char *folder = walk->recordings->folder;

    if (!walk->dir)
        walk->dir = opendir(folder);
    if (!walk->dir)
        return cm_fail_away(err, "RECORDINGS_DIR=%s: %s", folder, strerror(errno));

    for (; found->left > 0; found->left--) {
        const struct dirent *entry = readdir(walk->dir);
        struct stat st;

        if (!entry) {
            leave_folder(walk);
            walk->at_store = true;
            break;
        }
        if (fstatat(dirfd(walk->dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            take(found, cm_str_of(entry->d_name), st.st_mtim.tv_sec * CM_US_PER_SEC, false);
    }
    return CM_OK;
}

/* A name too long to be remembered is none of ours, and the page ends before it. */
static bool remember(struct cm_recordings_walk *walk, struct cm_str name)
{
    if (name.len >= sizeof walk->after)
        return false;
    memcpy(walk->after, name.at, name.len);
    walk->after[name.len] = '\0';
    return true;
}

static cm_rc walk_store(struct cm_recordings_walk *walk, struct found *found, bool *ended,
                        struct cm_err *err)
{
    const struct object_store *store = walk->recordings->store;
    bool more = store != NULL;

    while (more && found->left > 0) {
        struct object_entry *page;
        size_t count;
        cm_rc rc = object_list(store, found->arena, cm_str_of(walk->after), found->left, &page,
                               &count, &more, err);

        if (rc)
            return rc;
        for (size_t i = 0; i < count; i++, found->left--)
            take(found, page[i].name, page[i].changed_us, true);
        if (more && (count == 0 || !remember(walk, page[count - 1].name)))
            return cm_fail(err, CM_RETRY,
                           "the object store lists nothing that can be gone on from");
    }
    *ended = !more;
    if (*ended) {
        walk->at_store = false;
        walk->after[0] = '\0';
    }
    return CM_OK;
}

cm_rc cm_recordings_walk_on(struct cm_recordings_walk *walk, struct cm_arena *arena, int max,
                            struct cm_recordings_entry **out, size_t *count, bool *round_ended,
                            struct cm_err *err)
{
    struct found found = { .arena = arena,
                           .entries = CM_NEW_N(arena, struct cm_recordings_entry, max),
                           .left = max };
    cm_rc rc = CM_OK;

    *round_ended = false;
    if (!walk->at_store)
        rc = walk_folder(walk, &found, err);
    if (!rc && walk->at_store)
        rc = walk_store(walk, &found, round_ended, err);
    if (rc)
        return rc;
    *out = found.entries;
    *count = found.count;
    return CM_OK;
}

cm_rc cm_recordings_walk_remove(const struct cm_recordings_walk *walk, struct cm_arena *arena,
                                const struct cm_recordings_entry *entry, bool *was_there,
                                struct cm_err *err)
{
    const struct cm_recordings *recordings = walk->recordings;
    const char *path;

    *was_there = true; /* a store does not tell */
    if (entry->in_store)
        return object_remove(recordings->store, arena, entry->name, err);
    path = cm_arena_printf(arena, "%s/%.*s", recordings->folder, CM_STR_FMT(entry->name)).at;
    if (unlink(path) == 0)
        return CM_OK;
    *was_there = false;
    return errno == ENOENT ? CM_OK : cm_recording_file_fail(err, "remove", path);
}
