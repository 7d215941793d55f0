#include "recipients.h"

#include "mail.h"

struct recipients recipients_of(const struct cm_str *addresses, size_t count,
                                struct cm_arena *arena)
{
    const char **all = CM_NEW_N(arena, const char *, count + 1);
    struct recipients recipients = { .all = all };
    struct cm_str address;

    for (size_t i = 0; i < count; i++)
        if (mail_address(addresses[i], &address))
            all[recipients.count++] = cm_arena_text(arena, address);
    recipients.receipts = CM_NEW_N(arena, struct cm_smtp_receipt, recipients.count + 1);
    return recipients;
}

static size_t count_of(const struct recipients *recipients, int verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < recipients->count; i++)
        count += (int)recipients->receipts[i].verdict == verdict;
    return count;
}

size_t recipients_who_have_it(const struct recipients *recipients)
{
    return count_of(recipients, CM_SMTP_TAKEN);
}

/* Hands it to those who are not settled with, and notes what became of them. */
static cm_rc hand_over(struct recipients *recipients, const struct delivery *delivery,
                       struct letter *letter, struct cm_arena *arena, struct cm_err *err)
{
    const char **to = CM_NEW_N(arena, const char *, recipients->count + 1);
    struct cm_smtp_receipt *receipts =
        CM_NEW_N(arena, struct cm_smtp_receipt, recipients->count + 1);
    size_t count = 0, next = 0;
    cm_rc rc;

    for (size_t i = 0; i < recipients->count; i++)
        if (recipients->receipts[i].verdict == CM_SMTP_LATER)
            to[count++] = recipients->all[i];
    letter->to = to;
    rc = delivery->send(delivery, letter, receipts, err);
    for (size_t i = 0; i < recipients->count && !rc; i++)
        if (recipients->receipts[i].verdict == CM_SMTP_LATER)
            recipients->receipts[i] = receipts[next++];
    return rc;
}

cm_rc recipients_send(struct recipients *recipients, const struct delivery *delivery,
                      struct letter letter, bool last_attempt, struct cm_arena *arena,
                      struct cm_err *err)
{
    cm_rc rc = hand_over(recipients, delivery, &letter, arena, err);
    size_t later = count_of(recipients, CM_SMTP_LATER);

    if (rc && !recipients_who_have_it(recipients))
        return rc;
    if (!rc && later && !last_attempt)
        return cm_fail(err, CM_RETRY, "the mail server will take %zu of %zu recipients later only",
                       later, recipients->count);
    /* Some have it: that the others are refused for good does not make the report fail. */
    if (rc == CM_REJECT || (rc == CM_RETRY && last_attempt && !err->away))
        return CM_OK;
    return rc;
}

struct cm_str recipients_refused(const struct recipients *recipients, struct cm_arena *arena)
{
    size_t refused = recipients->count - recipients_who_have_it(recipients);
    const char *reply = "";

    for (size_t i = 0; i < recipients->count && !*reply; i++)
        reply = recipients->receipts[i].reply;
    if (!refused)
        return (struct cm_str){ 0 };
    return cm_arena_printf(arena, "%zu of %zu recipients %s refused%s%s", refused,
                           recipients->count, refused == 1 ? "was" : "were", *reply ? ": " : "",
                           reply);
}
