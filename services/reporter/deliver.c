#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/write.h"

cm_rc deliver_by_smtp(const struct delivery *delivery, const struct letter *letter,
                      struct cm_smtp_receipt receipts[], struct cm_err *err)
{
    const struct cm_smtp_mail mail = { delivery->from, letter->to, letter->message };

    return cm_smtp_send(&delivery->smtp, &mail, receipts, err);
}

/* A full or unmounted disk may be well later. */
static cm_rc failed(struct cm_err *err, const char *doing, const char *name)
{
    return cm_fail_away(err, "MAIL_DIR: %s %s: %s", doing, name, strerror(errno));
}

/* The message id without its brackets; whatever a file's name should not hold becomes '_'. */
static void file_name(struct cm_str message_id, char *out, size_t size)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-@";
    size_t n = 0;

    for (size_t i = 1; i + 1 < message_id.len && n + 1 < size; i++)
        out[n++] = (char)(memchr(fine, message_id.at[i], sizeof fine - 1) ? message_id.at[i] : '_');
    out[n] = '\0';
}

cm_rc deliver_to_folder(const struct delivery *delivery, const struct letter *letter,
                        struct cm_smtp_receipt receipts[], struct cm_err *err)
{
    char name[200], part[220], whole[220];
    CM_OWN_FD int dir = open(delivery->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CM_OWN_FD int fd = -1;

    if (dir < 0)
        return failed(err, "open", delivery->dir);

    file_name(letter->message_id, name, sizeof name);
    snprintf(part, sizeof part, "%s.eml.part", name);
    snprintf(whole, sizeof whole, "%s.eml", name);
    fd = openat(dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return failed(err, "create", part);
    if (!cm_write_all(fd, letter->message) || fsync(fd) != 0)
        return failed(err, "write", part);
    if (renameat(dir, part, dir, whole) != 0 || fsync(dir) != 0)
        return failed(err, "rename", part);
    for (size_t i = 0; letter->to[i]; i++)
        receipts[i] = (struct cm_smtp_receipt){ .verdict = CM_SMTP_TAKEN };
    return CM_OK;
}
