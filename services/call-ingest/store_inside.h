/* store_inside.h - what the stores of this service share. Only for store_*.c. */
#pragma once
#include "store_call.h"

/** $1 is the text. */
struct cm_args *store_args_text(struct cm_arena *arena, struct cm_str text);

/** $1 is the call's id, $2 its organization's. */
struct cm_args *store_args_call(struct cm_arena *arena, const struct call_row *call);
