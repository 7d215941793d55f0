/* realtime_fuzz - lines as events of a realtime model, while the caller's sound goes on. */
#include <stdint.h>
#include <stdio.h>

#include "live_ports.h"

#define A32 "0123456789abcdef0123456789abcdef"

static const char start[] =
    "{\"event\":\"start\",\"start\":{\"accountSid\":\"AC" A32 "\",\"callSid\":\"CA" A32
    "\",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\","
    "\"sampleRate\":8000,\"channels\":1}},\"streamSid\":\"MZ" A32 "\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 20 ms of the caller's, or a mark that comes back. */
static void hear(struct live *live, unsigned count)
{
    char text[200];

    snprintf(text, sizeof text,
             "{\"event\":\"media\",\"media\":{\"timestamp\":\"%lld\",\"payload\":\"AAAA\"},"
             "\"streamSid\":\"MZ" A32 "\"}",
             (long long)live->now_ms);
    session_stream_text(live->session, cm_str_of(text), live->now_ms);
    snprintf(text, sizeof text,
             "{\"event\":\"mark\",\"mark\":{\"name\":\"%u.%u\"},\"streamSid\":\"MZ" A32 "\"}",
             count % 3, count * 24);
    session_stream_text(live->session, cm_str_of(text), live->now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_str rest = { (const char *)data, size }, line;
    struct live live = { 0 };
    struct session_options options;
    unsigned count = 0;

    if (!cm_str_split(&rest, '\n', &line))
        return 0;
    live.options = line.len ? (unsigned char)line.at[0] : 0;
    options = live_options(live.options);
    live.session = session_new(&options, &live_ports, &live, 0);
    session_stream_text(live.session, cm_str_of(start), 0);
    live_admit(&live, SESSION_ASSISTANT);
    while (cm_str_split(&rest, '\n', &line)) {
        live.now_ms += 20;
        session_model_text(live.session, line, live.now_ms);
        hear(&live, count++);
        if (live.act[0])
            session_act_done(live.session, cm_str_of(live.act), live.options & 4, CM_STR("ok"),
                             live.now_ms);
        live.act[0] = '\0';
        session_tick(live.session, live.now_ms);
    }
    session_model_closed(live.session, 1006, "", live.now_ms);
    if (!live.ended)
        abort();
    session_free(live.session);
    return 0;
}
