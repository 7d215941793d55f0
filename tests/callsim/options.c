#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

static const char usage[] =
    "callsim - a speaker of Twilio's protocol: places calls by signed webhooks and serves their\n"
    "recordings like api.twilio.com.\n"
    "\n"
    "  callsim call  --audio FILE.mp3 --to NUMBER [option...]   one call, then waits until its "
    "recording\n"
    "                                                         was fetched\n"
    "  callsim load  --audio FILE.mp3 --to NUMBER --calls N [option...]   many at a time\n"
    "  callsim serve --audio FILE.mp3 --to NUMBER [option...]   posts nothing, serves until "
    "SIGTERM\n"
    "\n"
    "Environment: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, as call-ingest has them.\n"
    "The service reaches the REST API by TWILIO_API_URL=http://ADDR of --listen.\n"
    "\n"
    "Where\n"
    "  --public URL        the service's PUBLIC_URL, which is signed (default: $PUBLIC_URL, or "
    "--ingest)\n"
    "  --ingest URL        where webhooks are sent in its place (default: --public)\n"
    "  --listen ADDR       of the REST API (default 127.0.0.1:8083; port 0: any, printed)\n"
    "What\n"
    "  --audio FILE        the recording, an MP3; up to 4 times: several recordings of each call\n"
    "  --from NUMBER       the caller (default: each call its own)\n"
    "  --to NUMBER         the number called; up to 16 times: in turn\n"
    "  --outcome STATUS    completed, busy, failed, no-answer or canceled (default completed);\n"
    "                      only a completed call has a recording\n"
    "  --duration SECONDS  of the call (default: of its longest recording)\n"
    "  --mono              there is one channel only: RequestedChannels=2 gets 400\n"
    "  --withheld PERCENT  of the callers are anonymous\n"
    "How many, in which order\n"
    "  --calls N           (default 1)\n"
    "  --concurrency N     calls at a time (default 16)\n"
    "  --pace MS           between two calls that follow each other (default 0)\n"
    "  --shuffle           a call's webhooks come in any order\n"
    "  --at-once           a call's webhooks come all at the same time\n"
    "  --repeat PERCENT    of the webhooks come again\n"
    "  --missing PERCENT   of the webhooks never come (one a call always does)\n"
    "  --seed N            the same seed makes the same calls (default: drawn, and printed)\n"
    "When it goes wrong\n"
    "  --retry SECONDS     a webhook without 2xx is sent again for so long (default 60)\n"
    "  --twilio-retries    instead as Twilio: by the URL's #rc=N&rp=4xx|5xx|ct|rt|all, else once "
    "and\n"
    "                      only when it could not connect\n"
    "  --not-ready N       the first N fetches of a recording get 404\n"
    "  --not-ready-ms MS   a recording gets 404 for so long after its call\n"
    "  --fail PERCENT      of the REST API's answers are 500, 503 or 429\n"
    "  --latency MS        of every answer of the REST API\n"
    "  --redirect          a recording is a 302 to another port, which refuses credentials\n"
    "The media stream, where the TwiML asks for one\n"
    "  --stream URL        where it goes in place of the TwiML's URL, which is signed\n"
    "  --talk SECONDS      how long it lasts (default: as long as the audio)\n"
    "  --speed N           times as fast as real time (default 1)\n"
    "  --hang-up WAY       stop, close, reset, silent, error (a stream-error callback) or status "
    "(the\n"
    "                      last status comes first) (default stop)\n"
    "  --heard FILE        what the caller of the first call heard, as mu-law of 8 kHz\n"
    "At the end\n"
    "  --wait SECONDS      for the recordings to be fetched (default 60; 0: do not wait)\n"
    "  --hold              prints, then serves until SIGTERM\n"
    "\n"
    "Prints one JSON on stdout: each call's sids, webhooks (sent, answered, repeated, withheld) "
    "and\n"
    "recordings (sha256, bytes, duration, fetched). Exit status 0: every webhook that was sent got "
    "2xx\n"
    "and every recording that was waited for was fetched; 1: not so; 2: wrong arguments.\n";

const char *options_usage(void)
{
    return usage;
}

enum option_kind {
    TAKES_TEXT,
    TAKES_NUMBER,
    TAKES_SEED,
    TAKES_NOTHING,
    TAKES_AUDIO,
    TAKES_TO,
    TAKES_WAY
};

struct row {
    const char *name;
    enum option_kind kind;
    size_t offset; /* in struct options */
    int64_t min, max;
};

#define AT(member) offsetof(struct options, member)
#define PERCENT_ROW(n, m)                                                                          \
    {                                                                                              \
        n, TAKES_NUMBER, AT(m), 0, 100                                                             \
    }
#define SECONDS_ROW(n, m)                                                                          \
    {                                                                                              \
        n, TAKES_NUMBER, AT(m), 0, 86400                                                           \
    }
#define TEXT_ROW(n, m)                                                                             \
    {                                                                                              \
        n, TAKES_TEXT, AT(m), 0, 0                                                                 \
    }
#define FLAG_ROW(n, m)                                                                             \
    {                                                                                              \
        n, TAKES_NOTHING, AT(m), 0, 0                                                              \
    }

static const struct row rows[] = {
    TEXT_ROW("public", public_url),
    TEXT_ROW("ingest", ingest),
    TEXT_ROW("listen", listen),
    TEXT_ROW("from", from),
    TEXT_ROW("outcome", outcome),
    TEXT_ROW("stream", stream),
    TEXT_ROW("heard", heard),
    { "hang-up", TAKES_WAY, 0, 0, 0 },
    { "speed", TAKES_NUMBER, AT(speed), 1, 100 },
    { "audio", TAKES_AUDIO, 0, 0, 0 },
    { "to", TAKES_TO, 0, 0, 0 },
    { "seed", TAKES_SEED, 0, 0, 0 },
    { "calls", TAKES_NUMBER, AT(calls), 1, 1000000 },
    { "concurrency", TAKES_NUMBER, AT(concurrency), 1, 1024 },
    { "pace", TAKES_NUMBER, AT(pace_ms), 0, 60000 },
    { "not-ready", TAKES_NUMBER, AT(not_ready_tries), 0, 1000 },
    { "not-ready-ms", TAKES_NUMBER, AT(not_ready_ms), 0, 3600000 },
    { "latency", TAKES_NUMBER, AT(latency_ms), 0, 60000 },
    PERCENT_ROW("withheld", withheld_percent),
    PERCENT_ROW("repeat", repeat_percent),
    PERCENT_ROW("missing", missing_percent),
    PERCENT_ROW("fail", fail_percent),
    SECONDS_ROW("duration", duration_s),
    SECONDS_ROW("retry", retry_s),
    SECONDS_ROW("talk", talk_s),
    SECONDS_ROW("wait", wait_s),
    FLAG_ROW("mono", mono),
    FLAG_ROW("shuffle", shuffle),
    FLAG_ROW("at-once", at_once),
    FLAG_ROW("twilio-retries", twilio_retries),
    FLAG_ROW("redirect", redirect),
    FLAG_ROW("hold", hold),
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static cm_rc read_way(const char *word, enum hang_up *out, struct cm_err *err)
{
    static const char *const words[] = { "stop", "close", "reset", "silent", "error", "status" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (enum hang_up)i;
            return CM_OK;
        }
    }
    return cm_fail(err, CM_REJECT,
                   "--hang-up '%s' is no way: stop, close, reset, silent, error or status", word);
}

static cm_rc take(const struct row *row, const char *value, struct options *out, struct cm_err *err)
{
    char *member = (char *)out + row->offset;
    int64_t n = 0;

    switch (row->kind) {
    case TAKES_NOTHING:
        *(bool *)member = true;
        return CM_OK;
    case TAKES_TEXT:
        memcpy(member, &value, sizeof value);
        return CM_OK;
    case TAKES_NUMBER:
        if (!cm_str_i64(cm_str_of(value), row->min, row->max, &n))
            return cm_fail(err, CM_REJECT, "--%s '%s' is not a whole number from %lld to %lld",
                           row->name, value, (long long)row->min, (long long)row->max);
        memcpy(member, &(int){ (int)n }, sizeof(int));
        return CM_OK;
    case TAKES_SEED:
        if (!cm_str_i64(cm_str_of(value), 0, INT64_MAX, &n))
            return cm_fail(err, CM_REJECT, "--seed '%s' is not a whole number", value);
        out->seed = (uint64_t)n;
        out->seeded = true;
        return CM_OK;
    case TAKES_AUDIO:
        if (out->audio_count == AUDIO_MAX)
            return cm_fail(err, CM_REJECT, "--audio is given more than %d times", AUDIO_MAX);
        out->audio[out->audio_count++] = value;
        return CM_OK;
    case TAKES_WAY:
        return read_way(value, &out->hang_up, err);
    case TAKES_TO:
        if (out->to_count == TO_MAX)
            return cm_fail(err, CM_REJECT, "--to is given more than %d times", TO_MAX);
        out->to[out->to_count++] = value;
        return CM_OK;
    }
    return CM_OK;
}

static cm_rc read_command(const char *word, enum command *out, struct cm_err *err)
{
    static const char *const words[] = { "call", "load", "serve" };

    for (int i = 0; word && i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (enum command)i;
            return CM_OK;
        }
    }
    return cm_fail(err, CM_REJECT, "'%s' is no command: call, load or serve", word ? word : "");
}

static bool is_outcome(const char *text)
{
    static const char *const outcomes[] = { "completed", "busy", "failed", "no-answer",
                                            "canceled" };

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(text, outcomes[i]) == 0)
            return true;
    return false;
}

static cm_rc check(struct options *o, struct cm_err *err)
{
    if (!o->account_sid || !o->auth_token)
        return cm_fail(err, CM_REJECT, "TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is not set");
    if (!o->public_url)
        o->public_url = o->ingest;
    if (!o->ingest)
        o->ingest = o->public_url;
    if (!o->public_url && o->command != COMMAND_SERVE)
        return cm_fail(err, CM_REJECT, "--public or --ingest is needed: where is the service?");
    if (!o->to_count)
        return cm_fail(err, CM_REJECT, "--to is needed: the number that is called");
    if (!is_outcome(o->outcome))
        return cm_fail(err, CM_REJECT, "--outcome '%s' is no last status of a call", o->outcome);
    if (!o->audio_count && strcmp(o->outcome, "completed") == 0)
        return cm_fail(err, CM_REJECT, "--audio is needed: the recording of a completed call");
    if (!o->seeded)
        o->seed = (uint64_t)cm_now_us();
    if (o->command == COMMAND_CALL)
        o->calls = 1;
    return CM_OK;
}

cm_rc options_read(int argc, char **argv, struct options *out, bool *help, struct cm_err *err)
{
    struct options o = { .account_sid = getenv("TWILIO_ACCOUNT_SID"),
                         .auth_token = getenv("TWILIO_AUTH_TOKEN"),
                         .public_url = getenv("PUBLIC_URL"),
                         .listen = "127.0.0.1:8083",
                         .outcome = "completed",
                         .calls = 1,
                         .concurrency = 16,
                         .speed = 1,
                         .retry_s = 60,
                         .wait_s = 60 };
    struct option longs[ROWS + 2] = { 0 };
    cm_rc rc;
    int index;

    for (int i = 0; i < ROWS; i++)
        longs[i] = (struct option){ rows[i].name, rows[i].kind == TAKES_NOTHING ? 0 : 1, NULL, i };
    longs[ROWS] = (struct option){ "help", 0, NULL, 'h' + ROWS };

    while ((index = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (index == 'h' + ROWS) {
            *help = true;
            return CM_OK;
        }
        if (index == '?')
            return cm_fail(err, CM_REJECT, "see callsim --help");
        rc = take(&rows[index], optarg, &o, err);
        if (rc)
            return rc;
    }
    rc = read_command(argv[optind], &o.command, err);
    if (rc)
        return rc;
    if (argv[optind + 1])
        return cm_fail(err, CM_REJECT, "unexpected argument '%s'", argv[optind + 1]);
    rc = check(&o, err);
    if (rc)
        return rc;

    *out = o;
    return CM_OK;
}
