#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail.h"

#define SENT_US INT64_C(1795448160000000) /* Mon, 23 Nov 2026 15:36:00 +0000 */

struct fixture {
    struct cm_arena *arena;
    struct cm_buf out;
    struct mail mail;
    const char *to[3];
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    fx->arena = cm_arena_new();
    fx->to[0] = "ada@example.com";
    fx->mail = (struct mail){ .from = "callmill <reports@example.com>",
                              .to = fx->to,
                              .subject = CM_STR("Call from +15551234567"),
                              .text = CM_STR("Hello\n"),
                              .html = CM_STR("<p>Hello</p>\n"),
                              .message_id = CM_STR("<1.report@example.com>"),
                              .date_us = SENT_US };
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    cm_buf_finish(&fx->out);
    cm_arena_free(fx->arena);
    free(fx);
    return 0;
}

static const char *written(struct fixture *fx)
{
    cm_buf_clear(&fx->out);
    mail_write(&fx->mail, &fx->out);
    return fx->out.at;
}

/* What every message must be, whatever went into it. */
static void assert_sound(const char *message)
{
    const char *line = message;
    bool in_head = true;
    int headers = 0;

    while (*line) {
        const char *end = strstr(line, "\r\n");

        assert_non_null(end);
        assert_null(memchr(line, '\n', (size_t)(end - line)));
        assert_null(memchr(line, '\r', (size_t)(end - line)));
        assert_true(end - line <= 78);
        if (end == line)
            in_head = false;
        if (in_head && *line != ' ')
            headers++;
        line = end + 2;
    }
    assert_int_equal(headers, 8);
}

static void a_plain_message_has_its_headers_and_both_bodies(void **state)
{
    struct fixture *fx = *state;
    const char *message = written(fx);

    assert_sound(message);
    assert_non_null(strstr(message, "Date: Mon, 23 Nov 2026 15:36:00 +0000\r\n"));
    assert_non_null(strstr(message, "From: \"callmill\"\r\n <reports@example.com>\r\n"));
    assert_non_null(strstr(message, "To: ada@example.com\r\n"));
    assert_non_null(strstr(message, "Subject: Call from +15551234567\r\n"));
    assert_non_null(strstr(message, "Message-ID: <1.report@example.com>\r\n"));
    assert_non_null(strstr(message, "Auto-Submitted: auto-generated\r\n"));
    assert_non_null(strstr(message, "Content-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(message, "\r\n\r\n<p>Hello</p>\r\n"));
}

static void the_same_mail_is_the_same_bytes(void **state)
{
    struct fixture *fx = *state;
    const char *first = cm_arena_text(fx->arena, cm_str_of(written(fx)));

    assert_string_equal(first, written(fx));
}

static void no_line_break_in_a_value_makes_a_header(void **state)
{
    static const char *const attempts[] = { "Hello\r\nBcc: eve@example.com",
                                            "Hello\nBcc: eve@example.com",
                                            "Hello\rBcc: eve@example.com", "Hello\r\n\r\nBody",
                                            "\xc3\xa4\r\nBcc: eve@example.com" };
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        fx->mail.subject = cm_str_of(attempts[i]);
        assert_sound(written(fx));
        assert_null(strstr(fx->out.at, "\nBcc:"));
    }
    fx->mail.subject = CM_STR("Hello\0Bcc: eve@example.com");
    assert_sound(written(fx));
    assert_int_equal(strlen(fx->out.at), fx->out.len);
}

static void a_senders_name_cannot_break_out_of_its_quotes(void **state)
{
    struct fixture *fx = *state;

    fx->mail.from = "A\" B\\ <reports@example.com>";
    assert_sound(written(fx));
    assert_non_null(strstr(fx->out.at, "From: \"A\\\" B\\\\\"\r\n <reports@"));
    fx->mail.from = "\"Reports, Inc.\" <reports@example.com>";
    assert_non_null(strstr(written(fx), "From: \"Reports, Inc.\"\r\n <reports@example.com>\r\n"));
    fx->mail.from = "reports@example.com";
    assert_non_null(strstr(written(fx), "From: <reports@example.com>\r\n"));
    fx->mail.from = "R\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s <reports@example.com>";
    assert_non_null(strstr(written(fx), "From: =?UTF-8?B?UsOka3Ntw7ZyZ8Olcw==?=\r\n <reports@"));
}

static void what_is_not_ascii_travels_in_encoded_words_of_whole_letters(void **state)
{
    struct fixture *fx = *state;

    fx->mail.subject = CM_STR("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                              "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4x\xc3\xa4\xc3\xa4");
    assert_sound(written(fx));
    /* 29 bytes, for the fifteenth letter would be cut in two, then the rest */
    assert_non_null(strstr(fx->out.at, "Subject: =?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpHg="
                                       "?=\r\n =?UTF-8?B?w6TDpA==?=\r\n"));
}

static void what_looks_encoded_is_encoded(void **state)
{
    struct fixture *fx = *state;

    fx->mail.subject = CM_STR("=?UTF-8?B?ZXZpbA==?=");
    assert_null(strstr(written(fx), "Subject: =?UTF-8?B?ZXZpbA==?=\r\n"));
    assert_sound(fx->out.at);
}

static void long_subjects_are_folded(void **state)
{
    char words[600], one[600];
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof words; i++)
        words[i] = i % 7 == 6 ? ' ' : 'w';
    memset(one, 'w', sizeof one);
    fx->mail.subject = (struct cm_str){ words, sizeof words };
    assert_sound(written(fx));
    fx->mail.subject = (struct cm_str){ one, sizeof one };
    assert_sound(written(fx));
}

static void bodies_are_quoted_printable(void **state)
{
    struct fixture *fx = *state;

    fx->mail.text = CM_STR("a=b\r\ntrailing \n.\nF\xc3\xbcr\n\n.dot\tand tab\t\nno end");
    assert_sound(written(fx));
    assert_non_null(strstr(fx->out.at, "\r\n\r\na=3Db\r\ntrailing=20\r\n=2E\r\nF=C3=BCr\r\n\r\n"
                                       "=2Edot\tand tab=09\r\nno end\r\n"));
}

static void long_lines_are_broken_softly(void **state)
{
    char line[5000];
    struct fixture *fx = *state;

    memset(line, '.', sizeof line); /* the worst of it: a dot must not begin a line */
    fx->mail.text = (struct cm_str){ line, sizeof line };
    assert_sound(written(fx));
    assert_null(strstr(fx->out.at, "\r\n."));
    memset(line, '\xc3', sizeof line);
    assert_sound(written(fx));
}

static void any_bytes_make_a_sound_message(void **state)
{
    char bytes[512];
    struct fixture *fx = *state;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        fx->mail.subject = fx->mail.text = fx->mail.html = (struct cm_str){ bytes, len };
        assert_sound(written(fx));
    }
}

static void several_recipients_are_listed(void **state)
{
    struct fixture *fx = *state;

    fx->to[1] = "alan@example.com";
    assert_non_null(strstr(written(fx), "To: ada@example.com,\r\n alan@example.com\r\n"));
}

static void addresses_are_taken_out_of_names(void **state)
{
    static const struct {
        const char *text, *address;
    } cases[] = {
        { "ada@example.com", "ada@example.com" },
        { "  ada@example.com ", "ada@example.com" },
        { "Ada <ada@example.com>", "ada@example.com" },
        { "<a.b+c@x>", "a.b+c@x" },
        { "", NULL },
        { "ada", NULL },
        { "@example.com", NULL },
        { "ada@", NULL },
        { "ada@-x", NULL },
        { "a@b@c", NULL },
        { "ada lovelace@example.com", NULL },
        { "ada@example.com>", NULL },
        { "ada@example.com\r\nRCPT TO:<eve@example.com>", NULL },
        { "ada@example.com,eve@example.com", NULL },
        { "\xc3\xa4@example.com", NULL },
        { "Ada <>", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_str address = { 0 };
        bool found = mail_address(cm_str_of(cases[i].text), &address);

        assert_int_equal(found, cases[i].address != NULL);
        if (found)
            assert_true(cm_str_is(address, cases[i].address));
    }
}

static void an_address_cut_at_any_byte_is_a_shorter_one_or_none(void **state)
{
    static const char whole[] = "Ada L <ada@example.com>";

    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct cm_str address = { 0 };

        assert_false(mail_address((struct cm_str){ whole, len }, &address));
    }
}

static void the_message_id_is_that_of_the_call(void **state)
{
    struct fixture *fx = *state;
    struct cm_uuid call = { { 1, 2, 3 } };

    assert_true(cm_str_is(mail_message_id(fx->arena, call, "example.com"),
                          "<01020300-0000-0000-0000-000000000000.report@example.com>"));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_plain_message_has_its_headers_and_both_bodies),
        WITH_FIXTURE(the_same_mail_is_the_same_bytes),
        WITH_FIXTURE(no_line_break_in_a_value_makes_a_header),
        WITH_FIXTURE(a_senders_name_cannot_break_out_of_its_quotes),
        WITH_FIXTURE(what_is_not_ascii_travels_in_encoded_words_of_whole_letters),
        WITH_FIXTURE(what_looks_encoded_is_encoded),
        WITH_FIXTURE(long_subjects_are_folded),
        WITH_FIXTURE(bodies_are_quoted_printable),
        WITH_FIXTURE(long_lines_are_broken_softly),
        WITH_FIXTURE(any_bytes_make_a_sound_message),
        WITH_FIXTURE(several_recipients_are_listed),
        WITH_FIXTURE(addresses_are_taken_out_of_names),
        WITH_FIXTURE(an_address_cut_at_any_byte_is_a_shorter_one_or_none),
        WITH_FIXTURE(the_message_id_is_that_of_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
