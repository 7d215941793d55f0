/* digest.h - hashes, message authentication and their texts. Thread: any. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct cm_sha1 {
    uint8_t at[20];
};
struct cm_sha256 {
    uint8_t at[32];
};
struct cm_hex {
    char at[65];
}; /* lower case, NUL-terminated */
struct cm_base64_32 {
    char at[45];
}; /* of up to 32 bytes, padded, NUL-terminated */

struct cm_sha1 cm_hmac_sha1(struct cm_str key, struct cm_str message);
struct cm_sha256 cm_hmac_sha256(struct cm_str key, struct cm_str message);
struct cm_sha256 cm_sha256(struct cm_str message);

struct cm_hex cm_hex(const void *bytes, size_t len);          /* len <= 32 */
struct cm_base64_32 cm_base64(const void *bytes, size_t len); /* len <= 32 */

/** Compares in a time that depends on the lengths only. */
bool cm_same_secret(struct cm_str a, struct cm_str b);
