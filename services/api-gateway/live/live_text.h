/* live_text.h - an event as live pages get it: what changed, and nothing that was said, but for a
 * turn of a call that is going on (live.turn), which is what was said.
 *
 *     id: 0197...
 *     event: call.transcribed
 *     data:
 * {"call_id":"...","call_sid":"CA...","occurred_at":"...","step":"transcribe","state":"done"}
 */
#pragma once
#include "base/buf.h"
#include "event/event.h"

void live_text(const struct cm_event *event, struct cm_buf *out);
