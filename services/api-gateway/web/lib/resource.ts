// Something that is loaded for a page: its data, or why there is none.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isAbort } from "./problem";

export interface Resource<T> {
    /** What was loaded last; stays while it is loaded again. */
    data: T | undefined;
    /** Why the last load failed. */
    error: unknown;
    loading: boolean;
    reload: () => void;
    /** Puts in what a change answered with, without asking again. */
    set: (change: (now: T) => T) => void;
}

/** Loads now and whenever `deps` change, which forgets the old data. What is no longer wanted is aborted. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[]): Resource<T> {
    const [seen, setSeen] = useState<{ data?: T; error?: unknown; loading: boolean }>({ loading: true });
    const [turn, setTurn] = useState(0);
    const current = useRef(load);
    current.current = load;

    useEffect(() => setSeen({ loading: true }), deps);
    useEffect(() => {
        const aborter = new AbortController();
        setSeen((now) => ({ ...now, loading: true }));
        current.current(aborter.signal).then(
            (data) => aborter.signal.aborted || setSeen({ data, loading: false }),
            (error: unknown) => isAbort(error) || setSeen((now) => ({ ...now, error, loading: false })),
        );
        return () => aborter.abort();
    }, [...deps, turn]);

    const reload = useCallback(() => setTurn((now) => now + 1), []);
    const set = useCallback(
        (change: (now: T) => T) => setSeen((now) => (now.data === undefined ? now : { ...now, data: change(now.data) })),
        [],
    );
    return { data: seen.data, error: seen.error, loading: seen.loading, reload, set };
}
