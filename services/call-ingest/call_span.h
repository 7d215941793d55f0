/* call_span.h - the root of a call's trace: the span that lasts as long as the call.
 *
 * What belongs to the call hangs on it long before it is recorded, for its id is made of the
 * call's (base/trace.h). Thread: any.
 */
#pragma once
#include "store_call.h"

/** Once, when the end is committed. */
void call_span_record(const struct call_row *call, const struct call_state *end);
