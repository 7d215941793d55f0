#include "tls_host.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/listen.h"

static void extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    X509_add_ext(cert, ext, -1);
    X509_EXTENSION_free(ext);
}

static X509 *certificate(const char *subject, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                         const char *names)
{
    X509 *cert = X509_new();
    X509_NAME *name;

    assert_non_null(cert);
    name = X509_get_subject_name(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)subject, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    X509_set_pubkey(cert, key);
    if (names)
        extend(cert, issuer ? issuer : cert, NID_subject_alt_name, names);
    else
        extend(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
    return cert;
}

static void write_ca(struct tls_host *host, X509 *ca)
{
    FILE *file;
    int fd;

    snprintf(host->ca_file, sizeof host->ca_file, "/tmp/callmill-ws-ca.XXXXXX");
    fd = mkstemp(host->ca_file);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, ca), 1);
    fclose(file);
}

void tls_host_start(struct tls_host *host, const char *name)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    char ca_name[40];
    struct cm_err err;
    X509 *ca, *cert;

    *host = (struct tls_host){ 0 };
    snprintf(ca_name, sizeof ca_name, "authority %p", (void *)host);
    ca = certificate(ca_name, ca_key, NULL, ca_key, NULL);
    cert = certificate("server", key, ca, ca_key, name);
    write_ca(host, ca);
    host->ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(host->ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(host->ctx, key), 1);
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    assert_int_equal(http_listen("127.0.0.1:0", 1, &host->listener, &host->port, &err), CM_OK);
    assert_int_equal(pipe(host->read_now), 0);
}

static bool hear(SSL *ssl, struct cm_buf *into)
{
    int got = SSL_read(ssl, cm_buf_reserve(into, 65536), 65536);

    if (got > 0)
        into->len += (size_t)got;
    return got > 0;
}

static void say(SSL *ssl, const void *bytes, size_t len)
{
    SSL_write(ssl, bytes, (int)len);
}

static bool shake(SSL *ssl)
{
    CM_OWN_BUF struct cm_buf head = { 0 }, out = { 0 };
    struct cm_ws_request rq;
    const char *why;
    unsigned status;
    size_t used;

    while (cm_ws_read_request(cm_buf_view(&head), &rq, &used, &status, &why) == CM_WS_HEAD_MORE)
        if (!hear(ssl, &head))
            return false;
    cm_ws_write_accept(rq.key, &out);
    say(ssl, out.at, out.len);
    return true;
}

static void say_much(SSL *ssl, unsigned count)
{
    char frame[4 + 1000] = "\x81\x7E\x03\xE8";

    memset(frame + 4, 'm', 1000);
    for (unsigned i = 0; i < count; i++)
        say(ssl, frame, sizeof frame);
}

/* Says back the frames at the front: the same without mask and key. Returns what they took. */
static size_t echo(SSL *ssl, const struct cm_buf *in)
{
    CM_OWN_BUF struct cm_buf out = { 0 };
    size_t at = 0;

    while (in->len - at >= 6) {
        const unsigned char *f = (const unsigned char *)in->at + at;
        size_t lengths = (f[1] & 0x7F) == 126 ? 2 : 0, head = 6 + lengths;
        size_t len = lengths ? (size_t)f[2] << 8 | f[3] : f[1] & 0x7Fu;

        if (in->len - at < head + len)
            break;
        cm_buf_char(&out, (char)f[0]);
        cm_buf_char(&out, (char)(f[1] & 0x7F));
        cm_buf_put(&out, f + 2, lengths);
        for (size_t i = 0; i < len; i++)
            cm_buf_char(&out, (char)(f[head + i] ^ f[head - 4 + i % 4]));
        at += head + len;
    }
    if (out.len)
        say(ssl, out.at, out.len);
    return at;
}

static void converse(struct tls_host *host, SSL *ssl)
{
    CM_OWN_BUF struct cm_buf in = { 0 };
    char byte;

    if (!shake(ssl))
        return;
    say_much(ssl, host->much);
    if (host->reads_late)
        assert_int_equal(read(host->read_now[0], &byte, 1), 1);
    while (hear(ssl, &in)) {
        size_t used = echo(ssl, &in);

        if (used)
            memmove(in.at, in.at + used, in.len - used);
        in.len -= used;
    }
}

static void *serve_one(void *ctx)
{
    struct tls_host *host = ctx;
    struct pollfd ready = { .fd = host->listener, .events = POLLIN };
    SSL *ssl;
    int fd;

    poll(&ready, 1, WAIT_MS);
    fd = accept(host->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    ssl = SSL_new(host->ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1)
        converse(host, ssl);
    SSL_free(ssl);
    close(fd);
    return NULL;
}

void tls_host_serve(struct tls_host *host)
{
    assert_int_equal(pthread_create(&host->thread, NULL, serve_one, host), 0);
}

void tls_host_stop(struct tls_host *host)
{
    shutdown(host->listener, SHUT_RDWR);
    pthread_join(host->thread, NULL);
    close(host->listener);
    close(host->read_now[0]);
    close(host->read_now[1]);
    SSL_CTX_free(host->ctx);
    unlink(host->ca_file);
}
