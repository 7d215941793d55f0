#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"

enum { BACKLOG = 1024, DEAD_PEER_MS = 60 * 1000 };

static cm_rc resolve(const char *addr, struct addrinfo **out, struct cm_err *err)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    const char *colon = strrchr(addr, ':');
    char host[256];
    size_t len;
    int rc;

    if (!colon || colon == addr || colon - addr >= (ptrdiff_t)sizeof host)
        return cm_fail(err, CM_FATAL, "listen on %s: want host:port", addr);

    len = (size_t)(colon - addr);
    if (addr[0] == '[' && len > 2 && addr[len - 1] == ']')
        snprintf(host, sizeof host, "%.*s", (int)len - 2, addr + 1);
    else
        snprintf(host, sizeof host, "%.*s", (int)len, addr);
    rc = getaddrinfo(host, colon + 1, &hints, out);
    if (rc)
        return cm_fail(err, CM_FATAL, "listen on %s: %s", addr, gai_strerror(rc));
    return CM_OK;
}

/* Both families keep their port at the same place (RFC 3493 §3.3 and before). */
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
               "one place for the port");

static unsigned port_of(const struct sockaddr_storage *at)
{
    struct sockaddr_in in;

    memcpy(&in, at, sizeof in);
    return ntohs(in.sin_port);
}

static void set_port(struct sockaddr_storage *at, unsigned port)
{
    ((struct sockaddr_in *)at)->sin_port = htons((uint16_t)port);
}

static int bound_socket(const struct sockaddr_storage *at, socklen_t len, bool shared)
{
    const int on = 1, dead_peer_ms = DEAD_PEER_MS;
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    /* Accepted connections inherit these: a peer that is gone without a word is noticed. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_peer_ms, sizeof dead_peer_ms);
    if (bind(fd, (const struct sockaddr *)at, len) == 0)
        return fd;

    close(fd);
    return -1;
}

/* With SO_REUSEPORT a second process would silently share the address: a socket without it finds
 * out. */
static bool probe(struct sockaddr_storage *at, socklen_t len)
{
    CM_OWN_FD int fd = bound_socket(at, len, false);

    return fd >= 0;
}

static bool open_all(struct sockaddr_storage *at, socklen_t len, size_t count, int fds[],
                     unsigned *port)
{
    if (count > 1 && port_of(at) && !probe(at, len))
        return false;

    for (size_t i = 0; i < count; i++) {
        struct sockaddr_storage real = { 0 };
        socklen_t real_len = sizeof real;

        fds[i] = bound_socket(at, len, count > 1);
        if (fds[i] < 0 || listen(fds[i], BACKLOG) != 0 ||
            getsockname(fds[i], (struct sockaddr *)&real, &real_len) != 0)
            return false;
        *port = port_of(&real);
        set_port(at, *port);
    }
    return true;
}

cm_rc http_listen(const char *addr, size_t count, int fds[], unsigned *port, struct cm_err *err)
{
    struct addrinfo *found = NULL;
    struct sockaddr_storage at = { 0 };
    socklen_t len;
    cm_rc rc = resolve(addr, &found, err);
    int cause;

    if (rc || !found)
        return rc;

    len = found->ai_addrlen;
    memcpy(&at, found->ai_addr, len);
    freeaddrinfo(found);
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    if (open_all(&at, len, count, fds, port))
        return CM_OK;

    cause = errno;
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return cm_fail(err, CM_FATAL, "listen on %s: %s", addr, strerror(cause));
}
