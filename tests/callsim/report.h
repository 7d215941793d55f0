/* report.h - what callsim did, as JSON. */
#pragma once
#include <stdio.h>

#include "world.h"

/** Prints one object on `to` and flushes; true: every webhook that was sent was answered 2xx. */
bool report_print(struct world *world, unsigned port, FILE *to);
