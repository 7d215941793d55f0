/* names.h - the services and topics of an installation. */
#pragma once
#include "base/arena.h"

/** The event topics, `*events` of them, then each service's dead letters; returns how many in all.
 *  The names are in `arena`. */
size_t topic_names(struct cm_arena *arena, const char *prefix, const char **names, size_t room,
                   size_t *events);
