#include "recording.h"

#include <ctype.h>
#include <pthread.h>

#include "peaks.h"

enum { SID_LEN = 34, NAME_LEN = SID_LEN + 4 };

/* CA, 32 hexadecimal digits, .mp3 */
static bool is_call_file(struct cm_str file)
{
    if (file.len != NAME_LEN || !cm_str_starts(file, "CA") ||
        !cm_str_is((struct cm_str){ file.at + SID_LEN, NAME_LEN - SID_LEN }, ".mp3"))
        return false;
    for (size_t i = 2; i < SID_LEN; i++)
        if (!isxdigit((unsigned char)file.at[i]))
            return false;
    return true;
}

cm_rc recording_open(const struct cm_recordings *recordings, struct cm_arena *arena,
                     const struct recording_ask *ask, int *fd, int64_t *size_bytes,
                     struct cm_err *err)
{
    struct cm_recording found;
    cm_rc rc;

    if (!is_call_file(ask->file))
        return cm_fail(err, CM_REJECT, "recording: the file's name is not a call's");
    rc = cm_recordings_open(recordings, arena,
                            &(struct cm_recording_ask){ .call_sid = { ask->file.at, SID_LEN },
                                                        .stop = ask->stop,
                                                        .stop_ctx = ask->stop_ctx },
                            &found, err);
    if (rc)
        return rc;
    if (!found.is_there)
        return cm_fail(err, CM_RETRY, "recording %.*s is not there", CM_STR_FMT(ask->file));

    *fd = found.fd;
    *size_bytes = (int64_t)found.size;
    return CM_OK;
}

/* One channel being heard, with memory of its own: an arena is for one thread. */
struct ear {
    const struct hearing_ask *ask;
    int fd, channel;
    int64_t samples;
    uint8_t *peaks;
    struct cm_arena *arena;
    struct cm_heard heard;
    struct cm_err err;
    cm_rc rc;
};

static void *hear_channel(void *ctx)
{
    struct ear *ear = ctx;
    const struct hearing_ask *ask = ear->ask;
    struct cm_sound *decoded = NULL;
    CM_OWN(cm_sound) sound = NULL;
    struct cm_listen listen = { .arena = ear->arena, .stop = ask->stop, .stop_ctx = ask->stop_ctx };

    ear->rc = cm_mp3_open(ear->fd, ear->channel, &decoded, &ear->err);
    if (ear->rc)
        return NULL;

    listen.sound = sound = peaks_watch(decoded, ear->samples, ear->peaks);
    ear->rc = ask->speech->hear(ask->speech, &listen, &ear->heard, &ear->err);
    if (!ear->rc)
        ear->rc = peaks_finish(sound, &ear->err);
    return NULL;
}

/* The first channel in this thread, the second beside it; without a thread, one after the other. */
static void hear_channels(struct ear *ears, int count)
{
    pthread_t other;
    bool beside = count > 1 && pthread_create(&other, NULL, hear_channel, &ears[1]) == 0;

    hear_channel(&ears[0]);
    if (beside)
        pthread_join(other, NULL);
    else if (count > 1)
        hear_channel(&ears[1]);
}

/* Moves what an ear heard to the memory of the event. */
static struct cm_heard keep(struct cm_arena *arena, const struct cm_heard *heard)
{
    struct cm_utterance *utterances = CM_NEW_N(arena, struct cm_utterance, heard->count);

    for (size_t i = 0; i < heard->count; i++) {
        utterances[i] = heard->utterances[i];
        utterances[i].text = cm_arena_str(arena, heard->utterances[i].text);
    }
    return (struct cm_heard){ .utterances = utterances,
                              .count = heard->count,
                              .language = cm_arena_str(arena, heard->language) };
}

cm_rc recording_hear(int fd, const struct hearing_ask *ask, struct hearing *out, struct cm_err *err)
{
    CM_OWN(cm_arena) first = cm_arena_new();
    CM_OWN(cm_arena) second = cm_arena_new();
    struct ear ears[CHANNELS_MAX] = {
        { .ask = ask, .fd = fd, .channel = 0, .arena = first },
        { .ask = ask, .fd = fd, .channel = 1, .arena = second },
    };
    struct cm_mp3 mp3;
    int64_t samples;
    cm_rc rc;

    rc = cm_mp3_inspect(fd, ask->max_s, &mp3, err);
    if (rc)
        return rc;

    samples = mp3.duration_ms * CM_SPEECH_RATE / 1000;
    for (int i = 0; i < mp3.channels; i++) {
        ears[i].samples = samples;
        ears[i].peaks = CM_NEW_N(ask->arena, uint8_t, peaks_count(samples));
    }
    hear_channels(ears, mp3.channels);
    for (int i = 0; i < mp3.channels; i++)
        if (ears[i].rc) {
            *err = ears[i].err;
            return ears[i].rc;
        }

    *out = (struct hearing){ .mp3 = mp3, .peak_count = peaks_count(samples) };
    for (int i = 0; i < mp3.channels; i++) {
        out->channels[i] = keep(ask->arena, &ears[i].heard);
        out->peaks[i] = ears[i].peaks;
    }
    return CM_OK;
}
