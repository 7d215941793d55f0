import { useState } from "preact/hooks";
import { get, patch } from "../../lib/api";
import { day, plural } from "../../lib/format";
import { useResource } from "../../lib/resource";
import { isAdmin, session } from "../../lib/session";
import type { Call, Settings, SettingsChange } from "../../lib/types";
import { Button } from "../../parts/button";
import { Combobox } from "../../parts/combobox";
import { confirm } from "../../parts/dialog";
import { Switch, TextField } from "../../parts/field";
import { Trouble, useSaving, useUnsaved } from "../../parts/form";
import { Icon } from "../../parts/icon";
import { Section } from "../../parts/page";
import { Loaded, Loading } from "../../parts/states";
import { toast } from "../../parts/toast";
import { Recipients } from "./recipients";
import { useZones } from "./zones";

const names = ["name", "time_zone", "report_recipients", "retention_days"] as const;
const FIRST_OFFER_DAYS = 365;

export function Organization() {
    const settings = useResource((signal) => get<Settings>("/api/settings", { signal }), []);
    return (
        <Section id="organization" title="Organization">
            <Loaded from={settings} loading={<Loading lines={4} />}>
                {(data) => (isAdmin() ? <Form settings={data} onSaved={(now) => settings.set(() => now)} /> : <Shown settings={data} />)}
            </Loaded>
        </Section>
    );
}

function Shown({ settings: { name, time_zone, report_recipients, retention_days } }: { settings: Settings }) {
    return (
        <dl class="shown">
            <dt>Name</dt><dd>{name}</dd>
            <dt>Time zone</dt><dd>{time_zone}</dd>
            <dt>Reports go to</dt><dd>{report_recipients.join(", ") || "Nobody"}</dd>
            <dt>Calls are kept</dt><dd>{retention_days === null ? "For good" : `For ${plural(retention_days, "day")}`}</dd>
        </dl>
    );
}

function Form({ settings, onSaved }: { settings: Settings; onSaved: (now: Settings) => void }) {
    const [draft, setDraft] = useState(settings);
    const { form, busy, errors, trouble, run } = useSaving(names);
    const changed = names.filter((name) => JSON.stringify(draft[name]) !== JSON.stringify(settings[name]));
    const set = (change: Partial<Settings>) => setDraft({ ...draft, ...change });
    useUnsaved(changed.length > 0);

    const save = async () => {
        if (!changed.length) return toast("Nothing was changed.");
        if (changed.includes("retention_days") && !(await isDeletionMeant(settings.retention_days, draft.retention_days))) return;
        const change: SettingsChange = Object.fromEntries(changed.map((name) => [name, draft[name]]));
        await run(async () => {
            const now = await patch<Settings>("/api/settings", change);
            onSaved(now);
            setDraft(now);
            if (session.value) session.value = { ...session.value, organization: { ...session.value.organization, name: now.name } };
            toast("Saved.");
        });
    };
    return (
        <form ref={form} class="stack" aria-label="Organization" onSubmit={(event) => { event.preventDefault(); void save(); }}>
            <TextField label="Name" required maxLength={100} autocomplete="organization" value={draft.name} error={errors.name}
                       onInput={(event) => set({ name: event.currentTarget.value })} />
            <Combobox label="Time zone" value={draft.time_zone} error={errors.time_zone} useOptions={useZones}
                      hint="Days begin by it, and “by Friday” is understood by it."
                      onInput={(time_zone) => set({ time_zone })} onPick={({ id }) => set({ time_zone: id })} />
            <Recipients value={draft.report_recipients} error={errors.report_recipients}
                        onChange={(report_recipients) => set({ report_recipients })} />
            <Retention days={draft.retention_days} error={errors.retention_days} onChange={(retention_days) => set({ retention_days })} />
            <Trouble of={{ trouble }} />
            <div class="actions">
                {changed.length > 0 && <Button onClick={() => setDraft(settings)}>Discard changes</Button>}
                <Button kind="primary" type="submit" busy={busy}>Save</Button>
            </div>
        </form>
    );
}

interface RetentionProps {
    /** null: calls are kept. */
    days: number | null;
    error: string | undefined;
    onChange: (days: number | null) => void;
}

function Retention({ days, error, onChange }: RetentionProps) {
    return (
        <div class="retention">
            <Switch label="Delete old calls" on={days !== null} onChange={(on) => onChange(on ? FIRST_OFFER_DAYS : null)} />
            {days !== null && (
                <>
                    <TextField label="Days that a call is kept" type="number" min={1} max={36500} required value={days || ""} error={error}
                               onInput={(event) => onChange(event.currentTarget.valueAsNumber || 0)} />
                    {days > 0 && days <= 36500 && (
                        <p class="warning">
                            <Icon name="warning" />
                            <span>
                                Calls from before {day(cutoff(days))} are deleted for good, and every day those that become as old:
                                recordings, transcripts, analyses, to-dos and reports.
                            </span>
                        </p>
                    )}
                </>
            )}
        </div>
    );
}

function cutoff(days: number): Date {
    const at = new Date();
    at.setDate(at.getDate() - days);
    return at;
}

// Asks where calls are kept for a shorter time than so far.
async function isDeletionMeant(before: number | null, now: number | null): Promise<boolean> {
    if (now === null || (before !== null && now >= before)) return true;
    const older = get<Call[]>("/api/calls", { query: { to: cutoff(now).toISOString(), limit: 1 } });
    const some = await older.then((calls) => calls.length > 0, () => true);
    return confirm({
        title: `Delete calls that are older than ${plural(now, "day")}?`,
        text: some
            ? `There are calls from before ${day(cutoff(now))}. They will be deleted shortly, with all that belongs to them, for good.`
            : "No call is that old today. As soon as one is, it is deleted with all that belongs to it.",
        action: "Delete old calls",
        danger: true,
    });
}
