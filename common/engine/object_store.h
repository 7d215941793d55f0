/* object_store.h - files in a bucket, over the REST API that S3 and its kin speak.
 *
 * Requests are signed with AWS's Signature Version 4 and address the bucket in the path, which
 * every kin understands. Bytes go from and to descriptors; nothing of an object is held in memory.
 * An object appears whole or not at all, and putting it again is harmless.
 *
 * Errors: CM_RETRY (away) while the store cannot be reached or says 5xx or SlowDown. CM_FATAL: it
 * refuses who we are or does not know the bucket, the message names the setting; once the store is
 * settled, that is CM_RETRY (away) too. Thread: any.
 */
#pragma once
#include "base/arena.h"
#include "base/metrics.h"
#include "http/client.h"

struct object_store; /* opaque */

struct object_store_options { /* texts are borrowed */
    struct cm_http_client *http;
    struct cm_metrics *metrics; /* may be NULL */
    const char *endpoint;       /* NULL: AWS's of the region */
    const char *region, *key_id, *secret;
    struct cm_str bucket, prefix; /* the prefix without slashes at its ends; may be empty */
    int timeout_ms;               /* of one request, its bytes included */
};

struct object_store *object_store_new(const struct object_store_options *options);
void object_store_free(struct object_store *store); /* NULL is fine */
CM_DEFINE_OWN(object_store, object_store_free);

/** What the store was asked for at the start was good enough: who is refused from now on waits for
 * somebody to set the key, the bucket or the clock right. Before threads share the store. */
void object_store_settle(struct object_store *store);

enum { OBJECT_ETAG_MAX = 80 };

struct object_about {
    bool is_there;
    uint64_t size;
    char etag[OBJECT_ETAG_MAX]; /* with quotes; empty: none, or too long to be one */
};

/** `sha256` of the bytes, hexadecimal, which the store checks. CM_REJECT: larger than one request
 * may carry. */
cm_rc object_put(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                 int fd, uint64_t size, struct cm_str sha256, struct cm_err *err) CM_MUSTCHECK;

cm_rc object_look(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                  struct object_about *out, struct cm_err *err) CM_MUSTCHECK;

struct object_get {
    struct cm_str name;
    const char *etag; /* only while it has this one; NULL: whatever it is */
    uint64_t from, len;
    int fd;                  /* where the bytes go */
    bool (*stop)(void *ctx); /* http/client.h; may be NULL */
    void *stop_ctx;
};

/** `len` bytes, at least one. CM_RETRY: among others, it is gone or another one by now. CM_REJECT:
 * it may not be read, while others may. */
cm_rc object_get(const struct object_store *store, struct cm_arena *arena,
                 const struct object_get *get, struct cm_err *err) CM_MUSTCHECK;

/** It need not be there. */
cm_rc object_remove(const struct object_store *store, struct cm_arena *arena, struct cm_str name,
                    struct cm_err *err) CM_MUSTCHECK;

struct object_entry { /* in the arena */
    struct cm_str name;
    int64_t changed_us;
};

/** Up to `max` (at most 1000) objects by name, from behind `after`. `*more`: there are others. */
cm_rc object_list(const struct object_store *store, struct cm_arena *arena, struct cm_str after,
                  int max, struct object_entry **out, size_t *count, bool *more,
                  struct cm_err *err) CM_MUSTCHECK;
