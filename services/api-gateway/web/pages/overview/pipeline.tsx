// How far the pipeline is behind, and what it could not do.
import { useState } from "preact/hooks";
import { post } from "../../lib/api";
import { bothNumbers, number, phone, plural, stepLabels } from "../../lib/format";
import type { Overview, Step } from "../../lib/types";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Badge, Section, Time } from "../../parts/page";
import { toast, toastError } from "../../parts/toast";

const LATE_S = 300; // so long a step may wait before it is worth a color

export function Pipeline({ steps }: { steps: Overview["steps"] }) {
    const late = steps.filter(({ oldest_waiting_s }) => (oldest_waiting_s ?? 0) >= LATE_S);
    const busy = steps.some(({ waiting, running }) => waiting + running > 0);
    return (
        <Section title="Steps" actions={
            <Badge tone={late.length ? "warn" : busy ? "accent" : "good"}>
                {late.length ? `Behind: ${late.map(({ step }) => stepLabels[step]).join(", ")}` : busy ? "At work" : "Up to date"}
            </Badge>
        }>
            <div class="table" tabIndex={0} role="region" aria-label="Steps">
                <table>
                    <thead>
                        <tr>{["Step", "Waiting", "Running", "Failed", "Behind"].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
                    </thead>
                    <tbody>
                        {steps.map(({ step, waiting, running, failed, oldest_waiting_s }) => (
                            <tr key={step}>
                                <th scope="row">{stepLabels[step]}</th>
                                <td>{number(waiting)}</td>
                                <td>{number(running)}</td>
                                <td class={failed ? "error" : ""}>{number(failed)}</td>
                                <td class={(oldest_waiting_s ?? 0) >= LATE_S ? "late" : ""}>
                                    {oldest_waiting_s === null ? "–" : lag(oldest_waiting_s)}
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </Section>
    );
}

function lag(seconds: number): string {
    if (seconds < 60) return `${number(seconds)} s`;
    if (seconds < 3600) return `${number(Math.floor(seconds / 60))} min`;
    return seconds < 86_400 ? `${number(Math.floor(seconds / 3600))} h` : plural(Math.floor(seconds / 86_400), "day");
}

interface FailuresProps {
    failures: Overview["failures"];
    total: number;
    onRetried: (failure: Overview["failures"][number]) => void;
}

export function Failures({ failures, total, onRetried }: FailuresProps) {
    return (
        <Section title="Failures" actions={total > failures.length && <a href="/calls?failed=true">All {number(total)}</a>}>
            {failures.length
                ? (
                    <ul class="failures">
                        {failures.map((failure) => <Failure key={`${failure.call_id} ${failure.step}`} failure={failure} onRetried={onRetried} />)}
                    </ul>
                ) : <p class="fine muted"><Icon name="check" />Nothing has failed.</p>}
        </Section>
    );
}

function Failure({ failure, onRetried }: Pick<FailuresProps, "onRetried"> & { failure: Overview["failures"][number] }) {
    const { call_id, from_to_number, contact_name, step, attempts, reason, updated_at } = failure;
    const [busy, setBusy] = useState(false);
    const { from, to } = bothNumbers(from_to_number);
    const who = contact_name ?? `${phone(from)} → ${phone(to)}`;

    const retry = async () => {
        setBusy(true);
        try {
            await post<Step>(`/api/calls/${call_id}/steps/${step}/retry`);
            toast(`${stepLabels[step]} of the call with ${who}: on its way again.`);
            onRetried(failure);
        } catch (error) {
            toastError(error);
            setBusy(false);
        }
    };
    return (
        <li>
            <div>
                <p><strong>{stepLabels[step]}</strong> <span class="muted">of</span> <a href={`/calls/${call_id}`}><bdi>{who}</bdi></a></p>
                {reason && <p class="error small">{reason}</p>}
                <p class="small muted">{attempts > 1 && `${plural(attempts, "attempt")}, the last `}<Time at={updated_at} /></p>
            </div>
            <Button icon="retry" busy={busy} aria-label={`Retry ${stepLabels[step]} of ${who}`} onClick={() => void retry()}>Retry</Button>
        </li>
    );
}
