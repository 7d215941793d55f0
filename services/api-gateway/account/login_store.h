/* login_store.h - the rows of logging in. Thread: any that may wait. */
#pragma once
#include "base/arena.h"
#include "base/credential.h"
#include "db/db.h"

struct login { /* who may log in; strings in the arena */
    struct cm_uuid user_id, organization_id;
    struct cm_str email, name, role;
    struct cm_password_hash hash;
};
enum login_found { LOGIN_UNKNOWN, LOGIN_FOUND };

cm_rc login_find(struct cm_db *db, struct cm_str email, struct cm_arena *arena,
                 enum login_found *found, struct login *out, struct cm_err *err) CM_MUSTCHECK;

struct login_begin {
    const struct login *login;
    const struct cm_sha256 *token, *replaced; /* `replaced`: a session to end, or NULL */
    const struct cm_password_hash *new_hash;  /* the password kept anew, or NULL */
    int lifetime_s;
};
struct login_session { /* strings in the arena */
    int64_t expires_at_us;
    struct cm_str organization_name;
};

enum login_begun {
    LOGIN_BEGUN,
    LOGIN_CHANGED, /* since it was found: who may log in, or with which password */
};

/** Makes the session, in one transaction; clears away some that are over. */
cm_rc login_begin(struct cm_db *db, const struct login_begin *what, struct cm_arena *arena,
                  enum login_begun *begun, struct login_session *out,
                  struct cm_err *err) CM_MUSTCHECK;
