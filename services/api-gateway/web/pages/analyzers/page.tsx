// What is asked about every call, in the order in which the answers are shown.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, patch } from "../../lib/api";
import { useResource } from "../../lib/resource";
import { isAdmin } from "../../lib/session";
import type { Analyzer, AnalyzerChange } from "../../lib/types";
import { IconButton } from "../../parts/button";
import { Switch } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Badge, PageHead } from "../../parts/page";
import { Empty, Loaded } from "../../parts/states";
import { toastError } from "../../parts/toast";
import { engineLabels } from "./engines";

export default function AnalyzersPage() {
    const analyzers = useResource((signal) => get<Analyzer[]>("/api/analyzers", { signal }), []);
    const make = isAdmin() && <a class="button primary" href="/analyzers/new"><Icon name="plus" />New analyzer</a>;
    return (
        <div class="analyzers-page">
            <PageHead title="Analyzers" actions={make}>
                <p class="muted">
                    Each asks one question about every call.
                    {isAdmin() ? " A change counts from the next run on; runs that are there stay." : " Only admins change them."}
                </p>
            </PageHead>
            <Loaded from={analyzers}>
                {(list) => (list.length ? <List list={list} set={analyzers.set} reload={analyzers.reload} /> : <None />)}
            </Loaded>
        </div>
    );
}

function None() {
    return (
        <Empty icon="analyzers" title="No analyzers yet" action={isAdmin() && <a href="/analyzers/new">Make the first one</a>}>
            An analyzer asks one question about every call, such as: was the agent polite?
        </Empty>
    );
}

interface ListProps {
    list: Analyzer[];
    set: (change: (now: Analyzer[]) => Analyzer[]) => void;
    reload: () => void;
}

function List({ list, set, reload }: ListProps) {
    const root = useRef<HTMLOListElement>(null);
    const [moved, setMoved] = useState({ id: "", by: 0, told: "" });

    // A row that moves loses the focus.
    useEffect(() => {
        const row = root.current?.querySelector(`[data-id="${moved.id}"]`);
        const button = (by: number) => row?.querySelector<HTMLButtonElement>(`[data-by="${by}"]`);
        const [wanted, other] = [button(moved.by), button(-moved.by)];
        (wanted?.disabled ? other : wanted)?.focus();
    }, [moved]);

    const change = async (analyzer: Analyzer, change: AnalyzerChange) => {
        try {
            const now = await patch<Analyzer>(`/api/analyzers/${analyzer.id}`, change);
            set((list) => list.map((one) => (one.id === now.id ? now : one)));
        } catch (error) {
            toastError(error);
            reload();
        }
    };
    const move = (analyzer: Analyzer, by: number) => {
        const from = list.indexOf(analyzer);
        const to = from + by;
        if (to < 0 || to >= list.length) return;
        const others = list.filter((one) => one !== analyzer);
        set(() => [...others.slice(0, to), analyzer, ...others.slice(to)]);
        setMoved({ id: analyzer.id, by, told: `${analyzer.name} is number ${to + 1} of ${list.length} now.` });
        void change(analyzer, { position: to });
    };
    const turn = (analyzer: Analyzer, active: boolean) => {
        set((list) => list.map((one) => (one === analyzer ? { ...one, active } : one)));
        void change(analyzer, { active });
    };
    return (
        <>
            <ol class="card" ref={root}>
                {list.map((analyzer, i) => (
                    <Row key={analyzer.id} analyzer={analyzer} index={i} count={list.length}
                         onMove={(by) => move(analyzer, by)} onTurn={(active) => turn(analyzer, active)} />
                ))}
            </ol>
            <p class="visually-hidden" role="status">{moved.told}</p>
        </>
    );
}

interface RowProps {
    analyzer: Analyzer;
    index: number;
    count: number;
    onMove: (by: number) => void;
    onTurn: (active: boolean) => void;
}

function Row({ analyzer: { id, name, prompt, engine, active }, index, count, onMove, onTurn }: RowProps) {
    const onKeyDown = (event: KeyboardEvent) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!by || !event.altKey || !isAdmin()) return;
        event.preventDefault();
        onMove(by);
    };
    return (
        <li class={active ? "analyzer-row" : "analyzer-row off"} data-id={id} onKeyDown={onKeyDown}>
            <span class="place muted" aria-hidden="true">{index + 1}</span>
            <div class="what">
                <p class="name">
                    <a href={`/analyzers/${id}`}>{name}</a>
                    {engine !== "default" && <Badge>{engineLabels[engine]}</Badge>}
                    {!isAdmin() && <Badge tone={active ? "good" : "neutral"}>{active ? "On" : "Off"}</Badge>}
                </p>
                <p class="prompt muted">{prompt}</p>
            </div>
            {isAdmin() && (
                <div class="controls">
                    <Switch label={`${name} runs on every call`} bare on={active} onChange={onTurn} />
                    <MoveButton by={-1} label={`Move ${name} up (Alt+↑)`} disabled={index === 0} onMove={onMove} />
                    <MoveButton by={1} label={`Move ${name} down (Alt+↓)`} disabled={index === count - 1} onMove={onMove} />
                </div>
            )}
        </li>
    );
}

function MoveButton({ by, label, disabled, onMove }: { by: -1 | 1; label: string; disabled: boolean; onMove: (by: number) => void }) {
    return (
        <span class={by < 0 ? "turned" : ""}>
            <IconButton icon="down" label={label} disabled={disabled} data-by={by} onClick={() => onMove(by)} />
        </span>
    );
}
