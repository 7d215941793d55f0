// The six steps of a call in a row of small marks. Each state has a shape of its own, so that color is not needed.
import { stateLabels, stepLabels } from "../../lib/format";
import type { Call, StepName, StepState } from "../../lib/types";

const order: readonly StepName[] = ["record", "transcribe", "enrich", "analyze", "extract-todos", "report"];

const shapes: Record<StepState, string> = {
    waiting: "M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
    running: "M8 3a5 5 0 1 1-5 5",
    done: "M3.5 8.5l3 3 6-7",
    failed: "M4 4l8 8M12 4l-8 8",
};

export function Steps({ steps }: { steps: NonNullable<Call["steps"]> }) {
    const states = new Map(steps.map(({ step, state }) => [step, state]));
    const known = order.filter((step) => states.has(step));
    if (!known.length) return <span class="steps" />;
    return (
        <span class="steps" role="img" aria-label={spoken(steps)}>
            {known.map((step) => {
                const state = states.get(step) as StepState;
                return (
                    <span key={`${step} ${state}`} class={`step ${state}`} title={`${stepLabels[step]}: ${stateLabels[state].toLowerCase()}`}>
                        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={shapes[state]} /></svg>
                    </span>
                );
            })}
        </span>
    );
}

// By state, so that six steps are not six sentences: "Steps done: Recording, Transcript. Running: Analyses."
function spoken(steps: NonNullable<Call["steps"]>): string {
    const said = (["failed", "running", "waiting", "done"] as const).flatMap((state) => {
        const those = order.filter((step) => steps.some((one) => one.step === step && one.state === state));
        if (!those.length) return [];
        const which = those.length === order.length ? "all" : those.map((step) => stepLabels[step]).join(", ");
        return [`${stateLabels[state].toLowerCase()}: ${which}`];
    });
    return `Steps ${said.join("; ")}`;
}
