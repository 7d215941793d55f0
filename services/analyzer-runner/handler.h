/* handler.h - call.transcribed and call.rerun-requested -> one run of each active analyzer ->
 * call.analyzed.
 *
 * A list of calls shows each by its newest summary and sentiment, which are kept beside the call.
 *
 * Without an active analyzer there is nothing to run: the step is done, and call.step-skipped wakes
 * who waits for it.
 */
#pragma once
#include "runs.h"

extern const struct cm_service_spec analyzer_runner;
extern const struct cm_route analyzer_routes[]; /* transcribed, rerun-requested */
