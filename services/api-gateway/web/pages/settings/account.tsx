import { useState } from "preact/hooks";
import { patch } from "../../lib/api";
import { session } from "../../lib/session";
import type { User, UserChange } from "../../lib/types";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { Trouble, useSaving, useUnsaved } from "../../parts/form";
import { Section } from "../../parts/page";
import { toast } from "../../parts/toast";

export function Account() {
    return (
        <Section id="account" title="My account">
            <p class="muted">{session.value?.user.email}</p>
            <Name />
            <Password />
        </Section>
    );
}

function changeMe(change: UserChange): Promise<User> {
    return patch<User>(`/api/users/${session.value?.user.id}`, change);
}

function Name() {
    const before = session.value?.user.name ?? "";
    const [name, setName] = useState(before);
    const { form, busy, errors, trouble, run } = useSaving(["name"]);
    const dirty = name.trim() !== before;
    useUnsaved(dirty);

    const save = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const me = await changeMe({ name: name.trim() });
            if (session.value) session.value = { ...session.value, user: { ...session.value.user, name: me.name } };
            setName(me.name);
            toast("Saved.");
        });
    };
    return (
        <form ref={form} class="stack" onSubmit={save}>
            <TextField label="My name" required maxLength={100} autocomplete="name" value={name} error={errors.name}
                       onInput={(event) => setName(event.currentTarget.value)} />
            <Trouble of={{ trouble }} />
            <div class="actions"><Button kind="primary" type="submit" busy={busy} disabled={!dirty}>Save the name</Button></div>
        </form>
    );
}

const blank = { current_password: "", password: "" };

function Password() {
    const [fields, setFields] = useState(blank);
    const { form, busy, errors, trouble, run } = useSaving(["current_password", "password"]);
    useUnsaved(Boolean(fields.password));

    const save = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            await changeMe(fields);
            setFields(blank);
            toast("Your password was changed. Elsewhere you are logged out.");
        }, (problem) => (problem.status === 403 ? "current_password" : null));
    };
    return (
        <form ref={form} class="stack" onSubmit={save}>
            <input type="text" hidden autocomplete="username" value={session.value?.user.email} readOnly />
            <TextField label="Current password" type="password" required maxLength={1024} autocomplete="current-password"
                       value={fields.current_password} error={errors.current_password}
                       onInput={(event) => setFields({ ...fields, current_password: event.currentTarget.value })} />
            <TextField label="New password" type="password" required minLength={12} maxLength={1024} autocomplete="new-password"
                       hint="At least 12 characters." value={fields.password} error={errors.password}
                       onInput={(event) => setFields({ ...fields, password: event.currentTarget.value })} />
            <Trouble of={{ trouble }} />
            <div class="actions">
                <Button kind="primary" type="submit" busy={busy} disabled={!fields.password || !fields.current_password}>Change the password</Button>
            </div>
        </form>
    );
}
