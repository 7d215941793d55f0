/* Many connections at a time over suspended and resumed requests: none may be forgotten.
 *
 * libmicrohttpd's notes of later versions speak of ready connections that are skipped while another
 * one is suspended; this is the test for it. It also asks for answers in the order of the
 * questions.
 */
#include "web.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 8, CONNECTIONS = 25, ROUNDS = 60 };

/* Answers later and out of order: what waits is answered by the next request or by a timer. */
struct waiting {
    struct cm_http_request *rq;
    struct waiting *next;
};

struct loop_state {
    struct waiting *waiting;
    unsigned count;
    struct cm_timer *timer;
};

struct fixture {
    struct cm_http_server *server;
    struct loop_state loops[2];
};

static void reply_number(struct cm_http_request *rq)
{
    struct cm_str number;

    if (!cm_http_query(rq, "n", &number))
        number = CM_STR("?");
    cm_http_reply(rq, 200, "text/plain", number);
}

static void answer_all(void *ctx)
{
    struct loop_state *at = ctx;

    while (at->waiting) {
        struct cm_http_request *rq = at->waiting->rq;

        at->waiting = at->waiting->next;
        at->count--;
        reply_number(rq);
    }
}

static void reply_later(struct cm_http_request *rq, void *ctx)
{
    struct fixture *fx = ctx;
    struct loop_state *at = &fx->loops[cm_http_loop_index(rq)];
    struct waiting *waiting = CM_NEW(cm_http_arena(rq), struct waiting);

    waiting->rq = rq;
    waiting->next = at->waiting;
    at->waiting = waiting;
    if (++at->count >= 7)
        answer_all(at); /* resumes others, and this one, from inside its handler */
    else
        cm_timer_arm(at->timer, 1);
}

static void reply_now(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    reply_number(rq);
}

static void on_loop_open(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct fixture *fx = ctx;

    fx->loops[index].timer = cm_timer_new(loop, answer_all, &fx->loops[index]);
}

static void on_loop_close(void *ctx, struct cm_loop *loop, unsigned index)
{
    struct fixture *fx = ctx;

    (void)loop;
    answer_all(&fx->loops[index]);
    cm_timer_free(fx->loops[index].timer);
}

static const struct cm_http_route routes[] = {
    { "GET", "/now", reply_now, CM_HTTP_INLINE, 0 },
    { "GET", "/later", reply_later, CM_HTTP_INLINE, 0 },
    { "POST", "/later", reply_later, CM_HTTP_INLINE, 1000 },
    { "GET", "/work", reply_now, CM_HTTP_WORKER, 0 },
    { 0 },
};

struct client {
    struct fixture *fx;
    pthread_t thread;
    unsigned seed;
    int wrong;
};

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void ask_for(struct peer *peer, unsigned kind, unsigned n)
{
    static const struct {
        const char *line, *rest;
    } forms[] = {
        { "GET /now", "\r\n" },
        { "GET /later", "\r\n" },
        { "POST /later", "Content-Length: 3\r\n\r\nabc" },
        { "GET /work", "\r\n" },
    };
    char request[200];

    snprintf(request, sizeof request, "%s?n=%u HTTP/1.1\r\nHost: x\r\n%s", forms[kind % 4].line, n,
             forms[kind % 4].rest);
    peer_say(peer, request);
}

static bool hear(struct peer *peer, unsigned n)
{
    struct answer a = peer_hear(peer);
    bool right = a.status == 200 && a.body.at && strtoul(a.body.at, NULL, 10) == n;

    answer_finish(&a);
    return right;
}

static void *chat(void *ctx)
{
    struct client *client = ctx;
    struct peer peers[CONNECTIONS];
    unsigned asked[CONNECTIONS], heard[CONNECTIONS];

    for (int i = 0; i < CONNECTIONS; i++) {
        peers[i] = peer_dial(cm_http_server_port(client->fx->server));
        asked[i] = heard[i] = 0;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CONNECTIONS; i++) {
            unsigned burst = 1 + next_random(&client->seed) % 3; /* pipelined */

            for (unsigned k = 0; k < burst; k++)
                ask_for(&peers[i], next_random(&client->seed), asked[i]++);
        }
        for (int i = 0; i < CONNECTIONS; i++)
            while (heard[i] < asked[i])
                client->wrong += !hear(&peers[i], heard[i]++);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        peer_close(&peers[i]);
    return NULL;
}

static void run_clients(int loops)
{
    static struct fixture fx;
    struct client clients[CLIENTS];

    fx = (struct fixture){ 0 };
    fx.server = serve((struct cm_http_options){ .routes = routes,
                                                .ctx = &fx,
                                                .loops = loops,
                                                .workers = 2,
                                                .queue_max = 1000,
                                                .loop_open = on_loop_open,
                                                .loop_close = on_loop_close });
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){ .fx = &fx, .seed = (unsigned)i + 1 };
        assert_int_equal(pthread_create(&clients[i].thread, NULL, chat, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].wrong, 0);
    }
    cm_http_server_free(fx.server);
}

static void no_request_is_forgotten_on_one_loop(void **state)
{
    (void)state;
    run_clients(1);
}

static void no_request_is_forgotten_on_two_loops(void **state)
{
    (void)state;
    run_clients(2);
}

/* Clients that leave at once, while their requests wait, are at work, or are being answered. */
static void clients_that_leave_at_any_time_harm_nobody(void **state)
{
    static struct fixture fx;
    unsigned seed = 7;

    (void)state;
    fx = (struct fixture){ 0 };
    fx.server = serve((struct cm_http_options){ .routes = routes,
                                                .ctx = &fx,
                                                .workers = 2,
                                                .queue_max = 1000,
                                                .loop_open = on_loop_open,
                                                .loop_close = on_loop_close });
    for (unsigned i = 0; i < 1000; i++) {
        struct peer peer = peer_dial(cm_http_server_port(fx.server));

        ask_for(&peer, next_random(&seed), i);
        if (next_random(&seed) % 4 == 0)
            assert_true(hear(&peer, i));
        peer_close(&peer);
    }
    cm_http_server_free(fx.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_request_is_forgotten_on_one_loop),
        cmocka_unit_test(no_request_is_forgotten_on_two_loops),
        cmocka_unit_test(clients_that_leave_at_any_time_harm_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
