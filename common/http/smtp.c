#include "http/smtp.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "http/curl.h"

enum { TIMEOUT_MS = 60 * 1000, CONNECT_TIMEOUT_MS = 10 * 1000 };

struct sending {
    CURL *easy;
    struct curl_slist *to;
    struct cm_str left; /* of the message */
    bool message_begun;
    struct cm_smtp_receipt *receipts;
    size_t recipients, answered;
    bool recipient_named; /* the next reply is about one */
    char refusal[20]; /* code and enhanced code (RFC 3463) of the last one; the words behind them
                         may name people and stay out of messages */
    char error_text[CURL_ERROR_SIZE];
};

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct sending *s = ctx;
    size_t len = size * count < s->left.len ? size * count : s->left.len;

    s->message_begun = true;
    if (len)
        memcpy(to, s->left.at, len);
    s->left.at += len;
    s->left.len -= len;
    return len;
}

/* Of "550 5.1.1 <ada@example.com> no such user" the codes. */
static void keep_codes(const char *line, size_t len, char *out, size_t room)
{
    size_t end = 4;

    while (end < len && end < room - 1 &&
           (line[end] == '.' || (line[end] >= '0' && line[end] <= '9')))
        end++;
    snprintf(out, room, "%.*s", (int)(line[end - 1] == ' ' ? end - 1 : end), line);
}

static void take_receipt(struct sending *s, char class)
{
    struct cm_smtp_receipt *receipt = &s->receipts[s->answered];

    s->recipient_named = false;
    if (s->answered == s->recipients)
        return;
    s->answered++;
    *receipt = (struct cm_smtp_receipt){ .verdict = class == '2'   ? CM_SMTP_TAKEN
                                                    : class == '4' ? CM_SMTP_LATER
                                                                   : CM_SMTP_REFUSED };
    if (class != '2')
        snprintf(receipt->reply, sizeof receipt->reply, "%s", s->refusal);
}

/* A line of the server. The last refusal is kept; the last line of a reply ends it. */
static size_t on_reply(char *at, size_t size, size_t count, void *ctx)
{
    struct sending *s = ctx;
    size_t len = size * count;

    if (len < 4)
        return len;
    if (at[0] == '4' || at[0] == '5')
        keep_codes(at, len, s->refusal, sizeof s->refusal);
    if (s->recipient_named && at[3] != '-')
        take_receipt(s, at[0]);
    return len;
}

/* What libcurl says to the server; only this tells which replies are about a recipient. */
static int on_traffic(CURL *easy, curl_infotype type, char *at, size_t len, void *ctx)
{
    struct sending *s = ctx;

    (void)easy;
    if (type == CURLINFO_HEADER_OUT && len >= 8 && memcmp(at, "RCPT TO:", 8) == 0)
        s->recipient_named = true;
    return 0;
}

/* As MAIL and RCPT want it; what could become a second command is refused. */
static bool envelope(const char *address, char *out, size_t size)
{
    size_t len = strlen(address);

    if (len == 0 || len + 3 > size || !http_is_line(address) || strpbrk(address, " <>"))
        return false;
    snprintf(out, size, "<%s>", address);
    return true;
}

static cm_rc set_envelope(struct sending *s, const struct cm_smtp_mail *mail, struct cm_err *err)
{
    char address[330]; /* 64 + 1 + 255 by RFC 5321, and the brackets */

    if (!envelope(mail->from, address, sizeof address))
        return cm_fail(err, CM_REJECT, "mail: the sender is no address");
    curl_easy_setopt(s->easy, CURLOPT_MAIL_FROM, address);
    for (; mail->to[s->recipients]; s->recipients++) {
        struct curl_slist *more;

        if (!envelope(mail->to[s->recipients], address, sizeof address))
            return cm_fail(err, CM_REJECT, "mail: recipient %zu is no address", s->recipients + 1);
        more = curl_slist_append(s->to, address);
        if (!more)
            cm_out_of_memory();
        s->to = more;
        s->receipts[s->recipients] = (struct cm_smtp_receipt){ 0 };
    }
    if (!s->to)
        return cm_fail(err, CM_REJECT, "mail: there is no recipient");
    curl_easy_setopt(s->easy, CURLOPT_MAIL_RCPT, s->to);
    curl_easy_setopt(s->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* spelled so by libcurl */
    return CM_OK;
}

static void set_up(struct sending *s, const struct cm_smtp *server)
{
    http_curl_common(s->easy, "smtp,smtps", server->timeout_ms ? server->timeout_ms : TIMEOUT_MS,
                     CONNECT_TIMEOUT_MS, s->error_text);
    curl_easy_setopt(s->easy, CURLOPT_URL, server->url);
    curl_easy_setopt(s->easy, CURLOPT_USE_SSL,
                     (long)(server->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (server->user) {
        curl_easy_setopt(s->easy, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(s->easy, CURLOPT_PASSWORD, server->password ? server->password : "");
    }
    curl_easy_setopt(s->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(s->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(s->easy, CURLOPT_READDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_reply);
    curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_VERBOSE, 1L); /* prints nothing: it goes to on_traffic */
    curl_easy_setopt(s->easy, CURLOPT_DEBUGFUNCTION, on_traffic);
    curl_easy_setopt(s->easy, CURLOPT_DEBUGDATA, s);
}

/* Of several that were refused, each for another reason, one that may be taken later decides. */
static bool may_come_again(const struct sending *s, long reply)
{
    for (size_t i = 0; !s->message_begun && i < s->answered; i++)
        if (s->receipts[i].verdict == CM_SMTP_LATER)
            return true;
    return reply < 500;
}

/* A refusal counts against the message only when the server had come to look at it: a greeting that
 * says no, a log-in or a missing TLS is about the server and its settings. */
static cm_rc explain(const struct sending *s, const struct cm_smtp *server, CURLcode code,
                     struct cm_err *err)
{
    struct http_safe_url url = http_safe_url(server->url);
    const char *why = s->error_text[0] ? s->error_text : curl_easy_strerror(code);
    bool about_message = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
                         (code == CURLE_WEIRD_SERVER_REPLY && s->message_begun);
    long reply = 0;

    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &reply);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return cm_fail(err, CM_FATAL, "%s: want smtp://host:port or smtps://host:port", url.at);
    if (about_message && reply >= 400 && reply < 600)
        return cm_fail(err, may_come_again(s, reply) ? CM_RETRY : CM_REJECT,
                       "%s refused the mail: %s", url.at, s->refusal);
    if (about_message || code == CURLE_GOT_NOTHING || s->message_begun)
        return cm_fail(err, CM_RETRY, "%s: %s", url.at, curl_easy_strerror(code));
    return cm_fail_away(err, "%s: %s", url.at, why);
}

cm_rc cm_smtp_send(const struct cm_smtp *server, const struct cm_smtp_mail *mail,
                   struct cm_smtp_receipt receipts[], struct cm_err *err)
{
    struct sending s = { .left = mail->message, .receipts = receipts };
    cm_rc rc = http_curl_start(err);
    CURLcode code;

    if (rc)
        return rc;

    s.easy = curl_easy_init();
    if (!s.easy)
        cm_out_of_memory();
    set_up(&s, server);
    curl_easy_setopt(s.easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->message.len);
    rc = set_envelope(&s, mail, err);
    if (!rc) {
        code = curl_easy_perform(s.easy);
        if (code != CURLE_OK)
            rc = explain(&s, server, code, err);
    }
    curl_easy_cleanup(s.easy);
    curl_slist_free_all(s.to);
    return rc;
}
