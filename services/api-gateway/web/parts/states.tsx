// What stands where the content would: while it loads, when there is none, when it cannot be had.
import type { ComponentChildren } from "preact";
import type { Resource } from "../lib/resource";
import { Problem, sentenceOf } from "../lib/problem";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

/** Gray lines, once loading takes long enough to be noticed. */
export function Loading({ lines = 6, label = "Loading" }: { lines?: number; label?: string }) {
    return (
        <div class="loading" role="status">
            <span class="visually-hidden">{label}</span>
            {Array.from({ length: lines }, (_, i) => <div key={i} class="line" aria-hidden="true" />)}
        </div>
    );
}

interface EmptyProps {
    icon: IconName;
    title: string;
    /** Why, and what to do next. */
    children: ComponentChildren;
    action?: ComponentChildren;
}

export function Empty({ icon, title, children, action }: EmptyProps) {
    return (
        <div class="empty">
            <span class="emblem"><Icon name={icon} /></span>
            <h2>{title}</h2>
            <p>{children}</p>
            {action}
        </div>
    );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
    const away = error instanceof Problem && error.offline;
    const gone = error instanceof Problem && error.status === 404;
    // The way to the log-in is on its way.
    if (error instanceof Problem && error.status === 401) return null;
    return (
        <div class="empty" role="alert">
            <span class="emblem bad"><Icon name={away ? "offline" : "warning"} /></span>
            <h2>{away ? "No connection" : gone ? "Nothing here" : "That did not work"}</h2>
            <p>{gone ? "It was deleted, or it never was." : sentenceOf(error)}</p>
            {retry && !gone && <Button icon="retry" onClick={retry}>Try again</Button>}
        </div>
    );
}

interface LoadedProps<T> {
    from: Resource<T>;
    loading?: ComponentChildren;
    children: (data: T) => ComponentChildren;
}

/** The content once it is there. It stays when loading it again fails; the frame tells that we are offline. */
export function Loaded<T>({ from, loading, children }: LoadedProps<T>) {
    if (from.data !== undefined) return <>{children(from.data)}</>;
    if (from.error !== undefined && !from.loading) return <Failed error={from.error} retry={from.reload} />;
    return <>{loading ?? <Loading />}</>;
}
