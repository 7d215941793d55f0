/* write.h - all of some bytes into a descriptor. Thread: any. */
#pragma once
#include "base/str.h"

/** Waits where the descriptor blocks. False: `errno` says why; anything may have been written. */
bool cm_write_all(int fd, struct cm_str bytes);
