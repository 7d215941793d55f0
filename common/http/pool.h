/* pool.h - libcurl handles that keep their connections between requests. Thread: any. */
#pragma once
#include "http/transfer.h"

/** A handle for `url`, reset, preferably one that talked to the same host before. NULL: no memory.
 */
CURL *http_pool_take(struct http_pool *pool, const char *url, enum cm_http_reach reach);

/** Gives it back with its connections; `url` and `reach` as when it was taken. */
void http_pool_give(struct http_pool *pool, CURL *easy, const char *url, enum cm_http_reach reach);
