/* guest.h - dialled clients of the host, on the loop of their test. */
#pragma once
#include "host.h"
#include "http/ws/ws_dial.h"

struct guest { /* one dialled connection; on the loop of its caller */
    struct cm_loop *loop;
    struct cm_ws *ws; /* NULL after `closed` */
    unsigned opened, messages, drained, closed, code;
    char why[200];
    struct cm_buf heard;  /* the last message */
    const char *greeting; /* said when opened; may be NULL */
};
extern const struct cm_ws_events guest_events;

/** Runs the loop until the number at `what` is at least `count`. */
void loop_until(struct cm_loop *loop, const unsigned *what, unsigned count);
/** Dials `path` of the host; "!..." is a whole URL. */
void guest_dial(struct guest *guest, struct cm_ws_dialer *dialer, const struct host *host,
                const char *path, struct cm_ws_dial dial);
void guest_finish(struct guest *guest);
