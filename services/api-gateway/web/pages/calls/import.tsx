// Brings an old recording in.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, newKey } from "../../lib/api";
import { phone } from "../../lib/format";
import { Problem, isAbort, sentenceOf } from "../../lib/problem";
import { navigate } from "../../lib/router";
import { upload } from "../../lib/upload";
import type { Call, PhoneNumber } from "../../lib/types";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field, TextField } from "../../parts/field";

const NUMBERS = "call-import-numbers"; // the list of our own

type Wrong = Partial<Record<"file" | "from" | "to" | "at", string>>;

export function Import({ onClose }: { onClose: () => void }) {
    const form = useRef<HTMLFormElement>(null);
    const aborter = useRef<AbortController | null>(null);
    const sent = useRef({ what: "", key: "" });
    const [wrong, setWrong] = useState<Wrong>({});
    const [error, setError] = useState("");
    const [part, setPart] = useState<number | null>(null); // of the file that has gone out; null: none is on its way
    const [ours, setOurs] = useState<PhoneNumber[]>([]);

    useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [wrong]);
    useEffect(() => {
        // They only help with typing: without them it goes on as well.
        get<PhoneNumber[]>("/api/phone-numbers").then(setOurs, () => {});
        return () => aborter.current?.abort();
    }, []);

    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const fields = new FormData(form.current ?? undefined);
        const file = fields.get("file") as File;
        const query = { from: e164(fields.get("from")), to: e164(fields.get("to")), started_at: instant(fields.get("at")) };
        const found = wrongIn(file, query);
        setWrong(found);
        setError("");
        if (Object.keys(found).length) return;

        // The same call sent again, because nobody answered, must not be a second one.
        const what = JSON.stringify([file.name, file.size, file.lastModified, query]);
        if (what !== sent.current.what) sent.current = { what, key: newKey() };
        aborter.current = new AbortController();
        setPart(0);
        try {
            const { signal } = aborter.current;
            const call = await upload<Call>("/api/calls/import", file, "audio/mpeg", { query, key: sent.current.key, signal, onProgress: setPart });
            onClose();
            await navigate(`/calls/${call.id}`);
        } catch (thrown) {
            setPart(null);
            if (!isAbort(thrown)) setError(reasonOf(thrown));
        }
    };
    const busy = part !== null;
    return (
        <Dialog title="Import a recording" onClose={onClose} footer={
            <>
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="primary" type="submit" form="call-import" busy={busy}>{busy ? "Importing …" : "Import"}</Button>
            </>
        }>
            <form ref={form} id="call-import" class="stack" noValidate onSubmit={(event) => void submit(event)}>
                <p class="muted">It goes through the same steps as a call that came in by itself. One of the numbers has to be yours.</p>
                <TextField label="Recording" hint="An MP3." type="file" name="file" accept="audio/mpeg,.mp3" error={wrong.file} />
                <NumberField label="Who called" name="from" error={wrong.from} />
                <NumberField label="Who was called" name="to" error={wrong.to} />
                <TextField label="When it began" type="datetime-local" name="at" step={1} error={wrong.at} />
                <datalist id={NUMBERS}>
                    {ours.map(({ id, number, label }) => <option key={id} value={phone(number)}>{label}</option>)}
                </datalist>
                {busy && <progress max={1} value={part} aria-label="Sent">{Math.round(part * 100)} %</progress>}
                <p class="error" role="alert">{error}</p>
            </form>
        </Dialog>
    );
}

function NumberField({ label, name, error }: { label: string; name: string; error: string | undefined }) {
    return (
        <Field label={label} error={error}>
            {(ties) => <input {...ties} type="tel" name={name} autocomplete="off" placeholder="+1 555 123 4567" list={NUMBERS} />}
        </Field>
    );
}

function e164(value: FormDataEntryValue | null): string {
    return String(value ?? "").replace(/[\s().\-/]/g, "").replace(/^00/, "+");
}

function instant(value: FormDataEntryValue | null): string {
    const at = new Date(String(value ?? ""));
    return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

function wrongIn(file: File, { from, to, started_at }: { from: string; to: string; started_at: string }): Wrong {
    const number = (text: string) => /^\+[1-9]\d{1,14}$/.test(text);
    const format = "With the country’s code, such as +1 555 123 4567.";
    return {
        ...(!file.size && { file: file.name ? "This file is empty." : "Choose a file." }),
        ...(!number(from) && { from: format }),
        ...(!number(to) && { to: format }),
        ...(!started_at && { at: "Day and time, please." }),
        ...(started_at && Date.parse(started_at) > Date.now() && { at: "That is still to come." }),
    };
}

function reasonOf(error: unknown): string {
    if (error instanceof Problem && error.status === 415) return "This file is no MP3.";
    if (error instanceof Problem && error.status === 413) return "This file is too long.";
    return sentenceOf(error);
}
