#include "http/twilio_signature.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"

struct shared_key {
    struct cm_str id, secret;
};

struct cm_twilio_keys {
    struct cm_arena *arena; /* owns everything below */
    struct cm_str *tokens;
    size_t token_count;
    struct shared_key *shared;
    size_t shared_count;
    struct cm_str fragment;
};

/* The key that signs and the way it does. */
struct signer {
    struct cm_str key;
    bool sha256;
};

static size_t count_parts(struct cm_str list)
{
    struct cm_str part;
    size_t n = 0;

    while (cm_str_split(&list, ',', &part))
        n++;
    return n;
}

static void read_tokens(struct cm_twilio_keys *keys, struct cm_str list)
{
    struct cm_str part;

    keys->tokens = CM_NEW_N(keys->arena, struct cm_str, count_parts(list) + 1);
    while (cm_str_split(&list, ',', &part)) {
        part = cm_str_trim(part);
        if (part.len)
            keys->tokens[keys->token_count++] = part;
    }
}

static cm_rc read_shared(struct cm_twilio_keys *keys, struct cm_str list, struct cm_err *err)
{
    struct cm_str part;

    keys->shared = CM_NEW_N(keys->arena, struct shared_key, count_parts(list) + 1);
    while (cm_str_split(&list, ',', &part)) {
        struct cm_str secret = cm_str_trim(part), id;

        if (!secret.len)
            continue;
        if (!cm_str_split(&secret, ':', &id) || !id.len || !secret.len)
            return cm_fail(
                err, CM_FATAL,
                "TWILIO_SHARED_KEYS: entry %zu is not id:secret; separate entries by commas",
                keys->shared_count + 1);
        keys->shared[keys->shared_count++] = (struct shared_key){ id, secret };
    }
    return CM_OK;
}

cm_rc cm_twilio_keys_new(const char *tokens, const char *shared, const char *fragment,
                         struct cm_twilio_keys **out, struct cm_err *err)
{
    struct cm_twilio_keys *keys = cm_must(calloc(1, sizeof *keys));
    cm_rc rc;

    keys->arena = cm_arena_new();
    keys->fragment = cm_arena_str(keys->arena, cm_str_of(fragment));
    read_tokens(keys, cm_arena_str(keys->arena, cm_str_of(tokens)));
    rc = read_shared(keys, cm_arena_str(keys->arena, cm_str_of(shared)), err);
    if (rc) {
        cm_twilio_keys_free(keys);
        return rc;
    }
    *out = keys;
    return CM_OK;
}

void cm_twilio_keys_free(struct cm_twilio_keys *keys)
{
    if (!keys)
        return;
    cm_arena_free(keys->arena);
    free(keys);
}

/* ---- what was signed beside the URL ---- */

static int compare_views(struct cm_str a, struct cm_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.at, b.at, common) : 0;

    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_fields(const void *left, const void *right)
{
    const struct cm_form_field *a = left, *b = right;
    int order = compare_views(a->name, b->name);

    return order ? order : compare_views(a->value, b->value);
}

static void put_fields(struct cm_buf *to, const struct cm_twilio_request *rq,
                       struct cm_arena *arena)
{
    struct cm_form_field *sorted = CM_NEW_N(arena, struct cm_form_field, rq->field_count + 1);

    if (!rq->field_count)
        return;
    memcpy(sorted, rq->fields, rq->field_count * sizeof *sorted);
    qsort(sorted, rq->field_count, sizeof *sorted, compare_fields);
    for (size_t i = 0; i < rq->field_count; i++) {
        if (i && compare_fields(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        cm_buf_str(to, sorted[i].name);
        cm_buf_str(to, sorted[i].value);
    }
}

static bool query_value(struct cm_str url, const char *name, struct cm_str *value)
{
    struct cm_str part, key;

    if (!cm_str_split(&url, '?', &part))
        return false;
    while (cm_str_split(&url, '&', &part)) {
        if (cm_str_split(&part, '=', &key) && cm_str_is(key, name) && part.at) {
            *value = part;
            return true;
        }
    }
    return false;
}

/* A body that is no form must be the one whose hash is in the (signed) URL. Without a hash only an
 * empty body is covered. Node signs an absent JSON body as "{}". */
static bool body_is_covered(const struct cm_twilio_request *rq)
{
    struct cm_str wanted;
    struct cm_sha256 hash;

    if (rq->is_form)
        return true;
    if (!query_value(rq->url, "bodySHA256", &wanted))
        return rq->body.len == 0;

    hash = cm_sha256(rq->body);
    if (cm_same_secret(cm_str_of(cm_hex(hash.at, sizeof hash.at).at), wanted))
        return true;
    hash = cm_sha256(CM_STR("{}"));
    return rq->body.len == 0 &&
           cm_same_secret(cm_str_of(cm_hex(hash.at, sizeof hash.at).at), wanted);
}

/* ---- the URL's forms ---- */

struct url_parts {
    struct cm_str before; /* "https://user:pass@host" */
    struct cm_str port;   /* ":1234" or empty */
    struct cm_str after;  /* "/path?query" */
    const char *own_port; /* the scheme's */
};

static struct url_parts cut_url(struct cm_str url)
{
    struct url_parts parts = { .before = url };
    size_t start = 0, end, colon;

    parts.own_port =
        cm_str_starts(url, "https://") || cm_str_starts(url, "wss://") ? ":443" : ":80";
    if (cm_str_find(url, "://", &start))
        start += 3;
    for (end = start; end < url.len && !strchr("/?#", url.at[end]); end++)
        if (url.at[end] == '@')
            start = end + 1;
    for (colon = end; colon > start && url.at[colon - 1] >= '0' && url.at[colon - 1] <= '9';
         colon--)
        ;
    parts.after = (struct cm_str){ url.at + end, url.len - end };
    if (colon > start && colon < end && url.at[colon - 1] == ':')
        end = colon - 1;
    parts.before.len = end;
    parts.port = (struct cm_str){ url.at + end, url.len - parts.after.len - end };
    return parts;
}

/* Proxies and libraries disagree on whether an apostrophe is escaped in a query. */
static struct cm_str swap_apostrophes(struct cm_str text, bool escape, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf to = { 0 };

    for (size_t i = 0; i < text.len; i++) {
        if (escape && text.at[i] == '\'') {
            cm_buf_text(&to, "%27");
        } else if (!escape && text.len - i >= 3 && memcmp(text.at + i, "%27", 3) == 0) {
            cm_buf_char(&to, '\'');
            i += 2;
        } else {
            cm_buf_char(&to, text.at[i]);
        }
    }
    return cm_arena_str(arena, cm_buf_view(&to));
}

/* ---- checking ---- */

struct attempt {
    const struct signer *signer;
    struct cm_str signature, suffix; /* the suffix: sorted names and values */
};

static bool matches(const struct attempt *try, struct url_parts url, struct cm_str port)
{
    CM_OWN_BUF struct cm_buf text = { 0 };
    struct cm_base64_32 mac;

    cm_buf_str(&text, url.before);
    cm_buf_str(&text, port);
    cm_buf_str(&text, url.after);
    cm_buf_str(&text, try->suffix);
    if (try->signer->sha256) {
        struct cm_sha256 hash = cm_hmac_sha256(try->signer->key, cm_buf_view(&text));

        mac = cm_base64(hash.at, sizeof hash.at);
    } else {
        struct cm_sha1 hash = cm_hmac_sha1(try->signer->key, cm_buf_view(&text));

        mac = cm_base64(hash.at, sizeof hash.at);
    }
    return cm_same_secret(cm_str_of(mac.at), try->signature);
}

/* With the port and without: the libraries accept both, since Twilio's own back ends differ. */
static bool matches_any_port(const struct attempt *try, struct url_parts url)
{
    struct cm_str own = url.port.len ? url.port : cm_str_of(url.own_port);
    bool without = matches(try, url, (struct cm_str){ 0 });
    bool with = matches(try, url, own);

    return without || with;
}

static bool matches_any_form(const struct cm_twilio_keys *keys, const struct attempt *try,
                             struct cm_str url, struct cm_arena *arena)
{
    struct url_parts parts = cut_url(url), other = parts;
    size_t at;

    if (matches_any_port(try, parts))
        return true;

    if (keys->fragment.len) {
        other.after = cm_arena_printf(arena, "%.*s#%.*s", CM_STR_FMT(parts.after),
                                      CM_STR_FMT(keys->fragment));
        if (matches_any_port(try, other))
            return true;
    }
    for (int escape = 0; escape < 2; escape++) {
        if (!cm_str_find(parts.after, escape ? "'" : "%27", &at))
            continue;
        other.after = swap_apostrophes(parts.after, escape, arena);
        if (matches_any_port(try, other))
            return true;
    }
    return false;
}

/* Which keys may have signed, by the settings header "key=<id>,algorithm=HMAC_SHA256". */
static size_t signers_for(const struct cm_twilio_keys *keys, struct cm_str settings,
                          struct signer *out)
{
    struct cm_str part, name, key = { 0 }, algorithm = { 0 };
    size_t n = 0;

    while (cm_str_split(&settings, ',', &part)) {
        if (!cm_str_split(&part, '=', &name))
            continue;
        name = cm_str_trim(name);
        if (cm_str_is(name, "key"))
            key = cm_str_trim(part);
        else if (cm_str_is(name, "algorithm"))
            algorithm = cm_str_trim(part);
    }
    if (!algorithm.len) {
        for (; n < keys->token_count; n++)
            out[n] = (struct signer){ keys->tokens[n], false };
        return n;
    }
    if (!cm_str_is(algorithm, "HMAC_SHA256"))
        return 0;
    for (size_t i = 0; i < keys->shared_count; i++)
        if (cm_str_eq(keys->shared[i].id, key))
            out[n++] = (struct signer){ keys->shared[i].secret, true };
    return n;
}

enum cm_twilio_answer cm_twilio_check(const struct cm_twilio_keys *keys,
                                      const struct cm_twilio_request *rq, struct cm_arena *arena)
{
    CM_OWN_BUF struct cm_buf suffix = { 0 };
    size_t room = keys->token_count + keys->shared_count + 1;
    struct signer *signers = CM_NEW_N(arena, struct signer, room);
    size_t count = signers_for(keys, rq->settings, signers);

    if (!count)
        return SIGNATURE_NO_KEY;
    if (!rq->signature.len)
        return SIGNATURE_MISSING;
    if (!body_is_covered(rq))
        return SIGNATURE_WRONG;

    if (rq->is_form)
        put_fields(&suffix, rq, arena);
    for (size_t i = 0; i < count; i++) {
        struct attempt try = { &signers[i], rq->signature, cm_buf_view(&suffix) };

        if (matches_any_form(keys, &try, rq->url, arena))
            return SIGNATURE_GOOD;
    }
    return SIGNATURE_WRONG;
}

const char *cm_twilio_answer_text(enum cm_twilio_answer answer)
{
    switch (answer) {
    case SIGNATURE_GOOD:
        return "signature is right";
    case SIGNATURE_WRONG:
        return "signature is wrong";
    case SIGNATURE_MISSING:
        return "signature is missing";
    case SIGNATURE_NO_KEY:
        return "no key is configured for it";
    }
    return "?";
}
