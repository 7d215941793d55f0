/* line.h - one call on the line: its sockets, its session, its ears, and what is written of it.
 *
 * A line lives from the moment its WebSocket is open until everything that could still call back is
 * gone: stream, model, ears, and the answers of scribe and acts. What follows of what is the
 * session's to know; a line only carries. Thread: its loop's.
 */
#pragma once
#include "exchange.h"
#include "http/ws/ws.h"

struct line; /* opaque */

/** Takes the stream, in the server's `opened`. */
void line_open(struct exchange *exchange, struct cm_ws *stream);
void line_tick(struct line *line, int64_t now_ms);
void line_end(struct line *line, enum session_end end);
struct cm_uuid line_session_id(const struct line *line);
