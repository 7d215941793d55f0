/* whisper_log.h - what libwhisper and ggml have to say goes to our log, at debug. Thread: any. */
#pragma once

/** Before the first use of libwhisper; more than once is fine. */
void cm_whisper_log_setup(void);
