/* elsewhere.h - a service to ask, and a client to ask it with. */
#pragma once
#include "web.h"

#include "http/client.h"

struct elsewhere {
    struct cm_http_server *server;
    struct cm_http_client *client;
    struct cm_metrics *metrics;
    struct cm_arena *arena;
    struct cm_err err;
    struct cm_http_answer answer;
    char url[8][128];
    int urls;
};

int elsewhere_open(void **state); /* cmocka's setup and teardown */
int elsewhere_close(void **state);

/** "http://127.0.0.1:PORT" and `path`; lent for the next seven calls. */
const char *url_of(struct elsewhere *fx, const char *path);
/** What came back is in `fx`. */
cm_rc fetch(struct elsewhere *fx, struct cm_http_ask ask);
void assert_body(const struct elsewhere *fx, const char *body);
