/* Mails against a server that follows a script and keeps what it was told. */
#include "web.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/smtp.h"

struct script { /* the replies, each with its line end; NULL hangs up instead */
    const char *greeting, *hello, *mail, *rcpt, *data, *end;
    struct {
        const char *address, *reply;
    } rcpts[2]; /* to these recipients */
};

static const struct script kind = {
    .greeting = "220 ready\r\n",
    .hello = "250-test\r\n250 SIZE 1000000\r\n",
    .mail = "250 2.1.0 ok\r\n",
    .rcpt = "250 2.1.5 ok\r\n",
    .data = "354 go on\r\n",
    .end = "250 2.0.0 queued\r\n",
};

struct post_office {
    pthread_t thread;
    int fd;
    struct script script;
    struct cm_buf commands, message;
    char url[64];
};

static bool reply(int fd, const char *text)
{
    return text && send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;
}

static const char *reply_to(const struct script *script, const char *line)
{
    if (strncmp(line, "EHLO", 4) == 0 || strncmp(line, "HELO", 4) == 0)
        return script->hello;
    if (strncmp(line, "MAIL", 4) == 0)
        return script->mail;
    for (size_t i = 0; i < 2; i++)
        if (strncmp(line, "RCPT", 4) == 0 && script->rcpts[i].address &&
            strstr(line, script->rcpts[i].address))
            return script->rcpts[i].reply;
    if (strncmp(line, "RCPT", 4) == 0)
        return script->rcpt;
    if (strncmp(line, "DATA", 4) == 0)
        return script->data;
    if (strncmp(line, "QUIT", 4) == 0)
        return "221 bye\r\n";
    return "502 5.5.1 what\r\n";
}

static void hold_conversation(struct post_office *office, FILE *in, int fd)
{
    char line[2048];
    bool in_message = false;

    if (!reply(fd, office->script.greeting))
        return;
    while (fgets(line, sizeof line, in)) {
        const char *answer;

        if (in_message && strcmp(line, ".\r\n") != 0) {
            cm_buf_text(&office->message, line);
            continue;
        }
        if (!in_message)
            cm_buf_text(&office->commands, line);
        answer = in_message ? office->script.end : reply_to(&office->script, line);
        in_message = !in_message && answer && strncmp(answer, "354", 3) == 0;
        if (!reply(fd, answer))
            return;
    }
}

static void *serve_one(void *ctx)
{
    struct post_office *office = ctx;
    int fd = accept(office->fd, NULL, NULL);
    FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;

    if (in) {
        hold_conversation(office, in, fd);
        fclose(in);
    }
    return NULL;
}

static void open_office(struct post_office *office, struct script script)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;

    *office = (struct post_office){ .script = script };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    office->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(office->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(office->fd, 1), 0);
    assert_int_equal(getsockname(office->fd, (struct sockaddr *)&at, &len), 0);
    snprintf(office->url, sizeof office->url, "smtp://127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&office->thread, NULL, serve_one, office), 0);
}

static void close_office(struct post_office *office)
{
    shutdown(office->fd, SHUT_RDWR); /* wakes one that nobody came to */
    pthread_join(office->thread, NULL);
    close(office->fd);
}

static void forget_office(struct post_office *office)
{
    cm_buf_finish(&office->commands);
    cm_buf_finish(&office->message);
}

static const char *const one_recipient[] = { "ada@example.com", NULL };
static const char *const three_recipients[] = { "ada@example.com", "alan@example.com",
                                                "grace@example.com", NULL };
enum { RECIPIENTS_MAX = 3 };

static cm_rc send_to(const struct cm_smtp *server, const char *const *to,
                     struct cm_smtp_receipt receipts[RECIPIENTS_MAX], struct cm_err *err)
{
    const struct cm_smtp_mail mail = { "me@example.com", to,
                                       CM_STR("Subject: x\r\n\r\nhello\r\n") };

    return cm_smtp_send(server, &mail, receipts, err);
}

static cm_rc send_one(const struct cm_smtp *server, struct cm_err *err)
{
    struct cm_smtp_receipt receipts[RECIPIENTS_MAX];

    return send_to(server, one_recipient, receipts, err);
}

static cm_rc send_three_by(struct script script, struct cm_smtp_receipt receipts[RECIPIENTS_MAX],
                           struct cm_err *err)
{
    struct post_office office;
    cm_rc rc;

    open_office(&office, script);
    rc = send_to(&(struct cm_smtp){ .url = office.url, .timeout_ms = WAIT_MS }, three_recipients,
                 receipts, err);
    close_office(&office);
    forget_office(&office);
    return rc;
}

static cm_rc send_by(struct script script, struct cm_err *err)
{
    struct post_office office;
    cm_rc rc;

    open_office(&office, script);
    rc = send_one(&(struct cm_smtp){ .url = office.url, .timeout_ms = WAIT_MS }, err);
    close_office(&office);
    forget_office(&office);
    return rc;
}

static void a_mail_arrives_as_it_is_with_its_envelope(void **state)
{
    static const char *const to[] = { "ada@example.com", "alan@example.com", NULL };
    const struct cm_smtp_mail mail = {
        "me@example.com", to, CM_STR("Subject: x\r\n\r\nhello\r\n.\r\n..two\r\nRCPT TO:<eve@x>\r\n")
    };
    struct cm_smtp_receipt receipts[2] = { 0 };
    struct post_office office;
    struct cm_err err = { 0 };

    (void)state;
    open_office(&office, kind);
    assert_int_equal(cm_smtp_send(&(struct cm_smtp){ .url = office.url }, &mail, receipts, &err),
                     CM_OK);
    close_office(&office);
    assert_int_equal(receipts[0].verdict, CM_SMTP_TAKEN);
    assert_int_equal(receipts[1].verdict, CM_SMTP_TAKEN);
    assert_non_null(strstr(office.commands.at, "MAIL FROM:<me@example.com>"));
    assert_non_null(strstr(office.commands.at, "RCPT TO:<ada@example.com>\r\n"));
    assert_non_null(strstr(office.commands.at, "RCPT TO:<alan@example.com>\r\n"));
    assert_null(strstr(office.commands.at, "eve"));
    assert_string_equal(office.message.at, /* dots at the start of a line are doubled on the way */
                        "Subject: x\r\n\r\nhello\r\n..\r\n...two\r\nRCPT TO:<eve@x>\r\n");
    forget_office(&office);
}

static void a_refusal_for_now_is_retried(void **state)
{
    struct script script = kind;
    struct cm_err err = { 0 };

    (void)state;
    script.rcpt = "450 4.2.1 <ada@example.com> greylisted\r\n";
    assert_int_equal(send_by(script, &err), CM_RETRY);
    assert_false(err.away);
    script = kind;
    script.end = "451 4.3.0 later\r\n";
    assert_int_equal(send_by(script, &err), CM_RETRY);
    assert_false(err.away);
}

static void a_refusal_for_good_is_rejected_and_names_no_person(void **state)
{
    struct script script = kind;
    struct cm_err err = { 0 };

    (void)state;
    script.rcpt = "550 5.1.1 <ada@example.com> no such user\r\n";
    assert_int_equal(send_by(script, &err), CM_REJECT);
    assert_non_null(strstr(err.msg, "550 5.1.1"));
    assert_null(strstr(err.msg, "ada"));
    script = kind;
    script.mail = "553 5.1.8 sender\r\n";
    assert_int_equal(send_by(script, &err), CM_REJECT);
    script = kind;
    script.end = "554 5.7.1 spam\r\n";
    assert_int_equal(send_by(script, &err), CM_REJECT);
}

static void who_is_refused_keeps_the_mail_from_nobody_else(void **state)
{
    struct script script = kind;
    struct cm_smtp_receipt receipts[RECIPIENTS_MAX];
    struct cm_err err = { 0 };

    (void)state;
    script.rcpts[0].address = "ada@";
    script.rcpts[0].reply = "550-5.1.1 <ada@example.com>\r\n550 5.1.1 no such user\r\n";
    script.rcpts[1].address = "grace@";
    script.rcpts[1].reply = "450 later\r\n";
    assert_int_equal(send_three_by(script, receipts, &err), CM_OK);

    assert_int_equal(receipts[0].verdict, CM_SMTP_REFUSED);
    assert_string_equal(receipts[0].reply, "550 5.1.1");
    assert_int_equal(receipts[1].verdict, CM_SMTP_TAKEN);
    assert_string_equal(receipts[1].reply, "");
    assert_int_equal(receipts[2].verdict, CM_SMTP_LATER);
    assert_string_equal(receipts[2].reply, "450");
}

static void of_all_refused_one_that_may_come_again_decides(void **state)
{
    struct script script = kind;
    struct cm_smtp_receipt receipts[RECIPIENTS_MAX];
    struct cm_err err = { 0 };

    (void)state;
    script.rcpt = "550 5.1.1 no such user\r\n";
    assert_int_equal(send_three_by(script, receipts, &err), CM_REJECT);
    script.rcpts[0].address = "ada@";
    script.rcpts[0].reply = "450 4.2.1 later\r\n";
    assert_int_equal(send_three_by(script, receipts, &err), CM_RETRY);
    assert_false(err.away);
    script.rcpts[0].reply = kind.rcpt;
    script.end = "554 5.7.1 spam\r\n"; /* is said of the mail, for all who were taken */
    assert_int_equal(send_three_by(script, receipts, &err), CM_REJECT);
}

static void a_server_that_is_not_willing_at_all_is_away(void **state)
{
    struct script script = kind;
    struct cm_err err = { 0 };

    (void)state;
    script.greeting = "554 no service\r\n";
    assert_int_equal(send_by(script, &err), CM_RETRY);
    assert_true(err.away);
    script.greeting = NULL;
    assert_int_equal(send_by(script, &err), CM_RETRY);
    assert_int_equal(send_one(&(struct cm_smtp){ .url = "smtp://127.0.0.1:1" }, &err), CM_RETRY);
    assert_true(err.away);
}

static void a_connection_lost_in_the_middle_is_retried(void **state)
{
    struct cm_err err = { 0 };

    (void)state;
    for (int step = 0; step < 5; step++) {
        struct script script = kind;
        const char **replies[] = { &script.hello, &script.mail, &script.rcpt, &script.data,
                                   &script.end };

        *replies[step] = NULL;
        assert_int_equal(send_by(script, &err), CM_RETRY);
    }
}

static void tls_that_is_required_and_not_offered_sends_nothing(void **state)
{
    struct post_office office;
    struct cm_err err = { 0 };

    (void)state;
    open_office(&office, kind);
    assert_int_equal(send_one(&(struct cm_smtp){ .url = office.url,
                                                 .require_tls = true,
                                                 .user = "u",
                                                 .password = "hidden" },
                              &err),
                     CM_RETRY);
    close_office(&office);
    assert_true(err.away);
    assert_null(strstr(office.commands.at, "MAIL"));
    assert_null(strstr(office.commands.at, "AUTH"));
    assert_null(strstr(err.msg, "hidden"));
    forget_office(&office);
}

static void addresses_that_could_be_commands_are_rejected(void **state)
{
    static const char *const bad[] = {
        "", "a@b\r\nRCPT TO:<c@d>", "a b@c", "<a@b>", "a@b>", "a@b\n", "a@b\x7F"
    };
    const struct cm_smtp server = { .url = "smtp://127.0.0.1:1" };
    struct cm_smtp_receipt receipts[RECIPIENTS_MAX];
    struct cm_err err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const to[] = { "ok@example.com", bad[i], NULL };
        const struct cm_smtp_mail from_bad = { bad[i], one_recipient, CM_STR("x") };

        assert_int_equal(send_to(&server, to, receipts, &err), CM_REJECT);
        assert_int_equal(cm_smtp_send(&server, &from_bad, receipts, &err), CM_REJECT);
    }
    assert_int_equal(send_to(&server, (const char *const[]){ NULL }, receipts, &err), CM_REJECT);
}

static void a_url_of_another_kind_is_fatal(void **state)
{
    struct cm_err err;

    (void)state;
    assert_int_equal(send_one(&(struct cm_smtp){ .url = "http://127.0.0.1:1/" }, &err), CM_FATAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mail_arrives_as_it_is_with_its_envelope),
        cmocka_unit_test(a_refusal_for_now_is_retried),
        cmocka_unit_test(a_refusal_for_good_is_rejected_and_names_no_person),
        cmocka_unit_test(who_is_refused_keeps_the_mail_from_nobody_else),
        cmocka_unit_test(of_all_refused_one_that_may_come_again_decides),
        cmocka_unit_test(a_server_that_is_not_willing_at_all_is_away),
        cmocka_unit_test(a_connection_lost_in_the_middle_is_retried),
        cmocka_unit_test(tls_that_is_required_and_not_offered_sends_nothing),
        cmocka_unit_test(addresses_that_could_be_commands_are_rejected),
        cmocka_unit_test(a_url_of_another_kind_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
