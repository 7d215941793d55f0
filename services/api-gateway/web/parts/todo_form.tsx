// A to-do as one writes it: a new one, or one that is changed.
import { useEffect, useState } from "preact/hooks";
import { speakerLabels } from "../lib/format";
import type { Todo, TodoChange, TodoOwner, User } from "../lib/types";
import { Button } from "./button";
import { Select, TextField } from "./field";
import { Trouble, useSaving } from "./form";

const names = ["title", "owner", "due_date", "assignee_id"] as const;
type Fields = Required<Pick<TodoChange, (typeof names)[number]>>;

/** What of a to-do is written here, as it will look. */
export type TodoLooks = Pick<Todo, "title" | "owner" | "due_date" | "assignee">;

interface FormProps {
    /** None: a new one. */
    todo?: Todo;
    users: User[];
    /** Where one begins to write. */
    at?: "title" | "due_date";
    /** All of a new one; else what was changed only: somebody else may be at work on the rest. */
    onSave: (change: TodoChange, looks: TodoLooks) => Promise<void>;
    onClose: () => void;
}

export function TodoForm({ todo, users, at = "title", onSave, onClose }: FormProps) {
    // As it was when one began: what somebody else does meanwhile is not taken back.
    const [before] = useState(() => fieldsOf(todo));
    const [fields, setFields] = useState(before);
    const { form, busy, errors, trouble, run } = useSaving(names);
    const people = peopleOf(todo, users);
    const set = (change: Partial<Fields>) => setFields({ ...fields, ...change });

    useEffect(() => form.current?.querySelector<HTMLElement>(`[name=${at}]`)?.focus(), []);

    const submit = async (event: Event) => {
        event.preventDefault();
        const now: Fields = { ...fields, title: fields.title.trim() };
        const changed = names.filter((name) => !todo || now[name] !== before[name]);
        if (!changed.length) return onClose();
        const { assignee_id, ...looks } = now;
        const assignee = people.find(({ id }) => id === assignee_id) ?? null;
        const change = Object.fromEntries(changed.map((name) => [name, now[name]]));
        if (await run(() => onSave(change, { ...looks, assignee }))) onClose();
    };
    return (
        <form ref={form} class="todo-form" aria-label={todo ? `Edit ${todo.title}` : "Add a to-do"} onSubmit={(event) => void submit(event)}
              onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); onClose(); } }}>
            <TextField label="What" name="title" required maxLength={200} autocomplete="off" value={fields.title} error={errors.title}
                       onInput={(event) => set({ title: event.currentTarget.value })} />
            <div class="fields">
                <Select label="Promised by" value={fields.owner} error={errors.owner} onChange={(owner: TodoOwner) => set({ owner })}
                        options={[["agent", speakerLabels.agent], ["caller", speakerLabels.caller]]} />
                <TextField label="Due" name="due_date" type="date" value={fields.due_date ?? ""} error={errors.due_date}
                           onInput={(event) => set({ due_date: event.currentTarget.value || null })} />
                <Select label="Assigned to" value={fields.assignee_id ?? ""} error={errors.assignee_id}
                        onChange={(id) => set({ assignee_id: id || null })}
                        options={[["", "Nobody"], ...people.map(({ id, name }) => [id, name] as const)]} />
            </div>
            <Trouble of={{ trouble }} />
            <div class="actions">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="primary" type="submit" busy={busy}>{todo ? "Save" : "Add"}</Button>
            </div>
        </form>
    );
}

function fieldsOf(todo: Todo | undefined): Fields {
    return {
        title: todo?.title ?? "",
        owner: todo?.owner ?? "agent",
        due_date: todo?.due_date ?? null,
        assignee_id: todo?.assignee?.id ?? null,
    };
}

/** Whom it can be given to. Whoever has it stays to be chosen, even one who may no longer log in. */
export function peopleOf(todo: Todo | undefined, users: User[]): { id: string; name: string }[] {
    const people = users.filter(({ id, disabled }) => !disabled || id === todo?.assignee?.id);
    return todo?.assignee && !people.some(({ id }) => id === todo.assignee?.id) ? [todo.assignee, ...people] : people;
}
