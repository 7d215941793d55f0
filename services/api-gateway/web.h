/* web.h - the web UI's files, carried inside the program.
 *
 * web/build.mjs makes the table: every file with its bytes as they are and, where that is shorter,
 * compressed beforehand. What lies under /assets/ has a hash of its content in its name and never
 * changes.
 */
#pragma once
#include "accept.h"

struct web_file {
    const char *path;                /* "/index.html", "/assets/main-1A2B3C4D.js" */
    const char *type;                /* the media type */
    const char *hash;                /* of the content */
    struct cm_str bodies[ENCODINGS]; /* by enum encoding; {NULL, 0}: not there in this one */
};

extern const struct web_file web_files[]; /* ended by an empty row */

/** NULL: there is none. */
const struct web_file *web_file_find(const struct web_file *files, struct cm_str path);
/** Of an address that nothing has: is it one that a page could have, rather than the API's, a
 * probe's or a file's? */
bool web_is_page_address(struct cm_str path);
/** The best encoding of those that the file is there in. */
enum encoding web_file_encoding(const struct web_file *file, struct cm_str accept_encoding);
