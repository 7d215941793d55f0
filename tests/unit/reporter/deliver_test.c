#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "deliver.h"

struct fixture {
    char dir[64];
    struct delivery delivery;
    struct cm_err err;
};

static int setup(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);

    snprintf(fx->dir, sizeof fx->dir, "/tmp/callmill-mail-XXXXXX");
    assert_non_null(mkdtemp(fx->dir));
    fx->delivery.dir = fx->dir;
    *state = fx;
    return 0;
}

/* Counts the files and removes them. */
static int empty(const char *dir)
{
    DIR *folder = opendir(dir);
    int count = 0;

    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
        count++;
    }
    closedir(folder);
    return count;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    if (access(fx->dir, F_OK) == 0)
        empty(fx->dir);
    rmdir(fx->dir);
    free(fx);
    return 0;
}

static cm_rc deliver(struct fixture *fx, deliver_fn *how, struct cm_str message_id,
                     struct cm_str message)
{
    static const char *const to[] = { "ada@example.com", "alan@example.com", NULL };
    const struct letter letter = { to, message_id, message };
    struct cm_smtp_receipt receipts[2] = { 0 };
    cm_rc rc = how(&fx->delivery, &letter, receipts, &fx->err);

    for (size_t i = 0; i < 2 && !rc; i++)
        assert_int_equal(receipts[i].verdict, CM_SMTP_TAKEN);
    return rc;
}

static void a_mail_becomes_one_file_named_after_its_id(void **state)
{
    struct fixture *fx = *state;
    char path[128], content[32] = "";
    FILE *file;

    assert_int_equal(
        deliver(fx, deliver_to_folder, CM_STR("<1.report@example.com>"), CM_STR("first")), CM_OK);
    assert_int_equal(
        deliver(fx, deliver_to_folder, CM_STR("<1.report@example.com>"), CM_STR("second")), CM_OK);

    snprintf(path, sizeof path, "%s/1.report@example.com.eml", fx->dir);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(content, sizeof content, file));
    fclose(file);
    assert_string_equal(content, "second");
    assert_int_equal(empty(fx->dir), 1);
}

static void no_id_leads_out_of_the_folder(void **state)
{
    struct fixture *fx = *state;

    assert_int_equal(deliver(fx, deliver_to_folder, CM_STR("<../../x\0y/z>"), CM_STR("m")), CM_OK);
    assert_int_equal(access("/tmp/x_y_z.eml", F_OK), -1);
    /* ".._.._x_y_z.eml" is hidden from empty() by its dot, so it is removed by name */
    assert_int_equal(unlinkat(open(fx->dir, O_RDONLY | O_DIRECTORY), ".._.._x_y_z.eml", 0), 0);
}

static void a_missing_folder_is_waited_for(void **state)
{
    struct fixture *fx = *state;

    rmdir(fx->dir);
    assert_int_equal(deliver(fx, deliver_to_folder, CM_STR("<1@x>"), CM_STR("m")), CM_RETRY);
    assert_true(fx->err.away);
    assert_non_null(strstr(fx->err.msg, "MAIL_DIR"));
}

static void nobody_at_the_mail_server_is_waited_for(void **state)
{
    struct fixture *fx = *state;

    fx->delivery.from = "callmill@example.com";
    fx->delivery.smtp = (struct cm_smtp){ .url = "smtp://127.0.0.1:9", .timeout_ms = 2000 };
    assert_int_equal(deliver(fx, deliver_by_smtp, CM_STR("<1@x>"), CM_STR("Subject: x\r\n\r\n")),
                     CM_RETRY);
    assert_true(fx->err.away);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_mail_becomes_one_file_named_after_its_id),
        WITH_FIXTURE(no_id_leads_out_of_the_folder),
        WITH_FIXTURE(a_missing_folder_is_waited_for),
        WITH_FIXTURE(nobody_at_the_mail_server_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
