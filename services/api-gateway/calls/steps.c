#include "calls/steps.h"

const char *const call_steps[CALL_STEPS] = { "record",  "transcribe",    "enrich",
                                             "analyze", "extract-todos", "report" };

static bool find_state(struct cm_str states, const char *step, struct cm_str *state)
{
    struct cm_str pair, name;

    while (cm_str_split(&states, ',', &pair))
        if (cm_str_split(&pair, ' ', &name) && cm_str_is(name, step)) {
            *state = pair;
            return true;
        }
    return false;
}

void call_steps_put(struct cm_json *json, struct cm_str states)
{
    struct cm_str state;

    cm_json_array(json, "steps");
    for (size_t i = 0; i < CALL_STEPS; i++) {
        if (!find_state(states, call_steps[i], &state))
            continue;
        cm_json_object(json, NULL);
        cm_json_text(json, "step", call_steps[i]);
        cm_json_str(json, "state", state);
        cm_json_end(json);
    }
    cm_json_end(json);
}
