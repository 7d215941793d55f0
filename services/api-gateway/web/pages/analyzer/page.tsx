// One analyzer: what it asks, tried on a call before it counts.
import { useState } from "preact/hooks";
import { get } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { isAdmin } from "../../lib/session";
import type { Analyzer, AnalyzerNew } from "../../lib/types";
import { Badge, PageHead, Section, Time, type PageProps } from "../../parts/page";
import { Loaded } from "../../parts/states";
import { engineLabels } from "../analyzers/engines";
import { Editor } from "./editor";
import { Try } from "./try";

export type Draft = Required<AnalyzerNew>;

const blank: Draft = { name: "", prompt: "", engine: "default", active: true };
const up = ["/analyzers", "Analyzers"] as const;

export default function AnalyzerPage({ params }: PageProps) {
    const id = params["id"] ?? "";
    if (id === "new") return isAdmin() ? <Desk analyzer={null} /> : <NotYours />;
    return <Known id={id} />;
}

function Known({ id }: { id: string }) {
    const analyzer = useResource((signal) => get<Analyzer>(`/api/analyzers/${encodeURIComponent(id)}`, { signal }), [id]);
    return (
        <>
            {analyzer.data === undefined && <PageHead title="Analyzer" up={up} />}
            <Loaded from={analyzer}>
                {(data) => (isAdmin() ? <Desk analyzer={data} onSaved={(now) => analyzer.set(() => now)} /> : <Shown analyzer={data} />)}
            </Loaded>
        </>
    );
}

function NotYours() {
    return (
        <>
            <PageHead title="New analyzer" up={up} />
            <p class="muted">Only admins make analyzers.</p>
        </>
    );
}

function Desk({ analyzer, onSaved = () => {} }: { analyzer: Analyzer | null; onSaved?: (now: Analyzer) => void }) {
    const [draft, setDraft] = useState<Draft>(analyzer ?? blank);
    return (
        <div class="analyzer-page">
            <PageHead title={analyzer?.name ?? "New analyzer"} up={up}>
                {analyzer && (
                    <p class="muted">Changed <Time at={analyzer.updated_at} />. Runs that are there stay as they are, whatever is changed here.</p>
                )}
            </PageHead>
            <div class="columns">
                <Editor analyzer={analyzer} draft={draft} onChange={setDraft} onSaved={onSaved} />
                <Try analyzer={analyzer} draft={draft} />
            </div>
        </div>
    );
}

function Shown({ analyzer: { name, prompt, engine, active, updated_at } }: { analyzer: Analyzer }) {
    return (
        <div class="analyzer-page">
            <PageHead title={name} up={up}>
                <p class="row muted">
                    <Badge tone={active ? "good" : "neutral"}>{active ? "On" : "Off"}</Badge>
                    <span>Changed <Time at={updated_at} />. Only admins change analyzers.</span>
                </p>
            </PageHead>
            <Section title="Prompt">
                <p class="prompt">{prompt}</p>
            </Section>
            <p class="muted">Answered by: {engineLabels[engine]}</p>
        </div>
    );
}
