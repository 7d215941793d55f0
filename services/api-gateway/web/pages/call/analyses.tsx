// What the analyzers found: a group each, the newest run open, the earlier ones to unfold and to compare.
import { useState } from "preact/hooks";
import { plural } from "../../lib/format";
import type { AnalysisGroup, AnalysisRun, Analyzer, CallDetails } from "../../lib/types";
import { Button } from "../../parts/button";
import { Section, Time } from "../../parts/page";
import { isUnderWay, stepOf } from "./call";
import { Compare } from "./compare";
import { isBusy, type Rerun } from "./rerun";

export function Analyses({ call, rerun }: { call: CallDetails; rerun: Rerun }) {
    const { asked } = rerun;
    const running = asked.state === "running" ? asked.analyzers : [];
    const groups = withAwaited(call.analysis_groups, running);
    if (call.transcription === null && !groups.length) return null;
    return (
        <Section title="Analyses" actions={
            <Button icon="retry" busy={isBusy(rerun)} disabled={call.transcription === null} onClick={() => void rerun.ask()}>
                Run again
            </Button>
        }>
            <div role="status"><Progress rerun={rerun} /></div>
            {groups.map((group) => (
                <Group key={group.analyzer_id} group={group} running={running.some(({ id }) => id === group.analyzer_id)} />
            ))}
            {!groups.length && <p class="muted">{whyNone(call)}</p>}
        </Section>
    );
}

// An analyzer that has not read this call yet has no group of its own until it has.
function withAwaited(groups: readonly AnalysisGroup[], awaited: readonly Analyzer[]): AnalysisGroup[] {
    const known = new Set(groups.map(({ analyzer_id }) => analyzer_id));
    const empty = awaited.filter(({ id }) => !known.has(id)).map(({ id, name }) => ({ analyzer_id: id, analyzer_name: name, runs: [] }));
    return [...groups, ...empty];
}

function whyNone(call: CallDetails) {
    if (isUnderWay(call, "analyze")) return "The analyzers are reading the transcript.";
    if (stepOf(call, "analyze")?.state === "failed") return "They failed. The steps tell why.";
    return <>No analyzer has read this call: <a href="/analyzers">switch one on</a>, then run it.</>;
}

function Progress({ rerun: { asked } }: { rerun: Rerun }) {
    switch (asked.state) {
        case "nothing-active":
            return <p class="note">No analyzer is active. <a href="/analyzers">Switch one on</a>.</p>;
        case "running":
            return <p class="note">{plural(asked.analyzers.length, "analyzer")} running again …</p>;
        case "arrived":
            return <p class="note">{plural(asked.count, "new run")} arrived.</p>;
        case "failed":
            return <p class="note error">The new runs failed. The steps tell why.</p>;
        default:
            return null;
    }
}

function Group({ group, running }: { group: AnalysisGroup; running: boolean }) {
    const [comparing, setComparing] = useState<string | null>(null);
    const [newest, ...earlier] = group.runs.toReversed();
    return (
        <article class="group" aria-busy={running}>
            <h3 dir="auto">{group.analyzer_name}</h3>
            {running && <p class="awaited small muted">A new run is on its way …</p>}
            {newest && <Run run={newest} />}
            {earlier.length > 0 && (
                <details class="earlier">
                    <summary>{plural(earlier.length, "earlier run")}</summary>
                    <ol>
                        {earlier.map((run) => (
                            <li key={run.id}>
                                <Run run={run} />
                                <Button kind="quiet" onClick={() => setComparing(run.id)}>
                                    Compare<span class="visually-hidden"> with the newest run of {group.analyzer_name}</span>
                                </Button>
                            </li>
                        ))}
                    </ol>
                </details>
            )}
            {comparing && <Compare group={group} run={comparing} onClose={() => setComparing(null)} />}
        </article>
    );
}

function Run({ run }: { run: AnalysisRun }) {
    return (
        <div class="run">
            <p class="found">{run.analysis_text}</p>
            <p class="small muted about-run">
                <Time at={run.created_at} /> · {run.trigger === "rerun" ? "run again" : "after the call"} · {run.engine} ({run.model}) · {took(run.duration_ms)}
            </p>
        </div>
    );
}

function took(ms: number): string {
    return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
