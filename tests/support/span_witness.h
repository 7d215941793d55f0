/* span_witness.h - sees which spans were recorded, in their order; what is not as expected fails
 * the test. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

/** From here on spans are kept. */
void witness_open(void);
void witness_close(void);
/** Waits for the next one. */
struct cm_span witness_next(void);
/** There is none that has not been seen. */
void witness_nothing(void);

/** A field of it; "" and -1: it has none of that name. */
const char *witness_text(const struct cm_span *span, const char *name);
int64_t witness_number(const struct cm_span *span, const char *name);
void witness_within(const struct cm_span *span, const struct cm_trace *parent);
void witness_same(const struct cm_trace *a, const struct cm_trace *b);
