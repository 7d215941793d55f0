/* sid.h - Twilio's names of accounts, calls, recordings and streams. Thread: any. */
#pragma once
#include "base/str.h"

/** Is it `kind` ("AC", "CA", "RE", "MZ") and 32 hexadecimal digits? */
bool cm_is_sid(struct cm_str sid, const char *kind);
