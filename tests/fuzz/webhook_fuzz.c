/* webhook_fuzz - bytes as what anybody may post to /twilio/...: a URL, a form, a signature.
 *
 * Input: one byte that chooses the callback, a line that is the URL, then the body. Without the key
 * nothing may pass; what is read as a callback has sids that are safe to name a file by.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/phone.h"
#include "callback.h"
#include "http/twilio_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_signatures(struct cm_twilio_request *rq, struct cm_arena *arena)
{
    static struct cm_twilio_keys *keys;
    struct cm_sha1 mac;
    struct cm_base64_32 text;

    if (!keys)
        check(cm_twilio_keys_new("key", "SK1:secret", "rc=3&rp=all", &keys, NULL) == CM_OK);
    rq->signature = CM_STR("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    check(cm_twilio_check(keys, rq, arena) != SIGNATURE_GOOD);
    if (rq->field_count || rq->settings.len)
        return;
    mac = cm_hmac_sha1(CM_STR("key"), rq->url);
    text = cm_base64(mac.at, sizeof mac.at);
    rq->signature = cm_str_of(text.at);
    rq->is_form = true;
    check(cm_twilio_check(keys, rq, arena) == SIGNATURE_GOOD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const prefixes[] = { "CA", "AC", "RE", "MZ" };
    CM_OWN(cm_arena) arena = cm_arena_new();
    struct cm_str rest, url;
    struct cm_twilio_request rq = { 0 };
    struct cm_form_field *fields = NULL;
    struct callback cb;
    size_t count = 0;
    enum callback_kind kind;

    if (size < 2)
        return 0;
    kind = (enum callback_kind)(data[0] % 4);
    rest = (struct cm_str){ (const char *)data + 1, size - 1 };
    cm_str_split(&rest, '\n', &url);
    if (cm_form_parse(rest, arena, 200, &fields, &count, NULL))
        return 0;

    rq = (struct cm_twilio_request){ .url = url,
                                     .is_form = data[0] & 0x80,
                                     .fields = fields,
                                     .field_count = count,
                                     .body = rest,
                                     .settings = data[0] & 0x40 ? url : (struct cm_str){ 0 } };
    check_signatures(&rq, arena);
    if (callback_read(kind, fields, count, &cb, NULL))
        return 0;

    check(cm_is_sid(cb.call_sid, prefixes[0]) && cm_is_sid(cb.account_sid, prefixes[1]));
    check(kind != CALLBACK_RECORDING || cm_is_sid(cb.recording_sid, prefixes[2]));
    check(kind != CALLBACK_STREAM || cm_is_sid(cb.stream_sid, prefixes[3]));
    check(cm_phone_read(cb.from).text.len > 0);
    return 0;
}
