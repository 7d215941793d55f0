// Everybody who called or was called, lately heard of first.
import { useEffect, useRef } from "preact/hooks";
import { useEndless } from "../../lib/endless";
import { phone, plural } from "../../lib/format";
import { useShortcuts } from "../../lib/keys";
import { useLive } from "../../lib/live";
import { place, setQuery } from "../../lib/router";
import type { ContactDetails } from "../../lib/types";
import { Avatar } from "../../parts/avatar";
import { Button } from "../../parts/button";
import { EndlessList } from "../../parts/endless";
import { PageHead, Time } from "../../parts/page";
import { SearchField } from "../../parts/search";
import { Empty } from "../../parts/states";

const GATHER_MS = 1000;
const MANY = 50; // a longer list is not put in another order under one's hands

export default function ContactsPage() {
    const q = place.value.query.get("q") ?? "";
    const contacts = useEndless<ContactDetails>("/api/contacts", { q });
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);
    const root = useRef<HTMLDivElement>(null);

    const look = useRef(() => {});
    look.current = () => {
        due.current = null;
        if ((contacts.items?.length ?? 0) <= MANY) contacts.reload();
    };
    useLive((event) => {
        if (!["reset", "call.started", "call.enriched", "call.deleted"].includes(event.type)) return;
        due.current ??= setTimeout(() => look.current(), GATHER_MS);
    });
    useEffect(() => () => clearTimeout(due.current ?? undefined), []);

    const step = (by: number) => {
        const links = [...(root.current?.querySelectorAll<HTMLElement>(".contact-row") ?? [])];
        const at = links.indexOf(document.activeElement as HTMLElement);
        links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
    };
    useShortcuts("Contacts", [
        { keys: "j", label: "Next contact", run: () => step(1) },
        { keys: "k", label: "Contact before", run: () => step(-1) },
    ]);
    return (
        <div class="contacts-page" ref={root}>
            <PageHead title="Contacts" />
            <SearchField label="Search contacts" group="Contacts" />
            <EndlessList of={contacts} empty={<None q={q} />}>
                {(items) => <ul class="contact-rows card">{items.map((contact) => <li key={contact.id}><Row contact={contact} /></li>)}</ul>}
            </EndlessList>
        </div>
    );
}

function Row({ contact: { id, name, company, number: their, email, call_count, last_call_at } }: { contact: ContactDetails }) {
    return (
        <a class="contact-row" href={`/contacts/${id}`}>
            <Avatar name={name} />
            <span class="who">
                <strong class="cut" dir="auto">{name ?? phone(their)}</strong>
                <span class="cut small muted" dir="auto">{[company, email].filter(Boolean).join(" · ") || (name ? "" : "Not named yet")}</span>
            </span>
            <span class="number numbers muted">{name ? phone(their) : ""}</span>
            <span class="calls muted">{call_count ? plural(call_count, "call") : "No calls"}</span>
            <span class="last muted">{last_call_at && <Time at={last_call_at} />}</span>
        </a>
    );
}

function None({ q }: { q: string }) {
    if (q)
        return (
            <Empty icon="search" title="Nobody fits" action={<Button icon="close" onClick={() => setQuery({ q: null })}>Clear the search</Button>}>
                Part of a name, company, e-mail address or number finds people.
            </Empty>
        );
    return (
        <Empty icon="contacts" title="No contacts yet" action={<a href="/calls">To the calls</a>}>
            Everybody who calls becomes a contact, filled in from what was said.
        </Empty>
    );
}
