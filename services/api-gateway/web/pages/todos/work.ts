// The list of to-dos and what is done with it.
import { useMemo, useRef } from "preact/hooks";
import { del, patch } from "../../lib/api";
import { useEndless, type Endless } from "../../lib/endless";
import type { TodoChange, TodoDetails } from "../../lib/types";
import { confirm } from "../../parts/dialog";
import { toast, toastError } from "../../parts/toast";
import { queryOf, type Filters } from "./filters";

export interface Work extends Endless<TodoDetails> {
    tick: (todo: TodoDetails, done: boolean) => Promise<void>;
    /** Shows it at once; takes it back and throws when it is refused. */
    change: (todo: TodoDetails, change: TodoChange, looks: Partial<TodoDetails>) => Promise<void>;
    remove: (todo: TodoDetails) => Promise<void>;
}

export function useTodos(filters: Filters): Work {
    const query = queryOf(filters);
    const asked = JSON.stringify(query);
    const askedNow = useRef(asked);
    askedNow.current = asked;
    const list = useEndless<TodoDetails>("/api/todos", query);
    // What was changed here stays in sight, though the filters may no longer let it through.
    const kept = useMemo(() => new Map<string, TodoDetails>(), [asked]);
    const sets = useRef(0);

    const put = (todo: TodoDetails) => {
        kept.set(todo.id, todo);
        sets.current++;
        list.set((now) => now.map((one) => (one.id === todo.id ? todo : one)));
    };
    const change: Work["change"] = async (todo, change, looks) => {
        put({ ...todo, ...looks });
        try {
            put(await patch<TodoDetails>(`/api/todos/${todo.id}`, change));
            if (askedNow.current !== asked) list.reload(); // what is there now was asked for too early to have it
        } catch (error) {
            put(todo);
            throw error;
        }
    };
    const tick: Work["tick"] = async (todo, done) => {
        try {
            await change(todo, { done }, { done });
            if (done) toast(`Done: ${todo.title}`, { label: "Undo", run: () => void tick({ ...todo, done: true }, false) });
        } catch (error) {
            toastError(error);
        }
    };
    const remove: Work["remove"] = async (todo) => {
        if (!(await confirm({ title: "Remove this to-do?", text: todo.title, action: "Remove", danger: true }))) return;
        try {
            await del(`/api/todos/${todo.id}`);
            kept.delete(todo.id);
            list.set((now) => now.filter(({ id }) => id !== todo.id));
        } catch (error) {
            toastError(error);
        }
    };
    const items = useMemo(() => list.items && inOrder(list.items, list.old ? [] : [...kept.values()]), [list.items, list.old, sets.current]);
    return { ...list, items, tick, change, remove };
}

function inOrder(items: TodoDetails[], kept: TodoDetails[]): TodoDetails[] {
    const all = new Map([...kept, ...items].map((todo) => [todo.id, todo]));
    return [...all.values()].sort(byDue);
}

// As the API has it: what is due first, and of a day what came last.
function byDue(a: TodoDetails, b: TodoDetails): number {
    return compare(a.due_date ?? "~", b.due_date ?? "~") || compare(b.created_at, a.created_at) || compare(b.id, a.id);
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}
