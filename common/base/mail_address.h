/* mail_address.h - an address that mail can be sent to. */
#pragma once
#include "base/str.h"

/** local@domain, in ASCII, within the lengths of RFC 5321 and without what would need quotes: it
 * can stand as it is in a header and in an envelope. Thread: any. */
bool cm_is_mail_address(struct cm_str text);
