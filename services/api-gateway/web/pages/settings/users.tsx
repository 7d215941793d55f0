import { useState } from "preact/hooks";
import { patch } from "../../lib/api";
import { day } from "../../lib/format";
import { sentenceOf } from "../../lib/problem";
import { findSession, isAdmin, session } from "../../lib/session";
import { useUsers } from "../../lib/users";
import type { Role, User, UserChange } from "../../lib/types";
import { Avatar } from "../../parts/avatar";
import { Button } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { Select } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Menu, MenuItem } from "../../parts/menu";
import { Badge, Section } from "../../parts/page";
import { Loaded, Loading } from "../../parts/states";
import { toast } from "../../parts/toast";
import { Invite, NewPassword } from "./invite";

export const roles: readonly (readonly [Role, string])[] = [["member", "Member"], ["admin", "Admin"]];

export function Users() {
    const users = useUsers();
    const [inviting, setInviting] = useState(false);
    const put = (now: User) => users.set((list) =>
        [...list.filter(({ id }) => id !== now.id), now].sort((a, b) => a.name.localeCompare(b.name)));
    return (
        <Section id="users" title="Users" actions={isAdmin() && <Button icon="plus" onClick={() => setInviting(true)}>Add a user</Button>}>
            <Loaded from={users} loading={<Loading lines={3} />}>
                {(list) => <ul class="entries-of">{list.map((user) => <UserRow key={user.id} user={user} onChanged={put} />)}</ul>}
            </Loaded>
            {inviting && <Invite onMade={put} onClose={() => setInviting(false)} />}
        </Section>
    );
}

function UserRow({ user, onChanged }: { user: User; onChanged: (now: User) => void }) {
    const { id, name, email, role, disabled, created_at } = user;
    const [trouble, setTrouble] = useState("");
    const [renewing, setRenewing] = useState(false);
    const isMe = id === session.value?.user.id;

    const change = async (change: UserChange) => {
        setTrouble("");
        try {
            onChanged(await patch<User>(`/api/users/${id}`, change));
            if (isMe) await findSession(); // one's own role counts from now on
            return true;
        } catch (error) {
            setTrouble(sentenceOf(error));
            onChanged({ ...user });
            return false;
        }
    };
    const give = async (role: Role) => {
        const sure = !isMe || role === "admin" || await confirm({
            title: "Give up your own admin’s rights?",
            text: "Only another admin can give them back to you.",
            action: "Become a member",
            danger: true,
        });
        if (sure) await change({ role });
        else onChanged({ ...user });
    };
    const disable = async () => {
        const sure = await confirm({
            title: `Disable ${name}?`,
            text: "They are logged out and may not log in. Their API tokens are revoked for good; their to-dos stay theirs.",
            action: "Disable",
            danger: true,
        });
        if (sure && (await change({ disabled: true }))) toast(`${name} may not log in any more.`);
    };
    return (
        <li class={disabled ? "user-row off" : "user-row"}>
            <Avatar name={name} />
            <div class="what">
                <p><strong>{name}</strong> {isMe && <Badge tone="accent">You</Badge>} {disabled && <Badge>Disabled</Badge>}</p>
                <p class="small muted"><span class="mail">{email}</span> · since {day(new Date(created_at))}</p>
                <p class="small error" role="alert">{trouble}</p>
            </div>
            {isAdmin() ? (
                <div class="tools">
                    <Select key={role} label={`Role of ${name}`} bare value={role} options={roles} disabled={disabled}
                            onChange={(role) => void give(role)} />
                    <Menu once label={`More for ${name}`} button={<Icon name="menu" />}>
                        {!isMe && <MenuItem onSelect={() => setRenewing(true)}>New password …</MenuItem>}
                        {disabled ? <MenuItem onSelect={() => void change({ disabled: false })}>Enable</MenuItem>
                            : <MenuItem onSelect={() => void disable()}>Disable …</MenuItem>}
                    </Menu>
                </div>
            ) : <span class="muted">{role === "admin" ? "Admin" : "Member"}</span>}
            {renewing && <NewPassword user={user} onClose={() => setRenewing(false)} />}
        </li>
    );
}
