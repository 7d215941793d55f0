/* mulaw.h - mu-law, the telephone's eight bits a sample. Source: ITU-T G.711. Thread: any. */
#pragma once
#include <stdint.h>

enum { MULAW_RATE = 8000, MULAW_BYTES_A_MS = 8, MULAW_SILENCE = 0xFF };

int16_t mulaw_to_pcm(uint8_t mulaw); /* 16 bits, -32124 to 32124 */
uint8_t mulaw_of_pcm(int16_t pcm);
