// Search as one types. What looks like a number or a person's name is offered as the filter that it may have been meant
// for.
import { phone } from "../../lib/format";
import { setQuery } from "../../lib/router";
import { SearchField } from "../../parts/search";
import { numberIn } from "./filters";
import { useContacts } from "./picker";

interface SearchProps {
    q: string;
    /** To the first row. */
    onDown: () => void;
}

export function Search({ q, onDown }: SearchProps) {
    return (
        <div class="call-search">
            <SearchField label="Search what was said" group="Calls" onDown={onDown} />
            <Offers text={q} />
        </div>
    );
}

function Offers({ text }: { text: string }) {
    const number = numberIn(text);
    const contacts = useContacts(text && !number ? text : "", 3);
    if (!number && !contacts.length) return null;
    return (
        <p class="offers small">
            <span class="muted">{number ? "Calls from or to" : "Calls with"}</span>
            {number && <button type="button" class="link" onClick={() => setQuery({ q: null, number })}>{phone(number)}</button>}
            {contacts.map(({ id, name, number: theirs }) => (
                <button key={id} type="button" class="link" title={phone(theirs)} onClick={() => setQuery({ q: null, contact: id })}>
                    {name ?? phone(theirs)}
                </button>
            ))}
        </p>
    );
}
