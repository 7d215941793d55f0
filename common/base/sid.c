#include "base/sid.h"

enum { SID_LEN = 34 };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool cm_is_sid(struct cm_str sid, const char *kind)
{
    if (sid.len != SID_LEN || !cm_str_starts(sid, kind))
        return false;

    for (size_t i = 2; i < sid.len; i++)
        if (!is_hex(sid.at[i]))
            return false;
    return true;
}
