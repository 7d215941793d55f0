import { useEffect, useState } from "preact/hooks";
import { patch } from "../../lib/api";
import type { ContactChange, ContactDetails } from "../../lib/types";
import { Button } from "../../parts/button";
import { TextArea, TextField } from "../../parts/field";
import { Trouble, useSaving, useUnsaved } from "../../parts/form";
import { toast } from "../../parts/toast";

const names = ["name", "company", "email", "summary"] as const;
type Fields = Record<(typeof names)[number], string>;

interface FormProps {
    contact: ContactDetails;
    onSaved: (changed: ContactDetails) => void;
    onClose: () => void;
}

export function ContactForm({ contact, onSaved, onClose }: FormProps) {
    // As it was when one began: what a call says meanwhile does not become a person's word.
    const [before] = useState(() => Object.fromEntries(names.map((name) => [name, contact[name] ?? ""])) as Fields);
    const [fields, setFields] = useState(before);
    const { form, busy, errors, trouble, run } = useSaving(names);
    const changed = names.filter((name) => fields[name].trim() !== before[name]);
    useUnsaved(changed.length > 0);

    useEffect(() => form.current?.querySelector("input")?.focus(), []);

    const submit = (event: Event) => {
        event.preventDefault();
        if (!changed.length) return onClose();
        // Only what was changed: what is sent is a person's from then on, and no call fills it in any more.
        const change: ContactChange = Object.fromEntries(changed.map((name) => [name, fields[name].trim() || null]));
        void run(async () => {
            onSaved(await patch<ContactDetails>(`/api/contacts/${contact.id}`, change));
            toast("Saved.");
        });
    };
    const control = (name: (typeof names)[number]) => ({
        name, value: fields[name], error: errors[name], autocomplete: "off" as const,
        onInput: (event: { currentTarget: { value: string } }) => setFields({ ...fields, [name]: event.currentTarget.value }),
    });
    return (
        <form ref={form} class="stack" onSubmit={submit} noValidate
              onKeyDown={(event) => event.key === "Escape" && !changed.length && onClose()}>
            <TextField label="Name" maxLength={200} {...control("name")} />
            <TextField label="Company" maxLength={200} {...control("company")} />
            <TextField label="E-mail" type="email" maxLength={254} {...control("email")} />
            <TextArea label="In short" maxLength={2000} {...control("summary")} />
            <p class="small muted">What you change stays as you leave it, also where you leave nothing: no call fills it in any more.</p>
            <Trouble of={{ trouble }} />
            <div class="actions">
                <Button onClick={onClose}>Cancel</Button>
                <Button kind="primary" type="submit" busy={busy}>Save</Button>
            </div>
        </form>
    );
}
