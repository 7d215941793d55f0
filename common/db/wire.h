/* wire.h - integers in network order. Only for common/db. */
#pragma once
#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_be32(void *to, uint32_t value)
{
    value = htobe32(value);
    memcpy(to, &value, sizeof value);
}

static inline void put_be64(void *to, uint64_t value)
{
    value = htobe64(value);
    memcpy(to, &value, sizeof value);
}

static inline uint16_t get_be16(const void *from)
{
    uint16_t value;

    memcpy(&value, from, sizeof value);
    return be16toh(value);
}

static inline uint32_t get_be32(const void *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof value);
    return be32toh(value);
}

static inline uint64_t get_be64(const void *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof value);
    return be64toh(value);
}
