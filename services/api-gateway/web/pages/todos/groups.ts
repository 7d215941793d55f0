// To-dos by when they are due.
import { isoDay } from "../../lib/format";
import type { TodoDetails } from "../../lib/types";
import type { Show } from "./filters";

export interface Group {
    name: string;
    late: boolean;
    todos: TodoDetails[];
}

/** `todos` in the order of their dates; groups without any are left out. */
export function grouped(todos: readonly TodoDetails[], show: Show): Group[] {
    const late = show === "open" || show === "overdue";
    const ends: readonly (readonly [name: string, before: string])[] = [
        [late ? "Overdue" : "Earlier", isoDay()], ["Today", isoDay(1)], ["Next 7 days", isoDay(8)], ["Later", "~"],
    ];
    const groups = new Map<string, TodoDetails[]>();
    for (const todo of todos) {
        const name = ends.find(([, before]) => todo.due_date !== null && todo.due_date < before)?.[0] ?? "No date";
        groups.set(name, [...(groups.get(name) ?? []), todo]);
    }
    return [...groups].map(([name, todos]) => ({ name, late: name === "Overdue", todos }));
}
