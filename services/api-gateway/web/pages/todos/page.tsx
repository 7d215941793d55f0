// To-dos across all calls, by when they are due.
import { useEffect, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../../lib/keys";
import { useLive } from "../../lib/live";
import { useUsers } from "../../lib/users";
import type { TodoDetails } from "../../lib/types";
import { Button } from "../../parts/button";
import { EndlessList } from "../../parts/endless";
import { PageHead } from "../../parts/page";
import { Empty } from "../../parts/states";
import { FilterBar, filtersNow, isNarrowed, widen, type Filters } from "./filters";
import { grouped } from "./groups";
import { TodoRow, focusIn } from "./row";
import { useTodos, type Work } from "./work";

const GATHER_MS = 500; // calls end in a row: one look answers for all of them
const MANY = 200; // a list this long is not loaded again under one's hands

export default function TodosPage() {
    const filters = filtersNow();
    const work = useTodos(filters);
    const users = useUsers().data ?? [];
    const news = useNews(work);
    const list = useRef<HTMLDivElement>(null);
    useRowKeys(list);
    return (
        <div class="todos-page">
            <PageHead title="To-dos" />
            <FilterBar filters={filters} users={users} />
            <div role="status" class="todo-news">
                {news.some && <Button kind="primary" icon="retry" onClick={news.show}>New to-dos</Button>}
            </div>
            <div ref={list}>
                <EndlessList of={work} empty={<None filters={filters} />}>
                    {(todos) => <Groups todos={todos} filters={filters} work={work} users={users} />}
                </EndlessList>
            </div>
        </div>
    );
}

interface GroupsProps {
    todos: TodoDetails[];
    filters: Filters;
    work: Work;
    users: Parameters<typeof TodoRow>[0]["users"];
}

function Groups({ todos, filters, work, users }: GroupsProps) {
    const groups = grouped(todos, filters.show);
    return (
        <>
            {groups.map(({ name, late, todos }, i) => (
                <section key={name} class={late ? "todo-group late" : "todo-group"} aria-label={name}>
                    <h2>
                        {name}
                        {/* How long the last one gets is not known before the list's end. */}
                        {(work.complete || i < groups.length - 1) && <span class="count muted"> {todos.length}</span>}
                    </h2>
                    <ul class="card">
                        {todos.map((todo) => <TodoRow key={todo.id} todo={todo} users={users} work={work} />)}
                    </ul>
                </section>
            ))}
        </>
    );
}

function None({ filters }: { filters: Filters }) {
    if (isNarrowed(filters))
        return (
            <Empty icon="search" title="No to-do fits" action={<Button icon="close" onClick={widen}>Clear the filters</Button>}>
                Fewer words or filters find more.
            </Empty>
        );
    if (filters.show === "overdue") return <Empty icon="check" title="Nothing is overdue">All that was promised for before today is done.</Empty>;
    if (filters.show === "done") return <Empty icon="todos" title="Nothing is done yet">What is ticked moves here.</Empty>;
    return (
        <Empty icon="todos" title="Nothing to do" action={<a href="/calls">To the calls</a>}>
            What is promised in a call appears here by itself, with the words that prove it. More can be added on a call’s page.
        </Empty>
    );
}

// To-dos that were found meanwhile come in by themselves; into a long list only when they are asked for.
function useNews(work: Work): { some: boolean; show: () => void } {
    const [some, setSome] = useState(false);
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);
    const look = useRef(() => {});
    look.current = () => {
        due.current = null;
        if ((work.items?.length ?? 0) > MANY) setSome(true);
        else work.reload();
    };
    useLive((event) => {
        if (event.type !== "reset" && event.type !== "call.todos-extracted" && event.type !== "call.deleted") return;
        due.current ??= setTimeout(() => look.current(), GATHER_MS);
    });
    useEffect(() => () => clearTimeout(due.current ?? undefined), []);
    const show = () => {
        setSome(false);
        scrollTo(0, 0);
        work.reload();
    };
    return { some, show };
}

function useRowKeys(list: { current: HTMLElement | null }): void {
    const here = () => document.activeElement?.closest(".todo-row");
    const step = (by: number) => {
        const rows = [...(list.current?.querySelectorAll(".todo-row") ?? [])];
        const at = rows.indexOf(here() as Element);
        focusIn(rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))], "input");
    };
    useShortcuts("To-dos", [
        { keys: "j", label: "Next to-do", run: () => step(1) },
        { keys: "k", label: "To-do before", run: () => step(-1) },
        // A checkbox knows the space bar by itself.
        { keys: " ", label: "Tick", run: () => here()?.querySelector<HTMLElement>("input[type=checkbox]")?.click() },
        { keys: "e", label: "Edit", run: () => here()?.querySelector<HTMLElement>(".tools button")?.click() },
        { keys: "o", label: "Open its call", run: () => here()?.querySelector<HTMLElement>(".evidence a")?.click() },
    ]);
}
