#include "callback.h"

#include "base/clock.h"

enum { SECONDS_MAX = 7 * 24 * 3600 };

struct word {
    const char *text;
    int value;
};

static const struct word status_words[] = {
    { "queued", CALL_QUEUED },       { "initiated", CALL_INITIATED },
    { "ringing", CALL_RINGING },     { "in-progress", CALL_IN_PROGRESS },
    { "completed", CALL_COMPLETED }, { "busy", CALL_BUSY },
    { "failed", CALL_FAILED },       { "no-answer", CALL_NO_ANSWER },
    { "canceled", CALL_CANCELED },   { NULL, 0 },
};
static const struct word recording_words[] = {
    { "in-progress", RECORDING_IN_PROGRESS },
    { "paused", RECORDING_IN_PROGRESS },
    { "stopped", RECORDING_IN_PROGRESS },
    { "processing", RECORDING_IN_PROGRESS },
    { "completed", RECORDING_COMPLETED },
    { "absent", RECORDING_ABSENT },
    { "deleted", RECORDING_ABSENT },
    { "failed", RECORDING_FAILED },
    { NULL, 0 },
};
static const struct word stream_words[] = {
    { "stream-started", STREAM_STARTED },
    { "stream-stopped", STREAM_STOPPED },
    { "stream-error", STREAM_ERROR },
    { NULL, 0 },
};

static bool find_word(const struct word *words, struct cm_str text, int *value)
{
    for (; words->text; words++) {
        if (cm_str_is(text, words->text)) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

static const char *word_of(const struct word *words, int value)
{
    while (words->text && words->value != value)
        words++;
    return words->text;
}

bool call_status_read(struct cm_str text, enum call_status *out)
{
    int value;

    if (!find_word(status_words, text, &value))
        return false;
    *out = (enum call_status)value;
    return true;
}

const char *call_status_text(enum call_status status)
{
    return word_of(status_words, (int)status);
}

bool call_status_is_end(enum call_status status)
{
    return status >= CALL_COMPLETED;
}

bool recording_status_read(struct cm_str text, enum recording_status *out)
{
    int value;

    if (!find_word(recording_words, text, &value))
        return false;
    *out = (enum recording_status)value;
    return true;
}

const char *stream_event_text(enum stream_event event)
{
    return word_of(stream_words, (int)event);
}

const char *callback_kind_text(enum callback_kind kind)
{
    static const char *const names[] = { "voice", "status", "recording", "stream" };

    return names[kind];
}

const char *callback_source_text(enum callback_source source)
{
    static const char *const names[] = { "webhook", "twilio", "stream", "sweeper" };

    return names[source];
}

/* ---- reading fields; the first that is wrong decides ---- */

struct reader {
    const struct cm_form_field *fields;
    size_t count;
    struct cm_err *err;
    cm_rc rc;
};

/* The first of that name. */
static bool find_field(const struct reader *in, const char *name, struct cm_str *value)
{
    for (size_t i = 0; i < in->count; i++) {
        if (cm_str_is(in->fields[i].name, name)) {
            *value = in->fields[i].value;
            return true;
        }
    }
    return false;
}

static struct cm_str field(const struct reader *in, const char *name)
{
    struct cm_str value = { 0 };

    find_field(in, name, &value);
    return value;
}

/* The value is cut and not shown when it is long: it comes from outside. */
static void refuse(struct reader *in, const char *name, struct cm_str value, const char *wanted)
{
    if (in->rc)
        return;
    in->rc = value.len ? cm_fail(in->err, CM_REJECT, "%s '%.*s' is not %s", name,
                                 value.len > 40 ? 40 : (int)value.len, value.at, wanted)
                       : cm_fail(in->err, CM_REJECT, "%s is missing; it must be %s", name, wanted);
}

static struct cm_str sid(struct reader *in, const char *name, const char *prefix)
{
    struct cm_str value = field(in, name);

    if (!cm_is_sid(value, prefix))
        refuse(in, name, value, "a sid of two letters and 32 hexadecimal digits");
    return value;
}

static int64_t whole(struct reader *in, const char *name, int64_t max, int64_t missing)
{
    struct cm_str value = field(in, name);
    int64_t n = missing;

    if (value.len && !cm_str_i64(value, 0, max, &n))
        refuse(in, name, value, "a whole number within its bounds");
    return n;
}

static struct cm_opt_i64 seconds(struct reader *in, const char *name)
{
    int64_t n = whole(in, name, SECONDS_MAX, -1);

    return n < 0 ? (struct cm_opt_i64){ 0 } : (struct cm_opt_i64){ true, n * 1000 };
}

static struct cm_opt_i64 date(struct reader *in, const char *name)
{
    struct cm_str value = field(in, name);
    struct cm_opt_i64 at = { 0 };

    if (value.len && !cm_time_parse_rfc2822(value, &at.value))
        refuse(in, name, value, "a date as RFC 2822 writes it");
    at.set = value.len && !in->rc;
    return at;
}

static int word(struct reader *in, const char *name, const struct word *words)
{
    struct cm_str value = field(in, name);
    int found = 0;

    if (!find_word(words, value, &found))
        refuse(in, name, value, "a value that callmill knows");
    return found;
}

static void read_call(struct reader *in, struct callback *out)
{
    out->status = (enum call_status)word(in, "CallStatus", status_words);
    out->sequence = whole(in, "SequenceNumber", INT32_MAX, -1);
    out->at_us = date(in, "Timestamp");
    /* CallDuration is in seconds; Duration is in billed minutes. */
    out->duration_ms = seconds(in, "CallDuration");
}

static void read_recording(struct reader *in, struct callback *out)
{
    int64_t channels = whole(in, "RecordingChannels", 16, -1);

    out->recording_sid = sid(in, "RecordingSid", "RE");
    out->recording_status = (enum recording_status)word(in, "RecordingStatus", recording_words);
    out->recording_source = field(in, "RecordingSource");
    out->channels = (struct cm_opt_i64){ channels > 0, channels };
    out->recording_duration_ms = seconds(in, "RecordingDuration");
    out->error_code = whole(in, "ErrorCode", INT32_MAX, 0);
}

static void read_stream(struct reader *in, struct callback *out)
{
    out->stream_sid = sid(in, "StreamSid", "MZ");
    out->stream_event = (enum stream_event)word(in, "StreamEvent", stream_words);
    out->stream_error = field(in, "StreamError");
}

cm_rc callback_read(enum callback_kind kind, const struct cm_form_field *fields, size_t count,
                    struct callback *out, struct cm_err *err)
{
    struct reader in = { fields, count, err, CM_OK };
    struct callback cb = { .kind = kind, .source = SOURCE_WEBHOOK, .sequence = -1 };
    struct cm_str direction = field(&in, "Direction");

    cb.call_sid = sid(&in, "CallSid", "CA");
    cb.account_sid = sid(&in, "AccountSid", "AC");
    cb.has_numbers =
        find_field(&in, "From", &cb.from) && find_field(&in, "To", &cb.to) && cb.to.len;
    cb.outbound = cm_str_starts(direction, "outbound");
    switch (kind) {
    case CALLBACK_VOICE:
    case CALLBACK_STATUS:
        read_call(&in, &cb);
        if (kind == CALLBACK_VOICE && !cb.has_numbers)
            refuse(&in, "From or To", (struct cm_str){ 0 }, "a number");
        break;
    case CALLBACK_RECORDING:
        read_recording(&in, &cb);
        break;
    case CALLBACK_STREAM:
        read_stream(&in, &cb);
        break;
    }
    if (in.rc)
        return in.rc;

    *out = cb;
    return CM_OK;
}
