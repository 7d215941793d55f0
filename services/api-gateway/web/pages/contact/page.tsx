// One contact: what is known, from where, and the calls.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../lib/api";
import { phone, plural } from "../../lib/format";
import { useLive } from "../../lib/live";
import { useResource } from "../../lib/resource";
import type { ContactDetails } from "../../lib/types";
import { Avatar } from "../../parts/avatar";
import { Button } from "../../parts/button";
import { useReturn } from "../../parts/form";
import { PageHead, Section, Time, type PageProps } from "../../parts/page";
import { Loaded } from "../../parts/states";
import { ContactCalls } from "./calls";
import { Facts } from "./facts";
import { ContactForm } from "./form";

const GATHER_MS = 500;

export default function ContactPage({ params }: PageProps) {
    const id = params["id"] ?? "";
    const contact = useResource((signal) => get<ContactDetails>(`/api/contacts/${encodeURIComponent(id)}`, { signal }), [id]);
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);
    useLive((event) => {
        if (!["reset", "call.started", "call.enriched", "call.deleted"].includes(event.type)) return;
        due.current ??= setTimeout(() => {
            due.current = null;
            contact.reload();
        }, GATHER_MS);
    });
    useEffect(() => () => clearTimeout(due.current ?? undefined), []);
    return (
        <div class="contact-page">
            {contact.data === undefined && <PageHead title="Contact" up={["/contacts", "Contacts"]} />}
            <Loaded from={contact}>
                {(data) => <ContactView contact={data} onChanged={(changed) => contact.set(() => changed)} />}
            </Loaded>
        </div>
    );
}

function ContactView({ contact, onChanged }: { contact: ContactDetails; onChanged: (changed: ContactDetails) => void }) {
    const { id, name, number, call_count, last_call_at } = contact;
    const [editing, setEditing] = useState(false);
    const edit = useRef<HTMLButtonElement | null>(null);
    useReturn(editing, () => edit.current?.focus());

    const close = () => setEditing(false);
    const save = (changed: ContactDetails) => {
        onChanged(changed);
        close();
    };
    const opener = !editing && <Button icon="edit" ref={edit} onClick={() => setEditing(true)}>Edit</Button>;
    return (
        <>
            <PageHead title={name ?? phone(number)} up={["/contacts", "Contacts"]}>
                <p class="lead muted">
                    <Avatar name={name} />
                    <span><a href={`tel:${number}`}>{phone(number)}</a></span>
                    <span>{call_count ? plural(call_count, "call") : "No calls"}</span>
                    {last_call_at && <span>last <Time at={last_call_at} /></span>}
                </p>
            </PageHead>
            <div class="columns">
                <Section title="What is known" actions={opener}>
                    {editing ? <ContactForm contact={contact} onSaved={save} onClose={close} /> : <Facts contact={contact} />}
                </Section>
                <ContactCalls id={id} />
            </div>
        </>
    );
}
