#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "http/inside.h"

struct cm_arena *cm_http_arena(struct cm_http_request *rq)
{
    return rq->arena;
}

const char *cm_http_method(const struct cm_http_request *rq)
{
    return rq->method;
}

struct cm_str cm_http_target(const struct cm_http_request *rq)
{
    return rq->target;
}

struct cm_str cm_http_path(const struct cm_http_request *rq)
{
    return rq->path;
}

struct cm_str cm_http_query_raw(const struct cm_http_request *rq)
{
    return rq->query;
}

struct cm_str cm_http_segment(const struct cm_http_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->match.segment_count; i++)
        if (cm_str_is(rq->match.segments[i].name, name))
            return rq->match.segments[i].value;
    return (struct cm_str){ 0 };
}

bool cm_http_query(struct cm_http_request *rq, const char *name, struct cm_str *value)
{
    for (size_t i = 0; i < rq->query_count; i++)
        if (cm_str_is(rq->query_fields[i].name, name)) {
            *value = rq->query_fields[i].value;
            return true;
        }
    return false;
}

bool cm_http_header(struct cm_http_request *rq, const char *name, struct cm_str *value)
{
    const char *at = NULL;
    size_t len = 0;

    if (MHD_lookup_connection_value_n(rq->mhd, MHD_HEADER_KIND, name, strlen(name), &at, &len) !=
        MHD_YES)
        return false;

    *value = cm_str_trim((struct cm_str){ at ? at : "", at ? len : 0 });
    return true;
}

struct header_list {
    struct cm_arena *arena;
    const char *name;
    struct cm_str joined;
};

static enum MHD_Result join_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct header_list *list = ctx;

    (void)kind;
    if (strcasecmp(name, list->name) == 0)
        list->joined = cm_arena_printf(list->arena, "%.*s%s%s", CM_STR_FMT(list->joined),
                                       list->joined.len ? "," : "", value ? value : "");
    return MHD_YES;
}

struct cm_str cm_http_header_list(struct cm_http_request *rq, const char *name)
{
    struct header_list list = { .arena = rq->arena, .name = name };

    MHD_get_connection_values(rq->mhd, MHD_HEADER_KIND, join_header, &list);
    return list.joined;
}

bool cm_http_cookie(struct cm_http_request *rq, const char *name, struct cm_str *value)
{
    struct cm_str rest, pair, key;

    if (!cm_http_header(rq, "Cookie", &rest))
        return false;
    while (cm_str_split(&rest, ';', &pair)) {
        if (!cm_str_split(&pair, '=', &key) || !pair.at || !cm_str_is(cm_str_trim(key), name))
            continue;
        pair = cm_str_trim(pair);
        if (pair.len >= 2 && pair.at[0] == '"' && pair.at[pair.len - 1] == '"')
            pair = (struct cm_str){ pair.at + 1, pair.len - 2 };
        *value = pair;
        return true;
    }
    return false;
}

struct cm_str cm_http_peer(const struct cm_http_request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    char text[INET6_ADDRSTRLEN] = "";
    struct cm_str peer;

    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  sizeof text);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  sizeof text);
    peer = cm_arena_str(rq->arena, cm_str_of(text));
    if (cm_str_starts(peer, "::ffff:") && memchr(peer.at, '.', peer.len))
        peer = (struct cm_str){ peer.at + 7, peer.len - 7 };
    return peer;
}

struct cm_loop *cm_http_loop(const struct cm_http_request *rq)
{
    return rq->at->loop;
}

unsigned cm_http_loop_index(const struct cm_http_request *rq)
{
    return rq->at->index;
}
