/* login.c - POST /api/session.
 *
 * A password is dear to check (hashing.h), whoever guessed it. So what may be checked is counted
 * first, by account and address and by address alone, and an account that nobody has takes as long
 * as one that somebody has.
 */
#include "ask.h"
#include "base/clock.h"
#include "base/log.h"
#include "body.h"
#include "account/client_address.h"
#include "account/hashing.h"
#include "endpoints.h"
#include "account/limiter.h"
#include "account/login_store.h"
#include "reply.h"
#include "account/session_reply.h"

struct attempt { /* strings in the request's arena */
    struct cm_str email, password;
    struct cm_str address, account_key;
};

static bool is_password(struct cm_str text)
{
    return text.len <= CM_PASSWORD_MAX_BYTES;
}

enum { EMAIL, PASSWORD, FIELDS };
static const struct body_field fields[FIELDS] = {
    [EMAIL] = { "email", BODY_TEXT, .required = true, .min = 1, .max = 254 },
    [PASSWORD] = { "password", BODY_TEXT, .required = true, .min = 1, .max = 1024,
                   .fits = is_password },
};

/* false: it was answered. */
static bool read_body(struct cm_http_request *rq, struct attempt *out)
{
    struct body_value values[FIELDS];

    if (!body_read(rq, fields, FIELDS, values))
        return false;
    out->email = values[EMAIL].text;
    out->password = values[PASSWORD].text;
    return true;
}

static struct cm_str lower(struct cm_arena *arena, struct cm_str s)
{
    char *copy = cm_arena_text(arena, s);

    for (size_t i = 0; i < s.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (struct cm_str){ copy, s.len };
}

/* false: there were too many, and it was answered. */
static bool count_attempt(struct cm_http_request *rq, const struct gateway *gateway,
                          struct attempt *attempt)
{
    struct cm_arena *arena = cm_http_arena(rq);
    char *address = CM_NEW_N(arena, char, CLIENT_ADDRESS_MAX);
    struct cm_str email = lower(arena, attempt->email);
    int64_t now_ms = cm_mono_ms(), wait_ms;

    attempt->address = client_address(cm_http_peer(rq), cm_http_header_list(rq, "X-Forwarded-For"),
                                      gateway->proxies, address);
    attempt->account_key =
        cm_arena_printf(arena, "%.*s %.*s", CM_STR_FMT(attempt->address), CM_STR_FMT(email));

    wait_ms = limiter_take(gateway->by_account, attempt->account_key, now_ms);
    if (wait_ms == 0)
        wait_ms = limiter_take(gateway->by_address, attempt->address, now_ms);
    if (wait_ms == 0)
        return true;

    cm_log(CM_LOG_WARN, "log-in attempts limited", NULL);
    reply_too_many(rq, (wait_ms + 999) / 1000,
                   "Too many attempts to log in. Wait before the next one.");
    return false;
}

struct verdict {
    bool right, rehash;
    struct cm_password_hash new_hash;
};

static bool check(struct cm_http_request *rq, struct gateway *gateway,
                  const struct attempt *attempt, enum login_found found, const struct login *login,
                  struct verdict *out)
{
    const char *hash = found == LOGIN_FOUND ? login->hash.at : gateway->nobodys_hash.at;
    enum cm_password_answer answer;

    if (!hashing_enter(rq, gateway))
        return false;

    answer = cm_password_check(attempt->password, hash);
    out->right = answer != CM_PASSWORD_WRONG && found == LOGIN_FOUND;
    out->rehash = out->right && answer == CM_PASSWORD_RIGHT_BUT_WEAKLY_KEPT &&
                  cm_password_hash(attempt->password, &out->new_hash, NULL) == CM_OK;
    hashing_leave(gateway);
    return true;
}

/* The session of the browser's old cookie ends: whoever had that token has nothing. */
static bool replaced_session(struct cm_http_request *rq, const struct gateway *gateway,
                             struct cm_sha256 *out)
{
    struct cm_str cookie;

    return cm_http_cookie(rq, gateway->cookie, &cookie) && cm_token_hash(cookie, out);
}

static void begin_session(struct cm_http_request *rq, const struct gateway *gateway,
                          const struct login *login, const struct verdict *verdict)
{
    struct cm_token token = cm_token_new();
    struct cm_sha256 hash, old;
    struct login_begin what = { .login = login, .token = &hash, .lifetime_s = gateway->lifetime_s };
    struct login_session session;
    enum login_begun begun;
    struct cm_err err;
    cm_rc rc;

    cm_token_hash(cm_str_of(token.at), &hash);
    what.replaced = replaced_session(rq, gateway, &old) ? &old : NULL;
    what.new_hash = verdict->rehash ? &verdict->new_hash : NULL;
    rc = login_begin(cm_service_db(gateway->service), &what, cm_http_arena(rq), &begun, &session,
                     &err);
    if (rc) {
        reply_failure(rq, "log in", rc, &err);
        return;
    }
    if (begun == LOGIN_CHANGED) {
        reply_away(rq, 1, "The account was changed at this moment. Try again.");
        return;
    }

    session_reply(rq, gateway,
                  &(struct session_view){
                      .token = token.at,
                      .user_id = login->user_id,
                      .organization_id = login->organization_id,
                      .email = login->email,
                      .name = login->name,
                      .role = login->role,
                      .organization_name = session.organization_name,
                      .expires_at = { true, session.expires_at_us },
                  });
}

void log_in(struct cm_http_request *rq, void *ctx)
{
    struct gateway *gateway = ctx;
    struct verdict verdict = { 0 };
    enum login_found found;
    struct attempt attempt;
    struct login login;
    struct cm_err err;
    cm_rc rc;

    if (!ask_same_origin(rq, gateway) || !read_body(rq, &attempt) ||
        !count_attempt(rq, gateway, &attempt))
        return;
    rc = login_find(cm_service_db(gateway->service), attempt.email, cm_http_arena(rq), &found,
                    &login, &err);
    if (rc) {
        reply_failure(rq, "log in", rc, &err);
        return;
    }
    if (!check(rq, gateway, &attempt, found, &login, &verdict))
        return;
    if (!verdict.right) {
        reply_unauthorized(rq, "The e-mail address or the password is wrong.");
        return;
    }

    limiter_forget(gateway->by_account, attempt.account_key);
    limiter_give_back(gateway->by_address, attempt.address); /* a whole office may log in at nine */
    begin_session(rq, gateway, &login, &verdict);
}
