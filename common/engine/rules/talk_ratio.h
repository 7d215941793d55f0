/* talk_ratio.h - who talked how much: shares, monologues, interruptions, pace. */
#pragma once
#include "engine/rules/reading.h"

struct cm_str talk_ratio_text(const struct reading *reading);
