/* handler.h - transcriber: call.recorded -> call.transcribed.
 *
 * Each channel is heard by itself and the turns are put in the order in which they began. Who
 * speaks on which channel is the event's `caller_channel`. A mono recording is a mixture or a voice
 * message: nobody can tell two speakers apart in it, so all of it is put down as the caller's,
 * whose words the later steps look for.
 *
 * A call has one transcription. When a longer recording becomes the call's file, its event replaces
 * what the shorter one gave; an event whose recording is no longer the call's file changes nothing.
 * Silence is a result: a transcription without text or segments. What the channels look like is
 * kept beside it, for drawing the recording.
 */
#pragma once
#include "engine/recordings.h"
#include "engine/speech.h"
#include "service/service.h"

struct transcriber { /* what the steps share: the service's `app` */
    struct cm_speech *speech;
    struct cm_recordings *recordings;
    int64_t max_s;                     /* of a recording */
    struct cm_metric *sound, *hearing; /* seconds a recording; NULL: not observed */
};

extern const struct cm_service_spec transcriber;

cm_prepare transcribe_recording;
cm_persist store_transcripts;
