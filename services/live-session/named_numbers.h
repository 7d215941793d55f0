/* named_numbers.h - the telephone numbers that a text names, as people write them.
 *
 * A number begins with a plus; between its digits there may be whatever is no letter and no digit,
 * and a "(0)" as in +44 (0)20 7946 0958. Thread: any.
 */
#pragma once
#include "base/buf.h"

/** Does the text name this number (E.164)? */
bool number_is_named(struct cm_str text, struct cm_str number);

/** Puts behind `out` of the text just what its numbers are found by. */
void named_numbers_keep(struct cm_str text, struct cm_buf *out);
