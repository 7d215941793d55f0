#include "store_inside.h"

struct cm_args *store_args_text(struct cm_arena *arena, struct cm_str text)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_str(args, text);
    return args;
}

struct cm_args *store_args_call(struct cm_arena *arena, const struct call_row *call)
{
    struct cm_args *args = cm_args_new(arena);

    cm_arg_uuid(args, call->id);
    cm_arg_uuid(args, call->organization_id);
    return args;
}
