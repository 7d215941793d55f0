#include "engine/recording_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "engine/audio.h"

/* As long as Twilio lets a call be, and then some; the transcriber has its own bound. */
enum { AUDIO_MAX_S = 48 * 3600, HEAD_BYTES = 16 };

cm_rc cm_recording_file_fail(struct cm_err *err, const char *verb, const char *path)
{
    int why = errno;

    if (why == ENOSPC || why == EDQUOT)
        return cm_fail_away(err, "cannot %s %s: %s; free some space", verb, path, strerror(why));
    return cm_fail(err, CM_RETRY, "cannot %s %s: %s", verb, path, strerror(why));
}

/* Is the locked descriptor still what the name means? Whoever held the lock before may have renamed
 * it. */
static bool is_at_its_name(int fd, const char *path)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

cm_rc cm_recording_file_open(struct cm_recording_file *file, struct cm_arena *arena,
                             const char *folder, struct cm_str call_sid, struct cm_err *err)
{
    int fd;

    *file = (struct cm_recording_file){
        .folder = folder,
        .part = cm_arena_printf(arena, "%s/%.*s.mp3.part", folder, CM_STR_FMT(call_sid)).at,
        .whole = cm_arena_printf(arena, "%s/%.*s.mp3", folder, CM_STR_FMT(call_sid)).at,
        .fd = -1,
    };
    fd = open(file->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return cm_recording_file_fail(err, "make", file->part);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_at_its_name(fd, file->part)) {
        cm_own_fd(&fd);
        return cm_fail(err, CM_RETRY, "%s is being written by another process", file->part);
    }
    file->fd = fd;
    if (ftruncate(fd, 0) == 0)
        return CM_OK;

    cm_recording_file_fail(err, "empty", file->part);
    cm_recording_file_finish(file);
    return CM_RETRY;
}

/* What can be told without decoding. False: it does not begin like an MP3. */
static cm_rc read_through(int fd, const char *name, size_t size, struct cm_arena *arena,
                          struct cm_recording_facts *out, bool *is_mp3, struct cm_err *err)
{
    void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    struct cm_sha256 hash;

    if (at == MAP_FAILED)
        return cm_recording_file_fail(err, "read", name);
    *is_mp3 = cm_looks_like_mp3((struct cm_str){ at, size < HEAD_BYTES ? size : HEAD_BYTES });
    hash = cm_sha256((struct cm_str){ at, size });
    munmap(at, size);
    out->size_bytes = size;
    out->sha256 = cm_arena_printf(arena, "%s", cm_hex(hash.at, sizeof hash.at).at);
    return CM_OK;
}

static cm_rc measure(int fd, struct cm_arena *arena, struct cm_recording_facts *out,
                     struct cm_err *err)
{
    struct cm_mp3 mp3;
    cm_rc rc = cm_mp3_inspect(fd, AUDIO_MAX_S, &mp3, err);

    if (rc == CM_REJECT) {
        out->flaw = cm_arena_str(arena, cm_str_of(err->msg));
        return CM_OK;
    }
    if (rc)
        return rc;
    out->channels = mp3.channels;
    out->duration_ms = (struct cm_opt_i64){ true, mp3.duration_ms };
    return CM_OK;
}

cm_rc cm_recording_look(int fd, const char *name, struct cm_arena *arena,
                        struct cm_recording_facts *out, enum cm_recording_verdict *verdict,
                        struct cm_err *err)
{
    struct cm_recording_facts facts = { 0 };
    bool is_mp3 = false;
    struct stat st;
    cm_rc rc;

    if (fstat(fd, &st) < 0)
        return cm_recording_file_fail(err, "look at", name);
    *verdict = CM_RECORDING_EMPTY;
    if (st.st_size == 0)
        return CM_OK;

    rc = read_through(fd, name, (size_t)st.st_size, arena, &facts, &is_mp3, err);
    *verdict = CM_RECORDING_NO_MP3;
    if (rc || !is_mp3)
        return rc;

    rc = measure(fd, arena, &facts, err);
    *verdict = facts.flaw.len ? CM_RECORDING_BROKEN : CM_RECORDING_FINE;
    if (!rc)
        *out = facts;
    return rc;
}

cm_rc cm_recording_folder_sync(const char *folder, struct cm_err *err)
{
    CM_OWN_FD int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return cm_recording_file_fail(err, "sync", folder);
    return CM_OK;
}

cm_rc cm_recording_file_keep(struct cm_recording_file *file, struct cm_err *err)
{
    if (fsync(file->fd) < 0)
        return cm_recording_file_fail(err, "sync", file->part);
    if (rename(file->part, file->whole) < 0)
        return cm_recording_file_fail(err, "rename", file->part);

    cm_own_fd(&file->fd);
    file->fd = -1;
    return cm_recording_folder_sync(file->folder, err);
}

cm_rc cm_recording_file_is_wanted(const struct cm_recording_file *file, struct cm_err *err)
{
    if (!is_at_its_name(file->fd, file->part))
        return cm_fail(err, CM_RETRY, "%s was removed meanwhile", file->part);
    return CM_OK;
}

void cm_recording_file_finish(struct cm_recording_file *file)
{
    if (file->fd < 0)
        return;
    unlink(file->part);
    cm_own_fd(&file->fd);
    file->fd = -1;
}

cm_rc cm_recording_file_remove(struct cm_arena *arena, const char *folder, struct cm_str call_sid,
                               struct cm_err *err)
{
    static const char *const endings[] = { ".mp3.part", ".mp3" };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const char *path =
            cm_arena_printf(arena, "%s/%.*s%s", folder, CM_STR_FMT(call_sid), endings[i]).at;

        if (unlink(path) < 0 && errno != ENOENT)
            return cm_recording_file_fail(err, "remove", path);
    }
    return cm_recording_folder_sync(folder, err);
}
