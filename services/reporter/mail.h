/* mail.h - writes one message: RFC 5322, MIME (RFC 2045-2047), plain text beside HTML.
 *
 * Nothing that comes from outside can add a header: control characters become spaces, and what is
 * not ASCII travels in encoded words. Thread: any.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/uuid.h"

struct mail {
    const char *from;      /* an address or Name <address> */
    const char *const *to; /* addresses, ended by NULL */
    struct cm_str subject, text, html;
    struct cm_str message_id; /* with its angle brackets */
    int64_t date_us;
};

/** The address of "Name <address>" or "address"; false: none that could stand in a header and an
 *  envelope. Lent by `text`. */
bool mail_address(struct cm_str text, struct cm_str *address);

/** <{call_id}.report@{domain}>: the same for every attempt at a call's report. */
struct cm_str mail_message_id(struct cm_arena *arena, struct cm_uuid call_id, const char *domain);

/** Appends the message, lines ending in CR LF and at most 78 letters long. */
void mail_write(const struct mail *mail, struct cm_buf *out);
