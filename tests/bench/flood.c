/* flood.c - puts many call.transcribed events on the topic as fast as the brokers take them.
 *
 *     flood N < calls.tsv        a line a call: call_id <tab> organization_id <tab> call_sid
 *
 * Addresses come from the environment, as for a service. Prints {"events":N,"seconds":S}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus.h"
#include "bus/codec_cache.h"
#include "bus/producer.h"
#include "http/client.h"

enum { BATCH = 2000 };

struct flood {
    struct cm_codec *codec;
    struct cm_producer *producer;
    struct cm_str topic;
};

static bool read_head(FILE *calls, struct cm_arena *arena, struct cm_event_head *head)
{
    char line[256];
    struct cm_str rest, id, organization, sid;

    if (!fgets(line, sizeof line, calls))
        return false;
    rest = cm_arena_str(arena, cm_str_trim(cm_str_of(line)));
    if (!cm_str_split(&rest, '\t', &id) || !cm_str_split(&rest, '\t', &organization) ||
        !cm_str_split(&rest, '\t', &sid) || !cm_uuid_parse(id, &head->call_id) ||
        !cm_uuid_parse(organization, &head->organization_id))
        return false;

    head->call_sid = sid;
    head->occurred_at_us = cm_now_us();
    head->event_id = cm_uuid_v7(head->occurred_at_us);
    return true;
}

static struct cm_event transcribed(struct cm_event_head head, struct cm_segment segments[2])
{
    static const char *const words[] = { "My name is Ada Lovelace from Acme Tools.",
                                         "I will send you the quote by Friday." };

    for (int i = 0; i < 2; i++)
        segments[i] = (struct cm_segment){ .id = cm_uuid_v7(head.occurred_at_us),
                                           .channel = i,
                                           .role = cm_str_of(i ? "agent" : "caller"),
                                           .start_ms = INT64_C(2000) * i,
                                           .end_ms = INT64_C(2000) * i + 1800,
                                           .text = cm_str_of(words[i]) };
    return (struct cm_event){
        .kind = EVENT_CALL_TRANSCRIBED,
        .head = head,
        .call_transcribed = { .transcription_id = head.call_id, /* as seed.sql has it */
                              .text = CM_STR("Caller: My name is Ada Lovelace from Acme Tools.\n"
                                             "Agent: I will send you the quote by Friday."),
                              .segments = segments,
                              .segment_count = 2,
                              .engine = CM_STR("bench"),
                              .model = CM_STR("none"),
                              .language = CM_STR("en"),
                              .duration_ms = 4000,
                              .from_number = CM_STR("+15551234567"),
                              .to_number = CM_STR("+15559876543"),
                              .direction = CM_STR("inbound"),
                              .started_at_us = head.occurred_at_us }
    };
}

static cm_rc send_batch(struct flood *flood, FILE *calls, struct cm_arena *arena, size_t want,
                        size_t *sent, struct cm_err *err)
{
    static struct cm_message_out messages[BATCH];
    size_t n = 0;

    for (; n < want && n < BATCH; n++) {
        struct cm_segment segments[2];
        struct cm_event_head head = { 0 };
        CM_OWN_BUF struct cm_buf value = { 0 };
        struct cm_event event;
        cm_rc rc;

        if (!read_head(calls, arena, &head))
            break;
        event = transcribed(head, segments);
        rc = cm_codec_encode(flood->codec, &event, &value, err);
        if (rc)
            return rc;
        messages[n] = (struct cm_message_out){
            .topic = flood->topic,
            .key = cm_str_of(cm_arena_text(arena, cm_str_of(cm_uuid_text(head.call_id).at))),
            .value = cm_arena_str(arena, cm_buf_view(&value)),
        };
    }
    *sent = n;
    return n ? cm_producer_send(flood->producer, messages, n, 60000, err) : CM_OK;
}

static cm_rc run(size_t want, struct cm_err *err)
{
    static const struct cm_setting *const tables[] = { cm_bus_settings, cm_topic_settings, NULL };
    static const enum cm_event_kind kinds[] = { EVENT_CALL_TRANSCRIBED, EVENT_NONE };
    CM_OWN(cm_config) config = NULL;
    CM_OWN(cm_http_client) http = NULL;
    CM_OWN(cm_registry) registry = NULL;
    CM_OWN(cm_codec) codec = NULL;
    CM_OWN(cm_producer) producer = NULL;
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct flood flood;
    size_t done = 0, sent;
    int64_t began;
    cm_rc rc = cm_config_load(tables, getenv, &config, err);

    if (!rc)
        rc = cm_http_client_new(NULL, &http, err);
    if (!rc)
        rc = cm_producer_new(config, "flood", &producer, err);
    if (rc)
        return rc;

    registry = cm_registry_new(cm_config_text(config, "SCHEMA_REGISTRY_URL"), http);
    codec = cm_codec_new(registry, cm_config_text(config, "TOPIC_PREFIX"));
    rc = cm_codec_register(codec, kinds, err);
    if (rc)
        return rc;

    flood = (struct flood){ codec, producer,
                            cm_topic_name(arena, cm_config_text(config, "TOPIC_PREFIX"),
                                          EVENT_CALL_TRANSCRIBED) };
    began = cm_mono_ms();
    do {
        CM_OWN(cm_arena) batch = cm_arena_new();

        rc = send_batch(&flood, stdin, batch, want - done, &sent, err);
        if (rc)
            return rc;
        done += sent;
    } while (sent && done < want);
    printf("{\"events\":%zu,\"seconds\":%.3f}\n", done, (double)(cm_mono_ms() - began) / 1000);
    return CM_OK;
}

int main(int argc, char **argv)
{
    struct cm_err err;
    int64_t want;

    if (argc != 2 || !cm_str_i64(cm_str_of(argv[1]), 1, 100000000, &want)) {
        fputs("usage: flood N < calls.tsv\n", stderr);
        return 64;
    }
    cm_codec_setup();
    if (run((size_t)want, &err)) {
        fprintf(stderr, "flood: %s\n", err.msg);
        return 1;
    }
    return 0;
}
