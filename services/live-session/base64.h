/* base64.h - sound as it stands in a JSON string: base64 in which a writer may have put \/ for /.
 *
 * Source: RFC 4648 §4, RFC 8259 §7. Thread: any.
 */
#pragma once
#include "base/buf.h"
#include "base/str.h"

/** The same without backslashes: `raw` itself where there are none, else a copy in `room`. */
struct cm_str base64_plain(struct cm_str raw, struct cm_buf *room);
/** How many bytes plain base64 stands for; 0 when its length can't be right. */
size_t base64_bytes(struct cm_str plain);
/** Decodes plain base64 and appends it; false: it is none. */
bool base64_decode(struct cm_str plain, struct cm_buf *out);
void base64_encode(const void *bytes, size_t len, struct cm_buf *out);
