/* deliver.h - the port through which a mail leaves: a mail server, or a folder. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "http/smtp.h"

struct delivery;

struct letter {            /* borrowed */
    const char *const *to; /* ended by NULL */
    struct cm_str message_id, message;
};

/** Hands the letter over. CM_OK: for at least one recipient; `receipts` tell what became of each.
 * CM_RETRY: not now. CM_REJECT: it was refused for good. */
typedef cm_rc deliver_fn(const struct delivery *delivery, const struct letter *letter,
                         struct cm_smtp_receipt receipts[], struct cm_err *err);

struct delivery {
    deliver_fn *send;
    const char *from; /* the envelope's address */
    struct cm_smtp smtp;
    const char *dir;
    void *ctx; /* a test's */
};

deliver_fn deliver_by_smtp;

/** For all recipients at once: writes {message id}.eml, whole or not at all: as .part, synced,
 * renamed. The same message again takes the place of the first one. */
deliver_fn deliver_to_folder;
