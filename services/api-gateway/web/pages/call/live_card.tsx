// What is said on the line, as it is said; and later, what was heard then.
import { useEffect, useState } from "preact/hooks";
import { useLost } from "../../lib/live";
import { duration, plural } from "../../lib/format";
import type { CallDetails, LiveSession } from "../../lib/types";
import { Icon } from "../../parts/icon";
import { Pulse } from "../../parts/live";
import { openSession } from "./live";
import { LiveLog, Sessions } from "./live_log";

/** While somebody listens, and after it until there is a transcript. */
export function LiveCard({ call }: { call: CallDetails }) {
    const sessions = call.live_sessions;
    if (!sessions.length || isWritten(call)) return null;
    const open = openSession(sessions);
    return (
        <section class="card transcript live" aria-labelledby="live">
            <header>
                <h2 id="live">{open ? "Live" : "What was heard live"}</h2>
                {open && <OnTheLine since={open.started_at} />}
            </header>
            {open && <p class="small muted about">{listenerOf(open)}</p>}
            <LiveLog sessions={sessions} />
        </section>
    );
}

/** The transcript says it better; this is what it was then. */
export function HeardLive({ call }: { call: CallDetails }) {
    const count = call.live_sessions.reduce((sum, { turns }) => sum + turns.length, 0);
    if (!call.live_sessions.length || !isWritten(call)) return null;
    return (
        <details class="card transcript heard">
            <summary><h2>What was heard live</h2><span class="small muted">{plural(count, "turn")}</span></summary>
            <Sessions of={call.live_sessions} />
        </details>
    );
}

function isWritten(call: CallDetails): boolean {
    return call.transcription !== null && !openSession(call.live_sessions);
}

function listenerOf({ kind, engine, model }: LiveSession): string {
    if (kind === "assistant") return `An assistant talks to the caller${model && ` (${model})`}.`;
    const by = [engine, model].filter(Boolean).join(" ");
    return `Written down as it is heard${by && ` by ${by}`}; the transcript will be more exact.`;
}

function OnTheLine({ since }: { since: string }) {
    const lost = useLost();
    return (
        <p class={lost ? "on-the-line lost" : "on-the-line"}>
            {lost ? <Icon name="offline" /> : <Pulse />}
            <span>{lost ? "Connection lost; what is said meanwhile follows" : "On the line"}</span>
            <Running since={since} />
        </p>
    );
}

function Running({ since }: { since: string }) {
    const [now, setNow] = useState(Date.now);
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), 1000);
        return () => clearInterval(timer);
    }, []);
    return <span class="numbers" role="timer">{duration(now - Date.parse(since))}</span>;
}
