/* phone.h - what a From or To of Twilio's is: a telephone number, an address, or nobody's.
 *
 * A withheld caller comes as a word ("anonymous"), as that word typed on a keypad (+266696687), as
 * an anonymous SIP address, or empty. Merging those into one contact would make one person of all
 * of them. Source: Twilio's notes on caller id; ITU-T E.164; RFC 3323 §4.1.1.3. Thread: any.
 */
#pragma once
#include "base/arena.h"

enum cm_phone_kind {
    PHONE_E164,     /* +15551234567 */
    PHONE_SHORT,    /* 12345: a short code, or a number that only its own network understands */
    PHONE_CLIENT,   /* client:alice */
    PHONE_SIP,      /* sip:alice@example.com */
    PHONE_WITHHELD, /* nobody that could be recognized again */
};

struct cm_phone {
    enum cm_phone_kind kind;
    struct cm_str text; /* as it is shown and stored: trimmed; a withheld one is "anonymous" */
};

/** '+' and up to 15 digits, the first of them not 0. */
bool cm_is_e164(struct cm_str text);

/** Classifies; `text` points into `raw` or at a literal. */
struct cm_phone cm_phone_read(struct cm_str raw);

/** Is it somebody for whom a contact may be found or made? */
bool cm_phone_is_somebody(struct cm_phone number);
