#include "engine/audio.h"

#include <errno.h>
#include <mpg123.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hearing/resample.h"

CM_DEFINE_OWN(mpg123_handle_struct, mpg123_delete);

/* What libmpg123 reads from: a position of its own in a file that others may read too. */
struct reader {
    int fd;
    off_t at;
    int failed; /* errno of a read, 0: none */
};

static mpg123_ssize_t read_at(void *handle, void *to, size_t room)
{
    struct reader *reader = handle;
    ssize_t got;

    do
        got = pread(reader->fd, to, room, reader->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        reader->failed = errno;
    else
        reader->at += got;
    return got;
}

static off_t seek_to(void *handle, off_t offset, int whence)
{
    struct reader *reader = handle;
    struct stat file;

    if (whence == SEEK_CUR)
        offset += reader->at;
    if (whence == SEEK_END) {
        if (fstat(reader->fd, &file) < 0)
            return -1;
        offset += file.st_size;
    }
    if (offset < 0)
        return -1;
    reader->at = offset;
    return offset;
}

struct format {
    long rate_hz;
    int channels;
};

static bool read_format(mpg123_handle *mpg, struct format *out)
{
    int encoding;

    return mpg123_getformat(mpg, &out->rate_hz, &out->channels, &encoding) == MPG123_OK &&
           encoding == MPG123_ENC_FLOAT_32 && out->rate_hz > 0 && out->channels > 0;
}

static cm_rc out_of(struct cm_err *err, mpg123_handle *mpg)
{
    return cm_fail(err, CM_FATAL, "libmpg123: %s", mpg ? mpg123_strerror(mpg) : "cannot start");
}

/* Opens the stream and reads up to the first frame. ID3 tags are skipped unread: they announce
 * sizes of up to 256 MiB and nothing in them is needed. */
static cm_rc open_stream(struct reader *reader, mpg123_handle **out, struct format *format,
                         struct cm_err *err)
{
    CM_OWN(mpg123_handle_struct) mpg = mpg123_new(NULL, NULL);
    char first[16] = { 0 };
    long flags = MPG123_QUIET | MPG123_FORCE_FLOAT | MPG123_SKIP_ID3V2;
    if (!mpg || mpg123_param(mpg, MPG123_ADD_FLAGS, flags, 0) != MPG123_OK ||
        mpg123_param(mpg, MPG123_REMOVE_FLAGS, MPG123_AUTO_RESAMPLE, 0) != MPG123_OK ||
        mpg123_replace_reader_handle(mpg, read_at, seek_to, NULL) != MPG123_OK)
        return out_of(err, mpg);

    if (mpg123_open_handle(mpg, reader) == MPG123_OK && read_format(mpg, format)) {
        *out = CM_STEAL(mpg);
        return CM_OK;
    }

    if (reader->failed)
        return cm_fail(err, CM_RETRY, "recording cannot be read: %s", strerror(reader->failed));
    if (pread(reader->fd, first, sizeof first, 0) == 0)
        return cm_fail(err, CM_REJECT, "recording is empty");
    return cm_fail(err, CM_REJECT, "recording is not an MP3: no audio frame was found in it");
}

/* Of an announced or guessed length, how much must be there when junk follows: trailing tags are no
 * damage. */
static bool is_nearly_whole(off_t walked, off_t expected)
{
    return walked >= expected - expected / 50;
}

static cm_rc walk(struct reader *reader, mpg123_handle *mpg, long rate_hz, struct cm_mp3 *out,
                  struct cm_err *err)
{
    off_t expected = mpg123_length(mpg), walked;
    long delay = -1;
    char first[16] = { 0 };
    ssize_t got = pread(reader->fd, first, sizeof first, 0);
    bool announced =
        mpg123_getstate(mpg, MPG123_ENC_DELAY, &delay, NULL) == MPG123_OK && delay >= 0;
    int scanned = mpg123_scan(mpg);
    /* A scan that met junk says OK all the same; the reason stays behind as the handle's last
     * error. */
    bool junk = scanned != MPG123_OK || mpg123_errcode(mpg) == MPG123_RESYNC_FAIL;

    if (reader->failed)
        return cm_fail(err, CM_RETRY, "recording cannot be read: %s", strerror(reader->failed));

    walked = mpg123_length(mpg);
    if (junk && !is_nearly_whole(walked, expected)) {
        if (!cm_looks_like_mp3((struct cm_str){ first, got > 0 ? (size_t)got : 0 }))
            return cm_fail(err, CM_REJECT, "recording is not an MP3");
        return cm_fail(err, CM_REJECT, "recording is broken after %lld of about %lld s",
                       (long long)(walked / rate_hz), (long long)(expected / rate_hz));
    }
    if (walked <= 0)
        return cm_fail(err, CM_REJECT, "recording is empty: no audio in it");
    out->duration_ms = (int64_t)walked * 1000 / rate_hz;
    out->cut = announced && walked < expected;
    return CM_OK;
}

cm_rc cm_mp3_inspect(int fd, int64_t max_s, struct cm_mp3 *out, struct cm_err *err)
{
    CM_OWN(mpg123_handle_struct) mpg = NULL;
    struct reader reader = { .fd = fd };
    struct format format = { .rate_hz = CM_SPEECH_RATE, .channels = 1 };
    struct cm_mp3 mp3 = { 0 };
    cm_rc rc;

    rc = open_stream(&reader, &mpg, &format, err);
    if (rc)
        return rc;

    mp3.channels = format.channels;
    rc = walk(&reader, mpg, format.rate_hz, &mp3, err);
    if (rc)
        return rc;

    if (mp3.duration_ms > max_s * 1000)
        return cm_fail(err, CM_REJECT, "recording is %lld s long, MAX_RECORDING_S allows %lld",
                       (long long)(mp3.duration_ms / 1000), (long long)max_s);
    *out = mp3;
    return CM_OK;
}

/* One channel, being decoded. Both are, and one is dropped: libmpg123 1.31 hands out a mixture when
 * asked for the right channel of joint stereo alone. */
struct mp3_sound {
    struct cm_sound port; /* first: the port's pointer is this one's */
    struct reader reader;
    mpg123_handle *mpg;
    struct format format;
    int channel;
    struct cm_resampler *resampler;
    bool ended;
};

static void mp3_destroy(struct cm_sound *port)
{
    struct mp3_sound *sound = (struct mp3_sound *)port;

    cm_resampler_free(sound->resampler);
    mpg123_delete(sound->mpg);
    free(sound);
}

static void make_resampler(struct mp3_sound *sound)
{
    cm_resampler_free(sound->resampler);
    sound->resampler = cm_resampler_new((int)sound->format.rate_hz, CM_SPEECH_RATE);
}

/* Stitched files may change their format on the way. */
static cm_rc follow_format(struct mp3_sound *sound, struct cm_err *err)
{
    long before = sound->format.rate_hz;

    if (!read_format(sound->mpg, &sound->format))
        return cm_fail(err, CM_REJECT, "recording changes to a format that cannot be decoded");
    if (sound->format.rate_hz != before)
        make_resampler(sound);
    return CM_OK;
}

static void put_channel(struct mp3_sound *sound, float *block, size_t samples)
{
    size_t channels = (size_t)sound->format.channels, count = samples / channels;
    size_t channel = sound->format.channels > sound->channel ? (size_t)sound->channel : 0;

    for (size_t i = 0; i < count; i++)
        block[i] = block[i * channels + channel];
    cm_resampler_put(sound->resampler, block, count);
}

/* Decodes the next block into the resampler, or finds the end. */
static cm_rc decode_more(struct mp3_sound *sound, struct cm_err *err)
{
    float block[CM_RESAMPLER_BLOCK];
    size_t got_bytes = 0;
    int said = mpg123_read(sound->mpg, block, sizeof block, &got_bytes);

    if (sound->reader.failed)
        return cm_fail(err, CM_RETRY, "recording cannot be read: %s",
                       strerror(sound->reader.failed));
    put_channel(sound, block, got_bytes / sizeof *block);
    if (said == MPG123_OK)
        return CM_OK;
    if (said == MPG123_NEW_FORMAT)
        return follow_format(sound, err);

    /* The end, or junk behind the last frame: inspection has refused what is broken before that. */
    cm_resampler_end(sound->resampler);
    sound->ended = true;
    return CM_OK;
}

static cm_rc mp3_read(struct cm_sound *port, float *to, size_t room, size_t *got,
                      struct cm_err *err)
{
    struct mp3_sound *sound = (struct mp3_sound *)port;
    size_t made = 0;

    while (made < room) {
        size_t more = cm_resampler_take(sound->resampler, to + made, room - made);
        cm_rc rc;

        made += more;
        if (more > 0)
            continue;
        if (sound->ended)
            break;
        rc = decode_more(sound, err);
        if (rc)
            return rc;
    }
    *got = made;
    return CM_OK;
}

cm_rc cm_mp3_open(int fd, int channel, struct cm_sound **out, struct cm_err *err)
{
    struct mp3_sound *sound = cm_must(calloc(1, sizeof *sound));
    CM_OWN(cm_sound) port = NULL;
    cm_rc rc;

    port = &sound->port;
    *port = (struct cm_sound){ .read = mp3_read, .destroy = mp3_destroy };
    sound->reader.fd = fd;
    sound->channel = channel;
    rc = open_stream(&sound->reader, &sound->mpg, &sound->format, err);
    if (rc)
        return rc;

    make_resampler(sound);
    *out = CM_STEAL(port);
    return CM_OK;
}

/* A frame's header: 11 bits of sync, then version, layer, bitrate and rate, each with a forbidden
 * value. */
static bool is_frame_header(const unsigned char *at)
{
    return at[0] == 0xFF && (at[1] & 0xE0) == 0xE0 && (at[1] & 0x18) != 0x08 &&
           (at[1] & 0x06) != 0 && (at[2] & 0xF0) != 0xF0 && (at[2] & 0x0C) != 0x0C;
}

bool cm_looks_like_mp3(struct cm_str first_bytes)
{
    const unsigned char *at = (const unsigned char *)first_bytes.at;

    if (first_bytes.len < 4)
        return false;
    if (memcmp(at, "ID3", 3) == 0)
        return at[3] != 0xFF && (first_bytes.len < 5 || at[4] != 0xFF);
    return is_frame_header(at);
}
