/* credential.h - passwords and bearer tokens: made, kept, checked.
 *
 * A password is kept as libsodium's Argon2id string (2 passes, 64 MiB: about 80 ms a check, so
 * whoever checks many bounds how many at a time). A token is 256 random bits as 43 letters of
 * base64url and is kept as the SHA-256 of its text: who reads the table cannot log in. Thread: any.
 */
#pragma once
#include "base/digest.h"
#include "base/error.h"
#include "base/str.h"

enum { CM_PASSWORD_MIN_BYTES = 12, CM_PASSWORD_MAX_BYTES = 1024 };

struct cm_password_hash {
    char at[128]; /* NUL-terminated */
};

/** CM_REJECT: too short or too long. CM_RETRY: there is no memory for it now. */
cm_rc cm_password_hash(struct cm_str password, struct cm_password_hash *out,
                       struct cm_err *err) CM_MUSTCHECK;

enum cm_password_answer {
    CM_PASSWORD_WRONG,
    CM_PASSWORD_RIGHT,
    CM_PASSWORD_RIGHT_BUT_WEAKLY_KEPT, /* hash it again, with today's parameters */
};

/** `hash` is what cm_password_hash made, NUL-terminated; anything else is WRONG. */
enum cm_password_answer cm_password_check(struct cm_str password, const char *hash);

struct cm_token {
    char at[44]; /* 43 letters, NUL-terminated */
};

struct cm_token cm_token_new(void);
/** What is kept of a token. false: the text has not the form of one; `*out` is untouched. */
bool cm_token_hash(struct cm_str token, struct cm_sha256 *out);
