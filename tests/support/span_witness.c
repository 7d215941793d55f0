#include "span_witness.h"

#include <string.h>

enum { ROOM = 64, WAIT_MS = 30 * 1000 };

static struct cm_metrics *metrics;

void witness_open(void)
{
    metrics = cm_metrics_new();
    cm_spans_start(ROOM, metrics);
}

void witness_close(void)
{
    cm_spans_close();
    cm_spans_free();
    cm_metrics_free(metrics);
}

struct cm_span witness_next(void)
{
    struct cm_span span;

    assert_int_equal(cm_spans_take(&span, 1, WAIT_MS), 1);
    return span;
}

void witness_nothing(void)
{
    struct cm_span span;

    if (cm_spans_take(&span, 1, 0))
        fail_msg("a span \"%s\" was recorded", span.name);
}

static const struct cm_span_field *find(const struct cm_span *span, const char *name)
{
    for (size_t i = 0; i < span->field_count; i++)
        if (strcmp(span->fields[i].name, name) == 0)
            return &span->fields[i];
    return NULL;
}

const char *witness_text(const struct cm_span *span, const char *name)
{
    const struct cm_span_field *field = find(span, name);

    return field ? field->text : "";
}

int64_t witness_number(const struct cm_span *span, const char *name)
{
    const struct cm_span_field *field = find(span, name);

    return field ? field->number : -1;
}

void witness_within(const struct cm_span *span, const struct cm_trace *parent)
{
    assert_memory_equal(span->at.trace_id, parent->trace_id, sizeof parent->trace_id);
    assert_memory_equal(span->parent_id, parent->span_id, sizeof parent->span_id);
}

void witness_same(const struct cm_trace *a, const struct cm_trace *b)
{
    assert_memory_equal(a->trace_id, b->trace_id, sizeof a->trace_id);
    assert_memory_equal(a->span_id, b->span_id, sizeof a->span_id);
    assert_int_equal(a->sampled, b->sampled);
}
