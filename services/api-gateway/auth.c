#include "auth.h"

#include <string.h>

#include "base/credential.h"

static struct cm_str without(struct cm_str s, size_t front)
{
    return (struct cm_str){ s.at + front, s.len - front };
}

static struct credential bearer(struct cm_str token)
{
    struct credential found = { .kind = AUTH_SESSION };

    if (cm_str_starts(token, AUTH_API_TOKEN_PREFIX)) {
        found.kind = AUTH_API_TOKEN;
        token = without(token, sizeof AUTH_API_TOKEN_PREFIX - 1);
    }
    if (!cm_token_hash(token, &found.hash))
        found.kind = AUTH_NONE;
    return found;
}

struct credential auth_credential(struct cm_str authorization, struct cm_str cookie)
{
    static const char scheme[] = "bearer ";
    struct credential found = { .kind = AUTH_NONE };

    if (authorization.len > 0) {
        const size_t len = sizeof scheme - 1;

        if (authorization.len > len && cm_str_ieq((struct cm_str){ authorization.at, len }, scheme))
            found = bearer(cm_str_trim(without(authorization, len)));
        return found;
    }
    if (cm_token_hash(cookie, &found.hash)) {
        found.kind = AUTH_SESSION;
        found.by_cookie = true;
    }
    return found;
}

/* "https://host:port/..." -> "host:port" */
static struct cm_str host_of(struct cm_str url)
{
    size_t at;

    if (!cm_str_find(url, "://", &at))
        return (struct cm_str){ 0 };

    url = without(url, at + 3);
    for (at = 0; at < url.len && url.at[at] != '/'; at++)
        ;
    return (struct cm_str){ url.at, at };
}

static bool same_host(struct cm_str a, struct cm_str b)
{
    if (a.len != b.len || a.len == 0)
        return false;
    return strncasecmp(a.at, b.at, a.len) == 0;
}

bool auth_is_same_origin(const struct auth_origin *seen)
{
    struct cm_str origin = host_of(seen->origin);

    if (cm_str_is(seen->sec_fetch_site, "same-origin") || cm_str_is(seen->sec_fetch_site, "none"))
        return true;
    if (seen->sec_fetch_site.len == 0 && seen->origin.len == 0)
        return true;
    if (seen->sec_fetch_site.len > 0)
        return false;
    return same_host(origin, seen->host) || same_host(origin, host_of(seen->ui_url));
}

bool auth_is_unsafe(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
           strcmp(method, "OPTIONS") != 0;
}

bool auth_is_json(struct cm_str content_type)
{
    struct cm_str rest = content_type, type = { 0 };

    return cm_str_split(&rest, ';', &type) && cm_str_ieq(cm_str_trim(type), "application/json");
}
