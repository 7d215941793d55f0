/* accept.h - what a client says that it wants: which compression (RFC 9110 §12.5.3), and whether it
 * names a media type (§12.5.1). Thread: any. */
#pragma once
#include "base/str.h"

enum encoding { ENCODING_BR, ENCODING_GZIP, ENCODING_IDENTITY, ENCODINGS }; /* the shortest first */

/** As Content-Encoding has it. */
const char *encoding_name(enum encoding encoding);

/** How much each is wanted, in thousandths, from Accept-Encoding's value; 0: not at all. The empty
 * header wants nothing but the bytes as they are, which nobody has to refuse by name. */
void accept_encoding_read(struct cm_str header, int wanted[ENCODINGS]);

/** Does Accept's value name that type itself, as something wanted? For "text/html" browsers do so
 * where they load a page; a star names nothing. */
bool accept_names(struct cm_str header, const char *type);
