/* vad.h - voice activity: how likely it is that somebody speaks, window by window.
 *
 * Two of them: Silero's small neural network (through libwhisper), and a gate on the energy for
 * where its model file is not at hand, which lets ringing through but is right about silence and
 * steady noise. Thread: one at a time.
 */
#pragma once
#include <stddef.h>

#include "base/error.h"
#include "base/own.h"

enum { CM_VAD_WINDOW = 512 }; /* samples at 16 kHz: 32 ms */

struct cm_vad {
    /** `likely[i]`, in [0, 1], tells about window i of `samples`. Windows go on where the last call
     * ended. */
    cm_rc (*look)(struct cm_vad *vad, const float *samples, size_t windows, float *likely,
                  struct cm_err *err);
    void (*destroy)(struct cm_vad *vad);
};
void cm_vad_free(struct cm_vad *vad); /* NULL is fine */
CM_DEFINE_OWN(cm_vad, cm_vad_free);

struct cm_vad *cm_vad_energy_new(void);
/** Silero with a path, the energy gate with NULL. */
cm_rc cm_vad_new(const char *model_path, struct cm_vad **out, struct cm_err *err) CM_MUSTCHECK;
