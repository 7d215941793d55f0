// What the list can be narrowed to. All of it lives in the address.
import type { Query } from "../../lib/api";
import { isoDay } from "../../lib/format";
import { place, setQuery } from "../../lib/router";
import { session } from "../../lib/session";
import type { User } from "../../lib/types";
import { Select } from "../../parts/field";
import { SearchField } from "../../parts/search";

const shows = { open: "Open", overdue: "Overdue", done: "Done", all: "All" } as const;
export type Show = keyof typeof shows;

export interface Filters {
    show: Show;
    owner: string;
    /** "me", a user's id, "nobody", "somebody", or "" for either. */
    assignee: string;
    q: string;
}

export function filtersNow(): Filters {
    const { query } = place.value;
    const show = query.get("show") ?? "";
    const owner = query.get("owner") ?? "";
    const assignee = query.get("assignee") ?? "";
    return {
        show: show in shows ? (show as Show) : "open",
        owner: owner === "caller" || owner === "agent" ? owner : "",
        assignee: /^(me|nobody|somebody|[0-9a-f-]{36})$/.test(assignee) ? assignee : "",
        q: query.get("q") ?? "",
    };
}

export function isNarrowed({ owner, assignee, q }: Filters): boolean {
    return Boolean(owner || assignee || q);
}

export function widen(): void {
    setQuery({ owner: null, assignee: null, q: null });
}

/** As the API has it. */
export function queryOf({ show, owner, assignee, q }: Filters): Query {
    return {
        done: show === "all" ? null : show === "done",
        due_before: show === "overdue" ? isoDay() : null,
        owner,
        assignee: assignee === "me" ? session.value?.user.id : assignee,
        q,
    };
}

export function FilterBar({ filters, users }: { filters: Filters; users: User[] }) {
    const me = session.value?.user.id;
    const people: (readonly [string, string])[] = [
        ["", "For anybody"], ["me", "For me"], ["nobody", "For nobody yet"], ["somebody", "For somebody"],
        ...users.filter(({ id }) => id !== me).map(({ id, name }) => [id, `For ${name}`] as const),
    ];
    // One from an address that was passed on, while the users are not there yet.
    const unknown = filters.assignee && !people.some(([id]) => id === filters.assignee);
    return (
        <div class="todo-filters">
            <div class="choice" role="group" aria-label="Which to-dos">
                {Object.entries(shows).map(([show, label]) => (
                    <button key={show} type="button" aria-pressed={filters.show === show}
                            onClick={() => setQuery({ show: show === "open" ? null : show }, { replace: false })}>
                        {label}
                    </button>
                ))}
            </div>
            <Select label="Promised by" bare value={filters.owner} onChange={(owner) => setQuery({ owner })}
                    options={[["", "By anybody"], ["agent", "By agents"], ["caller", "By callers"]]} />
            <Select label="Assigned to" bare value={filters.assignee} onChange={(assignee) => setQuery({ assignee })}
                    options={unknown ? [...people, [filters.assignee, "For one user"]] : people} />
            <SearchField label="Search to-dos" group="To-dos" />
        </div>
    );
}
