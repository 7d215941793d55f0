#include <stdio.h>

#include "http/ws/serve.h"

static const char *const reasons[WS_REFUSALS] = {
    [WS_REFUSED_HANDSHAKE] = "handshake",     [WS_REFUSED_DEADLINE] = "deadline",
    [WS_REFUSED_CONNECTIONS] = "connections", [WS_REFUSED_ADMIT] = "admit",
    [WS_REFUSED_STOPPING] = "stopping",
};

static const char *const ways[WS_WAYS] = { [WS_IN] = "in", [WS_OUT] = "out" };

void ws_stats_open(struct cm_ws_server *server)
{
    struct cm_metrics *m = server->options.metrics;
    char labels[64];

    server->counts.metrics = m;
    server->connections =
        cm_gauge(m, "callmill_ws_connections", "Open WebSocket connections.", NULL);
    for (int i = 0; i < WS_REFUSALS; i++) {
        snprintf(labels, sizeof labels, "reason=\"%s\"", reasons[i]);
        server->refused[i] = cm_counter(m, "callmill_ws_refused_total",
                                        "WebSocket connections that were turned away.", labels);
    }
    for (int way = 0; way < WS_WAYS; way++) {
        snprintf(labels, sizeof labels, "way=\"%s\"", ways[way]);
        server->counts.messages[way] =
            cm_counter(m, "callmill_ws_messages_total",
                       "WebSocket messages of clients (in) and to them.", labels);
        server->counts.bytes[way] = cm_counter(m, "callmill_ws_bytes_total",
                                               "Bytes of these messages, without framing.", labels);
    }
}

/* A peer may choose among 2,000 private codes: they are counted by the thousand. */
void ws_stats_closed(const struct cm_ws_server *server, unsigned code)
{
    char labels[32];

    if (code >= 3000)
        snprintf(labels, sizeof labels, "code=\"%uxxx\"", code / 1000);
    else
        snprintf(labels, sizeof labels, "code=\"%u\"", code);
    cm_metric_add(cm_counter(server->options.metrics, "callmill_ws_closed_total",
                             "WebSocket connections that ended, by close code.", labels),
                  1);
}
