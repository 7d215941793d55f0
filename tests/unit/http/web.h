/* web.h - a server under test and a client that sends bytes just as they are written here.
 *
 * Every wait has a deadline; what does not come in time fails the test.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "http/server.h"

enum { WAIT_MS = 30 * 1000 };

struct peer { /* one connection */
    int fd;
    struct cm_buf in; /* what was received and not yet taken */
};

struct peer peer_dial(unsigned port);
void peer_close(struct peer *peer);
void peer_say(struct peer *peer, const char *bytes);
void peer_say_bytes(struct peer *peer, const void *bytes, size_t len);
void peer_say_end(struct peer *peer);                                /* sends FIN, still listens */
bool peer_try_say(struct peer *peer, const void *bytes, size_t len); /* false: refused */

struct answer {
    unsigned status;      /* 0: the connection ended without one */
    bool whole;           /* all of the body came */
    char head[16 * 1024]; /* status line and headers */
    struct cm_buf body;
};

/** Reads one answer: by Content-Length, by chunks, or to the end of the connection. */
struct answer peer_hear(struct peer *peer);
struct answer peer_hear_head(struct peer *peer); /* the headers only, what follows is left */
void answer_finish(struct answer *answer);
/** The value of a header, "" when it is not there; lent until the next call. */
const char *answer_header(const struct answer *answer, const char *name);

/** Waits for `text` to be received and takes everything up to its end; false: it did not come. */
bool peer_hear_text(struct peer *peer, const char *text, int within_ms);
/** true when the other side ended the connection within that time; what it said is dropped. */
bool peer_hear_end(struct peer *peer, int within_ms);

/** One request on a connection of its own, which is closed afterwards. */
struct answer ask(unsigned port, const char *request);
/** The status of it, for tests that look at nothing else. */
unsigned ask_status(unsigned port, const char *request);

void assert_answer(unsigned port, const char *request, unsigned status, const char *body);

struct cm_http_server *serve(struct cm_http_options options);
