/* A request's head as libmicrohttpd 0.9.75 understood it, and as it stood on the wire.
 *
 * That version ends lines at CR, at LF and at both, takes NUL for the end of a value, and glues a
 * folded line to the *name* of its header: a proxy in front reads other headers than it does. It
 * parses in place, though, and writes NULs over what it took for separators. So a head of
 * well-formed lines leaves a chain: each name begins two bytes (once CR and LF) behind the end of
 * the value before it, each value one byte (once the colon) and blanks behind its name. Where the
 * chain is broken a line was not what it seemed. Other versions are not looked at in this way.
 */
#include <string.h>

#include "http/gate.h"
#include "http/inside.h"

struct reading {
    struct cm_gate gate;
    const char *next; /* where the next line has to begin; NULL: not known */
    bool broken;
};

static bool is_parsed_in_place(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

static void follow(struct reading *head, const char *name, size_t name_len, const char *value,
                   size_t value_len)
{
    const char *from = name + name_len + 1;

    head->broken |= name != head->next || !value || value < from;
    for (; !head->broken && from < value; from++)
        head->broken = *from != ' ' && *from != '\t';
    if (!head->broken)
        head->next = value + value_len + 2;
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 size_t name_len, const char *value, size_t value_len)
{
    struct reading *head = ctx;

    (void)kind;
    cm_gate_header(&head->gate, (struct cm_str){ name, name_len },
                   (struct cm_str){ value, value ? value_len : 0 });
    if (head->next && !head->broken)
        follow(head, name, name_len, value, value_len);
    return MHD_YES;
}

const char *http_head_verdict(struct cm_http_request *rq, const char *version,
                              struct cm_str *length)
{
    struct reading head = { .next = is_parsed_in_place() ? version + strlen(version) + 2 : NULL };
    const char *first = head.next, *why;

    MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, on_header, &head);
    why = cm_gate_verdict(&head.gate, cm_str_of(version));
    if (why)
        return why;
    /* The empty line was two bytes as well. Without any header there is nothing to be confused
     * about. */
    if (head.broken || (head.next != first && (head.next[0] || head.next[1])))
        return "A line of the head does not end with CR and LF, is folded, or has a NUL.";

    *length = head.gate.length;
    return NULL;
}
