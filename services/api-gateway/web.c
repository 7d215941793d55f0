/* web.c - the pages and what they are made of. A page's address is the same page for every client:
 * what it shows comes from the API. */
#include "web.h"

#include <stdio.h>
#include <string.h>

#include "endpoints.h"
#include "http/range.h"
#include "reply.h"

/* Script, style and data come from here and nowhere else, and none of it stands inside a page: what
 * callers say could not become script even where it was set as markup by mistake. */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const struct web_file *web_file_find(const struct web_file *files, struct cm_str path)
{
    for (; files->path; files++)
        if (cm_str_is(path, files->path))
            return files;
    return NULL;
}

enum encoding web_file_encoding(const struct web_file *file, struct cm_str accept_encoding)
{
    enum encoding best = ENCODING_IDENTITY;
    int wanted[ENCODINGS];

    accept_encoding_read(accept_encoding, wanted);
    for (size_t e = ENCODINGS; e-- > 0;)
        if (file->bodies[e].at && wanted[e] > 0 && wanted[e] >= wanted[best])
            best = (enum encoding)e;
    return best;
}

static bool is_at_or_below(struct cm_str path, const char *folder)
{
    size_t len = strlen(folder);

    return cm_str_starts(path, folder) && (path.len == len || path.at[len] == '/');
}

bool web_is_page_address(struct cm_str path)
{
    static const char *const others[] = { "/api", "/assets", "/healthz", "/readyz", "/metrics" };
    const char *name = path.len ? memrchr(path.at, '/', path.len) : NULL;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_at_or_below(path, others[i]))
            return false;
    return name && !memchr(name, '.', path.len - (size_t)(name - path.at));
}

static enum encoding encoding_for(struct cm_http_request *rq, const struct web_file *file)
{
    return web_file_encoding(file, cm_http_header_list(rq, "Accept-Encoding"));
}

static void reply_bytes(struct cm_http_request *rq, unsigned status, const struct web_file *file,
                        enum encoding encoding)
{
    if (encoding != ENCODING_IDENTITY)
        cm_http_set(rq, "Content-Encoding", encoding_name(encoding));
    cm_http_reply_lent(rq, status, file->type, file->bodies[encoding]);
}

static void reply_web_file(struct cm_http_request *rq, const struct web_file *file)
{
    enum encoding encoding = encoding_for(rq, file);
    struct cm_str known;
    char etag[80];

    snprintf(etag, sizeof etag, "\"%s-%s\"", file->hash, encoding_name(encoding));
    cm_http_set(rq, "ETag", etag);
    cm_http_set(rq, "Vary", "Accept-Encoding");
    if (cm_http_header(rq, "If-None-Match", &known) && http_etag_listed(known, etag)) {
        cm_http_reply_empty(rq, 304);
        return;
    }
    reply_bytes(rq, 200, file, encoding);
}

static const struct web_file *the_page(struct cm_http_request *rq)
{
    cm_http_set(rq, "Content-Security-Policy", page_policy);
    cm_http_set(rq, "Cross-Origin-Opener-Policy", "same-origin");
    return web_file_find(web_files, CM_STR("/index.html"));
}

void show_page(struct cm_http_request *rq, void *ctx)
{
    (void)ctx;
    cm_http_set(rq, "Cache-Control", "no-cache"); /* it names the assets of this very build */
    reply_web_file(rq, the_page(rq));
}

/* The page that says so, to who reads pages; everybody else gets the problem. It has no ETag: what
 * is not there cannot be what somebody has already. */
void show_lost_page(struct cm_http_request *rq, void *ctx)
{
    const struct web_file *page;

    (void)ctx;
    if (!web_is_page_address(cm_http_path(rq)) ||
        !accept_names(cm_http_header_list(rq, "Accept"), "text/html"))
        return;

    page = the_page(rq);
    cm_http_set(rq, "Vary", "Accept, Accept-Encoding");
    reply_bytes(rq, 404, page, encoding_for(rq, page));
}

void show_asset(struct cm_http_request *rq, void *ctx)
{
    const struct web_file *file = web_file_find(web_files, cm_http_path(rq));

    (void)ctx;
    if (!file) {
        reply_not_found(rq); /* of an older build, perhaps: the page then loads itself again */
        return;
    }
    cm_http_set(rq, "Cache-Control",
                cm_str_starts(cm_http_path(rq), "/assets/") ? "public, max-age=31536000, immutable"
                                                            : "no-cache");
    reply_web_file(rq, file);
}
