// Why there is no transcript (yet): what the call is waiting for, or what went wrong.
import { now } from "../../lib/format";
import type { CallDetails, StepName } from "../../lib/types";
import { Button } from "../../parts/button";
import { failedBefore, isOngoing, isUnderWay, stepOf } from "./call";
import { useRetry, type Change } from "./steps";

const RECORDING_LATE_MS = 60 * 60 * 1000; // by then Twilio was asked, and would have had it

export function NoTranscript({ call, change }: { call: CallDetails; change: Change }) {
    const failed = failedBefore(call, "analyze");
    if (failed) return <FailedStep call={call} step={failed.step} reason={failed.reason} change={change} />;
    const { title, text, busy } = stateOf(call);
    return (
        <div class={busy ? "state busy" : "state"} role="status">
            <p><strong>{title}</strong></p>
            <p class="muted">{text}</p>
        </div>
    );
}

interface State {
    title: string;
    text: string;
    /** It is not the last word. */
    busy?: boolean;
}

function stateOf(call: CallDetails): State {
    if (call.transcription !== null) return { title: "Nobody said anything", text: "Nothing in the recording could be understood as words." };
    if (isOngoing(call)) return { title: "The call is going on", text: "Recording and transcript follow when it is over.", busy: true };
    if (call.has_recording && isUnderWay(call, "transcribe"))
        return { title: "Being transcribed", text: "You can hear the recording; the words appear here by themselves.", busy: true };
    if (call.status !== "completed") return { title: "Nobody spoke", text: "The call never came about, so there is nothing to hear or to read." };
    if (isUnderWay(call, "record") || isRecent(call))
        return { title: "The recording is on its way", text: "It comes from Twilio shortly after the call.", busy: true };
    return { title: "No recording", text: "This call was not recorded. Settings has what each number records." };
}

function isRecent(call: CallDetails): boolean {
    return stepOf(call, "record") === undefined && now.value - Date.parse(call.ended_at ?? call.created_at) < RECORDING_LATE_MS;
}

const failures: Partial<Record<StepName, string>> = {
    record: "There is no recording",
    transcribe: "The recording could not be transcribed",
};

function FailedStep({ call, step, reason, change }: { call: CallDetails; step: StepName; reason: string | null; change: Change }) {
    const { busy, retry } = useRetry(call, change);
    return (
        <div class="state failed">
            <p><strong>{failures[step]}</strong></p>
            {reason && <p class="error">{reason}</p>}
            <Button icon="retry" busy={busy} onClick={() => void retry(step)}>Try again</Button>
        </div>
    );
}
