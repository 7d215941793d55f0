/* auth.h - who asks, and whether their browser was tricked into asking.
 *
 * A credential is the session's token (in the cookie, or as Bearer) or an API token (as Bearer
 * only, known by its prefix). Of both the database has the SHA-256. A cookie is sent by the browser
 * on its own, so with it a change must come from a page of ours; where there is neither
 * Sec-Fetch-Site nor Origin it is no browser of this decade. (The same rule as Go's
 * net/http.CrossOriginProtection.)  Thread: any.
 */
#pragma once
#include "base/digest.h"
#include "base/str.h"

#define AUTH_API_TOKEN_PREFIX "callmill_"

enum auth_kind { AUTH_NONE, AUTH_SESSION, AUTH_API_TOKEN };

struct credential {
    enum auth_kind kind;
    bool by_cookie;
    struct cm_sha256 hash;
};

/** The Authorization header and the cookie's value, each the empty view where it is missing. With a
 * header the cookie does not count. AUTH_NONE: there is none, or nothing of the right form. */
struct credential auth_credential(struct cm_str authorization, struct cm_str cookie);

struct auth_origin { /* headers; the empty view where one is missing */
    struct cm_str sec_fetch_site, origin, host;
    struct cm_str ui_url; /* of the settings: where browsers see us, if a proxy changes the host */
};
bool auth_is_same_origin(const struct auth_origin *seen);

/** May the method change something? */
bool auth_is_unsafe(const char *method);

/** application/json, with or without parameters. */
bool auth_is_json(struct cm_str content_type);
