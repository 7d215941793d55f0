/* download.h - recording.available: fetches the recording and keeps it (engine/recordings.h).
 *
 * Vocabulary: every recording has its row; the *call's file*, {call_sid}.mp3, is the longest one. A
 * shorter one that comes later is checked and counted, and its bytes are not kept.
 *
 * Crash safety: the bytes go to {call_sid}.mp3.part, which is locked against a second downloader,
 * checked, and only then kept, for good. The row follows in `persist`.
 * Killed in between, the event comes again and all of it is done again, over the same names.
 */
#pragma once
#include "service/service.h"

cm_prepare download_recording;
cm_persist store_recording;

extern const struct cm_setting
    download_settings[]; /* RECORDINGS_DIR, RECORDING_MAX_BYTES, RECORDING_TIMEOUT_MS */
