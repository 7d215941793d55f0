/* An answer of known length whose bytes come through a pipe, from a thread that may wait. While the
 * pipe is empty the connection is suspended and the pipe is watched instead; a client that leaves
 * meanwhile is noticed at the next byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "http/inside.h"

enum { BLOCK_BYTES = 64 * 1024, PIPE_BYTES = 256 * 1024 };

struct http_pipe {
    struct cm_http_request *rq;
    int fd; /* the reading end; -1: there is none, since no byte will be asked for */
    struct cm_watch *watch; /* while suspended only: the pipe's end would be told without end */
    bool broken;
};

static void wake(struct http_pipe *pipe)
{
    if (!pipe->watch)
        return;

    cm_watch_free(pipe->watch);
    pipe->watch = NULL;
    http_resume(pipe->rq);
}

static void on_bytes(void *ctx, uint32_t events)
{
    (void)events; /* also its end, which reading tells */
    wake(ctx);
}

static ssize_t read_pipe(void *ctx, uint64_t position, char *to, size_t room)
{
    struct http_pipe *pipe = ctx;
    ssize_t got;

    (void)position;
    if (pipe->broken || pipe->fd < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    do
        got = read(pipe->fd, to, room);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got == 0 || errno != EAGAIN || /* 0: too early, else it would not have been asked for */
        cm_watch_new(pipe->rq->at->loop, pipe->fd, EPOLLIN, on_bytes, pipe, &pipe->watch, NULL))
        return MHD_CONTENT_READER_END_WITH_ERROR;

    MHD_suspend_connection(pipe->rq->mhd);
    return 0;
}

static void free_pipe(void *ctx)
{
    struct http_pipe *pipe = ctx;

    cm_watch_free(pipe->watch);
    if (pipe->fd >= 0)
        close(pipe->fd);
    free(pipe);
}

void http_pipe_break(struct http_pipe *pipe)
{
    pipe->broken = true;
    wake(pipe);
}

/* Makes the pipe; the writing end is the caller's. */
static bool open_pipe(struct http_pipe *pipe, int *to_fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    pipe->fd = ends[0];
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
        close(ends[1]);
        return false;
    }
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* where it is not allowed: less at a time */
    *to_fd = ends[1];
    return true;
}

int cm_http_reply_pipe(struct cm_http_request *rq, const struct cm_http_wanted *part,
                       const char *type)
{
    struct http_pipe *pipe = cm_must(calloc(1, sizeof *pipe));
    bool is_asked_for = part->len && rq->method[0] != 'H'; /* HEAD */
    int to_fd = -1;

    pipe->rq = rq;
    pipe->fd = -1;
    if (is_asked_for && !open_pipe(pipe, &to_fd)) {
        cm_log(CM_LOG_WARN, "no pipe for an answer", "reason=%s", strerror(errno));
        free_pipe(pipe);
        cm_http_set(rq, "Retry-After", "1");
        cm_http_problem(rq, 503, NULL, "The server has too much open, try again soon.");
        return -1;
    }
    if (!rq->answered)
        rq->pipe = pipe;
    http_reply_with(
        rq, part->status, type,
        MHD_create_response_from_callback(part->len, BLOCK_BYTES, read_pipe, pipe, free_pipe));
    return to_fd;
}
