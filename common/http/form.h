/* form.h - the fields of a form, or of a URL's query. Thread: any. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

struct cm_form_field {
    struct cm_str name, value;
};
/** Splits "a=1&b=%20" (application/x-www-form-urlencoded), decoded, in order, into `arena`. The
 *  bytes may be no UTF-8. CM_REJECT: a broken escape, NUL, or more than `max` fields. */
cm_rc cm_form_parse(struct cm_str text, struct cm_arena *arena, size_t max,
                    struct cm_form_field **fields, size_t *count, struct cm_err *err) CM_MUSTCHECK;
