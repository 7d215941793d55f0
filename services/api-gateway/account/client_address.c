#include "account/client_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* The n-th part from the right, counted from 1; the leftmost if there are fewer. */
static struct cm_str from_right(struct cm_str list, int n)
{
    size_t end = list.len, begin;

    for (;;) {
        for (begin = end; begin > 0 && list.at[begin - 1] != ','; begin--)
            ;
        if (--n == 0 || begin == 0)
            return cm_str_trim((struct cm_str){ list.at + begin, end - begin });
        end = begin - 1;
    }
}

struct cm_str client_address(struct cm_str peer, struct cm_str forwarded_for, int proxies,
                             char out[CLIENT_ADDRESS_MAX])
{
    struct cm_str seen =
        proxies > 0 && forwarded_for.len > 0 ? from_right(forwarded_for, proxies) : peer;
    unsigned char v6[16];
    int len;

    if (seen.len >= CLIENT_ADDRESS_MAX)
        seen.len = CLIENT_ADDRESS_MAX - 1;
    len = snprintf(out, CLIENT_ADDRESS_MAX, "%.*s", CM_STR_FMT(seen));
    if (inet_pton(AF_INET6, out, v6) == 1 &&
        !(memcmp(v6, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)) {
        memset(v6 + 8, 0, 8);
        inet_ntop(AF_INET6, v6, out, CLIENT_ADDRESS_MAX);
        len = (int)strlen(out);
    }
    return (struct cm_str){ out, (size_t)len };
}
