/* error.h - what a failure means to the caller, and why it happened.
 *
 * A struct cm_err lives on the caller's stack; nothing here allocates. Every function that may
 * fail returns a cm_rc and, unless that is CM_OK, has filled `err` (which may be NULL).
 */
#pragma once
#include <stdbool.h>

typedef enum cm_rc {
    CM_OK = 0,
    CM_RETRY,  /* the world is ill: the same input may work later -> back off           */
    CM_REJECT, /* this input can never work                       -> dead-letter, go on */
    CM_FATAL,  /* this process is unsound or misconfigured        -> stop, be restarted */
} cm_rc;

struct cm_err {
    cm_rc rc;
    bool away; /* with CM_RETRY: a whole dependency is gone, so this input's attempts don't count */
    unsigned retry_after_ms; /* with CM_RETRY: the other side asked for this pause; 0: it did not */
    char msg[256];
};

#define CM_MUSTCHECK __attribute__((warn_unused_result))

/** Fills `err` (NULL is fine) and returns `rc`, so that raising is one statement. */
cm_rc cm_fail(struct cm_err *err, cm_rc rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same for a dependency that is away altogether: CM_RETRY that never uses up attempts. */
cm_rc cm_fail_away(struct cm_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Puts "context: " in front of the message and returns err->rc; for boundaries only. */
cm_rc cm_err_wrap(struct cm_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** "retry", "reject", "fatal", "ok": for logs and headers. */
const char *cm_rc_name(cm_rc rc);
