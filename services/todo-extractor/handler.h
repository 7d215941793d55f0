/* handler.h - call.transcribed -> to-dos with their evidence -> call.todos-extracted. */
#pragma once
#include "engine/text.h"
#include "service/service.h"

extern const struct cm_service_spec todo_extractor;

struct extractor { /* what the steps share */
    struct cm_text *text;
};

/** What makes two to-dos of a call the same: the owner and the title's words, whatever their case
 * and punctuation. In the arena. */
struct cm_str todo_fingerprint(struct cm_str owner, struct cm_str title, struct cm_arena *arena);
