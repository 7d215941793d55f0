#include "base/uuid.h"

#include <sodium.h>
#include <string.h>

static void stamp(struct cm_uuid *id, uint8_t version)
{
    id->at[6] = (uint8_t)((id->at[6] & 0x0F) | (version << 4));
    id->at[8] = (uint8_t)((id->at[8] & 0x3F) | 0x80);
}

struct cm_uuid cm_uuid_v7(int64_t now_us)
{
    struct cm_uuid id;
    uint64_t ms = (uint64_t)(now_us / 1000);
    uint64_t fraction = (uint64_t)(now_us % 1000) * 4096 / 1000; /* RFC 9562 §6.2, method 3 */

    randombytes_buf(id.at, sizeof id.at);
    for (int i = 0; i < 6; i++)
        id.at[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.at[6] = (uint8_t)(fraction >> 8);
    id.at[7] = (uint8_t)fraction;
    stamp(&id, 7);
    return id;
}

struct cm_uuid cm_uuid_named(struct cm_str name)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct cm_uuid id;

    crypto_hash_sha256(hash, (const unsigned char *)name.at, name.len);
    memcpy(id.at, hash, sizeof id.at);
    stamp(&id, 8);
    return id;
}

struct cm_uuid_text cm_uuid_text(struct cm_uuid id)
{
    static const char digits[] = "0123456789abcdef";
    struct cm_uuid_text text;
    char *out = text.at;

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[id.at[i] >> 4];
        *out++ = digits[id.at[i] & 15];
    }
    *out = '\0';
    return text;
}

bool cm_uuid_parse(struct cm_str text, struct cm_uuid *out)
{
    struct cm_uuid id;
    size_t at = 0;

    if (text.len != 36)
        return false;
    for (int i = 0; i < 16; i++) {
        int high, low;

        if ((i == 4 || i == 6 || i == 8 || i == 10) && text.at[at++] != '-')
            return false;
        high = cm_hex_digit(text.at[at++]);
        low = cm_hex_digit(text.at[at++]);
        if (high < 0 || low < 0)
            return false;
        id.at[i] = (uint8_t)(high << 4 | low);
    }

    *out = id;
    return true;
}

bool cm_uuid_eq(struct cm_uuid a, struct cm_uuid b)
{
    return memcmp(a.at, b.at, sizeof a.at) == 0;
}

bool cm_uuid_is_nil(struct cm_uuid a)
{
    return cm_uuid_eq(a, (struct cm_uuid){ { 0 } });
}
