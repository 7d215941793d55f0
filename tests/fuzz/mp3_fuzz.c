/* Any bytes as a recording: they are refused or heard, within their limits, and hearing comes to an
 * end. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/audio.h"

enum { LIMIT_S = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void read_all(int fd, int channel)
{
    CM_OWN(cm_sound) sound = NULL;
    int64_t total = 0;
    float block[4096];
    size_t got;

    if (cm_mp3_open(fd, channel, &sound, NULL))
        abort(); /* inspection found a frame in it */
    do {
        if (sound->read(sound, block, 4096, &got, NULL))
            return;
        total += (int64_t)got;
        if (total > 10 * (int64_t)LIMIT_S * CM_SPEECH_RATE) /* far more than was announced */
            abort();
    } while (got > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int fd = -1;
    struct cm_mp3 mp3;

    if (fd < 0)
        fd = memfd_create("recording", MFD_CLOEXEC);
    if (ftruncate(fd, 0) || pwrite(fd, bytes, len, 0) != (ssize_t)len)
        abort();

    (void)cm_looks_like_mp3((struct cm_str){ (const char *)bytes, len });
    if (cm_mp3_inspect(fd, LIMIT_S, &mp3, NULL) == CM_OK)
        for (int channel = 0; channel < mp3.channels; channel++)
            read_all(fd, channel);
    return 0;
}
