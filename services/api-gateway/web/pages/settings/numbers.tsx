import { useState } from "preact/hooks";
import { del, get, patch } from "../../lib/api";
import { phone } from "../../lib/format";
import { useResource } from "../../lib/resource";
import { isAdmin } from "../../lib/session";
import type { PhoneNumber } from "../../lib/types";
import { Button, IconButton } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { Switch } from "../../parts/field";
import { Badge, Section } from "../../parts/page";
import { Loaded, Loading } from "../../parts/states";
import { toast, toastError } from "../../parts/toast";
import { NumberForm } from "./number_form";

export function Numbers() {
    const numbers = useResource((signal) => get<PhoneNumber[]>("/api/phone-numbers", { signal }), []);
    const [adding, setAdding] = useState(false);
    const put = (now: PhoneNumber) =>
        numbers.set((list) => [...list.filter(({ id }) => id !== now.id), now].sort((a, b) => (a.number < b.number ? -1 : 1)));
    const add = isAdmin() && !adding && numbers.data && <Button icon="plus" onClick={() => setAdding(true)}>Add a number</Button>;
    return (
        <Section id="numbers" title="Phone numbers" actions={add}>
            {adding && (
                <NumberForm number={null} onClose={() => setAdding(false)} onSaved={(made) => {
                    put(made);
                    setAdding(false);
                    toast(`Calls to ${phone(made.number)} are taken from now on.`);
                }} />
            )}
            <Loaded from={numbers} loading={<Loading lines={2} />}>
                {(list) => (
                    <ul class="entries-of">
                        {list.map((number) => (
                            <NumberRow key={number.id} number={number} onChanged={put}
                                       onRemoved={() => numbers.set((now) => now.filter(({ id }) => id !== number.id))} />
                        ))}
                        {!list.length && !adding && <li class="muted">No number yet. Calls to the numbers that are added here are taken in.</li>}
                    </ul>
                )}
            </Loaded>
        </Section>
    );
}

interface RowProps {
    number: PhoneNumber;
    onChanged: (now: PhoneNumber) => void;
    onRemoved: () => void;
}

function NumberRow({ number, onChanged, onRemoved }: RowProps) {
    const [editing, setEditing] = useState(false);
    const { id, label, record, forward_to, greeting, caller_channel, assistant } = number;
    const name = phone(number.number);

    const turn = async (record: boolean) => {
        onChanged({ ...number, record });
        try {
            onChanged(await patch<PhoneNumber>(`/api/phone-numbers/${id}`, { record }));
        } catch (error) {
            onChanged(number);
            toastError(error);
        }
    };
    const remove = async () => {
        const sure = await confirm({
            title: `Remove ${name}?`,
            text: "Its calls are no longer taken in. A number that has calls cannot be removed before they are.",
            action: "Remove",
            danger: true,
        });
        if (!sure) return;
        try {
            await del(`/api/phone-numbers/${id}`);
            onRemoved();
        } catch (error) {
            toastError(error);
        }
    };
    const save = (now: PhoneNumber) => {
        onChanged(now);
        setEditing(false);
        toast("Saved.");
    };
    if (editing) return <li><NumberForm number={number} onClose={() => setEditing(false)} onSaved={save} /></li>;
    return (
        <li class="number-row">
            <div class="what">
                <p>
                    <strong class="numbers">{name}</strong> {label && <span>{label}</span>}{" "}
                    {!isAdmin() && <Badge tone={record ? "good" : "neutral"}>{record ? "Recorded" : "Not recorded"}</Badge>}
                </p>
                <p class="small muted">
                    {forward_to ? `Put through to ${phone(forward_to)}` : `Not put through · ${assistant ? "an assistant may answer" : "no assistant"}`}
                    {" · "}caller on the {caller_channel === 0 ? "first" : "second"} channel
                </p>
                {greeting && <p class="small muted">Says <q>{greeting}</q></p>}
            </div>
            {isAdmin() && (
                <div class="tools">
                    <Switch label="Recorded" on={record} onChange={(on) => void turn(on)} />
                    <IconButton icon="edit" label={`Edit ${name}`} onClick={() => setEditing(true)} />
                    <IconButton icon="trash" label={`Remove ${name}`} onClick={() => void remove()} />
                </div>
            )}
        </li>
    );
}
