/* audio.h - an MP3 file as sounds for the speech engine (libmpg123).
 *
 * A recording is inspected first, which walks its frames without decoding them (half a second for
 * ten hours), and then each channel is read by itself, as a sound of its own. Memory does not grow
 * with the length: a sound holds one block. Reads go by position, so several sounds share one
 * descriptor, and with it one file, whatever is renamed onto its name meanwhile.
 */
#pragma once
#include "base/str.h"
#include "engine/speech.h"

struct cm_mp3 {
    int channels; /* 1 or 2 */
    int64_t duration_ms;
    bool cut; /* it ends before its header says it should: what is there can be heard */
};

/** CM_REJECT: empty, not an MP3, broken in the middle, or longer than `max_s`; the message says
 * which. CM_RETRY: the file cannot be read now. Thread: any. */
cm_rc cm_mp3_inspect(int fd, int64_t max_s, struct cm_mp3 *out, struct cm_err *err) CM_MUSTCHECK;

/** Channel 0 or 1 of the file (of a mono file, both are the same). `fd` is borrowed for the sound's
 * life. CM_REJECT, CM_RETRY: as above. Thread: any; the sound is for one at a time. */
cm_rc cm_mp3_open(int fd, int channel, struct cm_sound **out, struct cm_err *err) CM_MUSTCHECK;

/** What the first bytes of a file say (at least 4, better 10): an ID3 tag or an MPEG audio frame?
 */
bool cm_looks_like_mp3(struct cm_str first_bytes);
