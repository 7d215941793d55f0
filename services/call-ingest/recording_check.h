/* recording_check.h - is what Twilio sent the recording that it announced? Thread: any. */
#pragma once
#include "engine/recording_file.h"

/** CM_RETRY: it is empty, no MP3, or far shorter than `announced_ms`: Twilio may not be done with
 * it. One that cannot be walked to its end is taken all the same: somebody may still listen to it,
 * and the transcriber says what is wrong with it. */
cm_rc recording_check(const struct cm_recording_file *file, struct cm_arena *arena,
                      struct cm_opt_i64 announced_ms, struct cm_recording_facts *out,
                      struct cm_err *err) CM_MUSTCHECK;
