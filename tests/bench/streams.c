/* streams.c - many media streams at a time, as Twilio would hold them, and how late each frame of
 * sound comes back from a bridge with a model that says everything back.
 *
 *     streams --url URL [--streams N] [--seconds S] [--warm S] [--loops N] [--to NUMBER]
 *
 * Streams begin spread over the warm-up and send 50 frames a second each, evenly spread over the
 * 20 ms. Every frame carries its number; after the warm-up its way there and back is measured. It
 * may come back joined to others: each is found where it begins in the payload. Prints one JSON
 * line: frames sent, back and lost, and the delay's p50, p99 and most, in ms. Environment:
 * TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN; STREAM_URL is signed in place of --url.
 */
#include <getopt.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "http/ws/ws_dial.h"

enum {
    FRAME_MS = 20,
    FRAME = 160,
    RING = 1024,        /* frames on their way of one stream: 20 s */
    DELAY_STEP_US = 50, /* of the histogram */
    DELAY_STEPS = 60000,
    LAST_WAIT_MS = 3000,
    LOOPS_MAX = 16,
    NUMBERED = 12, /* characters of the payload that hold the frame's number ... */
    LOOKED_AT = 16 /* ... and that it lies in, where the frame does not begin with a group */
};

struct plan {
    const char *url, *signed_url, *to, *account;
    int streams, seconds, warm, loops;
    char header[96];
};

struct stream {
    struct lane *lane;
    struct cm_ws *ws;
    int index;
    bool open;
    char tail[64]; /* of a media message, with the stream's sid */
    uint64_t sent, back;
    int64_t sent_ns[RING];
};

struct lane { /* a loop with its share of the streams */
    const struct plan *plan;
    struct cm_loop *loop;
    struct cm_ws_dialer *dialer;
    struct cm_timer *tick;
    struct stream *streams;
    int count, dialled, next;
    int64_t begin_ns, measure_ns, end_ns;
    int64_t turn; /* rounds over all streams */
    uint64_t sent, back, failed;
    uint32_t *delays;
    int64_t most_us;
    pthread_t thread;
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- a frame ---- */

static char silence[sodium_base64_ENCODED_LEN(FRAME, sodium_base64_VARIANT_ORIGINAL)];

static void number_of(uint64_t n, char out[NUMBERED + 1])
{
    uint8_t bytes[9] = { 0 };

    memcpy(bytes, &n, sizeof n);
    sodium_bin2base64(out, NUMBERED + 1, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
}

/* The number of the payload's frame `index`; false: it has no such frame. */
static bool number_in(struct cm_str payload, size_t index, uint64_t *n)
{
    size_t at = index * FRAME, group = at / 3 * 4, len;
    uint8_t bytes[LOOKED_AT / 4 * 3];

    if (payload.len < group + LOOKED_AT ||
        sodium_base642bin(bytes, sizeof bytes, payload.at + group, LOOKED_AT, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len != sizeof bytes)
        return false;
    memcpy(n, bytes + at % 3, sizeof *n);
    return true;
}

static void send_frame(struct stream *stream)
{
    char head[200], number[NUMBERED + 1];
    struct cm_str parts[4];
    int len;

    if (!stream->open)
        return;
    number_of(stream->sent, number);
    len = snprintf(head, sizeof head,
                   "{\"event\":\"media\",\"sequenceNumber\":\"%llu\",\"media\":{\"track\":"
                   "\"inbound\",\"chunk\":\"%llu\",\"timestamp\":\"%llu\",\"payload\":\"",
                   (unsigned long long)stream->sent + 2, (unsigned long long)stream->sent + 1,
                   (unsigned long long)stream->sent * FRAME_MS);
    parts[0] = (struct cm_str){ head, (size_t)len };
    parts[1] = (struct cm_str){ number, NUMBERED };
    parts[2] = (struct cm_str){ silence + NUMBERED, strlen(silence) - NUMBERED };
    parts[3] = cm_str_of(stream->tail);
    stream->sent_ns[stream->sent % RING] = now_ns();
    if (cm_ws_send(stream->ws, parts, 4)) {
        if (stream->sent_ns[stream->sent % RING] >= stream->lane->measure_ns)
            stream->lane->sent++;
        stream->sent++;
    }
}

static void note_back(struct stream *stream, uint64_t number)
{
    struct lane *lane = stream->lane;
    int64_t sent_ns = stream->sent_ns[number % RING], took_us, step;

    stream->back++;
    if (number >= stream->sent || sent_ns < lane->measure_ns)
        return;
    took_us = (now_ns() - sent_ns) / 1000;
    step = took_us / DELAY_STEP_US;
    lane->back++;
    lane->delays[step < DELAY_STEPS ? step : DELAY_STEPS - 1]++;
    if (took_us > lane->most_us)
        lane->most_us = took_us;
}

/* ---- a stream ---- */

static void on_opened(void *ctx, struct cm_ws *ws)
{
    struct stream *stream = ctx;
    const struct plan *plan = stream->lane->plan;
    char text[700];
    struct cm_str start;

    stream->ws = ws;
    stream->open = true;
    snprintf(stream->tail, sizeof stream->tail, "\"},\"streamSid\":\"MZ%08x%024x\"}",
             (unsigned)getpid(), stream->index);
    start.at = text;
    start.len = (size_t)snprintf(
        text, sizeof text,
        "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"accountSid\":\"%s\","
        "\"streamSid\":\"MZ%08x%024x\",\"callSid\":\"CA%08x%024x\",\"tracks\":[\"inbound\"],"
        "\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,\"channels\":1},"
        "\"customParameters\":{\"from\":\"+1415%07d\",\"to\":\"%s\"}},"
        "\"streamSid\":\"MZ%08x%024x\"}",
        plan->account, (unsigned)getpid(), stream->index, (unsigned)getpid(), stream->index,
        stream->index, plan->to, (unsigned)getpid(), stream->index);
    cm_ws_send(ws, &start, 1);
}

static void on_message(void *ctx, struct cm_ws *ws, struct cm_str text)
{
    static const char payload[] = "\"payload\":\"";
    struct stream *stream = ctx;
    struct cm_str sound;
    uint64_t number;
    size_t at;

    if (cm_str_find(text, payload, &at)) {
        at += sizeof payload - 1;
        text = (struct cm_str){ text.at + at, text.len - at };
        cm_str_split(&text, '"', &sound);
        for (size_t i = 0; number_in(sound, i, &number); i++)
            note_back(stream, number);
    } else if (cm_str_find(text, "\"mark\"", &at)) {
        cm_ws_send(ws, &text, 1);
    }
}

static void on_closed(void *ctx, unsigned code, const char *why)
{
    struct stream *stream = ctx;

    stream->open = false;
    stream->ws = NULL;
    if (now_ns() < stream->lane->end_ns) {
        stream->lane->failed++;
        fprintf(stderr, "streams: %d ended: %u %s\n", stream->index, code, why);
    }
}

static const struct cm_ws_events events = { .opened = on_opened,
                                            .message = on_message,
                                            .closed = on_closed };

static void dial(struct lane *lane, struct stream *stream)
{
    const char *const headers[] = { lane->plan->header, NULL };
    struct cm_err err;

    if (cm_ws_dial(
            lane->dialer,
            &(struct cm_ws_dial){ .url = lane->plan->url, .headers = headers, .connect_ms = 10000 },
            &events, stream, &stream->ws, &err)) {
        fprintf(stderr, "streams: %s\n", err.msg);
        lane->failed++;
    }
}

/* ---- a lane ---- */

/* The streams take turns within each 20 ms, so that no two of a lane send at the same moment. */
static void on_tick(void *ctx)
{
    struct lane *lane = ctx;
    int64_t now = now_ns(), period = FRAME_MS * INT64_C(1000000);
    int64_t warm_ns = lane->measure_ns - lane->begin_ns;

    if (now >= lane->end_ns) {
        if (now >= lane->end_ns + LAST_WAIT_MS * INT64_C(1000000) || lane->back == lane->sent)
            cm_loop_stop(lane->loop);
        cm_timer_arm(lane->tick, 5);
        return;
    }
    while (lane->dialled < lane->count &&
           now - lane->begin_ns >= warm_ns / 2 * lane->dialled / lane->count)
        dial(lane, &lane->streams[lane->dialled++]);
    while (lane->begin_ns + lane->turn * period + period * lane->next / lane->count <= now) {
        send_frame(&lane->streams[lane->next]);
        if (++lane->next == lane->count) {
            lane->next = 0;
            lane->turn++;
        }
    }
    cm_timer_arm(lane->tick, 1);
}

static void *lane_main(void *ctx)
{
    struct lane *lane = ctx;
    struct cm_err err;

    if (cm_loop_new(&lane->loop, &err) ||
        cm_ws_dialer_new(lane->loop, cm_str_starts(cm_str_of(lane->plan->url), "wss://"),
                         &lane->dialer, &err)) {
        fprintf(stderr, "streams: %s\n", err.msg);
        exit(2);
    }
    lane->tick = cm_timer_new(lane->loop, on_tick, lane);
    cm_timer_arm(lane->tick, 0);
    cm_loop_run(lane->loop);
    cm_timer_free(lane->tick);
    cm_ws_dialer_free(lane->dialer);
    cm_loop_free(lane->loop);
    return NULL;
}

static void lane_start(struct lane *lane, const struct plan *plan, int index, int64_t begin_ns)
{
    lane->plan = plan;
    lane->count = plan->streams / plan->loops + (index < plan->streams % plan->loops);
    lane->begin_ns = begin_ns;
    lane->measure_ns = begin_ns + plan->warm * INT64_C(1000000000);
    lane->end_ns = lane->measure_ns + plan->seconds * INT64_C(1000000000);
    lane->streams = calloc((size_t)lane->count + 1, sizeof *lane->streams);
    lane->delays = calloc(DELAY_STEPS, sizeof *lane->delays);
    if (!lane->streams || !lane->delays)
        cm_out_of_memory();
    for (int i = 0; i < lane->count; i++) {
        lane->streams[i].lane = lane;
        lane->streams[i].index = i * plan->loops + index;
    }
    if (pthread_create(&lane->thread, NULL, lane_main, lane) != 0)
        cm_out_of_memory();
}

/* ---- the whole ---- */

static double percentile(const uint32_t *delays, uint64_t count, double share)
{
    uint64_t rank = (uint64_t)((double)count * share), seen = 0;

    for (int i = 0; delays && i < DELAY_STEPS; i++) {
        seen += delays[i];
        if (seen > rank)
            return (double)(i + 1) * DELAY_STEP_US / 1000;
    }
    return (double)DELAY_STEPS * DELAY_STEP_US / 1000;
}

static int report(struct lane *lanes, const struct plan *plan)
{
    uint64_t sent = 0, back = 0, failed = 0;
    int64_t most_us = 0;

    for (int i = 0; i < plan->loops; i++) {
        sent += lanes[i].sent;
        back += lanes[i].back;
        failed += lanes[i].failed;
        if (lanes[i].most_us > most_us)
            most_us = lanes[i].most_us;
        for (int step = 0; i && step < DELAY_STEPS; step++)
            lanes[0].delays[step] += lanes[i].delays[step];
    }
    printf("{\"streams\":%d,\"seconds\":%d,\"sent\":%llu,\"back\":%llu,\"lost\":%lld,"
           "\"failed\":%llu,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"most_ms\":%.2f}\n",
           plan->streams, plan->seconds, (unsigned long long)sent, (unsigned long long)back,
           (long long)(sent - back), (unsigned long long)failed,
           percentile(lanes[0].delays, back, 0.5), percentile(lanes[0].delays, back, 0.99),
           (double)most_us / 1000);
    return failed || sent != back || !sent;
}

static bool read_number(int *out)
{
    int64_t n;

    if (!cm_str_i64(cm_str_of(optarg), 1, 100000, &n))
        return false;
    *out = (int)n;
    return true;
}

static bool read_options(int argc, char **argv, struct plan *plan)
{
    static const struct option longs[] = {
        { "url", 1, NULL, 'u' },  { "streams", 1, NULL, 'n' }, { "seconds", 1, NULL, 's' },
        { "warm", 1, NULL, 'w' }, { "loops", 1, NULL, 'l' },   { "to", 1, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int *const numbers[] = {
        ['n'] = &plan->streams, ['s'] = &plan->seconds, ['w'] = &plan->warm, ['l'] = &plan->loops
    };
    int option;

    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == 'u')
            plan->url = optarg;
        else if (option == 't')
            plan->to = optarg;
        else if (option == '?' || !read_number(numbers[option]))
            return false;
    }
    return plan->url && plan->loops <= LOOPS_MAX;
}

static void sign(struct plan *plan)
{
    const char *token = getenv("TWILIO_AUTH_TOKEN"), *account = getenv("TWILIO_ACCOUNT_SID");
    struct cm_sha1 mac;

    plan->account = account ? account : "AC00000000000000000000000000000001";
    plan->signed_url = getenv("STREAM_URL") ? getenv("STREAM_URL") : plan->url;
    mac = cm_hmac_sha1(cm_str_of(token ? token : ""), cm_str_of(plan->signed_url));
    snprintf(plan->header, sizeof plan->header, "X-Twilio-Signature: %s",
             cm_base64(mac.at, sizeof mac.at).at);
}

int main(int argc, char **argv)
{
    struct plan plan = {
        .to = "+15559876543", .streams = 100, .seconds = 10, .warm = 5, .loops = 1
    };
    uint8_t quiet[FRAME];
    struct lane lanes[LOOPS_MAX] = { 0 };
    int64_t begin_ns;

    if (!read_options(argc, argv, &plan)) {
        fprintf(stderr, "usage: streams --url URL [--streams N] [--seconds S] [--warm S] [--loops "
                        "N] [--to NUMBER]\n");
        return 2;
    }
    sign(&plan);
    memset(quiet, 0xff, sizeof quiet);
    sodium_bin2base64(silence, sizeof silence, quiet, sizeof quiet, sodium_base64_VARIANT_ORIGINAL);
    begin_ns = now_ns();
    for (int i = 0; i < plan.loops; i++)
        lane_start(&lanes[i], &plan, i, begin_ns);
    for (int i = 0; i < plan.loops; i++)
        pthread_join(lanes[i].thread, NULL);
    return report(lanes, &plan);
}
