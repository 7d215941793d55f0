#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#include "base/arena.h"

static void hmac(const EVP_MD *md, struct cm_str key, struct cm_str message, uint8_t *out)
{
    unsigned len = 0;

    /* Fails only without memory: the algorithms are built in and the lengths are in range. */
    if (!HMAC(md, key.at ? key.at : "", (int)key.len, (const unsigned char *)message.at,
              message.len, out, &len))
        cm_out_of_memory();
}

struct cm_sha1 cm_hmac_sha1(struct cm_str key, struct cm_str message)
{
    struct cm_sha1 mac;

    hmac(EVP_sha1(), key, message, mac.at);
    return mac;
}

struct cm_sha256 cm_hmac_sha256(struct cm_str key, struct cm_str message)
{
    struct cm_sha256 mac;

    hmac(EVP_sha256(), key, message, mac.at);
    return mac;
}

struct cm_sha256 cm_sha256(struct cm_str message)
{
    struct cm_sha256 hash;

    crypto_hash_sha256(hash.at, (const unsigned char *)message.at, message.len);
    return hash;
}

struct cm_hex cm_hex(const void *bytes, size_t len)
{
    struct cm_hex text;

    sodium_bin2hex(text.at, sizeof text.at, bytes, len);
    return text;
}

struct cm_base64_32 cm_base64(const void *bytes, size_t len)
{
    struct cm_base64_32 text;

    sodium_bin2base64(text.at, sizeof text.at, bytes, len, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

bool cm_same_secret(struct cm_str a, struct cm_str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.at, b.at, a.len) == 0);
}
