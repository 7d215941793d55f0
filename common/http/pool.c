#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MAX = 32, ORIGIN_MAX = 160 };

struct idle {
    CURL *easy;
    enum cm_http_reach reach;
    char origin[ORIGIN_MAX];
};

struct http_pool {
    pthread_mutex_t lock;
    size_t count;
    struct idle idle[IDLE_MAX]; /* the last used one is the last */
};

struct http_pool *http_pool_new(void)
{
    struct http_pool *pool = cm_must(calloc(1, sizeof *pool));

    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

void http_pool_free(struct http_pool *pool)
{
    if (!pool)
        return;

    for (size_t i = 0; i < pool->count; i++)
        curl_easy_cleanup(pool->idle[i].easy);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* "scheme://user@host:port": connections of other users of a host are others. */
static void origin_of(const char *url, char *out)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;

    if (len >= ORIGIN_MAX)
        len = 0;
    memcpy(out, url, len);
    out[len] = '\0';
}

static CURL *remove_at(struct http_pool *pool, size_t i)
{
    CURL *easy = pool->idle[i].easy;

    memmove(&pool->idle[i], &pool->idle[i + 1], (--pool->count - i) * sizeof pool->idle[0]);
    return easy;
}

CURL *http_pool_take(struct http_pool *pool, const char *url, enum cm_http_reach reach)
{
    char origin[ORIGIN_MAX];
    CURL *easy = NULL;

    origin_of(url, origin);
    pthread_mutex_lock(&pool->lock);
    for (size_t i = pool->count; i-- > 0 && !easy;)
        if (pool->idle[i].reach == reach && strcmp(pool->idle[i].origin, origin) == 0)
            easy = remove_at(pool, i);
    pthread_mutex_unlock(&pool->lock);
    return easy ? easy : curl_easy_init();
}

void http_pool_give(struct http_pool *pool, CURL *easy, const char *url, enum cm_http_reach reach)
{
    CURL *oldest = NULL;
    struct idle *slot;

    curl_easy_reset(easy); /* forgets options and pointers to the request, keeps connections */
    pthread_mutex_lock(&pool->lock);
    if (pool->count == IDLE_MAX)
        oldest = remove_at(pool, 0);
    slot = &pool->idle[pool->count++];
    slot->easy = easy;
    slot->reach = reach;
    origin_of(url, slot->origin);
    pthread_mutex_unlock(&pool->lock);
    if (oldest)
        curl_easy_cleanup(oldest);
}
