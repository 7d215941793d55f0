#include "http/curl.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started;

static void start(void)
{
    started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

cm_rc http_curl_start(struct cm_err *err)
{
    pthread_once(&once, start);
    if (started != CURLE_OK)
        return cm_fail(err, CM_FATAL, "libcurl: %s", curl_easy_strerror(started));
    return CM_OK;
}

void http_curl_common(CURL *easy, const char *protocols, int timeout_ms, int connect_timeout_ms,
                      char *error_text)
{
    error_text[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
}

struct http_safe_url http_safe_url(const char *url)
{
    struct http_safe_url safe;
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end ? scheme_end + 3 : url;
    size_t authority = strcspn(host, "/?#"), path = strcspn(host, "?#");
    const char *at = authority ? memrchr(host, '@', authority) : NULL;
    const char *from = at ? at + 1 : host;

    snprintf(safe.at, sizeof safe.at, "%.*s%.*s", (int)(host - url), url, (int)(host + path - from),
             from);
    return safe;
}

bool http_is_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return false;
    return true;
}
