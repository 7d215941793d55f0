import { useEffect, useId, useState } from "preact/hooks";
import { patch, post } from "../../lib/api";
import { phone } from "../../lib/format";
import type { PhoneNumber } from "../../lib/types";
import { Button } from "../../parts/button";
import { Select, Switch, TextArea, TextField } from "../../parts/field";
import { Trouble, useSaving, useUnsaved } from "../../parts/form";

const names = ["number", "label", "record", "forward_to", "greeting", "caller_channel", "assistant", "instructions", "voice"] as const;
type Draft = Omit<PhoneNumber, "id" | "created_at">;

const blank: Draft = {
    number: "", label: "", record: true, forward_to: null, greeting: null, caller_channel: 0, assistant: true, instructions: null, voice: null,
};

interface FormProps {
    /** null: a new one. */
    number: PhoneNumber | null;
    onSaved: (now: PhoneNumber) => void;
    onClose: () => void;
}

export function NumberForm({ number, onSaved, onClose }: FormProps) {
    const [before] = useState<Draft>(number ?? blank);
    const [draft, setDraft] = useState(before);
    const { form, busy, errors, trouble, run } = useSaving(names);
    const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
    const now: Draft = {
        ...draft,
        number: dialed(draft.number),
        label: draft.label.trim(),
        forward_to: dialed(draft.forward_to ?? "") || null,
        greeting: draft.greeting?.trim() || null,
        instructions: draft.instructions?.trim() || null,
        voice: draft.voice?.trim() || null,
    };
    const changed = names.filter((name) => now[name] !== before[name]);
    useUnsaved(changed.length > 0);

    useEffect(() => form.current?.querySelector("input")?.focus(), []);

    const submit = (event: Event) => {
        event.preventDefault();
        if (number && !changed.length) return onClose();
        void run(async () => {
            const { number: _, ...rest } = now;
            const send = Object.fromEntries(changed.map((name) => [name, now[name]]));
            onSaved(number ? await patch<PhoneNumber>(`/api/phone-numbers/${number.id}`, send)
                : await post<PhoneNumber>("/api/phone-numbers", { number: now.number, ...rest }));
        }, (problem) => (problem.status === 409 ? "number" : null));
    };
    return (
        <form ref={form} class="inset stack" aria-label={number ? `Edit ${phone(number.number)}` : "Add a number"} noValidate
              onSubmit={submit} onKeyDown={(event) => event.key === "Escape" && !changed.length && onClose()}>
            {number
                ? <p><strong class="numbers">{phone(number.number)}</strong></p>
                : <TextField label="Number" type="tel" autocomplete="off" placeholder="+1 555 987 6543" value={draft.number}
                             hint="With + and the country’s code." error={errors.number}
                             onInput={(event) => set({ number: event.currentTarget.value })} />}
            <TextField label="Label" maxLength={100} autocomplete="off" placeholder="Sales" value={draft.label} error={errors.label}
                       onInput={(event) => set({ label: event.currentTarget.value })} />
            <TextField label="Put calls through to" type="tel" autocomplete="off" value={draft.forward_to ?? ""} error={errors.forward_to}
                       hint="A number with + and the country’s code; empty where calls are answered here."
                       onInput={(event) => set({ forward_to: event.currentTarget.value })} />
            <TextArea label="Greeting" maxLength={500} value={draft.greeting ?? ""} error={errors.greeting} hint="Said to callers first."
                      onInput={(event) => set({ greeting: event.currentTarget.value })} />
            <AssistantFields draft={now} typed={draft} errors={errors} set={set} />
            <Select label="Recordings have the caller on" value={String(draft.caller_channel)} error={errors.caller_channel}
                    options={[["0", "the first channel"], ["1", "the second channel"]]}
                    onChange={(channel) => set({ caller_channel: channel === "1" ? 1 : 0 })} />
            <Switch label="Record calls" on={draft.record} onChange={(record) => set({ record })} />
            <Trouble of={{ trouble }} />
            <div class="actions">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="primary" type="submit" busy={busy}>{number ? "Save" : "Add"}</Button>
            </div>
        </form>
    );
}

interface AssistantProps {
    /** As it would be saved. */
    draft: Draft;
    typed: Draft;
    errors: Partial<Record<(typeof names)[number], string>>;
    set: (change: Partial<Draft>) => void;
}

function AssistantFields({ draft, typed, errors, set }: AssistantProps) {
    const hint = useId();
    const forwarded = draft.forward_to !== null;
    return (
        <>
            <div class="field">
                <Switch label="An assistant answers" on={draft.assistant && !forwarded} disabled={forwarded} describedBy={hint}
                        onChange={(assistant) => set({ assistant })} />
                <p class="hint" id={hint}>
                    {forwarded ? "Calls are put through, so no assistant answers them." : "It talks to callers where a realtime model is set up; else they are greeted and heard."}
                </p>
                {errors.assistant && <p class="error">{errors.assistant}</p>}
            </div>
            <TextArea label="Instructions for the assistant" maxLength={8000} rows={5} value={typed.instructions ?? ""} error={errors.instructions}
                      hint="Who it speaks for, what it may promise, when to put a caller through and to which number (with its +; to no others). Empty for plain ones."
                      onInput={(event) => set({ instructions: event.currentTarget.value })} />
            <TextField label="Voice of the assistant" maxLength={64} autocomplete="off" spellcheck={false} placeholder="marin" value={typed.voice ?? ""}
                       error={errors.voice} hint="As the model’s maker names it; empty for the model’s own."
                       onInput={(event) => set({ voice: event.currentTarget.value })} />
        </>
    );
}

// As people write a number, "+1 (555) 123-4567", the way the API takes it.
function dialed(text: string): string {
    return text.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
}
