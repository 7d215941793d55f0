/* exchange.h - the lines of one event loop, as a telephone exchange has them.
 *
 * Thread: the loop's, but for exchange_end.
 */
#pragma once
#include "http/ws/ws_dial.h"
#include "session.h"
#include "store.h"

struct live;
struct line;

struct exchange {
    struct live *live;
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct cm_timer *tick;
    struct line *lines;
};

/** CM_FATAL: no dialer. */
cm_rc exchange_open(struct live *live, struct cm_loop *loop, struct exchange **out,
                    struct cm_err *err) CM_MUSTCHECK;
/** No line is left, or is waited for any more. NULL is fine. */
void exchange_close(struct exchange *exchange);

void exchange_add(struct exchange *exchange, struct line *line);
void exchange_remove(struct exchange *exchange, struct line *line);

/** Ends these sessions, if they are here (count 0: all of them), for that reason. Copies. Thread:
 *  any, while the loop runs. */
void exchange_end(struct exchange *exchange, const struct cm_uuid sessions[], size_t count,
                  enum session_end end);
