/* fake_registry.h - a made-up cm_http_fetch: answers by script, and remembers what it was asked. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/client.h"

struct fake_answer {
    const char *question; /* how "METHOD path" begins */
    unsigned status;      /* 0: no answer at all */
    const char *body;
};

/** From now on, and forgets what it was asked. `answers` is ended by an empty row and borrowed; the
 *  first row that fits answers; none fits: 404 without a body. */
void given_answers(const struct fake_answer *answers);

/** "GET /config/x\n..." of all questions since; lent until the next one. */
const char *questions(void);
size_t question_count(void);

extern struct cm_http_ask last_ask; /* its texts are gone; flags and numbers stay */
extern char last_url[512], last_user[64], last_password[64], last_type[64];
extern struct cm_buf last_body;
