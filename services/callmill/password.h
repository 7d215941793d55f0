/* password.h - a password that does not come by the command line, which every user of the machine
 * can read.
 */
#pragma once
#include "cli.h"

/** The first line of the file that `option` names, without its end, in cli->arena; "-" is standard
 * input, and of a terminal, which is asked then, nothing is shown. CM_REJECT: there is none. */
cm_rc password_read(const struct cli *cli, const char *option, struct cm_str *out,
                    struct cm_err *err) CM_MUSTCHECK;
