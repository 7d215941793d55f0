// The way of the call through the pipeline.
import { useState } from "preact/hooks";
import { post } from "../../lib/api";
import { plural, stateLabels, stepLabels } from "../../lib/format";
import type { CallDetails, Step, StepName } from "../../lib/types";
import { Button } from "../../parts/button";
import { Icon, type IconName } from "../../parts/icon";
import { Section, Time } from "../../parts/page";
import { toastError } from "../../parts/toast";
import { failedBefore } from "./call";

const stateIcons: Record<Step["state"], IconName> = { waiting: "clock", running: "retry", done: "check", failed: "warning" };

export type Change = (change: (call: CallDetails) => CallDetails) => void;

/** Drives a failed step again; what its button needs. */
export function useRetry(call: CallDetails, change: Change) {
    const [busy, setBusy] = useState(false);
    const retry = async (name: StepName) => {
        setBusy(true);
        try {
            const step = await post<Step>(`/api/calls/${call.id}/steps/${name}/retry`);
            change((now) => ({ ...now, steps: now.steps.map((one) => (one.step === name ? step : one)) }));
        } catch (error) {
            toastError(error);
        }
        setBusy(false);
    };
    return { busy, retry };
}

export function Steps({ call, change }: { call: CallDetails; change: Change }) {
    if (!call.steps.length) return null;
    return (
        <Section title="Steps">
            <ol class="steps">
                {call.steps.map((step) => <StepRow key={step.step} call={call} step={step} change={change} />)}
            </ol>
        </Section>
    );
}

function StepRow({ call, step: { step, state, attempts, reason, updated_at }, change }: { call: CallDetails; step: Step; change: Change }) {
    const { busy, retry } = useRetry(call, change);
    const before = state === "waiting" ? failedBefore(call, step) : undefined;
    const why = before ? `Waits for: ${stepLabels[before.step]}` : reason;
    return (
        <li class={state}>
            <Icon name={stateIcons[state]} />
            <div>
                <p><strong>{stepLabels[step]}</strong> <span class="state">{stateLabels[state]}</span></p>
                {why && state !== "done" && <p class={`small ${state === "failed" ? "error" : "muted"}`}>{why}</p>}
                {attempts > 0 && (
                    <p class="small muted">
                        {attempts > 1 && `${plural(attempts, "attempt")} · `}<Time at={updated_at} />
                    </p>
                )}
            </div>
            {state === "failed" && (
                <Button icon="retry" busy={busy} onClick={() => void retry(step)}>
                    Retry<span class="visually-hidden"> {stepLabels[step]}</span>
                </Button>
            )}
        </li>
    );
}
