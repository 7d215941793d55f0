/* echo_model.c - a realtime model for measuring: it says back every frame of sound that it hears.
 *
 *     echo_model ADDR [LOOPS]        until SIGTERM; prints the port on stdout
 *
 * As little as a bridge can work with: session.created, session.updated, and each append as one
 * audio delta of one endless response.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "http/ws/ws_server.h"

#define SESSION                                                                                    \
    "\"session\":{\"type\":\"realtime\",\"audio\":{\"input\":{\"format\":{\"type\":\"audio/"       \
    "pcmu\"}"                                                                                      \
    "},\"output\":{\"format\":{\"type\":\"audio/pcmu\"}}}}}"

static void say(struct cm_ws *ws, struct cm_str text)
{
    cm_ws_send(ws, &text, 1);
}

static void echo(struct cm_ws *ws, struct cm_str text, size_t at)
{
    struct cm_str rest = { text.at + at, text.len - at }, payload;
    struct cm_str parts[3] = {
        CM_STR("{\"type\":\"response.output_audio.delta\",\"event_id\":\"event_1\",\"response_id\":"
               "\"resp_1\",\"item_id\":\"item_1\",\"output_index\":0,\"content_index\":0,"
               "\"delta\":\""),
        { 0 },
        CM_STR("\"}"),
    };

    cm_str_split(&rest, '"', &payload);
    parts[1] = payload;
    cm_ws_send(ws, parts, 3);
}

static void on_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    static const char audio[] = "\"audio\":\"";
    size_t at;

    (void)ctx;
    if (cm_str_find(text, "input_audio_buffer.append", &at) && cm_str_find(text, audio, &at))
        echo(ws, text, at + sizeof audio - 1);
    else if (cm_str_find(text, "session.update", &at))
        say(ws, CM_STR("{\"type\":\"session.updated\",\"event_id\":\"event_2\"," SESSION));
}

static void on_closed(void *ctx, unsigned code, const char *why)
{
    (void)ctx;
    (void)code;
    (void)why;
}

static const struct cm_ws_events events = { .message = on_message, .closed = on_closed };

static unsigned admit(void *ctx, const struct cm_ws_request *rq)
{
    (void)ctx;
    (void)rq;
    return 101;
}

static void opened(void *ctx, struct cm_ws *ws, const struct cm_ws_request *rq)
{
    (void)ctx;
    (void)rq;
    cm_ws_own(ws, &events, NULL);
    say(ws, CM_STR("{\"type\":\"session.created\",\"event_id\":\"event_1\"," SESSION));
}

int main(int argc, char **argv)
{
    CM_OWN(cm_ws_server) server = NULL;
    int64_t loops = 1;
    struct cm_err err = { 0 };
    sigset_t ends;
    int taken;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    cm_log_setup("echo_model", CM_LOG_WARN, CM_LOG_TEXT);
    if (argc < 2 || (argc > 2 && !cm_str_i64(cm_str_of(argv[2]), 1, 64, &loops)) ||
        cm_ws_server_start(
            &(struct cm_ws_server_options){
                .addr = argv[1],
                .loops = (int)loops,
                .connections_max = 10000,
                .admit = admit,
                .opened = opened,
            },
            &server, &err)) {
        fprintf(stderr, "echo_model: %s\n", err.rc ? err.msg : "usage: echo_model ADDR [LOOPS]");
        return 2;
    }
    printf("%u\n", cm_ws_server_port(server));
    fflush(stdout);
    sigwait(&ends, &taken);
    return 0;
}
