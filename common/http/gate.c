#include "http/gate.h"

#include <string.h>

static bool is_token(struct cm_str name) /* RFC 9110 §5.6.2 */
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');

        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0;
}

static bool is_number(struct cm_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] < '0' || value.at[i] > '9')
            return false;
    return value.len > 0 && value.len <= 19;
}

static bool has_control(struct cm_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] == '\r' || value.at[i] == '\n' || value.at[i] == '\0')
            return true;
    return false;
}

void cm_gate_header(struct cm_gate *gate, struct cm_str name, struct cm_str value)
{
    if (!is_token(name) || has_control(value))
        gate->bad_name = true;
    if (cm_str_ieq(name, "Host")) {
        gate->hosts++;
    } else if (cm_str_ieq(name, "Content-Length")) {
        gate->lengths_differ |= gate->lengths > 0 && !cm_str_eq(gate->length, value);
        gate->lengths++;
        gate->length = value;
        gate->bad_length |= !is_number(value);
    } else if (cm_str_ieq(name, "Transfer-Encoding")) {
        gate->transfer_encodings++;
        gate->bad_encoding |= !cm_str_ieq(value, "chunked");
    }
}

const char *cm_gate_verdict(const struct cm_gate *gate, struct cm_str http_version)
{
    if (gate->bad_name)
        return "A header line is malformed.";
    if (gate->hosts > 1)
        return "More than one Host header.";
    if (gate->lengths && gate->transfer_encodings)
        return "Both Content-Length and Transfer-Encoding.";
    if (gate->bad_length)
        return "Content-Length is no number.";
    if (gate->lengths > 1)
        return gate->lengths_differ ? "Differing Content-Length headers."
                                    : "More than one Content-Length header.";
    if (gate->transfer_encodings > 1 || gate->bad_encoding)
        return "Transfer-Encoding other than chunked.";
    if (gate->transfer_encodings && !cm_str_is(http_version, "HTTP/1.1"))
        return "Transfer-Encoding needs HTTP/1.1.";
    return NULL;
}
