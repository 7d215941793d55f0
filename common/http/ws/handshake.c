#include "http/ws/handshake.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"

/* RFC 6455, 1.3: what is hashed behind the client's key. */
#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { KEY_LEN = 24, KEY_BYTES = 16 };

struct refusal {
    unsigned status;
    const char *why;
};

static bool is_token(struct cm_str name)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!plain && (c == '\0' || !strchr(extra, c)))
            return false;
    }
    return name.len > 0;
}

/* Printable characters and, in values, tabs and what is beyond ASCII. */
static bool is_value(struct cm_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7F)
            return false;
    return true;
}

static bool is_target(struct cm_str target)
{
    for (size_t i = 0; i < target.len; i++)
        if (target.at[i] <= ' ' || target.at[i] == 0x7F || target.at[i] == '#')
            return false;
    return target.len > 0 && target.at[0] == '/';
}

static bool find_header(const struct cm_ws_header headers[], size_t count, const char *name,
                        struct cm_str *value)
{
    for (size_t i = 0; i < count; i++)
        if (cm_str_ieq(headers[i].name, name)) {
            *value = headers[i].value;
            return true;
        }
    return false;
}

static size_t times(const struct cm_ws_header headers[], size_t count, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += cm_str_ieq(headers[i].name, name);
    return n;
}

/* Is `token` (any case) one of the values of a list, over all headers of the name? */
static bool lists(const struct cm_ws_header headers[], size_t count, const char *name,
                  const char *token)
{
    for (size_t i = 0; i < count; i++) {
        struct cm_str rest = headers[i].value, part;

        if (!cm_str_ieq(headers[i].name, name))
            continue;
        while (cm_str_split(&rest, ',', &part))
            if (cm_str_ieq(cm_str_trim(part), token))
                return true;
    }
    return false;
}

/* One line off the front, without its CRLF; false: a line that does not end so. */
static bool take_line(struct cm_str *rest, struct cm_str *line)
{
    const char *lf = memchr(rest->at, '\n', rest->len);

    if (!lf || lf == rest->at || lf[-1] != '\r')
        return false;
    *line = (struct cm_str){ rest->at, (size_t)(lf - rest->at) - 1 };
    rest->len -= (size_t)(lf - rest->at) + 1;
    rest->at = lf + 1;
    return true;
}

static const char *read_headers(struct cm_str rest, struct cm_ws_header headers[], size_t *count)
{
    struct cm_str line, name;

    for (*count = 0; take_line(&rest, &line); ++*count) {
        if (line.len == 0)
            return NULL;
        if (*count == CM_WS_HEADERS_MAX)
            return "more than 64 headers";
        if (line.at[0] == ' ' || line.at[0] == '\t')
            return "a folded header";
        if (!cm_str_split(&line, ':', &name) || !line.at || !is_token(name))
            return "a header without a proper name";
        if (!is_value(line))
            return "a control character in a header";
        headers[*count] = (struct cm_ws_header){ name, cm_str_trim(line) };
    }
    return "a line that does not end in CRLF";
}

bool cm_ws_head_may_end(struct cm_str bytes, size_t before)
{
    for (size_t i = before; i < bytes.len; i++)
        if (bytes.at[i] == '\n' &&
            (i == 0 || bytes.at[i - 1] != '\r' || (i >= 3 && bytes.at[i - 2] == '\n')))
            return true;
    return bytes.len >= CM_WS_HEAD_MAX;
}

/* Where does the head end? MORE: not yet; BAD: nowhere, or too late. */
static enum cm_ws_head_answer find_end(struct cm_str bytes, size_t *end, struct refusal *no)
{
    size_t within = bytes.len < CM_WS_HEAD_MAX ? bytes.len : CM_WS_HEAD_MAX;
    const char *found = memmem(bytes.at ? bytes.at : "", within, "\r\n\r\n", 4);

    if (found) {
        *end = (size_t)(found - bytes.at) + 4;
        return CM_WS_HEAD_WHOLE;
    }
    for (size_t i = 0; bytes.at && i < within; i++)
        if (bytes.at[i] == '\n' && (i == 0 || bytes.at[i - 1] != '\r')) {
            *no = (struct refusal){ 400, "a line that does not end in CRLF" };
            return CM_WS_HEAD_BAD;
        }
    if (bytes.len < CM_WS_HEAD_MAX)
        return CM_WS_HEAD_MORE;
    *no = (struct refusal){ 431, "the head is longer than 8192 bytes" };
    return CM_WS_HEAD_BAD;
}

static struct refusal read_request_line(struct cm_str line, struct cm_ws_request *out)
{
    struct cm_str method, rest = line;
    const char *query;

    if (!cm_str_split(&rest, ' ', &method) || !cm_str_split(&rest, ' ', &out->target) || !rest.at ||
        !is_token(method))
        return (struct refusal){ 400, "the first line is no request line" };
    if (cm_str_is(rest, "HTTP/1.0") || cm_str_is(rest, "HTTP/2.0"))
        return (struct refusal){ 505, "want HTTP/1.1" };
    if (!cm_str_is(rest, "HTTP/1.1"))
        return (struct refusal){ 400, "the first line is no request line" };
    if (!cm_str_is(method, "GET"))
        return (struct refusal){ 405, "want GET" };
    if (!is_target(out->target))
        return (struct refusal){ 400, "the target is no path" };

    query = memchr(out->target.at, '?', out->target.len);
    out->path = out->target;
    if (query)
        out->path.len = (size_t)(query - out->target.at);
    return (struct refusal){ 0 };
}

/* 24 characters of base64 that are 16 bytes, in the one way to write them. */
static bool is_key(struct cm_str key)
{
    unsigned char bytes[KEY_LEN];
    struct cm_base64_32 again;

    if (key.len != KEY_LEN || key.at[KEY_LEN - 1] != '=' || key.at[KEY_LEN - 2] != '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)key.at, KEY_LEN) != KEY_BYTES + 2)
        return false;
    again = cm_base64(bytes, KEY_BYTES);
    return cm_str_eq(key, cm_str_of(again.at));
}

static struct refusal check_request(struct cm_ws_request *rq)
{
    static const char *const once[] = { "Host", "Upgrade", "Sec-WebSocket-Key",
                                        "Sec-WebSocket-Version" };
    const struct cm_ws_header *h = rq->headers;
    struct cm_str value;

    if (find_header(h, rq->header_count, "Transfer-Encoding", &value) ||
        (find_header(h, rq->header_count, "Content-Length", &value) && !cm_str_is(value, "0")))
        return (struct refusal){ 400, "a body" };
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (times(h, rq->header_count, once[i]) > 1)
            return (struct refusal){ 400, "a header of the handshake twice" };
    if (!times(h, rq->header_count, "Host"))
        return (struct refusal){ 400, "no Host" };
    if (!lists(h, rq->header_count, "Upgrade", "websocket") ||
        !lists(h, rq->header_count, "Connection", "Upgrade"))
        return (struct refusal){ 426, "no WebSocket handshake" };
    if (!find_header(h, rq->header_count, "Sec-WebSocket-Version", &value) ||
        !cm_str_is(value, "13"))
        return (struct refusal){ 426, "want Sec-WebSocket-Version 13" };
    if (!find_header(h, rq->header_count, "Sec-WebSocket-Key", &rq->key) || !is_key(rq->key))
        return (struct refusal){ 400, "Sec-WebSocket-Key is not 16 bytes of base64" };
    return (struct refusal){ 0 };
}

enum cm_ws_head_answer cm_ws_read_request(struct cm_str bytes, struct cm_ws_request *out,
                                          size_t *used, unsigned *status, const char **why)
{
    struct refusal no = { 0 };
    struct cm_str rest = bytes, line;
    size_t end;
    enum cm_ws_head_answer answer = find_end(bytes, &end, &no);

    if (answer == CM_WS_HEAD_WHOLE) {
        rest.len = end;
        out->header_count = 0;
        out->peer = (struct cm_str){ 0 };
        if (!take_line(&rest, &line))
            no = (struct refusal){ 400, "a line that does not end in CRLF" };
        else
            no = read_request_line(line, out);
        if (!no.status && (no.why = read_headers(rest, out->headers, &out->header_count)))
            no.status = 400;
        if (!no.status)
            no = check_request(out);
        *used = end;
    }
    if (!no.status)
        return answer;

    *status = no.status;
    *why = no.why;
    return CM_WS_HEAD_BAD;
}

bool cm_ws_request_header(const struct cm_ws_request *rq, const char *name, struct cm_str *value)
{
    return find_header(rq->headers, rq->header_count, name, value);
}

static struct cm_base64_32 accept_of(struct cm_str key)
{
    unsigned char text[KEY_LEN + sizeof MAGIC - 1], hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    memcpy(text, key.at, KEY_LEN);
    memcpy(text + KEY_LEN, MAGIC, sizeof MAGIC - 1);
    if (!EVP_Digest(text, sizeof text, hash, &len, EVP_sha1(), NULL))
        cm_out_of_memory(); /* the algorithm is built in: nothing else can fail */
    return cm_base64(hash, len);
}

void cm_ws_write_accept(struct cm_str key, struct cm_buf *out)
{
    cm_buf_printf(out,
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                  accept_of(key).at);
}

void cm_ws_write_refusal(unsigned status, struct cm_buf *out)
{
    static const struct {
        unsigned status;
        const char *text, *more;
    } known[] = {
        { 400, "Bad Request", "" },
        { 401, "Unauthorized", "" },
        { 403, "Forbidden", "" },
        { 404, "Not Found", "" },
        { 405, "Method Not Allowed", "Allow: GET\r\n" },
        { 408, "Request Timeout", "" },
        { 426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" },
        { 429, "Too Many Requests", "" },
        { 431, "Request Header Fields Too Large", "" },
        { 500, "Internal Server Error", "" },
        { 503, "Service Unavailable", "Retry-After: 1\r\n" },
        { 505, "HTTP Version Not Supported", "" },
    };
    const char *text = "Refused", *more = "";

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].status == status) {
            text = known[i].text;
            more = known[i].more;
        }
    cm_buf_printf(out, "HTTP/1.1 %u %s\r\n%sContent-Length: 0\r\nConnection: %s\r\n\r\n", status,
                  text, more, status == 426 ? "close, Upgrade" : "close");
}

void cm_ws_write_request(struct cm_str host, struct cm_str target, struct cm_str key,
                         const char *const *headers, struct cm_buf *out)
{
    cm_buf_printf(out,
                  "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Key: %.*s\r\n"
                  "Sec-WebSocket-Version: 13\r\n",
                  CM_STR_FMT(target), CM_STR_FMT(host), CM_STR_FMT(key));
    for (; headers && *headers; headers++)
        cm_buf_printf(out, "%s\r\n", *headers);
    cm_buf_text(out, "\r\n");
}

static const char *check_response(const struct cm_ws_header headers[], size_t count,
                                  struct cm_str key)
{
    struct cm_base64_32 want = accept_of(key);
    struct cm_str value;

    if (!lists(headers, count, "Upgrade", "websocket") ||
        !lists(headers, count, "Connection", "Upgrade"))
        return "the server does not upgrade to websocket";
    if (times(headers, count, "Sec-WebSocket-Accept") != 1 ||
        !find_header(headers, count, "Sec-WebSocket-Accept", &value) ||
        !cm_str_eq(value, cm_str_of(want.at)))
        return "Sec-WebSocket-Accept does not fit the key";
    if (times(headers, count, "Sec-WebSocket-Extensions") ||
        times(headers, count, "Sec-WebSocket-Protocol"))
        return "the server chose an extension or a subprotocol that nobody offered";
    return NULL;
}

enum cm_ws_head_answer cm_ws_read_response(struct cm_str bytes, struct cm_str key, size_t *used,
                                           unsigned *status, const char **why)
{
    struct cm_ws_header headers[CM_WS_HEADERS_MAX];
    struct refusal no = { 0 };
    struct cm_str rest = bytes, line, version, code;
    size_t end, count;
    int64_t number = 0;
    enum cm_ws_head_answer answer = find_end(bytes, &end, &no);

    *status = 0;
    *why = no.why;
    if (answer != CM_WS_HEAD_WHOLE)
        return answer;

    rest.len = end;
    *why = "the server answered something that is not HTTP/1.1";
    if (!take_line(&rest, &line) || !cm_str_split(&line, ' ', &version) ||
        !cm_str_is(version, "HTTP/1.1") || !cm_str_split(&line, ' ', &code) || code.len != 3 ||
        !cm_str_i64(code, 100, 999, &number))
        return CM_WS_HEAD_BAD;

    *status = (unsigned)number;
    *why = "the server refused the handshake";
    if (number != 101)
        return CM_WS_HEAD_BAD;
    *why = read_headers(rest, headers, &count);
    if (!*why)
        *why = check_response(headers, count, key);
    *used = end;
    return *why ? CM_WS_HEAD_BAD : CM_WS_HEAD_WHOLE;
}
