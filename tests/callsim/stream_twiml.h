/* stream_twiml.h - what media stream a TwiML answer asks for. Thread: the call's. */
#pragma once
#include "base/arena.h"
#include "world.h"

/** Reads <Connect><Stream> or <Start><Stream>, its URL and parameters, into call->live, which is
 * made when there is none and is the call's. Without a <Stream>, nothing changes. */
void stream_twiml_read(struct call *call, struct cm_str xml, struct cm_arena *arena);
