/* mp3_length.h - how long an MP3 is and how many channels it has, from its frame headers. */
#pragma once
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/** Walks the frames (ISO/IEC 11172-3 §2.4.2.3), past an ID3v2 tag. CM_REJECT: there is no frame. */
cm_rc mp3_length(struct cm_str file, int64_t *duration_ms, int *channels,
                 struct cm_err *err) CM_MUSTCHECK;
