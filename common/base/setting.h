/* setting.h - what one setting takes: the check of a value, and the words for it.
 *
 * Used by config.c only. Thread: any.
 */
#pragma once
#include <stddef.h>

#include "base/config.h"

struct cm_value {
    const struct cm_setting *setting;
    char *text;     /* NULL: unset */
    int64_t number; /* of integers and booleans, set by cm_value_check */
};

/** CM_FATAL: "NAME=value: want ...". An unset value is fine. */
cm_rc cm_value_check(struct cm_value *v, struct cm_err *err) CM_MUSTCHECK;

/** "1 to 256", "text or json", "host:port": for --help and the documentation. */
void cm_setting_say(const struct cm_setting *s, char *out, size_t size);
