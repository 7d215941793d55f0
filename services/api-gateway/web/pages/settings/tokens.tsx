import { useState } from "preact/hooks";
import { del, get, post } from "../../lib/api";
import { day } from "../../lib/format";
import { useResource } from "../../lib/resource";
import { session } from "../../lib/session";
import type { Token } from "../../lib/types";
import { Button } from "../../parts/button";
import { confirm, Dialog } from "../../parts/dialog";
import { Select, TextField } from "../../parts/field";
import { Trouble, useSaving } from "../../parts/form";
import { Badge, Section, Time } from "../../parts/page";
import { Secret } from "../../parts/secret";
import { Loaded, Loading } from "../../parts/states";
import { toast, toastError } from "../../parts/toast";

type NewToken = Token & { token: string };

export function Tokens() {
    const tokens = useResource((signal) => get<Token[]>("/api/tokens", { signal }), []);
    const [making, setMaking] = useState(false);

    const revoke = async (token: Token) => {
        const sure = await confirm({
            title: `Revoke ${token.name}?`,
            text: "Who has it is no longer let in. That cannot be undone.",
            action: "Revoke",
            danger: true,
        });
        if (!sure) return;
        try {
            await del(`/api/tokens/${token.id}`);
            tokens.set((list) => list.filter(({ id }) => id !== token.id));
            toast(`${token.name} was revoked.`);
        } catch (error) {
            toastError(error);
        }
    };
    return (
        <Section id="tokens" title="API tokens" actions={<Button icon="plus" onClick={() => setMaking(true)}>Make a token</Button>}>
            <p class="muted">
                For programs that use the <a href="/api/openapi.json" target="_blank">API</a> in your place. Whoever has one may do what you may,
                except make tokens and users.
            </p>
            <Loaded from={tokens} loading={<Loading lines={2} />}>
                {(list) => list.length > 0 && (
                    <ul class="entries-of">{list.map((token) => <TokenRow key={token.id} token={token} onRevoke={() => void revoke(token)} />)}</ul>
                )}
            </Loaded>
            {making && <Make onMade={() => tokens.reload()} onClose={() => setMaking(false)} />}
        </Section>
    );
}

function TokenRow({ token: { name, user, created_at, last_used_at, expires_at }, onRevoke }: { token: Token; onRevoke: () => void }) {
    const over = expires_at !== null && Date.parse(expires_at) <= Date.now();
    return (
        <li class="token-row">
            <div class="what">
                <p>
                    <strong>{name}</strong> {user.id !== session.value?.user.id && <span class="muted">of {user.name}</span>}{" "}
                    {over && <Badge tone="warn">Expired</Badge>}
                </p>
                <p class="small muted">
                    Made <Time at={created_at} /> · {last_used_at ? <>last used <Time at={last_used_at} /></> : "never used"} ·{" "}
                    {expires_at ? `${over ? "ended" : "ends"} ${day(new Date(expires_at))}` : "does not end"}
                </p>
            </div>
            <Button kind="quiet" aria-label={`Revoke ${name}`} onClick={onRevoke}>Revoke</Button>
        </li>
    );
}

const ends = [["30", "In 30 days"], ["90", "In 90 days"], ["365", "In a year"], ["", "Never"]] as const;

function Make({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
    const [name, setName] = useState("");
    const [days, setDays] = useState<(typeof ends)[number][0]>("90");
    const [made, setMade] = useState<NewToken | null>(null);
    const { form, busy, errors, trouble, run } = useSaving(["name", "expires_at"]);

    const submit = (event: Event) => {
        event.preventDefault();
        const expires_at = days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null;
        void run(async () => {
            setMade(await post<NewToken>("/api/tokens", { name: name.trim(), expires_at }));
            onMade();
        });
    };
    if (made) return <Shown token={made} onClose={onClose} />;
    return (
        <Dialog title="Make an API token" onClose={onClose}>
            <form ref={form} class="stack" noValidate onSubmit={submit}>
                <TextField label="Name" maxLength={100} autocomplete="off" autoFocus hint="What it is for." value={name} error={errors.name}
                           onInput={(event) => setName(event.currentTarget.value)} />
                <Select label="Ends" value={days} options={ends} error={errors.expires_at} onChange={setDays} />
                <Trouble of={{ trouble }} />
                <div class="actions">
                    <Button onClick={onClose}>Cancel</Button>
                    <Button kind="primary" type="submit" busy={busy}>Make it</Button>
                </div>
            </form>
        </Dialog>
    );
}

function Shown({ token: { name, token }, onClose }: { token: NewToken; onClose: () => void }) {
    return (
        <Dialog title={name} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>Done</Button>}>
            <div class="stack">
                <p>Keep it now: it is never shown again.</p>
                <Secret label="The token" text={token} />
                <p class="muted small">The latest calls, from a shell:</p>
                <Secret label="An example" wide text={`curl -H 'Authorization: Bearer ${token}' \\\n     '${location.origin}/api/calls?limit=5'`} />
            </div>
        </Dialog>
    );
}
