/* twiml_reader.h - finds what callsim acts on in a TwiML answer. Thread: any. */
#pragma once
#include "base/arena.h"

/** Is there such an element? */
bool twiml_has(struct cm_str xml, const char *element);

/** The attribute of the first such element, entities resolved, in `arena`; false: there is none. */
bool twiml_attribute(struct cm_str xml, const char *element, const char *attribute,
                     struct cm_arena *arena, struct cm_str *value);
/** The same of the element's n-th occurrence, from 0. */
bool twiml_nth_attribute(struct cm_str xml, const char *element, int n, const char *attribute,
                         struct cm_arena *arena, struct cm_str *value);
