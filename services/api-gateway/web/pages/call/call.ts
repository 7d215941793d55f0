// One call, kept up to date while it is looked at.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../lib/api";
import { onTurn, useLive, type SpokenTurn } from "../../lib/live";
import { Problem } from "../../lib/problem";
import { useResource, type Resource } from "../../lib/resource";
import type { CallDetails, CallStatus, Step, StepName } from "../../lib/types";
import { isNext, TURNS_MAX, withHeard } from "./live";

export interface LiveCall extends Resource<CallDetails> {
    /** It was there, and is no more. */
    deleted: boolean;
}

const GATHER_MS = 200; // steps end in a row: one look answers for all of them
const LOOK_AGAIN_MS = 10_000; // an attempt that failed and is repeated makes no event, nor does a stream that begins

export function useCall(id: string): LiveCall {
    const call = useResource((signal) => get<CallDetails>(`/api/calls/${encodeURIComponent(id)}`, { signal }), [id]);
    const [deleted, setDeleted] = useState(false);
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);

    const lookSoon = useCallback(() => {
        due.current ??= setTimeout(() => {
            due.current = null;
            call.reload();
        }, GATHER_MS);
    }, []);
    useEffect(() => () => clearTimeout(due.current ?? undefined), []);

    useLive((event) => {
        if (event.type === "reset") return lookSoon();
        if (event.call_id !== id) return;
        if (event.type === "call.deleted") setDeleted(true);
        else lookSoon();
    });

    const data = useHeard(id, call.data, lookSoon);

    const unsettled = call.data !== undefined && isUnsettled(call.data);
    useEffect(() => {
        if (!unsettled || deleted) return;
        const timer = setInterval(() => document.hidden || lookSoon(), LOOK_AGAIN_MS);
        return () => clearInterval(timer);
    }, [unsettled, deleted]);

    const gone = call.data !== undefined && call.error instanceof Problem && call.error.status === 404;
    return { ...call, data, deleted: deleted || gone };
}

// Turns are shown as they come. Whoever asks meanwhile may be answered with what was before them, so they are kept; and
// where one is missing, or nothing is known of its session, the call is asked for.
function useHeard(id: string, call: CallDetails | undefined, lookSoon: () => void): CallDetails | undefined {
    const [heard, setHeard] = useState<readonly SpokenTurn[]>([]);
    const data = useMemo(() => call && withHeard(call, heard), [call, heard]);
    const latest = useRef(data);
    latest.current = data;

    useEffect(() => {
        setHeard([]);
        return onTurn((turn) => {
            if (turn.call_id !== id) return;
            if (!latest.current || !isNext(latest.current.live_sessions, turn)) lookSoon();
            setHeard((now) => [...now, turn].slice(-TURNS_MAX));
        });
    }, [id]);
    return data;
}

function isUnsettled(call: CallDetails): boolean {
    return isOngoing(call) || call.steps.some(({ step }) => isUnderWay(call, step));
}

const ongoing: readonly CallStatus[] = ["queued", "initiated", "ringing", "in-progress"];

export function isOngoing(call: CallDetails): boolean {
    return ongoing.includes(call.status);
}

export function stepOf(call: CallDetails, name: StepName): Step | undefined {
    return call.steps.find(({ step }) => step === name);
}

/** It waits for its turn, or runs. Behind a step that failed there is no turn to wait for. */
export function isUnderWay(call: CallDetails, name: StepName): boolean {
    const state = stepOf(call, name)?.state;
    return state === "running" || (state === "waiting" && !failedBefore(call, name));
}

/** The failed step that `name` waits behind: without a recording or a transcript nothing goes on. */
export function failedBefore(call: CallDetails, name: StepName): Step | undefined {
    const needed: StepName[] = name === "record" ? [] : name === "transcribe" ? ["record"] : ["record", "transcribe"];
    return needed.map((step) => stepOf(call, step)).find((step) => step?.state === "failed");
}
