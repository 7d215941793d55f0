/* reporter.h - the service and what its steps share. */
#pragma once
#include "deliver.h"
#include "service/service.h"

extern const struct cm_service_spec reporter;
extern const struct cm_setting reporter_settings[]; /* MAIL_*, SMTP_*, PUBLIC_URL, UI_URL */

struct reporter { /* set once, then only read */
    struct delivery delivery;
    const char *from;   /* MAIL_FROM, as it stands in the mail */
    const char *domain; /* of the sender's address; the right side of every Message-ID */
    const char *ui_url; /* where people look at calls, without a slash at the end; NULL: nowhere */
    struct cm_arena *arena; /* holds the strings above that were made */
};

/** Reads the settings. CM_FATAL: MAIL_FROM holds no address, MAIL_DIR cannot be made. */
cm_rc reporter_new(const struct cm_config *config, struct reporter **out,
                   struct cm_err *err) CM_MUSTCHECK;
void reporter_free(struct reporter *app);
CM_DEFINE_OWN(reporter, reporter_free);
