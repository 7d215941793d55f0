#include "base/mail_address.h"

#include <string.h>

enum { ADDRESS_MAX = 254, LOCAL_MAX = 64 }; /* RFC 5321, 4.5.3.1 */

bool cm_is_mail_address(struct cm_str text)
{
    const char *at = text.len ? memchr(text.at, '@', text.len) : NULL;
    size_t local = at ? (size_t)(at - text.at) : 0;

    if (local == 0 || local > LOCAL_MAX || local + 1 == text.len || text.len > ADDRESS_MAX)
        return false;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c <= ' ' || c >= 0x7f || strchr("<>()[]\\,;:\"", c) || (c == '@' && i != local))
            return false;
    }
    return text.at[local + 1] != '-' && text.at[local + 1] != '.';
}
