// Narrowing the list: the filters' panel, and a chip for each that is set.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api";
import { phone, sentimentLabels, statusLabels } from "../../lib/format";
import { setQuery } from "../../lib/router";
import type { ContactDetails } from "../../lib/types";
import { Select, TextField } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { chipOf, noFilters, numberIn, type FilterName, type Filters } from "./filters";
import { ContactPicker } from "./picker";

type Options = readonly (readonly [value: string, label: string])[];

const any = (labels: Record<string, string>): Options => [["", "Any"], ...Object.entries(labels)];

const selects: readonly (readonly [name: FilterName, label: string, options: Options])[] = [
    ["status", "Status", any(statusLabels)],
    ["sentiment", "Sentiment", any(sentimentLabels)],
    ["has_recording", "Recording", any({ true: "With", false: "Without" })],
    ["failed", "Failed steps", any({ true: "With", false: "Without" })],
];

export function Panel({ id, filters }: { id: string; filters: Filters }) {
    const set = (name: FilterName, value: string) => setQuery({ [name]: value });
    return (
        <section id={id} class="call-filters card" aria-label="Filters">
            <TextField label="From" type="date" value={filters.from ?? ""} max={filters.to ?? ""} onChange={(e) => set("from", e.currentTarget.value)} />
            <TextField label="Until" type="date" value={filters.to ?? ""} min={filters.from ?? ""} onChange={(e) => set("to", e.currentTarget.value)} />
            {selects.map(([name, label, options]) => (
                <Select key={name} label={label} options={options} value={filters[name] ?? ""} onChange={(value) => set(name, value)} />
            ))}
            <NumberField value={filters.number ?? ""} />
            <ContactPicker label="Contact" onPick={(contact) => set("contact", contact)} />
            <TextField label="Words in an analysis" type="text" maxLength={200} autocomplete="off" value={filters.analysis ?? ""}
                       onChange={(e) => set("analysis", e.currentTarget.value.trim())} />
        </section>
    );
}

function NumberField({ value }: { value: string }) {
    const [wrong, setWrong] = useState(false);
    return (
        <TextField label="Number" type="tel" autocomplete="off" placeholder="+1 555" value={value}
                   error={wrong ? "Two to fifteen digits, please." : undefined}
                   onChange={(event) => {
                       const text = event.currentTarget.value.trim();
                       const number = numberIn(text);
                       setWrong(Boolean(text) && !number);
                       if (!text || number) setQuery({ number });
                   }} />
    );
}

/** How many filters have a chip. */
export function chipCount(filters: Filters): number {
    return Object.keys(filters).filter((name) => name !== "q").length;
}

interface ChipsProps {
    filters: Filters;
    /** One was taken away by a key, and the focus with it. */
    onLost: () => void;
}

export function Chips({ filters, onLost }: ChipsProps) {
    const set = Object.entries(filters).filter(([name]) => name !== "q") as [FilterName, string][];
    if (!set.length) return null;
    return (
        <ul class="call-chips" aria-label="Filters that are set" onClick={(event) => event.detail === 0 && onLost()}>
            {set.map(([name, value]) => (
                <li key={name}>
                    {name === "contact" ? <ContactChip id={value} /> : <Chip name={name} text={chipOf(name, value)} />}
                </li>
            ))}
            <li><button type="button" class="link small" onClick={() => setQuery(noFilters())}>Clear all</button></li>
        </ul>
    );
}

function Chip({ name, text }: { name: FilterName; text: string }) {
    return (
        <button type="button" class="chip" title="Remove this filter" onClick={() => setQuery({ [name]: null })}>
            <span class="cut">{text}</span>
            <span class="visually-hidden"> (remove)</span>
            <Icon name="close" />
        </button>
    );
}

const names = new Map<string, string>(); // of the contacts that were filtered by

function ContactChip({ id }: { id: string }) {
    const [name, setName] = useState(names.get(id) ?? "");
    useEffect(() => {
        const aborter = new AbortController();
        setName(names.get(id) ?? "");
        get<ContactDetails>(`/api/contacts/${encodeURIComponent(id)}`, { signal: aborter.signal }).then(
            (contact) => {
                names.set(id, contact.name ?? phone(contact.number));
                setName(names.get(id) ?? "");
            },
            () => aborter.signal.aborted || setName(names.get(id) ?? "Unknown contact"),
        );
        return () => aborter.abort();
    }, [id]);
    return <Chip name="contact" text={name || "Contact"} />;
}
