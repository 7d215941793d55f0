/* handshake_fuzz - bytes as the head that a WebSocket client or server sends.
 *
 * Input: one byte that chooses the side, then the head and what follows it. A head that is read is
 * read from its own bytes alone and from none fewer, and what is written of it is read again.
 */
#include <stdlib.h>

#include "http/ws/handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_line(struct cm_str s)
{
    for (size_t i = 0; i < s.len; i++)
        check(s.at[i] != '\r' && s.at[i] != '\n' && s.at[i] != '\0');
}

static void check_written(const struct cm_ws_request *rq)
{
    CM_OWN_BUF struct cm_buf request = { 0 }, answer = { 0 };
    struct cm_ws_request again;
    struct cm_str host;
    const char *why;
    unsigned status;
    size_t used;

    check(cm_ws_request_header(rq, "Host", &host));
    cm_ws_write_request(host, rq->target, rq->key, NULL, &request);
    if (request.len <= CM_WS_HEAD_MAX) {
        check(cm_ws_read_request(cm_buf_view(&request), &again, &used, &status, &why) ==
              CM_WS_HEAD_WHOLE);
        check(used == request.len && cm_str_eq(again.target, rq->target));
        check(cm_str_eq(again.key, rq->key));
    }
    cm_ws_write_accept(rq->key, &answer);
    check(cm_ws_read_response(cm_buf_view(&answer), rq->key, &used, &status, &why) ==
          CM_WS_HEAD_WHOLE);
    check(used == answer.len && status == 101);
}

static void read_request(struct cm_str bytes)
{
    struct cm_ws_request rq;
    const char *why = NULL;
    unsigned status = 0;
    size_t used = 0;
    enum cm_ws_head_answer answer = cm_ws_read_request(bytes, &rq, &used, &status, &why);

    check(answer != CM_WS_HEAD_BAD || (status >= 400 && status <= 505 && why));
    if (answer != CM_WS_HEAD_WHOLE)
        return;

    check(used > 0 && used <= bytes.len && used <= CM_WS_HEAD_MAX);
    check(rq.path.len > 0 && rq.path.at[0] == '/' && rq.path.len <= rq.target.len);
    check_line(rq.target);
    for (size_t i = 0; i < rq.header_count; i++) {
        check_line(rq.headers[i].name);
        check_line(rq.headers[i].value);
    }
    check_written(&rq);
    bytes.len = used - 1;
    check(cm_ws_read_request(bytes, &rq, &used, &status, &why) == CM_WS_HEAD_MORE);
}

static void read_response(struct cm_str bytes)
{
    const char *why = NULL;
    unsigned status = 0;
    size_t used = 0;
    enum cm_ws_head_answer answer = cm_ws_read_response(bytes, CM_STR(KEY), &used, &status, &why);

    check(answer != CM_WS_HEAD_BAD || why);
    check(answer != CM_WS_HEAD_WHOLE || (status == 101 && used > 0 && used <= bytes.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        read_response((struct cm_str){ (const char *)data + 1, size - 1 });
    else
        read_request((struct cm_str){ (const char *)data + 1, size - 1 });
    return 0;
}
