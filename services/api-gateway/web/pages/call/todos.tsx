// What was promised: to tick, to change, to add to, and to follow back to the words that prove it.
import { useRef, useState } from "preact/hooks";
import { del, patch, post } from "../../lib/api";
import { day, dueDay, isOverdue, speakerLabels } from "../../lib/format";
import type { CallDetails, Todo, TodoChange, TodoDetails } from "../../lib/types";
import { useUsers } from "../../lib/users";
import { Button, IconButton } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { useReturn } from "../../parts/form";
import { Section } from "../../parts/page";
import { toastError } from "../../parts/toast";
import { TodoForm } from "../../parts/todo_form";
import { isOngoing, isUnderWay, stepOf } from "./call";
import { anchorOf } from "./reading";
import type { Change } from "./steps";

interface TodosProps {
    call: CallDetails;
    change: Change;
    /** To the words that prove one: shows them, or plays them too. */
    onEvidence: (turn: string, play: boolean) => void;
}

export function Todos({ call, change, onEvidence }: TodosProps) {
    const [adding, setAdding] = useState(false);
    const open = call.todos.filter(({ done }) => !done).length;
    const put = (put: (todos: Todo[]) => Todo[]) => change((now) => ({ ...now, todos: put(now.todos) }));

    const add = async (fields: TodoChange) => {
        const made = await post<TodoDetails>("/api/todos", { call_id: call.id, ...fields });
        put((todos) => [...todos.filter(({ id }) => id !== made.id), made]);
    };
    return (
        <Section title="To-dos" actions={!adding && <Button icon="plus" onClick={() => setAdding(true)}>Add</Button>}>
            {call.todos.length > 0 && <p class="small muted">{open ? `${open} of ${call.todos.length} open` : "All done"}</p>}
            <ul class="todos">
                {call.todos.map((todo) => <TodoRow key={todo.id} todo={todo} put={put} onEvidence={onEvidence} />)}
            </ul>
            {adding && <Form onSave={add} onClose={() => setAdding(false)} />}
            {!call.todos.length && !adding && <p class="muted">{whyNone(call)}</p>}
        </Section>
    );
}

function whyNone(call: CallDetails): string {
    const state = stepOf(call, "extract-todos")?.state;
    if (state === "done") return "Nothing was promised.";
    if (state === "failed") return "They could not be found. The steps tell why.";
    if (isOngoing(call) || isUnderWay(call, "extract-todos")) return "What is promised in the call appears here.";
    return "Without a transcript there is nothing to find them in.";
}

interface RowProps {
    todo: Todo;
    put: (put: (todos: Todo[]) => Todo[]) => void;
    onEvidence: TodosProps["onEvidence"];
}

function TodoRow({ todo, put, onEvidence }: RowProps) {
    const [editing, setEditing] = useState(false);
    const row = useRef<HTMLLIElement>(null);
    useReturn(editing, () => row.current?.querySelector<HTMLElement>(".tools-of-todo button")?.focus());

    const replace = (by: Todo) => put((todos) => todos.map((one) => (one.id === by.id ? by : one)));
    const save = async (change: TodoChange) => replace(await patch<TodoDetails>(`/api/todos/${todo.id}`, change));
    const tick = async (done: boolean) => {
        replace({ ...todo, done });
        try {
            replace(await patch<TodoDetails>(`/api/todos/${todo.id}`, { done }));
        } catch (error) {
            replace(todo);
            toastError(error);
        }
    };
    const remove = async () => {
        if (!(await confirm({ title: "Remove this to-do?", text: todo.title, action: "Remove", danger: true }))) return;
        try {
            await del(`/api/todos/${todo.id}`);
            put((todos) => todos.filter(({ id }) => id !== todo.id));
        } catch (error) {
            toastError(error);
        }
    };
    if (editing) return <li ref={row}><Form todo={todo} onSave={save} onClose={() => setEditing(false)} /></li>;
    return (
        <li ref={row} class={todo.done ? "todo done" : "todo"}>
            <input type="checkbox" id={`todo-${todo.id}`} checked={todo.done} onChange={(event) => void tick(event.currentTarget.checked)} />
            <div>
                <label for={`todo-${todo.id}`}><bdi>{todo.title}</bdi></label>
                <Facts todo={todo} />
                <Evidence evidence={todo.evidence} onEvidence={onEvidence} />
            </div>
            <div class="tools-of-todo">
                <IconButton icon="edit" label={`Edit: ${todo.title}`} onClick={() => setEditing(true)} />
                <IconButton icon="trash" label={`Remove: ${todo.title}`} onClick={() => void remove()} />
            </div>
        </li>
    );
}

// Who works here is asked for when somebody begins to write.
function Form(props: Omit<Parameters<typeof TodoForm>[0], "users">) {
    return <TodoForm {...props} users={useUsers().data ?? []} />;
}

function Facts({ todo: { owner, due_date, done, assignee } }: { todo: Todo }) {
    return (
        <p class="small muted">
            {speakerLabels[owner]}
            {due_date && <> · <span class={!done && isOverdue(due_date) ? "error" : ""} title={day(due_date)}>due {dueDay(due_date)}</span></>}
            {assignee && <> · <bdi>{assignee.name}</bdi></>}
        </p>
    );
}

function Evidence({ evidence: { segment_id, text }, onEvidence }: { evidence: Todo["evidence"]; onEvidence: TodosProps["onEvidence"] }) {
    if (!text) return null;
    if (!segment_id) return <p class="evidence small"><q><bdi>{text}</bdi></q></p>;
    return (
        <p class="evidence small">
            <a href={`#${anchorOf(segment_id)}`} onClick={() => onEvidence(segment_id, false)}><q><bdi>{text}</bdi></q></a>
            <IconButton icon="play" label="Play these words" onClick={() => onEvidence(segment_id, true)} />
        </p>
    );
}
