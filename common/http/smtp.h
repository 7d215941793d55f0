/* smtp.h - hands one finished message to an SMTP server (libcurl). Thread: any. */
#pragma once
#include "base/error.h"
#include "base/str.h"

struct cm_smtp {
    const char *url;             /* smtp://host:port or smtps://host:port */
    const char *user, *password; /* NULL: no authentication */
    bool require_tls;            /* refuse to talk in the clear over smtp:// */
    int timeout_ms;
};

struct cm_smtp_mail { /* borrowed */
    const char *from;
    const char *const *to; /* ended by NULL */
    struct cm_str message; /* RFC 5322, with CRLF lines */
};

/** What the server said of one recipient. */
struct cm_smtp_receipt {
    enum { CM_SMTP_LATER, CM_SMTP_TAKEN, CM_SMTP_REFUSED } verdict;
    char reply[20]; /* of what was not taken, its code and enhanced code: "550 5.1.1" */
};

/** CM_OK: the server has the mail for at least one recipient, and `receipts`, one a recipient, tell
 * for which. Addresses with control characters, spaces or angle brackets are CM_REJECT. CM_RETRY:
 * 4xx for the mail, or for a recipient while none was taken; away when the server cannot be
 * reached. CM_REJECT: 5xx for the mail or all of them. */
cm_rc cm_smtp_send(const struct cm_smtp *server, const struct cm_smtp_mail *mail,
                   struct cm_smtp_receipt receipts[], struct cm_err *err) CM_MUSTCHECK;
