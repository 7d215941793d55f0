/* handler.h - call.transcribed -> the contact's name, e-mail, company and summary -> call.enriched.
 */
#pragma once
#include "engine/text.h"
#include "service/service.h"

extern const struct cm_service_spec contact_enricher;

struct enricher { /* what the steps share */
    struct cm_text *text;
};
