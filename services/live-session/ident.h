/* ident.h - an id that the other side made up, kept as it was written in JSON. */
#pragma once
#include <string.h>

#include "base/str.h"

enum { IDENT_MAX = 47 };

struct ident {
    uint8_t len;
    char at[IDENT_MAX];
};

/** false: longer than IDENT_MAX; `*ident` is then empty. */
static inline bool ident_set(struct ident *ident, struct cm_str raw)
{
    ident->len = raw.len <= IDENT_MAX ? (uint8_t)raw.len : 0;
    if (ident->len)
        memcpy(ident->at, raw.at, ident->len);
    return raw.len <= IDENT_MAX;
}

/** Lent by `ident`. */
static inline struct cm_str ident_str(const struct ident *ident)
{
    return (struct cm_str){ ident->at, ident->len };
}

static inline bool ident_is(const struct ident *ident, struct cm_str raw)
{
    return cm_str_eq(ident_str(ident), raw);
}

/** For remembering many that were seen; FNV-1a, never 0. */
static inline uint64_t ident_hash(struct cm_str raw)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < raw.len; i++)
        hash = (hash ^ (unsigned char)raw.at[i]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}
