// Picks a contact by some letters of the name, the number or the company.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../lib/api";
import { phone } from "../../lib/format";
import type { ContactDetails } from "../../lib/types";
import { Combobox, type Option } from "../../parts/combobox";

const PAUSE_MS = 200;

/** Those that `text` finds; what is found stays until the next answer, and a failure finds nobody. */
export function useContacts(text: string, limit: number): ContactDetails[] {
    const [found, setFound] = useState<ContactDetails[]>([]);
    useEffect(() => {
        if (!text) return setFound([]);
        const aborter = new AbortController();
        const timer = setTimeout(() => {
            const { signal } = aborter;
            get<ContactDetails[]>("/api/contacts", { query: { q: text, limit }, signal })
                .then(setFound, () => signal.aborted || setFound([]));
        }, PAUSE_MS);
        return () => {
            clearTimeout(timer);
            aborter.abort();
        };
    }, [text, limit]);
    return found;
}

function useOptions(text: string | null): Option[] {
    return useContacts(text?.trim() ?? "", 8).map(({ id, name, number, company }) => ({
        id,
        label: name ?? phone(number),
        note: company ?? (name ? phone(number) : ""),
    }));
}

export function ContactPicker({ label, onPick }: { label: string; onPick: (id: string) => void }) {
    const [text, setText] = useState("");
    const pick = ({ id }: Option) => {
        setText("");
        onPick(id);
    };
    return <Combobox label={label} placeholder="Name or company" value={text} onInput={setText} useOptions={useOptions} onPick={pick} />;
}
