/* body_inside.h - one value and the rule that it breaks. Only for body.c and query.c. */
#pragma once
#include <jansson.h>

#include "body.h"

/** false: it is no such value. */
bool body_take(const struct body_field *field, const json_t *json, struct cm_arena *arena,
               struct body_value *value);
/** "name is a text of 1 to 100 characters" */
const char *body_rule(const struct body_field *field, struct cm_arena *arena);
