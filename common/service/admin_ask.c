#include "service/admin_ask.h"

#include <string.h>

#include "http/client.h"

/* Below the timeout of the probes that ask (deploy/Dockerfile), so that they see the reason. */
enum { ASK_MS = 3000 };

/* The host to ask of one to listen on. */
static const char *host_to_ask(const char *host, size_t len)
{
    static const struct {
        const char *everywhere, *loopback;
    } rows[] = { { "0.0.0.0", "127.0.0.1" }, { "[::]", "[::1]" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strlen(rows[i].everywhere) == len && memcmp(rows[i].everywhere, host, len) == 0)
            return rows[i].loopback;
    }
    return NULL;
}

static const char *url_of(const char *addr, struct cm_arena *arena)
{
    const char *port = strrchr(addr, ':'); /* there is one: the setting is host:port */
    size_t len = port ? (size_t)(port - addr) : strlen(addr);
    const char *host = host_to_ask(addr, len);

    return cm_arena_text(arena, cm_arena_printf(arena, "http://%.*s%s/healthz",
                                                host ? (int)strlen(host) : (int)len,
                                                host ? host : addr, port ? port : ""));
}

cm_rc admin_ask_alive(const char *addr, struct cm_err *err)
{
    CM_OWN(cm_arena) arena = cm_arena_new();
    CM_OWN(cm_http_client) http = NULL;
    struct cm_http_ask ask = { .url = url_of(addr, arena),
                               .timeout_ms = ASK_MS,
                               .connect_timeout_ms = ASK_MS };
    struct cm_http_answer answer = { 0 };
    cm_rc rc = cm_http_client_new(NULL, &http, err);

    if (!rc)
        rc = cm_http_fetch(http, &ask, arena, &answer, err);
    if (!rc && answer.status != 200)
        rc = cm_fail(err, CM_RETRY, "%s answered %u, not 200", ask.url, answer.status);
    return rc;
}
