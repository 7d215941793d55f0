#include "password.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/credential.h"

/* Whoever gives up by Ctrl-C would be left with a shell that shows nothing: no signals meanwhile,
 * as getpass() has it; Ctrl-D ends it. */
static bool hide(struct termios *before)
{
    struct termios hidden;

    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false; /* no terminal: nothing is shown of a pipe */
    hidden = *before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
        return false;
    fputs("Password: ", stderr);
    return true;
}

static bool read_line(FILE *file, char *line, int room)
{
    struct termios before;
    bool hidden = file == stdin && hide(&before), ok = fgets(line, room, file) != NULL;

    if (hidden) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return ok;
}

cm_rc password_read(const struct cli *cli, const char *option, struct cm_str *out,
                    struct cm_err *err)
{
    const char *path = cli_value(cli, option);
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    int room = CM_PASSWORD_MAX_BYTES + 3;
    char *line = CM_NEW_N(cli->arena, char, room);
    bool ok;

    if (!file)
        return cm_fail(err, CM_REJECT, "%s %s: %s", option, path, strerror(errno));

    ok = read_line(file, line, room);
    if (!is_stdin)
        (void)fclose(file);
    if (!ok)
        return cm_fail(err, CM_REJECT, "%s %s: it is empty", option, path);

    line[strcspn(line, "\r\n")] = 0;
    *out = cm_str_of(line);
    return CM_OK;
}
