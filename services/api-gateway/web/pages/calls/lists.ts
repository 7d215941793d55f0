// Which list is on the page: the one of the address. Those that one can go back to are kept for a while.
import { entry } from "../../lib/router";
import { session } from "../../lib/session";
import { identityOf, type Filters } from "./filters";
import { CallList, type Outline } from "./list";

const KEPT = 4;
const KEY = "callmill.calls";

interface Kept {
    user: string | undefined;
    identity: string;
    outline: Outline;
}

const lists = new Map<number, CallList>(); // by entry of the history, the one used last at the end
let outlined: Kept | null = read(); // of the page that this one was loaded in place of
let shown: CallList | null = null;
let of = user(); // whose lists they are

function user(): string | undefined {
    return session.peek()?.user.id;
}

/** The list of this entry of the history. Asked for again, it is shown as it was, and looks for what is new. */
export function listFor(filters: Filters): CallList {
    const identity = identityOf(filters);
    const same = (list: CallList | undefined) => list !== undefined && identityOf(list.filters) === identity;
    const known = [lists.get(entry()), ...lists.values()].find(same);
    const list = known ?? new CallList(filters, outlineOf(identity));
    if (known && known !== shown) known.doubt();
    if (shown !== list) shown?.stop();
    lists.delete(entry());
    lists.set(entry(), list);
    for (const oldest of lists.keys()) if (lists.size > KEPT) lists.delete(oldest);
    shown = list;
    return list;
}

/** The page is left: nothing more is asked for. */
export function leaveLists(): void {
    shown?.stop();
    shown = null;
}

function outlineOf(identity: string): Outline | undefined {
    const found = outlined?.identity === identity && outlined.user === user() ? outlined.outline : undefined;
    outlined = null;
    return found;
}

function read(): Kept | null {
    try {
        return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null;
    } catch {
        return null;
    }
}

addEventListener("pagehide", () => {
    const outline = shown?.outline;
    const kept: Kept | null = shown && outline ? { user: user(), identity: identityOf(shown.filters), outline } : null;
    try {
        sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
        // a browser that keeps nothing: the list begins at its top
    }
});

// What one person saw is nothing for the next one.
session.subscribe((now) => {
    if (now === undefined || now?.user.id === of) return;
    of = now?.user.id;
    leaveLists();
    lists.clear();
});
