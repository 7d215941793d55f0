#include "engine/recordings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/recordings_inside.h"

const struct cm_setting cm_recordings_settings[] = {
    { .name = "RECORDINGS_URL",
      .type = CM_SET_URL,
      .choices = "file|s3",
      .help = "Where recordings are kept: file:///folder or s3://bucket/prefix; unset: in "
              "RECORDINGS_DIR. With s3, RECORDINGS_DIR is for what is under way and need not be "
              "shared." },
    { .name = "S3_ENDPOINT",
      .type = CM_SET_URL,
      .choices = "http|https",
      .help = "The object store of s3://; unset: AWS's of S3_REGION." },
    { .name = "S3_REGION",
      .type = CM_SET_TEXT,
      .fallback = "us-east-1",
      .min = 1,
      .max = 64,
      .help = "Its region, which is part of what is signed." },
    { .name = "S3_ACCESS_KEY_ID",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 128,
      .secret = true,
      .help = "Its key." },
    { .name = "S3_SECRET_ACCESS_KEY",
      .type = CM_SET_TEXT,
      .min = 1,
      .max = 256,
      .secret = true,
      .help = "The key's secret." },
    { .name = "S3_TIMEOUT_MS",
      .type = CM_SET_INT,
      .fallback = "300000",
      .min = 1000,
      .max = 3600000,
      .help = "How long one request to it may take, its bytes included, in milliseconds." },
    { 0 },
};

struct cm_recordings *cm_recordings_in_folder(const char *folder)
{
    struct cm_recordings *made = cm_must(calloc(1, sizeof *made));

    made->arena = cm_arena_new();
    made->folder = cm_arena_text(made->arena, cm_str_of(folder));
    return made;
}

void cm_recordings_free(struct cm_recordings *recordings)
{
    if (!recordings)
        return;
    object_store_free(recordings->store);
    cm_arena_free(recordings->arena);
    free(recordings);
}

/* ---- what is set ---- */

/* Letters, digits, dots and dashes: it stands in the URL as it is. */
static bool is_bucket(struct cm_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.at[i]) && !(i && strchr(".-_", name.at[i])))
            return false;
    return name.len >= 3 && name.len <= 63;
}

/* No empty, "." or ".." step, which clients on the way would take out of the signed path. */
static bool is_prefix(struct cm_str prefix)
{
    struct cm_str step;

    while (cm_str_split(&prefix, '/', &step))
        if (!step.len || cm_str_is(step, ".") || cm_str_is(step, ".."))
            return false;
    return true;
}

static cm_rc open_store(struct cm_recordings *made, const struct cm_config *config,
                        struct cm_str place, struct cm_http_client *http,
                        struct cm_metrics *metrics, struct cm_err *err)
{
    struct object_store_options o = {
        .http = http,
        .metrics = metrics,
        .endpoint = cm_config_text(config, "S3_ENDPOINT"),
        .region = cm_config_text(config, "S3_REGION"),
        .key_id = cm_config_text(config, "S3_ACCESS_KEY_ID"),
        .secret = cm_config_text(config, "S3_SECRET_ACCESS_KEY"),
        .timeout_ms = (int)cm_config_int(config, "S3_TIMEOUT_MS"),
    };

    (void)cm_str_split(&place, '/', &o.bucket);
    o.prefix = cm_str_trim_end(place, '/');
    if (!is_bucket(o.bucket) || (o.prefix.len && !is_prefix(o.prefix)))
        return cm_fail(err, CM_FATAL,
                       "RECORDINGS_URL=%s: want s3://bucket or s3://bucket/prefix, the bucket of 3"
                       " to 63 letters, digits, dots and dashes",
                       cm_config_text(config, "RECORDINGS_URL"));
    if (!o.key_id || !o.secret)
        return cm_fail(err, CM_FATAL, "RECORDINGS_URL=s3://... needs %s",
                       o.key_id ? "S3_SECRET_ACCESS_KEY" : "S3_ACCESS_KEY_ID");
    if (o.endpoint && strpbrk(o.endpoint, "?#@"))
        return cm_fail(err, CM_FATAL, "S3_ENDPOINT: want a scheme, a host, and a port perhaps");
    made->store = object_store_new(&o);
    return CM_OK;
}

/* One that is away is no reason not to start; one that refuses us is. */
static cm_rc try_store(const struct cm_recordings *made, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();

    return cm_recordings_check(made, arena, err) == CM_FATAL ? CM_FATAL : CM_OK;
}

cm_rc cm_recordings_new(const struct cm_config *config, struct cm_http_client *http,
                        struct cm_metrics *metrics, struct cm_recordings **out, struct cm_err *err)
{
    CM_OWN(cm_recordings) made = NULL;
    const char *url = cm_config_text(config, "RECORDINGS_URL");
    const char *folder = cm_config_text(config, "RECORDINGS_DIR");
    bool is_file = url && strncmp(url, "file://", 7) == 0;
    cm_rc rc = CM_OK;

    if (is_file) {
        folder = url + 7;
        if (folder[0] != '/' || strpbrk(folder, "%?#"))
            return cm_fail(err, CM_FATAL, "RECORDINGS_URL=%s: want file:///folder, without escapes",
                           url);
    }
    if (!folder)
        return cm_fail(err, CM_FATAL, "RECORDINGS_DIR is not set%s",
                       url ? "; with s3:// it is for what is under way" : "");

    made = cm_recordings_in_folder(folder);
    if (url && !is_file)
        rc = open_store(made, config, cm_str_of(url + strlen("s3://")), http, metrics, err);
    if (!rc && made->store)
        rc = try_store(made, err);
    if (!rc && made->store)
        object_store_settle(made->store);
    if (!rc)
        *out = CM_STEAL(made);
    return rc;
}

const char *cm_recordings_folder(const struct cm_recordings *recordings)
{
    return recordings->folder;
}

bool cm_recordings_are_remote(const struct cm_recordings *recordings)
{
    return recordings->store != NULL;
}

/* ---- keeping ---- */

static cm_rc check_sid(struct cm_str sid, struct cm_err *err)
{
    bool good = sid.len == CALL_SID_LEN && cm_str_starts(sid, "CA");

    for (size_t i = 2; good && i < sid.len; i++)
        good = isxdigit((unsigned char)sid.at[i]);
    return good ? CM_OK : cm_fail(err, CM_REJECT, "'%.*s' is no call sid", CM_STR_FMT(sid));
}

static struct cm_str name_of(struct cm_arena *arena, struct cm_str sid)
{
    return cm_arena_printf(arena, "%.*s.mp3", CM_STR_FMT(sid));
}

cm_rc cm_recordings_begin(const struct cm_recordings *recordings, struct cm_arena *arena,
                          struct cm_str call_sid, struct cm_recording_file *file,
                          struct cm_err *err)
{
    cm_rc rc = check_sid(call_sid, err);

    return rc ? rc : cm_recording_file_open(file, arena, recordings->folder, call_sid, err);
}

cm_rc cm_recordings_keep(const struct cm_recordings *recordings, struct cm_arena *arena,
                         struct cm_recording_file *file, const struct cm_recording_facts *facts,
                         struct cm_err *err)
{
    cm_rc rc;

    if (!recordings->store)
        return cm_recording_file_keep(file, err);
    rc = cm_recording_file_is_wanted(file, err);
    if (!rc)
        rc = object_put(recordings->store, arena, cm_str_of(strrchr(file->whole, '/') + 1),
                        file->fd, facts->size_bytes, facts->sha256, err);
    if (!rc)
        cm_recording_file_finish(file);
    return rc;
}

cm_rc cm_recordings_remove(const struct cm_recordings *recordings, struct cm_arena *arena,
                           struct cm_str call_sid, struct cm_err *err)
{
    cm_rc rc = check_sid(call_sid, err);

    /* First the part, so that its writer does not put it there behind us. */
    if (!rc)
        rc = cm_recording_file_remove(arena, recordings->folder, call_sid, err);
    if (!rc && recordings->store)
        rc = object_remove(recordings->store, arena, name_of(arena, call_sid), err);
    return rc;
}

/* ---- reading ---- */

static cm_rc describe(int fd, const char *name, struct cm_recording *out, struct cm_err *err)
{
    struct stat seen;

    if (fstat(fd, &seen) < 0)
        return cm_fail(err, CM_RETRY, "recording %s: %s", name, strerror(errno));
    if (!S_ISREG(seen.st_mode))
        return cm_fail(err, CM_REJECT, "recording %s is no file", name);

    *out = (struct cm_recording){ .is_there = true, .fd = fd, .size = (uint64_t)seen.st_size };
    snprintf(out->etag, sizeof out->etag, "\"%llx-%llx-%llx\"", (unsigned long long)seen.st_size,
             (unsigned long long)seen.st_mtim.tv_sec, (unsigned long long)seen.st_mtim.tv_nsec);
    return CM_OK;
}

/* Nobody but us puts files there; should somebody plant a link or a pipe all the same, it is not
 * followed. */
static cm_rc open_in(int folder, const char *name, struct cm_recording *out, struct cm_err *err)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    cm_rc rc;

    if (fd < 0 && errno == ENOENT)
        return CM_OK;
    if (fd < 0)
        return cm_fail(err, errno == ELOOP ? CM_REJECT : CM_RETRY, "recording %s: %s", name,
                       errno == ELOOP ? "a link is not followed" : strerror(errno));
    rc = describe(fd, name, out, err);
    if (rc)
        close(fd);
    return rc;
}

static cm_rc look_in_folder(const char *path, const char *name, struct cm_recording *out,
                            struct cm_err *err)
{
    CM_OWN_FD int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return cm_fail_away(err, "RECORDINGS_DIR=%s: %s", path, strerror(errno));
    return open_in(folder, name, out, err);
}

cm_rc cm_recordings_look(const struct cm_recordings *recordings, struct cm_arena *arena,
                         struct cm_str call_sid, struct cm_recording *out, struct cm_err *err)
{
    struct cm_recording found = { .fd = -1 };
    struct object_about about = { 0 };
    struct cm_str name;
    cm_rc rc = check_sid(call_sid, err);

    if (rc)
        return rc;
    name = name_of(arena, call_sid);
    if (recordings->store) {
        rc = object_look(recordings->store, arena, name, &about, err);
        found.is_there = about.is_there;
        found.size = about.size;
        memcpy(found.etag, about.etag, sizeof found.etag);
    } else {
        rc = look_in_folder(recordings->folder, name.at, &found, err);
    }
    if (!rc)
        *out = found;
    return rc;
}

/* Not every file system has files without names: there, one has a name for a moment. */
static cm_rc open_nameless(struct cm_arena *arena, const char *folder, int *out, struct cm_err *err)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        struct cm_str pattern = cm_arena_printf(arena, "%s/.copy-XXXXXX", folder);
        char *path = cm_arena_text(arena, pattern);

        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        return cm_fail_away(err, "RECORDINGS_DIR=%s: %s", folder, strerror(errno));
    *out = fd;
    return CM_OK;
}

cm_rc cm_recordings_copy(const struct cm_recordings *recordings, struct cm_arena *arena,
                         const struct cm_recording_ask *ask, const struct cm_recording *recording,
                         uint64_t from, uint64_t len, int to_fd, struct cm_err *err)
{
    const struct object_get get = { .name = name_of(arena, ask->call_sid),
                                    .etag = recording->etag,
                                    .from = from,
                                    .len = len,
                                    .fd = to_fd,
                                    .stop = ask->stop,
                                    .stop_ctx = ask->stop_ctx };

    return object_get(recordings->store, arena, &get, err);
}

cm_rc cm_recordings_open(const struct cm_recordings *recordings, struct cm_arena *arena,
                         const struct cm_recording_ask *ask, struct cm_recording *out,
                         struct cm_err *err)
{
    struct cm_recording found = { .fd = -1 };
    CM_OWN_FD int copy = -1;
    cm_rc rc = cm_recordings_look(recordings, arena, ask->call_sid, &found, err);

    if (!rc && found.is_there && found.fd < 0) {
        rc = open_nameless(arena, recordings->folder, &copy, err);
        if (!rc && found.size)
            rc = cm_recordings_copy(recordings, arena, ask, &found, 0, found.size, copy, err);
        if (!rc)
            found.fd = copy;
    }
    if (rc)
        return rc;
    copy = -1;
    *out = found;
    return CM_OK;
}

cm_rc cm_recordings_check(const struct cm_recordings *recordings, struct cm_arena *arena,
                          struct cm_err *err)
{
    struct object_entry *entries;
    size_t count;
    bool more;

    if (access(recordings->folder, W_OK | X_OK) != 0)
        return cm_fail_away(err, "RECORDINGS_DIR=%s: %s", recordings->folder, strerror(errno));
    if (!recordings->store)
        return CM_OK;
    return object_list(recordings->store, arena, (struct cm_str){ 0 }, 1, &entries, &count, &more,
                       err);
}
