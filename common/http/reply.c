#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "http/inside.h"
#include "http/range.h"

void cm_http_set(struct cm_http_request *rq, const char *header, const char *value)
{
    struct http_field *field = CM_NEW(rq->arena, struct http_field);

    field->name = cm_arena_text(rq->arena, cm_str_of(header));
    field->value = cm_arena_text(rq->arena, cm_str_of(value));
    *rq->last_field = field;
    rq->last_field = &field->next;
}

static void add_field(struct MHD_Response *response, const char *name, const char *value)
{
    /* Refused are values with CR or LF: they would be headers of somebody else's making. */
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        cm_log(CM_LOG_WARN, "response header left out", "name=%s", name);
}

static bool is_set(const struct cm_http_request *rq, const char *name)
{
    for (const struct http_field *field = rq->fields; field; field = field->next)
        if (strcasecmp(field->name, name) == 0)
            return true;
    return false;
}

static void add_fields(const struct cm_http_request *rq, struct MHD_Response *response)
{
    const char *const *usual = rq->at->server->options.headers;

    for (const struct http_field *field = rq->fields; field; field = field->next)
        add_field(response, field->name, field->value);
    for (; usual && *usual; usual += 2)
        if (!is_set(rq, usual[0]))
            add_field(response, usual[0], usual[1]);
}

void http_reply_with(struct cm_http_request *rq, unsigned status, const char *type,
                     struct MHD_Response *response)
{
    if (!response)
        cm_out_of_memory();
    if (rq->answered) {
        cm_log(CM_LOG_ERROR, "a request was answered twice", "method=%s status=%u", rq->method,
               status);
        MHD_destroy_response(response);
        return;
    }

    if (type)
        add_field(response, "Content-Type", type);
    add_fields(rq, response);
    if (rq->must_close || rq->at->server->options.close_always ||
        atomic_load(&rq->at->server->draining))
        add_field(response, "Connection", "close");
    rq->response = response;
    rq->status = status;
    rq->answered = true;
    if (rq->stage == STAGE_WAITING)
        http_resume(rq);
    else if (rq->stage == STAGE_ASKING || rq->stage == STAGE_ASKED)
        http_body_go_on(rq);
}

void cm_http_reply(struct cm_http_request *rq, unsigned status, const char *type,
                   struct cm_str body)
{
    /* The request's arena outlives the response's last byte. */
    char *copy = cm_arena_text(rq->arena, body);

    http_reply_with(rq, status, type,
                    MHD_create_response_from_buffer(body.len, copy, MHD_RESPMEM_PERSISTENT));
}

void cm_http_reply_lent(struct cm_http_request *rq, unsigned status, const char *type,
                        struct cm_str body)
{
    /* MHD takes the bytes as writable and, being told that they are persistent, leaves them alone.
     */
    union {
        const char *lent;
        void *taken;
    } bytes = { .lent = body.at };

    http_reply_with(rq, status, type,
                    MHD_create_response_from_buffer(body.len, bytes.taken, MHD_RESPMEM_PERSISTENT));
}

void cm_http_reply_buf(struct cm_http_request *rq, unsigned status, const char *type,
                       struct cm_buf *body)
{
    struct cm_buf taken = *body;

    *body = (struct cm_buf){ 0 };
    http_reply_with(rq, status, type,
                    MHD_create_response_from_buffer(taken.len, taken.at, MHD_RESPMEM_MUST_FREE));
}

void cm_http_reply_empty(struct cm_http_request *rq, unsigned status)
{
    http_reply_with(rq, status, NULL,
                    MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

void cm_http_problem(struct cm_http_request *rq, unsigned status, const char *title,
                     const char *detail)
{
    struct cm_buf body = { 0 };
    struct cm_json j = cm_json(&body);

    cm_json_object(&j, NULL);
    cm_json_text(&j, "type", "about:blank");
    cm_json_text(&j, "title", title ? title : MHD_get_reason_phrase_for(status));
    cm_json_i64(&j, "status", status);
    if (detail)
        cm_json_text(&j, "detail", detail);
    cm_json_end(&j);
    cm_http_reply_buf(rq, status, "application/problem+json", &body);
}

static enum http_range_answer wanted_part(struct cm_http_request *rq, uint64_t size,
                                          const char *etag, struct http_range *part)
{
    struct cm_str range, condition;

    *part = (struct http_range){ .from = 0, .len = size };
    if (strcmp(rq->method, "GET") != 0 || !cm_http_header(rq, "Range", &range))
        return HTTP_RANGE_WHOLE;
    if (cm_http_header(rq, "If-Range", &condition) && (!etag || !cm_str_is(condition, etag)))
        return HTTP_RANGE_WHOLE;
    return http_range_parse(range, size, part);
}

bool cm_http_want_part(struct cm_http_request *rq, uint64_t size, const char *etag,
                       struct cm_http_wanted *out)
{
    struct cm_str known;
    struct http_range part;
    char text[80];

    cm_http_set(rq, "Accept-Ranges", "bytes");
    if (etag)
        cm_http_set(rq, "ETag", etag);
    if (etag && cm_http_header(rq, "If-None-Match", &known) && http_etag_listed(known, etag)) {
        cm_http_reply_empty(rq, 304);
        return false;
    }

    switch (wanted_part(rq, size, etag, &part)) {
    case HTTP_RANGE_WHOLE:
        *out = (struct cm_http_wanted){ .status = 200, .len = size };
        return true;
    case HTTP_RANGE_PART:
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)part.from,
                 (unsigned long long)(part.from + part.len - 1), (unsigned long long)size);
        cm_http_set(rq, "Content-Range", text);
        *out = (struct cm_http_wanted){ .status = 206, .from = part.from, .len = part.len };
        return true;
    case HTTP_RANGE_UNSATISFIABLE:
        snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
        cm_http_set(rq, "Content-Range", text);
        cm_http_problem(rq, 416, NULL, "The range begins behind the end of the file.");
        return false;
    }
    return false;
}

void cm_http_reply_file(struct cm_http_request *rq, int fd, uint64_t size, const char *type,
                        const char *etag)
{
    struct cm_http_wanted part;

    if (!cm_http_want_part(rq, size, etag, &part)) {
        close(fd);
    } else if (part.len == 0) {
        close(fd);
        http_reply_with(rq, part.status, type,
                        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    } else {
        http_reply_with(rq, part.status, type,
                        MHD_create_response_from_fd_at_offset64(part.len, fd, part.from));
    }
}
