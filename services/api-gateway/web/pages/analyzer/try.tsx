// What the prompt would say about a call, before it is saved.
import { useEffect, useState } from "preact/hooks";
import { get, latest, post } from "../../lib/api";
import { isolated, nameOf, timeAgo } from "../../lib/format";
import { isAbort, sentenceOf } from "../../lib/problem";
import { useResource } from "../../lib/resource";
import type { AnalysisRun, Analyzer, Call, CallDetails } from "../../lib/types";
import { Button } from "../../parts/button";
import { Select } from "../../parts/field";
import { Section, Time } from "../../parts/page";
import { Failed, Loading } from "../../parts/states";
import type { Draft } from "./page";

interface Tried {
    analysis_text: string;
    engine: string;
    model: string;
    duration_ms: number;
}

type Outcome = { state: "none" } | { state: "running" } | { state: "said"; said: Tried; prompt: string } | { state: "failed"; why: string };

const LATEST = 30;

const ask = latest((signal, body: object) => post<Tried>("/api/analyzers/try", body, { signal, key: "" }));

export function Try({ analyzer, draft }: { analyzer: Analyzer | null; draft: Draft }) {
    const calls = useResource(transcribedCalls, []);
    const [chosen, setChosen] = useState("");
    const [outcome, setOutcome] = useState<Outcome>({ state: "none" });
    const call = chosen || calls.data?.[0]?.id || "";

    useEffect(() => setOutcome({ state: "none" }), [call]);

    const run = async () => {
        const { name, prompt, engine } = draft;
        setOutcome({ state: "running" });
        try {
            const said = await ask({ call_id: call, name: name.trim() || "New analyzer", prompt, engine });
            setOutcome({ state: "said", said, prompt });
        } catch (error) {
            if (!isAbort(error)) setOutcome({ state: "failed", why: sentenceOf(error) });
        }
    };
    return (
        <Section title="Try it">
            {calls.error !== undefined && !calls.data && !calls.loading ? <Failed error={calls.error} retry={calls.reload} />
                : !calls.data ? <Loading lines={2} />
                : !calls.data.length ? <p class="muted">As soon as a call has a transcript, the prompt can be tried on it here.</p>
                : (
                    <div class="stack">
                        <Select label="On a call" value={call} onChange={setChosen}
                                options={calls.data.map((one) => [one.id, labelOf(one)] as const)} />
                        <div class="row">
                            <Button icon="play" busy={outcome.state === "running"} disabled={!draft.prompt.trim()} onClick={() => void run()}>
                                {outcome.state === "running" ? "Trying …" : "Try"}
                            </Button>
                            <a href={`/calls/${call}`} target="_blank">Read the call</a>
                        </div>
                        <div role="status"><Answer outcome={outcome} prompt={draft.prompt} /></div>
                        {analyzer && <LastRun analyzer={analyzer} call={call} />}
                    </div>
                )}
        </Section>
    );
}

async function transcribedCalls(signal: AbortSignal): Promise<Call[]> {
    const calls = await get<Call[]>("/api/calls", { query: { has_recording: true, include: "steps", limit: LATEST }, signal });
    return calls.filter(({ steps }) => steps?.some(({ step, state }) => step === "transcribe" && state === "done"));
}

function labelOf(call: Call): string {
    return `${isolated(nameOf(call))}, ${timeAgo(call.created_at)}`;
}

function Answer({ outcome, prompt }: { outcome: Outcome; prompt: string }) {
    switch (outcome.state) {
        case "none":
            return <p class="muted">Nothing of a try is kept.</p>;
        case "running":
            return <Loading lines={2} label="Trying" />;
        case "failed":
            return <p class="error">{outcome.why}</p>;
        case "said":
            return (
                <figure class="answer">
                    <blockquote>{outcome.said.analysis_text}</blockquote>
                    <figcaption class="small muted">
                        {outcome.said.engine}, {outcome.said.model} · {lasted(outcome.said.duration_ms)}
                        {outcome.prompt !== prompt && " · of the prompt as it was"}
                    </figcaption>
                </figure>
            );
    }
}

function lasted(ms: number): string {
    return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

// What it said when it ran on the call, to compare.
function LastRun({ analyzer, call }: { analyzer: Analyzer; call: string }) {
    const details = useResource((signal) => get<CallDetails>(`/api/calls/${call}`, { signal }), [call]).data;
    const last: AnalysisRun | undefined = details?.analysis_groups.find(({ analyzer_id }) => analyzer_id === analyzer.id)?.runs.at(-1);
    if (!last) return null;
    return (
        <figure class="answer old">
            <figcaption class="small muted">What it said <Time at={last.created_at} />, with the prompt of then</figcaption>
            <blockquote>{last.analysis_text}</blockquote>
        </figure>
    );
}
