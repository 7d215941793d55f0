/* twilio_upgrade.c - the forms in which a stream's URL may be signed. */
#include <string.h>

#include "http/twilio_signature.h"

/* The URL as it is, and with the other scheme of the same security. */
static size_t scheme_forms(struct cm_str url, struct cm_arena *arena, struct cm_str forms[2])
{
    static const char *const twins[][2] = { { "wss://", "https://" },
                                            { "ws://", "http://" },
                                            { "https://", "wss://" },
                                            { "http://", "ws://" } };

    forms[0] = url;
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        size_t len = strlen(twins[i][0]);

        if (!cm_str_starts(url, twins[i][0]))
            continue;
        forms[1] =
            cm_arena_printf(arena, "%s%.*s", twins[i][1], (int)(url.len - len), url.at + len);
        return 2;
    }
    return 1;
}

static struct cm_str other_slash(struct cm_str url, struct cm_arena *arena)
{
    if (url.len && url.at[url.len - 1] == '/')
        return (struct cm_str){ url.at, url.len - 1 };
    return cm_arena_printf(arena, "%.*s/", CM_STR_FMT(url));
}

enum cm_twilio_answer cm_twilio_check_upgrade(const struct cm_twilio_keys *keys, struct cm_str url,
                                              struct cm_str signature, struct cm_str settings,
                                              struct cm_arena *arena)
{
    struct cm_str forms[2];
    size_t count = scheme_forms(url, arena, forms);

    for (size_t i = 0; i < 2 * count; i++) {
        struct cm_twilio_request rq = { .url = forms[i / 2],
                                        .signature = signature,
                                        .settings = settings };
        enum cm_twilio_answer answer;

        if (i % 2)
            rq.url = other_slash(rq.url, arena);
        answer = cm_twilio_check(keys, &rq, arena);
        if (answer != SIGNATURE_WRONG)
            return answer;
    }
    return SIGNATURE_WRONG;
}
