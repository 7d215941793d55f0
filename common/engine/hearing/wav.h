/* wav.h - samples as a WAV file (RIFF, 16-bit mono PCM at 16 kHz), for servers that take files. */
#pragma once
#include "base/buf.h"

void cm_wav_put(struct cm_buf *out, const float *samples, size_t count);
