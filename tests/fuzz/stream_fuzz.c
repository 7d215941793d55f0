/* stream_fuzz - lines as messages of a Twilio media stream, to an assistant or to captions. */
#include <stdint.h>

#include "live_ports.h"

static const char created[] = "{\"type\":\"session.created\",\"session\":{\"type\":\"realtime\"}}";
static const char updated[] = "{\"type\":\"session.updated\",\"session\":{\"type\":\"realtime\"}}";
static const char said[] =
    "{\"type\":\"response.output_audio.delta\",\"response_id\":\"r\",\"item_id\":\"i\",\"delta\":"
    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_str rest = { (const char *)data, size }, line;
    struct live live = { 0 };
    struct session_options options;
    bool admitted = false;

    if (!cm_str_split(&rest, '\n', &line))
        return 0;
    live.options = line.len ? (unsigned char)line.at[0] : 0;
    options = live_options(live.options);
    live.session = session_new(&options, &live_ports, &live, 0);
    while (cm_str_split(&rest, '\n', &line)) {
        live.now_ms += 20;
        session_stream_text(live.session, line, live.now_ms);
        if (live.asked && !admitted) {
            admitted = true;
            live_admit(&live, live.options & 4 ? SESSION_CAPTIONS : SESSION_ASSISTANT);
            session_model_text(live.session, cm_str_of(created), live.now_ms);
            session_model_text(live.session, cm_str_of(updated), live.now_ms);
        }
        session_model_text(live.session, cm_str_of(said), live.now_ms);
        session_tick(live.session, live.now_ms);
    }
    session_end(live.session, END_CLOSED, live.now_ms);
    if (!live.ended)
        abort();
    session_free(live.session);
    return 0;
}
