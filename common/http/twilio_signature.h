/* twilio_signature.h - is this request from Twilio?
 *
 * The signed string is the URL as Twilio used it (never re-encoded) and, for a form POST, each
 * parameter's name and value, sorted by name, equal pairs once. It is signed with HMAC-SHA1 and the
 * account's auth token, or with HMAC-SHA256 and a shared key when the settings header says so. A
 * body that is no form is covered by a hash in the query, bodySHA256. Sources: the request
 * validators of Twilio's Python, Node and Go libraries, whose vectors are the test
 * (twilio_signature_test.c).
 *
 * What the signature covers is not what it proves: CallToken and StirVerstat, say, are signed as
 * they came, and nothing here believes them. Nothing signed carries a time, so replay is met by
 * idempotent rows.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "http/form.h"

struct cm_twilio_keys; /* opaque: auth tokens and shared keys */

/** `tokens` are auth tokens, comma separated (several while rotating); `shared` are "id:secret",
 * comma separated; `fragment` is what callback URLs carry behind their '#', which may or may not be
 * part of what Twilio signs. Each may be NULL. CM_FATAL: a shared key without id or secret. */
cm_rc cm_twilio_keys_new(const char *tokens, const char *shared, const char *fragment,
                         struct cm_twilio_keys **out, struct cm_err *err) CM_MUSTCHECK;
void cm_twilio_keys_free(struct cm_twilio_keys *keys);
CM_DEFINE_OWN(cm_twilio_keys, cm_twilio_keys_free);

struct cm_twilio_request {   /* views are the caller's */
    struct cm_str url;       /* scheme, host, path and query, raw */
    struct cm_str signature; /* X-Twilio-Signature; empty: there was none */
    struct cm_str settings;  /* X-Twilio-Webhooks-Signature-Settings; empty: there was none */
    bool is_form; /* the body is application/x-www-form-urlencoded: `fields` are signed */
    const struct cm_form_field *fields; /* decoded */
    size_t field_count;
    struct cm_str body; /* raw; of anything that is no form */
};

enum cm_twilio_answer {
    SIGNATURE_GOOD,
    SIGNATURE_WRONG,
    SIGNATURE_MISSING,
    SIGNATURE_NO_KEY, /* no token is configured, or not the shared key that was named */
};

/** Compares in constant time; accepts the URL with its port, without, and with the scheme's own.
 *  Thread: any. `arena` holds the candidates. */
enum cm_twilio_answer cm_twilio_check(const struct cm_twilio_keys *keys,
                                      const struct cm_twilio_request *rq, struct cm_arena *arena);

/** Is this upgrade of a connection to a WebSocket from Twilio? `url` is the stream's as Twilio was
 *  told; nothing else is signed. Twilio signs it with the scheme wss. Accepted are the WebSocket's
 *  scheme and its HTTP twin (wss and https, ws and http), with and without a slash at the end, and
 *  ports as above. `signature` and `settings` are the headers' values, or empty. */
enum cm_twilio_answer cm_twilio_check_upgrade(const struct cm_twilio_keys *keys, struct cm_str url,
                                              struct cm_str signature, struct cm_str settings,
                                              struct cm_arena *arena);
const char *cm_twilio_answer_text(enum cm_twilio_answer answer); /* for a log line */
