// A list that goes on as one scrolls (lib/endless).
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Endless } from "../lib/endless";
import { isAbort, sentenceOf } from "../lib/problem";
import { Icon } from "./icon";
import { Failed, Loading } from "./states";

interface EndlessListProps<T> {
    of: Endless<T>;
    /** When there is nothing at all. */
    empty: ComponentChildren;
    children: (items: T[]) => ComponentChildren;
}

export function EndlessList<T>({ of, empty, children }: EndlessListProps<T>) {
    if (of.items === undefined)
        return of.error !== undefined && !of.loading ? <Failed error={of.error} retry={of.reload} /> : <Loading lines={8} />;
    return (
        <div class={of.old ? "endless old" : "endless"} aria-busy={of.loading}>
            {of.items.length || !of.complete ? children(of.items) : empty}
            <End of={of} />
        </div>
    );
}

const AHEAD = "800px"; // below the window: loaded before one is there

function End<T>({ of }: { of: Endless<T> }) {
    const mark = useRef<HTMLDivElement>(null);
    const trouble = of.error !== undefined && !of.loading && !isAbort(of.error);

    useEffect(() => {
        if (of.complete || of.loading || trouble) return;
        const watcher = new IntersectionObserver(([seen]) => seen?.isIntersecting && of.more(), { rootMargin: AHEAD });
        watcher.observe(mark.current as Element);
        return () => watcher.disconnect();
    }, [of.complete, of.loading, trouble]);

    return (
        <>
            <div ref={mark}>{!of.complete && of.loading && !of.old && <Loading lines={3} />}</div>
            {trouble && (
                <p class="trouble" role="alert">
                    <Icon name="warning" />{sentenceOf(of.error)}
                    <button type="button" class="link" onClick={of.complete ? of.reload : of.more}>Try again</button>
                </p>
            )}
        </>
    );
}
