#include "base/credential.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_BYTES = 32, TOKEN_LETTERS = 43 };

_Static_assert(sizeof(struct cm_password_hash) >= crypto_pwhash_STRBYTES,
               "room for libsodium's string");

/* Any number of times, by any thread; without it libsodium would choose its code unsafely. */
static void ready(void)
{
    if (sodium_init() < 0)
        abort();
}

cm_rc cm_password_hash(struct cm_str password, struct cm_password_hash *out, struct cm_err *err)
{
    struct cm_password_hash hash = { { 0 } };

    if (password.len < CM_PASSWORD_MIN_BYTES || password.len > CM_PASSWORD_MAX_BYTES)
        return cm_fail(err, CM_REJECT, "a password has from %d to %d bytes, this one %zu",
                       CM_PASSWORD_MIN_BYTES, CM_PASSWORD_MAX_BYTES, password.len);
    ready();
    if (crypto_pwhash_str_alg(
            hash.at, password.at, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return cm_fail(err, CM_RETRY, "hash a password: no memory for it");

    *out = hash;
    return CM_OK;
}

enum cm_password_answer cm_password_check(struct cm_str password, const char *hash)
{
    if (password.len > CM_PASSWORD_MAX_BYTES)
        return CM_PASSWORD_WRONG;
    ready();
    if (crypto_pwhash_str_verify(hash, password.at ? password.at : "", password.len) != 0)
        return CM_PASSWORD_WRONG;
    if (crypto_pwhash_str_needs_rehash(hash, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return CM_PASSWORD_RIGHT_BUT_WEAKLY_KEPT;
    return CM_PASSWORD_RIGHT;
}

struct cm_token cm_token_new(void)
{
    unsigned char bytes[TOKEN_BYTES];
    struct cm_token token = { { 0 } };

    ready();
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(token.at, sizeof token.at, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
    return token;
}

static bool is_token_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool cm_token_hash(struct cm_str token, struct cm_sha256 *out)
{
    if (token.len != TOKEN_LETTERS)
        return false;
    for (size_t i = 0; i < token.len; i++)
        if (!is_token_letter(token.at[i]))
            return false;

    *out = cm_sha256(token);
    return true;
}
