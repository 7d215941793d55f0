// A list of the API that comes in pages and grows as one scrolls.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { getPage, withQuery, type Page, type Query } from "./api";
import { isAbort } from "./problem";

export interface Endless<T> {
    /** What is there. It stays while it is loaded again, also for another query: then it is `old`. */
    items: T[] | undefined;
    old: boolean;
    /** Why the last load failed. */
    error: unknown;
    loading: boolean;
    /** Nothing comes behind the last item. */
    complete: boolean;
    more: () => void;
    /** From the beginning, as far as it is there now. */
    reload: () => void;
    /** Puts in what a change answered with, without asking again. */
    set: (change: (now: T[]) => T[]) => void;
}

interface Seen<T> {
    /** Of the first page: what was asked for. */
    address: string;
    items: T[] | undefined;
    next: string | null;
    error: unknown;
    loading: boolean;
}

export function useEndless<T extends { id: string }>(path: string, query: Query): Endless<T> {
    const address = withQuery(path, query);
    const [seen, setSeen] = useState<Seen<T>>({ address, items: undefined, next: null, error: undefined, loading: true });
    const [turn, setTurn] = useState(0);
    const current = useRef(seen);
    current.current = seen;
    const aborter = useRef<AbortController | null>(null);

    const ask = useCallback((load: (signal: AbortSignal) => Promise<Page<T>>, got: (page: Page<T>, before: Seen<T>) => Seen<T>) => {
        aborter.current?.abort();
        aborter.current = new AbortController();
        const { signal } = aborter.current;
        setSeen((before) => ({ ...before, loading: true }));
        load(signal).then(
            (page) => signal.aborted || setSeen((before) => ({ ...got(page, before), error: undefined, loading: false })),
            (error: unknown) => isAbort(error) || setSeen((before) => ({ ...before, error, loading: false })),
        );
    }, []);

    useEffect(() => {
        const { address: before, items = [] } = current.current;
        const least = before === address ? items.length : 0;
        ask((signal) => loadUpTo<T>(address, least, signal), ({ items, next }, before) => ({ ...before, address, items, next }));
    }, [address, turn]);
    useEffect(() => () => aborter.current?.abort(), []);

    const more = useCallback(() => {
        const { next, loading } = current.current;
        if (!next || loading) return;
        ask((signal) => getPage<T>(next, { signal }), ({ items, next }, before) =>
            ({ ...before, items: withoutTwins([...(before.items ?? []), ...items]), next }));
    }, []);
    const reload = useCallback(() => setTurn((turn) => turn + 1), []);
    const set = useCallback((change: (items: T[]) => T[]) =>
        setSeen((before) => ({ ...before, items: before.items && change(before.items) })), []);

    const old = seen.address !== address;
    const failed = old && seen.error !== undefined && !seen.loading;
    return {
        items: failed ? undefined : seen.items, // of a query that nobody asks any more
        old: old && !failed,
        error: seen.error,
        loading: seen.loading,
        complete: seen.items !== undefined && seen.next === null,
        more, reload, set,
    };
}

async function loadUpTo<T>(address: string, least: number, signal: AbortSignal): Promise<Page<T>> {
    const items: T[] = [];
    let next: string | null = address;
    do {
        const page: Page<T> = await getPage<T>(next, { signal });
        items.push(...page.items);
        next = page.next;
    } while (next && items.length < least);
    return { items, next };
}

// What was changed meanwhile may have moved to a page that comes later.
function withoutTwins<T extends { id: string }>(items: T[]): T[] {
    const seen = new Set<string>();
    return items.filter(({ id }) => !seen.has(id) && seen.add(id));
}
