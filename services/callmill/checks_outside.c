#include "checks.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/sid.h"
#include "engine/recordings.h"
#include "http/client.h"

enum { ASK_MS = 5000, ROOM_MIN_MB = 1024 };

static bool is_writable_folder(const char *path)
{
    struct stat seen;

    return stat(path, &seen) == 0 && S_ISDIR(seen.st_mode) && access(path, W_OK | X_OK) == 0;
}

static void check_room(const char *dir, struct finding *out)
{
    struct statvfs room;

    if (statvfs(dir, &room) == 0 && room.f_bavail * room.f_frsize / 1048576 < ROOM_MIN_MB) {
        found(out, FINDING_WARN, "RECORDINGS_DIR %s has %llu MB left", dir,
              (unsigned long long)(room.f_bavail * room.f_frsize / 1048576));
        advise(out, "an hour of a call is about 30 MB");
    }
}

static void check_store(const struct cm_recordings *recordings, const struct cli *cli,
                        struct finding *out)
{
    const char *url = cm_config_text(cli->config, "RECORDINGS_URL");
    struct cm_err err;

    if (cm_recordings_check(recordings, cli->arena, &err) == CM_OK) {
        found(out, FINDING_OK, "RECORDINGS_URL %s can be listed", url);
        return;
    }
    found(out, FINDING_FAIL, "RECORDINGS_URL %s: %s", url, err.msg);
    advise(out, "the key needs s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject");
}

static void check_places(const struct cm_recordings *recordings, const struct cli *cli,
                         struct finding *out)
{
    const char *dir = cm_recordings_folder(recordings);

    if (!is_writable_folder(dir)) {
        found(out, FINDING_FAIL, "RECORDINGS_DIR %s is no folder that can be written", dir);
        advise(out, "create it, owned by the user of the services");
    } else if (cm_recordings_are_remote(recordings)) {
        check_store(recordings, cli, out);
    } else {
        found(out, FINDING_OK, "RECORDINGS_DIR %s can be written", dir);
        check_room(dir, out);
    }
}

void check_recordings(const struct cli *cli, struct finding *out)
{
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_recordings) recordings = NULL;
    struct cm_err err;
    cm_rc rc = cm_http_client_new(NULL, &http, &err);

    if (!rc)
        rc = cm_recordings_new(cli->config, http, NULL, &recordings, &err);
    if (!rc) {
        check_places(recordings, cli, out);
        return;
    }
    found(out, FINDING_FAIL, "%s", err.msg);
    advise(out, "call-ingest, transcriber and api-gateway keep recordings in one place: a folder"
                " that they share, or a bucket");
}

/* Any answer will do: an engine's root is often a 404. */
static void check_http(const char *setting, const char *url, const struct cli *cli,
                       struct finding *out)
{
    CM_OWN(cm_http_client) http = NULL;
    struct cm_http_answer answer;
    struct cm_err err;
    cm_rc rc = cm_http_client_new(NULL, &http, &err);

    if (!rc)
        rc = cm_http_fetch(
            http,
            &(struct cm_http_ask){ .url = url, .timeout_ms = ASK_MS, .connect_timeout_ms = ASK_MS },
            cli->arena, &answer, &err);
    if (rc) {
        found(out, FINDING_FAIL, "%s: %s", setting, err.msg);
        advise(out, "is it up, and is the address right?");
        return;
    }
    found(out, FINDING_OK, "%s answers", setting);
}

static void check_engine(const struct cli *cli, const char *engine_setting, const char *url_setting,
                         struct finding *out)
{
    const char *url = cm_config_text(cli->config, url_setting);

    if (!url) {
        found(out, FINDING_FAIL, "%s=openai needs %s", engine_setting, url_setting);
        return;
    }
    check_http(url_setting, url, cli, out);
}

void check_speech(const struct cli *cli, struct finding *out)
{
    static const char *const models[] = { "WHISPER_MODEL", "VAD_MODEL" };

    if (strcmp(cm_config_text(cli->config, "SPEECH_ENGINE"), "openai") == 0) {
        check_engine(cli, "SPEECH_ENGINE", "SPEECH_URL", out);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        const char *path = cm_config_text(cli->config, models[i]);

        if (!path || access(path, R_OK) != 0) {
            found(out, FINDING_FAIL, "%s %s", models[i], path ? strerror(errno) : "is not set");
            advise(out, "deploy/fetch brings the models; name their files");
            return;
        }
    }
    found(out, FINDING_OK, "the speech model can be read");
}

void check_text(const struct cli *cli, struct finding *out)
{
    if (strcmp(cm_config_text(cli->config, "TEXT_ENGINE"), "openai") == 0)
        check_engine(cli, "TEXT_ENGINE", "TEXT_URL", out);
    else
        found(out, FINDING_OK, "the built-in rules need nothing");
}

/* "smtp://host:port/..." -> host and port; false: it is none. */
static bool split_url(struct cm_arena *arena, const char *url, const char *default_port,
                      char **host, char **port)
{
    const char *at = strstr(url, "://"), *end, *colon;

    if (!at)
        return false;
    at += 3;
    end = at + strcspn(at, "/");
    colon = memchr(at, ':', (size_t)(end - at));
    *host = cm_arena_text(arena, (struct cm_str){ at, (size_t)((colon ? colon : end) - at) });
    *port = cm_arena_text(arena, colon ? (struct cm_str){ colon + 1, (size_t)(end - colon - 1) }
                                       : cm_str_of(default_port));
    return true;
}

static bool connects(const struct addrinfo *to)
{
    CM_OWN_FD int fd =
        socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to->ai_protocol);
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    int failure = 0;
    socklen_t len = sizeof failure;

    if (fd < 0)
        return false;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    return errno == EINPROGRESS && poll(&wait, 1, ASK_MS) == 1 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 && failure == 0;
}

static bool answers(struct cm_arena *arena, const char *url, const char *default_port)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char *host, *port;
    bool any = false;

    if (!split_url(arena, url, default_port, &host, &port) ||
        getaddrinfo(host, port, &hints, &list) != 0)
        return false;
    for (const struct addrinfo *to = list; to && !any; to = to->ai_next)
        any = connects(to);
    freeaddrinfo(list);
    return any;
}

void check_mail(const struct cli *cli, struct finding *out)
{
    const char *url = cm_config_text(cli->config, "SMTP_URL"),
               *dir = cm_config_text(cli->config, "MAIL_DIR");

    if (url && answers(cli->arena, url, strncmp(url, "smtps:", 6) == 0 ? "465" : "25")) {
        found(out, FINDING_OK, "the mail server answers");
    } else if (url) {
        found(out, FINDING_FAIL, "SMTP_URL %s does not answer", url);
        advise(out, "is the mail server up, and is the address right?");
    } else if (dir && is_writable_folder(dir)) {
        found(out, FINDING_WARN, "reports are written to %s, not mailed", dir);
        advise(out, "set SMTP_URL to mail them");
    } else {
        found(out, FINDING_FAIL, "neither SMTP_URL nor a MAIL_DIR that can be written is set");
    }
}

void check_twilio(const struct cli *cli, struct finding *out)
{
    const char *sid = cm_config_text(cli->config, "TWILIO_ACCOUNT_SID");
    const char *url = cm_config_text(cli->config, "PUBLIC_URL");

    if (!sid || !cm_is_sid(cm_str_of(sid), "AC")) {
        found(out, FINDING_FAIL, "TWILIO_ACCOUNT_SID is %s", sid ? "no account sid" : "not set");
        advise(out, "it is AC and 32 hexadecimal digits, on the first page of Twilio's console");
    } else if (!cm_config_text(cli->config, "TWILIO_AUTH_TOKEN")) {
        found(out, FINDING_FAIL, "TWILIO_AUTH_TOKEN is not set");
        advise(out, "without it every webhook is answered 403; it stands beside the account sid");
    } else if (!url) {
        found(out, FINDING_FAIL, "PUBLIC_URL is not set");
        advise(out, "webhooks are signed for the address that Twilio calls: https://your.host");
    } else if (strncmp(url, "https:", 6) != 0) {
        found(out, FINDING_WARN, "PUBLIC_URL %s is not https", url);
        advise(out, "fine for trying things out; Twilio's media streams need wss");
    } else {
        found(out, FINDING_OK, "webhooks are expected at %s", url);
    }
}
