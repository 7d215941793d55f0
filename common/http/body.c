/* A request's body. A short one is kept in memory. A long one is asked about before it is read, and
 * then goes to a file without a name, so that nothing of it is left behind, whatever ends first.
 *
 * What is not wanted is read and thrown away, as far as an honest client would send it:
 * libmicrohttpd takes no answer in the midst of a body, and a connection that is closed on a client
 * that still sends is a reset, which it may see in place of the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/write.h"
#include "http/inside.h"

bool http_body_is_long(const struct cm_http_request *rq)
{
    return rq->match.route && rq->match.route->body_max == CM_HTTP_LONG_BODY;
}

uint64_t http_body_max(const struct cm_http_request *rq)
{
    if (!rq->match.route)
        return 0;
    return http_body_is_long(rq) ? rq->at->server->options.long_bodies.max_bytes
                                 : rq->match.route->body_max;
}

void http_refuse(struct cm_http_request *rq, enum http_refusal reason, unsigned status,
                 const char *why)
{
    rq->refuse = status;
    rq->refuse_why = why;
    cm_metric_add(rq->at->server->refused[reason], 1);
}

/* ---- before it is read ---- */

/* Who was told to wait for a word before sending gets it at once. */
enum MHD_Result http_body_asked(struct cm_http_request *rq)
{
    rq->head_again = false;
    return rq->answered && rq->waits ? http_dispatch(rq) : MHD_YES;
}

enum MHD_Result http_body_ask(struct cm_http_request *rq)
{
    if (rq->at->closed) {
        rq->refuse = 503;
        rq->refuse_why = "The server is stopping.";
        return MHD_YES;
    }
    http_conn_enter(rq->conn, CONN_WORKING);
    rq->stage = STAGE_ASKING;
    http_handle(rq, rq->at->server->options.long_bodies.admit);
    if (rq->stage != STAGE_ASKING)
        return http_body_asked(rq);

    rq->stage = STAGE_ASKED;
    MHD_suspend_connection(rq->mhd);
    return MHD_YES;
}

void http_body_go_on(struct cm_http_request *rq)
{
    rq->head_again = rq->stage == STAGE_ASKED;
    rq->stage = STAGE_READING;
    http_conn_enter(rq->conn, CONN_READING);
    if (rq->head_again)
        http_resume(rq);
}

/* Not every file system has files without names: there, one has a name for a moment. */
static int open_nameless(struct cm_http_request *rq, const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char *path;

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;

    path = cm_arena_text(rq->arena, cm_arena_printf(rq->arena, "%s/.body-XXXXXX", folder));
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void say_no_room(struct cm_http_request *rq)
{
    cm_log(CM_LOG_WARN, "a body cannot be kept", "folder=%s reason=%s",
           rq->at->server->options.long_bodies.folder, strerror(errno));
    cm_http_set(rq, "Retry-After", "10");
    http_refuse(rq, REFUSED_LONG_BODIES, 503, "There is no room for the body right now.");
}

void cm_http_take_body(struct cm_http_request *rq)
{
    struct cm_http_server *server = rq->at->server;
    const struct cm_http_long_bodies *o = &server->options.long_bodies;

    if (atomic_fetch_add(&server->long_bodies, 1) >= o->at_a_time) {
        atomic_fetch_sub(&server->long_bodies, 1);
        cm_http_set(rq, "Retry-After", "10");
        http_refuse(rq, REFUSED_LONG_BODIES, 503, "Too many long bodies are sent at a time.");
    } else {
        rq->has_long_body = true;
        rq->body_fd = open_nameless(rq, o->folder);
        if (rq->body_fd < 0)
            say_no_room(rq);
    }
    http_body_go_on(rq);
}

/* ---- as it comes ---- */

static void keep(struct cm_http_request *rq, struct cm_str part)
{
    if (part.len > http_body_max(rq) - rq->received)
        http_refuse(rq, REFUSED_BODY, 413, "The body is larger than this path takes.");
    else if (!http_body_is_long(rq))
        cm_buf_str(&rq->body, part);
    else if (!cm_write_all(rq->body_fd, part)) /* the page cache has it; its handler syncs it */
        say_no_room(rq);
}

static enum MHD_Result throw_away(struct cm_http_request *rq, struct cm_str part)
{
    rq->discarded += part.len;
    if (rq->received + rq->discarded <= http_body_max(rq) + DRAIN_MAX_BYTES)
        return MHD_YES;

    if (!rq->answered)
        rq->status = rq->refuse;
    http_conn_cut(rq->conn, rq->status);
    return MHD_NO;
}

enum MHD_Result http_body_take(struct cm_http_request *rq, struct cm_str part)
{
    rq->head_again = false;
    if (!rq->refuse && !rq->answered) {
        keep(rq, part);
        if (!rq->refuse) {
            rq->received += part.len;
            return MHD_YES;
        }
        http_body_finish(rq);
    }
    return throw_away(rq, part);
}

void http_body_finish(struct cm_http_request *rq)
{
    cm_buf_finish(&rq->body);
    if (!rq->has_long_body)
        return;

    rq->has_long_body = false;
    atomic_fetch_sub(&rq->at->server->long_bodies, 1);
    if (rq->body_fd >= 0)
        close(rq->body_fd);
    rq->body_fd = -1;
}

struct cm_str cm_http_body(const struct cm_http_request *rq)
{
    return cm_buf_view(&rq->body);
}

int cm_http_body_file(const struct cm_http_request *rq)
{
    return rq->body_fd;
}
