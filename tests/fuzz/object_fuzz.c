/* object_fuzz.c - what an object store answers: its errors and its listings. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/object_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const unsigned statuses[] = { 200, 301, 400, 403, 404, 503 };
    const struct object_answer_context context = { .bucket = { "calls", 5 },
                                                   .region = "us-east-1" };
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str body = { (const char *)at, len }, rest = body, content;
    size_t contents = 0;
    struct cm_err err;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const struct cm_http_answer answer = { .status = statuses[i], .body = body };

        if (object_answer_judge(&context, &answer, 0, &err) == CM_OK && statuses[i] >= 500)
            abort();
    }
    while (object_answer_next(&rest, "Contents", &content)) {
        if (object_answer_text(arena, content, "Key").len > content.len || ++contents > len)
            abort();
    }
    (void)object_answer_text(arena, body, "IsTruncated");
    return 0;
}
