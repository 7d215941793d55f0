/* curl.h - what the clients made of libcurl share. Not for other layers. */
#pragma once
#include <curl/curl.h>

#include "base/error.h"
#include "base/str.h"

/** Once a process, whoever comes first. Thread: any. CM_FATAL: libcurl can't start. */
cm_rc http_curl_start(struct cm_err *err) CM_MUSTCHECK;

/** The options that every handle has: no proxy or .netrc of the environment, no signals, no
 * redirects. */
void http_curl_common(CURL *easy, const char *protocols, int timeout_ms, int connect_timeout_ms,
                      char *error_text);

/** "scheme://host/path" of `url`, without user, password, query and fragment: for messages. */
struct http_safe_url {
    char at[160];
};
struct http_safe_url http_safe_url(const char *url);

/** May `text` stand in one line of a protocol? (no control characters) */
bool http_is_line(const char *text);
