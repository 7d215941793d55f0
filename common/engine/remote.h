/* remote.h - what servers with an OpenAI-compatible interface have in common: addresses and
 * refusals. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "http/client.h"

/** Where `path` ("/audio/transcriptions") is at `server`, which may be given as "https://host",
 * with "/v1", or as the whole address. In the arena. */
const char *cm_remote_url(struct cm_arena *arena, const char *server, const char *path);

/** What an answer's status asks us to do; `setting` names the server in the message, together with
 * what the server says itself. CM_OK: 2xx. CM_RETRY: 408, 409, 429, 5xx, with the pause that was
 * asked for. CM_REJECT: any other, and a quota that is used up. x-should-retry has the last word.
 */
cm_rc cm_remote_verdict(const char *setting, const struct cm_http_answer *answer, int64_t now_us,
                        struct cm_err *err) CM_MUSTCHECK;
