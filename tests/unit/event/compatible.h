/* compatible.h - can a reader with one schema read what was written with another?
 *
 * The rules of the Avro 1.11 specification, "Schema Resolution", without aliases: what a schema
 * registry calls BACKWARD.
 */
#pragma once
#include <stdbool.h>

#include "event/schema.h"

/** false: `why` (of `size` bytes) says what is in the way. */
bool can_read(const struct cm_node *reader, const struct cm_node *writer, char *why, size_t size);
