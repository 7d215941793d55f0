// How things are: the calls of some days, what is to be done, and whether the pipeline keeps up.
import { useEffect, useRef } from "preact/hooks";
import { get } from "../../lib/api";
import { number } from "../../lib/format";
import { useLive } from "../../lib/live";
import { useResource } from "../../lib/resource";
import { place, setQuery } from "../../lib/router";
import type { Overview } from "../../lib/types";
import { PageHead } from "../../parts/page";
import { Empty, Loaded } from "../../parts/states";
import { Days, sum, talkTime } from "./days";
import { Failures, Pipeline } from "./pipeline";

const ranges = ["7", "30", "90"] as const;
const GATHER_MS = 2000; // counting costs the server something
const LOOK_AGAIN_MS = 20_000; // waiting makes no event

export default function OverviewPage() {
    const given = place.value.query.get("days");
    const days = ranges.find((range) => range === given) ?? "30";
    const overview = useOverview(days);
    const last = useRef<Overview | undefined>(undefined);
    last.current = overview.data ?? last.current; // the range before stays until the new one is there

    const choice = (
        <div class="choice" role="group" aria-label="Days">
            {ranges.map((range) => (
                <button key={range} type="button" aria-pressed={range === days}
                        onClick={() => setQuery({ days: range === "30" ? null : range }, { replace: false })}>
                    {range} days
                </button>
            ))}
        </div>
    );
    return (
        <div class="overview-page">
            <PageHead title="Overview" actions={choice} />
            <Loaded from={{ ...overview, data: last.current }}>
                {(data) => (
                    <div class={overview.data ? "all" : "all old"} aria-busy={overview.loading}>
                        <Tiles overview={data} />
                        <Content overview={data} onRetried={(retried) => {
                            const others = (failure: typeof retried) => failure.call_id !== retried.call_id || failure.step !== retried.step;
                            overview.set((now) => ({ ...now, failures: now.failures.filter(others) }));
                        }} />
                    </div>
                )}
            </Loaded>
        </div>
    );
}

function useOverview(days: string) {
    const overview = useResource((signal) => get<Overview>("/api/overview", { query: { days }, signal }), [days]);
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);
    useLive(() => {
        due.current ??= setTimeout(() => {
            due.current = null;
            overview.reload();
        }, GATHER_MS);
    });
    useEffect(() => {
        const timer = setInterval(() => document.hidden || overview.reload(), LOOK_AGAIN_MS);
        return () => {
            clearInterval(timer);
            clearTimeout(due.current ?? undefined);
        };
    }, []);
    return overview;
}

function Content({ overview: { days, steps, failures }, onRetried }: { overview: Overview; onRetried: Parameters<typeof Failures>[0]["onRetried"] }) {
    const nothing = !days.some(({ calls }) => calls) && !failures.length && !steps.some(({ waiting, running, failed }) => waiting + running + failed);
    if (nothing)
        return (
            <Empty icon="overview" title="No calls in these days" action={<a href="/calls">To the calls</a>}>
                As soon as calls come in, their number, their sentiment and how long they were appear here.
            </Empty>
        );
    return (
        <div class="grid">
            <Days days={days} />
            <Pipeline steps={steps} />
            <Failures failures={failures} total={sum(steps.map(({ failed }) => failed))} onRetried={onRetried} />
        </div>
    );
}

function Tiles({ overview: { days, todos } }: { overview: Overview }) {
    const calls = sum(days.map(({ calls }) => calls));
    const talk = sum(days.map(({ talk_ms }) => talk_ms));
    return (
        <dl class="tiles">
            <Tile label="Calls" value={number(calls)} />
            <Tile label="Talk time" value={talkTime(talk)} />
            <Tile label="To-dos open" value={number(todos.open)} href="/todos" />
            <Tile label="To-dos overdue" value={number(todos.overdue)} href="/todos?show=overdue" bad={todos.overdue > 0} />
        </dl>
    );
}

function Tile({ label, value, href, bad = false }: { label: string; value: string; href?: string; bad?: boolean }) {
    return (
        <div class={bad ? "card tile bad" : "card tile"}>
            <dt class="muted">{label}</dt>
            <dd>{href ? <a href={href} aria-label={`${value}: ${label}`}>{value}</a> : value}</dd>
        </div>
    );
}
