#include "fake_registry.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

static const struct fake_answer *script;
static char asked[8192];
static size_t count;

struct cm_http_ask last_ask;
char last_url[512], last_user[64], last_password[64], last_type[64];
struct cm_buf last_body;

void given_answers(const struct fake_answer *answers)
{
    script = answers;
    asked[0] = '\0';
    count = 0;
    cm_buf_finish(&last_body);
}

const char *questions(void)
{
    return asked;
}

size_t question_count(void)
{
    return count;
}

static void remember(const struct cm_http_ask *ask, const char *question)
{
    size_t used = strlen(asked);

    last_ask = *ask;
    snprintf(last_url, sizeof last_url, "%s", ask->url);
    snprintf(last_user, sizeof last_user, "%s", ask->user ? ask->user : "");
    snprintf(last_password, sizeof last_password, "%s", ask->password ? ask->password : "");
    snprintf(last_type, sizeof last_type, "%s", ask->body_type ? ask->body_type : "");
    cm_buf_clear(&last_body);
    cm_buf_str(&last_body, ask->body);
    snprintf(asked + used, sizeof asked - used, "%s\n", question);
    count++;
}

cm_rc cm_http_fetch(struct cm_http_client *client, const struct cm_http_ask *ask,
                    struct cm_arena *arena, struct cm_http_answer *out, struct cm_err *err)
{
    const char *path = strchr(strstr(ask->url, "://") + 3, '/');
    const char *question =
        cm_arena_printf(arena, "%s %s", ask->method ? ask->method : "GET", path ? path : "/").at;
    const struct fake_answer *answer = script;

    (void)client;
    remember(ask, question);
    while (answer->question && strncmp(question, answer->question, strlen(answer->question)) != 0)
        answer++;
    if (answer->question && answer->status == 0)
        return cm_fail_away(err, "no route");

    *out = (struct cm_http_answer){ .status = answer->question ? answer->status : 404 };
    if (answer->question && answer->body)
        out->body = cm_str_of(answer->body);
    return CM_OK;
}
