// What changes, as it changes (GET /api/events).
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "./api";
import { session } from "./session";
import type { LiveTurn, StepName, StepState, CallStatus } from "./types";

const kinds = [
    "call.started", "call.ended", "recording.available", "call.recorded", "call.transcribed", "call.enriched",
    "call.analyzed", "call.todos-extracted", "call.step-failed", "call.step-skipped", "call.report-due", "call.reported",
    "call.rerun-requested", "call.deleted", "live.ended",
] as const;

export interface LiveChange {
    type: (typeof kinds)[number];
    id: string;
    call_id: string;
    call_sid: string;
    occurred_at: string;
    step?: StepName;
    state?: StepState;
    status?: CallStatus;
}

/** Some changes were not heard: look everything up again. */
export interface LiveReset {
    type: "reset";
}

export type LiveEvent = LiveChange | LiveReset;
type Listener = (event: LiveEvent) => void;

/** What somebody on the line has just said. Nothing else changes by it, so it is told apart from what does. */
export interface SpokenTurn extends Omit<LiveTurn, "id"> {
    turn_id: string;
    session_id: string;
    call_id: string;
}
type TurnListener = (turn: SpokenTurn) => void;

/** "off": nobody is logged in, or the page has been out of sight for a while. */
export const connection = signal<"off" | "connecting" | "live" | "lost">("off");

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const OUT_OF_SIGHT_MS = 60_000; // a browser has six connections for us, whatever number of tabs is open

const listeners = new Set<Listener>();
const turnListeners = new Set<TurnListener>();
let source: EventSource | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let wait = FIRST_WAIT_MS;
let heardBefore = false;

/** Calls `listener` with each event; what is returned ends that. */
export function onLive(listener: Listener): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
}

/** While the component is there; the latest `listener` counts. */
export function useLive(listener: Listener): void {
    const current = useRef(listener);
    current.current = listener;
    useEffect(() => onLive((event) => current.current(event)), []);
}

/** The same, with each turn that is spoken in any call. */
export function onTurn(listener: TurnListener): () => void {
    turnListeners.add(listener);
    return () => void turnListeners.delete(listener);
}

const PATIENCE_MS = 2500; // a connection that is back at once is not worth a word

/** Whether the connection is lost, and for long enough to say so. */
export function useLost(): boolean {
    const lost = connection.value === "lost";
    const [told, setTold] = useState(false);
    useEffect(() => {
        if (!lost) return setTold(false);
        const timer = setTimeout(() => setTold(true), PATIENCE_MS);
        return () => clearTimeout(timer);
    }, [lost]);
    return told;
}

function tell(event: LiveEvent): void {
    for (const listener of [...listeners]) listener(event);
}

function open(): void {
    clearTimeout(timer);
    source?.close();
    connection.value = heardBefore ? "lost" : "connecting";
    source = new EventSource("/api/events");
    source.onopen = () => {
        wait = FIRST_WAIT_MS;
        connection.value = "live";
        if (heardBefore) tell({ type: "reset" });
        heardBefore = true;
    };
    source.onerror = () => {
        connection.value = "lost";
        // The browser connects again by itself where the line broke, but not after an answer that is no stream.
        if (source?.readyState === EventSource.CLOSED) again();
    };
    for (const kind of kinds)
        source.addEventListener(kind, (event) => {
            const data = JSON.parse(event.data as string) as Omit<LiveChange, "type" | "id">;
            tell({ ...data, type: kind, id: event.lastEventId });
        });
    source.addEventListener("live.turn", (event) => {
        const turn = JSON.parse(event.data as string) as SpokenTurn;
        for (const listener of [...turnListeners]) listener(turn);
    });
    source.addEventListener("reset", () => tell({ type: "reset" }));
}

function again(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
        // Tells whether it is the session that is over: then this leads to the log-in.
        get("/api/session").then(open, () => session.value && again());
    }, wait * (0.75 + Math.random() / 2));
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
}

function close(): void {
    clearTimeout(timer);
    source?.close();
    source = null;
    connection.value = "off";
}

/** Follows the session and the page's visibility. */
export function startLive(): void {
    let hidden: ReturnType<typeof setTimeout> | undefined;
    let user: string | undefined;
    session.subscribe((now) => {
        if (now?.user.id === user) return;
        user = now?.user.id;
        heardBefore = false;
        if (user) open();
        else close();
    });
    document.addEventListener("visibilitychange", () => {
        clearTimeout(hidden);
        if (document.hidden) hidden = setTimeout(close, OUT_OF_SIGHT_MS);
        else if (!source && session.value) open();
    });
    addEventListener("online", () => session.value && connection.value === "lost" && open());
    addEventListener("offline", () => session.value && (connection.value = "lost"));
}
