import { useRef, useState } from "preact/hooks";
import { bothNumbers, day, dueDay, fullTime, isOverdue, isoDay, phone, speakerLabels, timeAgo } from "../../lib/format";
import { session } from "../../lib/session";
import type { TodoChange, TodoDetails, User } from "../../lib/types";
import { IconButton } from "../../parts/button";
import { useReturn } from "../../parts/form";
import { Icon } from "../../parts/icon";
import { Menu, MenuItem } from "../../parts/menu";
import { toastError } from "../../parts/toast";
import { TodoForm, peopleOf } from "../../parts/todo_form";
import type { Work } from "./work";

interface RowProps {
    todo: TodoDetails;
    users: User[];
    work: Work;
}

export function TodoRow({ todo, users, work }: RowProps) {
    const [editing, setEditing] = useState<"title" | "due_date" | null>(null);
    const row = useRef<HTMLLIElement>(null);
    useReturn(editing !== null, () => focusIn(row.current, ".edit"));

    const change = (change: TodoChange, looks: Partial<TodoDetails>) => void work.change(todo, change, looks).catch(toastError);
    if (editing)
        return (
            <li ref={row} class="todo-row editing" data-id={todo.id}>
                <TodoForm todo={todo} users={users} at={editing} onClose={() => setEditing(null)}
                          onSave={(change, looks) => work.change(todo, change, looks)} />
            </li>
        );
    return (
        <li ref={row} class={todo.done ? "todo-row done" : "todo-row"} data-id={todo.id}>
            <input type="checkbox" id={`todo-${todo.id}`} checked={todo.done}
                   onChange={(event) => void work.tick(todo, event.currentTarget.checked)} />
            <div class="what">
                <label for={`todo-${todo.id}`}><bdi>{todo.title}</bdi></label>
                <Evidence todo={todo} />
            </div>
            <div class="facts">
                <Due todo={todo} change={change} onPick={() => setEditing("due_date")} />
                <Assignee todo={todo} users={users} change={change} />
            </div>
            <div class="tools">
                <IconButton icon="edit" label={`Edit: ${todo.title}`} onClick={() => setEditing("title")} />
                <IconButton icon="trash" label={`Remove: ${todo.title}`} onClick={() => void work.remove(todo)} />
            </div>
        </li>
    );
}

export function focusIn(row: Element | null | undefined, what: ".edit" | "input"): void {
    row?.querySelector<HTMLElement>(what === ".edit" ? ".tools button" : what)?.focus();
}

// The words that prove it, and the call in which they were said.
function Evidence({ todo: { evidence, owner, call, id } }: { todo: TodoDetails }) {
    const proof = evidence.segment_id ? `?at=${evidence.segment_id}` : "";
    const { from, to } = bothNumbers(call.from_to_number);
    return (
        <p class="evidence small">
            {evidence.text
                ? <a class={`proof ${owner}`} href={`/calls/${call.id}${proof}`} aria-describedby={`from-${id}`}>
                    <span class="who">{speakerLabels[owner]}: </span><q><bdi>{evidence.text}</bdi></q>
                  </a>
                : <span class="muted">Added by hand, for the {owner} to do.</span>}
            <a id={`from-${id}`} class="from muted" href={`/calls/${call.id}`} title={fullTime(call.created_at)}>
                <bdi>{call.contact_name ?? `${phone(from)} → ${phone(to)}`}</bdi>, {timeAgo(call.created_at)}
            </a>
        </p>
    );
}

interface FactProps {
    todo: TodoDetails;
    change: (change: TodoChange, looks: Partial<TodoDetails>) => void;
}

function Due({ todo: { title, done, due_date }, change, onPick }: FactProps & { onPick: () => void }) {
    const late = due_date !== null && !done && isOverdue(due_date);
    const shown = due_date ? capital(dueDay(due_date)) : "No date";
    const set = (due_date: string | null) => change({ due_date }, { due_date });
    const choices: [label: string, date: string | null][] = [
        ["Today", isoDay()], ["Tomorrow", isoDay(1)], ["In a week", isoDay(7)], ["No date", null],
    ];
    return (
        <Menu once class={`due ${late ? "late" : ""} ${due_date ? "" : "unset"}`}
              label={`${shown}: when “${title}” ${late ? "was" : "is"} due`} button={
            <><Icon name="clock" /><span title={due_date ? day(due_date) : undefined}>{shown}</span></>
        }>
            {choices.map(([label, date]) => (
                <MenuItem key={label} checked={date === due_date} onSelect={() => set(date)}>{label}</MenuItem>
            ))}
            <hr />
            <MenuItem onSelect={onPick}>Another day …</MenuItem>
        </Menu>
    );
}

function capital(text: string): string {
    return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function Assignee({ todo, users, change }: FactProps & { users: User[] }) {
    const { title, assignee } = todo;
    const me = session.value?.user.id;
    const shown = !assignee ? "Assign" : assignee.id === me ? "Me" : assignee.name;
    const people = peopleOf(todo, users).sort((a, b) => Number(b.id === me) - Number(a.id === me));
    return (
        <Menu once class={`assignee ${assignee ? "" : "unset"}`} label={`${shown}: who sees to “${title}”`} button={
            <><Icon name="contacts" /><span class="cut">{shown}</span></>
        }>
            {people.map(({ id, name }) => (
                <MenuItem key={id} checked={id === assignee?.id} onSelect={() => change({ assignee_id: id }, { assignee: { id, name } })}>
                    {name}{id === me && " (me)"}
                </MenuItem>
            ))}
            <hr />
            <MenuItem checked={!assignee} onSelect={() => change({ assignee_id: null }, { assignee: null })}>Nobody</MenuItem>
        </Menu>
    );
}
