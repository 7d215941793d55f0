import { useEffect, useState } from "preact/hooks";
import { del, patch, post } from "../../lib/api";
import { number } from "../../lib/format";
import { navigate } from "../../lib/router";
import type { Analyzer, AnalyzerChange } from "../../lib/types";
import { Button } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { Field, Select, Switch, TextField } from "../../parts/field";
import { Trouble, useSaving, useUnsaved } from "../../parts/form";
import { toast } from "../../parts/toast";
import { engineHints, engineLabels } from "../analyzers/engines";
import type { Draft } from "./page";

const names = ["name", "prompt", "engine", "active"] as const;
const PROMPT_MAX = 8000;

interface EditorProps {
    /** null: it is a new one. */
    analyzer: Analyzer | null;
    draft: Draft;
    onChange: (draft: Draft) => void;
    onSaved: (now: Analyzer) => void;
}

export function Editor({ analyzer, draft, onChange, onSaved }: EditorProps) {
    const { form, busy, errors, trouble, run } = useSaving(names);
    // After the last question of the guard, so that it asks nothing any more.
    const [leaveTo, setLeaveTo] = useState("");
    const before: Draft = analyzer ?? { name: "", prompt: "", engine: "default", active: true };
    const changed = names.filter((name) => draft[name] !== before[name]);
    const dirty = changed.length > 0 && !leaveTo;
    const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
    const takenName = (problem: { status: number }) => (problem.status === 409 ? "name" : null);

    useUnsaved(dirty);
    useEffect(() => {
        if (leaveTo) void navigate(leaveTo, { replace: true });
    }, [leaveTo]);

    const save = () => run(async () => {
        const now = { ...draft, name: draft.name.trim() };
        if (!analyzer) {
            const made = await post<Analyzer>("/api/analyzers", now);
            toast(`${made.name} runs on every call from now on.`);
            setLeaveTo(`/analyzers/${made.id}`);
            return;
        }
        const change: AnalyzerChange = Object.fromEntries(changed.map((name) => [name, now[name]]));
        const saved = await patch<Analyzer>(`/api/analyzers/${analyzer.id}`, change);
        onSaved(saved);
        onChange(saved);
        toast("Saved. It counts from the next run on.");
    }, takenName);

    const remove = async () => {
        if (!analyzer) return;
        const sure = await confirm({
            title: `Delete ${analyzer.name}?`,
            text: "It runs no more. What it said about calls so far stays with them.",
            action: "Delete",
            danger: true,
        });
        if (!sure) return;
        await run(async () => {
            await del(`/api/analyzers/${analyzer.id}`);
            toast(`${analyzer.name} was deleted.`);
            setLeaveTo("/analyzers");
        });
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (dirty && !busy) form.current?.requestSubmit();
    };
    return (
        <form ref={form} class="card stack editor" aria-label="Analyzer" onKeyDown={onKeyDown}
              onSubmit={(event) => { event.preventDefault(); void save(); }}>
            <TextField label="Name" name="name" required maxLength={100} autocomplete="off" value={draft.name} error={errors.name}
                       onInput={(event) => set({ name: event.currentTarget.value })} />
            <Prompt value={draft.prompt} error={errors.prompt} onChange={(prompt) => set({ prompt })} />
            <Select label="Answered by" value={draft.engine} error={errors.engine} hint={engineHints[draft.engine]}
                    options={Object.entries(engineLabels) as [Draft["engine"], string][]} onChange={(engine) => set({ engine })} />
            <Switch label="Runs on every call" on={draft.active} onChange={(active) => set({ active })} />
            <Trouble of={{ trouble }} />
            <div class="row">
                {analyzer && <Button kind="quiet" icon="trash" disabled={busy} onClick={() => void remove()}>Delete</Button>}
                <div class="actions">
                    {dirty && analyzer && <Button onClick={() => onChange(analyzer)}>Discard changes</Button>}
                    <Button kind="primary" type="submit" busy={busy} disabled={!dirty} aria-keyshortcuts="Control+s">
                        {analyzer ? "Save" : "Make it"}
                    </Button>
                </div>
            </div>
        </form>
    );
}

function Prompt({ value, error, onChange }: { value: string; error: string | undefined; onChange: (prompt: string) => void }) {
    const length = [...value].length; // as the server counts
    const hint = (
        <>
            Ask as you would ask a colleague who reads the transcript.{" "}
            <span class="numbers">{number(length)} of {number(PROMPT_MAX)} characters.</span>
        </>
    );
    return (
        <Field label="Prompt" hint={hint} error={length > PROMPT_MAX ? "This is too long." : error}>
            {(ties) => (
                <div class="prompt-box">
                    {/* The box is as high as this text, which the area covers: it grows with what is written. */}
                    <div class="prompt-text" aria-hidden="true">{value}{"\n"}</div>
                    <textarea {...ties} name="prompt" required spellcheck value={value} onInput={(event) => onChange(event.currentTarget.value)} />
                </div>
            )}
        </Field>
    );
}
