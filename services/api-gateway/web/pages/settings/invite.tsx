// A new user, or a new password for one: shown once, for the admin to hand over.
import { useState } from "preact/hooks";
import { patch, post } from "../../lib/api";
import type { Role, User } from "../../lib/types";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Select, TextField } from "../../parts/field";
import { Trouble, useSaving } from "../../parts/form";
import { Secret } from "../../parts/secret";
import { roles } from "./users";

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"; // 32, none that looks like another
const GROUPS = 4;
const GROUP = 5;

/** "x7k2p-…": 100 random bits that can be read aloud. */
function newPassword(): string {
    const letters = Array.from(crypto.getRandomValues(new Uint8Array(GROUPS * GROUP)), (byte) => LETTERS[byte % LETTERS.length]);
    return Array.from({ length: GROUPS }, (_, i) => letters.slice(i * GROUP, (i + 1) * GROUP).join("")).join("-");
}

const names = ["email", "name", "role"] as const;

export function Invite({ onMade, onClose }: { onMade: (made: User) => void; onClose: () => void }) {
    const [fields, setFields] = useState<{ email: string; name: string; role: Role }>({ email: "", name: "", role: "member" });
    const [password] = useState(newPassword);
    const [made, setMade] = useState<User | null>(null);
    const { form, busy, errors, trouble, run } = useSaving(names);

    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const { email, name, role } = fields;
            const user = await post<User>("/api/users", { email: email.trim(), name: name.trim(), role, password });
            setMade(user);
            onMade(user);
        }, (problem) => (problem.status === 409 ? "email" : null));
    };
    if (made) return <Handover user={made} password={password} onClose={onClose} />;
    return (
        <Dialog title="Add a user" onClose={onClose}>
            <form ref={form} class="stack" noValidate onSubmit={submit}>
                <TextField label="E-mail" type="email" maxLength={254} autocomplete="off" autoFocus value={fields.email} error={errors.email}
                           onInput={(event) => setFields({ ...fields, email: event.currentTarget.value })} />
                <TextField label="Name" maxLength={100} autocomplete="off" value={fields.name} error={errors.name}
                           onInput={(event) => setFields({ ...fields, name: event.currentTarget.value })} />
                <Select label="Role" value={fields.role} options={roles} error={errors.role}
                        onChange={(role) => setFields({ ...fields, role })}
                        hint={fields.role === "admin" ? "Changes everything: analyzers, numbers, users, settings." : "Works with calls, contacts and to-dos."} />
                <p class="small muted">A password is made for them, which you are shown next.</p>
                <Trouble of={{ trouble }} />
                <div class="actions">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button kind="primary" type="submit" busy={busy}>Add</Button>
                </div>
            </form>
        </Dialog>
    );
}

export function NewPassword({ user, onClose }: { user: User; onClose: () => void }) {
    const [password] = useState(newPassword);
    const [done, setDone] = useState(false);
    const { busy, trouble, run } = useSaving([]);
    const renew = () => run(async () => {
        await patch<User>(`/api/users/${user.id}`, { password });
        setDone(true);
    });
    if (done) return <Handover user={user} password={password} onClose={onClose} />;
    return (
        <Dialog title={`A new password for ${user.name}`} onClose={onClose} footer={
            <>
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="primary" busy={busy} onClick={() => void renew()}>Make a new password</Button>
            </>
        }>
            <p>The one that they have no longer counts, and wherever they are logged in, they are logged out.</p>
            <Trouble of={{ trouble }} />
        </Dialog>
    );
}

function Handover({ user, password, onClose }: { user: User; password: string; onClose: () => void }) {
    return (
        <Dialog title={`${user.name} may log in`} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>Done</Button>}>
            <div class="stack">
                <p>Hand this over, on a way that nobody else reads. It is shown now and never again; they can change it in their settings.</p>
                <Secret label={`Password of ${user.email}`} text={password} />
            </div>
        </Dialog>
    );
}
