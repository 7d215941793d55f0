#include "base/sid.h"

enum { SID_LEN = 34 };

bool cm_is_sid(struct cm_str sid, const char *kind)
{
    if (sid.len != SID_LEN || !cm_str_starts(sid, kind))
        return false;

    for (size_t i = 2; i < sid.len; i++)
        if (cm_hex_digit(sid.at[i]) < 0)
            return false;
    return true;
}
