/* pool.h - idle libcurl handles with their open connections. One that was used for CM_REACH_ANY is
 * never used for CM_REACH_PUBLIC, since a kept connection is not looked at again. Thread: any. */
#pragma once
#include "http/client.h"
#include "http/curl.h"

struct http_pool *http_pool_new(void);
void http_pool_free(struct http_pool *pool);

/** A handle for `url`, reset, preferably one that talked to the same host before. NULL: no memory.
 */
CURL *http_pool_take(struct http_pool *pool, const char *url, enum cm_http_reach reach);

/** Gives it back with its connections; `url` and `reach` as when it was taken. */
void http_pool_give(struct http_pool *pool, CURL *easy, const char *url, enum cm_http_reach reach);
