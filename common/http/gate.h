/* gate.h - what a request must be before libmicrohttpd's reading of it is trusted.
 *
 * Source: RFC 9112 §6 and §11.2; the 34 cases measured against 0.9.75 are its test (gate_test.c).
 */
#pragma once
#include <stdbool.h>

#include "base/str.h"

struct cm_gate { /* what was seen of one request's header lines; zero it first */
    unsigned hosts, lengths, transfer_encodings;
    bool bad_name, bad_length, bad_encoding, lengths_differ;
    struct cm_str length;
};

void cm_gate_header(struct cm_gate *gate, struct cm_str name, struct cm_str value);

/** NULL: let it in. Otherwise the reason for a 400 and an end of the connection. */
const char *cm_gate_verdict(const struct cm_gate *gate, struct cm_str http_version);
