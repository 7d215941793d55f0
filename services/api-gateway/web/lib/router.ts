// Where one is: the address is the state. Links are plain <a href>; a click on one of ours changes the page in place.
import { signal } from "@preact/signals";

export interface Place {
    path: string;
    query: URLSearchParams;
    hash: string;
}

/** How one came here: a page that was seen before is shown where it was left. */
export type Arrival = "first" | "forth" | "back";

export const place = signal<Place>(here());
export const arrival = signal<Arrival>("first");

let index = 0; // of this entry in the history, so that back and forth are told apart
const scrolls = new Map<number, number>();
let guard: (() => Promise<boolean>) | null = null;
let passing = false; // the next popstate was asked about already

function here(): Place {
    return { path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash.slice(1) };
}

/** The number of this entry in the history: what a page keeps for coming back to it, it keeps under this. */
export function entry(): number {
    return index;
}

/** Goes to an address of ours. */
export async function navigate(to: string, { replace = false } = {}): Promise<void> {
    const url = new URL(to, location.href);
    if (url.pathname !== location.pathname && guard && !(await guard())) return;
    scrolls.set(index, scrollY);
    if (!replace) index++;
    history[replace ? "replaceState" : "pushState"]({ index }, "", url);
    arrival.value = "forth";
    place.value = here();
}

/** Changes fields of the query in place: filters live in the address. null or "" takes a field out. */
export function setQuery(changes: Record<string, string | null>, { replace = true } = {}): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
        if (value) query.set(name, value);
        else query.delete(name);
    }
    const text = query.toString();
    if (!replace) index++;
    history[replace ? "replaceState" : "pushState"]({ index }, "", text ? `?${text}` : location.pathname);
    place.value = here();
}

/** Asks before the page is left; null takes the question away. Give it while there is something unsaved. */
export function guardLeaving(ask: (() => Promise<boolean>) | null): void {
    guard = ask;
}

/** Only an address of ours, or the fallback: what stands in a query may come from anybody. */
export function ownAddress(text: string | null, fallback = "/"): string {
    if (!text?.startsWith("/")) return fallback;
    const url = new URL(text, location.origin);
    return url.origin === location.origin ? url.pathname + url.search + url.hash : fallback;
}

/** Call it when the page's content stands: brings it to where it was left, or to its top. */
export function settleScroll(): void {
    if (arrival.value === "forth") scrollTo(0, 0);
    else restore(scrolls.get(index) ?? 0);
}

// Lists grow as they load, so this goes on until the old place is there, or the person scrolls.
function restore(top: number): void {
    const until = performance.now() + 3000;
    let going = top > 0;
    const stop = () => (going = false);
    for (const kind of ["wheel", "touchstart", "keydown"]) addEventListener(kind, stop, { once: true, passive: true });
    const step = () => {
        if (!going) return;
        scrollTo(0, top);
        if (Math.abs(scrollY - top) > 2 && performance.now() < until) requestAnimationFrame(step);
    };
    step();
}

function onPop(event: PopStateEvent): void {
    if (!event.state) {
        // A link within the page made an entry of its own.
        history.replaceState({ index: ++index }, "");
        place.value = here();
        return;
    }
    const to = (event.state as { index: number }).index;
    const delta = to - index;
    if (guard && !passing && location.pathname !== place.value.path) {
        // The browser has moved already: back to where we were, ask, and go again if one may.
        const ask = guard;
        passing = true;
        history.go(-delta);
        void ask().then((may) => {
            passing = may;
            if (may) history.go(delta);
        });
        return;
    }
    if (to === index) return; // the way back of the question above
    passing = false;
    scrolls.set(index, scrollY);
    index = to;
    arrival.value = "back";
    place.value = here();
}

function onClick(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    // Files have a dot in their names, pages have none.
    const ours = url.origin === location.origin && !/^\/api\/|\.\w+$/.test(url.pathname);
    if (!ours || (url.hash && url.pathname === location.pathname && url.search === location.search)) return;
    event.preventDefault();
    void navigate(url.href);
}

export function startRouter(): void {
    const kept = history.state as { index?: number } | null;
    index = kept?.index ?? 0;
    history.replaceState({ index }, "");
    history.scrollRestoration = "manual";
    const saved = sessionStorage.getItem("callmill.scroll");
    if (saved) for (const [at, top] of JSON.parse(saved) as [number, number][]) scrolls.set(at, top);
    addEventListener("popstate", onPop);
    document.addEventListener("click", onClick);
    addEventListener("pagehide", () => {
        scrolls.set(index, scrollY);
        sessionStorage.setItem("callmill.scroll", JSON.stringify([...scrolls]));
    });
    addEventListener("beforeunload", (event) => {
        if (guard) event.preventDefault();
    });
}
