/* A stream is a response whose bytes are taken from a queue. While the queue is empty the
 * connection is suspended, and its socket is watched by ourselves, since libmicrohttpd looks at it
 * no more.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "http/inside.h"

enum { BLOCK_BYTES = 4096, KEEP_BYTES = 64 * 1024 };

struct cm_http_stream {
    struct cm_http_request *rq;
    struct cm_buf queue;
    size_t sent, queue_max;  /* bytes; `sent` of the queue's are with libmicrohttpd */
    void (*gone)(void *ctx); /* NULL once it was called */
    void *ctx;
    struct cm_watch *watch;
    bool suspended, ended, broken;
};

static void wake(struct cm_http_stream *stream)
{
    if (!stream->suspended)
        return;

    stream->suspended = false;
    http_resume(stream->rq);
}

static ssize_t read_stream(void *ctx, uint64_t position, char *to, size_t room)
{
    struct cm_http_stream *stream = ctx;
    size_t len = stream->queue.len - stream->sent;

    (void)position;
    if (stream->broken)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (len == 0 && stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (len == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->rq->mhd);
        return 0;
    }

    len = len < room ? len : room;
    memcpy(to, stream->queue.at + stream->sent, len);
    stream->sent += len;
    if (stream->sent == stream->queue.len) {
        stream->sent = 0;
        if (stream->queue.room > KEEP_BYTES)
            cm_buf_finish(&stream->queue);
        else
            cm_buf_clear(&stream->queue);
    }
    return (ssize_t)len;
}

/* The client can't be served any more: what was queued for it is dropped. */
static void break_off(struct cm_http_stream *stream)
{
    stream->broken = true;
    cm_watch_free(stream->watch);
    stream->watch = NULL;
    http_conn_shut(stream->rq->conn);
    wake(stream);
}

static void on_hang_up(void *ctx, uint32_t events)
{
    (void)events;
    break_off(ctx);
}

static void free_stream(void *ctx)
{
    struct cm_http_stream *stream = ctx;

    cm_watch_free(stream->watch);
    cm_buf_finish(&stream->queue);
    free(stream);
}

struct cm_http_stream *cm_http_reply_stream(struct cm_http_request *rq, const char *type,
                                            size_t queue_max_bytes, void (*gone)(void *ctx),
                                            void *ctx)
{
    struct cm_http_stream *stream = cm_must(calloc(1, sizeof *stream));

    stream->rq = rq;
    stream->queue_max = queue_max_bytes;
    stream->gone = gone;
    stream->ctx = ctx;
    /* A descriptor that can't be watched is one whose end is noticed at the next byte. */
    if (cm_watch_new(rq->at->loop, rq->conn->fd, EPOLLRDHUP, on_hang_up, stream, &stream->watch,
                     NULL))
        stream->watch = NULL;
    if (!rq->answered)
        rq->stream = stream;
    http_reply_with(rq, 200, type,
                    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream,
                                                      stream, free_stream));
    return rq->stream == stream ? stream : NULL;
}

bool cm_http_stream_put(struct cm_http_stream *stream, struct cm_str bytes)
{
    if (stream->broken || stream->ended)
        return false;
    if (bytes.len > stream->queue_max - (stream->queue.len - stream->sent)) {
        cm_metric_add(stream->rq->at->server->refused[REFUSED_SLOW_READER], 1);
        break_off(stream);
        return false;
    }

    if (stream->sent > KEEP_BYTES) { /* what was sent makes room for what comes */
        memmove(stream->queue.at, stream->queue.at + stream->sent,
                stream->queue.len - stream->sent + 1);
        stream->queue.len -= stream->sent;
        stream->sent = 0;
    }
    cm_buf_str(&stream->queue, bytes);
    wake(stream);
    return true;
}

void cm_http_stream_end(struct cm_http_stream *stream)
{
    if (stream->ended)
        return;

    stream->ended = true;
    if (stream->rq->conn->phase == CONN_STREAMING)
        http_conn_enter(stream->rq->conn, CONN_SENDING); /* from now on an end is expected */
    wake(stream);
}

void http_stream_gone(struct cm_http_stream *stream)
{
    void (*gone)(void *ctx) = stream->gone;

    stream->gone = NULL;
    stream->broken = true;
    cm_watch_free(stream->watch);
    stream->watch = NULL;
    if (gone)
        gone(stream->ctx);
    wake(stream);
}
