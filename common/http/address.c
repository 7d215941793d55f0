#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct block {
    uint8_t prefix[16];
    int bits;
};

/* IANA's special-purpose registries (RFC 6890 and what came after), where nobody's public service
 * is. */
static const struct block blocks_v4[] = {
    { { 0 }, 8 },             /* this network */
    { { 10 }, 8 },            /* private */
    { { 100, 64 }, 10 },      /* carrier's NAT */
    { { 127 }, 8 },           /* loopback */
    { { 169, 254 }, 16 },     /* link-local, and the clouds' metadata */
    { { 172, 16 }, 12 },      /* private */
    { { 192, 0, 0 }, 24 },    /* protocol assignments */
    { { 192, 0, 2 }, 24 },    /* documentation */
    { { 192, 88, 99 }, 24 },  /* 6to4 relays */
    { { 192, 168 }, 16 },     /* private */
    { { 198, 18 }, 15 },      /* benchmarks */
    { { 198, 51, 100 }, 24 }, /* documentation */
    { { 203, 0, 113 }, 24 },  /* documentation */
    { { 224 }, 3 },           /* multicast, reserved, broadcast */
};

/* Within 2000::/3; all else is loopback, mapped, translated, local, multicast or unassigned. */
static const struct block blocks_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },       /* protocol assignments, Teredo among them */
    { { 0x20, 0x01, 0x0D, 0xB8 }, 32 }, /* documentation */
    { { 0x20, 0x02 }, 16 },             /* 6to4: carries an IPv4 address */
    { { 0x3F, 0xFF, 0x00 }, 20 },       /* documentation */
};

static bool is_in(const uint8_t *address, const struct block *block)
{
    int whole = block->bits / 8, rest = block->bits % 8;

    if (memcmp(address, block->prefix, (size_t)whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ block->prefix[whole]) >> (8 - rest) == 0;
}

static bool is_public_v4(const uint8_t *address)
{
    for (size_t i = 0; i < sizeof blocks_v4 / sizeof blocks_v4[0]; i++)
        if (is_in(address, &blocks_v4[i]))
            return false;
    return true;
}

static bool is_public_v6(const uint8_t *address)
{
    if (address[0] >> 5 != 1)
        return false;
    for (size_t i = 0; i < sizeof blocks_v6 / sizeof blocks_v6[0]; i++)
        if (is_in(address, &blocks_v6[i]))
            return false;
    return true;
}

bool cm_address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return is_public_v4((const uint8_t *)&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        return is_public_v6(v6.sin6_addr.s6_addr);
    }
    return false;
}
