/* realtime_write.c - what is said to a realtime model (realtime.h). Ids are put back as they came,
 * raw, in quotes of ours.
 */
#include "base/json.h"
#include "realtime.h"

/* What a model may do, as it reads it. JSON Schema; the same in both dialects. */
static const char tools[] =
    "[{\"type\":\"function\",\"name\":\"end_call\","
    "\"description\":\"Hang up. Say goodbye first, in the same answer.\","
    "\"parameters\":{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}},"
    "{\"type\":\"function\",\"name\":\"forward_call\","
    "\"description\":\"Connect the caller to somebody else. Tell the caller first, in the same "
    "answer.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"number\":{\"type\":\"string\","
    "\"description\":\"Telephone number in E.164 form, such as +15551234567; one that your "
    "instructions name\"}},"
    "\"required\":[\"number\"],\"additionalProperties\":false}},"
    "{\"type\":\"function\",\"name\":\"note_todo\","
    "\"description\":\"Write down something that somebody has to do after this call.\","
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\","
    "\"description\":\"What is to be done, in a few words\"},\"due_date\":{\"type\":\"string\","
    "\"description\":\"YYYY-MM-DD, if a day was named\"}},\"required\":[\"title\"],"
    "\"additionalProperties\":false}}]";

static void put_turn_detection(struct cm_json *j)
{
    cm_json_object(j, "turn_detection");
    cm_json_text(j, "type", "server_vad");
    cm_json_bool(j, "create_response", true);
    cm_json_bool(j, "interrupt_response", true);
    cm_json_end(j);
}

static void put_transcription(struct cm_json *j, const char *key, const char *model)
{
    if (!model[0])
        return;

    cm_json_object(j, key);
    cm_json_text(j, "model", model);
    cm_json_end(j);
}

static void put_format(struct cm_json *j, int pcm_rate)
{
    cm_json_object(j, "format");
    cm_json_text(j, "type", pcm_rate ? "audio/pcm" : "audio/pcmu");
    if (pcm_rate)
        cm_json_i64(j, "rate", pcm_rate);
    cm_json_end(j);
}

static void put_ga(struct cm_json *j, const struct realtime_setup *setup)
{
    cm_json_text(j, "type", "realtime");
    cm_json_array(j, "output_modalities");
    cm_json_text(j, NULL, "audio");
    cm_json_end(j);
    cm_json_object(j, "audio");
    cm_json_object(j, "input");
    put_format(j, setup->pcm_rate);
    put_transcription(j, "transcription", setup->transcriber);
    put_turn_detection(j);
    cm_json_end(j);
    cm_json_object(j, "output");
    put_format(j, setup->pcm_rate);
    if (setup->voice[0])
        cm_json_text(j, "voice", setup->voice);
    cm_json_end(j);
    cm_json_end(j);
}

static void put_beta(struct cm_json *j, const struct realtime_setup *setup)
{
    const char *format = setup->pcm_rate ? "pcm16" : "g711_ulaw";

    cm_json_array(j, "modalities");
    cm_json_text(j, NULL, "text");
    cm_json_text(j, NULL, "audio");
    cm_json_end(j);
    cm_json_text(j, "input_audio_format", format);
    cm_json_text(j, "output_audio_format", format);
    put_transcription(j, "input_audio_transcription", setup->transcriber);
    put_turn_detection(j);
    if (setup->voice[0])
        cm_json_text(j, "voice", setup->voice);
}

void realtime_write_update(const struct realtime_setup *setup, struct cm_buf *out)
{
    struct cm_json j = cm_json(out);

    cm_json_object(&j, NULL);
    cm_json_text(&j, "type", "session.update");
    cm_json_object(&j, "session");
    if (setup->beta)
        put_beta(&j, setup);
    else
        put_ga(&j, setup);
    cm_json_str(&j, "instructions", setup->instructions);
    cm_json_raw(&j, "tools", CM_STR(tools));
    cm_json_text(&j, "tool_choice", "auto");
    cm_json_end(&j);
    cm_json_end(&j);
}

void realtime_write_response(struct cm_str instructions, struct cm_buf *out)
{
    struct cm_json j = cm_json(out);

    cm_json_object(&j, NULL);
    cm_json_text(&j, "type", "response.create");
    if (instructions.len) {
        cm_json_object(&j, "response");
        cm_json_str(&j, "instructions", instructions);
        cm_json_end(&j);
    }
    cm_json_end(&j);
}

void realtime_write_cancel(struct cm_str response_id, struct cm_buf *out)
{
    cm_buf_text(out, "{\"type\":\"response.cancel\"");
    if (response_id.len)
        cm_buf_printf(out, ",\"response_id\":\"%.*s\"", CM_STR_FMT(response_id));
    cm_buf_char(out, '}');
}

void realtime_write_truncate(struct cm_str item_id, int64_t audio_end_ms, struct cm_buf *out)
{
    cm_buf_printf(out,
                  "{\"type\":\"conversation.item.truncate\",\"item_id\":\"%.*s\","
                  "\"content_index\":0,\"audio_end_ms\":%lld}",
                  CM_STR_FMT(item_id), (long long)audio_end_ms);
}

void realtime_write_answer(struct cm_str call_id, struct cm_str output, struct cm_buf *out)
{
    struct cm_json j;

    cm_buf_printf(out,
                  "{\"type\":\"conversation.item.create\",\"item\":{"
                  "\"type\":\"function_call_output\",\"call_id\":\"%.*s\",\"output\":",
                  CM_STR_FMT(call_id));
    j = cm_json(out);
    cm_json_str(&j, NULL, output);
    cm_buf_text(out, "}}");
}

size_t realtime_write_append(struct cm_str base64, struct cm_str parts[REALTIME_PARTS])
{
    parts[0] = CM_STR("{\"type\":\"input_audio_buffer.append\",\"audio\":\"");
    parts[1] = base64;
    parts[2] = CM_STR("\"}");
    return 3;
}
